"""The settings page: who labels."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from tests.pages.conftest import Opened


def test_a_curator_never_takes_the_name_of_a_source(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    window.show_page("settings")
    field = window.findChild(QLineEdit, "settings.curator")
    assert isinstance(field, QLineEdit)
    for name, kept in (("file", "ann"), ("file:a.csv", "ann"), ("bea", "bea")):
        field.clear()
        qtbot.keyClicks(field, name)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert window.session.curator == kept
        assert field.text() == kept
