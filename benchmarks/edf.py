"""A day of EDF from its file to drawn pages, with and without annotations, against mne-qt-browser in one run."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from benchmarks.browser import FIRST, Browsed, browse, there
from benchmarks.recording import regions, set_filters
from benchmarks.table import Row, row
from benchmarks.traces import RATE, SIZE, Jumps, time_jumps
from models.domains.eeg.load import Filed
from models.domains.eeg.recording import open_recording
from models.electrodes import CHANNELS
from models.filters import Filters
from models.payload import Recording
from models.region import Region
from widgets import theme
from widgets.recording.reader import prepare
from widgets.recording.viewer import RecordingViewer

WIDTHS, OPENED, PAGE, PLAIN = (10, 60), 1000.0, 25.0, 8.0
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


def _ours(viewer: RecordingViewer, seconds: int, count: int) -> dict[int, Jumps]:
    def show(width: int, at: float) -> None:
        viewer.page.plot.set_x(at, at + width)

    return {width: time_jumps(partial(show, width), seconds, width, count) for width in WIDTHS}


def _annotated(viewer: RecordingViewer, some: list[Region]) -> float:
    """Show annotations; how many ms that took."""
    began = time.perf_counter()
    viewer.set_regions(some, {"seizure": 0, "lpd": 1, "gpd": 2})
    QApplication.processEvents()
    return (time.perf_counter() - began) * 1000


def run(quick: bool) -> list[Row]:
    """24 h of 20 channels at 256 Hz; quick: 20 min."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, "light")  # type: ignore[arg-type]
    # Their window takes minutes for ten thousand annotations: fewer pages, and no longer than `limit` s.
    seconds, count, few, notes, limit = (1200, 12, 2, 100, 60.0) if quick else (86_400, 40, 8, 10_000, 180.0)
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as folder:
        path = Path(folder) / "day.edf"
        write_edf(path, seconds)
        viewer, first = opened(path)
        bare = _ours(viewer, seconds, count)
        noted_first = first + _annotated(viewer, regions(seconds)[:notes])
        noted = _ours(viewer, seconds, count)
        set_filters(viewer, Filters())
        noted_plain = _ours(viewer, seconds, count)
        viewer.set_regions((), {})
        plain = _ours(viewer, seconds, count)
        viewer.close_down()
        viewer.close()
        viewer.deleteLater()
        QApplication.processEvents()
        theirs = browse(path, 0, WIDTHS, few, limit) if there() else Browsed()
        theirs_noted = browse(path, notes, WIDTHS, 2, limit) if there() else Browsed()
    told = f"{seconds / 3600:.3g} h × 20 × 256 Hz"
    rows = [beside("EDF, from its file to the first page", first, theirs, FIRST, OPENED, f"{told}, filtered")]
    rows.append(
        beside(
            f"EDF with {notes:,} annotations, the same", noted_first, theirs_noted, FIRST, OPENED, f"{told}, filtered"
        )
    )
    note = "p50, ours montaged and filtered, theirs as recorded"
    told = f", {notes:,} annotations"
    for words, own, as_recorded, other in (("", bare, plain, theirs), (told, noted, noted_plain, theirs_noted)):
        for width in WIDTHS:
            name = f"EDF, page of {width} s{words}"
            rows.append(beside(f"{name}, against mne-qt-browser", own[width].middle, other, str(width), None, note))
            mine, bare_page = own[width], as_recorded[width]
            told = f"filtered, while the overview is built; own thread p95 {mine.own:.1f}"
            rows.append(row(f"{name}, p95", mine.high, None, PAGE, told))
            told = f"montaged, unfiltered; own thread p95 {bare_page.own:.1f}"
            rows.append(row(f"{name}, as recorded, p95", bare_page.high, None, PLAIN, told))
    return rows


def beside(name: str, ours: float, theirs: Browsed, what: str, goal: float | None, note: str) -> Row:
    """A row with their time for the same; where they were ended in it, with how long they were waited for."""
    peer, least = theirs.median(what), theirs.least(what)
    if peer is not None or theirs.waited is None:
        return row(name, ours, peer, goal, note)
    after = f"after {theirs.waited / 1000:g} s theirs was ended, before this was"
    if least is None:
        return row(name, ours, None, goal, f"{note}; {after} begun")
    return {**row(name, ours, least, goal, f"{note}; {after} drawn"), "peer_at_least": True}
