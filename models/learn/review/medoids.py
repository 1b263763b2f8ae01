"""Unlabelled samples that stand for many: the medoids of stretches of recordings, or of clusters."""

from __future__ import annotations

import numpy as np

from models.learn.bundles import bundle
from models.learn.review.diversity import points
from models.learn.review.pool import Pool, Ranked, rank
from models.learn.words import plural


def rank_medoids(pool: Pool, n: int, seed: int = 0) -> Ranked:
    """The medoid of each of n bundles in which nothing is labelled yet, the one that speaks for most first.

    Once each holds a label, what is not labelled is bundled alone.
    """
    where, known = points(pool, seed)
    known = known & ~pool.marked("skipped")
    found = bundle(where, known, n, pool.line, seed, pool.codes >= 0)
    told = found.codes[(pool.codes >= 0) & (found.codes >= 0)]
    bare = np.setdiff1d(np.arange(len(found)), told)
    if not len(bare):
        found = bundle(where, known & pool.unlabelled, n, pool.line, seed)
        bare = np.arange(len(found))
    sizes = found.sizes
    later = f" {plural(found.left, 'recording')} left for later." if found.left else ""
    what = "stretch" if found.in_time else "cluster"

    def words(row: int, place: int) -> str:
        number = int(sizes[found.codes[row]])
        return f"Stands for a {what} of {plural(number, 'sample')}; number {place} of {len(bare)}.{later}"

    return rank("medoids", found.medoids[bare], sizes[bare], words)
