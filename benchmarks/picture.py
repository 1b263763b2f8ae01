"""Frames of the picture viewer on a 10,000 × 10,000 image at 1920×1080, beside pyqtgraph's items in the same run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QGraphicsRectItem

from benchmarks.table import Row, row
from models.payload import Picture
from widgets import theme
from widgets.picture.pixels import Look
from widgets.picture.viewer import PictureViewer

SIZE, CELL, CLASSES = (1920, 1080), 80, 6
#: No frame takes longer than this in 95 of 100 cases, in ms.
GOAL = 16.0


@dataclass(frozen=True)
class Levels:
    """A PictureReader over an image in memory and its halved copies, as a pyramidal file has them."""

    levels: tuple[npt.NDArray[np.uint8], ...]

    @property
    def width(self) -> int:
        return int(self.levels[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.levels[0].shape[0])

    def read(self, left: int, top: int, right: int, bottom: int, scale: int) -> npt.NDArray[np.uint8]:
        level = self.levels[scale.bit_length() - 1]
        return level[top // scale : -(-bottom // scale), left // scale : -(-right // scale)]


@dataclass(frozen=True)
class Times:
    """Milliseconds of frames: by the clock, and of the window's own thread, which other programs do not slow."""

    clock: list[float]
    own: list[float] = field(default_factory=list)


