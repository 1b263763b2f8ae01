"""Empty, loading and offline states, designed like the full ones."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets import paint, theme, tokens
from widgets.parts.buttons import Button, LinkButton, PrimaryButton
from widgets.parts.text import Text


class EmptyState(QWidget):
    """An icon, a title, what to do, and buttons; the first button is the primary one.

    ``action_asked(key)`` tells the button. `text` may hold words in backquotes: they read as code.
    """

    action_asked = Signal(str)

    def __init__(
        self,
        title: str,
        text: str = "",
        icon: str = "",
        actions: Sequence[tuple[str, str]] = (),
        primary: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 16, 16, 16)
        self._column.setSpacing(3)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = Text("", "title")
        self._text = Text("", "body", "text2", wrap=True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 10, 0, 0)
        self._row.setSpacing(8)
        self._column.addStretch(2)
        self._column.addWidget(self._picture)
        self._column.addWidget(self._title)
        self._column.addWidget(self._text)
        self._column.addLayout(self._row)
        self._column.addStretch(3)
        self.set_state(title, text, icon, actions, primary)

    def set_state(
        self, title: str, text: str = "", icon: str = "", actions: Sequence[tuple[str, str]] = (), primary: bool = True
    ) -> None:
        """Say something else."""
        self._picture.setVisible(bool(icon))
        if icon:
            self._picture.setPixmap(theme.pixmap(icon, 22, "text2", 2.0))
            self._picture.setFixedHeight(30)
        self._title.setText(title)
        self._text.setText(_as_rich(text))
        self._text.setVisible(bool(text))
        while self._row.count():
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self._row.addStretch(1)
        for place, (key, words) in enumerate(actions):
            button: Button = PrimaryButton(words) if place == 0 and primary else Button(words)
            button.setObjectName(f"empty_{key}")
            button.clicked.connect(lambda _on=False, key=key: self.action_asked.emit(key))
            self._row.addWidget(button)
        self._row.addStretch(1)
        self.setAccessibleName(f"{title}. {text}")

    def buttons(self) -> list[Button]:
        """Its buttons in order."""
        items = [self._row.itemAt(place) for place in range(self._row.count())]
        found = [item.widget() for item in items if item is not None]
        return [widget for widget in found if isinstance(widget, Button)]


def _as_rich(text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    parts = safe.split("`")
    mono = "<span style=\"font-family:'JetBrains Mono'\">"
    return "".join(f"{mono}{part}</span>" if place % 2 else part for place, part in enumerate(parts))


class SkeletonRows(QWidget):
    """Grey bars where rows are still to come; `columns` are (x share, width share) of the width."""

    def __init__(
        self, row: int = tokens.ROW, columns: Sequence[tuple[float, float]] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._row = row
        self._columns = list(columns) or [(0.03, 0.17), (0.27, 0.26), (0.56, 0.09), (0.81, 0.09)]
        self.setAccessibleName("loading")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for top in range(0, self.height(), self._row):
            for left, wide in self._columns:
                area = QRectF(left * self.width(), top + self._row / 2 - 5, wide * self.width(), 10)
                paint.skeleton(painter, area)
            painter.fillRect(0, top + self._row - 1, self.width(), 1, theme.token("line"))


class Band(QWidget):
    """A band on top of a page on a state's ground, with one action: ``Labels server away  Try now``."""

    action_asked = Signal()

    def __init__(
        self, text: str, action: str = "", state: str = "warn", icon: str = "offline", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._state, self._icon = state, icon
        self._tone = "accent_text" if state == "info" else state
        row = QHBoxLayout(self)
        row.setContentsMargins(34, 0, 8, 0)
        self._text = Text(text, "strong", self._tone)
        row.addWidget(self._text, 1)
        self.button = LinkButton(action)
        self.button.clicked.connect(self.action_asked)
        row.addWidget(self.button)
        self.button.setVisible(bool(action))  # with its parent: alone it would be a window, and take the keyboard
        self.setFixedHeight(32)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def set_text(self, text: str) -> None:
        """Say something else."""
        self._text.setText(text)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        return QSize(300, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token(f"{self._state}_bg"))
        theme.draw_sign(painter, QRectF(12, 9, 14, 14), self._icon, theme.token(self._tone))
