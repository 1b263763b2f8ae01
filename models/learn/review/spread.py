"""A few samples that stand for all that a run has predicted: evenly over its classes and how sure it is.

What is labelled of them tells how far the run's confidence can be believed on samples of a new origin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.learn.review.pool import Pool, Ranked

Rows = npt.NDArray[np.int64]
Table = npt.NDArray[np.floating]


def rank_spread(pool: Pool, n: int) -> Ranked:
    """Unlabelled rows that the run predicted, n of them for all, each first part of them for all as well."""
    p = pool.needed("spread")
    rows = np.flatnonzero(pool.unlabelled & pool.predicted)
    found = rows[choose(p[rows], n)]
    scores = np.linspace(1, 0, len(found), endpoint=False)

    def words(row: int, place: int) -> str:
        code = int(np.argmax(p[row]))
        return f"Stands for samples near {pool.told(code, float(p[row, code]))}; number {place} of {len(found)}."

    return Ranked("spread", found.astype(np.int64), scores, words)


def choose(p: Table, count: int) -> Rows:
    """Which rows of probabilities (n, k) to label first: evenly over decisions and confidence.

    Ordered by decision and then confidence, every n/count-th row is taken from the middle of its
    stretch, so that the chosen ones stand for all (systematic sampling); the order to label in is
    mixed, so that the first half of them stands for all as well.
    """
    count = min(count, len(p))
    if not count:
        return np.zeros(0, np.int64)
    order = np.lexsort((p.max(1), p.argmax(1)))
    places = ((np.arange(count) + 0.5) * len(p) / count).astype(np.int64)
    return np.asarray(order[places][_mixed(count)], np.int64)


def _mixed(count: int) -> Rows:
    """0 … count−1 in van der Corput's order: any first part is spread over the whole."""
    bits = max(1, int(count - 1).bit_length())
    turned = [int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits)]
    return np.array([number for number in turned if number < count], np.int64)
