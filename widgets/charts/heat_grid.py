"""A grid of scores with their intervals: trained here, tested there."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme
from widgets.charts.confusion import heat, ink_on

LEFT, TOP, GAP = 88, 44, 3
#: (value, low, high); NaN where there is none.
Cell = tuple[float, float, float]


class HeatGrid(QWidget):
    """Rows and columns with names; a value in each cell, its interval below where there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[str] = []
        self._columns: list[str] = []
        self._cells: list[list[Cell]] = []
        self._words = ("", "")
        self._span = (0.0, 1.0)
        self.setMinimumSize(200, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Trained and tested apart")

    def set_grid(
        self,
        rows: Sequence[str],
        columns: Sequence[str],
        cells: Sequence[Sequence[Cell]],
        words: tuple[str, str],
        chance: float = 0.0,
    ) -> None:
        """Show cells [row][column]; words: what rows and what columns are. The colour starts at chance."""
        self._rows, self._columns, self._words = list(rows), list(columns), words
        self._cells = [list(line) for line in cells]
        values = [cell[0] for line in self._cells for cell in line if math.isfinite(cell[0])]
        self._span = (min([chance, *values]), max([*values, chance + 0.01]))
        told = [
            f"{row}, {column}: {numbers.interval(*self._cells[i][j])}"
            for i, row in enumerate(self._rows)
            for j, column in enumerate(self._columns)
        ]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(380, 260)

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        wide = min((self.width() - LEFT - 14) / max(len(self._columns), 1), 150.0)
        tall = min((self.height() - TOP - 12) / max(len(self._rows), 1), 90.0)
        return QRectF(LEFT + column * wide, TOP + row * tall, wide - GAP, tall - GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._rows:
            return
        across = self.cell_rect(0, len(self._columns) - 1).right() - LEFT
        paint.text(painter, QRectF(LEFT, 2, across, 18), self._words[1], "body", "text2", paint.CENTRE)
        paint.text(painter, QRectF(12, 22, LEFT - 16, 18), self._words[0], "body", "text2")
        for column, name in enumerate(self._columns):
            cell = self.cell_rect(0, column)
            paint.text(painter, QRectF(cell.left(), 22, cell.width(), 18), name, "label", "text", paint.CENTRE)
        for row, name in enumerate(self._rows):
            middle = self.cell_rect(row, 0).center().y()
            paint.text(painter, QRectF(12, middle - 9, LEFT - 16, 18), name, "label", "text")
            for column in range(len(self._columns)):
                self._draw_cell(painter, self.cell_rect(row, column), self._cells[row][column])

    def _draw_cell(self, painter: QPainter, box: QRectF, cell: Cell) -> None:
        value, low, high = cell
        known = math.isfinite(value)
        part = (value - self._span[0]) / ((self._span[1] - self._span[0]) or 1.0) if known else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(heat(part))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(ink_on(heat(part)))
        painter.setFont(theme.font("strong"))
        two = box.height() > 40 and box.width() > 84 and math.isfinite(low)
        painter.drawText(box.translated(0, -8) if two else box, paint.CENTRE, numbers.share(value))
        if two:
            painter.setFont(theme.font("caption"))
            painter.drawText(box.translated(0, 10), paint.CENTRE, numbers.bounds(low, high, 2))
