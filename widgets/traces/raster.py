"""The raster item: many long channels painted as columns into one image at device pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEngine, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.payload import TraceReader
from widgets import paint
from widgets.traces.columns import Drawer, cross_columns

Floats = npt.NDArray[np.floating[Any]]
#: Up to this many visible points lines are drawn as such; beyond, as columns.
FEW_POINTS = 4_000
#: Engines whose pictures are made of shapes.
VECTOR = (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf, QPaintEngine.Type.Picture)


@dataclass(frozen=True)
class Layer:
    """Channels of one reader drawn with one pen.

    A value v of channel i is drawn at offsets[i] + gains[i] · v; sample k stands at start + k · step.
    width: of the pen in logical pixels. colour: with its opacity.
    """

    reader: TraceReader
    channels: tuple[int, ...]
    gains: tuple[float, ...]
    offsets: tuple[float, ...]
    colour: QColor
    width: float = 1.3
    start: float = 0.0
    step: float = 1.0
    #: Between which heights each channel is drawn; () for no limits. What lies beyond is drawn at them.
    limits: tuple[tuple[float, float], ...] = ()

    def place(self, values: Floats) -> Floats:
        """Values of all channels of the reader as drawn heights of this layer's."""
        chosen = values[list(self.channels)] if len(self.channels) != len(values) else values
        gains, offsets = np.asarray(self.gains, np.float32), np.asarray(self.offsets, np.float32)
        heights = np.asarray(chosen * gains[:, None] + offsets[:, None])
        if self.limits:
            low, high = np.asarray(self.limits, np.float32).T[:, :, None]
            np.clip(heights, low, high, out=heights)
        return heights


@dataclass(frozen=True)
class Frame:
    """What one image shows: ranges in the plot's units, size in device pixels, pixels per logical pixel."""

    left: float
    right: float
    bottom: float
    top: float
    width: int
    height: int
    ratio: float

    def across(self, times: Floats) -> Floats:
        """Column coordinates of times."""
        return np.asarray((times - self.left) * (self.width / (self.right - self.left)))

    def down(self, heights: Floats) -> Floats:
        """Row coordinates of heights, 0 at the top."""
        scale = self.height / (self.top - self.bottom)
        return np.asarray((self.top - heights) * scale)


class Reads:
    """The envelopes read for one frame: layers that share a reader and a time axis read once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int, int, int], tuple[Floats, Floats]] = {}

    def read(self, reader: TraceReader, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """As the reader's own read."""
        key = (id(reader), start, stop, columns)
        if key not in self._kept:
            self._kept[key] = reader.read(start, stop, columns)
        return self._kept[key]


def visible_samples(layer: Layer, frame: Frame) -> tuple[int, int]:
    """First and one past the last sample that a line in the frame touches."""
    first = int(np.floor((frame.left - layer.start) / layer.step))
    last = int(np.ceil((frame.right - layer.start) / layer.step)) + 1
    return min(max(first, 0), layer.reader.length), max(min(last, layer.reader.length), 0)


def column_runs(layer: Layer, frame: Frame, reads: Reads) -> tuple[Floats, Floats]:
    """Top and bottom row of each column, (channels, width); NaN where nothing is.

    Columns stand on a grid fixed to the recording, so that panning moves them and never redraws
    them differently.
    """
    first, last = visible_samples(layer, frame)
    shape = (len(layer.channels), frame.width)
    if last - first < 1:
        return np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32)
    per = (frame.right - frame.left) / layer.step / frame.width
    if per <= 1:
        values = layer.place(reads.read(layer.reader, first, last, last - first)[0])
        times = layer.start + np.arange(first, last) * layer.step
        return cross_columns(frame.down(values), frame.across(times), frame.width)
    shift = int(np.floor((frame.left - layer.start) / layer.step / per + 1e-6))
    return _grid_runs(layer, frame, reads, per, shift)


def _grid_runs(layer: Layer, frame: Frame, reads: Reads, per: float, shift: int) -> tuple[Floats, Floats]:
    length, width = layer.reader.length, frame.width
    first, last = max(shift, 0), min(shift + width, int(np.ceil(length / per)))
    start, stop = round(first * per), min(round(last * per), length)
    low, high = reads.read(layer.reader, start, stop, last - first)
    low, high = layer.place(low), layer.place(high)
    top = frame.down(np.maximum(low, high))
    bottom = frame.down(np.minimum(low, high))
    if (first, last) == (shift, shift + width) and top.shape[1] == width:
        return top, bottom
    whole = np.full((2, len(layer.channels), width), np.nan, np.float32)
    count = min(top.shape[1], width - (first - shift))
    whole[0, :, first - shift : first - shift + count] = top[:, :count]
    whole[1, :, first - shift : first - shift + count] = bottom[:, :count]
    return whole[0], whole[1]


