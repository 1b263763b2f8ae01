"""What stands on a thumbnail: its class, who gave it, ≠, the model's p; and the ring of a chosen one."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from widgets import numbers, paint, theme, tokens

_SMALL = 64


@dataclass(frozen=True)
class ThumbMark:
    """What stands on a thumbnail: label and model by class index (−1 none), p, by a person or not."""

    label: int = -1
    model: int = -1
    p: float = math.nan
    person: bool = False

    @property
    def conflict(self) -> bool:
        """Label and model differ."""
        return self.label >= 0 and self.model >= 0 and self.label != self.model


def paint_mark(
    painter: QPainter, mark: ThumbMark, box: QRect, letters: Sequence[str], ratio: float, least: int = _SMALL
) -> None:
    """The mark over a thumbnail; one smaller than `least` shows its class and ≠ only."""
    dark, small = theme.is_dark(), box.width() < least
    left, top, right, foot = box.left(), box.top(), box.right(), box.bottom() - 19
    kind, index = ("filled", mark.label) if mark.label >= 0 else ("hollow", mark.model)
    if index >= 0:
        letter = letters[index] if index < len(letters) else str(index)
        painter.drawPixmap(left + 4, foot, paint.chip_pixmap(kind, letter, index, ratio, 16))
    if mark.person and not small:
        painter.drawPixmap(left + 23, foot, _plated("person", ratio, dark))
    if mark.conflict:
        painter.drawPixmap(right - 19, top + 4, _plated("conflict", ratio, dark))
    if math.isfinite(mark.p) and not small:
        plate = _figure(numbers.p(mark.p), ratio, dark)
        painter.drawPixmap(right - 3 - round(plate.width() / ratio), foot, plate)


def paint_border(painter: QPainter, mark: ThumbMark, box: QRect) -> None:
    """A line inside a thumbnail's edge in the colour of its label."""
    if mark.label >= 0:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.class_colour(mark.label).stroke, 2))
        painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), tokens.RADIUS - 1, tokens.RADIUS - 1)


def paint_ring(painter: QPainter, box: QRect, current: bool) -> None:
    """Round a selected thumbnail; the current one of several has a second line."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.token("accent"), 2.5))
    painter.drawRoundedRect(QRectF(box).adjusted(-1.5, -1.5, 1.5, 1.5), tokens.RADIUS + 1, tokens.RADIUS + 1)
    if current:
        painter.setPen(QPen(theme.token("well"), 1.5))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), tokens.RADIUS, tokens.RADIUS)


@functools.lru_cache(maxsize=64)
def _plated(sign: str, ratio: float, _dark: bool) -> QPixmap:
    """A small sign on its plate: white under ≠, dark under the person mark, in both themes."""
    bright = sign == "conflict"
    picture = _plate(16, ratio, bright)
    painter = QPainter(picture)
    ink = theme.token("plate") if bright else theme.token("plate_text")
    theme.draw_sign(painter, QRectF(2.5, 2.5, 11, 11), sign, ink)
    painter.end()
    return picture


@functools.lru_cache(maxsize=512)
def _figure(words: str, ratio: float, _dark: bool) -> QPixmap:
    """A probability on its dark plate."""
    wide = round(paint.width(words, "chip")) + 7
    picture = _plate(wide, ratio, False)
    painter = QPainter(picture)
    paint.text(painter, QRectF(0, 0, wide, 16), words, "chip", "plate_text", paint.CENTRE)
    painter.end()
    return picture


def _plate(wide: int, ratio: float, bright: bool) -> QPixmap:
    picture = QPixmap(round(wide * ratio), round(16 * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    ground = theme.token("plate_text") if bright else theme.faded("plate", 0.88)
    paint.plate(painter, QRectF(0, 0, wide, 16), ground)
    painter.end()
    return picture
