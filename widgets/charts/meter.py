"""One figure of the machine with its last minutes as a small line."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme

KEPT = 600


class Meter(QWidget):
    """Title, words below, the value at the right, a line of its past between; `top` fixes the scale (0 to top)."""

    def __init__(self, title: str, words: str = "", top: float = 0.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._words, self._value, self._top = title, words, numbers.NONE, top
        self._past: deque[float] = deque(maxlen=KEPT)
        self._span = 120
        self.setMinimumSize(180, 34)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(64)
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(360, 50)

    def set_span(self, seconds: int) -> None:
        """Show this many seconds (one value each)."""
        self._span = seconds
        self.update()

    def add(self, value: float | None, shown: str, words: str | None = None, top: float | None = None) -> None:
        """One more value, NaN or None for a gap; how it reads; other words."""
        self._past.append(math.nan if value is None else float(value))
        self._value = shown
        self._words = self._words if words is None else words
        self._top = self._top if top is None else top
        self._tell()
        self.update()

    def _tell(self) -> None:
        self.setAccessibleName(f"{self._title}: {self._value}, {self._words}".rstrip(", "))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        wide = self.width()
        text = min(max(wide * 0.42, 96.0), 170.0)
        two = self.height() >= 32
        top = (self.height() - 34) / 2 if two else (self.height() - 18) / 2
        paint.text(painter, QRectF(0, top, text, 18), self._title, "label", "text")
        if two:
            paint.text(painter, QRectF(0, top + 17, text, 16), self._words, "caption", "text2")
        paint.text(painter, QRectF(wide - 72, top, 72, 18), self._value, "strong", "text", paint.RIGHT)
        self._line(painter, QRectF(text + 8, 3, max(wide - text - 8 - 80, 20), self.height() - 6))

    def _line(self, painter: QPainter, area: QRectF) -> None:
        values = np.array(list(self._past)[-self._span :], np.float64)
        painter.setPen(QPen(theme.token("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        good = np.isfinite(values)
        if not good.any():
            return
        top = self._top or max(float(values[good].max()) * 1.15, 1e-9)
        x = area.right() - np.arange(len(values))[::-1] * (area.width() / max(self._span - 1, 1))
        y = area.bottom() - np.clip(np.where(good, values, 0) / top, 0, 1) * area.height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = paint.polygon(np.r_[x[0], x, x[-1]], np.r_[area.bottom(), y, area.bottom()])
        painter.setPen(QPen(theme.token("line"), 0))
        painter.setBrush(theme.faded("bar", 0.2))
        painter.drawPolygon(ground)
        painter.setPen(QPen(theme.token("text2"), 1.2))
        painter.drawPolyline(paint.polygon(x, y))
