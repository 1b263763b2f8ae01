"""The settings of an import as the domain declares them: label, field with its unit, limits, help."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from models.domain import ImportKey
from widgets import tokens
from widgets.form import UnitField
from widgets.parts.text import Text


class ImportSettings(QWidget):
    """One block a setting; ``entered`` tells Enter in a field, ``blamed`` the field that an error is about.

    What is empty stands for the default.
    """

    entered = Signal()
    blamed = Signal(QWidget)

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, QLineEdit] = {}
        self._limits: dict[str, tuple[Text, str]] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(tokens.GUTTER, 10, tokens.GUTTER, 12)
        self._column.setSpacing(16)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)

    def show_keys(self, keys: Mapping[str, ImportKey]) -> None:
        """Offer these settings, all of them empty."""
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        self._fields, self._limits = {}, {}
        for name, key in keys.items():
            self._column.addWidget(self._block(name, key))

    def _block(self, name: str, key: ImportKey) -> QWidget:
        field = UnitField(key.unit)
        field.setObjectName(f"import.set.{name}")
        field.setAccessibleName(key.label)
        field.setAccessibleDescription(f"{key.help} {key.limits}")
        field.setPlaceholderText(key.default)
        field.setToolTip(f"{key.help}\nOn the command line: --set {name}=…")
        field.returnPressed.connect(self.entered)
        field.textEdited.connect(lambda _text: self.show_error(name, ""))
        limits = Text(key.limits, "caption", "text2", wrap=True)
        self._fields[name], self._limits[name] = field, (limits, key.limits)
        head = QHBoxLayout()
        head.addWidget(Text(key.label, "strong"), 1)
        # Reports and scripts call it so.
        head.addWidget(Text(name, "mono", "text2"), 0, Qt.AlignmentFlag.AlignRight)
        block = QWidget()
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(field)
        column.addWidget(limits)
        column.addWidget(Text(key.help, "caption", "text2", wrap=True))
        return block

    def values(self) -> dict[str, str]:
        """What a person entered, by name; nothing for what is empty."""
        given = {name: field.text().strip() for name, field in self._fields.items()}
        return {name: text for name, text in given.items() if text}

    def set_value(self, name: str, text: str) -> None:
        """Put text into a field, as if it was entered there."""
        self._fields[name].setText(text)
        self.show_error(name, "")

    def show_error(self, name: str, text: str) -> None:
        """Say under a field what is wrong with it, "" when nothing is."""
        limits, words = self._limits[name]
        limits.setText(text or words)
        limits.set_tone("error" if text else "text2")
        field = self._fields[name]
        field.setProperty("wrong", bool(text))
        field.style().unpolish(field)
        field.style().polish(field)

    def blame(self, text: str) -> bool:
        """Show an error of the import at the setting that it begins with; False when it is about something else."""
        name = next((name for name in self._fields if text.startswith(f"{name} is ")), "")
        if name:
            self.show_error(name, text.removeprefix(f"{name} is "))
            self._fields[name].setFocus(Qt.FocusReason.OtherFocusReason)
            self.blamed.emit(self._fields[name])
        return bool(name)
