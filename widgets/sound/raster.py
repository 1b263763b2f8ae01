"""The spectrogram as a picture: tiles side by side at whole pixels; what was seen before stands in for what is made."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.levels import Bytes
from models.sonogram import FLOOR, TOP, Scale
from widgets import theme
from widgets.sound.tiles import TILE, Key, Tiles
from widgets.spectrogram.colours import USUAL, Colours, ramp
from widgets.traces.plot import Plot

#: Pictures that are kept.
_KEPT = 96
#: Columns wider than this on the screen are drawn smooth, in px.
_WIDE = 3.0


def colours_of(name: str, low: float, high: float) -> Colours:
    """The colour of each level of a sonogram between limits in dB; the ground of panels where nothing is there."""
    told = FLOOR + (np.arange(256) - 1) * ((TOP - FLOOR) / 254)
    shares = np.clip((told - low) / max(high - low, 1e-6), 0, 1)
    found: Colours = ramp(name)[np.rint(shares * 255).astype(np.int64)]
    found[0] = theme.token("panel").rgba()
    return found


@dataclass
class Piece:
    """The picture of a tile, with the samples that it goes from and to, and the rows that it is of."""

    image: QImage
    begin: int
    end: int
    rows: Bytes
    _wide: QImage | None = None

    def stretched(self, width: int, height: int) -> QImage:
        """As wide and tall as it stands on the screen, made once: while a page moves it is only copied."""
        if self._wide is None or (self._wide.width(), self._wide.height()) != (width, height):
            # A copy of its own, for the ratio of the screen is set on it.
            self._wide = self.image.scaled(max(width, 1), max(height, 1)).copy()
        return self._wide


class SonogramRaster(pg.GraphicsObject):
    """Paints the tiles of what is seen. scale: of its frequencies. rate: samples/s."""

    def __init__(self, plot: Plot, tiles: Tiles, scale: Callable[[], Scale]) -> None:
        super().__init__()
        self._plot, self._tiles, self._scale = plot, tiles, scale
        self.rate = 1.0
        self.colours: Colours = np.zeros(256, np.uint32)
        self._pictures: OrderedDict[tuple[Key, int], Piece] = OrderedDict()
        self._tint = 0
        self._last: list[Piece] = []
        self.setParentItem(plot.plotItem)
        self.setZValue(-50)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def set_colours(self, colours: Colours) -> None:
        """The colour of each level."""
        self.colours = colours
        self._tint += 1
        self._pictures.clear()
        self.update()

    def clear(self) -> None:
        """Nothing of what was seen stands in any more."""
        self._last = []
        self._pictures.clear()
        self.update()

    def keys(self, width: int, rows: int) -> list[Key]:
        """The tiles of what is seen on so many pixels."""
        source, (left, right) = self._tiles.source, self._plot.x_range()
        if source is None or source.blocks.length < 1 or width < 1 or rows < 1:
            return []
        hop = source.hop((right - left) * self.rate / width)
        count = -(-source.blocks.length // hop)
        first = max(int(left * self.rate // (hop * TILE)), 0)
        last = min(int(right * self.rate // (hop * TILE)), (count - 1) // TILE)
        return [Key(source.window, hop, number, self._scale(), rows) for number in range(first, last + 1)]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """What is there, over what was there before."""
        area, ratio = self._plot.area(), painter.device().devicePixelRatioF()
        keys = self.keys(round(area.width() * ratio), round(area.height() * ratio))
        found = self._tiles.ask(keys)
        pieces = [self._piece(key, rows) for key, rows in zip(keys, found, strict=True) if rows is not None]
        painter.save()
        painter.setClipRect(area)
        painter.fillRect(area, QColor.fromRgba(int(self.colours[0])))
        if len(pieces) < len(keys):
            for piece in self._last:
                self._draw(painter, piece, area, ratio)
        for piece in pieces:
            self._draw(painter, piece, area, ratio)
        painter.restore()
        if pieces and len(pieces) == len(keys):
            self._last = pieces

    def _piece(self, key: Key, rows: Bytes) -> Piece:
        """The picture of a tile in the colours of now."""
        begin, _ = key.samples
        known = self._pictures.get((key, self._tint))
        if known is None or known.rows is not rows:
            pixels = np.take(self.colours, rows, mode="clip")
            tall, wide = pixels.shape
            image = QImage(pixels.data, wide, tall, 4 * wide, QImage.Format.Format_RGB32)
            known = Piece(image, begin, begin + wide * key.hop, rows)
            self._pictures[key, self._tint] = known
            while len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
        return known

    def _draw(self, painter: QPainter, piece: Piece, area: QRectF, ratio: float) -> None:
        """A tile from whole pixel to whole pixel, so that two beside each other leave no gap."""
        left, right = self._plot.x_range()
        scale = area.width() / (right - left)
        low, high = (area.left() + (at / self.rate - left) * scale for at in (piece.begin, piece.end))
        if high < area.left() or low > area.right():
            return
        wide = (high - low) * ratio
        if wide > _WIDE * piece.image.width():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(low, area.top(), high - low, area.height()), piece.image)
            return
        image = piece.stretched(math.ceil(wide - 1e-6), round(area.height() * ratio))
        image.setDevicePixelRatio(ratio)
        painter.drawImage(QPointF(round(low * ratio) / ratio, area.top()), image)


def prepare() -> None:
    """Load what the first picture needs, in whichever thread has the time."""
    from scipy import fft

    ramp(USUAL)
    fft.rfft(np.zeros(8, np.float32))
