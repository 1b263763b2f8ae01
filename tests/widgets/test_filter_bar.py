"""The filter bar by typing: asks, completes, counts, underlines errors."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from models.store.where import suggest
from widgets import theme
from widgets.filter_bar import FilterBar

VALUES = {"noise": ["0.01", "0.03"], "label": ["0", "1"], "site": ["lab a", "lab b"], "note": []}


class Known:
    """Columns of a project, as far as completions ask for them."""

    def names(self) -> list[str]:
        return [*VALUES]

    def functions(self) -> list[str]:
        return []


def complete(before: str) -> list[tuple[str, str]]:
    return [(words, "") for words in suggest(before, len(before), Known(), VALUES.__getitem__)]


def offered(bar: FilterBar) -> list[str]:
    return [bar.list.item(place).data(Qt.ItemDataRole.UserRole) for place in range(bar.list.count())]


def make(qtbot: QtBot) -> FilterBar:
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    bar = FilterBar()
    bar.set_completer(complete)
    column.addWidget(bar)
    column.addStretch(1)
    page.resize(430, 300)
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    bar.field.setFocus()
    qtbot.waitUntil(bar.field.hasFocus)
    bar.page = page  # type: ignore[attr-defined]  # keeps it alive
    return bar


def asked(bar: FilterBar) -> list[str]:
    told: list[str] = []
    bar.filter_asked.connect(told.append)
    return told


def test_enter_asks_at_once_and_waiting_asks_too(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    told = asked(bar)
    qtbot.keyClicks(bar.field, "conflict")
    assert told == []
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert told == ["conflict"]
    qtbot.keyClicks(bar.field, " ")
    qtbot.keyClicks(bar.field, "and x")
    with qtbot.waitSignal(bar.filter_asked, timeout=30_000) as signal:
        pass
    assert signal.args == ["conflict and x"]


def test_names_and_values_are_completed(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    qtbot.keyClicks(bar.field, "no")
    assert bar.list.isVisible()
    assert offered(bar) == ["noise", "note", "not"]
    qtbot.keyClick(bar.field, Qt.Key.Key_Tab)
    assert bar.field.toPlainText() == "noise "
    assert bar.field.hasFocus()
    qtbot.keyClicks(bar.field, "== ")
    assert offered(bar) == ['"0.01"', '"0.03"']
    told = asked(bar)
    qtbot.keyClick(bar.field, Qt.Key.Key_Down)
    qtbot.keyClick(bar.field, Qt.Key.Key_Down)
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.text() == 'noise == "0.03"'
    assert told == []
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert told == ['noise == "0.03"']


def test_values_with_spaces_are_quoted(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    qtbot.keyClicks(bar.field, "site == ")
    qtbot.keyClick(bar.field, Qt.Key.Key_Tab)
    assert bar.text() == 'site == "lab a"'


def test_a_completion_is_clicked_and_escaped(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    qtbot.keyClicks(bar.field, "la")
    box = bar.list.visualItemRect(bar.list.item(0))
    qtbot.mouseClick(bar.list.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert bar.text() == "label"
    qtbot.keyClicks(bar.field, "no")
    assert bar.list.isVisible()
    qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.list.isVisible()
    with qtbot.waitSignal(bar.left):
        qtbot.keyClick(bar.field, Qt.Key.Key_Escape)


def test_tab_without_a_list_leaves_the_field(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    qtbot.keyClicks(bar.field, "zzz")
    qtbot.keyClick(bar.field, Qt.Key.Key_Tab)
    assert bar.field.toPlainText() == "zzz"
    assert not bar.field.hasFocus()


def test_an_own_completer_is_asked(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.set_completer(lambda text: [("confidence", "the model's p")] if text.endswith("c") else [])
    qtbot.keyClicks(bar.field, "c")
    qtbot.keyClick(bar.field, Qt.Key.Key_Tab)
    assert bar.text() == "confidence"


def test_an_error_is_underlined_and_said(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.set_text("label == 9")
    bar.set_count(0, 825)
    bar.set_error("There is no label 9. Known: 0, 1.", 9, 10)
    assert bar.message.isVisible()
    assert bar.message.text() == bar.error() == bar.field.accessibleDescription()
    block = bar.field.document().firstBlock()
    marked = [part for part in block.layout().formats() if part.format.foreground().color() == theme.token("error")]
    assert [(part.start, part.length) for part in marked] == [(9, 1)]
    qtbot.keyClick(bar.field, Qt.Key.Key_Backspace)
    assert bar.error() == ""
    assert not bar.message.isVisible()


def test_words_on_an_error_stay_inside_the_window_and_wait_for_completions(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    qtbot.keyClicks(bar.field, "noi")
    bar.set_error(f"There is no column 'noi'. Known: {', '.join(['confidence'] * 30)}.", 0, 3)
    assert bar.list.isVisible(), "what may be meant is still offered"
    assert not bar.message.isVisible()
    qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.message.isVisible()
    assert bar.window().rect().contains(bar.message.geometry())
    assert bar.message.height() >= bar.message.heightForWidth(bar.message.width())


def test_values_are_in_accent(look: str, qtbot: QtBot) -> None:
    bar = make(qtbot)
    bar.set_text("noise >= 0.03 and site == 'lab a' and x1 < 2")
    formats = bar.field.document().firstBlock().layout().formats()
    text = bar.field.toPlainText()
    found = [
        text[f.start : f.start + f.length]
        for f in formats
        if f.format.foreground().color() == theme.token("accent_text")
    ]
    assert found == ["0.03", "'lab a'", "2"]


def test_setting_the_text_asks_for_nothing_and_clearing_does(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    told = asked(bar)
    bar.set_text("conflict")
    bar.set_count(3, 825)
    qtbot.wait(300)
    assert told == []
    assert bar.text() == "conflict"
    qtbot.mouseClick(bar.clear_button, Qt.MouseButton.LeftButton)
    assert told == [""]
    assert not bar.clear_button.isVisible()


def test_pasted_lines_become_one(dressed: QApplication, qtbot: QtBot) -> None:
    bar = make(qtbot)
    QApplication.clipboard().setText("a\n  and b\n")
    bar.field.paste()
    assert bar.text() == "a and b"