class TraceRaster(pg.GraphicsObject):
    """Paints layers into one image and keeps it until the view, the size or the layers change.

    Few points are antialiased lines; many are columns whose ends are antialiased, at a cost that
    depends on the size of the picture and not on the recording.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers: tuple[Layer, ...] = ()
        self._image: QImage | None = None
        self._key: object = None
        self._drawer = Drawer()
        self._revision = 0

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Show these layers, the first one lowest."""
        self.layers = tuple(layers)
        self.redraw()

    def redraw(self) -> None:
        """Paint anew, because what the readers give has changed."""
        self._revision += 1
        self.update()

    def boundingRect(self) -> QRectF:
        """The visible part of the plot: what lies outside is never painted."""
        box = self.getViewBox()
        return QRectF(box.viewRect()) if isinstance(box, pg.ViewBox) else QRectF()

    def viewTransformChanged(self) -> None:
        """Follow the view."""
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the kept image, or make it."""
        rect, view = painter.worldTransform().mapRect(self.boundingRect()), self.boundingRect()
        if not self.layers or rect.width() < 1 or rect.height() < 1 or view.height() == 0:
            return
        if painter.paintEngine().type() in VECTOR:
            self._paint_lines(painter, rect, view)
            return
        ratio = painter.device().devicePixelRatioF()
        corner = QPointF(np.floor(rect.left() * ratio) / ratio, np.floor(rect.top() * ratio) / ratio)
        size = (round(rect.width() * ratio), round(rect.height() * ratio))
        frame = Frame(view.left(), view.right(), view.top(), view.bottom(), *size, ratio)
        if (frame, self._revision) != self._key:
            self._image, self._key = self.picture(frame), (frame, self._revision)
        if self._image is not None:
            painter.save()
            painter.resetTransform()
            painter.drawImage(corner, self._image)
            painter.restore()

    def picture(self, frame: Frame) -> QImage:
        """All layers in one frame as a premultiplied image on nothing."""
        reads = Reads()
        first, *others = [self._draw_layer(layer, frame, reads) for layer in self.layers]
        if others:
            painter = QPainter(first)
            for image in others:
                painter.drawImage(0, 0, image)
            painter.end()
        first.setDevicePixelRatio(frame.ratio)
        return first

    def _draw_layer(self, layer: Layer, frame: Frame, reads: Reads) -> QImage:
        first, last = visible_samples(layer, frame)
        if (last - first) * len(layer.channels) <= FEW_POINTS:
            return _line_image(layer, frame, reads)
        top, bottom = column_runs(layer, frame, reads)
        mask = self._drawer.draw(top, bottom, frame.height, layer.width * frame.ratio)
        return tinted(mask, layer.colour)

    def _paint_lines(self, painter: QPainter, rect: QRectF, view: QRectF) -> None:
        """For a vector picture: lines in logical pixels, thinned to envelopes that look the same."""
        size = (max(round(rect.width()), 1), max(round(rect.height()), 1))
        frame = Frame(view.left(), view.right(), view.top(), view.bottom(), *size, 1.0)
        reads = Reads()
        painter.save()
        painter.resetTransform()
        painter.setClipRect(rect)
        painter.translate(rect.topLeft())
        for layer in self.layers:
            _draw_lines(painter, layer, frame, reads, thin=True)
        painter.restore()


def tinted(mask: npt.NDArray[np.uint8], colour: QColor) -> QImage:
    """A colour under a coverage mask, (height, width), as a premultiplied image of its own memory.

    Qt looks each coverage up in a table of colours: half of what the same costs in numpy.
    """
    image = QImage(mask.data, mask.shape[1], mask.shape[0], mask.strides[0], QImage.Format.Format_Indexed8)
    image.setColorTable(_coverages(colour.rgba()))
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


@lru_cache(64)
def _coverages(colour: int) -> list[int]:
    """A colour at each coverage of a pixel."""
    alpha = (colour >> 24) / 255
    return [(colour & 0xFFFFFF) | round(alpha * cover) << 24 for cover in range(256)]


def _line_image(layer: Layer, frame: Frame, reads: Reads) -> QImage:
    image = QImage(frame.width, frame.height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_lines(painter, layer, frame, reads)
    painter.end()
    return image


def _draw_lines(painter: QPainter, layer: Layer, frame: Frame, reads: Reads, thin: bool = False) -> None:
    first, last = visible_samples(layer, frame)
    if last - first < 1:
        return
    pen = QPen(layer.colour, layer.width * frame.ratio)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    painter.setPen(pen)
    columns = min(last - first, 2 * frame.width) if thin else last - first
    low, high = reads.read(layer.reader, first, last, columns)
    rows = frame.down(layer.place(low))
    if columns < last - first:
        rows = np.stack([rows, frame.down(layer.place(high))], axis=2).reshape(len(rows), -1)
        times = np.repeat(first + (np.arange(columns) + 0.5) * ((last - first) / columns), 2)
    else:
        times = np.arange(first, last, dtype=np.float64)
    across = frame.across(layer.start + times * layer.step)
    for line in rows:
        _draw_line(painter, across, line, layer.width * frame.ratio)


def _draw_line(painter: QPainter, across: Floats, down: Floats, width: float) -> None:
    """One line, broken at missing values; a value alone between two gaps is a dot."""
    known = np.isfinite(down)
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    for first, last in bounds.reshape(-1, 2):
        if last - first == 1:
            painter.drawEllipse(QPointF(across[first], down[first]), width / 2, width / 2)
        else:
            painter.drawPolyline(paint.polygon(across[first:last], down[first:last]))
