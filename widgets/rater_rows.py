"""Who voted for what on one sample: a name, a chip and a class in each row, the person's own last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens

ROW = 24


@dataclass(frozen=True)
class Vote:
    """One rater's word: place of the class (−1: cannot say), its letter and title; own: the person's."""

    name: str
    title: str
    letter: str = ""
    index: int = -1
    own: bool = False


class RaterRows(QWidget):
    """Votes below each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._votes: list[Vote] = []
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Raters")
        self.show_votes([])

    def show_votes(self, votes: Sequence[Vote], words: str = "") -> None:
        """Tell other votes; words stand there where there are none."""
        self._votes, self._words = list(votes), words
        self.setFixedHeight(ROW * max(len(self._votes), 1 if words else 0) + 4)
        self.setAccessibleDescription("; ".join(f"{vote.name} {vote.title}" for vote in self._votes) or words)
        self.update()

    def votes(self) -> list[Vote]:
        """What is shown."""
        return list(self._votes)

    def sizeHint(self) -> QSize:
        return QSize(260, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._votes:
            area = QRectF(tokens.GUTTER, 0, self.width() - 2 * tokens.GUTTER, ROW)
            paint.text(painter, area, self._words, "body", "text3")
        middle = self.width() * 0.54
        for place, vote in enumerate(self._votes):
            line = QRectF(4, place * ROW + 1, self.width() - 8, ROW - 2)
            if vote.own:
                paint.plate(painter, line, theme.token("selection"), tokens.RADIUS)
            role = "strong" if vote.own else "body"
            name = QRectF(tokens.GUTTER, line.top(), middle - tokens.GUTTER - 8, line.height())
            paint.text(painter, name, vote.name, role, "text")
            chip = QRectF(middle, line.center().y() - paint.CHIP / 2, paint.CHIP, paint.CHIP)
            paint.chip(painter, chip, "filled" if vote.index >= 0 else "dashed", vote.letter, max(vote.index, 0))
            left = chip.right() + 8
            paint.text(painter, QRectF(left, line.top(), line.right() - left, line.height()), vote.title, role, "text")
