"""The strips as pictures: as many columns as pixels, each the highest of those that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.payload import LevelReader, Spectrogram
from widgets.spectrogram.colours import Colours
from widgets.traces.plot import Plot

Bytes = npt.NDArray[np.uint8]
#: Up to so many pixels are interpolated; beyond, that would cost more than a frame may.
SMOOTH = 450_000


@dataclass(frozen=True)
class Frame:
    """The visible time in s, on so many pixels of the screen."""

    left: float
    right: float
    width: int


@dataclass(frozen=True)
class Columns:
    """Levels (bins, n) and the pixels that the first begins and the last ends at."""

    levels: Bytes
    begin: float
    end: float


def visible_columns(reader: LevelReader, start: float, step: float, frame: Frame) -> Columns:
    """The columns of one strip in a frame. start: the middle of the first in s; step: from one to the next.

    Where a pixel stands for several, they are counted from the beginning of the recording, so that moving the frame
    moves them and never draws them differently.
    """
    first = (frame.left - start) / step + 0.5
    per = (frame.right - frame.left) / step / max(frame.width, 1)
    if per > 1:
        return _pooled(reader, first, per, frame.width)
    low = min(max(int(np.floor(first)), 0), reader.length)
    high = max(min(int(np.ceil(first + per * frame.width)), reader.length), low)
    levels = reader.read(low, high, high - low) if high > low else np.zeros((reader.bins, 0), np.uint8)
    return Columns(levels, (low - first) / per, (high - first) / per)


def _pooled(reader: LevelReader, first: float, per: float, width: int) -> Columns:
    shift = int(np.floor(first / per + 1e-6))
    low, high = max(shift, 0), min(shift + width, int(np.ceil(reader.length / per)))
    if high <= low:
        return Columns(np.zeros((reader.bins, 0), np.uint8), 0, 0)
    levels = reader.read(round(low * per), min(round(high * per), reader.length), high - low)
    return Columns(levels, low - shift, low - shift + levels.shape[1])


class StripRaster(pg.GraphicsObject):
    """Paints the strips of a spectrogram into their places; what was read is kept until time or levels change."""

    def __init__(self, plot: Plot, places: Callable[[], list[QRectF]]) -> None:
        super().__init__()
        self._plot, self._places = plot, places
        self.spectrogram: Spectrogram | None = None
        self.colours: Colours = np.zeros(256, np.uint32)
        self._revision = 0
        self._read: tuple[object, list[Columns]] = (None, [])
        self._seen: tuple[object, tuple[int, int]] = (None, (0, 0))
        self._made: tuple[object, list[tuple[QImage, Columns]]] = (None, [])
        self.setParentItem(plot.plotItem)
        self.setZValue(-50)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def show_spectrogram(self, spectrogram: Spectrogram | None) -> None:
        """Paint another one, None for nothing."""
        self.spectrogram = spectrogram
        self.redraw()

    def set_colours(self, colours: Colours) -> None:
        """The colour of each level."""
        self.colours = colours
        self.update()

    def redraw(self) -> None:
        """Read anew: there is more than before."""
        self._revision += 1
        self.update()

    def columns(self, frame: Frame) -> list[Columns]:
        """What is seen of each strip."""
        shown = self.spectrogram
        if shown is None:
            return []
        key = (frame, self._revision)
        if self._read[0] != key:
            self._read = key, [visible_columns(one.reader, shown.start, shown.step, frame) for one in shown.strips]
        return self._read[1]

    def extremes(self) -> tuple[int, int]:
        """The lowest and the highest level of what was painted last; 0 and 0 where nothing is there."""
        if self._seen[0] is not self._read[1]:
            found = [_extremes(one.levels) for one in self._read[1] if one.levels.size]
            there = [ends for ends in found if ends[1]] or [(0, 0)]
            self._seen = self._read[1], (min(low for low, _ in there), max(high for _, high in there))
        return self._seen[1]

    def _images(self, frame: Frame) -> list[tuple[QImage, Columns]]:
        key = (frame, self._revision, self.colours.tobytes())
        if self._made[0] != key:
            self._made = key, [(_image(one.levels, self.colours), one) for one in self.columns(frame)]
        return self._made[1]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Each strip in its place, stretched to it."""
        area = self._plot.area()
        ratio = painter.device().devicePixelRatioF()
        frame = Frame(*self._plot.x_range(), round(area.width() * ratio))
        painter.save()
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, area.width() * area.height() * ratio * ratio <= SMOOTH
        )
        ground = QColor.fromRgb(int(self.colours[0]))
        for place, (image, columns) in zip(self._places(), self._images(frame), strict=False):
            if columns.begin > 0 or columns.end < frame.width or not columns.levels.size:
                painter.fillRect(place, ground)
            if columns.levels.size:
                painter.setClipRect(place)
                left, wide = place.left() + columns.begin / ratio, (columns.end - columns.begin) / ratio
                painter.drawImage(QRectF(left, place.top(), wide, place.height()), image)
                painter.setClipping(False)
        painter.restore()


def _extremes(levels: Bytes) -> tuple[int, int]:
    """The lowest level above 0 and the highest. 0 becomes 255 by going round: to choose the others costs a frame."""
    return int((levels - np.uint8(1)).min()) + 1 if levels.any() else 0, int(levels.max())


def _image(levels: Bytes, colours: Colours) -> QImage:
    """The levels as colours, the highest frequency on top, over memory that the image keeps alive."""
    pixels = np.take(colours, levels[::-1], mode="clip")
    high, wide = pixels.shape
    return QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGB32)
