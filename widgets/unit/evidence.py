"""What speaks for one cell or for two: figures of two trains with the numbers that they rest on. No Qt.

A figure is told as True or False only where chance does not explain it (one side, 5 %), and as None in between.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.correlograms import Histogram, autocorrelogram, crosscorrelogram
from models.payload import Components, Snippets
from widgets.unit.digest import Digest, Lags

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
#: Lags in s within which one cell does not fire twice, and between which two trains fire as they use to.
CLOSE, USUAL, FINE = 0.0015, (0.010, 0.050), 0.0005
#: Pairs within CLOSE over those expected of two unrelated cells: 0 for parts of one clean cell, 1 for two cells; what
#: is between is contamination of either. Twice as many as of unrelated cells are hardly by chance, but found twice.
DIP, TOGETHER = 0.3, 2.0
#: Contamination of a unit up to which it passes for one cell: Llobet and others (2022) and the sliding test of the
#: International Brain Laboratory take a tenth.
CONTAMINATED = 0.1
#: A figure of what chance does by itself.
CHANCE = 0.05
#: Pairs expected, from which none found is no chance: exp(−3) is 5 %.
FEWEST = 3.0
#: Cosine of two mean waveforms: of 38 pairs of neighbouring cells of a simulated recording, whose cells are known, the
#: most alike reaches .88. Below the other limit a quarter of the waveform is not shared (1 − .7² is half its power).
SAME, OTHER = 0.9, 0.7
#: Density between two humps over that of the lower one: a cut through one hump finds about 1, a gap less than half.
GAP, WHOLE = 0.5, 0.9
#: Single waveforms of a part, and spikes of a part, from which these are told; draws that tell what chance does.
_WAVES, _SPIKES, _DRAWS = 8, 40, 200
#: Share of the violations of a random cut that one between two cells leaves at most.
_LEFT = 0.5
_BINS = 256


@dataclass(frozen=True)
class Pairs:
    """Spikes of two trains within CLOSE of each other, and how many are expected of two unrelated cells."""

    found: int = 0
    expected: float = 0.0
    shown: Histogram | None = None

    @property
    def dip(self) -> float:
        """Found over expected, NaN where too few are expected to tell."""
        return self.found / self.expected if self.expected >= FEWEST else math.nan

    @property
    def one(self) -> bool | None:
        """True for the pause of one cell, False for none."""
        if self.expected < FEWEST:
            return None
        if self.found <= DIP * self.expected and _fewer(self.found, self.expected):
            return True
        return False if _more(self.found, DIP * self.expected) else None

    @property
    def together(self) -> bool:
        """Whether they fire at once so often that the same spikes may have been found twice."""
        return self.expected > 0 and _more(self.found, TOGETHER * self.expected)


def _more(found: int, expected: float) -> bool:
    """Whether that many are more than chance makes of those expected."""
    from scipy.special import pdtrc

    return found > expected and float(pdtrc(found - 1, expected)) < CHANCE


def _fewer(found: int, expected: float) -> bool:
    """Whether that many are fewer than chance makes of those expected."""
    from scipy.special import pdtr

    return float(pdtr(found, expected)) < CHANCE


def pairs_of(one: Digest, other: Digest, lags: Lags) -> Pairs:
    """Count the pairs of two units, which lie in the correlogram that is shown too."""
    if one.unit.rate != other.unit.rate or not one.unit.rate or not len(one.times) or not len(other.times):
        return Pairs()
    shown = crosscorrelogram(one.stretch, other.stretch, one.rate, lags.window, lags.width)
    fine = crosscorrelogram(one.stretch, other.stretch, one.rate, USUAL[1], FINE)
    middles = np.abs(fine.edges[:-1] + fine.edges[1:]) / 2
    close, usual = middles < CLOSE, (middles >= USUAL[0]) & (middles < USUAL[1])
    mean = float(fine.counts[usual].mean()) if usual.any() else 0.0
    return Pairs(int(fine.counts[close].sum()), mean * int(close.sum()), shown)


def contamination(one: Digest, limit: float) -> float:
    """The share of spikes that are another cell's, of those that break the refractory time of `limit` s.

    As Llobet and others (2022) have it, 1 − √(1 − v/r), with r the pairs that a wholly random train would have there;
    taken from the lags at which it fires as it uses to, as a cell that is silent for an hour is none the dirtier.
    NaN where r is so small that no pair is no wonder.
    """
    if not one.unit.rate or len(one.times) < 2:
        return math.nan
    found = autocorrelogram(one.stretch, one.rate, USUAL[1], FINE)
    lags = (found.edges[:-1] + found.edges[1:]) / 2
    usual = (lags >= USUAL[0]) & (lags < USUAL[1])
    random = float(found.counts[usual].mean()) * limit / FINE if usual.any() else 0.0
    if random < FEWEST:
        return math.nan
    short = int(found.counts[(lags > 0) & (lags < limit)].sum())
    return 1 - math.sqrt(max(1 - short / random, 0.0))


@dataclass(frozen=True)
class Cut:
    """The intervals under the refractory time: all, those with both spikes in one part, and those that a cut at random
    would leave there."""

    all: int
    left: int
    random: float

    @property
    def limit(self) -> float:
        """What a cut between two cells leaves at most."""
        return _LEFT * self.random

    @property
    def two(self) -> bool | None:
        """True where they are between the parts, as of two cells; False where they stay within."""
        if not self.all:
            return None
        from scipy.special import bdtr, bdtrc

        share = self.random / self.all
        if self.left <= self.limit and float(bdtr(self.left, self.all, share)) < CHANCE:
            return True
        more = self.left > self.limit and float(bdtrc(self.left - 1, self.all, _LEFT * share)) < CHANCE
        return False if more else None


def cut_of(one: Digest, mask: Bools, limit: float) -> Cut:
    """Where a cut puts the intervals that one cell does not have."""
    short = np.diff(one.times) < limit * one.rate
    apart = mask[1:] != mask[:-1]
    share = float(mask.mean()) if len(mask) else 0.0
    total = int(short.sum())
    return Cut(total, int((short & ~apart).sum()), total * (share**2 + (1 - share) ** 2))


def cosine(one: Floats, other: Floats) -> float:
    """Of two mean waveforms; NaN for those of other channels, or flat ones."""
    if one.shape != other.shape or not one.size:
        return math.nan
    size = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(np.vdot(one, other)) / size if size else math.nan


def shape_of(snippets: Snippets | None, mask: Bools) -> tuple[float, bool | None]:
    """The cosine of the mean waveforms of two parts, and whether they differ by more than noise makes them differ.

    A cut in amplitude does not change it, as the cosine does not know how large a waveform is.
    """
    if snippets is None or not len(snippets.spikes):
        return math.nan, None
    inside = mask[snippets.spikes]
    many = int(inside.sum())
    if min(many, len(inside) - many) < _WAVES:
        return math.nan, None
    waves = snippets.waves.reshape(len(inside), -1).astype(np.float64)
    found = cosine(waves[inside].mean(axis=0), waves[~inside].mean(axis=0))
    if math.isnan(found) or found >= SAME:
        return found, None if math.isnan(found) else False
    rng, draws = np.random.default_rng(0), []
    for _ in range(_DRAWS):
        drawn = rng.permutation(inside)
        draws.append(cosine(waves[drawn].mean(axis=0), waves[~drawn].mean(axis=0)))
    return found, True if found < float(np.quantile(draws, CHANCE)) else None


def gap_of(values: Floats, mask: Bools) -> tuple[float, bool | None]:
    """How deep the density of values (n,) or (n, d) falls between two parts, over the lower hump: 1 for no gap.

    A cut by the values themselves makes no gap where there was none.
    """
    line = values if values.ndim == 1 else _across(values, mask)
    good = np.isfinite(line)
    line, inside = line[good], mask[good]
    if min(int(inside.sum()), int((~inside).sum())) < _SPIKES:
        return math.nan, None
    middles = sorted(float(np.median(part)) for part in (line[inside], line[~inside]))
    low, high = (float(value) for value in np.quantile(line, [0.001, 0.999]))
    if not low <= middles[0] < middles[1] <= high:
        return math.nan, None
    density = _density(line, inside, low, high)
    first, last = (round((at - low) / (high - low) * (_BINS - 1)) for at in middles)
    lower = min(density[first], density[last])
    found = float(density[first : last + 1].min() / lower) if lower > 0 else math.nan
    return found, True if found <= GAP else False if found >= WHOLE else None


def _across(values: Floats, mask: Bools) -> Floats:
    """Values along the line on which the two parts stand furthest apart for their width."""
    parts = [np.asarray(part[np.isfinite(part).all(axis=1)], np.float64) for part in (values[mask], values[~mask])]
    if min(len(part) for part in parts) < _SPIKES:
        return np.full(len(values), np.nan)
    within = sum(np.cov(part.T) * len(part) for part in parts) / len(values)
    within = within + np.eye(values.shape[1]) * max(float(np.trace(within)), 1e-12) * 1e-6
    return np.asarray(values @ np.linalg.solve(within, parts[0].mean(axis=0) - parts[1].mean(axis=0)))


def _density(line: Floats, inside: Bools, low: float, high: float) -> Floats:
    """A smooth histogram; as wide as the parts ask for, so that a gap between them stays one."""
    counts = np.histogram(line, _BINS, (low, high))[0].astype(np.float64)
    spread = min(float(part.std()) for part in (line[inside], line[~inside])) or (high - low) / _BINS
    wide = max(0.9 * spread * len(line) ** -0.2 / (high - low) * _BINS, 1.0)
    reach = math.ceil(4 * wide)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / wide) ** 2)
    edge = np.convolve(np.ones(_BINS), kernel, "full")[reach:-reach]
    return np.asarray(np.convolve(counts, kernel, "full")[reach:-reach] / edge)


def places_of(found: Components | None, mask: Bools) -> tuple[Floats, Bools] | None:
    """Components of spikes, and which of these are in the part."""
    return None if found is None or not len(found.spikes) else (found.values, mask[found.spikes])
