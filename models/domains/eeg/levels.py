"""The spectrogram that is shown of a recording of any length: one taper, block by block, as levels of 0 to 255.

Only the bins that are shown are kept; with the levels of detail of `models.levels` a seizure of 20 s is seen at 24
hours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from models.domains.eeg import spectrogram
from models.domains.eeg.constants import REGIONS
from models.domains.eeg.features import PAIRS
from models.domains.eeg.spectrogram import CHAINS
from models.electrodes import index, recorded_pair
from models.job import Progress
from models.levels import Bytes, Levels, StripReader, levels_of
from models.payload import SignalReader

Floats = npt.NDArray[np.float32]
#: Rows whose difference is a trace; the second is −1 for a row as it is.
Pairs = Sequence[tuple[int, int]]

#: dB (of 1 µV²/Hz) that the levels 1 and 255 stand for; 0 is nothing there.
FLOOR, TOP = -40.0, 60.0
#: Columns that are read and transformed at once, and windows that fit a processor's cache.
_BLOCK, _CHUNK = 512, 128
#: A column of which more than this is missing has nothing there.
_MISSING = 0.5


@dataclass(frozen=True)
class View:
    """What is computed: seconds of a window and from one to the next, and Hz that are shown."""

    window: float = 4.0
    step: float = 2.0
    low: float = 0.5
    high: float = 20.0


@dataclass(frozen=True)
class Grid:
    """The same in samples of a recording. floor, top: dB of the levels 1 and 255."""

    floor: ClassVar[float] = FLOOR
    top: ClassVar[float] = TOP
    rate: float
    length: int
    view: View = View()

    @property
    def window(self) -> int:
        """Samples of a window."""
        return max(round(self.view.window * self.rate), 2)

    @property
    def step(self) -> int:
        """Samples from one window to the next."""
        return max(round(self.view.step * self.rate), 1)

    @property
    def padded(self) -> int:
        """Samples of the transform: the next power of two."""
        return 1 << (self.window - 1).bit_length()

    @property
    def bins(self) -> tuple[int, int]:
        """The first bin that is shown, and the one behind the last."""
        width = self.rate / self.padded
        first = int(np.ceil(self.view.low / width - 1e-9))
        return first, max(min(int(self.view.high / width + 1e-9), self.padded // 2) + 1, first + 1)

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Hz of the bins that are shown."""
        return np.arange(*self.bins) * self.rate / self.padded

    @property
    def columns(self) -> int:
        """How many whole windows there are."""
        return max((self.length - self.window) // self.step + 1, 0)

    @property
    def start(self) -> float:
        """The middle of the first window, in s from the first sample."""
        return self.window / 2 / self.rate


def hertz() -> npt.NDArray[np.float64]:
    """Hz of the bins of spectrograms that sources have."""
    found: npt.NDArray[np.float64] = spectrogram.FREQUENCIES
    return found


def regional_strips(names: Sequence[str]) -> dict[str, Pairs]:
    """The pairs of the four regions among the channels of a recording, electrodes or pairs as they were recorded.

    A region is left out where none of its pairs is there.
    """
    where = index(names)
    rows = {pair: found for pair in PAIRS if (found := _rows_of(pair, where)) is not None}
    strips = {region: [rows[pair] for pair in pairwise(CHAINS[region]) if pair in rows] for region in REGIONS}
    return {region: pairs for region, pairs in strips.items() if pairs}


def _rows_of(pair: tuple[str, str], where: Mapping[str, int]) -> tuple[int, int] | None:
    """Two electrodes, else the channel that holds their difference: its sign changes no power."""
    if pair[0] in where and pair[1] in where:
        return where[pair[0]], where[pair[1]]
    found = recorded_pair(where, *pair)
    return (found[0], -1) if found is not None else None


def to_levels(power: npt.NDArray[Any]) -> Bytes:
    """Levels of power in µV²/Hz, of the same shape; 0 where it is NaN."""
    return levels_of(power, FLOOR, TOP)


def array_reader(power: npt.NDArray[Any]) -> StripReader:
    """A reader over power in memory, (bins, columns) in µV²/Hz, such as a table of the HMS data."""
    return StripReader((to_levels(power.T),))


def fill(
    levels: Levels, reader: SignalReader, strips: Mapping[str, Pairs], folder: Path | None, key: str
) -> Generator[Progress, None, None]:
    """Compute levels that are shown already, or take them from `folder`; there they are kept for the next time."""
    place = None if folder is None else folder / _name(key, levels.grid, strips)
    kept = None if place is None else Levels.open(levels.names, levels.grid, place)
    if kept is None:
        yield from grow(levels, reader, strips)
        if place is not None:
            levels.keep(place)
        return
    for mine, theirs in zip(levels.values, kept.values, strict=True):
        mine[...] = theirs
    levels.done = levels.grid.columns
    yield Progress(levels.done, levels.done, "The spectrogram was kept")


def grow(levels: Levels, reader: SignalReader, strips: Mapping[str, Pairs]) -> Generator[Progress, None, None]:
    """Compute what is not done yet; levels can be shown while they grow."""
    grid = levels.grid
    while levels.done < grid.columns:
        yield Progress(levels.done, grid.columns, "Computing the spectrogram")
        last = min(levels.done + _BLOCK, grid.columns)
        values = reader.read(levels.done * grid.step, (last - 1) * grid.step + grid.window)
        levels.take_in(levels.done, block_levels(np.asarray(values, np.float32), strips, grid))
        levels.done = last
    levels.close()


def block_levels(values: Floats, strips: Mapping[str, Pairs], grid: Grid) -> Bytes:
    """The levels of a stretch (rows, n) of whole windows, (strips, columns, bins)."""
    return np.stack([to_levels(_strip_power(values, pairs, grid)) for pairs in strips.values()])


def _strip_power(values: Floats, pairs: Pairs, grid: Grid) -> Floats:
    """The mean power of pairs of rows, (columns, bins); NaN where too much is missing."""
    power = _mean_power(values, pairs, grid)
    # What is missing anywhere is so in its columns: the few of them are asked, not all samples.
    if not np.isnan(power.min(initial=0)):
        return power
    rows = sorted({row for pair in pairs for row in pair if row >= 0})
    missing = np.isnan(values[rows])
    known = values.copy()
    known[rows] = np.where(missing, np.float32(0), values[rows])
    power = _mean_power(known, pairs, grid)
    power[_lost(missing, grid)] = np.nan
    return power


def _mean_power(values: Floats, pairs: Pairs, grid: Grid) -> Floats:
    total: Any = 0
    for first, second in pairs:
        total = total + _power(values[first] if second < 0 else values[first] - values[second], grid)
    return np.asarray(total * np.float32(1 / len(pairs)) if len(pairs) > 1 else total)


def _power(trace: Floats, grid: Grid) -> Floats:
    """Power of the shown bins in µV²/Hz, (columns, bins), of windows without their mean."""
    windows = np.lib.stride_tricks.sliding_window_view(trace, grid.window)[:: grid.step]
    taper, leak = _taper(grid)
    first, last = grid.bins
    out = np.empty((len(windows), last - first), np.float32)
    held = np.empty((_CHUNK, grid.window), np.float32)
    for start in range(0, len(windows), _CHUNK):
        part = windows[start : start + _CHUNK]
        np.multiply(part, taper, out=held[: len(part)])
        bins = fft.rfft(held[: len(part)], grid.padded, axis=1)[:, first:last]
        if leak is not None:
            # Taking away what the mean leaks into these bins is half the work of taking away the mean.
            bins = bins - part.mean(axis=1, keepdims=True) * leak
        out[start : start + _CHUNK] = bins.real**2 + bins.imag**2
    return out


@cache
def _taper(grid: Grid) -> tuple[Floats, npt.NDArray[np.complex64] | None]:
    """A Hann window that makes |FFT|² µV²/Hz, on the scale of the regional recipe, and its own shown bins, if any."""
    shape = signal.windows.hann(grid.window, sym=False)
    shape /= np.sqrt((shape**2).sum() * grid.rate)
    leak = fft.rfft(shape, grid.padded)[slice(*grid.bins)]
    seen = np.abs(leak).max() > 1e-9 * shape.sum()
    return np.asarray(shape, np.float32), np.asarray(leak, np.complex64) if seen else None


def _lost(missing: npt.NDArray[np.bool_], grid: Grid) -> npt.NDArray[np.bool_]:
    """Columns of which too much is missing in any of these rows."""
    windows = np.lib.stride_tricks.sliding_window_view(missing, grid.window, axis=1)[:, :: grid.step]
    return np.asarray((windows.mean(axis=2) > _MISSING).any(axis=0))


def _name(key: str, grid: Grid, strips: Mapping[str, Pairs]) -> str:
    """The name of the folder of one spectrogram of one recording."""
    told = json.dumps([key, asdict(grid), [[name, list(map(list, pairs))] for name, pairs in strips.items()]])
    return f"spectrogram-{hashlib.sha256(told.encode()).hexdigest()[:24]}"
