"""Bars: a share of a track, label beside model, progress, and a figure with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme


class Bar(QWidget):
    """A track and its filled part (0 to 1), in a token's colour or a class's."""

    def __init__(
        self,
        part: float = 0.0,
        tone: str = "label_bar",
        height: int = 4,
        index: int = -1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tone, self._index, self._part = tone, index, part
        self.setFixedHeight(height)
        self.setMinimumWidth(24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_part(part)

    def part(self) -> float:
        """The filled part."""
        return self._part

    def set_part(self, part: float) -> None:
        """Fill another part, 0 to 1."""
        self._part = part
        self.setAccessibleName(f"{round(100 * part)} %" if math.isfinite(part) else "unknown")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(96, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, radius = QRectF(self.rect()), min(self.height() / 2, 2)
        paint.plate(painter, area, theme.token("track"), radius)
        colour = theme.token(self._tone) if self._index < 0 else theme.class_colour(self._index).fill
        if math.isfinite(self._part) and self._part > 0:
            area.setWidth(area.width() * min(self._part, 1.0))
            paint.plate(painter, area, colour, radius)


def draw_two(painter: QPainter, rect: QRectF, index: int, label: float, model: float, blind: bool = False) -> None:
    """Paint the two bars of a class into a rectangle."""
    top = QRectF(rect.x(), rect.center().y() - 7, rect.width(), 6)
    low = top.translated(0, 8)
    if blind:
        paint.hatch(painter, top)
        paint.hatch(painter, low)
        return
    look = theme.class_colour(index)
    paint.bar(painter, top, label, look.fill)
    paint.bar(painter, low, model, look.soft)


class IntervalBar(QWidget):
    """A figure as a dot with its interval and caps on a common scale; chance as a dashed line."""

    def __init__(self, low: float = 0.0, high: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = (low, high)
        self._rows: list[tuple[float, float, float, str]] = []
        self._chance: float | None = None
        self.setMinimumWidth(60)
        self.setFixedHeight(18)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_figure(
        self, value: float, low: float, high: float, chance: float | None = None, tone: str = "text2"
    ) -> None:
        """Show one figure; tone "accent" for the chosen one."""
        self.set_figures([(value, low, high, tone)], chance)

    def set_figures(self, rows: Sequence[tuple[float, float, float, str]], chance: float | None = None) -> None:
        """Show several, each (value, low, high, tone), one above the other."""
        self._rows, self._chance = list(rows), chance
        self.setFixedHeight(18 * max(len(self._rows), 1))
        self.setAccessibleName("; ".join(numbers.interval(value, low, high) for value, low, high, _tone in self._rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, (value, low, high, tone) in enumerate(self._rows):
            middle = 18 * index + 9.5
            painter.setPen(QPen(theme.token("line"), 1))
            painter.drawLine(QPointF(4, middle), QPointF(self.width() - 4, middle))
            draw_interval(painter, self._x(value), self._x(low), self._x(high), middle, tone)
        if self._chance is not None:
            painter.setPen(QPen(theme.token("text2"), 1, Qt.PenStyle.DashLine))
            x = round(self._x(self._chance)) + 0.5
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def _x(self, value: float) -> float:
        low, high = self._scale
        return 4 + (value - low) / ((high - low) or 1.0) * (self.width() - 8)


def draw_interval(painter: QPainter, at: float, low: float, high: float, middle: float, tone: str) -> None:
    """Paint dot, line and caps of one interval; x positions in points."""
    colour = theme.token(tone)
    painter.setPen(QPen(colour, 1.5))
    painter.drawLine(QPointF(low, middle), QPointF(high, middle))
    for x in (low, high):
        painter.drawLine(QPointF(x, middle - 4), QPointF(x, middle + 4))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(at, middle), 3.5, 3.5)
