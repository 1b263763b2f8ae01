"""The spectrogram of a sound of any length, computed of the stretch that is seen, in a resolution that fits the page.

A column stands for `hop` samples; hops go in steps, so that a page has about as many columns as pixels, and columns
stand on a grid fixed to the recording, so that moving the page moves them. A column is the highest of the windows in
it, which overlap by half or more: no event falls between two of them. For pages beyond a minute columns of the whole
recording are computed once, as levels of detail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from models.job import Progress
from models.levels import Bytes, Levels, levels_of
from models.payload import SoundReader

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
#: dB that the levels 1 and 255 stand for; 0 dB is a sine at full scale.
FLOOR, TOP = -120.0, 6.0
#: Samples of a window that can be chosen.
WINDOWS = (256, 512, 1024, 2048, 4096, 8192)
#: Recordings with more samples than this get levels of detail: all of a shorter one is a page.
LONG = 1 << 21
#: Samples of a column of the finest level at least, and columns of it at most: a day takes no more than 270 MB.
_COARSE, _MOST = 1024, 1 << 20
#: Below this all bins are kept on wide pages, as far as there are not more of them; above, so many stand for all.
_VOICE, _FINE, _REST = 5500.0, 256, 128
#: Windows that fit a processor's cache; columns that are taken in at once.
_CHUNK, _BLOCK = 128, 256
#: Places at which the loudest is looked for, and columns at each.
_PROBES, _PROBED = 24, 4


@cache
def _taper(window: int) -> Floats:
    """A Hann window under which a sine at full scale has power 1 in its bin."""
    shape = np.hanning(window + 1)[:-1]
    return np.asarray(shape * (2 / shape.sum()), np.float32)


def hop_for(per: float, window: int) -> int:
    """Samples of a column where a pixel stands for `per`: the next of 4, 6, 8, 12, 16 …, not finer than is of use."""
    least = max(per, window / 64, 4.0)
    power = 1 << int(np.floor(np.log2(least) + 1e-9))
    return next(hop for hop in (power, power * 3 // 2, power * 2) if hop >= least - 1e-9)


def windows_in(hop: int, window: int) -> int:
    """Windows of a column, so many that they overlap by half."""
    count = 1
    while hop // count > window // 2:
        count *= 2
    return count


def column_levels(reader: SoundReader, window: int, hop: int, first: int, last: int) -> Bytes:
    """Levels of columns [first, last), (columns, window / 2 + 1): the highest of the windows in each.

    Column k stands for samples [k · hop, (k + 1) · hop); beyond the ends of the recording there is silence. hop: one of
    `hop_for`.
    """
    count = windows_in(hop, window)
    step = hop // count
    if last <= first:
        return np.zeros((0, window // 2 + 1), np.uint8)
    begin = first * hop + step // 2 - window // 2
    values = _padded(reader, begin, begin + ((last - first) * count - 1) * step + window)
    windows = np.lib.stride_tricks.sliding_window_view(values, window)[::step]
    power = _power(windows, window)
    if count > 1:
        power = power.reshape(last - first, count, -1).max(axis=1)
    return levels_of(power, FLOOR, TOP)


def _padded(reader: SoundReader, start: int, stop: int) -> Floats:
    """Samples [start, stop) with silence beyond the ends."""
    values = np.zeros(stop - start, np.float32)
    low, high = max(start, 0), min(stop, reader.length)
    if high > low:
        found = reader.read(low, high)
        values[low - start : low - start + len(found)] = found
    return values


def _power(windows: Floats, window: int) -> Floats:
    """Power of each window, (windows, bins)."""
    from scipy import fft  # what shows no sound does without

    out = np.empty((len(windows), window // 2 + 1), np.float32)
    held = np.empty((_CHUNK, window), np.float32)
    for start in range(0, len(windows), _CHUNK):
        part = windows[start : start + _CHUNK]
        np.multiply(part, _taper(window), out=held[: len(part)])
        bins = fft.rfft(held[: len(part)], axis=1)
        np.multiply(bins.real, bins.real, out=out[start : start + len(part)])
        out[start : start + len(part)] += bins.imag * bins.imag
    return out


def centres(rate: float, window: int) -> Doubles:
    """Hz of all bins, (window / 2 + 1,)."""
    return np.asarray(np.arange(window // 2 + 1) * (rate / window), np.float64)


def loudest(reader: SoundReader, window: int) -> float:
    """dB of the loudest bin at places spread over a recording; the floor where all of it is silent."""
    columns = max(-(-reader.length // (window // 2)), 1)
    places = np.unique(np.linspace(0, max(columns - _PROBED, 0), _PROBES).astype(int)).tolist()
    found = [column_levels(reader, window, window // 2, at, min(at + _PROBED, columns)) for at in places]
    level = max((int(one.max()) for one in found if one.size), default=1)
    return FLOOR + (max(level, 1) - 1) * (TOP - FLOOR) / 254


# -- the whole recording


@dataclass(frozen=True)
class Grid:
    """The columns of a whole recording: hop samples each, of windows of so many. floor, top: dB of levels 1 and 255."""

    floor: ClassVar[float] = FLOOR
    top: ClassVar[float] = TOP
    rate: float
    length: int
    window: int

    @property
    def hop(self) -> int:
        """Samples of a column of the finest level."""
        hop = max(self.window // 2, _COARSE)
        while self.length > hop * _MOST:
            hop *= 2
        return hop

    @property
    def columns(self) -> int:
        """How many there are."""
        return -(-self.length // self.hop)

    @property
    def bins(self) -> tuple[int, int]:
        """None and all bins of a column."""
        return 0, len(self.firsts)

    @cached_property
    def firsts(self) -> npt.NDArray[np.int64]:
        """Which bin of the transform each bin of a column begins at: all of those of a voice, fewer above."""
        bins = self.window // 2 + 1
        voice = min(int(_VOICE / (self.rate / self.window)) + 1, bins)
        low = np.unique(np.linspace(0, voice, min(voice, _FINE) + 1).astype(np.int64))[:-1]
        high = np.unique(np.linspace(voice, bins, min(bins - voice, _REST) + 1).astype(np.int64))[:-1]
        return np.concatenate([low, high]) if voice < bins else low

    @property
    def centres(self) -> Doubles:
        """Hz of the middle of each bin of a column."""
        ends = np.append(self.firsts[1:], self.window // 2 + 1)
        return np.asarray((self.firsts + ends - 1) / 2 * (self.rate / self.window))


class Overview:
    """Columns of a whole recording, computed in the background; what is not reached yet is 0: nothing there."""

    def __init__(self, reader: SoundReader, rate: float, window: int) -> None:
        self.reader = reader
        self.grid = Grid(rate, reader.length, window)
        self.levels = Levels([""], self.grid)

    def reached(self) -> int:
        """Samples that are in it."""
        return self.levels.done * self.grid.hop

    def read(self, hop: int, first: int, last: int) -> Bytes:
        """Columns [first, last) of so many samples each, a multiple of the grid's, (columns, bins)."""
        size, reader = hop // self.grid.hop, self.levels.strips[0].reader
        whole = max(min(last, self.grid.columns // size), first)
        parts = [reader.read(first * size, whole * size, whole - first)] if whole > first else []
        if whole < last and whole * size < self.grid.columns:
            parts.append(reader.read(whole * size, self.grid.columns, 1))
        return np.ascontiguousarray(np.concatenate(parts, axis=1).T) if parts else np.zeros((0, reader.bins), np.uint8)

    def grow(self, folder: Path | None) -> Iterator[Progress]:
        """Compute what is not there yet, or take it from a folder, where it is kept for the next time."""
        grid, key = self.grid, str(getattr(self.reader, "key", ""))
        place = None
        if folder is not None and key:
            told = json.dumps([key, asdict(grid), FLOOR, TOP])
            place = folder / "sonograms" / hashlib.sha256(told.encode()).hexdigest()[:24]
        kept = Levels.open([""], grid, place) if place is not None else None
        if kept is not None:
            self.levels = kept
            yield Progress(grid.columns, grid.columns, "The spectrogram was kept")
            return
        yield from self._compute()
        if place is not None:
            self.levels.keep(place)

    def _compute(self) -> Iterator[Progress]:
        grid, levels = self.grid, self.levels
        while levels.done < grid.columns:
            yield Progress(levels.done, grid.columns, "Computing the spectrogram")
            last = min(levels.done + _BLOCK, grid.columns)
            found = column_levels(self.reader, grid.window, grid.hop, levels.done, last)
            levels.take_in(levels.done, np.maximum.reduceat(found, grid.firsts, axis=1)[None])
            levels.done = last
        yield Progress(grid.columns, grid.columns, "")


# -- frequencies

#: Scales that can be chosen: words by name.
SCALES = {"linear": "Linear", "mel": "Mel", "log": "Log"}
#: The lowest frequency of a logarithmic scale, in Hz.
_LOWEST = 40.0


def to_mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Hz on the mel scale (O'Shaughnessy), of the shape that is given."""
    return np.asarray(2595 * np.log10(1 + np.asarray(hertz, np.float64) / 700))


def from_mel(mel: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The other way."""
    return np.asarray(700 * (10 ** (np.asarray(mel, np.float64) / 2595) - 1))


@dataclass(frozen=True)
class Scale:
    """Which frequencies stand at which height: shares from the bottom, 0 Hz (log: 40 Hz) to `high` in Hz."""

    name: str = "linear"
    high: float = 5000.0

    def _to(self, hertz: float) -> float:
        if self.name == "mel":
            return float(to_mel(hertz))
        return float(np.log(max(hertz, 1e-3))) if self.name == "log" else hertz

    @property
    def low(self) -> float:
        """The frequency at the bottom."""
        return min(_LOWEST, self.high / 2) if self.name == "log" else 0.0

    def share(self, hertz: float) -> float:
        """How far up a frequency stands, 0 to 1 inside."""
        low = self._to(self.low)
        return (self._to(hertz) - low) / (self._to(self.high) - low)

    def hertz(self, share: float) -> float:
        """The frequency so far up."""
        low = self._to(self.low)
        at = low + share * (self._to(self.high) - low)
        if self.name == "mel":
            return float(from_mel(at))
        return float(np.exp(at)) if self.name == "log" else at

    def edges(self, rows: int) -> Doubles:
        """Hz of the edges of so many rows, from the bottom up, (rows + 1,)."""
        return np.array([self.hertz(row / rows) for row in range(rows + 1)], np.float64)


class Rows:
    """Levels of bins as rows of a picture: the highest of the bins in a row, between two bins what lies between."""

    def __init__(self, bins: Doubles, scale: Scale, rows: int) -> None:
        edges = scale.edges(rows)
        middles = (edges[1:] + edges[:-1]) / 2
        self._below = np.clip(np.searchsorted(bins, middles, side="right") - 1, 0, len(bins) - 1)
        above = np.minimum(self._below + 1, len(bins) - 1)
        gap = np.maximum(bins[above] - bins[self._below], 1e-9)
        share = np.clip((middles - bins[self._below]) / gap, 0, 1)
        self._above, self._weight = above, np.rint(share * 256).astype(np.uint16)[:, None]
        self._first = np.searchsorted(bins, edges[:-1])
        self._last = np.searchsorted(bins, edges[1:])
        self._full = np.flatnonzero(self._last > self._first)

    def of(self, levels: Bytes) -> Bytes:
        """Levels (columns, bins) as (rows, columns), the highest frequency first."""
        values = np.ascontiguousarray(levels.T)
        low, high = values[self._below].astype(np.uint16), values[self._above].astype(np.uint16)
        out = ((low * (256 - self._weight) + high * self._weight) >> 8).astype(np.uint8)
        # What is nothing beside something is nothing.
        out[(low == 0) | (high == 0)] = 0
        rows, place = self._full, self._first[self._full]
        while len(rows):
            out[rows] = np.maximum(out[rows], values[place])
            place = place + 1
            more = place < self._last[rows]
            rows, place = rows[more], place[more]
        return out[::-1]
