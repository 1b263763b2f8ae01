"""The form made from declared parameters, by typing into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from models.errors import UserError
from models.params import Note, describe
from widgets import theme
from widgets.form import Form, FormRow, limit_text, number_text, value_text
from widgets.parts import ElidedText, LabelledCombo, ToolButton
from widgets.parts.checklist import ListField


@dataclass(frozen=True)
class Params:
    """A recipe's parameters of every kind."""

    epochs: Annotated[int, Note("Passes over the training rows", low=1, high=500)] = 15
    rate: Annotated[float, Note("Step size", low=1e-6, high=1, label="Learning rate")] = 5e-4
    batch: Annotated[int, Note("Halved if memory is short", low=1, unit="samples")] = 64
    early: Annotated[bool, Note("after 5 epochs without gain")] = True
    balance: Annotated[str, Note("How classes are evened", choices=("none", "weights"), section="Data")] = "none"
    filters: Annotated[tuple[int, ...], Note("Filters of each layer", section="Network")] = (32, 64)
    name: Annotated[str, Note("A name")] = ""


def make(qtbot: QtBot) -> Form:
    form = Form(describe(Params))
    qtbot.addWidget(form)
    form.resize(430, 500)
    with qtbot.waitExposed(form):
        form.show()
    return form


def line(form: Form, name: str) -> QLineEdit:
    field = form.row(name).field
    assert isinstance(field, QLineEdit)
    return field


def retype(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, text)


def test_defaults_are_the_values(look: str, qtbot: QtBot) -> None:
    form = make(qtbot)
    assert Params(**form.values()) == Params()
    assert form.is_valid()
    assert form.differing() == {}
    assert line(form, "rate").text() == "5e-4"
    assert line(form, "filters").text() == "32, 64"
    assert form.row("rate").field.accessibleName() == "Learning rate"
    assert form.row("rate").field.toolTip() == "Step size"


def test_typing_changes_a_value_and_marks_it(look: str, qtbot: QtBot) -> None:
    form = make(qtbot)
    row = form.row("epochs")
    with qtbot.waitSignal(form.changed):
        retype(qtbot, line(form, "epochs"), "20")
    assert form.values()["epochs"] == 20
    assert form.differing() == {"epochs": ("20", "15")}
    assert row.grab().toImage().pixelColor(5, row.height() // 2) == theme.token("accent")
    reset = row.findChild(ToolButton, "reset_epochs")
    assert reset.isVisible()
    with qtbot.waitSignal(form.changed):
        qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert form.values()["epochs"] == 15
    assert not reset.isVisible()
    assert row.grab().toImage().pixelColor(5, row.height() // 2) != theme.token("accent")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("epochs", "900", "not within 1 – 500"),
        ("epochs", "many", "not a whole number"),
        ("epochs", "", "not a whole number"),
        ("rate", "x", "not a number"),
        ("rate", "nan", "not a number"),
        ("batch", "0", "must be from 1"),
        ("filters", "32, x", "not a whole number"),
    ],
)
def test_wrong_values_are_marked_with_words(name: str, text: str, words: str, look: str, qtbot: QtBot) -> None:
    form = make(qtbot)
    field = line(form, name)
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)
    assert list(form.errors()) == [name]
    assert name in form.errors()[name]
    assert form.row(name)._words.text() == words
    assert field.property("wrong")
    assert not form.is_valid()
    with pytest.raises(UserError, match=name):
        form.values()
    form.focus_first_error()
    form.row(name).show_value(form.row(name).default)
    assert form.is_valid()


def test_checks_choices_and_lists(dressed: QApplication, qtbot: QtBot) -> None:
    form = make(qtbot)
    box = form.row("early").field
    assert isinstance(box, QCheckBox)
    with qtbot.waitSignal(form.changed):
        box.click()
    combo = form.row("balance").field
    assert isinstance(combo, LabelledCombo)
    with qtbot.waitSignal(form.changed):
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    retype(qtbot, line(form, "filters"), "8 16, 32")
    values = form.values()
    assert (values["early"], values["balance"], values["filters"]) == (False, "weights", (8, 16, 32))


