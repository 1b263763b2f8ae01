"""Samples that are likely alike in bundles, each with the one that stands for it.

Samples that follow each other in recordings are cut where they change: neighbours are merged bottom-up by Ward's
criterion (the smallest rise of the squared distance to the mean), which may join neighbours in time alone. Samples
without an order are clustered by k-means. Either way a person looks at the medoid, and what is said of it is likely
true of the others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError

Index = npt.NDArray[np.int64]
Points = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
#: Bundles, and so medoids to label, unless a person says otherwise.
USUAL = 50
#: So many times more recordings than bundles that are wanted, and no stretch can be what a vote speaks for.
MOST = 4
#: Stretches of a recording stand for so many times what those of all would on the mean, at most.
AMPLE = 4
#: Samples that a stretch stands for on the mean, at most.
LONG = 100
#: More samples than this are clustered by batches.
MANY = 20_000


@dataclass(frozen=True)
class Line:
    """Which recording each sample is of, codes (n,) with −1 for none, and when it stands in it, (n,)."""

    recordings: npt.NDArray[np.integer[Any]]
    times: npt.NDArray[np.float64]

    def order(self, rows: Index) -> Index:
        """These rows recording by recording in time."""
        return rows[np.lexsort((self.times[rows], self.recordings[rows]))]


@dataclass(frozen=True)
class Bundles:
    """codes: the bundle of each sample, (n,), −1 for none; in order of time, or the largest first.

    medoids: the row that stands for each bundle. in_time: they are stretches of recordings. left: how many recordings
    are in none of them, as there were too many.
    """

    codes: Index
    medoids: Index
    in_time: bool
    left: int = 0

    def __len__(self) -> int:
        return len(self.medoids)

    @property
    def sizes(self) -> Index:
        """How many samples each bundle holds."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self)).astype(np.int64)

    def of(self, row: int) -> Index:
        """The rows of the bundle of one, itself among them."""
        code = self.codes[row] if 0 <= row < len(self.codes) else -1
        return np.flatnonzero(self.codes == code) if code >= 0 else np.array([row], np.int64)


def bundle(
    points: Points, known: Mask, count: int, line: Line | None = None, seed: int = 0, told: Mask | None = None
) -> Bundles:
    """At most `count` bundles of the known rows of points (n, d): stretches where a line tells an order, else clusters.

    A recording without a cut is one stretch, so there are at least as many stretches as recordings. Of very many short
    recordings nobody can vote on each: they are clustered. Of many long ones a stretch would be hours, for which no
    vote can speak: recordings are taken by chance, each cut by its own length, until there are `count` stretches in
    those where nothing is told, (n,); those with a label stay as they were cut, and what is left out is counted.
    """
    if count < 1:
        raise UserError("give a number of stretches or clusters from 1.")
    rows = np.flatnonzero(known)
    left, wanted = 0, np.zeros(0, np.int64)
    if line is not None:
        ordered = rows[line.recordings[rows] >= 0]
        recordings = len(np.unique(line.recordings[ordered]))
        if len(ordered) > LONG * max(count, recordings):
            rows, wanted, left = _taken(ordered, line, count, seed, told)
        elif recordings > MOST * count:
            line = None
        else:
            rows = ordered
    if not len(rows):
        return Bundles(np.full(len(points), -1, np.int64), np.zeros(0, np.int64), line is not None)
    if line is not None:
        rows = line.order(rows)
        own = cut(points[rows], line.recordings[rows], wanted) if len(wanted) else _cut(points[rows], line, rows, count)
    else:
        own = _cluster(points[rows], count, seed)
    codes = np.full(len(points), -1, np.int64)
    codes[rows] = own
    return Bundles(codes, rows[_medoids(points[rows], own)], line is not None, left)


