"""What to do with the selected thumbnails: a button for each class. It floats: what lies below keeps its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from widgets import numbers, paint, theme, tokens
from widgets.mosaic.carry import BIN
from widgets.parts.buttons import LinkButton
from widgets.parts.keys import caps_width, draw_caps
from widgets.parts.notice import keep_clear
from widgets.parts.text import Text

HEIGHT = 50


class ClassButton(QAbstractButton):
    """Key, chip and name of one class; without the name where room is short."""

    def __init__(self, index: int, name: str, letter: str, key: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._index, self._letter, self._key, self._title = index, letter, key, title
        self.short = False
        self.setObjectName(f"bulk_{name}")
        self.setProperty(BIN, name)
        self.setAccessibleName(f"Label selection {title}")
        self.setToolTip(f"Label selection {title}  {key}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(28)

    def whole_width(self, short: bool) -> int:
        """Its width with or without the name."""
        return (
            12
            + caps_width(self._key)
            + 6
            + paint.CHIP
            + (0 if short else round(paint.width(self._title, "strong")) + 8)
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse():
            paint.plate(painter, QRectF(self.rect()), theme.token("hover"), tokens.RADIUS)
        x = draw_caps(painter, 6, self.height() / 2, self._key) + 6
        chip = paint.chip_pixmap("filled", self._letter, self._index, self.devicePixelRatioF())
        painter.drawPixmap(round(x), (self.height() - paint.CHIP) // 2, chip)
        if not self.short:
            box = QRectF(x + paint.CHIP + 7, 0, self.width(), self.height())
            paint.text(painter, box, self._title, "strong", "text")


class ActionBar(QWidget):
    """``5 selected | 1 R red blood cell …  Esc clears``; not there below two selected."""

    class_asked = Signal(str)
    clear_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[ClassButton] = []
        self._words = Text("", "title", parent=self)
        self._clear = LinkButton("Esc clears", parent=self)
        self._clear.setFont(theme.font("caption"))
        self._clear.setObjectName("clear_selection")
        self._clear.clicked.connect(self.clear_asked)
        self._count = 0
        keep_clear(self)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Selection")
        self.set_count(0)

    def set_classes(
        self,
        names: Sequence[str],
        letters: Sequence[str],
        keys: Sequence[str] = (),
        titles: Mapping[str, str] | None = None,
    ) -> None:
        """Offer these classes."""
        for button in self._buttons:
            button.deleteLater()
        caps = list(keys) or [tokens.key_of(index, names) for index in range(len(names))]
        self._buttons = []
        for index, name in enumerate(names):
            button = ClassButton(index, name, letters[index], caps[index], (titles or {}).get(name, name), self)
            button.clicked.connect(lambda _on=False, name=name: self.class_asked.emit(name))
            self._buttons.append(button)
        self.set_count(self._count)

    def set_count(self, count: int) -> None:
        """How many are selected."""
        self._count = count
        self._words.setAccessibleName(f"{numbers.count(count)} selected")
        self.setVisible(count > 1)
        self._place()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        self._words.setText(f"{numbers.count(self._count)} selected")
        self._words.move(24, 15)
        self._words.resize(self._words.sizeHint().width() + 2, 20)
        left = self._words.geometry().right() + 22
        self._clear.setGeometry(self.width() - 90, 12, 76, 26)
        room = self.width() - 96 - left
        short = sum(button.whole_width(False) + 4 for button in self._buttons) > room
        # A class counts more than words: where room is short they give way.
        tight = sum(button.whole_width(True) + 4 for button in self._buttons) - 4 > room
        if tight:
            self._words.setText(numbers.count(self._count))
            self._words.resize(self._words.sizeHint().width() + 2, 20)
            left = self._words.geometry().right() + 22
        self._clear.setVisible(not tight)
        end = self.width() - (14 if tight else 94)
        for button in self._buttons:
            button.short = short
            wide = button.whole_width(short)
            button.setGeometry(left, 11, wide, 28)
            button.setVisible(left + wide <= end)
            left += wide + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.setBrush(theme.token("raised"))
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(10.5, 5.5, -10.5, -5.5), tokens.RADIUS_CARD, tokens.RADIUS_CARD
        )
        x = self._words.geometry().right() + 10
        painter.fillRect(x, 17, 1, 16, theme.token("line2"))
