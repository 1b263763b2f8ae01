"""A dock with our own title bar of 32 px."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QWidget

from widgets.parts.buttons import ToolButton
from widgets.parts.header import PaneHeader


class Dock(QDockWidget):
    """A panel of the window; its bar is a `PaneHeader` (``dock.head``) with float and close, or one that is given."""

    def __init__(
        self,
        title: str,
        name: str,
        content: QWidget | None = None,
        subtitle: str = "",
        parent: QWidget | None = None,
        bar: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        if bar is None:
            bar = self._make_head(title, name, subtitle)
        self.setTitleBarWidget(bar)
        if content is not None:
            self.setWidget(content)

    def _make_head(self, title: str, name: str, subtitle: str) -> PaneHeader:
        self.head = PaneHeader(title, subtitle)
        self.head.setObjectName(f"{name}_head")
        self.head.add_entry("Float or dock", lambda: self.setFloating(not self.isFloating()))
        close = ToolButton("close", f"Close {title.lower()}")
        close.setObjectName(f"{name}_close")
        close.setFixedSize(24, 24)
        close.setIconSize(QSize(12, 12))
        close.clicked.connect(self.close)
        self.head.add_tool(close, keep=True)
        return self.head