def _cut(points: Points, line: Line, rows: Index, count: int) -> Index:
    """`count` stretches in all, and more where short recordings would leave none of them to a long one."""
    recordings = line.recordings[rows]
    own = cut(points, recordings, count)
    _, first, place, sizes = np.unique(recordings, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(np.argsort(first))
    found = np.bincount(order[place[np.flatnonzero(np.diff(own, prepend=-1))]], minlength=len(sizes))
    least = np.zeros(len(sizes), np.int64)
    least[order] = np.ceil(sizes * count / (AMPLE * len(points)))
    if (found >= least).all():
        return own
    return cut(points, recordings, np.maximum(found, least))


def _taken(rows: Index, line: Line, count: int, seed: int, told: Mask | None) -> tuple[Index, Index, int]:
    """Rows of the recordings that are taken, stretches in each of these, and how many recordings are left out."""
    _, place, sizes = np.unique(line.recordings[rows], return_inverse=True, return_counts=True)
    wanted = np.minimum(-(-sizes // LONG), count)
    taken = np.zeros(len(sizes), bool)
    if told is not None:
        taken[place[told[rows]]] = True
    others = np.random.default_rng([seed, 41]).permutation(np.flatnonzero(~taken))
    taken[others[np.cumsum(wanted[others]) <= count]] = True
    return rows[taken[place]], wanted[taken].astype(np.int64), int((~taken).sum())


def cut(points: Points, recordings: npt.NDArray[np.integer[Any]], count: int | Index) -> Index:
    """The stretch of each of these points (n, d), which stand recording by recording in time.

    count: how many in all, or in each of the recordings in the order of their codes.
    """
    follows = np.zeros(len(points), bool)
    follows[1:] = recordings[1:] == recordings[:-1]
    heights = _heights(points, follows)
    inside = np.flatnonzero(np.isfinite(heights))
    starts = ~np.isfinite(heights)
    highest = inside[np.argsort(-heights[inside], kind="stable")]
    if isinstance(count, int):
        highest = highest[: max(count - (len(points) - len(inside)), 0)]
    else:
        of = (np.cumsum(starts) - 1)[highest]
        order = np.argsort(of, kind="stable")
        rank = np.arange(len(order)) - np.searchsorted(of[order], of[order])
        highest = highest[order[rank < count[of[order]] - 1]]
    starts[highest] = True
    return np.asarray(np.cumsum(starts) - 1, np.int64)


def _heights(points: Points, follows: Mask) -> npt.NDArray[np.float64]:
    """How much the cut before each point is worth: the height at which its two sides were merged, (n,).

    follows: which points follow the one before them; before the others a recording begins, a cut that stays.
    Of all recordings at once, for of thousands most have one point or two.
    """
    count = len(points)
    means, found = points.astype(np.float64), np.full(count, np.inf)
    size, reached, tries = [1.0] * count, [0.0] * count, [0] * count
    # A part is known by its first point: that of the part before it, and of the one behind it.
    before, behind = list(range(-1, count - 1)), list(range(1, count + 1))
    chained = follows.tolist()
    rises = ((means[1:] - means[:-1]) ** 2).sum(axis=1).tolist()
    waiting = [(rise, place, 0) for place, rise in enumerate(rises, 1) if chained[place]]
    heapify(waiting)
    while waiting:
        rise, place, told = heappop(waiting)
        if told != tries[place]:
            continue
        left, right = before[place], behind[place]
        # Under a chain a merge may be cheaper than one inside it: the cut is worth what lies below as well.
        reached[left] = max(rise, reached[left], reached[place])
        found[place] = math.sqrt(reached[left])
        whole = size[left] + size[place]
        means[left] += (means[place] - means[left]) * (size[place] / whole)
        size[left], behind[left], tries[place] = whole, right, -1
        if right < count:
            before[right] = left
        for cut_at in (left, right):
            if cut_at < count and chained[cut_at]:
                one = before[cut_at]
                gap = means[cut_at] - means[one]
                tries[cut_at] += 1
                share = 2 * size[one] * size[cut_at] / (size[one] + size[cut_at])
                heappush(waiting, (share * float(gap @ gap), cut_at, tries[cut_at]))
    return found


def _cluster(points: Points, count: int, seed: int) -> Index:
    """Clusters by k-means, the largest first."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    kinds = len(np.unique(points, axis=0)) if len(points) <= MANY else len(points)
    wanted, make = min(count, kinds), KMeans if len(points) <= MANY else MiniBatchKMeans
    own = make(wanted, n_init=3, random_state=seed).fit(points.astype(np.float64)).labels_
    order = np.argsort(-np.bincount(own, minlength=wanted), kind="stable")
    rank = np.empty(wanted, np.int64)
    rank[order] = np.arange(wanted)
    return np.asarray(rank[own], np.int64)


def _medoids(points: Points, own: Index) -> Index:
    """In each bundle the place of the point nearest to the mean of all."""
    count = int(own.max()) + 1
    sizes = np.bincount(own, minlength=count)
    sums = np.stack([np.bincount(own, column, count) for column in points.T.astype(np.float64)], axis=1)
    means = sums / np.maximum(sizes, 1)[:, None]
    away = ((points - means[own]) ** 2).sum(axis=1)
    order = np.lexsort((away, own))
    return np.asarray(order[np.searchsorted(own[order], np.arange(count))], np.int64)


@dataclass(frozen=True)
class Spread:
    """rows: to which something is proposed; codes: what. seeds: bundles that hold labels.

    agreed, judged: of the labelled samples with another labelled one in their bundle, how many the others would have
    been given the same class by; all of them.
    """

    rows: Index
    codes: Index
    seeds: int
    agreed: int
    judged: int


def spread(
    bundles: Bundles,
    codes: npt.NDArray[np.integer[Any]],
    free: Mask,
    points: Points,
    followed: Mask | None = None,
) -> Spread:
    """Each free sample of a bundle with labels is proposed the class of the labelled one that it is most like there.

    codes: what is said, (n,) with −1 for nothing. free: which may be proposed something. followed: labels that came
    by spreading and so judge nothing.
    """
    spoken = np.ones(len(codes), bool) if followed is None else ~followed
    told = np.flatnonzero((codes >= 0) & (bundles.codes >= 0))
    rows, given = [], []
    agreed = judged = 0
    for code in np.unique(bundles.codes[told]).tolist():
        seeds = told[bundles.codes[told] == code]
        waiting = np.flatnonzero((bundles.codes == code) & free)
        rows.append(waiting)
        given.append(codes[seeds[_nearest(points, waiting, seeds)]])
        own = seeds[spoken[seeds]]
        if len(own) > 1:
            judged += len(own)
            agreed += int((codes[own] == codes[own[_nearest(points, own, own, itself=False)]]).sum())
    return Spread(_joined(rows), _joined(given), len(rows), agreed, judged)


def _nearest(points: Points, rows: Index, among: Index, itself: bool = True) -> Index:
    """For each of these rows the place of the nearest among others; without itself where it is one of them."""
    from scipy.spatial import cKDTree

    if not len(rows) or len(among) == 1:
        return np.zeros(len(rows), np.int64)
    if itself:
        return np.asarray(cKDTree(points[among]).query(points[rows])[1], np.int64)
    pairs = np.asarray(cKDTree(points[among]).query(points[rows], k=2)[1], np.int64)
    return np.where(among[pairs[:, 0]] == rows, pairs[:, 1], pairs[:, 0])


def _joined(parts: Sequence[npt.NDArray[Any]]) -> Index:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
