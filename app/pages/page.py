"""What every page is: a widget with a name, commands of its own and a first focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.commands import Command
from models.change import Change

if TYPE_CHECKING:
    from app.window import Window


class Page(QWidget):
    """One page of the window. It listens to changes only while it is shown; shown again, it refreshes.

    name: its id. title: on its tab. needs_project: cannot be shown without one.
    """

    name = ""
    title = ""
    needs_project = True

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.setObjectName(f"page.{self.name}")
        self.setAccessibleName(self.title)
        self.setProperty("ground", "well")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def commands(self) -> list[Command]:
        """Commands that belong to this page; added when it is made."""
        return []

    def opened(self) -> None:
        """Another project is open (or none): forget what belonged to the former."""

    def refresh(self) -> None:
        """The page is about to be shown: bring all up to date."""

    def follow(self, change: Change) -> None:
        """Something changed while the page is shown: redraw only that."""

    def keep(self) -> None:
        """The window closes or another project opens: keep layout and place in the settings."""

    def step_back(self) -> bool:
        """Esc was pressed: go one step back; False when there is nothing to leave."""
        return False

    def busy(self) -> bool:
        """Whether the page still waits for something it asked for."""
        return False

    def panes(self) -> list[QWidget]:
        """Where F6 puts the focus, in order."""
        return []

    def first_focus(self) -> QWidget | None:
        """Where the focus goes when the page is shown."""
        return None
