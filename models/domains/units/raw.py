"""The recording that a sorting is of, as a plain binary file: pieces of it, filtered and referenced when asked."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.trains import guard
from models.errors import UserError

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]

#: How a piece is shown: as recorded; above 300 Hz; and less the median of all channels at each moment.
WAYS = ("raw", "filtered", "referenced")
#: Hz below which slow waves are taken away, and samples beside a piece that the filter needs.
CUT, MARGIN = 300.0, 600
_ORDER = 3


@dataclass(frozen=True)
class Raw:
    """values: memory map (length, width). columns: of the sorting's channels. gain: of each, to `unit`."""

    values: Array
    columns: Index
    rate: float
    gain: Floats
    unit: str = ""

    @property
    def length(self) -> int:
        """Samples of the recording."""
        return int(self.values.shape[0])

    def piece(self, start: int, stop: int, channels: Sequence[int], way: str) -> Floats:
        """(channels, stop − start) of the recording, zeros outside it."""
        guard(self.values)
        beside = 0 if way == WAYS[0] else MARGIN
        low, high = max(start - beside, 0), min(stop + beside, self.length)
        found = np.zeros((len(channels), stop - start), np.float32)
        if high <= low:
            return found
        block = np.asarray(self.values[low:high], np.float32)
        part = (block[:, self.columns[list(channels)]] * self.gain[list(channels)]).T
        if way == WAYS[2]:
            part = part - np.median(block[:, self.columns] * self.gain, axis=1)
        if way != WAYS[0]:
            part = high_passed(part, self.rate)
        first, last = max(start, low), min(stop, high)
        if last > first:
            found[:, first - start : last - start] = part[:, first - low : last - low]
        return found

    def cut(self, times: Index, channels: Sequence[int], before: int, samples: int) -> Floats:
        """Waveforms around moments, (n, channels, samples), above 300 Hz."""
        starts = np.asarray(times, np.int64) - before
        return np.stack([self.piece(at, at + samples, channels, "filtered") for at in starts.tolist()])


def high_passed(values: Floats, rate: float) -> Floats:
    """(channels, samples) without what is slower than `CUT`, forth and back, so that nothing moves."""
    count = values.shape[1]
    at = np.fft.rfftfreq(count, 1 / rate)
    with np.errstate(divide="ignore"):
        gain = 1 / (1 + (CUT / at) ** (2 * _ORDER))
    return np.asarray(np.fft.irfft(np.fft.rfft(values, axis=1) * gain, count, axis=1), np.float32)


def of_phy(folder: Path, params: Mapping[str, Any], map_: Array | None, channels: int, rate: float) -> Raw | None:
    """The file that a params.py names, None where it is not there or its form is not told."""
    names = params.get("dat_path")
    name = names[0] if isinstance(names, list | tuple) and len(names) == 1 else names
    if not isinstance(name, str) or name in ("", "None") or not (folder / name).is_file():
        return None
    try:
        width, kind = int(params["n_channels_dat"]), np.dtype(params.get("dtype", "int16"))
        offset = int(params.get("offset", 0) or 0)
    except (KeyError, TypeError, ValueError):
        return None
    columns = np.arange(channels) if map_ is None or map_.size != channels else map_.reshape(-1).astype(np.int64)
    return _opened(str(folder / name), width, kind.str, offset, tuple(columns.tolist()), rate, (1.0,) * channels, "")


def of_analyzer(folder: Path, channels: Sequence[str], rate: float) -> Raw | None:
    """The binary recording that an analyzer was made from, read as it lies; None for every other one."""
    try:
        told = json.loads((folder / "recording.json").read_text("utf-8"))
        if str(told["class"]).endswith(".BinaryFolderRecording"):
            folder = (folder / told["kwargs"]["folder_path"]).resolve()
            told = json.loads((folder / "binary.json").read_text("utf-8"))
        if not str(told["class"]).endswith(".BinaryRecordingExtractor"):
            return None
        return _of_binary(folder, told["kwargs"], channels, rate)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _of_binary(folder: Path, told: Mapping[str, Any], channels: Sequence[str], rate: float) -> Raw | None:
    paths, names = told["file_paths"], [str(name) for name in told["channel_ids"]]
    if len(paths) != 1 or told.get("time_axis", 0) != 0 or not set(channels) <= set(names):
        return None
    columns = tuple(names.index(name) for name in channels)
    gains = told.get("gain_to_uV")
    known = gains is not None and all(isinstance(gains[column], int | float) for column in columns)
    gain = tuple(float(gains[column]) for column in columns) if gains is not None and known else (1.0,) * len(columns)
    kind, offset = np.dtype(told["dtype"]).str, int(told.get("file_offset", 0) or 0)
    width = int(told.get("num_channels") or len(names))
    return _opened(str(folder / paths[0]), width, kind, offset, columns, rate, gain, "µV" if known else "")


@functools.lru_cache(maxsize=8)
def _opened(
    path: str, width: int, kind: str, offset: int, columns: tuple[int, ...], rate: float, gain: tuple[float, ...],
    unit: str,
) -> Raw | None:  # fmt: skip
    try:
        length = (Path(path).stat().st_size - offset) // (width * np.dtype(kind).itemsize)
        if length < 1 or not columns or max(columns) >= width or min(columns) < 0:
            return None
        values = np.memmap(path, kind, "r", offset, (length, width))
    except (OSError, ValueError, UserError):
        return None
    return Raw(values, np.array(columns, np.int64), rate, np.array(gain, np.float32), unit)
