"""A small dialog of labelled fields that never blocks: it opens, and calls back when accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from models.errors import UserError
from widgets import tokens
from widgets.parts.buttons import Button, PrimaryButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.text import Text

LABEL = 104


class FieldDialog(QDialog):
    """Fields in rows, one primary button. `done_with(values)` may raise UserError: the dialog stays and tells it."""

    def __init__(self, title: str, text: str, action: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(520)
        self._fields: dict[str, QWidget] = {}
        self._rows: dict[str, list[QWidget]] = {}
        self._done: Callable[[dict[str, str]], None] = lambda values: None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 16, 20, 16)
        self._column.setSpacing(8)
        self._column.addWidget(Text(title, "head"))
        self._column.addWidget(Text(text, "body", "text2", wrap=True))
        self._trouble = Text("", "body", "error", wrap=True)
        self._trouble.setObjectName(f"{name}.trouble")
        self._trouble.hide()
        self._foot = QHBoxLayout()
        self._foot.addStretch(1)
        cancel = Button("Cancel")
        cancel.setObjectName(f"{name}.cancel")
        cancel.clicked.connect(self.reject)
        self.action = PrimaryButton(action)
        self.action.setObjectName(f"{name}.ok")
        self.action.setDefault(True)
        self.action.clicked.connect(self._accept)
        self._foot.addWidget(cancel)
        self._foot.addWidget(self.action)

    def add_field(self, name: str, label: str, value: str = "", hint: str = "") -> QLineEdit:
        """A line of text."""
        field = QLineEdit(value)
        field.setPlaceholderText(hint)
        self._add_row(name, label, field)
        return field

    def add_choice(self, name: str, label: str, choices: Sequence[tuple[str, str]]) -> LabelledCombo:
        """One of several (words, value)."""
        combo = LabelledCombo("", list(choices))
        combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._add_row(name, label, combo)
        return combo

    def add_path(self, name: str, label: str, value: str = "", kind: str = "folder", hint: str = "") -> QLineEdit:
        """A path with a button to look for it. kind: folder, file or save."""
        field = QLineEdit(value)
        field.setPlaceholderText(hint)
        look = Button("Browse…")
        look.setObjectName(f"{self.objectName()}.{name}.browse")
        look.clicked.connect(lambda: self._browse(field, label, kind))
        self._add_row(name, label, field, look)
        return field

    def show_field(self, name: str, on: bool) -> None:
        """Show or hide the row of a field; what a hidden one holds is as if it was not there."""
        for part in self._rows[name]:
            part.setVisible(on)
        if self.isVisible():
            # The room of what is hidden would stay as a gap before the buttons.
            self._column.activate()
            self.adjustSize()

    def _add_row(self, name: str, label: str, field: QWidget, more: QWidget | None = None) -> None:
        field.setObjectName(f"{self.objectName()}.{name}")
        field.setAccessibleName(label)
        row = QHBoxLayout()
        words = Text(label, "body", "text2")
        words.setFixedWidth(LABEL)
        words.setBuddy(field)
        row.addWidget(words)
        row.addWidget(field, 1)
        if more is not None:
            row.addWidget(more)
        self._column.addLayout(row)
        self._fields[name] = field
        self._rows[name] = [part for part in (words, field, more) if part is not None]

    def _browse(self, field: QLineEdit, label: str, kind: str) -> None:
        dialog = QFileDialog(self, label, field.text() or str(Path.home()))
        modes = {"folder": QFileDialog.FileMode.Directory, "file": QFileDialog.FileMode.ExistingFile}
        dialog.setFileMode(modes.get(kind, QFileDialog.FileMode.AnyFile))
        if kind == "save":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(field.setText)
        dialog.open()

    def values(self) -> dict[str, str]:
        """What the fields hold."""
        found = {}
        for name, field in self._fields.items():
            if field.isHidden():
                continue
            if isinstance(field, QLineEdit):
                found[name] = field.text().strip()
            elif isinstance(field, QComboBox):
                found[name] = str(field.currentData())
        return found

    def ask(self, done_with: Callable[[dict[str, str]], None]) -> None:
        """Open; `done_with` gets the values when the person accepts them."""
        self._done = done_with
        self._column.addWidget(self._trouble)
        self._column.addSpacing(tokens.GAP)
        self._column.addLayout(self._foot)
        self.open()
        first = next(iter(self._fields.values()), None)
        if first is not None:
            first.setFocus()
        if isinstance(first, QLineEdit):
            # What a person types takes the place of what is proposed.
            first.selectAll()

    def _accept(self) -> None:
        try:
            self._done(self.values())
        except UserError as error:
            self._trouble.setText(str(error))
            self._trouble.show()
            return
        self.accept()
