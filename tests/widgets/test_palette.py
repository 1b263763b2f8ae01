"""The command palette, keyboard only, over a page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from widgets import theme
from widgets.palette import Entry, Palette, Section, matches

ENTRIES = [Entry("Label as 1 hop", "model's choice", chip=("1", 1), key="1"), Entry("Clear label", key="Backspace")]
ENTRIES += [Entry(f"Open page {place}", icon="map", enabled=place != 2) for place in range(30)]


def search(text: str) -> Sequence[Section]:
    found = [entry for entry in ENTRIES if text.lower() in entry.title.lower()]
    return [Section("Commands", found, len(found)), Section("Samples", [])]


def make(qtbot: QtBot, tall: int = 800) -> tuple[QWidget, QLineEdit, Palette]:
    page = QWidget()
    qtbot.addWidget(page)
    field = QLineEdit()
    QVBoxLayout(page).addWidget(field)
    page.resize(1200, tall)
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    return page, field, Palette(page, search)


def test_it_stands_where_the_look_says_and_dims_the_page(look: str, qtbot: QtBot) -> None:
    page, _field, palette = make(qtbot)
    before = page.grab().toImage().pixelColor(20, 700)
    palette.open("label", "on 1 sample")
    assert palette.card.width() == 680
    assert palette.card.y() == 108
    assert abs(palette.card.geometry().center().x() - page.width() / 2) <= 1
    after = page.grab().toImage().pixelColor(20, 700)
    assert abs(after.red() - before.red() * 0.68) < 3
    assert palette.grab().toImage().pixelColor(palette.card.x() + 30, 112) == theme.token("raised")


def test_typing_choosing_and_running(look: str, qtbot: QtBot) -> None:
    _page, field, palette = make(qtbot)
    palette.open()
    qtbot.waitUntil(palette.field.hasFocus)
    qtbot.keyClicks(palette.field, "label")
    chosen = palette.entries.chosen()
    assert chosen is not None
    assert chosen.title == "Label as 1 hop"
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.entry_asked) as told:
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert told.args == [ENTRIES[1]]
    assert palette.isHidden()
    assert field.hasFocus()


def test_choosing_goes_round_and_pages(dressed: QApplication, qtbot: QtBot) -> None:
    _page, _field, palette = make(qtbot, 400)
    palette.open()
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    chosen = palette.entries.chosen()
    assert chosen is not None
    assert chosen.title == "Open page 29"
    assert palette.entries.verticalScrollBar().value() > 0
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_PageDown)
    chosen = palette.entries.chosen()
    assert chosen is not None
    assert chosen.title == "Open page 6"
    assert palette.rect().contains(palette.card.geometry())


def test_tab_completes_and_escape_closes(dressed: QApplication, qtbot: QtBot) -> None:
    _page, field, palette = make(qtbot)
    palette.open("clear")
    qtbot.keyClick(palette.field, Qt.Key.Key_Tab)
    assert palette.field.text() == "Clear label"
    with qtbot.waitSignal(palette.closed):
        qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert field.hasFocus()
    palette.close_palette()


def test_a_click_runs_or_closes(dressed: QApplication, qtbot: QtBot) -> None:
    _page, _field, palette = make(qtbot)
    palette.open("label")
    with qtbot.waitSignal(palette.entry_asked) as told:
        qtbot.mouseClick(palette.entries.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 6 + 26 + 34 + 10))
    assert told.args == [ENTRIES[1]]
    palette.open("label")
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert palette.isHidden()


def test_nothing_found_runs_nothing(dressed: QApplication, qtbot: QtBot) -> None:
    _page, _field, palette = make(qtbot)
    palette.open("zzz")
    with qtbot.assertNotEmitted(palette.entry_asked):
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
        qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert not palette.isHidden()
    palette.field.setText("Open page 2")
    with qtbot.assertNotEmitted(palette.entry_asked):
        palette._run(ENTRIES[4])


def test_it_follows_its_page(dressed: QApplication, qtbot: QtBot) -> None:
    page, _field, palette = make(qtbot)
    palette.open()
    page.resize(600, 500)
    qtbot.waitUntil(lambda: palette.geometry() == page.rect())
    assert palette.rect().contains(palette.card.geometry())


def test_matches_are_found_at_word_starts_first() -> None:
    assert matches("Relabel the label", "label") == [(12, 17)]
    assert matches("Unlabelled", "label") == [(2, 7)]
    assert matches("Label as 1 hop", ">hop lab") == [(0, 3), (11, 14)]
    assert matches("Label", "") == []
