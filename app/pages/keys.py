"""All keys by section, generated from the commands; a click on one changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.chrome.menu import SECTIONS
from app.commands import Command
from app.pages.page import Page
from widgets import numbers
from widgets.parts.buttons import Button
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyCap
from widgets.parts.notice import Note
from widgets.parts.text import Text

if TYPE_CHECKING:
    from app.window import Window


#: A key further from its words than this allows is hard to follow.
WIDEST = 1400


class KeyButton(QPushButton):
    """The key of one command; pressed it waits for another one, Esc leaves it, Backspace takes it away."""

    def __init__(self, page: KeysPage, command: Command) -> None:
        super().__init__()
        self._page, self._command = page, command
        self.setObjectName(f"keys.change.{command.id}")
        self.setAccessibleName(f"Key of {command.words()}")
        self.setCheckable(True)
        self.setFixedWidth(110)
        self.setText("Change…")
        self.toggled.connect(lambda on: self.setText("Press a key" if on else "Change…"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.isChecked():
            super().keyPressEvent(event)
            return
        if event.key() in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta):
            return
        self.setChecked(False)
        if event.key() == Qt.Key.Key_Escape:
            return
        taken = event.key() == Qt.Key.Key_Backspace
        keys = () if taken else (QKeySequence(event.keyCombination()).toString(),)
        self._page.remap(self._command.id, keys)

    def event(self, event: object) -> bool:
        from PySide6.QtCore import QEvent

        assert isinstance(event, QEvent)
        if event.type() == QEvent.Type.ShortcutOverride and self.isChecked():
            event.accept()
            return True
        return super().event(event)


class KeysPage(Page):
    """Every command with its key, searchable."""

    name = "keys"
    title = "Keys"
    needs_project = False

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.head = PaneHeader("Keys", "letters act outside text fields", tall=True)
        self.search = QLineEdit()
        self.search.setObjectName("keys.find")
        self.search.setAccessibleName("Find a command")
        self.search.setPlaceholderText("Find a command or key")
        self.search.setFixedWidth(240)
        self.search.textChanged.connect(lambda _text: self._fill())
        self.head.add_tool(self.search, keep=True)
        reset = Button("All as at first")
        reset.setObjectName("keys.reset")
        reset.clicked.connect(self._reset)
        self.head.add_tool(reset, keep=True)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.area.viewport().setProperty("ground", "well")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.area, 1)

    def refresh(self) -> None:
        self._fill()

    def _fill(self) -> None:
        wanted = self.search.text().lower()
        body = QWidget()
        body.setProperty("ground", "well")
        body.setMaximumWidth(WIDEST)
        row = QHBoxLayout(body)
        row.setContentsMargins(24, 16, 24, 24)
        row.setSpacing(48)
        columns = [QVBoxLayout(), QVBoxLayout()]
        for layout in columns:
            layout.setSpacing(4)
            row.addLayout(layout, 1)
        known = [item for item in self.desk.commands.all() if wanted in f"{item.words()} {self._keys(item)}".lower()]
        sections = [*SECTIONS, *dict.fromkeys(item.part() for item in known if item.part() not in SECTIONS)]
        heights = [0, 0]
        for section in sections:
            members = [item for item in known if item.part() == section]
            if members:
                place = heights.index(min(heights))
                self._section(columns[place], section, members)
                heights[place] += len(members) + 2
        for layout in columns:
            layout.addStretch(1)
        self.area.setWidget(body)
        self.head.set_subtitle(f"{numbers.plural(len(known), 'command')}, letters act outside text fields")

    def _keys(self, command: Command) -> str:
        return " ".join(self.desk.commands.keys(command.id))

    def _section(self, layout: QVBoxLayout, title: str, members: list[Command]) -> None:
        layout.addSpacing(12)
        layout.addWidget(Text(title, "title"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        for place, command in enumerate(members):
            grid.addWidget(Text(command.plain(), "body"), place, 0)
            caps = QWidget()
            line = QHBoxLayout(caps)
            line.setContentsMargins(0, 0, 0, 0)
            # Enter of the number pad is another key with the same words.
            for key in dict.fromkeys(key.replace("Return", "Enter") for key in self.desk.commands.keys(command.id)):
                line.addWidget(KeyCap(key))
            line.addStretch(1)
            grid.addWidget(caps, place, 1)
            grid.addWidget(KeyButton(self, command), place, 2)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        layout.addLayout(grid)

    def remap(self, name: str, keys: tuple[str, ...]) -> None:
        """Give a command another key; tells which command lost it."""
        robbed = self.desk.commands.remap(name, keys)
        lost = [command.words() for other in robbed if (command := self.desk.commands.get(other))]
        if lost:
            self.desk.notify(Note(f"{keys[0]} was the key of {', '.join(lost)}, which has none now", "info"))
        self._fill()

    def _reset(self) -> None:
        self.desk.commands.reset_keys()
        self._fill()

    def first_focus(self) -> QWidget:
        return self.search
