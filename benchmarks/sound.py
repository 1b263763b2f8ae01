"""Frames of the sound viewer over an hour at 48 kHz, and how soon the first one is there.

The hour lies in a raw file, so that the figures are the viewer's and not a decoder's. What the window's own thread
does for a frame is counted beside the clock: other programs do not slow it. The peer of a page of the spectrogram is
the same page through scipy's ShortTimeFFT with a hop that gives as many columns.
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QApplication
from scipy import signal

from benchmarks.picture import Times, timed
from benchmarks.table import Row, row
from models.payload import Sound
from models.sonogram import column_levels, hop_for
from widgets import theme
from widgets.sound.output import NO_DEVICE
from widgets.sound.player import Player
from widgets.sound.raster import prepare
from widgets.sound.viewer import SoundViewer

RATE, GOAL, SIZE = 48_000, 8.0, (1200, 900)
#: Widths of a page in s.
PAGES = (1.0, 10.0, 60.0, 600.0, 3600.0)
_WINDOW = 1024


class Mapped:
    """A raw file of float32 as a sound is read."""

    key = ""

    def __init__(self, path: Path) -> None:
        self.values = np.memmap(path, np.float32, "r")

    @property
    def length(self) -> int:
        return len(self.values)

    def read(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        return np.array(self.values[start:stop])


def write_hour(path: Path, seconds: int) -> None:
    """Harmonics that come and go over noise, a minute at a time."""
    rng = np.random.default_rng(0)
    at = np.arange(60 * RATE, dtype=np.float32) / RATE
    voice = sum(np.sin(2 * np.pi * 140 * (k + 1) * at) / (k + 1) for k in range(12)) * (np.sin(at * 2) > 0)
    with path.open("wb") as file:
        for minute in range(seconds // 60):
            part = 0.1 * voice * (0.5 + 0.5 * np.sin(minute)) + rng.normal(0, 0.01, len(at))
            file.write(part.astype(np.float32).tobytes())


def wait(viewer: SoundViewer, until: float = 600.0) -> None:
    """Until all that is computed in the background is there."""
    began = time.perf_counter()
    while (
        viewer.page.backing.share() < 1 or viewer.page.backing.tiles.is_busy()
    ) and time.perf_counter() - began < until:
        QApplication.processEvents()
        time.sleep(0.005)


def first_paint(sound: Sound) -> tuple[SoundViewer, float, float, float]:
    """The viewer; seconds until its first picture, and of its own thread; until the spectrogram in it is whole."""
    viewer = SoundViewer(player=Player(lambda: (None, NO_DEVICE)))
    viewer.resize(*SIZE)
    viewer.show()
    QApplication.processEvents()
    prepare()  # as the window does off its thread
    began, own = time.perf_counter(), time.thread_time()
    viewer.set_payload(sound)
    viewer.page.plot.set_x(0.0, 10.0)
    viewer.repaint()
    seen, own = time.perf_counter() - began, time.thread_time() - own
    while viewer.page.backing.tiles.is_busy():
        QApplication.processEvents()
    viewer.page.plot.viewport().repaint()
    return viewer, seen, own, time.perf_counter() - began


def scroll(viewer: SoundViewer, seconds: float, frames: int) -> Times:
    """Frames while a page of a width is moved to and fro by a thirtieth; tiles are made meanwhile as they are."""
    low, high = viewer.page.plot.bounds
    middle, wide = (low + high) / 2, min(seconds, 0.9 * (high - low))
    viewer.page.plot.set_x(middle - wide / 2, middle + wide / 2)
    wait(viewer)

    def paint() -> None:
        viewer.page.wave.viewport().repaint()
        viewer.page.plot.viewport().repaint()

    steps = [0.033 if number % 40 < 20 else -0.033 for number in range(frames)]
    return timed(paint, [partial(viewer.page.plot.pan, by) for by in steps])


def page_seconds(reader: Mapped, seconds: float) -> tuple[float, float]:
    """Seconds of this thread for the levels of a page, ours and through ShortTimeFFT."""
    hop = hop_for(seconds * RATE / SIZE[0], _WINDOW)
    first, count = 60 * RATE // hop, round(seconds * RATE / hop)
    peer = signal.ShortTimeFFT(signal.windows.hann(_WINDOW, sym=False), min(hop, _WINDOW // 2), RATE)
    values = reader.read(first * hop, (first + count) * hop)
    ours, theirs = [], []
    for _turn in range(5):
        began = time.thread_time()
        column_levels(reader, _WINDOW, hop, first, first + count)
        ours.append(time.thread_time() - began)
        began = time.thread_time()
        10 * np.log10(peer.spectrogram(values) + 1e-12)
        theirs.append(time.thread_time() - began)
    return float(np.median(ours)), float(np.median(theirs))


def run(quick: bool = False) -> list[Row]:
    """An hour; quick: ten minutes, fewer frames."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    seconds, frames = (600, 20) if quick else (3600, 160)
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        path = Path(folder) / "hour.f32"
        write_hour(path, seconds)
        reader = Mapped(path)
        name = f"sound of {seconds // 60} min at 48 kHz"
        viewer, seen, own, whole = first_paint(Sound(reader, float(RATE), title="hour"))
        note = f"own thread {own * 1000:.0f}; its spectrogram whole after {whole * 1000:.0f} ms"
        rows = [row(f"{name}, first paint", seen * 1000, None, 100.0, note)]
        wait(viewer)
        for wide in (one for one in PAGES if one <= seconds):
            spent = scroll(viewer, wide, frames)
            mine, late = (float(np.percentile(times, 95)) for times in (spent.own, spent.clock))
            told = f"{SIZE[0]} × {SIZE[1]}; own thread p95 {mine:.1f}, median {np.median(spent.own):.1f}"
            rows.append(row(f"{name}, scroll by {wide:g} s, p95", late, None, GOAL, told))
        for wide in (1.0, 10.0):
            ours, peer = page_seconds(reader, wide)
            note = "levels of a page, own thread; peer: ShortTimeFFT and log10"
            rows.append(row(f"{name}, page of {wide:g} s computed", ours * 1000, peer * 1000, 2.0, note, "ratio"))
        viewer.close_down()
        viewer.close()
    return rows
