"""A square of cells, as many rows as columns, of which mouse and arrow keys choose one."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import theme

NONE = (-1, -1)
WAYS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


class CellSquare(QWidget):
    """Knows which cell is chosen; where cells are, what they say and who is told is up to those made of it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = NONE
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def count(self) -> int:
        """How many rows, and columns, there are."""
        raise NotImplementedError

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        raise NotImplementedError

    def ask(self, row: int, column: int) -> None:
        """A person chose a cell."""
        raise NotImplementedError

    def step(self, way: tuple[int, int]) -> tuple[int, int]:
        """The cell that an arrow key leads to from the chosen one."""
        row, column = (min(max(max(at, 0) + by, 0), self.count() - 1) for at, by in zip(self._chosen, way, strict=True))
        return row, column

    def choose(self, row: int, column: int) -> None:
        """Ring a cell without asking."""
        self._chosen = (row, column)
        self.update()

    def chosen(self) -> tuple[int, int]:
        """The ringed cell, (−1, −1) for none."""
        return self._chosen

    def _draw_ring(self, painter: QPainter) -> None:
        """Around the chosen cell; around all where there is none and keys would choose one."""
        if self._chosen == NONE and not self.hasFocus():
            return
        ring = QRectF(self.rect()).adjusted(2, 2, -2, -2) if self._chosen == NONE else self.cell_rect(*self._chosen)
        painter.setPen(QPen(theme.token("accent"), 2.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(ring, 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, places = QPointF(event.position()), range(self.count())
        for row, column in ((row, column) for row in places for column in places):
            if self.cell_rect(row, column).contains(at):
                self.ask(row, column)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = WAYS.get(Qt.Key(event.key()))
        if way is None or not self.count():
            super().keyPressEvent(event)
            return
        there = self.step(way)
        if there != self._chosen:
            self.ask(*there)
