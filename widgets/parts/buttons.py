"""Buttons: one primary a page, plain ones, links, and tool buttons that carry an icon alone."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from widgets import theme, tokens


class Button(QPushButton):
    """A plain button; `icon` is a name of the theme's signs."""

    _tone = "text2"

    def __init__(self, words: str, icon: str = "", tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.setFont(theme.font("label"))
        self.setToolTip(tip)
        self.setAccessibleName(words)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAutoDefault(False)
        if icon:
            self.set_icon(icon)

    def set_icon(self, name: str) -> None:
        """Show an icon before the words."""
        self.setIcon(theme.icon(name, self._tone))
        self.setIconSize(QSize(14, 14))

    def setText(self, words: str) -> None:
        super().setText(words)
        self.setAccessibleName(words)

    def set_primary(self, primary: bool) -> None:
        """Be the page's one ink-filled button, or leave that to another."""
        self.setFont(theme.font("strong" if primary else "label"))
        self.setProperty("primary", primary)
        self.style().unpolish(self)
        self.style().polish(self)


class PrimaryButton(Button):
    """The one ink-filled button of a page."""

    _tone = "primary_text"

    def __init__(self, words: str, icon: str = "", tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words, icon, tip, parent)
        self.setFont(theme.font("strong"))
        self.setProperty("primary", True)


class LinkButton(Button):
    """Words in the accent's colour: the action of a notice or a band."""

    def __init__(self, words: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(words, "", tip, parent)
        self.setFont(theme.font("strong"))
        self.setProperty("link", True)


class ToolButton(QToolButton):
    """An icon of 28×26 with a tip; the tip (or `name`) is its accessible name."""

    def __init__(
        self,
        icon: str,
        tip: str,
        checkable: bool = False,
        key: str = "",
        tone: str = "text2",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setCheckable(checkable)
        self.setFixedSize(28, tokens.CONTROL)
        self.setIconSize(QSize(16, 16))
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.set_icon(icon, tone)
        self.set_tip(tip, key)

    def set_icon(self, name: str, tone: str = "text2") -> None:
        """Show another icon."""
        self._sign = name
        self.setIcon(theme.icon(name, tone, "text"))

    def set_tip(self, tip: str, key: str = "") -> None:
        """Say what it does, and its key."""
        self.setToolTip(f"{tip}  {key}" if key else tip)
        self.setAccessibleName(tip)
