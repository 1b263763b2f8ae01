"""A day of EDF from its file to drawn pages, with and without annotations, against mne-qt-browser in one run."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.recording import regions
from benchmarks.table import Row, row
from benchmarks.traces import RATE, SIZE, time_jumps
from models.domains.eeg.load import Filed
from models.domains.eeg.recording import open_recording
from models.electrodes import CHANNELS
from models.payload import Recording
from widgets import theme
from widgets.recording.reader import prepare
from widgets.recording.viewer import RecordingViewer

Times = tuple[float, float]
WIDTHS, OPENED, PAGE = (10, 60), 1000.0, 25.0
#: Seconds of signal that are made; a longer file repeats them.
_MADE = 60


def write_edf(path: Path, seconds: int) -> None:
    """An EDF of 20 channels in records of one second: slow waves with noise, in whole µV."""
    rate, rng = int(RATE), np.random.default_rng(0)
    at = np.arange(_MADE * rate) / rate
    values = [30 * np.sin((3 + place / 5) * at) + 10 * rng.standard_normal(len(at)) for place in range(len(CHANNELS))]
    records = np.stack(values).reshape(len(CHANNELS), _MADE, rate).transpose(1, 0, 2).astype("<i2").tobytes()
    with path.open("wb") as file:
        file.write(_header(seconds, rate))
        for first in range(0, seconds, _MADE):
            file.write(records[: min(_MADE, seconds - first) * len(CHANNELS) * rate * 2])


def _header(seconds: int, rate: int) -> bytes:
    count = len(CHANNELS)
    fields = (
        *((f"EEG {name}" if name != "EKG" else "EKG", 16) for name in CHANNELS),
        *[("", 80)] * count,
        *[("uV", 8)] * count,
        *[("-32768", 8)] * count,
        *[("32767", 8)] * count,
        *[("-32768", 8)] * count,
        *[("32767", 8)] * count,
        *[("", 80)] * count,
        *[(str(rate), 8)] * count,
        *[("", 32)] * count,
    )
    begin = f"{'0':8}{'X X X X':80}{'Startdate X X X X':80}01.01.0100.00.00{256 * (count + 1):<8}"
    begin += f"{'':44}{seconds:<8}{'1':8}{count:<4}"
    return (begin + "".join(f"{words:{room}}" for words, room in fields)).encode("ascii")


def opened(path: Path) -> tuple[RecordingViewer, float]:
    """A viewer with the file's first page drawn, filtered, and how many ms that took."""
    viewer = RecordingViewer()
    viewer.resize(*SIZE)
    viewer.show()
    QApplication.processEvents()
    prepare()
    began = time.perf_counter()
    found = open_recording(path)
    reader = Filed(found, len(found.names), found.length, str(path))
    viewer.set_payload(Recording(reader, found.names, float(found.rate), found.kinds, title="a day"))
    QApplication.processEvents()
    return viewer, (time.perf_counter() - began) * 1000


def _ours(viewer: RecordingViewer, seconds: int, count: int) -> dict[int, Times]:
    def show(width: int, at: float) -> None:
        viewer.page.plot.set_x(at, at + width)

    return {width: time_jumps(partial(show, width), seconds, width, count) for width in WIDTHS}


def browsed(path: Path, seconds: int, notes: int, count: int) -> tuple[float, dict[int, Times]]:
    """The same in mne-qt-browser, not loaded beforehand: ms to its first page, and pages; nothing without it."""
    try:
        import mne
        import mne_qt_browser  # noqa: F401
    except ImportError:
        return 0.0, {}
    mne.set_log_level("ERROR")
    began = time.perf_counter()
    raw = mne.io.read_raw_edf(path, preload=False)
    some = regions(seconds)[:notes]
    starts, lengths, texts = ([getattr(one, part) for one in some] for part in ("start", "seconds", "text"))
    raw.set_annotations(mne.Annotations(starts, lengths, texts))
    with mne.viz.use_browser_backend("qt"):
        browser = raw.plot(n_channels=len(CHANNELS), duration=10, show=False, precompute=False, scalings=60e-6)
    browser.resize(*SIZE)
    browser.show()
    QApplication.processEvents()
    first = (time.perf_counter() - began) * 1000
    found = {}
    for width in WIDTHS:
        move = lambda at, width=width: browser.mne.plt.setXRange(at, at + width, padding=0)  # noqa: E731
        found[width] = time_jumps(move, seconds, width, count, 1)
    browser.close()
    QApplication.processEvents()
    return first, found


def run(quick: bool) -> list[Row]:
    """24 h of 20 channels at 256 Hz; quick: 20 min."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, "light")  # type: ignore[arg-type]
    # Their window takes a minute for ten thousand annotations.
    seconds, count, few, notes = (1200, 12, 2, 100) if quick else (86_400, 40, 8, 10_000)
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        path = Path(folder) / "day.edf"
        write_edf(path, seconds)
        viewer, first = opened(path)
        bare = _ours(viewer, seconds, count)
        viewer.set_regions(regions(seconds)[:notes], {"seizure": 0, "lpd": 1, "gpd": 2})
        noted = _ours(viewer, seconds, count)
        viewer.close_down()
        viewer.close()
        viewer.deleteLater()
        QApplication.processEvents()
        their_first, theirs = browsed(path, seconds, 0, few)
        _, theirs_noted = browsed(path, seconds, notes, few)
    told = f"{seconds / 3600:.3g} h × 20 × 256 Hz"
    rows = [row("EDF, from its file to the first page", first, their_first or None, OPENED, f"{told}, filtered")]
    for words, own, other in (("", bare, theirs), (f", {notes:,} annotations", noted, theirs_noted)):
        for width in WIDTHS:
            peer = other[width][0] if width in other else None
            note = "p50, ours montaged and filtered, theirs as recorded"
            rows.append(row(f"EDF, page of {width} s{words}, against mne-qt-browser", own[width][0], peer, None, note))
            rows.append(row(f"EDF, page of {width} s{words}, p95", own[width][1], None, PAGE, "filtered"))
    return rows