def made(side: int) -> Levels:
    """A pale ground with dark discs, one patch repeated."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1000, 0:1000]
    patch = np.full((1000, 1000, 3), 232, np.float32)
    for _ in range(60):
        across, down, half = *rng.integers(60, 940, 2), rng.integers(25, 45)
        patch[(x - across) ** 2 + (y - down) ** 2 < half**2] = [186, 160, 205]
    patch += rng.normal(0, 6, patch.shape)
    level = np.tile(np.clip(patch, 0, 255).astype(np.uint8), (side // 1000, side // 1000, 1))
    levels = [level]
    while max(level.shape[:2]) > 512:
        even = level[: level.shape[0] // 2 * 2, : level.shape[1] // 2 * 2]
        level = (even[::2, ::2] // 2 + even[1::2, 1::2] // 2).astype(np.uint8)
        level = np.pad(level, ((0, -(-levels[-1].shape[0] // 2) - level.shape[0]), (0, 0), (0, 0)), mode="edge")
        level = np.pad(level, ((0, 0), (0, -(-levels[-1].shape[1] // 2) - level.shape[1]), (0, 0)), mode="edge")
        levels.append(level)
    return Levels(tuple(levels))


def some_boxes(count: int, middle: float, spread: float) -> npt.NDArray[np.float32]:
    """Boxes of cells around the middle of an image."""
    places = middle + np.random.default_rng(count).uniform(-spread, spread, (count, 2))
    return np.concatenate([places, places + CELL], axis=1).astype(np.float32)


def run(quick: bool = False) -> list[Row]:
    """Panning and zooming with 300 and 5,000 boxes in view; quick: a smaller image, fewer frames."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    side, frames = (2000, 12) if quick else (10_000, 150)
    reader = made(side)
    rows: list[Row] = []
    for count in (300, 5_000):
        spread = side * (0.3 if count > 300 else 0.1)
        boxes = some_boxes(count, side / 2, spread)
        scale = SIZE[1] / (2.2 * spread)  # all of them are seen
        mine = ours(reader, boxes, scale, frames)
        peer = plain_items(reader, boxes, scale, max(frames // 5, 4))
        for act in ("pan", "zoom"):
            words = f"{count:,} boxes in view, {side:,} × {side:,}; peer: ImageItem (nearest pixel), QGraphicsRectItems"
            rows.append(_row(f"picture, {act}, {count:,} boxes, p95", mine[act], peer[act], words))
    words = "from the image to its first frame; ours reads beside the window, the peer in it"
    rows.append(_row("picture, opened", Times(opening(reader)), Times(plain_opening(reader)), words, None))
    return rows


def ours(reader: Levels, boxes: npt.NDArray[np.float32], scale: float, frames: int) -> dict[str, Times]:
    """Milliseconds of each frame of our viewer."""
    viewer = opened()
    show(viewer, reader, boxes)
    canvas = viewer.canvas
    canvas.look_at(reader.width / 2, reader.height / 2, scale)
    settle(viewer)
    found = {"pan": timed(canvas.repaint, [partial(canvas.pan, *by) for by in _path(frames)])}
    settle(viewer)
    turns = [1.2 if number % 8 < 4 else 1 / 1.2 for number in range(frames)]
    found["zoom"] = timed(canvas.repaint, [partial(canvas.zoom, by, QPointF(900, 500)) for by in turns])
    close(viewer)
    return found


def opened() -> PictureViewer:
    """Our viewer, with nothing in it."""
    viewer = PictureViewer()
    viewer.resize(*SIZE)
    viewer.show()
    QApplication.processEvents()
    return viewer


def show(viewer: PictureViewer, reader: Levels, boxes: npt.NDArray[np.float32]) -> None:
    """Give it an image with labels and predictions of its boxes."""
    count = len(boxes)
    viewer.set_payload(Picture(reader, boxes, tuple(f"cell {i}" for i in range(count)), 0, "smear"))
    rng = np.random.default_rng(1)
    labels, predicted = rng.integers(0, CLASSES, (2, count))
    names = [f"class {number}" for number in range(CLASSES)]
    viewer.set_values(labels, predicted, rng.random(count), names, list("ABCDEF"))


def settle(viewer: PictureViewer) -> None:
    """Wait until all tiles are there and drawn well."""
    until = time.perf_counter() + 20
    while time.perf_counter() < until:
        QApplication.processEvents()
        time.sleep(0.002)
        if not (viewer.canvas.tiles.busy() or viewer.canvas.settling()):
            break


def close(viewer: PictureViewer) -> None:
    """Take the viewer away."""
    viewer.close_down()
    viewer.close()
    viewer.deleteLater()
    QApplication.processEvents()


def opening(reader: Levels) -> list[float]:
    """Milliseconds from a payload to the first frame with a tile, in several looks."""
    spent = []
    for look in (Look(), Look("macenko"), Look("illumination")):
        viewer, came = opened(), list[object]()
        viewer.canvas.look = look
        viewer.canvas.tiles.arrived.connect(came.append)
        began = time.perf_counter()
        show(viewer, reader, some_boxes(300, reader.width / 2, reader.width * 0.1))
        while not came and time.perf_counter() - began < 20:
            QApplication.processEvents()
        viewer.canvas.repaint()
        spent.append((time.perf_counter() - began) * 1e3)
        close(viewer)
    return spent


def plain_opening(reader: Levels) -> list[float]:
    """The same for one ImageItem."""
    view = pg.GraphicsLayoutWidget()
    view.resize(*SIZE)
    box = view.addViewBox(lockAspect=True, enableMenu=False)
    view.show()
    began = time.perf_counter()
    box.addItem(pg.ImageItem(reader.levels[0], axisOrder="row-major", levels=None))
    box.autoRange(padding=0)
    QApplication.processEvents()
    view.viewport().repaint()
    spent = (time.perf_counter() - began) * 1e3
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return [spent]


def plain_items(reader: Levels, boxes: npt.NDArray[np.float32], scale: float, frames: int) -> dict[str, Times]:
    """The same picture as one ImageItem with a QGraphicsRectItem for each box."""
    view = pg.GraphicsLayoutWidget()
    view.resize(*SIZE)
    box = view.addViewBox(lockAspect=True, enableMenu=False)
    box.invertY()
    box.addItem(pg.ImageItem(reader.levels[0], axisOrder="row-major", levels=None))
    for left, top, right, bottom in boxes:
        item = QGraphicsRectItem(float(left), float(top), float(right - left), float(bottom - top))
        item.setPen(pg.mkPen("b"))
        box.addItem(item, ignoreBounds=True)
    wide, tall = SIZE[0] / scale, SIZE[1] / scale
    middle = reader.width / 2
    box.setRange(
        xRange=(middle - wide / 2, middle + wide / 2), yRange=(middle - tall / 2, middle + tall / 2), padding=0
    )
    view.show()
    QApplication.processEvents()
    viewport = view.viewport()
    moves = [partial(box.translateBy, x=x / scale, y=y / scale) for x, y in _path(frames)]
    found = {"pan": timed(viewport.repaint, moves)}
    turns = [1 / 1.2 if number % 8 < 4 else 1.2 for number in range(frames)]
    found["zoom"] = timed(viewport.repaint, [partial(box.scaleBy, s=(by, by)) for by in turns])
    view.close()
    view.deleteLater()
    QApplication.processEvents()
    return found


def timed(paint: Callable[[], object], acts: Sequence[partial[Any]]) -> Times:
    """Each act to its painted frame; what comes from the reading thread is taken between them."""
    gc.collect()
    spent, own = [], []
    for act in acts:
        began, mine = time.perf_counter(), time.thread_time()
        act()
        paint()
        own.append((time.thread_time() - mine) * 1e3)
        spent.append((time.perf_counter() - began) * 1e3)
        QApplication.processEvents()
    return Times(spent[3:], own[3:])


def _path(frames: int) -> list[tuple[float, float]]:
    """A hand that moves to and fro."""
    return [(23.0, 11.0) if number % 40 < 20 else (-23.0, -11.0) for number in range(frames)]


def _row(name: str, times: Times, peer: Times, note: str, goal: float | None = GOAL) -> Row:
    share = 95 if goal is not None else 50
    mine, other = (float(np.percentile(one.clock, share)) for one in (times, peer))
    own = f"; own thread p95 {np.percentile(times.own, 95):.1f}, " if times.own else ""
    own += f"the peer's {np.percentile(peer.own, 95):.1f}" if times.own else ""
    return row(name, mine, other, goal, note + own)
