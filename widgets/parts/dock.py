"""A dock with our own title bar of 32 px."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QWidget

from widgets.parts.buttons import ToolButton
from widgets.parts.header import PaneHeader


class Dock(QDockWidget):
    """A panel of the window; its head is a `PaneHeader` (``dock.head``) with float and close."""

    def __init__(
        self, title: str, name: str, content: QWidget | None = None, subtitle: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        self.head = PaneHeader(title, subtitle)
        self.head.setObjectName(f"{name}_head")
        self.head.add_entry("Float or dock", lambda: self.setFloating(not self.isFloating()))
        close = ToolButton("close", f"Close {title.lower()}")
        close.setObjectName(f"{name}_close")
        close.setFixedSize(24, 24)
        close.setIconSize(QSize(12, 12))
        close.clicked.connect(self.close)
        self.head.add_tool(close, keep=True)
        self.setTitleBarWidget(self.head)
        if content is not None:
            self.setWidget(content)
