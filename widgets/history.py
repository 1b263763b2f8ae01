"""What happened to one sample: chips and flags on a thread, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.parts.rows import Rows

ROW = 42


@dataclass(frozen=True)
class Moment:
    """One line of the history. kind: filled, hollow, dashed chip, or an icon's name with `letter` empty."""

    title: str
    text: str
    at: str
    kind: str = "filled"
    letter: str = ""
    index: int = 0


class History(Rows[Moment]):
    """Moments below each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, "History", parent=parent)

    def show_rows(self, rows: Sequence[Moment], empty: str = "Nothing yet") -> None:
        super().show_rows(rows, empty)

    def _said(self, row: Moment) -> str:
        return f"{row.title}, {row.text}, {row.at}"

    def _draw(self, painter: QPainter, row: Moment, line: QRectF) -> None:
        top, right = line.top(), line.right()
        if line.bottom() < self.height():
            painter.setPen(QPen(theme.token("line2"), 1))
            painter.drawLine(QPointF(20.5, top + 22), QPointF(20.5, line.bottom() - 2))
        self._draw_sign(painter, row, QRectF(12, top + 1, paint.CHIP, paint.CHIP))
        wide = paint.width(row.at, "body")
        paint.text(painter, QRectF(40, top, right - 64 - wide, 18), row.title, "strong", "text")
        paint.text(painter, QRectF(right - 12 - wide, top, wide + 1, 18), row.at, "body", "text2")
        paint.text(painter, QRectF(40, top + 17, right - 52, 18), row.text, "body", "text2")

    def _draw_sign(self, painter: QPainter, moment: Moment, area: QRectF) -> None:
        if moment.kind in ("filled", "hollow", "dashed"):
            paint.chip(painter, area, moment.kind, moment.letter, moment.index)
        else:
            theme.draw_sign(painter, area.adjusted(1, 1, -1, -1), moment.kind, theme.token("text2"))
