"""How far two who label the same samples agree: share, Cohen's kappa (1960) with its interval, per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.bootstrap import bounds, draw_units

Codes = npt.NDArray[np.integer[Any]]
Numbers = npt.NDArray[np.float64]
#: Draws of the bootstrap.
DRAWS = 1000
#: How far the sum of a sample's votes may lie from a whole number through rounding.
ROUNDING = 1e-3


@dataclass(frozen=True)
class Agreement:
    """Two opinions on the samples that both gave one.

    share: of equal ones. kappa: 1 − observed disagreement ÷ expected by chance, None where chance would
    agree on all. interval: 95 %, over groups (over samples where there is one). confusion: (k, k) counts,
    the first's classes by rows. per_class: of the two opinions that name a class, the share that meet
    (specific agreement, Fleiss 1975); None where nobody names it.
    """

    n: int
    share: float | None
    kappa: float | None
    interval: tuple[float, float] | None
    confusion: npt.NDArray[np.int64]
    per_class: tuple[float | None, ...]
    groups: int

    def plain(self, classes: Sequence[str]) -> dict[str, Any]:
        """As JSON."""
        return {
            "n": self.n,
            "agreement": self.share,
            "kappa": self.kappa,
            "interval": None if self.interval is None else list(self.interval),
            "groups": self.groups,
            "per_class": dict(zip(classes, self.per_class, strict=True)),
            "confusion": self.confusion.tolist(),
        }


def agree(first: Codes, second: Codes, groups: Codes, k: int, draws: int = DRAWS, seed: int = 0) -> Agreement:
    """How two opinions, codes (n,) of k classes with −1 for none, agree where both are there."""
    both = np.flatnonzero((first >= 0) & (second >= 0))
    joint = first[both].astype(np.int64) * k + second[both]
    confusion = np.bincount(joint, minlength=k * k).reshape(k, k)
    held = groups[both]
    if not len(both):
        return Agreement(0, None, None, None, confusion, (None,) * k, 0)
    value = float(kappas(confusion[None].astype(float))[0])
    bounds = None
    if draws:
        lots = draw_units(held, len(both), draws, seed)
        bounds = bounds_of(kappas(lots.counts(joint, k * k).reshape(-1, k, k)))
    return Agreement(
        len(both),
        float(np.trace(confusion) / len(both)),
        value if np.isfinite(value) else None,
        bounds,
        confusion,
        per_class(confusion),
        len(np.unique(held)),
    )


def bounds_of(drawn: Numbers) -> tuple[float, float] | None:
    """The 95 % interval of drawn kappas; None where it has no width: who never differed may yet."""
    found = bounds(drawn)
    return None if found is None else (found[0], found[1])


def kappas(confusions: Numbers) -> Numbers:
    """Cohen's kappa of each table (m, k, k); NaN where chance alone would agree on all."""
    total = confusions.sum((1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = np.trace(confusions, axis1=1, axis2=2) / total
        expected = (confusions.sum(1) * confusions.sum(2)).sum(1) / total**2
        return np.asarray(np.where(expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan))


def per_class(confusion: npt.NDArray[np.int64]) -> tuple[float | None, ...]:
    """Specific agreement of each class."""
    named = confusion.sum(0) + confusion.sum(1)
    same = 2 * confusion.diagonal()
    return tuple(float(same[code] / named[code]) if named[code] else None for code in range(len(confusion)))


def whole_votes(counts: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """(n): whether the votes (n, k) on a sample are counted, and not told as shares."""
    votes = np.asarray(counts, np.float64)
    return np.asarray((np.abs(votes - np.rint(votes)) < ROUNDING).all(axis=1), bool)


def paired(counts: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """(n): whether the votes (n, k) on a sample make pairs: two or more of them, counted and not as shares."""
    return np.asarray(whole_votes(counts) & (np.rint(np.asarray(counts, np.float64)).sum(axis=1) > 1), bool)


def fleiss(counts: npt.NDArray[np.int64] | Numbers) -> float | None:
    """Fleiss' kappa (1971) of votes (n, k), of the samples that at least two voted on; None where it is not defined.

    Where not all have as many votes it is that of Fleiss & Cuzick (1979), for many classes as in Fleiss, Levin & Paik
    (2003, ch. 18): 1 − Σ nᵢ(1 − Σ pᵢⱼ²) ÷ (Σ(nᵢ − 1) · (1 − Σ p̄ⱼ²)), pᵢⱼ the share of class j among the nᵢ votes on a
    sample and p̄ⱼ among all votes. So a sample counts by its votes on both sides; for equal numbers it is Fleiss' own.
    """
    votes = np.rint(counts[paired(counts)]).astype(float)
    if not len(votes):
        return None
    apart, spare = disagreement(votes)
    value = float(kappa_of(apart.sum(), spare.sum(), votes.sum(0)))
    return value if np.isfinite(value) else None


def disagreement(votes: Numbers) -> tuple[Numbers, Numbers]:
    """Of votes (n, k), two or more a sample: how far those on each differ, nᵢ(1 − Σ pᵢⱼ²), and nᵢ − 1; (n,) each."""
    each = votes.sum(axis=1)
    return each - (votes**2).sum(axis=1) / each, each - 1


def kappa_of(apart: npt.ArrayLike, spare: npt.ArrayLike, named: Numbers) -> Numbers:
    """Kappa of sums of both (…,) and votes by class (…, k); NaN where chance alone would agree on all."""
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = 1 - ((named / named.sum(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
        return np.asarray(np.where(chance > 1e-12, 1 - np.divide(apart, spare) / chance, np.nan))
