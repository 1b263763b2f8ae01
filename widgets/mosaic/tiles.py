"""Thumbnails as square pictures with round corners, and the store of those that were made."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap

from models.change import Rows
from widgets import paint, theme, tokens

Picture = QImage | npt.NDArray[Any] | None
_KEPT = 3000


class Tiles:
    """Keeps the tiles made last, by row, size and theme."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int, bool], QPixmap] = OrderedDict()

    def get(self, row: int, side: int) -> QPixmap | None:
        """The tile of a row of a side in device pixels, if it was made."""
        return self._kept.get((row, side, theme.is_dark()))

    def missing(self, rows: Rows, side: int) -> Rows:
        """Of which rows there is none."""
        dark = theme.is_dark()
        return np.array([row for row in rows.tolist() if (row, side, dark) not in self._kept], np.int64)

    def give(self, rows: Rows, pictures: Sequence[Picture], side: int, ratio: float, least: int) -> None:
        """Make tiles of pictures, None for one that is still to come; at least `least` are kept."""
        dark = theme.is_dark()
        for row, picture in zip(rows.tolist(), pictures, strict=True):
            if picture is not None:
                self._kept[row, side, dark] = tile(picture, side, ratio)
        while len(self._kept) > max(_KEPT, least):
            self._kept.popitem(last=False)

    def forget(self, rows: Rows | None = None) -> None:
        """Drop all tiles, or those of rows."""
        gone = None if rows is None else set(rows.tolist())
        for key in [key for key in self._kept if gone is None or key[0] in gone]:
            del self._kept[key]


def tile(picture: QImage | npt.NDArray[Any], side: int, ratio: float, ground: QColor | None = None) -> QPixmap:
    """A picture as a square of `side` device pixels with round corners on a ground; a line as a small trace."""
    if isinstance(picture, np.ndarray) and picture.ndim == 1:
        result = _trace_tile(picture, side, ratio)
    else:
        result = QPixmap.fromImage(_square(picture if isinstance(picture, QImage) else paint.image_of(picture), side))
    # The ground's colour over the corners: clipping each picture by a path takes ten times as long.
    painter = QPainter(result)
    painter.drawPixmap(0, 0, _round_corners(side, ratio, (ground or theme.token("well")).rgb()))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def _trace_tile(line: npt.NDArray[Any], side: int, ratio: float) -> QPixmap:
    result = QPixmap(side, side)
    result.fill(theme.token("panel"))
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(6 * ratio, 14 * ratio, side - 12 * ratio, side - 40 * ratio)
    paint.sparkline(painter, box, line, theme.token("pen"), 1.1 * ratio)
    painter.setPen(QPen(theme.token("line"), ratio))
    inset = ratio / 2
    radius = tokens.RADIUS * ratio
    painter.drawRoundedRect(QRectF(0, 0, side, side).adjusted(inset, inset, -inset, -inset), radius, radius)
    painter.end()
    return result


def _square(image: QImage, side: int) -> QImage:
    """The middle square of an image, scaled to a side."""
    short = min(image.width(), image.height())
    if image.width() != image.height():
        image = image.copy((image.width() - short) // 2, (image.height() - short) // 2, short, short)
    if short != side:
        mode = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    return image.convertToFormat(QImage.Format.Format_RGB32)


@functools.lru_cache(maxsize=16)
def _round_corners(side: int, ratio: float, colour: int) -> QPixmap:
    """Four corners of a colour round a clear middle."""
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRect(QRectF(0, 0, side, side))
    path.addRoundedRect(QRectF(0, 0, side, side), tokens.RADIUS * ratio, tokens.RADIUS * ratio)
    painter.fillPath(path, QColor.fromRgb(colour))
    painter.end()
    return result
