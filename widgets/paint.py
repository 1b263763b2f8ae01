"""Strokes that several widgets share: chips, keys, bars, sparklines, plates, shapes."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shiboken6
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPolygonF,
)

from widgets import theme, tokens

Floats = npt.NDArray[np.floating[Any]]
CHIP = 17
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
#: Flags of a paragraph, each line in the middle.
WRAPPED = int(Qt.AlignmentFlag.AlignHCenter.value) | int(Qt.TextFlag.TextWordWrap.value)
# Joining flags in Python costs as much as drawing a short word.
_ONE_LINE = {align: int(align.value) | int(Qt.TextFlag.TextSingleLine.value) for align in (LEFT, RIGHT, CENTRE)}


def chip(painter: QPainter, rect: QRectF, kind: str, letter: str = "", index: int = 0) -> None:
    """One class chip: "filled" for a person's or imported label, "hollow" the model's, "dashed" none."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if kind == "dashed":
        pen = QPen(theme.token("text3"), 1.2)
        pen.setDashPattern([2.2, 2.2])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(0.6, 0.6, -0.6, -0.6), tokens.RADIUS_CHIP, tokens.RADIUS_CHIP)
        painter.restore()
        return
    look = theme.class_colour(index)
    if kind == "filled":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.fill)
        painter.drawRoundedRect(rect, tokens.RADIUS_CHIP, tokens.RADIUS_CHIP)
    else:
        painter.setPen(QPen(look.stroke, 1.6))
        painter.setBrush(theme.token("well"))
        painter.drawRoundedRect(rect.adjusted(0.8, 0.8, -0.8, -0.8), tokens.RADIUS_CHIP, tokens.RADIUS_CHIP)
    painter.setPen(look.ink if kind == "filled" else theme.token("text"))
    painter.setFont(letter_font(len(letter), rect.height()))
    painter.drawText(rect, CENTRE, letter)
    painter.restore()


def chip_pixmap(kind: str, letter: str, index: int, ratio: float, side: int = CHIP) -> QPixmap:
    """The same chip as a picture, kept: lists draw hundreds of them a frame."""
    return _chip_pixmap(kind, letter, index, ratio, side, theme.is_dark())


