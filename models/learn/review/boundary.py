"""Unlabelled samples between two classes: nearly as near to what is labelled as the one as to what is the other."""

from __future__ import annotations

import numpy as np

from models.learn.bundles import bundle
from models.learn.review.diversity import Points, nearest, points, spread_out
from models.learn.review.pool import Floats, Mask, Pool, Ranked, Rows
from models.learn.words import share

#: Candidates looked at for each place in the queue, and labelled samples that stand for a class.
WIDE, MOST = 10, 512


def rank_boundary(pool: Pool, n: int, seed: int = 0) -> Ranked:
    """The n unlabelled rows that are most between two labelled classes; before there are two, between two bundles."""
    where, known = points(pool, seed)
    rows = np.flatnonzero(pool.unlabelled & known)
    centres, names = _centres(pool, where, known, n, seed)
    if len(centres) < 2:
        rows = rows[:0]
    away = np.stack([nearest(where, rows, one) for one in centres], axis=1) if len(rows) else np.zeros((0, 2))
    near = np.argsort(away, axis=1, kind="stable")[:, :2]
    first, second = (np.take_along_axis(away, near[:, place : place + 1], axis=1)[:, 0] for place in (0, 1))
    between: Floats = np.where(second > 0, first / np.maximum(second, 1e-12), 0.0)
    best = np.argsort(-between, kind="stable")[: n * WIDE]
    order, taken = spread_out(where[rows[best]], between[best], n)
    picked = best[order]

    def words(row: int, place: int) -> str:
        at = int(picked[place - 1])
        told = " and ".join(names[code] for code in near[at].tolist()) if names else "two bundles"
        return f"Between {told}: as near to the one as {share(float(between[at]))} to the other."

    return Ranked("boundary", rows[picked], taken, words)


def _centres(pool: Pool, where: Points, known: Mask, n: int, seed: int) -> tuple[list[Rows], list[str]]:
    """Rows that stand for each side, and what the sides are called; no names where these are mere bundles."""
    told = np.flatnonzero((pool.codes >= 0) & known)
    classes = np.unique(pool.codes[told]).tolist()
    if len(classes) < 2:
        found = bundle(where, known & ~pool.marked("skipped"), n, pool.line, seed, pool.codes >= 0)
        return [found.medoids[place : place + 1] for place in range(len(found))], []
    rng = np.random.default_rng([seed, 33])
    sides = [told[pool.codes[told] == code] for code in classes]
    some = [np.sort(rng.choice(one, MOST, replace=False)) if len(one) > MOST else one for one in sides]
    return some, [pool.title(code) for code in classes]
