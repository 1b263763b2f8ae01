"""Two fields side by side or one at a time, and the classes in a line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme
from widgets.parts import SegmentedButtons


class Pair(QWidget):
    """Two fields: beside each other where each has room, else one of them, chosen in the head.

    choices: value and words of each. least: width from which both are shown. share: of the first.
    """

    def __init__(
        self,
        fields: tuple[QWidget, QWidget],
        choices: tuple[tuple[str, str], tuple[str, str]],
        name: str,
        least: int,
        share: float = 0.5,
    ) -> None:
        super().__init__()
        self._fields, self._least, self._share = fields, least, share
        self.buttons = SegmentedButtons([(value, words, "") for value, words in choices], "Show")
        self.buttons.setObjectName(name)
        self.buttons.chosen.connect(lambda _value: self._place())
        for one in fields:
            one.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(80, 48)

    @property
    def both(self) -> bool:
        """Whether there is room for both."""
        return self.width() >= self._least

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        first, second = self._fields
        self.buttons.setVisible(not self.both)
        second_only = self.buttons.value() == self.buttons.segments()[1][0]
        first.setVisible(self.both or not second_only)
        second.setVisible(self.both or second_only)
        left = round(self.width() * self._share) if self.both else self.width()
        first.setGeometry(0, 0, left, self.height())
        second.setGeometry(left if self.both else 0, 0, self.width() - left if self.both else left, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.token("well"))


class ClassKeys(QWidget):
    """The classes and their colours, in a line."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[tuple[int, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(20)

    def set_classes(self, entries: Sequence[tuple[int, str]]) -> None:
        """Tell place and title of each class."""
        self._entries = list(entries)
        self.setAccessibleName(", ".join(words for _place, words in entries))
        self.setVisible(bool(entries))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(sum(paint.width(words, "caption") + 30 for _place, words in self._entries)), 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, x = QPainter(self), 2.0
        for place, words in self._entries:
            painter.fillRect(QRectF(x, 7, 12, 6), theme.class_colour(place).fill)
            x += 16
            x += paint.text(painter, QRectF(x, 0, 200, 20), words, "caption", "text2") + 14
