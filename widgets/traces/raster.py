"""The raster item: many long channels painted as columns into one image at device pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
from widgets.traces.columns import Drawer, Mask, cross_columns

Floats = npt.NDArray[np.floating[Any]]
#: Up to this many visible points lines are drawn as such; beyond, as columns.
FEW_POINTS = 4_000
#: Engines whose pictures are made of shapes.
VECTOR = (QPaintEngine.Type.SVG, QPaintEngine.Type.Pdf, QPaintEngine.Type.Picture)
#: Rows of a picture that are coloured and drawn at once: so many stay near the processor in between.
_BAND = 64


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


@dataclass(frozen=True)
class Backdrop:
    """What rows stand on: colours without opacity (0xRRGGBB), and which of them each column has, (columns,)."""

    colours: tuple[int, ...]
    columns: Mask

    @property
    def full(self) -> int:
        """A byte tells so much of full coverage for each colour."""
        return 256 // len(self.colours) - 1

    @property
    def base(self) -> Mask:
        """What no coverage at all is in each column."""
        return np.asarray(self.columns * np.uint8(self.full + 1 & 0xFF))


@dataclass(frozen=True)
class Sheet:
    """One layer drawn: a byte for each pixel, (height, columns), and the colour of each value (0xAARRGGBB).

    opaque: nothing shines through it.
    """

    mask: Mask
    colours: list[int]
    opaque: bool

    def draw(self, painter: QPainter, corner: QPointF, ratio: float) -> None:
        """Draw it at a corner, a band of rows after the other.

        Qt looks bytes up in a table of colours in half of the time of numpy.
        """
        height, width = self.mask.shape
        image = QImage(self.mask.data, width, height, self.mask.strides[0], QImage.Format.Format_Indexed8)
        image.setColorTable(self.colours)
        kind = QImage.Format.Format_RGB32 if self.opaque else QImage.Format.Format_ARGB32_Premultiplied
        for top in range(0, height, _BAND):
            band = image.copy(0, top, width, min(_BAND, height - top)).convertToFormat(kind)
            band.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(corner.x(), corner.y() + top / ratio), band)


@dataclass(frozen=True)
class LineSheet:
    """One layer drawn as lines."""

    image: QImage

    def draw(self, painter: QPainter, corner: QPointF, ratio: float) -> None:
        """Draw it at a corner."""
        self.image.setDevicePixelRatio(ratio)
        painter.drawImage(corner, self.image)


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


def visible_samples(layer: Layer, left: float, right: float) -> tuple[int, int]:
    """First and one past the last sample that a line between two times touches."""
    first = math.floor((left - layer.start) / layer.step)
    last = math.ceil((right - layer.start) / layer.step) + 1
    return min(max(first, 0), layer.reader.length), max(min(last, layer.reader.length), 0)


def is_sparse(layer: Layer, left: float, right: float) -> bool:
    """Whether what is visible of a layer are so few points that they are drawn as lines."""
    first, last = visible_samples(layer, left, right)
    return (last - first) * len(layer.channels) <= FEW_POINTS


def column_runs(layer: Layer, frame: Frame, reads: Reads) -> tuple[Floats, Floats]:
    """Top and bottom row of each column, (channels, width); NaN where nothing is.

    Columns stand on a grid fixed to the recording, so that panning moves them and never redraws
    them differently.
    """
    first, last = visible_samples(layer, frame.left, frame.right)
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
    """Paints layers, and keeps what it drew until the view, the size or the layers change.

    Few points are antialiased lines; many are columns whose ends are antialiased, at a cost that
    depends on the size of the picture and not on the recording.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers: tuple[Layer, ...] = ()
        #: What the rows stand on in so many columns, which is painted with them at once; None where it stands already.
        self.backdrop: Callable[[int], Backdrop | None] = lambda count: None
        self._sheets: list[Sheet | LineSheet] = []
        self._key: object = None
        self._drawers: list[Drawer] = []
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
        backdrop = self.backdrop(frame.width) if self.is_dense() else None
        key = (frame, self._revision, backdrop and (backdrop.colours, backdrop.columns.tobytes()))
        if key != self._key:
            self._sheets, self._key = self.sheets(frame, backdrop), key
        painter.save()
        painter.resetTransform()
        for sheet in self._sheets:
            sheet.draw(painter, corner, ratio)
        painter.restore()

    def is_dense(self) -> bool:
        """Whether the lowest layer is seen, as columns: those can be painted together with what they stand on."""
        view = self.boundingRect()
        return bool(self.layers) and self.isVisible() and not is_sparse(self.layers[0], view.left(), view.right())

    def sheets(self, frame: Frame, backdrop: Backdrop | None = None) -> list[Sheet | LineSheet]:
        """All layers in one frame, the lowest one on the backdrop."""
        reads = Reads()
        self._drawers += [Drawer() for _layer in self.layers[len(self._drawers) :]]
        return [
            self._draw_layer(drawer, layer, frame, reads, None if number else backdrop)
            for number, (drawer, layer) in enumerate(zip(self._drawers, self.layers, strict=False))
        ]

    def _draw_layer(
        self, drawer: Drawer, layer: Layer, frame: Frame, reads: Reads, backdrop: Backdrop | None
    ) -> Sheet | LineSheet:
        if is_sparse(layer, frame.left, frame.right):
            return LineSheet(_line_image(layer, frame, reads))
        top, bottom = column_runs(layer, frame, reads)
        pen, ink = layer.width * frame.ratio, layer.colour.rgba()
        if backdrop is None:
            return Sheet(drawer.draw(top, bottom, frame.height, pen), coverages(ink), opaque=False)
        mask = drawer.draw(top, bottom, frame.height, pen, backdrop.full, backdrop.base)
        return Sheet(mask, coverages_on(ink, backdrop.colours), opaque=True)

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


@lru_cache(64)
def coverages(ink: int) -> list[int]:
    """A colour (0xAARRGGBB) at each coverage of a pixel."""
    alpha = (ink >> 24) / 255
    return [(ink & 0xFFFFFF) | round(alpha * cover) << 24 for cover in range(256)]


@lru_cache(64)
def coverages_on(ink: int, colours: tuple[int, ...]) -> list[int]:
    """The same on each of some colours without opacity, one after the other."""
    share = (ink >> 24) / 255 * np.linspace(0, 1, 256 // len(colours))
    found: list[int] = []
    for colour in colours:
        mixed = np.full(len(share), 0xFF << 24, np.int64)
        for shift in (0, 8, 16):
            under, over = (one >> shift & 255 for one in (colour, ink))
            mixed += np.rint(under + (over - under) * share).astype(np.int64) << shift
        found += mixed.tolist()
    return found


def _line_image(layer: Layer, frame: Frame, reads: Reads) -> QImage:
    image = QImage(frame.width, frame.height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_lines(painter, layer, frame, reads)
    painter.end()
    return image


def _draw_lines(painter: QPainter, layer: Layer, frame: Frame, reads: Reads, thin: bool = False) -> None:
    first, last = visible_samples(layer, frame.left, frame.right)
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
