"""Who agrees with whom: a square of values by name, the colour from low to high; a cell can be chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import numbers, paint, theme, tokens
from widgets.charts.cell_square import NONE, CellSquare
from widgets.charts.confusion import heat, ink_on

HEAD, FOOT, GAP = 30, 30, 2
#: Names above stand upright where a column is too narrow for one of them; then they have room up to this.
HEAD_MOST = 96
#: Room for names at the left: as they need it, between these; a cell is no larger than this.
SIDE, SIDE_MOST, CELL_MOST = 40, 130, 76.0


class PairMatrix(CellSquare):
    """``pair_asked(row, column)`` tells a chosen cell. Pale values stand on too little to say much."""

    pair_asked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Agreement of pairs", parent)
        self._names: list[str] = []
        self._values: npt.NDArray[np.float64] = np.zeros((0, 0))
        self._thin: npt.NDArray[np.bool_] = np.zeros((0, 0), bool)
        self._words = ""
        self._span = (0.0, 1.0)
        self._side, self._head, self._widest = float(SIDE), float(HEAD), 0.0
        self._waits = True
        self.setMinimumSize(240, 180)

    def set_pairs(self, names: Sequence[str], values: Any, thin: Any, words: str = "") -> None:
        """Show values (n, n), NaN for none. thin: which stand on little. words: what is pale, in the foot."""
        self._names, self._words, self._waits = list(names), words, False
        count = len(self._names)
        self._values = np.asarray(values, np.float64).reshape(count, count)
        self._thin = np.asarray(thin, bool).reshape(count, count)
        known = self._values[np.isfinite(self._values) & ~self._thin]
        self._span = (min(0.0, float(known.min())), float(known.max())) if len(known) else (0.0, 1.0)
        self._widest = max((paint.width(name, "strong") for name in names), default=0.0)
        self._side = min(max(self._widest + tokens.GUTTER + 10, SIDE), SIDE_MOST)
        self._head = min(max(self._widest + 12, HEAD), HEAD_MOST)
        self._chosen = NONE
        told = [
            f"{self._names[one]} and {self._names[other]} {numbers.share(float(self._values[one, other]), 2)}"
            for one in range(count)
            for other in range(one + 1, count)
        ]
        self.setAccessibleDescription("; ".join(told[:40]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(520, 480)

    def count(self) -> int:
        return len(self._names)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        count = max(len(self._names), 1)
        wide = self._wide()
        head = HEAD if not self.is_upright() else self._head
        tall = min((self.height() - head - FOOT) / count, CELL_MOST * 0.7)
        return QRectF(self._side + column * wide, head + row * tall, wide - GAP, tall - GAP)

    def _wide(self) -> float:
        """How wide a column is."""
        return min((self.width() - self._side - 12) / max(len(self._names), 1), CELL_MOST)

    def is_upright(self) -> bool:
        """Whether names above are written from below to above: in a line with them they would be cut off."""
        return self._widest > self._wide() - GAP

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._names:
            words = "Comparing" if self._waits else "Nobody who voted is named"
            paint.text(painter, QRectF(self.rect()), words, "body", "text3", paint.CENTRE)
            return
        for place, name in enumerate(self._names):
            role = "strong" if place in self._chosen else "body"
            cell = self.cell_rect(0, place)
            top = QRectF(cell.left(), 8, cell.width(), 18)
            if self.is_upright():
                draw_upright(painter, name, QRectF(cell.left(), 2, cell.width(), self._head - 8), role)
            else:
                paint.text(painter, top, name, role, "text", paint.CENTRE)
            middle = self.cell_rect(place, 0).center().y()
            side = QRectF(tokens.GUTTER, middle - 9, self._side - tokens.GUTTER - 8, 18)
            paint.text(painter, side, name, role, "text", paint.RIGHT if len(name) < 5 else paint.LEFT)
            for column in range(len(self._names)):
                self._draw_cell(painter, place, column)
        self._draw_foot(painter)
        self._draw_ring(painter)

    def _part(self, value: float) -> float:
        low, high = self._span
        return (value - low) / ((high - low) or 1.0)

    def _draw_cell(self, painter: QPainter, row: int, column: int) -> None:
        box, value = self.cell_rect(row, column), float(self._values[row, column])
        painter.setPen(Qt.PenStyle.NoPen)
        if row == column:
            painter.setBrush(theme.token("track"))
            painter.drawRoundedRect(box, 3, 3)
            return
        known, thin = math.isfinite(value), bool(self._thin[row, column])
        ground = heat(self._part(value)) if known and not thin else theme.token("panel")
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(theme.token("text3") if thin or not known else ink_on(ground))
        role = "body" if box.width() > 25 else "caption"
        painter.setFont(theme.font(role))
        painter.drawText(box, paint.CENTRE, told(value, role, box.width()) if known else numbers.NONE)

    def _draw_foot(self, painter: QPainter) -> None:
        bottom = self.cell_rect(len(self._names) - 1, 0).bottom()
        line = QRectF(self._side, bottom + 6, self.width() - self._side - 12, 18)
        x = line.left() + paint.text(painter, line, numbers.share(self._span[0], 2), "caption", "text2") + 8
        for step in range(60):
            painter.fillRect(QRectF(x + step * 1.5, line.center().y() - 3, 1.6, 6), heat(step / 59))
        rest = line.adjusted(x + 98 - line.left(), 0, 0, 0)
        wide = paint.text(painter, rest, numbers.share(self._span[1], 2), "caption", "text2")
        paint.text(painter, rest.adjusted(wide + 16, 0, 0, 0), self._words, "caption", "text2")

    def step(self, way: tuple[int, int]) -> tuple[int, int]:
        row, column = super().step(way)
        if row == column:  # nobody is a pair with oneself: one cell further
            row, column = row + way[0], column + way[1]
        inside = all(0 <= at < self.count() for at in (row, column))
        return (row, column) if inside and row != column else self._chosen

    def ask(self, row: int, column: int) -> None:
        if row != column:
            self.choose(row, column)
            self.pair_asked.emit(row, column)


def draw_upright(painter: QPainter, name: str, box: QRectF, role: str) -> None:
    """A name that a narrow column has no room for, from below to above."""
    painter.save()
    painter.translate(box.center())
    painter.rotate(-90)
    room = QRectF(-box.height() / 2, -9, box.height(), 18)
    paint.text(painter, room, name, role, "text", paint.LEFT)
    painter.restore()


def told(value: float, role: str, wide: float) -> str:
    """A value with two digits, with one where there is no room for its sign as well."""
    words = numbers.share(value, 2)
    return words if paint.width(words, role) <= wide else numbers.share(value, 1)
