"""How traces become layers: pens, lanes for several channels, ranges that hold all values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from models.payload import TraceReader, Traces
from widgets import theme
from widgets.traces.raster import Layer

Floats = npt.NDArray[np.floating[Any]]
#: Values that may be looked through at once to find a range; beyond, windows are sampled.
_FEW = 2_000_000
_WINDOWS, _WINDOW = 16, 512


def time_step(traces: Traces) -> float:
    """Units of the time axis between two samples: seconds, or 1 without a rate."""
    return 1.0 / traces.rate if traces.rate else 1.0


def time_bounds(traces: Traces) -> tuple[float, float]:
    """Times of the first and the last sample (two apart at least)."""
    last = traces.start + max(traces.reader.length - 1, 1) * time_step(traces)
    return traces.start, last


def look_through(reader: TraceReader, first: int = 0, last: int | None = None) -> Floats:
    """Values to find ranges from, (channels, n): all where they are few, else evenly spread windows."""
    stop = reader.length if last is None else min(last, reader.length)
    count = stop - max(first, 0)
    if count < 1:
        return np.zeros((reader.channels, 0), np.float32)
    if count * reader.channels <= _FEW:
        return np.concatenate(reader.read(max(first, 0), stop, min(count, 4096)), axis=1)
    starts = np.linspace(max(first, 0), stop - _WINDOW, _WINDOWS).astype(int)
    return np.concatenate([reader.read(int(at), int(at) + _WINDOW, _WINDOW)[0] for at in starts], axis=1)


def value_range(readers: Iterable[tuple[TraceReader, int, int]], room: float = 0.06) -> tuple[float, float]:
    """Lowest and highest finite value of (reader, first, last) with a margin; −1 … 1 where there is none."""
    found = [look_through(*reader) for reader in readers]
    values = np.concatenate([part.ravel() for part in found]) if found else np.zeros(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return -1.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = (high - low) * room or max(abs(high) * room, 0.5)
    return low - margin, high + margin


def lane_scale(reader: TraceReader) -> tuple[Floats, float]:
    """Middle of each channel, and the values that one lane holds: 1.3 typical spreads between 1 and 99 %."""
    values = look_through(reader).astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    known = np.isfinite(values).any(axis=1)
    middle, spread = np.zeros(len(values)), np.zeros(len(values))
    if known.any():
        low, mid, high = np.nanpercentile(values[known], (1, 50, 99), axis=1)
        middle[known], spread[known] = mid, high - low
    usual = float(np.median(spread[spread > 0])) if (spread > 0).any() else 1.0
    return middle, usual * 1.3 or 1.0


class Lanes:
    """Where each channel of some traces is drawn: one above the other, or all on the values' own axis."""

    def __init__(self, traces: Traces, stacked: bool) -> None:
        self.traces, self.stacked = traces, stacked and traces.reader.channels > 1
        self.gain = 1.0
        self._middle: Floats = np.zeros(0)
        self._usual = 1.0
        if self.stacked:
            self._middle, self._usual = lane_scale(traces.reader)

    @property
    def values_a_lane(self) -> float:
        """The difference of values that the height of one lane stands for."""
        return self._usual / self.gain

    def y_range(self) -> tuple[float, float]:
        """The range that shows all lanes."""
        return -self.traces.reader.channels + 0.3, 0.7

    def names(self) -> list[tuple[float, str]]:
        """Height and name of each lane."""
        return [(-float(i), name) for i, name in enumerate(self.traces.names)] if self.stacked else []

    def lane_at(self, height: float) -> int:
        """The channel whose lane is nearest to a height."""
        return min(max(round(-height), 0), self.traces.reader.channels - 1) if self.stacked else 0

    def height(self, channel: int, value: float) -> float:
        """Where a value of a channel is drawn."""
        gains, offsets = self._gains_offsets(self.traces.reader.channels)
        return offsets[channel] + gains[channel] * value

    def layer(self, reader: TraceReader, traces: Traces, colour: QColor, width: float) -> Layer:
        """A reader drawn in these lanes, on the time axis of its traces."""
        count = min(reader.channels, self.traces.reader.channels) if self.stacked else reader.channels
        gains, offsets = self._gains_offsets(count)
        channels = tuple(range(count))
        return Layer(reader, channels, gains, offsets, colour, width, traces.start, time_step(traces))

    def _gains_offsets(self, count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        if not self.stacked:
            return (1.0,) * count, (0.0,) * count
        gain = self.gain / self._usual
        return (gain,) * count, tuple(float(-i - self._middle[i] * gain) for i in range(count))


def layers_of(lanes: Lanes, overlays: bool, previous: Traces | None, reader: TraceReader) -> list[Layer]:
    """Previous sample, context, then the sample itself (its `reader` may be a faster one)."""
    traces, found = lanes.traces, []
    context = theme.faded("pen", 0.45)
    if overlays:
        found += [lanes.layer(other, traces, context, 1.0) for _name, other in traces.overlays]
    if previous is not None:
        found.append(lanes.layer(previous.reader, previous, theme.faded("accent", 0.6), 1.3))
    found.append(lanes.layer(reader, traces, theme.token("pen"), 1.3))
    return found
