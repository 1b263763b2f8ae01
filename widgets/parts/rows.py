"""Lines of one height below each other, as the label panel has several: each kind of them draws its own line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, tokens

Row = TypeVar("Row")
#: Height of the words that stand where there are no rows.
WORDS = 24


class Rows(QWidget, Generic[Row]):
    """As high as its rows are. high: one of them; foot: room below the last; name: what a screen reader calls all."""

    def __init__(self, high: int, name: str, foot: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._high, self._foot = high, foot
        self._rows: list[Row] = []
        self._empty = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.show_rows([])

    def show_rows(self, rows: Sequence[Row], empty: str = "") -> None:
        """Show these. empty: the words that stand there where there are none."""
        self._rows, self._empty = list(rows), empty
        tall = self._high * len(self._rows) or (WORDS if empty else 0)
        self.setFixedHeight(tall + self._foot if tall else 0)
        self.setAccessibleDescription("; ".join(map(self._said, self._rows)) or empty)
        self.update()

    def rows(self) -> list[Row]:
        """What is shown."""
        return list(self._rows)

    def sizeHint(self) -> QSize:
        return QSize(260, self.height())

    def line_of(self, place: int) -> QRectF:
        """Where one stands."""
        return QRectF(0, place * self._high, self.width(), self._high)

    def _said(self, row: Row) -> str:
        """One row in words."""
        raise NotImplementedError

    def _draw(self, painter: QPainter, row: Row, line: QRectF) -> None:
        """Draw one row into its line."""
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._rows:
            area = QRectF(tokens.GUTTER, 0, self.width() - 2 * tokens.GUTTER, WORDS)
            paint.text(painter, area, self._empty, "body", "text3")
        for place, row in enumerate(self._rows):
            self._draw(painter, row, self.line_of(place))
