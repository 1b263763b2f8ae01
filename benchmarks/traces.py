"""Frames of the trace viewer against pyqtgraph's own curves and mne-qt-browser, in one run."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication

from benchmarks.table import Row, row
from models.payload import ArrayReader, Mark, Traces
from models.pyramid import MappedReader, Pyramid, PyramidReader
from widgets import theme
from widgets.traces.viewer import TraceViewer

RATE, SIZE = 256.0, (1920, 1080)
_NAMES = {10: "10 s", 60: "60 s", 600: "10 min", 3600: "1 h", 86_400: "24 h"}


def write_recording(path: Path, channels: int, seconds: int) -> MappedReader:
    """A noisy recording with slow waves, float32, channel after channel."""
    rng, length = np.random.default_rng(0), int(seconds * RATE)
    with path.open("wb") as file:
        for channel in range(channels):
            for first in range(0, length, 1 << 20):
                count = min(1 << 20, length - first)
                wave = np.sin(np.arange(first, first + count, dtype=np.float64) * ((3 + channel / 5) / RATE))
                part = rng.standard_normal(count, dtype=np.float32) * 10 + 30 * wave.astype(np.float32)
                part.tofile(file)
    return MappedReader(path, channels, length)


class Jumps(NamedTuple):
    """Milliseconds of page jumps to drawn frames: median, 95th percentile, and the latter of the window's own thread
    alone, which other programs do not make wait.
    """

    middle: float
    high: float
    own: float


def time_jumps(jump: Callable[[float], None], seconds: int, width: int, count: int, warm: int = 3) -> Jumps:
    """Time jumps to random pages of a width."""
    rng, app, spent, own = np.random.default_rng(1), QApplication.instance(), [], []
    assert app is not None
    gc.collect()
    gc.freeze()
    for number in range(count + warm):
        start = float(rng.random() * max(seconds - width, 0)) if width < seconds else float(number % 7 * 10)
        began, mine = time.perf_counter(), time.thread_time()
        jump(start)
        app.processEvents()
        if number >= warm:
            own.append(time.thread_time() - mine)
            spent.append(time.perf_counter() - began)
    gc.unfreeze()
    middle, high = np.percentile(spent, (50, 95)) * 1000
    return Jumps(float(middle), float(high), float(np.percentile(own, 95)) * 1000)


def ours(traces: Traces, seconds: int, widths: list[int], count: int) -> dict[int, Jumps]:
    """Our viewer's frames at each width."""
    viewer = TraceViewer()
    viewer.resize(*SIZE)
    viewer.set_payload(traces)
    viewer.show()
    QApplication.processEvents()
    found = {}
    for width in widths:
        found[width] = time_jumps(partial(_show_page, viewer, width, seconds), seconds, width, count)
    viewer.close_down()
    viewer.close()
    viewer.deleteLater()
    QApplication.processEvents()
    return found


def _show_page(viewer: TraceViewer, width: int, seconds: int, at: float) -> None:
    viewer.plot.set_x(at, min(at + width, seconds))


