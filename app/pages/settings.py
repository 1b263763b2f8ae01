"""The person's settings, and those of the open project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.pages.page import Page
from models.change import Change, UndoChanged
from models.errors import UserError
from models.store.fold import person
from widgets import theme
from widgets.parts.buttons import Button
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.notice import Note
from widgets.parts.text import Text

if TYPE_CHECKING:
    from app.window import Window

LABEL = 160


class SettingsPage(Page):
    """Curator, theme, what a label does, motion; classes and place of the project."""

    name = "settings"
    title = "Settings"
    needs_project = False

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        settings = self.session.settings
        self.curator = QLineEdit(settings.curator)
        self.curator.setObjectName("settings.curator")
        self.curator.setAccessibleName("Curator")
        self.curator.setFixedWidth(240)
        self.curator.editingFinished.connect(self._set_curator)
        self.look = LabelledCombo("", [("as the system", "system"), ("light", "light"), ("dark", "dark")], "Theme")
        self.look.setObjectName("settings.theme")
        self.look.chosen.connect(lambda mode: window.run_command(f"view.{mode}"))
        self.advance = self._check("advance", "Go on to the next sample after a label", True)
        self.motion = self._check("motion", "Move softly (palette, notices)", True)
        self.motion.toggled.connect(theme.set_motion)
        self.classes = QLineEdit()
        self.classes.setObjectName("settings.class")
        self.classes.setAccessibleName("New class")
        self.classes.setPlaceholderText("name of a further class")
        self.classes.setFixedWidth(240)
        self.add = Button("Add class", "add")
        self.add.setObjectName("settings.add_class")
        self.add.clicked.connect(self._add_class)
        self.votes = QCheckBox("Every vote counts, not only the latest label")
        self.votes.setObjectName("settings.votes")
        self.votes.clicked.connect(self._set_votes)
        self.known = Text("", "body", "text2", wrap=True)
        self.known.setMinimumWidth(480)
        self.where = Text("", "mono", "text2", wrap=True)
        self._lay_out()

    def _check(self, name: str, words: str, default: bool) -> QCheckBox:
        box = QCheckBox(words)
        box.setObjectName(f"settings.{name}")
        box.setChecked(bool(self.session.settings.get(name, default)))
        box.toggled.connect(lambda on: self.session.settings.set(name, on))
        return box

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(PaneHeader("Settings", "kept for this person on this computer", tall=True))
        body = QVBoxLayout()
        body.setContentsMargins(24, 16, 24, 24)
        body.setSpacing(10)
        body.addWidget(Text("Person", "title"))
        self._row(body, "Curator", self.curator, "the name under which labels are given")
        self._row(body, "Theme", self.look, "")
        self._row(body, "Labelling", self.advance, "")
        self._row(body, "Motion", self.motion, "")
        keys = Button("All keys", "keyboard")
        keys.setObjectName("settings.keys")
        keys.clicked.connect(lambda: self.desk.show_page("keys"))
        self._row(body, "Keys", keys, "every key can be changed")
        body.addSpacing(16)
        self.project_title = Text("Project", "title")
        body.addWidget(self.project_title)
        self._row(body, "Folder", self.where, "")
        self._row(body, "Classes", self.known, "")
        line = QWidget()
        inside = QHBoxLayout(line)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.classes)
        inside.addWidget(self.add)
        self._row(body, "", line, "")
        self._row(body, "Votes", self.votes, "")
        told = "Where people disagree, the next training learns each class by its share of the votes on a sample."
        self._row(body, "", Text(f"{told}\nThe label in the list stays the latest one.", "body", "text2"), "")
        body.addStretch(1)
        column.addLayout(body, 1)

    def _row(self, column: QVBoxLayout, label: str, field: QWidget, hint: str) -> None:
        row = QHBoxLayout()
        words = Text(label, "body", "text2")
        words.setFixedWidth(LABEL)
        row.addWidget(words)
        row.addWidget(field)
        row.addWidget(Text(hint, "body", "text3"))
        row.addStretch(1)
        column.addLayout(row)

    def refresh(self) -> None:
        self.look.set_value(self.session.settings.get("theme", "system"))
        project = self.session.project
        self.where.setText(str(project.path) if project else "no project is open")
        named = {name: self.session.class_title(name) for name in self.session.classes}
        told = [title if title == name else f"{title} ({name})" for name, title in named.items()]
        self.known.setText(", ".join(words.replace(" ", "\u00a0") for words in told) or "none yet")
        for widget in (self.classes, self.add, self.votes):
            widget.setEnabled(project is not None)
        self.votes.setChecked(bool(project and project.setting("votes", False)))

    def follow(self, change: Change) -> None:
        self.refresh()

    def _set_curator(self) -> None:
        try:
            name = person(self.curator.text())
        except UserError as error:
            self.curator.setText(self.session.settings.curator)
            self.desk.notify(Note(str(error), "error", "Not changed"))
            return
        if name:
            self.session.settings.set("curator", name)
            self.desk.top.person.show_person(self.session.curator)
            self.session.changed.emit(UndoChanged())  # another's acts are not this person's to take back

    def _set_votes(self, on: bool) -> None:
        self.desk.guarded(lambda: self._count_votes(on))
        self.refresh()

    def _count_votes(self, on: bool) -> bool:
        self.session.count_votes(on)
        words = "The next training learns from every vote" if on else "The next training learns from the latest labels"
        self.desk.notify(Note(f"{words}; runs that are there stay as they are"))
        return True

    def _add_class(self) -> None:
        name = self.classes.text().strip()
        if not name:
            return
        if self.desk.guarded(lambda: self.session.add_class(name)):
            self.classes.clear()
            self.desk.notify(Note(f"Class {name} is there"))
            self.refresh()

    def first_focus(self) -> QWidget:
        return self.curator
