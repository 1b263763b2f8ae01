"""The status line and its pieces."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from widgets import paint, theme, tokens
from widgets.parts.bars import Bar
from widgets.parts.text import Rule, Text


class StatusLine(QWidget):
    """The 25-px line at the foot of the window; pieces at the left, then at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(tokens.GUTTER, 1, tokens.GUTTER, 0)
        self._row.setSpacing(14)
        self._row.addStretch(1)
        self._left = 0
        self.setFixedHeight(tokens.STATUS)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def add(self, piece: QWidget, right: bool = False) -> QWidget:
        """Add a piece at the end of the left or the right side."""
        if right:
            self._row.addWidget(piece)
        else:
            self._row.insertWidget(self._left, piece)
            self._left += 1
        return piece

    def add_rule(self) -> QWidget:
        """Add an upright rule at the left."""
        rule = Rule(upright=True)
        rule.setFixedHeight(14)
        return self.add(rule)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("chrome"))
        paint.rule(painter, self.rect(), "top")


class StatusText(QWidget):
    """Words with a strong part and an icon before: ``Labelled **825** of 825``; may be clicked."""

    clicked = Signal()

    def __init__(
        self,
        text: str = "",
        strong: str = "",
        after: str = "",
        icon: str = "",
        tone: str = "text2",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_text(text, strong, after, icon, tone)

    def set_text(self, text: str, strong: str = "", after: str = "", icon: str = "", tone: str = "text2") -> None:
        """Say something else: plain, strong, plain."""
        self._parts = [(text, "body"), (strong, "strong"), (after, "body")]
        self._icon, self._tone = icon, tone
        self.setAccessibleName(" ".join(part for part, _role in self._parts if part))
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """All its words."""
        return self.accessibleName()

    def set_clickable(self, tip: str) -> None:
        """Let it be clicked and reached by Tab."""
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", True)

    def sizeHint(self) -> QSize:
        wide = sum(paint.width(part, role) + 4 for part, role in self._parts if part)
        return QSize(round(wide + (18 if self._icon else 0)), 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        x = 0.0
        if self._icon:
            painter.drawPixmap(0, 4, theme.pixmap(self._icon, 12, self._tone, self.devicePixelRatioF()))
            x = 17
        for part, role in self._parts:
            if part:
                tone = "text" if role == "strong" and self._tone == "text2" else self._tone
                x += paint.text(painter, QRectF(x, 0, 2000, self.height()), part, role, tone) + 4

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


class StatusProgress(QWidget):
    """A share with its words: ``Labelled 825 of 825 ▬▬▬`` or ``Training cnn, epoch 7 of 15 ▬▬ 0:42 left``."""

    clicked = Signal()

    def __init__(self, tone: str = "label_bar", wide: int = 120, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.words = StatusText()
        self.words.setObjectName("status_job_words")
        self.bar = Bar(0.0, tone)
        self.bar.setFixedWidth(wide)
        self.left = Text("", "body", "text2")
        row.addWidget(self.words)
        row.addWidget(self.bar)
        row.addWidget(self.left)
        self.words.clicked.connect(self.clicked)

    def set_progress(self, text: str, strong: str, after: str, part: float, left: str = "", icon: str = "") -> None:
        """Show words (plain, strong, plain), a share from 0 to 1 and what is left."""
        self.words.set_text(text, strong, after, icon)
        self.bar.set_part(part)
        self.left.setText(left)
        self.left.setVisible(bool(left))
        self.setAccessibleName(f"{self.words.text()} {left}".strip())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clicked.emit()
