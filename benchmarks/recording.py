"""Pages of the viewer of recordings, montaged and filtered, against mne-qt-browser in one run."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QApplication

from benchmarks.table import Row, row
from benchmarks.traces import RATE, SIZE, Jumps, mne_browser, time_jumps, write_recording
from models.electrodes import CHANNELS, EEG, EKG
from models.filters import Filters
from models.payload import Recording
from models.pyramid import MappedReader
from models.region import Region
from widgets import theme
from widgets.recording.reader import prepare
from widgets.recording.viewer import RecordingViewer

Times = dict[int, Jumps]
_NAMES = {10: "10 s", 60: "60 s", 600: "10 min", 3600: "1 h", 86_400: "24 h"}
#: A page without filters, and one with them, is drawn within so many ms in 19 of 20 jumps.
_PLAIN, _FILTERED, _OPENED = 8.0, 25.0, 1000.0


class Source:
    """The true values of a mapped recording."""

    def __init__(self, reader: MappedReader) -> None:
        self._reader = reader
        self.channels, self.length = reader.channels, reader.length

    def read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        """Samples first to before last."""
        return np.asarray(self._reader.read(first, last, last - first)[0], np.float32)


def _recording(reader: MappedReader) -> Recording:
    kinds = (*([EEG] * (len(CHANNELS) - 1)), EKG)
    return Recording(Source(reader), CHANNELS, RATE, kinds, title="benchmark")


def opened(reader: MappedReader) -> tuple[RecordingViewer, float]:
    """A viewer with its first page drawn, and how many ms that took."""
    viewer = RecordingViewer()
    viewer.resize(*SIZE)
    viewer.show()
    QApplication.processEvents()
    prepare()
    began = time.perf_counter()
    viewer.set_payload(_recording(reader))
    QApplication.processEvents()
    return viewer, (time.perf_counter() - began) * 1000


def jumps(viewer: RecordingViewer, seconds: int, widths: list[int], count: int) -> Times:
    """Median and 95th percentile of page jumps at each width."""
    return {width: time_jumps(partial(_show, viewer, width), seconds, width, count) for width in widths}


def _show(viewer: RecordingViewer, width: int, at: float) -> None:
    """Of a page that is as wide as the recording only the beginning moves: it would be no other page else."""
    viewer.page.plot.set_x(at, min(at + width, viewer.page.plot.bounds[1]))


def set_filters(viewer: RecordingViewer, filters: Filters) -> None:
    """Choose filters by the tools."""
    viewer.band.set_value((filters.high, filters.low))
    viewer.notch.set_value(filters.notch)
    viewer._choose()
    QApplication.processEvents()


def _grow(viewer: RecordingViewer) -> float:
    """Wait for the overview; how many ms it took."""
    began = time.perf_counter()
    viewer.page._grow()
    while viewer.page.growth.share < 1:
        QApplication.processEvents()
        time.sleep(0.005)
    return (time.perf_counter() - began) * 1000


def regions(seconds: int) -> list[Region]:
    """Ten thousand annotations all over so many seconds."""
    places = np.sort(np.random.default_rng(2).random(10_000) * seconds)
    words = ("seizure", "lpd", "gpd", "artefact")
    return [Region(str(i), float(at), float(at) + i % 7, words[i % 4]) for i, at in enumerate(places)]


def run(quick: bool) -> list[Row]:
    """24 h of 20 channels; quick: 20 min."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, "light")  # type: ignore[arg-type]
    seconds, count = (1200, 12) if quick else (86_400, 60)
    widths = [width for width in _NAMES if width <= seconds]
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        reader = write_recording(Path(folder) / "recording.f32", len(CHANNELS), seconds)
        viewer, first = opened(reader)
        grown = _grow(viewer)
        filtered = jumps(viewer, seconds, [width for width in widths if width <= 60], count)
        set_filters(viewer, Filters())
        plain = jumps(viewer, seconds, widths, count)
        viewer.set_regions(regions(seconds), {"seizure": 0, "lpd": 1, "gpd": 2})
        noted = jumps(viewer, seconds, widths, count)
        viewer.close_down()
        viewer.close()
        viewer.deleteLater()
        QApplication.processEvents()
        browser = mne_browser(reader, seconds, [width for width in (10, 60) if width < seconds], count)
    rows = [
        row("recording, first page after it is opened", first, None, _OPENED, f"{seconds / 3600:.3g} h × 20 × 256 Hz"),
        row("recording, overview of the montaged rows", grown, None, None, "in the background"),
    ]
    for width in widths:
        rows += _rows_of(width, plain, filtered, noted, browser)
    return rows


def _rows_of(width: int, plain: Times, filtered: Times, noted: Times, browser: Times) -> list[Row]:
    name, goal = _NAMES[width], _PLAIN
    words = f"double banana, unfiltered; own thread p95 {plain[width].own:.1f}"
    rows = [row(f"recording, page of {name}, p95", plain[width].high, None, goal, words)]
    if width in filtered:
        words = f"0.5–40 Hz and notch, zero phase; own thread p95 {filtered[width].own:.1f}"
        rows.append(row(f"recording, page of {name}, filtered, p95", filtered[width].high, None, _FILTERED, words))
    words = f"peer: ours without annotations; own thread p95 {noted[width].own:.1f}"
    title = f"recording, page of {name}, 10,000 annotations, p95"
    rows.append(row(title, noted[width].high, plain[width].high, goal, words))
    if width in browser:
        title = f"recording, page of {name}, p50 against mne-qt-browser"
        rows.append(
            row(title, plain[width].middle, browser[width].middle, None, "ours montaged, theirs as recorded", "ratio")
        )
    return rows
