"""The confusion matrix: counts and row shares in each cell; a cell can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import numbers, paint, theme, tokens
from widgets.charts.cell_square import NONE, CellSquare

HEAD, TAIL, GAP = 52, 64, 3
#: Room for the names of the rows: as they need it, between these, or a share of the width where that is more.
SIDE, SIDE_MOST, SIDE_SHARE = 96, 190, 0.34
#: A cell is at least so wide where names of rows can give way.
LEAST_CELL = 46


class ConfusionMatrix(CellSquare):
    """Rows are the labels, columns the model's classes.

    ``cell_asked(row, column)`` tells a chosen cell, ``cell_opened`` a double click or Enter on it.
    """

    cell_asked = Signal(int, int)
    cell_opened = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Confusion matrix", parent)
        self._counts: npt.NDArray[Any] = np.zeros((0, 0))
        self._titles: list[str] = []
        self._letters: list[str] = []
        self._shares = True
        self._words = "Predicted"
        self._widest = float(SIDE)
        self.setMinimumSize(260, 200)

    def set_matrix(self, counts: Any, titles: Sequence[str], letters: Sequence[str], words: str = "Predicted") -> None:
        """Show counts (k, k), the classes' titles and letters, what the columns are."""
        self._counts = np.asarray(counts, float).reshape(len(titles), len(titles))
        self._titles, self._letters, self._words = list(titles), list(letters) or tokens.propose_letters(titles), words
        self._chosen = NONE
        widest = max((paint.width(title, "strong") for title in titles), default=0.0)
        self._widest = max(widest + 46, SIDE)
        right = float(np.trace(self._counts))
        self.setAccessibleDescription(
            f"{numbers.count(int(right))} of {numbers.count(int(self._counts.sum()))} on the diagonal"
        )
        self.update()

    def set_shares(self, shares: bool) -> None:
        """Row shares large and counts small, or the other way round."""
        self._shares = shares
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(560, 480)

    def count(self) -> int:
        return len(self._titles)

    @property
    def _side(self) -> float:
        """The width of the names of the rows, with what stands before and behind them."""
        room = self.width() - TAIL - 12 - LEAST_CELL * max(len(self._titles), 1)
        return min(self._widest, max(SIDE_MOST, SIDE_SHARE * self.width()), max(room, SIDE))

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell is."""
        count = max(len(self._titles), 1)
        room_x = min((self.width() - self._side - TAIL - 12) / count, 320.0)
        room_y = min((self.height() - HEAD - 12) / count, 240.0)
        return QRectF(self._side + column * room_x, HEAD + row * room_y, room_x - GAP, room_y - GAP)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not len(self._titles):
            paint.text(painter, QRectF(self.rect()), "No predictions yet", "body", "text3", paint.CENTRE)
            return
        first, last = self.cell_rect(0, 0), self.cell_rect(0, len(self._titles) - 1)
        paint.text(
            painter,
            QRectF(first.left(), 4, last.right() - first.left(), 18),
            self._words,
            "body",
            "text2",
            paint.CENTRE,
        )
        for place, letter in enumerate(self._letters):
            cell = self.cell_rect(0, place)
            paint.chip(painter, QRectF(cell.center().x() - 8, 27, paint.CHIP, paint.CHIP), "hollow", letter, place)
        totals = self._counts.sum(axis=1)
        paint.text(painter, QRectF(last.right() + 10, 26, TAIL, 18), "of class", "body", "text2")
        for row in range(len(self._titles)):
            self._draw_row(painter, row, float(totals[row]))
        self._draw_ring(painter)

    def _draw_row(self, painter: QPainter, row: int, total: float) -> None:
        head = self.cell_rect(row, 0)
        middle = head.center().y()
        paint.chip(painter, QRectF(12, middle - 8.5, paint.CHIP, paint.CHIP), "filled", self._letters[row], row)
        paint.text(painter, QRectF(36, middle - 9, self._side - 40, 18), self._titles[row], "strong", "text")
        for column in range(len(self._titles)):
            self._draw_cell(painter, self.cell_rect(row, column), float(self._counts[row, column]), total)
        tail = self.cell_rect(row, len(self._titles) - 1)
        paint.text(painter, QRectF(tail.right() + 12, middle - 9, TAIL, 18), numbers.count(int(total)), "body", "text")

    def _draw_cell(self, painter: QPainter, cell: QRectF, count: float, total: float) -> None:
        share = count / total if total else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(heat(share))
        painter.drawRoundedRect(cell, 4, 4)
        tone = ink_on(heat(share))
        percent = f"{100 * share:.0f} %" if total else "–"
        large, small = (percent, numbers.count(int(count))) if self._shares else (numbers.count(int(count)), percent)
        lines = QRectF(cell.left(), cell.center().y() - 18, cell.width(), 18)
        role = "title" if cell.height() > 50 else "strong"
        large = fitting(large, role, cell.width() - 2)
        painter.setFont(theme.font(role))
        painter.setPen(tone)
        if cell.height() > 42:
            painter.drawText(lines, paint.CENTRE, large)
            painter.setFont(theme.font("body"))
            painter.drawText(lines.translated(0, 19), paint.CENTRE, small)
        else:
            painter.drawText(cell, paint.CENTRE, large)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._chosen[0] >= 0 and self.cell_rect(*self._chosen).contains(QPointF(event.position())):
            self.cell_opened.emit(*self._chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen[0] >= 0:
            self.cell_opened.emit(*self._chosen)
            return
        super().keyPressEvent(event)

    def ask(self, row: int, column: int) -> None:
        self.choose(row, column)
        self.cell_asked.emit(row, column)


def heat(share: float) -> QColor:
    """The colour of a share: from the panel to deep blue, in the dark theme to light blue."""
    low, high = theme.token("panel"), QColor("#B3BFF5" if theme.is_dark() else "#2B3A67")
    return theme.mix(high, low, min(max(share, 0.0), 1.0) ** 0.8 * 0.94 + 0.02)


def ink_on(ground: QColor) -> QColor:
    """Dark or white, whichever reads better on a ground."""
    light = ground.redF() * 0.299 + ground.greenF() * 0.587 + ground.blueF() * 0.114
    return QColor("#111316") if light > 0.55 else QColor("#FFFFFF")


def fitting(words: str, role: str, room: float) -> str:
    """Without its unit where there is no room: the cells beside it tell that."""
    return words if paint.width(words, role) <= room else words.removesuffix(" %")
