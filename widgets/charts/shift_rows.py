"""What differs between two sets: both distributions of each trait, and how well it alone tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme, tokens

#: The height of a row, as there is room; the widths of title, unit, bar and figure.
LEAST, MOST, TITLE, UNIT, BAR, FIGURE = 24, 40, 116, 84, 56, 48


@dataclass(frozen=True)
class Shift:
    """One trait: title, unit, shares of both sets in the same bins, its two-sample AUC (None where undefined)."""

    title: str
    unit: str
    inside: Sequence[float]
    outside: Sequence[float]
    auc: float | None


class ShiftRows(QWidget):
    """A row for each trait, as many as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Shift] = []
        self._empty = ""
        self.setMinimumHeight(3 * LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What shifts")

    def set_rows(self, rows: Sequence[Shift], empty: str = "") -> None:
        """Show these traits. empty: words while there is none."""
        self._rows, self._empty = list(rows), empty
        told = "; ".join(f"{row.title} {numbers.share(row.auc, 2)}" for row in self._rows)
        self.setAccessibleDescription(told or empty)
        self.update()

    def rows(self) -> list[Shift]:
        """What is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(480, MOST * max(len(self._rows), 4))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._rows:
            paint.text(painter, QRectF(self.rect()), self._empty, "body", "text3", paint.CENTRE)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        step = min(max(self.height() / len(self._rows), LEAST), MOST)
        for place, row in enumerate(self._rows):
            line = QRectF(tokens.GUTTER, place * step, self.width() - 2 * tokens.GUTTER, step)
            if line.bottom() <= self.height() + 1:
                self._draw(painter, row, line)

    def _draw(self, painter: QPainter, row: Shift, line: QRectF) -> None:
        wide = line.width() > TITLE + UNIT + BAR + FIGURE + 120
        bar = BAR if line.width() > TITLE + BAR + FIGURE + 60 else 0  # the figure says as much
        paint.text(painter, QRectF(line.left(), line.top(), TITLE, line.height()), row.title, "strong", "text")
        left = line.left() + TITLE
        if wide:
            paint.text(painter, QRectF(left, line.top(), UNIT, line.height()), row.unit, "caption", "text2")
            left += UNIT
        area = QRectF(left, line.top() + 4, line.right() - bar - FIGURE - 12 - left, line.height() - 8)
        top = max([*row.inside, *row.outside, 1e-9])
        for values, tone in ((row.inside, "text2"), (row.outside, "accent")):
            _hill(painter, area, values, top, theme.token(tone))
        if bar:
            part = 0.0 if row.auc is None else 2 * (row.auc - 0.5)
            paint.bar(
                painter, QRectF(line.right() - bar - FIGURE, line.center().y() - 3, bar, 6), part, theme.token("bar")
            )
        figure = QRectF(line.right() - FIGURE, line.top(), FIGURE, line.height())
        words = ".99+" if row.auc is not None and row.auc > 0.995 else numbers.share(row.auc, 2)
        paint.text(painter, figure, words, "strong", "text", paint.RIGHT)
        painter.setPen(QPen(theme.token("line"), 1))
        painter.drawLine(QPointF(line.left(), line.bottom() - 0.5), QPointF(line.right(), line.bottom() - 0.5))


def _hill(painter: QPainter, area: QRectF, values: Sequence[float], top: float, colour: QColor) -> None:
    """A distribution as a line over a tint of its colour."""
    if len(values) < 2:
        return
    step = area.width() / (len(values) - 1)
    points = [QPointF(area.left() + at * step, area.bottom() - area.height() * v / top) for at, v in enumerate(values)]
    ground = QColor(colour)
    ground.setAlphaF(0.18)
    painter.setPen(QPen(QColor(0, 0, 0, 0)))
    painter.setBrush(ground)
    painter.drawPolygon(QPolygonF([area.bottomLeft(), *points, area.bottomRight()]))
    painter.setPen(QPen(colour, 1.2))
    painter.drawPolyline(QPolygonF(points))
