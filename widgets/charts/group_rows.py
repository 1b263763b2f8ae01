"""A figure of each group before and after: two points on a line, the worst at the top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme, tokens

NAME, FIGURE, FOOT, LEAST, MOST = 96, 44, 22, 12, 24


@dataclass(frozen=True)
class GroupRow:
    """One group: its name, how many samples, the figure before and after, the interval of the second."""

    name: str
    n: int
    before: float | None
    after: float | None
    low: float | None = None
    high: float | None = None


class GroupRows(QWidget):
    """As many rows as there is room for, the rest counted at the foot; the scale is common, from `low` to `high`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[GroupRow] = []
        self._words, self._marks = "", ""
        self.setMinimumSize(180, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("By group")

    def set_rows(self, rows: Sequence[GroupRow], words: str, marks: str = "") -> None:
        """Show these; words: what stands at the foot, or alone; marks: what the points are, in a line below."""
        self._rows, self._words, self._marks = list(rows), words, marks
        told = [f"{row.name} {numbers.share(row.after, 2)}" for row in self._rows]
        self.setAccessibleDescription("; ".join([*told, *([marks] if marks else [])]) or words)
        self.update()

    def rows(self) -> list[GroupRow]:
        """What is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(260, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._rows:
            paint.text(painter, QRectF(self.rect()), self._words, "body", "text3", paint.CENTRE)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bottom = self.height() - (FOOT if self._marks else 0)
        room = bottom - FOOT - 6
        shown = self._rows[: max(int(room // LEAST), 1)]
        step = min(room / len(shown), MOST)
        known = [v for row in self._rows for v in (row.before, row.after, row.high) if v is not None]
        top = max([*known, 1e-9])
        left, right = tokens.GUTTER + NAME, self.width() - tokens.GUTTER - FIGURE

        def x(value: float) -> float:
            return left + 6 + value / top * (right - left - 12)

        for place, row in enumerate(shown):
            middle = 6 + step * (place + 0.5)
            self._draw(painter, row, middle, step, x)
        rest = len(self._rows) - len(shown)
        words = f"{self._words}{f', {rest} more' if rest else ''}"
        foot = QRectF(tokens.GUTTER, bottom - FOOT, self.width() - 2 * tokens.GUTTER, FOOT)
        paint.text(painter, foot, words, "caption", "text2")
        if self._marks:
            paint.text(painter, foot.translated(0, FOOT), self._marks, "caption", "text2")

    def _draw(self, painter: QPainter, row: GroupRow, middle: float, step: float, x: object) -> None:
        assert callable(x)
        box = QRectF(tokens.GUTTER, middle - step / 2, NAME - 8, step)
        paint.text(painter, box, row.name, "caption", "text2")
        ends = [value for value in (row.before, row.after) if value is not None]
        painter.setPen(QPen(theme.token("line2"), 1.2))
        if len(ends) == 2:
            painter.drawLine(QPointF(x(ends[0]), middle), QPointF(x(ends[1]), middle))
        if row.low is not None and row.high is not None:
            painter.setPen(QPen(theme.token("accent"), 1.2))
            painter.drawLine(QPointF(x(row.low), middle), QPointF(x(row.high), middle))
        if row.before is not None:
            painter.setPen(QPen(theme.token("text2"), 1.4))
            painter.setBrush(theme.token("well"))
            painter.drawEllipse(QPointF(x(row.before), middle), 3.5, 3.5)
        if row.after is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.token("accent"))
            painter.drawEllipse(QPointF(x(row.after), middle), 3.5, 3.5)
        value = row.after if row.after is not None else row.before
        figure = QRectF(self.width() - tokens.GUTTER - FIGURE, middle - step / 2, FIGURE, step)
        paint.text(painter, figure, numbers.share(value, 2), "caption", "text", paint.RIGHT)
