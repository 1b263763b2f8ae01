"""A few named figures with their intervals on one scale: two runs in a notice, a score and what stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme
from widgets.parts.bars import draw_interval

STEP = 22
#: The second line of a name that is too long for one: what stands behind its comma.
MORE = 15
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
        self._fit()
        told = [f"{row.name} {numbers.interval(row.value, row.low, row.high)}" for row in self._rows]
        self.setAccessibleName("; ".join([*told, *([f"{level.name} {numbers.share(level.value)}"] if level else [])]))
        self.update()

    def _fit(self) -> None:
        """As high as its rows are in this width."""
        self.setFixedHeight(self._tops()[-1] + (FOOT if self._level is not None and self._rows else 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def names(self) -> list[tuple[str, str]]:
        """The name of each row as it stands there: of one that is too long what is behind its comma is below it."""
        room = NAMES * self.width() - 6
        parts = (row.name.partition(", ") for row in self._rows)
        long = (paint.width(row.name, "strong") > room for row in self._rows)
        return [
            (first, rest) if wrapped else (row.name, "")
            for row, (first, _, rest), wrapped in zip(self._rows, parts, long, strict=True)
        ]

    def _tops(self) -> list[int]:
        """Where each row begins in px, and where the last one ends."""
        tops = [0]
        for _name, rest in self.names():
            tops.append(tops[-1] + STEP + (MORE if rest else 0))
        return tops

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
        names, tops = self.names(), self._tops()
        left = min(max((paint.width(name, "strong") for name, _ in names), default=0.0) + 14, NAMES * self.width())
        wide = self.width() - left - 48

        def x(value: float) -> float:
            return left + 4 + (value - low) / ((high - low) or 1.0) * (wide - 8)

        self._paint_ground(painter, [x(value) for value in self._band or ()], tops)
        if self._level is not None:
            self._paint_level(painter, x(self._level.value), left, wide)
        for (name, rest), top, row in zip(names, tops, self._rows, strict=False):
            middle = top + STEP / 2 + 0.5
            paint.text(painter, QRectF(0, middle - 9, left - 6, 18), name, "strong", "text")
            paint.text(painter, QRectF(0, top + STEP - 3, self.width() - 48, MORE), rest, "caption", "text2")
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

    def _paint_ground(self, painter: QPainter, ends: Sequence[float], tops: Sequence[int]) -> None:
        if len(ends) == 2 and len(tops) > 2:
            first, last = sorted(ends)
            paint.plate(painter, QRectF(first, 2, last - first, tops[2] - 4), theme.token("error_bg"), 2)

    def _paint_level(self, painter: QPainter, x: float, left: float, wide: float) -> None:
        level = self._level
        if level is None or not self._rows:
            return
        tops = self._tops()
        foot = tops[-1]
        painter.setPen(QPen(theme.token("text3"), 1, Qt.PenStyle.DashLine))
        for (_name, rest), top, bottom in zip(self.names(), tops, tops[1:], strict=False):
            # It goes through no words.
            end = top + STEP - 3 if paint.width(rest, "caption") > x - 4 else bottom
            painter.drawLine(QLineF(round(x) + 0.5, max(top, 2), round(x) + 0.5, end))
        words = f"{level.name} {numbers.share(level.value)}"
        room = paint.width(words, "caption") + 4
        at = min(max(x - room / 2, left), left + wide - room)
        paint.text(painter, QRectF(at, foot, room, FOOT - 2), words, "caption", "text3")

    def _strike(self, painter: QPainter, box: QRectF, words: str, tone: str) -> None:
        room = paint.width(words, "strong")
        painter.setPen(QPen(theme.token(tone), 1.2))
        middle = box.center().y() + 0.5
        painter.drawLine(QLineF(box.right() - room - 1, middle, box.right() + 1, middle))
