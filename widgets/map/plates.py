"""Plates over the map: how many are selected, and the sample under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from widgets import paint, theme, tokens

_PICTURE = 108
_LEGEND = 46


def draw_words(painter: QPainter, room: QRectF, around: QRectF, words: str) -> None:
    """Words above what they are about, inside the room."""
    wide = paint.width(words, "strong") + 20
    rect = QRectF(around.center().x() - wide / 2, around.top() - 34, wide, 24)
    rect.moveLeft(min(max(rect.left(), 4), room.width() - wide - 4))
    rect.moveTop(max(rect.top(), 4))
    _draw_card(painter, rect)
    paint.text(painter, rect, words, "strong", "text", paint.CENTRE)


def draw_sample(painter: QPainter, room: QRectF, at: QPointF, image: QImage | None, words: str) -> None:
    """A sample's picture and words beside its point; nothing where there is neither."""
    if image is None and not words:
        return
    smooth = Qt.TransformationMode.SmoothTransformation
    picture = image.scaledToWidth(_PICTURE, smooth) if image is not None else None
    tall = (picture.height() + 4 if picture is not None else 0) + (24 if words else 0)
    wide = max(_PICTURE + 4.0 if picture is not None else 0.0, paint.width(words, "caption_strong") + 16)
    rect = _beside(room, at, wide + 4, tall + 4)
    _draw_card(painter, rect)
    if picture is not None:
        painter.drawImage(QPointF(rect.center().x() - picture.width() / 2, rect.top() + 4), picture)
    if words:
        foot = QRectF(rect.left() + 8, rect.bottom() - 25, wide - 8, 22)
        paint.text(painter, foot, words, "caption_strong", "text")


def _beside(room: QRectF, at: QPointF, wide: float, tall: float) -> QRectF:
    """Left below the point, or right or above where there is no room; clear of the legend at the foot."""
    rect = QRectF(at.x() - wide - 10, at.y() + 14, wide, tall)
    if rect.left() < 4:
        rect.moveLeft(min(at.x() + 14, room.width() - wide - 4))
    if rect.bottom() > room.height() - _LEGEND:
        rect.moveBottom(at.y() - 14)
    return rect


def _draw_card(painter: QPainter, rect: QRectF) -> None:
    painter.setPen(QPen(theme.token("line2"), 1))
    painter.setBrush(theme.token("raised"))
    painter.drawRoundedRect(rect, tokens.RADIUS, tokens.RADIUS)
