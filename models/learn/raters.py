"""Many raters of the same samples at once: every pair, each against the others' majority, all together.

Votes are few in a large table of samples × raters, so all of it is products of sparse matrices: with R raters
of k classes no table grows beyond R²·k, and no pair is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.learn.agreement import Codes, Numbers, bounds_of, disagreement, fleiss, kappa_of, kappas, paired
from models.learn.bootstrap import draw_units

Ints = npt.NDArray[np.int64]
Bounds = tuple[float, float]
#: Raters whose bootstrap is done in one product.
AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Ballots:
    """One entry a vote: its row, its rater and its class of k; counts (n, k) of all votes, those of no name too."""

    rows: Ints
    raters: Ints
    said: Ints
    counts: Numbers
    people: int

    @property
    def k(self) -> int:
        """How many classes there are."""
        return int(self.counts.shape[1])

    def table(self) -> Any:
        """(n, raters · k) of ones, sparse: who said what of which sample."""
        place = self.raters * self.k + self.said
        shape = (len(self.counts), self.people * self.k)
        return sparse.csr_matrix((np.ones(len(place)), (self.rows, place)), shape=shape)


def collect(votes: Sequence[Codes], counts: npt.ArrayLike) -> Ballots:
    """The votes of raters, codes (n,) each with −1 for none, and the counts (n, k) of all votes."""
    table = np.asarray(counts, np.float64)
    said = np.stack([np.asarray(codes) for codes in votes]) if len(votes) else np.zeros((0, len(table)), np.int64)
    raters, rows = np.nonzero(said >= 0)
    return Ballots(rows, raters, said[raters, rows].astype(np.int64), table, len(votes))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Each with each, (raters, raters): samples that both rated, share of equal votes, Cohen's kappa; NaN for none."""

    n: Ints
    share: Numbers
    kappa: Numbers

    def listed(self, least: int = 1) -> tuple[Numbers, Numbers]:
        """Share and kappa of every pair with so many samples in common, each pair once."""
        one, other = np.triu_indices(len(self.n), 1)
        known = self.n[one, other] >= least
        return self.share[one, other][known], self.kappa[one, other][known]


def compare_all(ballots: Ballots) -> Pairs:
    """Cohen's kappa of every pair of raters, without looking at a pair by itself."""
    people, k = ballots.people, ballots.k
    table = ballots.table()
    there = sparse.csr_matrix(
        (np.ones(len(ballots.rows)), (ballots.rows, ballots.raters)), shape=(len(ballots.counts), people)
    )
    both = (there.T @ there).toarray()
    # One rater's votes for each class, on the samples that the other one rated.
    named = (table.T @ there).toarray().reshape(people, k, people)
    same = np.zeros((people, people))
    for code in range(k):
        own = table[:, code::k]
        same += (own.T @ own).toarray()
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = same / both
        expected = np.einsum("icj,jci->ij", named, named) / both**2
        kappa = np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan)
    for values in (observed, kappa):
        np.fill_diagonal(values, np.nan)
    return Pairs(both.astype(np.int64), observed, kappa)


def between(counts: npt.ArrayLike) -> Ints:
    """(k, k): what another rater said where one said the row's class, over all ordered pairs of votes on a sample."""
    table = np.asarray(counts, np.float64)
    votes = np.rint(table[paired(table)])
    return np.asarray(np.rint(votes.T @ votes - np.diag(votes.sum(axis=0))), np.int64)


@dataclass(frozen=True)
class Standing:
    """One rater against the majority of the others' votes: samples, share, kappa with its 95 % interval.

    confusion: (k, k), rows what the others say. Samples on which the others tie are left out.
    """

    n: int
    share: float | None
    kappa: float | None
    interval: Bounds | None
    confusion: Ints


def against_others(ballots: Ballots, groups: Codes, draws: int = 1000, seed: int = 0) -> list[Standing]:
    """Each rater against the majority of all other votes on the same sample, tallied ones among them."""
    k = ballots.k
    rest = ballots.counts[ballots.rows]
    rest[np.arange(len(rest)), ballots.said] -= 1
    top = rest.max(axis=1, initial=0)
    alone = (top > 1e-9) & ((rest >= top[:, None] - 1e-9).sum(axis=1) == 1)
    code = (rest.argmax(axis=1) * k + ballots.said)[alone]
    rater, row = ballots.raters[alone], ballots.rows[alone]
    tables = np.bincount(rater * k * k + code, minlength=ballots.people * k * k).reshape(-1, k, k)
    bounds = _bounds(rater, code, np.asarray(groups)[row], ballots.people, k, draws, seed)
    values = kappas(tables.astype(float)) if len(tables) else np.zeros(0)
    return [
        Standing(
            n := int(table.sum()),
            float(np.trace(table) / n) if n else None,
            float(value) if np.isfinite(value) else None,
            bound,
            table,
        )
        for table, value, bound in zip(tables, values, bounds, strict=True)
    ]


def _bounds(rater: Ints, code: Ints, groups: Codes, people: int, k: int, draws: int, seed: int) -> list[Bounds | None]:
    """The interval of each rater's kappa; groups are drawn once for all."""
    if not draws or not len(code):
        return [None] * people
    lots = draw_units(groups, len(code), draws, seed)
    size = k * k
    found: list[Bounds | None] = []
    for first in range(0, people, AT_ONCE):
        some = min(AT_ONCE, people - first)
        inside = (rater >= first) & (rater < first + some)
        joint = (lots.unit[inside] * some + rater[inside] - first) * size + code[inside]
        sums = np.bincount(joint, minlength=lots.units * some * size).reshape(lots.units, some * size)
        drawn = (lots.times @ sums.astype(np.float64)).reshape(draws, some, k, k)
        for place in range(some):
            found.append(bounds_of(kappas(drawn[:, place])))
    return found


def fleiss_interval(counts: npt.ArrayLike, groups: Codes, draws: int = 1000, seed: int = 0) -> Bounds | None:
    """The 95 % interval of Fleiss' kappa of votes (n, k), by a bootstrap over groups."""
    table = np.asarray(counts, np.float64)
    kept = np.flatnonzero(paired(table))
    if not len(kept) or fleiss(table) is None:
        return None
    votes = np.rint(table[kept])
    lots = draw_units(np.asarray(groups)[kept], len(kept), draws, seed)
    sums = lots.sums(np.column_stack([*disagreement(votes), votes]))
    return bounds_of(kappa_of(sums[:, 0], sums[:, 1], sums[:, 2:]))
