"""Frames of the spectrogram viewer over a day, beside pyqtgraph's image item in the same run."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication

from benchmarks.picture import Times, timed
from benchmarks.table import Row, row
from models.domains.eeg.levels import FLOOR, TOP
from models.levels import FACTOR, StripReader, pooled
from models.payload import Spectrogram, Strip
from widgets import theme
from widgets.spectrogram.colours import level_colours
from widgets.spectrogram.viewer import SpectrogramViewer

STEP, BINS, STRIPS = 2.0, 79, 4
#: The room beside a recording at 1920 × 1080, and all of the window.
SIZES = {"beside the recording": (600, 980), "all of the window": (1900, 1000)}
GOAL = 6.0


def made(seconds: int) -> Spectrogram:
    """Noise over slow waves of power, in four strips."""
    rng = np.random.default_rng(0)
    count = int(seconds / STEP)
    slow = 60 + 40 * np.sin(np.arange(count) / 300)[:, None] - np.arange(BINS) * 0.6
    strips = []
    for number in range(STRIPS):
        noise = rng.integers(0, 60, (count, BINS))
        levels = [np.clip(slow + noise + number, 1, 255).astype(np.uint8)]
        while len(levels[-1]) > 64:
            levels.append(pooled(levels[-1], FACTOR))
        strips.append(Strip(f"strip {number}", StripReader(tuple(levels))))
    middle = seconds / 2
    window, labelled = (middle - 25, middle + 25), (middle - 5, middle + 5)
    return Spectrogram(
        tuple(strips), STEP / 2, STEP, 0.5, 20.0, FLOOR, TOP, window=window, labelled=labelled, title="day"
    )


def ours(shown: Spectrogram, size: tuple[int, int], frames: int) -> dict[str, Times]:
    """Frames of our viewer: panning at ten minutes and at a day's half, and zooming between them."""
    viewer = SpectrogramViewer()
    viewer.resize(*size)
    viewer.show()
    viewer.set_payload(shown)
    QApplication.processEvents()
    paint, found = viewer.plot.viewport().repaint, {}
    low, high = viewer.plot.bounds
    for name, half in (("10 min", 300.0), ("half of all", (high - low) / 4)):
        middle = (low + high) / 2
        viewer.plot.set_x(middle - half, middle + half)
        steps = [0.03 if number % 20 < 10 else -0.03 for number in range(frames)]
        found[f"pan, {name}"] = timed(paint, [partial(viewer.plot.pan, by) for by in steps])
    turns = [1.25 if number % 20 < 10 else 0.8 for number in range(frames)]
    found["zoom"] = timed(paint, [partial(viewer.plot.zoom, by) for by in turns])
    viewer.close_down()
    viewer.close()
    viewer.deleteLater()
    QApplication.processEvents()
    return found


def plain(shown: Spectrogram, size: tuple[int, int], frames: int) -> Times:
    """Panning over half of all with one ImageItem a strip, each over the finest level."""
    view = pg.GraphicsLayoutWidget()
    view.resize(*size)
    seconds = shown.strips[0].reader.length * STEP
    colours = level_colours("inferno", shown, shown.shown)
    table = colours.view(np.uint8).reshape(-1, 4)[:, [2, 1, 0]]
    boxes: list[Any] = []
    for number, strip in enumerate(shown.strips):
        box = view.addViewBox(row=number, col=0, enableMenu=False)
        levels: npt.NDArray[np.uint8] = strip.reader.read(0, strip.reader.length, strip.reader.length)
        item = pg.ImageItem(levels, axisOrder="row-major", autoDownsample=True, levels=(0, 255), lut=table)
        item.setRect(QRectF(0, 0, seconds, 20))
        box.addItem(item)
        box.setRange(xRange=(seconds / 4, 3 * seconds / 4), yRange=(0, 20), padding=0)
        boxes.append(box)
    view.show()
    QApplication.processEvents()

    def pan(by: float) -> None:
        for box in boxes:
            box.translateBy(x=by)

    steps = [seconds * (0.015 if number % 20 < 10 else -0.015) for number in range(frames)]
    found = timed(view.viewport().repaint, [partial(pan, by) for by in steps])
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return found


def run(quick: bool = False) -> list[Row]:
    """Four strips of 24 h; quick: of 2 h, fewer frames."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    hours, frames = (2, 12) if quick else (24, 120)
    shown, rows = made(hours * 3600), list[Row]()
    for words, size in SIZES.items():
        mine = ours(shown, size, frames)
        peer = plain(shown, size, max(frames // 4, 8))
        for act, spent in mine.items():
            beside = peer if act.startswith("pan, half") else None
            rows.append(_row(f"spectrogram of {hours} h, {act}, {words}, p95", spent, beside, size))
    return rows


def _row(name: str, mine: Times, peer: Times | None, size: tuple[int, int]) -> Row:
    ours, own = (float(np.percentile(times, 95)) for times in (mine.clock, mine.own))
    other = float(np.percentile(peer.clock, 95)) if peer is not None else None
    told = f"four strips, {size[0]} × {size[1]}; own thread p95 {own:.1f}"
    if peer is not None:
        told += f", the peer's {np.percentile(peer.own, 95):.1f}; peer: ImageItem of the finest level, thinned"
    return row(name, ours, other, GOAL, told)
