"""The shown spectrogram of a long recording against scipy's ShortTimeFFT, and its frames, in one run.

Both transform the same windows of the same float32 file. Ours ends with levels on the disk, ready to be shown; the
peer with power in memory.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import signal

from benchmarks.table import Row, row
from benchmarks.traces import RATE, write_recording
from models.domains.eeg.levels import Grid, View, grow
from models.job import finish
from models.levels import FACTOR, Levels
from models.pyramid import MappedReader

#: Columns of the widest screen that frames are read for.
_COLUMNS = 1900


@dataclass(frozen=True)
class Signals:
    """A mapped file as a recording is read."""

    reader: MappedReader

    @property
    def channels(self) -> int:
        return self.reader.channels

    @property
    def length(self) -> int:
        return self.reader.length

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        return np.asarray(self.reader.read(first, last, last - first)[0], np.float32)


def short_time(reader: MappedReader, window: int, hop: int) -> float:
    """Seconds that ShortTimeFFT takes, channel after channel."""
    peer = signal.ShortTimeFFT(signal.windows.hann(window, sym=False), hop, RATE, scale_to="psd")
    began = time.perf_counter()
    for channel in range(reader.channels):
        peer.spectrogram(reader.values[channel])
    return time.perf_counter() - began


def frame_seconds(levels: Levels) -> tuple[float, float]:
    """Median seconds of reading four strips over the whole recording: from the levels, and from the finest alone."""
    columns, strips = levels.grid.columns, levels.strips[:4]
    ours, plain = [], []
    edges = (np.arange(_COLUMNS) * columns) // _COLUMNS
    for _turn in range(9):
        began = time.perf_counter()
        for strip in strips:
            strip.reader.read(0, columns, _COLUMNS)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        for number in range(len(strips)):
            np.maximum.reduceat(levels.values[0][number], edges, axis=0)
        plain.append(time.perf_counter() - began)
    return float(np.median(ours)), float(np.median(plain))


def run(quick: bool) -> list[Row]:
    """24 h × 20 channels × 256 Hz; quick: 1 h × 4 channels."""
    channels, seconds = (4, 3600) if quick else (20, 86_400)
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        reader = write_recording(Path(folder) / "recording.f32", channels, seconds)
        strips = {f"C{number}": [(number, -1)] for number in range(channels)}
        began = time.perf_counter()
        levels = Levels([*strips], Grid(RATE, reader.length, View()), Path(folder) / "kept")
        finish(grow(levels, Signals(reader), strips))
        spent = time.perf_counter() - began
        peer = short_time(reader, levels.grid.window, levels.grid.step)
        frame, plain = frame_seconds(levels)
    name = f"spectrogram of {seconds / 3600:g} h × {channels} channels"
    note = f"peer: ShortTimeFFT, the same windows; {len(levels.values)} levels of a {FACTOR}th each are made too"
    return [
        row(f"{name}, computed", spent * 1000, peer * 1000, 10.0, note, "ratio"),
        row(f"{name}, four strips at full width", frame * 1000, plain * 1000, 6.0, "peer: the finest level alone"),
    ]
