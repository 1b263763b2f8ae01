"""The editor of montages by real keys and drags: made, written, ordered, taken back, saved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from models.electrodes import CHANNELS
from models.montage import BUILT_IN, Montage, parse_montage
from widgets.recording.montage_editor import MontageEditor
from widgets.recording.montage_rows import LABEL, STATE, TEXT

OWN = parse_montage({"name": "ears", "groups": [{"name": "left", "rows": ["Fp1-F7", "T3-A1", "O1"]}]})
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def editor(qtbot: QtBot) -> Iterator[MontageEditor]:
    parent = QWidget()
    qtbot.addWidget(parent)
    found = MontageEditor([OWN], "ears", CHANNELS, parent)
    found.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    found.show()
    yield found
    found.close()


def texts(editor: MontageEditor) -> list[str]:
    return [row.text for row in editor.desk.draft.rows]


def press(qtbot: QtBot, editor: MontageEditor, name: str) -> None:
    button = editor.findChild(QPushButton, f"montages.{name}")
    assert isinstance(button, QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_it_opens_on_the_montage_that_is_looked_by_and_names_what_is_missing(editor: MontageEditor) -> None:
    assert editor.title.text() == "ears"
    assert texts(editor) == ["Fp1 - F7", "T3 - A1", "O1"]
    model = editor.rows
    assert [model.data(model.index(row, STATE)) for row in range(3)] == ["", "no A1", ""]
    assert "1 of 3 rows" in editor.trouble.text()
    assert editor.save.isEnabled()


def test_a_built_in_one_is_copied_before_it_is_changed(editor: MontageEditor, qtbot: QtBot) -> None:
    editor.list.setCurrentRow(0)
    assert editor.desk.draft.built_in
    assert not editor.title.isEnabled()
    before = editor.desk
    qtbot.keyClick(editor.table, Qt.Key.Key_Delete)
    assert editor.desk == before
    press(qtbot, editor, "copy")
    assert editor.title.text() == f"{BUILT_IN['longitudinal'].title} copy"
    assert len(editor.desk.draft.rows) == len(BUILT_IN["longitudinal"].rows)
    assert editor.title.isEnabled()


def test_rows_are_ordered_by_keys_and_by_drag(editor: MontageEditor, qtbot: QtBot) -> None:
    editor.table.choose([0])
    qtbot.keyClick(editor.table, Qt.Key.Key_Down, ALT)
    assert texts(editor) == ["T3 - A1", "Fp1 - F7", "O1"]
    assert editor.table.chosen() == [1]
    below = editor.table.visualRect(editor.rows.index(2, 0)).bottomLeft() + QPointF(20, 30).toPoint()
    actions, none = Qt.DropAction.MoveAction, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(below), actions, QMimeData(), Qt.MouseButton.LeftButton, none)
    editor.table.dropEvent(event)
    assert texts(editor) == ["T3 - A1", "O1", "Fp1 - F7"]
    qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    editor.undo()
    assert texts(editor) == ["Fp1 - F7", "T3 - A1", "O1"]
    editor.redo()
    assert texts(editor) == ["T3 - A1", "Fp1 - F7", "O1"]


def test_a_row_is_written_and_checked(editor: MontageEditor, qtbot: QtBot) -> None:
    seen: list[Montage] = []
    editor.previewed.connect(seen.append)
    editor.table.choose([2])
    qtbot.keyClick(editor.table, Qt.Key.Key_Insert)
    field = editor.table.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "C3 - - P3")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: texts(editor)[-1] == "C3 - - P3")
    assert not editor.save.isEnabled()
    assert editor.trouble.text().startswith("Row 4")
    assert editor.rows.setData(editor.rows.index(3, TEXT), "C3 - 0.5 F3 - 0.5 P3")
    assert editor.rows.data(editor.rows.index(3, LABEL)) == "C3-0.5 F3-0.5 P3"
    assert editor.save.isEnabled()
    assert seen[-1].rows[-1].terms == (("C3", 1.0), ("F3", -0.5), ("P3", -0.5))
    assert seen[-1].groups[0].name == "left"


def test_channels_of_the_recording_are_taken_into_a_row(editor: MontageEditor, qtbot: QtBot) -> None:
    press(qtbot, editor, "new")
    assert texts(editor) == []
    for name in ("Cz", "average"):
        item = next(
            editor.channels.item(at) for at in range(editor.channels.count()) if editor.channels.item(at).text() == name
        )
        editor.channels.setCurrentItem(item)
        press(qtbot, editor, "take")
    assert texts(editor) == ["Cz - average"]


def test_save_tells_all_own_ones_and_cancel_nothing(editor: MontageEditor, qtbot: QtBot) -> None:
    told: list[tuple[list[Montage], str]] = []
    editor.saved.connect(lambda own, name: told.append((own, name)))
    press(qtbot, editor, "copy")
    editor.title.setText("two ears")
    press(qtbot, editor, "save")
    ((own, name),) = told
    assert [one.name for one in own] == ["ears", "two ears"]
    assert name == "two ears"
    assert own[1].rows == OWN.rows
    editor.show()
    press(qtbot, editor, "delete")
    press(qtbot, editor, "cancel")
    assert len(told) == 1


def test_two_of_one_name_are_not_saved(editor: MontageEditor, qtbot: QtBot) -> None:
    press(qtbot, editor, "copy")
    editor.title.setText("Ears")
    editor._rename()
    assert "Two montages" in editor.trouble.text()
    assert not editor.save.isEnabled()


def test_a_deleted_montage_is_brought_back(editor: MontageEditor, qtbot: QtBot) -> None:
    press(qtbot, editor, "delete")
    assert editor.list.count() == len(BUILT_IN)
    press(qtbot, editor, "undo")
    assert editor.desk.draft.title == "ears"


def test_without_the_montage_that_was_looked_by_the_usual_one_is(editor: MontageEditor, qtbot: QtBot) -> None:
    told: list[str] = []
    editor.saved.connect(lambda _own, name: told.append(name))
    press(qtbot, editor, "copy")
    press(qtbot, editor, "delete")
    assert editor.desk.draft.title == "ears", "it is still the one that is looked by"
    press(qtbot, editor, "delete")
    press(qtbot, editor, "save")
    assert told == [next(iter(BUILT_IN))], "not the last of those that are built in"
