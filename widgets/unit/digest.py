"""What the panes of the unit viewer draw, read and counted once and off the window's thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.correlograms import Histogram, autocorrelogram, intervals
from models.errors import UserError
from models.payload import Unit

Index = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]
#: Spikes of one stretch that a correlogram is counted from, and spikes that the amplitude image shows, at most.
COUNTED, SHOWN = 1_000_000, 100_000
#: Bins of the marginal histogram of amplitudes.
MARGIN_BINS = 80


@dataclass(frozen=True)
class Lags:
    """How intervals are counted: to `window` s on each side, in bins of `width` s."""

    window: float = 0.05
    width: float = 0.001


@dataclass(frozen=True, eq=False)
class Digest:
    """A unit with its spikes at hand.

    times: of all spikes in samples, rising, (n,). amplitudes: (n,) or (0,) where none is known.
    extent: lowest and highest amplitude that the axis shows. margin: counts of amplitudes over the
    extent, (MARGIN_BINS,). trouble: why the spikes could not be read, "" when they could.
    """

    unit: Unit
    times: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    amplitudes: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    extent: tuple[float, float] = (0.0, 1.0)
    margin: Floats = field(default_factory=lambda: np.zeros(MARGIN_BINS))
    trouble: str = ""
    _counted: dict[tuple[str, Lags], Histogram] = field(default_factory=dict, repr=False)
    _shares: dict[float, float] = field(default_factory=dict, repr=False)

    @property
    def rate(self) -> float:
        """Samples/s; 1 where nobody tells it, so that times stay in samples."""
        return self.unit.rate or 1.0

    @property
    def length(self) -> float:
        """Length of the recording in s (samples without a rate), up to the last spike where it is not known."""
        last = float(self.times[-1] + 1) / self.rate if len(self.times) else 0.0
        return max(self.unit.seconds or 0.0, last)

    @property
    def stretch(self) -> Index:
        """The spikes that intervals are counted from: all, or the middle ones of very many."""
        spare = max(len(self.times) - COUNTED, 0) // 2
        return self.times[spare : spare + COUNTED]

    @property
    def shown(self) -> slice:
        """Which spikes the amplitude image shows: all, or every so manieth."""
        return slice(None, None, -(-len(self.times) // SHOWN) or 1)

    def correlogram(self, lags: Lags) -> Histogram:
        """The autocorrelogram, counted once for each choice."""
        return self._kept("auto", lags)

    def gaps(self, lags: Lags) -> Histogram:
        """The intervals between neighbouring spikes, counted once for each choice."""
        return self._kept("gaps", lags)

    def _kept(self, kind: str, lags: Lags) -> Histogram:
        if (kind, lags) not in self._counted:
            count = autocorrelogram if kind == "auto" else intervals
            self._counted[kind, lags] = count(self.stretch, self.rate, lags.window, lags.width)
        return self._counted[kind, lags]

    def violations(self, limit: float) -> float:
        """Share of the intervals shorter than `limit` s; NaN with fewer than two spikes."""
        if len(self.times) < 2:
            return float("nan")
        if limit not in self._shares:
            self._shares[limit] = float((np.diff(self.times) < limit * self.rate).mean())
        return self._shares[limit]

    def firing(self, part: float) -> tuple[Floats, Floats]:
        """Spikes/s in parts of `part` s, and the edges of the parts in s; the last is up to half longer or shorter."""
        whole = max(int(self.length / part + 0.5), 1)
        edges = np.append(np.arange(whole) * part, self.length)
        counts = np.diff(np.searchsorted(self.times, np.append(edges[:-1] * self.rate, np.inf)))
        return counts / np.diff(edges), edges


def digest(unit: Unit, lags: Lags | None = None) -> Digest:
    """Read the spikes of a unit and count what is shown first. Spikes that cannot be read are told, never raised."""
    if unit.spikes is None:
        return Digest(unit)
    try:
        times, amplitudes = unit.spikes.times(), unit.spikes.amplitudes()
    except (UserError, OSError) as error:
        return Digest(unit, trouble=str(error))
    if len(amplitudes) != len(times):
        amplitudes = np.zeros(0, np.float32)
    extent = _extent(amplitudes)
    margin = np.histogram(amplitudes, MARGIN_BINS, extent)[0].astype(np.float64)
    found = Digest(unit, times, amplitudes, extent, margin)
    if len(times) > 1 and unit.rate:
        found.correlogram(lags or Lags())
        found.gaps(lags or Lags())
    return found


def _extent(amplitudes: Floats) -> tuple[float, float]:
    """The range that the axis shows: all but stray values, and zero when it is near."""
    good = amplitudes[np.isfinite(amplitudes)]
    if not len(good):
        return 0.0, 1.0
    low, inner, outer, high = (float(value) for value in np.quantile(good, [0.0, 0.01, 0.99, 1.0]))
    reach = max(outer - inner, abs(outer) * 0.05, 1e-9)
    low, high = max(low, inner - reach), min(high, outer + reach)
    if 0 < low < 0.6 * high:
        low = 0.0
    elif 0 > high > 0.6 * low:
        high = 0.0
    room = (high - low) * 0.04 or max(abs(high), 1.0) * 0.04
    return (low if low == 0 else low - room), (high if high == 0 else high + room)
