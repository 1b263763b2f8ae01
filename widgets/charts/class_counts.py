"""How many samples each class has, and how many are used after balancing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme

#: Room for names: in px at least, of the width at most.
LEAST, MOST = 66.0, 0.45


class ClassCounts(QWidget):
    """A row a class: chip, title, a soft bar (before) over a solid one (after), ``198 → 33``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles: list[str] = []
        self._letters: list[str] = []
        self._before: list[int] = []
        self._after: list[int] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Class counts")

    def set_counts(
        self, titles: Sequence[str], letters: Sequence[str], before: Sequence[int], after: Sequence[int]
    ) -> None:
        """Show counts before and after balancing, in class order."""
        self._titles, self._letters = list(titles), list(letters)
        self._before, self._after = list(before), list(after)
        told = [f"{title} {one} to {two}" for title, one, two in zip(titles, before, after, strict=True)]
        self.setAccessibleDescription(", ".join(told))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(340, 38 * len(self._titles))

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 24 * min(len(self._titles), 8))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._titles:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        step = min(self.height() / len(self._titles), 44.0)
        most = max([*self._before, *self._after, 1])
        words = [f"{numbers.count(b)} → {numbers.count(a)}" for b, a in zip(self._before, self._after, strict=True)]
        tail = max(paint.width(text, "label") for text in words) + 4
        named = max(paint.width(title, "label") for title in self._titles)
        named = min(max(named, LEAST), max(LEAST, self.width() * MOST))
        for place, title in enumerate(self._titles):
            y = place * step + step / 2
            paint.chip(painter, QRectF(0, y - 8.5, 17, 17), "filled", self._letters[place], place)
            paint.text(painter, QRectF(25, y - 9, named, 18), title, "label", "text")
            left = 30.0 + named
            wide = max(self.width() - left - tail - 12, 10)
            look = theme.class_colour(place)
            pairs = ((self._before[place], look.soft, -7.0), (self._after[place], look.fill, 1.0))
            for count, colour, offset in pairs:
                painter.fillRect(QRectF(left, y + offset, wide * count / most, 6), colour)
            box = QRectF(self.width() - tail, y - 9, tail, 18)
            paint.text(painter, box, words[place], "label", "text", paint.RIGHT)