@functools.lru_cache(maxsize=1024)
def _chip_pixmap(kind: str, letter: str, index: int, ratio: float, side: int, _dark: bool) -> QPixmap:
    picture = QPixmap(round(side * ratio), round(side * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    chip(painter, QRectF(0, 0, side, side), kind, letter, index)
    painter.end()
    return picture


def letter_font(length: int, height: float) -> QFont:
    """The font of a chip's letter, smaller for two or three signs."""
    result = QFont(theme.font("chip"))
    size = round(height * 0.64) if length < 2 else round(height * 0.52)
    result.setPixelSize(max(size, 9 if length < 2 else 8))
    return result


def key(painter: QPainter, rect: QRectF, text: str, dim: bool = False) -> None:
    """One key cap."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.token("line2"), 1))
    painter.setBrush(theme.token("raised"))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), tokens.RADIUS_CHIP, tokens.RADIUS_CHIP)
    painter.setFont(theme.font("caption"))
    painter.setPen(theme.token("text3" if dim else "text2"))
    painter.drawText(rect, CENTRE, text)
    painter.restore()


def key_width(text: str) -> int:
    """Width of a key cap with this text."""
    wide = QFontMetrics(theme.font("caption")).horizontalAdvance(text)
    return max(18, wide + 10)


def bar(painter: QPainter, rect: QRectF, part: float, colour: QColor, track: bool = True) -> None:
    """A track and its filled part, 0 to 1; NaN draws the track alone."""
    if track:
        painter.fillRect(rect, theme.token("track"))
    if math.isfinite(part) and part > 0:
        painter.fillRect(QRectF(rect.x(), rect.y(), rect.width() * min(part, 1.0), rect.height()), colour)


def hatch(painter: QPainter, rect: QRectF) -> None:
    """The hatching that hides a bar in blind mode."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(theme.faded("text3", 0.35)))
    x = rect.x()
    while x < rect.right() - 2:
        painter.drawRect(QRectF(x, rect.y(), 3, rect.height()))
        x += 6
    painter.restore()


def skeleton(painter: QPainter, rect: QRectF) -> None:
    """One rounded grey bar where text is still to come."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.token("track"))
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.restore()


def polygon(x: Floats, y: Floats) -> QPolygonF:
    """A polygon of n points written through its buffer; x, y of shape (n,)."""
    count = len(x)
    result = QPolygonF()
    result.resize(count)
    if count:
        make: Any = shiboken6.VoidPtr  # its stub lacks the size
        points = np.frombuffer(make(result.data(), count * 16, True), np.float64).reshape(count, 2)
        points[:, 0] = x
        points[:, 1] = y
    return result


def sparkline(painter: QPainter, rect: QRectF, values: Floats, colour: QColor, width: float = 1.0) -> None:
    """A small line of `values` (n,) over its own range; gaps where they are not finite."""
    good = np.isfinite(values)
    if not good.any():
        return
    low, high = float(values[good].min()), float(values[good].max())
    span = high - low or 1.0
    x = rect.left() + np.arange(len(values)) * (rect.width() / max(len(values) - 1, 1))
    y = rect.bottom() - (values - low) / span * rect.height()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, width))
    if good.all():
        painter.drawPolyline(polygon(x, y))
    else:
        edges = np.flatnonzero(np.diff(np.concatenate(([0], good.view(np.int8), [0]))))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            painter.drawPolyline(polygon(x[start:stop], y[start:stop]))
    painter.restore()


def plate(painter: QPainter, rect: QRectF, colour: QColor, radius: float = tokens.RADIUS_CHIP) -> None:
    """A small ground under text or a sign that lies over data."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(rect, radius, radius)
    painter.restore()


def text(painter: QPainter, rect: QRectF, words: str, role: str, tone: str, align: Qt.AlignmentFlag = LEFT) -> float:
    """Draw one line in a role and tone, elided at its end; returns the width it took.

    align: LEFT, RIGHT or CENTRE of this module, all upright in the middle.
    """
    wide = width(words, role)
    if wide > rect.width():
        words = metrics(role).elidedText(words, Qt.TextElideMode.ElideRight, rect.width())
    painter.setFont(theme.font(role))
    painter.setPen(theme.token(tone))
    painter.drawText(rect, _ONE_LINE.get(align, _ONE_LINE[LEFT]), words)
    return min(wide, float(rect.width()))


@functools.lru_cache(maxsize=4096)
def width(words: str, role: str) -> float:
    """Width of one line of text in a role."""
    return float(metrics(role).horizontalAdvance(words))


@functools.lru_cache(maxsize=64)
def metrics(role: str) -> QFontMetricsF:
    """The measures of a role's font, made once."""
    return QFontMetricsF(theme.font(role))


def folded(parts: Sequence[str], role: str, room: float, between: str = " · ") -> list[str]:
    """Parts in as few lines of at most `room` px as hold them whole; one that is longer is broken between its words."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}{between}{part}" if lines else part
        if lines and width(joined, role) <= room:
            lines[-1] = joined
            continue
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width(longer, role) > room:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return [line for line in lines if line]


def rule(painter: QPainter, rect: QRect, edge: str, tone: str = "line") -> None:
    """A line of one pixel at an edge ("top", "bottom", "left", "right") of a rectangle."""
    colour = theme.token(tone)
    if edge == "top":
        painter.fillRect(rect.left(), rect.top(), rect.width(), 1, colour)
    elif edge == "bottom":
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, colour)
    elif edge == "left":
        painter.fillRect(rect.left(), rect.top(), 1, rect.height(), colour)
    else:
        painter.fillRect(rect.right(), rect.top(), 1, rect.height(), colour)


def shape(sign: str, size: float = 1.0) -> QPainterPath:
    """The outline of a class's shape sign, centred on the origin, about `size` wide."""
    path = QPainterPath()
    half = size / 2
    if sign == "●":
        path.addEllipse(QPointF(0, 0), half, half)
        return path
    path.addPolygon(QPolygonF([QPointF(x * half, y * half) for x, y in _outline(sign)]))
    path.closeSubpath()
    return path


def _outline(sign: str) -> list[tuple[float, float]]:
    if sign in ("✚", "✕"):
        arm = 0.36
        plus = [(-arm, -1), (arm, -1), (arm, -arm), (1, -arm), (1, arm), (arm, arm)]
        plus += [(arm, 1), (-arm, 1), (-arm, arm), (-1, arm), (-1, -arm), (-arm, -arm)]
        return plus if sign == "✚" else [((x - y) * 0.71, (x + y) * 0.71) for x, y in plus]
    if sign == "★":
        radii = [1.0, 0.42] * 5
        angles = -np.pi / 2 + np.arange(10) * np.pi / 5
        return [(float(r * np.cos(a)), float(r * np.sin(a))) for r, a in zip(radii, angles, strict=True)]
    fixed = {
        "■": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
        "▲": [(0.0, -1.0), (1.0, 0.85), (-1.0, 0.85)],
        "▼": [(0.0, 1.0), (1.0, -0.85), (-1.0, -0.85)],
        "◆": [(0.0, -1.1), (1.0, 0.0), (0.0, 1.1), (-1.0, 0.0)],
    }
    if sign in fixed:
        return fixed[sign]
    corners = 5 if sign == "⬟" else 6
    angles = -np.pi / 2 + np.arange(corners) * 2 * np.pi / corners
    return [(float(np.cos(a)), float(np.sin(a))) for a in angles]


def image_of(picture: npt.NDArray[Any]) -> QImage:
    """uint8 (h, w) grey or (h, w, 3) colour as an image over the array's memory, which it keeps alive."""
    pixels = np.ascontiguousarray(picture, np.uint8)
    high, wide = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(pixels.data, wide, high, pixels.strides[0], kind)
