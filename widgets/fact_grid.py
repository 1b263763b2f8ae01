"""Facts in pairs of columns: a quiet caption, its value strong beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, tokens

ROW, COLUMNS, GAP = 22, 2, 8


class FactGrid(QWidget):
    """(caption, value) pairs, two in a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: list[tuple[str, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_facts([])

    def set_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Tell other facts."""
        self._facts = list(facts)
        self.setFixedHeight(ROW * -(-len(self._facts) // COLUMNS))
        self.setAccessibleName("; ".join(f"{caption}: {value}" for caption, value in self._facts))
        self.update()

    def facts(self) -> dict[str, str]:
        """What is told."""
        return dict(self._facts)

    def sizeHint(self) -> QSize:
        return QSize(260, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        first, second = (self._facts[at::COLUMNS] for at in range(COLUMNS))
        captions = [_widest([caption for caption, _value in facts], "caption") + GAP for facts in (first, second)]
        needs = [
            caption + _widest([value for _caption, value in facts], "strong") + 2
            for caption, facts in zip(captions, (first, second), strict=True)
        ]
        # The second column stands in the middle, and further left or right where words need it.
        middle = max(min(self.width() / 2, self.width() - needs[1] - 4), tokens.GUTTER + needs[0] + GAP)
        for place, (caption, value) in enumerate(self._facts):
            row, column = divmod(place, COLUMNS)
            left = middle if column else float(tokens.GUTTER)
            right = self.width() if column else middle - GAP
            box = QRectF(left, row * ROW, right - left, ROW)
            paint.text(painter, box, caption, "caption", "text2")
            paint.text(painter, box.adjusted(captions[column], 0, 0, 0), value, "strong", "text")


def _widest(words: Sequence[str], role: str) -> float:
    return max((paint.width(one, role) for one in words), default=0.0)
