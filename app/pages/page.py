"""What every page is: a widget with a name, commands of its own and a first focus."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.commands import Command
from models.change import Change
from widgets.parts.states import EmptyState

if TYPE_CHECKING:
    from app.window import Window


class Page(QWidget):
    """One page of the window. It listens to changes only while it is shown; shown again, it refreshes.

    name: its id. title: on its tab. needs_project: cannot be shown without one. tells_use: what the program is for
    stands on it already.
    """

    name = ""
    title = ""
    needs_project = True
    tells_use = False

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.setObjectName(f"page.{self.name}")
        self.setAccessibleName(self.title)
        self.setProperty("ground", "well")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def build_body(self, empty: EmptyState) -> QVBoxLayout:
        """The page as words while there is nothing to show, or as a body, by `stack`; the column of the body.

        Before the parts of the body: each is dressed by the style sheet once, where it stays.
        """
        self.empty, self.stack = empty, QStackedLayout(self)
        empty.setObjectName(f"{self.name}.empty")
        body = QWidget()
        self.stack.addWidget(empty)
        self.stack.addWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        return column

    def commands(self) -> list[Command]:
        """Commands that belong to this page; added when it is made."""
        return []

    def opened(self) -> None:
        """Another project is open (or none): forget what belonged to the former."""

    def outdated(self) -> None:
        """Samples or classes changed while another page was shown: forget what stands on them."""

    def refresh(self) -> None:
        """The page is about to be shown: bring all up to date."""

    def follow(self, change: Change) -> None:
        """Something changed while the page is shown: redraw only that."""

    def keep(self) -> None:
        """The window closes or another project opens: keep layout and place in the settings."""

    def step_back(self) -> bool:
        """Esc was pressed: go one step back; False when there is nothing to leave."""
        return False

    def preview_merge(self) -> bool:
        """Show what a merge of the selected samples would make; False where there is nothing to see."""
        return False

    def busy(self) -> bool:
        """Whether the page still waits for something it asked for."""
        return False

    def panes(self) -> list[QWidget]:
        """Where F6 puts the focus, in order."""
        return []

    def kept_free(self) -> QWidget | None:
        """What stands at the left of the page's foot and may not be covered by the jobs tray."""
        return None

    def first_focus(self) -> QWidget | None:
        """Where the focus goes when the page is shown."""
        return None


def set_tab_order(parts: Sequence[QWidget]) -> None:
    """Let Tab go through these parts one after the other, in each as one reads: by rows, from the left.

    No focus proxies among them: Qt's Tab jumps from one to what it stands for, past all between.
    """
    line: list[QWidget] = []
    window = parts[0].window()
    for part in parts:
        takers = [item for item in (part, *part.findChildren(QWidget)) if _takes_tab(item) and item.window() is window]
        line += sorted(takers, key=partial(_reading_place, part))
    for one, other in itertools.pairwise(line):
        QWidget.setTabOrder(one, other)


def _takes_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None


def _reading_place(part: QWidget, widget: QWidget) -> tuple[int, int]:
    if widget is part:
        return 1 << 20, 0
    corner = widget.mapTo(part, QPoint(0, 0))
    # Controls of one row differ by a few pixels in height.
    return corner.y() // 12, corner.x()
