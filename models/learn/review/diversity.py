"""Unlabelled samples unlike anything labelled: farthest-first traversal.

Gonzalez 1985; as a core-set for labelling, Sener & Savarese 2018.

Distances are taken in at most `AXES` principal axes and to at most `CENTRES` labelled samples, so
that cost and memory grow with the number of samples only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.review.pool import Floats, Mask, Pool, Ranked, Rows, Table, known_rows

Points = npt.NDArray[np.float32]

AXES, CENTRES = 16, 256
_FIT, _CHUNK = 4000, 8192


def points(pool: Pool, seed: int = 0) -> tuple[Points, Mask]:
    """Coordinates (n, ≤ AXES) and the rows that have them.

    From the embedding, standardised; without one from the square roots of the run's probabilities
    (whose distance is Hellinger's). UserError when there is neither.
    """
    table = pool.embedding
    if table is None and pool.probabilities is not None:
        table = np.sqrt(np.clip(pool.probabilities, 0, 1))
    if table is None:
        raise UserError("The strategy “diversity” needs an embedding or a run: train a run or make the map first.")
    known = known_rows(table, len(pool))
    return _reduce(table, known, pool.embedding is not None, np.random.default_rng([seed, 31])), known


def _reduce(table: Table, known: Mask, scaled: bool, rng: np.random.Generator) -> Points:
    result = np.zeros((len(table), min(AXES, table.shape[1])), np.float32)
    rows = np.flatnonzero(known)
    if not len(rows) or not table.shape[1]:
        return result
    seen = table[rows if len(rows) <= _FIT else np.sort(rng.choice(rows, _FIT, replace=False))].astype(np.float64)
    centre, spread = seen.mean(axis=0), seen.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0) if scaled else np.ones_like(spread)
    axes = _axes((seen - centre) / scale, result.shape[1])
    turned = (axes / scale[:, None]).astype(np.float32)
    result[rows] = table[rows].astype(np.float32) @ turned - (centre / scale @ axes).astype(np.float32)
    return result


def _axes(values: Floats, count: int) -> Floats:
    """The first principal axes as columns; all axes as they are when there are no more than `count`."""
    if values.shape[1] <= count:
        return np.eye(values.shape[1])
    _, vectors = np.linalg.eigh(values.T @ values / len(values))
    return vectors[:, ::-1][:, :count].astype(np.float64)


def nearest(where: Points, rows: Rows, centres: Rows) -> Floats:
    """Distance of each of `rows` to the nearest of `centres`; infinite without any."""
    if not len(centres):
        return np.full(len(rows), np.inf)
    targets = where[centres]
    squares = (targets**2).sum(axis=1)
    found = np.empty(len(rows))
    for start in range(0, len(rows), _CHUNK):
        part = where[rows[start : start + _CHUNK]]
        gaps = (part**2).sum(axis=1)[:, None] + squares - 2 * (part @ targets.T)
        found[start : start + _CHUNK] = np.sqrt(np.maximum(gaps.min(axis=1), 0))
    return found


def novelty(pool: Pool, where: Points, known: Mask, rows: Rows, seed: int = 0) -> Floats:
    """Distance of rows to the nearest labelled sample (to the centre of all where nothing is labelled)."""
    labelled = np.flatnonzero((pool.codes >= 0) & known)
    if not len(labelled):
        return np.asarray(np.linalg.norm(where[rows] - where[known].mean(axis=0), axis=1), np.float64)
    if len(labelled) > CENTRES:
        labelled = np.sort(np.random.default_rng([seed, 32]).choice(labelled, CENTRES, replace=False))
    return nearest(where, rows, labelled)


def rank_diverse(pool: Pool, n: int, seed: int = 0) -> Ranked:
    """The n unlabelled rows farthest from all labelled ones and from each other, farthest first."""
    where, known = points(pool, seed)
    rows = np.flatnonzero(pool.unlabelled & known)
    start = novelty(pool, where, known, rows, seed)
    any_label = bool(((pool.codes >= 0) & known).any())
    order, distances = traverse(where[rows], start, n, bool(any_label))
    return Ranked("diversity", rows[order], distances, lambda _, place: words(any_label, place))


def words(any_label: bool, place: int) -> str:
    """``Unlike anything labelled so far (distance rank 3).``"""
    unlike = "anything labelled so far" if any_label else "the others"
    return f"Unlike {unlike} (distance rank {place})."


def traverse(where: Points, start: Floats, n: int, covered: bool) -> tuple[Rows, Floats]:
    """Farthest-first order of n points and the distance at which each was taken.

    start: distance of each point to what is covered already; with `covered` false it only chooses
    the first point. Points at distance 0 (duplicates) come last.
    """
    n = min(n, len(where))
    reach = start.astype(np.float64).copy()
    order, distances = np.empty(n, np.int64), np.empty(n)
    for place in range(n):
        one = int(reach.argmax())
        order[place], distances[place] = one, reach[one]
        gap = np.sqrt(((where - where[one]) ** 2).sum(axis=1, dtype=np.float32))
        taken = reach == -1
        reach = np.minimum(reach, gap) if covered or place else gap.astype(np.float64)
        reach[taken] = reach[one] = -1
    return order, distances


def spread_out(where: Points, weights: Floats, n: int) -> tuple[Rows, Floats]:
    """Pick n points of high weight (0 … 1) that are not neighbours; return (order, weight when taken).

    A point's weight is lowered by its nearness to the picked ones (linearly below the median
    distance to the centre), so of near duplicates one comes early and the others late.
    """
    n = min(n, len(where))
    if not n:
        return np.empty(0, np.int64), np.empty(0)
    scale = float(np.median(np.linalg.norm(where - where.mean(axis=0), axis=1))) or 1.0
    room, left = np.ones(len(where)), np.maximum(weights.astype(np.float64), 1e-9)
    order, values = np.empty(n, np.int64), np.empty(n)
    for place in range(n):
        gains = left * (0.05 + 0.95 * room)
        one = int(gains.argmax())
        order[place], values[place] = one, gains[one]
        gap = np.sqrt(((where - where[one]) ** 2).sum(axis=1, dtype=np.float32))
        room = np.minimum(room, np.minimum(gap / scale, 1))
        left[one] = -1
    return order, values
