"""The class bar asks by click and key; it shows votes, model and blindness."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets import theme
from widgets.class_bar import ClassBar

NAMES = ["0", "1", "2", "3"]
TITLES = {"0": "centre", "1": "1 hop", "2": "2 hops", "3": "3 hops"}


def make(qtbot: QtBot) -> ClassBar:
    bar = ClassBar()
    bar.set_classes(NAMES, titles=TITLES)
    qtbot.addWidget(bar)
    bar.resize(320, 144)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def test_a_click_asks_and_changes_nothing(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.show_sample("2")
    with qtbot.waitSignal(bar.class_asked) as told:
        qtbot.mouseClick(bar.rows()[1], Qt.MouseButton.LeftButton)
    assert told.args == ["1"]
    assert [row.isChecked() for row in bar.rows()] == [False, False, True, False]
    bar.show_sample("1")
    assert bar.rows()[1].isChecked()


def test_keys_ask(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    with qtbot.waitSignal(bar.class_asked) as told:
        qtbot.keyClick(bar, Qt.Key.Key_3)
    assert told.args == ["3"]
    first, second = bar.rows()[:2]
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert second.hasFocus()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        with qtbot.waitSignal(bar.class_asked) as told:
            qtbot.keyClick(second, key)
        assert told.args == ["1"]


def test_letters_keys_and_titles(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    assert [row.letter for row in bar.rows()] == NAMES
    assert [row.key for row in bar.rows()] == NAMES
    assert bar.rows()[0].accessibleName() == "centre"
    assert bar.rows()[0].objectName() == "class_0"
    bar.set_classes(["good", "mua", "noise"], letters="GMN", keys=["G", "M", "N"])
    assert len(bar.rows()) == 3
    with qtbot.waitSignal(bar.class_asked) as told:
        qtbot.keyClick(bar, Qt.Key.Key_M)
    assert told.args == ["mua"]


def test_bars_show_votes_and_model(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.show_sample("2", {"2": 3, "1": 1}, {"0": 0.04, "1": 0.64, "2": 0.21, "3": 0.11})
    assert bar.rows()[1].accessibleDescription() == "label .25, model .64"
    assert bar.rows()[2].accessibleDescription() == "label .75, model .21"
    row = bar.rows()[2]
    picture = row.grab().toImage()
    right = 320 - 12 - 44
    assert picture.pixelColor(right - 60, row.height() // 2 - 4) == theme.class_colour(2).fill
    assert picture.pixelColor(right - 4, row.height() // 2 - 4) == theme.token("track")


def test_a_class_that_the_model_was_not_taught_has_no_p(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.set_classes(["ring", "rbc", "infected", "uninfected"])
    bar.show_sample("ring", None, {"infected": 0.97, "uninfected": 0.0})
    told = [row.accessibleDescription() for row in bar.rows()]
    assert told == ["label .99+, model –", "label .00, model –", "label .00, model .97", "label .00, model .00"]


def test_blind_hides_votes_and_model(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.show_sample(None, {"2": 3}, {"2": 0.9}, blind=True)
    hidden = [row.grab().toImage() for row in bar.rows()]
    bar.show_sample(None, {"1": 3}, {"0": 0.9}, blind=True)
    assert [row.grab().toImage() for row in bar.rows()] == hidden
    assert all(row.accessibleDescription() == "hidden" for row in bar.rows())


def test_low_rows(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.set_row_height(30)
    assert bar.sizeHint().height() == 120
