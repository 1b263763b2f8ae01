"""Who voted for what on one sample: a name, a chip and a class in each row, the person's own last."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from widgets import paint, theme, tokens
from widgets.parts.rows import Rows

ROW = 24


@dataclass(frozen=True)
class Vote:
    """One rater's word: place of the class (−1: cannot say), its letter and title; own: the person's."""

    name: str
    title: str
    letter: str = ""
    index: int = -1
    own: bool = False


class RaterRows(Rows[Vote]):
    """Votes below each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, "Raters", foot=4, parent=parent)

    def _said(self, row: Vote) -> str:
        return f"{row.name} {row.title}"

    def _draw(self, painter: QPainter, row: Vote, line: QRectF) -> None:
        line = line.adjusted(4, 1, -4, -1)
        if row.own:
            paint.plate(painter, line, theme.token("selection"), tokens.RADIUS)
        role, middle = "strong" if row.own else "body", self.width() * 0.54
        name = QRectF(tokens.GUTTER, line.top(), middle - tokens.GUTTER - 8, line.height())
        paint.text(painter, name, row.name, role, "text")
        chip = QRectF(middle, line.center().y() - paint.CHIP / 2, paint.CHIP, paint.CHIP)
        paint.chip(painter, chip, "filled" if row.index >= 0 else "dashed", row.letter, max(row.index, 0))
        left = chip.right() + 8
        paint.text(painter, QRectF(left, line.top(), line.right() - left, line.height()), row.title, role, "text")