def test_a_long_list_is_read_from_its_beginning(dressed: QApplication, qtbot: QtBot) -> None:
    form = make(qtbot)
    assert line(form, "filters").cursorPosition() == 0
    form.set_values({"filters": tuple(range(100, 140))})
    assert line(form, "filters").cursorPosition() == 0


def test_a_preset_is_what_values_are_compared_with(dressed: QApplication, qtbot: QtBot) -> None:
    form = make(qtbot)
    with qtbot.assertNotEmitted(form.changed):
        form.set_defaults({"epochs": 10}, take=True)
        form.set_values({"rate": 1e-3, "unknown": 5})
    assert form.values()["epochs"] == 10
    assert form.differing() == {"rate": ("1e-3", "5e-4")}
    with qtbot.waitSignal(form.changed):
        form.reset()
    assert form.differing() == {}


def test_sections_follow_the_declaration(dressed: QApplication, qtbot: QtBot) -> None:
    form = make(qtbot)
    order = sorted(form.findChildren(FormRow), key=lambda row: row.y())
    assert [row.param.note.section for row in order] == ["Training"] * 5 + ["Data", "Network"]
    form.set_params(describe(Params)[:1])
    assert list(form.values()) == ["epochs"]


def test_a_field_tells_its_hint(look: str, qtbot: QtBot) -> None:
    form = make(qtbot)
    form.row("batch").set_hint("825 of 825")
    assert form.row("batch")._words.text() == "825 of 825"


def test_numbers_read_as_typed() -> None:
    assert [number_text(value) for value in (0.3, 1e-3, 5e-4, 1e-6, 15, 0.0, -2e-5)] == [
        "0.3",
        "1e-3",
        "5e-4",
        "1e-6",
        "15",
        "0",
        "-2e-5",
    ]
    assert value_text((7, 5, 3)) == "7, 5, 3"
    assert value_text(True) == "True"
    assert [limit_text(param) for param in describe(Params)][:3] == ["1 – 500", "1e-6 – 1", "from 1"]


@dataclass(frozen=True)
class Several:
    """Lists of names: a closed one and an open one."""

    ways: Annotated[tuple[str, ...], Note("Ways to try", choices=("one", "two", "three"))] = ("one", "two")
    names: Annotated[tuple[str, ...], Note("Columns to use", offers="features")] = ()
    cures: Annotated[tuple[str, ...], Note("What is mended", choices=("eye", "heart"), empty="none")] = ()


def test_names_are_ticked_in_a_list_or_typed(look: str, qtbot: QtBot) -> None:
    form = Form(describe(Several))
    qtbot.addWidget(form)
    form.resize(360, 200)
    with qtbot.waitExposed(form):
        form.show()
    field = line(form, "ways")
    assert isinstance(field, ListField)
    assert field.count_words() == "2 of 3"
    with qtbot.waitSignal(form.changed):
        qtbot.keyClick(field, Qt.Key.Key_Down)
        qtbot.keyClick(field.popup, Qt.Key.Key_End)
        qtbot.keyClick(field.popup, Qt.Key.Key_Space)
    qtbot.keyClick(field.popup, Qt.Key.Key_Return)
    assert not field.popup.isVisible()
    assert form.values()["ways"] == ("one", "two", "three")
    retype(qtbot, field, "one, four")
    assert "ways" in form.errors()
    form.row("names").set_offers(["drift_ptp", "snr"])
    other = line(form, "names")
    assert isinstance(other, ListField)
    assert other.placeholderText() == "all 2"
    assert line(form, "cures").placeholderText() == "none"
    retype(qtbot, other, "drift_*")
    other.open()
    other.popup.item(1).setCheckState(Qt.CheckState.Checked)
    qtbot.keyClick(other.popup, Qt.Key.Key_Escape)
    assert form.row("names").value() == ("snr", "drift_*")


def test_a_long_hint_takes_two_lines_before_it_gives_way(look: str, qtbot: QtBot) -> None:
    words = ElidedText("Share of the training sessions kept out for validation", "caption", lines=2)
    qtbot.addWidget(words)
    words.resize(160, 32)
    assert " ".join(words.lines()) == words.text()
    assert len(words.lines()) == 2
    words.resize(60, 32)
    assert words.lines()[1].endswith("…")
