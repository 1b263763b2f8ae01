"""A few named figures with their intervals on one scale: two runs in a notice, a score and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme
from widgets.parts.bars import draw_interval

STEP = 22
#: Room for the name of the reference line below the rows.
FOOT = 20
#: The widest names take so much of the whole.
NAMES = 0.55


@dataclass(frozen=True)
class IntervalRow:
    """One figure: its name, value and 95 % interval (None where undefined), its tone; a false one is struck out."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    tone: str = "text2"
    struck: bool = False


@dataclass(frozen=True)
class Level:
    """A named line through all rows, such as chance."""

    value: float
    name: str


class IntervalRows(QWidget):
    """Name, interval and value of each row; a level and a band behind them, where there are some."""

    def __init__(self, rows: Sequence[IntervalRow] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[IntervalRow] = []
        self._level: Level | None = None
        self._band: tuple[float, float] | None = None
        self.setMinimumWidth(240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_rows(rows)

    def set_rows(
        self, rows: Sequence[IntervalRow], level: Level | None = None, band: tuple[float, float] | None = None
    ) -> None:
        """Show these figures. band: between which values what is false lies, tinted through the first two rows."""
        self._rows, self._level, self._band = list(rows), level, band
        self.setFixedHeight(STEP * len(self._rows) + (FOOT if level is not None and self._rows else 0))
        told = [f"{row.name} {numbers.interval(row.value, row.low, row.high)}" for row in self._rows]
        self.setAccessibleName("; ".join([*told, *([f"{level.name} {numbers.share(level.value)}"] if level else [])]))
        self.update()

    def rows(self) -> list[IntervalRow]:
        """What is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(300, self.height())

    def _scale(self) -> tuple[float, float]:
        """The least and the greatest value that is drawn."""
        known = [value for row in self._rows for value in (row.value, row.low, row.high) if value is not None]
        known += [self._level.value] if self._level is not None else []
        return (min(known), max(known)) if known else (0.0, 1.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = self._scale()
        names = max((paint.width(row.name, "strong") for row in self._rows), default=0.0) + 14
        left = min(names, NAMES * self.width())
        wide = self.width() - left - 48

        def x(value: float) -> float:
            return left + 4 + (value - low) / ((high - low) or 1.0) * (wide - 8)

        self._paint_ground(painter, [x(value) for value in self._band or ()])
        if self._level is not None:
            self._paint_level(painter, x(self._level.value), left, wide)
        for place, row in enumerate(self._rows):
            middle = STEP * place + STEP / 2 + 0.5
            paint.text(painter, QRectF(0, middle - 9, left - 6, 18), row.name, "strong", "text")
            painter.setPen(QPen(theme.token("line"), 1))
            painter.drawLine(QPointF(left, middle), QPointF(left + wide, middle))
            if row.value is not None:
                ends = (row.value if row.low is None else row.low, row.value if row.high is None else row.high)
                draw_interval(painter, x(row.value), x(ends[0]), x(ends[1]), middle, row.tone)
            box = QRectF(self.width() - 44, middle - 9, 44, 18)
            tone = row.tone if row.struck else "text"
            paint.text(painter, box, numbers.share(row.value, 2), "strong", tone, paint.RIGHT)
            if row.struck and row.value is not None:
                self._strike(painter, box, numbers.share(row.value, 2), tone)

    def _paint_ground(self, painter: QPainter, ends: Sequence[float]) -> None:
        if len(ends) == 2:
            first, last = sorted(ends)
            paint.plate(painter, QRectF(first, 2, last - first, STEP * 2 - 4), theme.token("error_bg"), 2)

    def _paint_level(self, painter: QPainter, x: float, left: float, wide: float) -> None:
        level = self._level
        if level is None or not self._rows:
            return
        foot = STEP * len(self._rows)
        painter.setPen(QPen(theme.token("text3"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(round(x) + 0.5, 2, round(x) + 0.5, foot))
        words = f"{level.name} {numbers.share(level.value)}"
        room = paint.width(words, "caption") + 4
        at = min(max(x - room / 2, left), left + wide - room)
        paint.text(painter, QRectF(at, foot, room, FOOT - 2), words, "caption", "text3")

    def _strike(self, painter: QPainter, box: QRectF, words: str, tone: str) -> None:
        room = paint.width(words, "strong")
        painter.setPen(QPen(theme.token(tone), 1.2))
        middle = box.center().y() + 0.5
        painter.drawLine(QLineF(box.right() - room - 1, middle, box.right() + 1, middle))