def pyqtgraph_curves(reader: MappedReader, seconds: int, widths: list[int], count: int) -> dict[int, Jumps]:
    """The same page in pyqtgraph's own curves, clipped to the view and thinned by peaks."""
    plot = pg.PlotWidget()
    plot.resize(*SIZE)
    plot.setYRange(-reader.channels, 1, padding=0)
    plot.plotItem.disableAutoRange()
    times = np.arange(reader.length) / RATE
    for channel in range(reader.channels):
        curve = pg.PlotDataItem(times, reader.values[channel] / 60 - channel, pen="k")
        plot.addItem(curve)
    # addItem resets what an item was told, so the plot is told last.
    plot.plotItem.setClipToView(True)
    plot.plotItem.setDownsampling(auto=True, mode="peak")
    plot.show()
    QApplication.processEvents()
    found = {}
    for width in widths:
        few = count if width <= 600 else max(count // 4, 3)
        move = lambda at, width=width: plot.setXRange(at, at + width, padding=0)  # noqa: E731
        found[width] = time_jumps(move, seconds, width, few, 1)
    plot.close()
    plot.deleteLater()
    QApplication.processEvents()
    return found


def mne_browser(reader: MappedReader, seconds: int, widths: list[int], count: int) -> dict[int, Jumps]:
    """The same page in mne-qt-browser; empty where it is not installed."""
    try:
        import mne
        import mne_qt_browser  # noqa: F401
    except ImportError:
        return {}
    mne.set_log_level("ERROR")
    names = [f"C{i}" for i in range(reader.channels)]
    info = mne.create_info(names, RATE, "eeg")
    raw = mne.io.RawArray(np.asarray(reader.values, np.float64) * 1e-6, info, copy=None)
    with mne.viz.use_browser_backend("qt"):
        browser = raw.plot(n_channels=reader.channels, duration=10, show=False, precompute=False, scalings=60e-6)
    browser.resize(*SIZE)
    browser.show()
    QApplication.processEvents()
    found = {}
    for width in widths:
        if width >= seconds:
            continue
        few = max(count // 4, 2) if width <= 600 else 2
        move = lambda at, width=width: browser.mne.plt.setXRange(at, at + width, padding=0)  # noqa: E731
        found[width] = time_jumps(move, seconds, width, few, 1)
    browser.close()
    QApplication.processEvents()
    return found


def build_seconds(reader: MappedReader) -> tuple[Pyramid, float]:
    """A pyramid and how long it took."""
    pyramid, began = Pyramid(reader.channels, reader.length), time.perf_counter()
    for _done in pyramid.grow(reader):
        pass
    return pyramid, time.perf_counter() - began


def some_marks(seconds: int) -> tuple[Mark, ...]:
    """10,000 marks, half of them spans."""
    places = np.sort(np.random.default_rng(2).random(10_000) * seconds)
    return tuple(Mark(float(at), "", float(at) + 5 if i % 2 else None) for i, at in enumerate(places))


def run(quick: bool) -> list[Row]:
    """Page jumps of all viewers on one recording; quick: 6 channels × 20 min."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, "light")  # type: ignore[arg-type]
    channels, seconds, count = (6, 1200, 12) if quick else (20, 86_400, 60)
    widths = [width for width in _NAMES if width <= seconds]
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        reader = write_recording(Path(folder) / "recording.f32", channels, seconds)
        pyramid, spent = build_seconds(reader)
        names = tuple(f"C{i}" for i in range(channels))
        traces = Traces(PyramidReader(reader, pyramid), names, rate=RATE, unit="µV")
        mine = ours(traces, seconds, widths, count)
        marked = Traces(traces.reader, names, rate=RATE, unit="µV", marks=some_marks(seconds))
        with_marks = ours(marked, seconds, widths, count)
        curves = pyqtgraph_curves(reader, seconds, widths, count)
        browser = mne_browser(reader, seconds, widths, count)
        plain = _direct_reads(reader, seconds)
    rows = [row("build the min/max pyramid", spent * 1000, None, 1500.0 if not quick else None, "in chunks"), plain]
    for width in widths:
        rows += _rows_of(width, mine, with_marks, curves, browser)
    return rows


def _rows_of(
    width: int,
    mine: dict[int, Jumps],
    marked: dict[int, Jumps],
    curves: dict[int, Jumps],
    browser: dict[int, Jumps],
) -> list[Row]:
    name, (middle, high, own) = _NAMES[width], mine[width]
    far = 30.0 if width == 86_400 else None
    note = "peer clips to the view and thins by peaks"
    rows = [
        row(f"traces, page of {name}, p50 against pyqtgraph", middle, curves[width][0], far, note, "ratio"),
        row(
            f"traces, page of {name}, p95 against pyqtgraph",
            high,
            curves[width][1],
            8.0,
            f"{note}; own thread p95 {own:.1f}",
        ),
        row(
            f"traces, page of {name}, 10,000 marks",
            marked[width][0],
            middle,
            round(1.3 * middle, 2),
            "peer: ours without marks",
        ),
    ]
    if width in browser:
        goal = {10: 15.0, 60: 15.0, 3600: 200.0}.get(width)
        title = f"traces, page of {name}, p50 against mne-qt-browser"
        rows.append(row(title, middle, browser[width][0], goal, "nothing preloaded", "ratio"))
    return rows


def _direct_reads(reader: MappedReader, seconds: int) -> Row:
    """One read of 10 min through the mapped reader against numpy's own reduction."""
    stop, plain = int(min(seconds, 600) * RATE), ArrayReader(reader.values)
    spent = []
    for source in (reader, plain):
        source.read(0, stop, 1800)
        began = time.perf_counter()
        for _turn in range(5):
            source.read(0, stop, 1800)
        spent.append((time.perf_counter() - began) * 200)
    return row(
        "read 10 min into 1,800 columns, no pyramid", spent[0], spent[1], None, "peer: reduceat over a default map"
    )
