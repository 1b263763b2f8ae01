"""The settings page: who labels."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from app.pages.curate import CuratePage
from models.store.project import Project
from tests.app.desk import click, control, settle
from tests.app.windows import Opened


def test_a_curator_never_takes_the_name_of_a_source(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    window.session.flag("flag")
    assert window.top.undo.isEnabled()
    window.show_page("settings")
    field = window.findChild(QLineEdit, "settings.curator")
    assert isinstance(field, QLineEdit)
    for name, kept in (("file", "ann"), ("file:a.csv", "ann"), ("bea", "bea")):
        field.clear()
        qtbot.keyClicks(field, name)
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert window.session.curator == kept
        assert field.text() == kept
    assert not window.top.undo.isEnabled(), "what ann did is not bea's to take back"


def test_every_vote_counts_when_asked_for(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    session = window.session
    row = session.current
    label = session.classes[session.places()[row]]
    other = next(name for name in session.classes if name != label)
    session.label(other)
    session.go_to(row)
    page = window.page("curate")
    assert isinstance(page, CuratePage)

    def shares() -> dict[str, float]:
        page.panel.show_sample()
        return {bar.name: bar._label for bar in page.panel.classes.rows() if bar._label > 0}

    assert shares() == {other: 1.0}
    window.show_page("settings")
    click(qtbot, "settings.votes")
    settle(qtbot, window)
    with Project.open(labelled) as again:
        assert again.setting("votes") is True
    assert shares() == {label: 0.5, other: 0.5}
    assert session.view.column("label")[row] == other, "the shown label is still the latest"
    click(qtbot, "settings.votes")
    assert shares() == {other: 1.0}
    session.leave()
    window.show_page("settings")
    box = control("settings.votes")
    assert isinstance(box, QCheckBox)
    assert not box.isEnabled()
