"""A few named figures with their intervals on one scale: two runs in a notice, a score and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme
from widgets.parts.bars import draw_interval

STEP = 22


@dataclass(frozen=True)
class IntervalRow:
    """One figure: its name, value and 95 % interval (None where undefined), its tone."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    tone: str = "text2"


class IntervalRows(QWidget):
    """Name, interval and value of each row."""

    def __init__(self, rows: Sequence[IntervalRow] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[IntervalRow] = []
        self.setMinimumWidth(240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_rows(rows)

    def set_rows(self, rows: Sequence[IntervalRow]) -> None:
        """Show these figures."""
        self._rows = list(rows)
        self.setFixedHeight(STEP * len(self._rows))
        told = [f"{row.name} {numbers.interval(row.value, row.low, row.high)}" for row in self._rows]
        self.setAccessibleName("; ".join(told))
        self.update()

    def rows(self) -> list[IntervalRow]:
        """What is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(300, STEP * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        known = [value for row in self._rows for value in (row.value, row.low, row.high) if value is not None]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        names = max((paint.width(row.name, "strong") for row in self._rows), default=0.0) + 14
        left, wide = names, self.width() - names - 48

        def x(value: float) -> float:
            return left + 4 + (value - low) / ((high - low) or 1.0) * (wide - 8)

        for place, row in enumerate(self._rows):
            middle = STEP * place + STEP / 2 + 0.5
            paint.text(painter, QRectF(0, middle - 9, names - 6, 18), row.name, "strong", "text")
            painter.setPen(QPen(theme.token("line"), 1))
            painter.drawLine(QPointF(left, middle), QPointF(left + wide, middle))
            if row.value is not None:
                ends = (row.value if row.low is None else row.low, row.value if row.high is None else row.high)
                draw_interval(painter, x(row.value), x(ends[0]), x(ends[1]), middle, row.tone)
            box = QRectF(self.width() - 44, middle - 9, 44, 18)
            paint.text(painter, box, numbers.share(row.value, 2), "strong", "text", paint.RIGHT)
