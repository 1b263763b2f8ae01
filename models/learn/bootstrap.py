"""Percentile bootstrap over groups (cluster bootstrap, Field & Welsh 2007), as matrix products.

Every statistic here is a function of sums over groups, so a draw of groups with replacement is a
row of multiplicities times a table of sums. Above `MOST` groups these are merged at random into
blocks of nearly equal size first (the random groups method, Wolter 2007): the interval stays right
and its cost no longer grows with the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.learn.words import FEW

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

#: Independent units drawn at most; more are merged.
MOST = 1000
#: Two-sided 95 %.
LEVELS = (2.5, 97.5)
#: An interval that is narrower than this is none.
FLAT = 1e-9


@dataclass(frozen=True)
class Draws:
    """The unit of each row, (n,), and how often each unit is in each draw, (draws, units)."""

    unit: Rows
    times: Floats
    by: str

    @property
    def units(self) -> int:
        """How many units are drawn from."""
        return int(self.times.shape[1])

    def sums(self, values: npt.ArrayLike) -> Floats:
        """Sums of values, (n,) or (n, m), over the rows of each draw: (draws,) or (draws, m)."""
        table = np.asarray(values, np.float64)
        if table.ndim == 1:
            return self.times @ np.bincount(self.unit, table, self.units)
        columns = [np.bincount(self.unit, column, self.units) for column in table.T]
        return self.times @ np.stack(columns, axis=1)

    def counts(self, codes: npt.ArrayLike, size: int) -> Floats:
        """How often each code (0 ≤ code < size) is in each draw: (draws, size)."""
        joint = self.unit * size + np.asarray(codes, np.int64)
        table = np.bincount(joint, minlength=self.units * size).reshape(self.units, size)
        return self.times @ table.astype(np.float64)


def draw_units(groups: npt.ArrayLike | None, length: int, draws: int, seed: int) -> Draws:
    """Draw whole groups, or single samples where there are no groups or only one."""
    rng = np.random.default_rng([seed, 21])
    unit, by = np.arange(length), "sample"
    if groups is not None and length:
        _, codes = np.unique(np.asarray(groups), return_inverse=True)
        if codes.max() > 0:
            unit, by = codes.ravel().astype(np.int64), "group"
    size = int(unit.max(initial=-1)) + 1
    if size > MOST:
        unit, size = (rng.permutation(size) % MOST)[unit], MOST
    times = rng.multinomial(size, np.full(size, 1 / size), size=draws) if size else np.zeros((draws, 0))
    return Draws(unit, times.astype(np.float64), by)


def draw_whole(groups: npt.ArrayLike | None, length: int, draws: int, seed: int) -> Draws:
    """As `draw_units`, but of one group nothing is drawn: what others would give it cannot tell, so no interval is."""
    if groups is not None and length and len(np.unique(np.asarray(groups))) == 1:
        return Draws(np.zeros(length, np.int64), np.zeros((0, 1)), "group")
    return draw_units(groups, length, draws, seed)


def draw_rows(groups: npt.ArrayLike, length: int, draws: int, seed: int) -> list[Rows]:
    """The rows of each draw of whole groups, for figures that are no sums over them; as `draw_whole` none of one."""
    lots = draw_whole(groups, length, draws, seed)
    counts = lots.times.astype(np.int64)[:, lots.unit]
    return [np.repeat(np.arange(length), row) for row in counts]


def centred(values: npt.ArrayLike, middle: float, low: float = 0.0, high: float = 1.0) -> Floats:
    """Draws moved to where the figure itself lies, inside the limits of such a figure."""
    drawn = np.asarray(values, np.float64)
    if not np.isfinite(drawn).any():
        return drawn
    moved: Floats = np.clip(drawn - np.nanmean(drawn) + middle, low, high)
    return moved


def interval(values: Floats) -> list[float] | None:
    """The 95 % percentile interval of the defined draws; None when under half are defined."""
    defined = values[np.isfinite(values)]
    if len(defined) * 2 <= len(values) or not len(defined):
        return None
    low, high = np.percentile(defined, LEVELS)
    return [float(low), float(high)]


def bounds(values: Floats) -> list[float] | None:
    """The interval of a figure; None where no draw changes it, as of a model that was never wrong: what was not seen
    among these groups may be among others, and a point is no interval."""
    found = interval(values)
    return found if found is not None and found[1] - found[0] > FLAT else None


def can_bound(codes: npt.ArrayLike, units: npt.ArrayLike) -> bool:
    """Whether draws of units (n,) can bound a mean over the classes (n,): not where one class is of one of few units,
    which then is the same in every draw."""
    truth, unit = np.asarray(codes), np.asarray(units)
    if len(np.unique(unit)) >= FEW:
        return True
    return all(len(np.unique(unit[truth == code])) > 1 for code in np.unique(truth))


def wilson(count: int, n: int) -> list[float] | None:
    """The 95 % interval of a share (Wilson 1927)."""
    if not n:
        return None
    z, share = 1.959964, count / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    around = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return [max(middle - around, 0.0), min(middle + around, 1.0)]
