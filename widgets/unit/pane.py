"""A pane with its head, two fields side by side or one at a time, and splitters that keep their shares."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from widgets import paint, theme, tokens
from widgets.parts import PaneHeader, SegmentedButtons, Splitter


class Pane(QWidget):
    """A head of 32 px over a body."""

    def __init__(self, title: str, name: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_pane")
        self.header = PaneHeader(title)
        self.header.more.setObjectName(f"{name}_more")
        self.header.more.setAccessibleName(f"More on {title.lower()}")
        self.body = body
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(body, 1)
        self.setMinimumSize(120, tokens.HEADER)


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


class Shares(Splitter):
    """Two panes that keep their shares of the room when it changes. moved: a person has moved the line."""

    def __init__(self, orientation: Qt.Orientation, first: QWidget, second: QWidget, share: float, name: str) -> None:
        super().__init__(orientation)
        self.setObjectName(name)
        self.share, self.moved = share, False
        self.addWidget(first)
        self.addWidget(second)
        self.splitterMoved.connect(self._note)

    def set_share(self, share: float) -> None:
        """Give the first pane this share."""
        self.share = share
        self.spread()

    def spread(self) -> None:
        """Give each pane its share of what there is."""
        level = self.orientation() == Qt.Orientation.Horizontal
        room = (self.width() if level else self.height()) - self.handleWidth()
        first = round(room * self.share)
        if room > 0:
            self.setSizes([first, room - first])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.spread()

    def _note(self, *_moved: int) -> None:
        first, second = self.sizes()
        if first and second:
            self.moved = True
            self.share = first / (first + second)


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
