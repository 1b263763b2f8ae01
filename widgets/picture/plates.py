"""What lies over the picture: scale bar, map of the whole image, words at the pointer, relevance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from widgets import paint, theme, tokens
from widgets.numbers import count
from widgets.picture.view import View

Floats = npt.NDArray[np.floating[Any]]
_GUTTER = 10
_BAR = 110.0  # the longest scale bar
#: The longer side of the map of the whole image.
MAP = 136.0
# Inferno at five places: dark to light, readable in grey.
_HEAT = np.array([[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]], np.float64)


def scale_words(view: View, pixel: float | None, ratio: float) -> tuple[float, str]:
    """Length of the scale bar in the widget's pixels, and its words. pixel: µm a pixel of the image."""
    unit = view.scale / ratio / (pixel or 1.0)
    longest = _BAR / unit
    step = 10 ** math.floor(math.log10(longest))
    value = next(part * step for part in (5, 2, 1) if part * step <= longest)
    if pixel is None:
        return value * unit, f"{count(round(value))} px" if value >= 1 else f"{value:g} px"
    return value * unit, f"{count(round(value / 1000))} mm" if value >= 1000 else f"{value:g} µm"


def draw_scale(painter: QPainter, room: QRectF, length: float, words: str) -> None:
    """The bar at the left foot, its words above it, on a plate."""
    wide = max(length, paint.width(words, "caption_strong"))
    plate = QRectF(room.left() + _GUTTER - 4, room.bottom() - _GUTTER - 25, wide + 12, 27)
    paint.plate(painter, plate, theme.faded("well", 0.86))
    left = plate.left() + 6
    paint.text(painter, QRectF(left, plate.top() + 3, wide + 2, 15), words, "caption_strong", "text")
    painter.fillRect(QRectF(left, plate.bottom() - 7, length, 2), theme.token("text"))


def map_rect(room: QRectF, view: View) -> QRectF:
    """Where the map of the whole image stands; empty where all of it is seen, or there is no room."""
    if view.scale <= view.fitting * 1.02 or room.width() < 240 or room.height() < 200:
        return QRectF()
    scale = min(MAP, room.width() * 0.25) / max(view.across, view.down)
    wide, tall = max(view.across * scale, 12), max(view.down * scale, 12)
    return QRectF(room.right() - _GUTTER - wide, room.top() + _GUTTER, wide, tall)


def draw_map(
    painter: QPainter, rect: QRectF, small: QImage, view: View, cell: tuple[float, float] | None, ink: QColor
) -> None:
    """The whole image, the part that is seen, and where the chosen cell is."""
    paint.plate(painter, rect.adjusted(-2, -2, 2, 2), theme.token("well"), tokens.RADIUS)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(rect, small)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.token("line2"), 1))
    painter.drawRoundedRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5), tokens.RADIUS_CHIP, tokens.RADIUS_CHIP)
    scale = rect.width() / view.across
    left, top, right, bottom = (value * scale for value in view.seen())
    painter.setPen(QPen(ink, 1.5))
    painter.drawRect(QRectF(rect.left() + left, rect.top() + top, max(right - left, 3), max(bottom - top, 3)))
    if cell is not None:
        at = QPointF(rect.left() + cell[0] * scale, rect.top() + cell[1] * scale)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawEllipse(at, 2.5, 2.5)


def draw_words(painter: QPainter, room: QRectF, at: QPointF, words: str) -> None:
    """Words beside the pointer, inside the room."""
    rect = QRectF(at.x() + 14, at.y() + 16, paint.width(words, "caption_strong") + 16, 22)
    rect.moveLeft(max(min(rect.left(), room.right() - rect.width() - 4), 4))
    if rect.bottom() > room.bottom() - 4:
        rect.moveBottom(at.y() - 8)
    painter.setPen(QPen(theme.token("line2"), 1))
    painter.setBrush(theme.token("raised"))
    painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)
    paint.text(painter, rect, words, "caption_strong", "text", paint.CENTRE)


def draw_note(painter: QPainter, room: QRectF, words: str) -> None:
    """Something that is wrong with the picture, at the middle of its foot."""
    rect = QRectF(0, 0, min(paint.width(words, "caption_strong") + 20, room.width() - 24), 24)
    rect.moveCenter(QPointF(room.center().x(), room.bottom() - _GUTTER - 12))
    paint.plate(painter, rect, theme.token("warn_bg"), tokens.RADIUS)
    paint.text(painter, rect.adjusted(10, 0, -10, 0), words, "caption_strong", "warn", paint.CENTRE)


def heat(values: Floats) -> QImage:
    """Relevance (h, w) as colours; where there is little of it, it is clear. Negative and missing ones are none."""
    strength = np.nan_to_num(np.maximum(np.asarray(values, np.float64), 0))
    strength = strength / max(float(strength.max(initial=0)), 1e-12)
    steps = np.linspace(0, 1, len(_HEAT))
    rgb = np.stack([np.interp(strength, steps, _HEAT[:, channel]) for channel in range(3)], axis=-1)
    cover = np.clip(strength * 1.6, 0, 1)
    parts = np.rint(np.dstack([rgb * cover[..., None], cover * 255])).astype(np.uint32)
    packed = parts[..., 3] << 24 | parts[..., 0] << 16 | parts[..., 1] << 8 | parts[..., 2]
    tall, wide = packed.shape
    packed = np.ascontiguousarray(packed, np.uint32)
    return QImage(packed.data, wide, tall, wide * 4, QImage.Format.Format_ARGB32_Premultiplied).copy()
