"""The sample table by mouse and key, its signals, its states, a million rows."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QCursor, QFontMetrics, QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from models.change import Rows
from widgets import theme
from widgets.sample_table import ChipMark, Columns, Head, SampleTable
from widgets.table_cells import face_of, fitted

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


class Toy:
    """Six columns; notes which rows were read."""

    def __init__(self) -> None:
        self.read: set[int] = set()

    def names(self) -> Sequence[Head]:
        return [
            Head("id", "Sample", "mono", 80),
            Head("trace", "Trace", "sparkline", 80),
            Head("label", "Label, model", "chips", 90),
            Head("issue", "Issue", "bar", 80),
            Head("noise", "Noise", "number", 60, tip="Added noise"),
            Head("hidden", "Hidden", "text", 60, main=False),
        ]

    def text(self, rows: Rows, column: str) -> Sequence[str]:
        self.read |= set(rows.tolist())
        return [f"{column} {row}" for row in rows.tolist()]

    def whole(self, row: int, column: str) -> str:
        return f"{column} {row}"

    def chip(self, rows: Rows) -> Sequence[ChipMark]:
        return [ChipMark(row % 4 - 1, (row + 1) % 3, row % 2 == 0) for row in rows.tolist()]

    def bar(self, rows: Rows, column: str) -> np.ndarray:
        return np.where(rows % 5 == 0, np.nan, (rows % 10) / 10)


def make(qtbot: QtBot, count: int = 200, wide: int = 460, tall: int = 400) -> SampleTable:
    columns: Columns = Toy()
    table = SampleTable(columns)
    table.set_letters("0123")
    qtbot.addWidget(table)
    table.resize(wide, tall)
    table.set_rows(np.arange(count))
    with qtbot.waitExposed(table):
        table.show()
    return table


def click(table: SampleTable, position: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mouseClick(table.viewport(), LEFT, keys, table.rect_of(position).center())


def heard(table: SampleTable) -> tuple[list[int], list[list[int]]]:
    currents: list[int] = []
    selections: list[list[int]] = []
    table.current_asked.connect(currents.append)
    table.selection_asked.connect(lambda rows: selections.append(rows.tolist()))
    return currents, selections


def test_a_click_asks_for_the_row(look: str, qtbot: QtBot) -> None:
    table = make(qtbot)
    currents, selections = heard(table)
    click(table, 3)
    assert currents == [3]
    assert selections == [[3]]
    assert table.accessibleDescription() == "row 4 of 200"


def test_shift_control_and_drag_select(look: str, qtbot: QtBot) -> None:
    table = make(qtbot)
    currents, selections = heard(table)
    click(table, 2)
    click(table, 5, SHIFT)
    click(table, 9, CONTROL)
    assert selections[-1] == [2, 3, 4, 5, 9]
    assert currents == [2, 5, 9]
    QTest.mousePress(table.viewport(), LEFT, pos=table.rect_of(1).center())
    QTest.mouseMove(table.viewport(), table.rect_of(4).center())
    QTest.mouseRelease(table.viewport(), LEFT, pos=table.rect_of(4).center())
    assert table.picks.selected().tolist()[0] == 1


def test_keys_move_extend_and_select_all(look: str, qtbot: QtBot) -> None:
    table = make(qtbot)
    currents, selections = heard(table)
    click(table, 0)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Down, SHIFT)
    assert currents[-1] == 2
    assert selections[-1] == [1, 2]
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert currents[-1] == 199
    assert table.viewport().rect().contains(table.rect_of(199))
    qtbot.keyClick(table, Qt.Key.Key_PageUp)
    assert 180 < currents[-1] < 199
    qtbot.keyClick(table, Qt.Key.Key_Home)
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert currents[-1] == 0
    qtbot.keyClick(table, Qt.Key.Key_A, CONTROL)
    assert len(selections[-1]) == 200
    assert currents[-1] == 0


def test_letters_are_left_to_the_window(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    currents, selections = heard(table)
    qtbot.keyClick(table, Qt.Key.Key_F)
    qtbot.keyClick(table, Qt.Key.Key_1)
    assert currents == selections == []


def test_enter_and_double_click_open(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    click(table, 4)
    with qtbot.waitSignal(table.opened_asked) as told:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert told.args == [4]
    with qtbot.waitSignal(table.opened_asked) as told:
        QTest.mouseDClick(table.viewport(), LEFT, pos=table.rect_of(6).center())
    assert told.args == [6]


def test_a_menu_keeps_the_selection(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    click(table, 2)
    click(table, 5, SHIFT)
    point = table.rect_of(3).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.RightButton, pos=point)
    assert table.picks.count() == 4
    QTest.mouseClick(table.viewport(), Qt.MouseButton.RightButton, pos=table.rect_of(8).center())
    assert table.picks.selected().tolist() == [8]
    with qtbot.waitSignal(table.menu_asked) as told:
        table.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, QCursor.pos()))
    assert told.args[0] == 8


def test_showing_a_selection_asks_for_nothing(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    currents, selections = heard(table)
    table.show_selection(150, np.array([150, 151]))
    assert currents == selections == []
    assert table.viewport().rect().contains(table.rect_of(150))
    assert table.picks.selected().tolist() == [150, 151]


def test_the_list_keeps_its_place(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    table.verticalScrollBar().setValue(26 * 50)
    click(table, 55)
    before = table.rect_of(55).top()
    rows = np.delete(np.arange(200), np.arange(10))
    table.set_rows(rows)
    assert table.picks.current == 55
    assert table.picks.position == 45
    assert table.rect_of(45).top() == before
    value = table.verticalScrollBar().value()
    table.set_rows(rows.copy())
    table.refresh()
    assert table.verticalScrollBar().value() == value


def test_only_visible_rows_are_read(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot, 1_000_000)
    toy = table._columns
    assert isinstance(toy, Toy)
    toy.read.clear()
    table.verticalScrollBar().setValue(26 * 500_000)
    table.viewport().repaint()
    assert 10 < len(toy.read) < 30
    assert min(toy.read) >= 499_999


def test_a_million_rows_are_quick(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot, 10)
    start = time.thread_time()
    table.set_rows(np.arange(1_000_000))
    table.viewport().repaint()
    assert time.thread_time() - start < 0.5
    click(table, 3)
    qtbot.keyClick(table, Qt.Key.Key_A, CONTROL)
    assert table.picks.count() == 1_000_000


def header_click(table: SampleTable, name: str) -> None:
    left, wide = next((left, wide) for head, left, wide in table.header.spans() if head.name == name)
    QTest.mouseClick(table.header, LEFT, pos=QPoint(left + wide // 2, 12))


def test_the_header_asks_for_a_sort(look: str, qtbot: QtBot) -> None:
    table = make(qtbot)
    told: list[tuple[str, bool]] = []
    table.sort_asked.connect(lambda column, down: told.append((column, down)))
    header_click(table, "id")
    header_click(table, "noise")
    table.set_sort("noise", True)
    header_click(table, "noise")
    header_click(table, "trace")
    assert told == [("id", False), ("noise", True), ("noise", False)]


def test_columns_are_chosen_moved_and_resized(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    states: list[dict[str, object]] = []
    table.columns_changed.connect(states.append)
    menu = table.columns_menu(table)
    next(action for action in menu.actions() if action.text() == "Hidden").trigger()
    next(action for action in menu.actions() if action.text() == "Issue").trigger()
    assert [head.name for head in table.header.heads()] == ["id", "trace", "label", "noise", "hidden"]
    spans = {head.name: (left, wide) for head, left, wide in table.header.spans()}
    start = QPoint(spans["noise"][0] + 20, 10)
    QTest.mousePress(table.header, LEFT, pos=start)
    for x in (start.x() - 30, 40, 3):
        QTest.mouseMove(table.header, QPoint(x, 10))
    QTest.mouseRelease(table.header, LEFT, pos=QPoint(3, 10))
    assert table.header.heads()[0].name == "noise"
    edge = next(left + wide for head, left, wide in table.header.spans() if head.name == "noise")
    QTest.mousePress(table.header, LEFT, pos=QPoint(edge, 10))
    QTest.mouseMove(table.header, QPoint(edge + 25, 10))
    QTest.mouseRelease(table.header, LEFT, pos=QPoint(edge + 25, 10))
    assert next(wide for head, _left, wide in table.header.spans() if head.name == "noise") == 85
    other = make(qtbot)
    other.set_state(states[-1])
    assert other.state() == table.state()


def test_columns_by_keyboard(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    told: list[str] = []
    table.sort_asked.connect(lambda column, _down: told.append(column))
    head = table.header
    qtbot.keyClick(head, Qt.Key.Key_Right)
    qtbot.keyClick(head, Qt.Key.Key_Right)
    qtbot.keyClick(head, Qt.Key.Key_Return)
    qtbot.keyClick(head, Qt.Key.Key_Left, CONTROL)
    assert told == ["label"]
    assert [column.name for column in head.heads()][:3] == ["id", "label", "trace"]


def test_the_last_column_stays(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    table.header.show_columns(["id"])
    menu = table.columns_menu(table)
    assert [action.isEnabled() for action in menu.actions() if action.isChecked()] == [False]


def test_narrow_tables_leave_columns_out_until_arranged(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot, wide=320)
    shown = [head.name for head, _left, _wide in table.header.spans()]
    assert shown == ["id", "trace", "label", "issue"]
    assert table.horizontalScrollBar().maximum() == 0
    table.header.show_columns(["id", "trace", "label", "issue", "noise"])
    assert len(list(table.header.spans())) == 5
    assert table.horizontalScrollBar().maximum() > 0


class Marked(Toy):
    """Columns that may be narrower, and flags as letters behind them."""

    def names(self) -> Sequence[Head]:
        return [
            Head("id", "Sample", "mono", 120, least=80),
            Head("issue", "Issue", "bar", 84, least=64),
            Head("flags", "Flags", "letters", 56),
            Head("note", "Note", "soft", 90),
        ]

    def text(self, rows: Rows, column: str) -> Sequence[str]:
        words = {"flags": "A B C D E F G H", "note": "a long note on what was seen there"}
        return [words.get(column, f"{column} {row}") for row in rows.tolist()]

    def whole(self, row: int, column: str) -> str:
        return "a word, and others" if column == "flags" else self.text(np.array([row]), column)[0]


def marked(qtbot: QtBot, room: int) -> SampleTable:
    table = SampleTable(Marked())
    qtbot.addWidget(table)
    table.resize(room + table.verticalScrollBar().sizeHint().width(), 200)
    table.set_rows(np.arange(3))
    with qtbot.waitExposed(table):
        table.show()
    return table


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (350, {"id": 120, "issue": 84, "flags": 56, "note": 90}),
        (320, {"id": 100, "issue": 74, "flags": 56, "note": 90}),
        (290, {"id": 80, "issue": 64, "flags": 56, "note": 90}),
        (289, {"id": 149, "issue": 84, "flags": 56}),
    ],
)
def test_columns_become_narrower_before_one_goes(
    room: int, widths: dict[str, int], dressed: QApplication, qtbot: QtBot
) -> None:
    table = marked(qtbot, room)
    assert {head.name: wide for head, _left, wide in table.header.spans()} == widths


def test_who_arranged_the_columns_has_them_in_their_widths(dressed: QApplication, qtbot: QtBot) -> None:
    table = marked(qtbot, 320)
    table.header.show_columns(["id", "issue", "flags", "note"])
    assert [wide for _head, _left, wide in table.header.spans()] == [120, 84, 56, 90]


def test_letters_that_have_no_room_are_counted(dressed: QApplication) -> None:
    metrics = QFontMetrics(face_of("letters"))
    text = "A B C D E F G H"
    wide = metrics.horizontalAdvance(text)
    assert fitted(text, "letters", metrics, wide) == text
    for room in range(metrics.horizontalAdvance("+8"), wide):
        told = fitted(text, "letters", metrics, room)
        kept, more = told.rsplit("+", 1)
        assert metrics.horizontalAdvance(told) <= room
        assert text.startswith(kept.strip())
        assert len(kept.split()) + int(more) == 8


def test_pointing_tells_what_a_cell_has_no_room_for(
    dressed: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = marked(qtbot, 350)

    def told(name: str) -> str:
        left, wide = next((left, wide) for head, left, wide in table.header.spans() if head.name == name)
        return table.told_at(QPoint(left + wide // 2, table.rect_of(1).center().y()))[0]

    assert told("note") == "a long note on what was seen there"
    assert told("flags") == "a word, and others"
    assert told("id") == told("issue") == "", "what is seen whole is not told twice"
    assert table.told_at(QPoint(20, table.rect_of(3).center().y()))[0] == "", "below the last"
    shown: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _at, words, *_where: shown.append(words))
    point = QPoint(300, table.rect_of(1).center().y())
    pointed = QHelpEvent(QEvent.Type.ToolTip, point, table.viewport().mapToGlobal(point))
    QApplication.sendEvent(table.viewport(), pointed)
    assert shown == ["a long note on what was seen there"]


def inked(image: QImage, box: QRect) -> float:
    """The middle of what is painted in a box, across."""
    ground = image.pixelColor(box.left(), box.bottom() - 2)
    marks = [
        x
        for x in range(box.left(), box.right())
        for y in range(box.top() + 3, box.bottom() - 3)
        if image.pixelColor(x, y) != ground
    ]
    return (min(marks) + max(marks)) / 2


@pytest.mark.parametrize("kind", ["letters", "number", "soft"])
def test_a_head_stands_as_its_cells_do(kind: str, dressed: QApplication, qtbot: QtBot) -> None:
    class Two(Toy):
        def names(self) -> Sequence[Head]:
            return [Head("id", "Sample", "mono", 100), Head("marks", "MMM", kind, 90)]

        def text(self, rows: Rows, column: str) -> Sequence[str]:
            return ["MMM"] * len(rows)

    columns: Columns = Two()
    table = SampleTable(columns)
    qtbot.addWidget(table)
    table.resize(190 + table.verticalScrollBar().sizeHint().width(), 200)
    table.set_rows(np.arange(3))
    with qtbot.waitExposed(table):
        table.show()
    _head, left, wide = list(table.header.spans())[1]
    head = inked(table.header.grab().toImage(), QRect(left, 0, wide, 24))
    cell = inked(table.viewport().grab().toImage(), QRect(left, 0, wide, 24))
    assert abs(head - cell) <= 3, "a title is a little bolder"


def test_sparklines_are_asked_for_once_and_shown(look: str, qtbot: QtBot) -> None:
    table = make(qtbot, 500)
    asked: list[list[int]] = []
    table.sparklines_asked.connect(lambda rows: asked.append(rows.tolist()))
    qtbot.waitUntil(lambda: bool(asked) or bool(table._asked))
    table.forget_sparklines()
    qtbot.waitUntil(lambda: bool(asked))
    rows = np.array(asked[-1])
    assert rows[0] == 0
    assert len(rows) < 60
    left = next(left for head, left, _wide in table.header.spans() if head.name == "trace")
    box = table.rect_of(1).adjusted(left + 6, 4, 0, -4)

    def tones() -> int:
        picture = table.viewport().grab(box).toImage()
        return len({picture.pixel(x, y) for x in range(60) for y in range(picture.height())})

    table.give_sparklines(rows, np.sin(np.linspace(0, 20, 60))[None, :].repeat(len(rows), 0))
    assert tones() > 5
    assert not [row for row in range(10) if row not in table._lines]
    count = len(asked)
    table.viewport().repaint()
    qtbot.wait(20)
    assert len(asked) == count


def test_a_sample_without_a_line_stays_blank(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot, 4)
    lines = [None, np.array([np.nan, np.nan]), np.array([0.0, np.nan, 1.0]), np.sin(np.arange(60))]
    table.give_sparklines(np.arange(4), lines)
    left = next(left for head, left, _wide in table.header.spans() if head.name == "trace")

    def tones(row: int) -> int:
        picture = table.viewport().grab(table.rect_of(row).adjusted(left + 6, 4, 0, -4)).toImage()
        return len({picture.pixel(x, y) for x in range(60) for y in range(picture.height())})

    assert [tones(row) for row in range(2)] == [1, 1]
    assert tones(3) > 5


def test_the_empty_state_tells_its_button(look: str, qtbot: QtBot) -> None:
    table = make(qtbot, 0)
    table.set_empty("No sample matches", "Remove `conflict` to see 412.", "", [("clear", "Clear filter")])
    state = table.empty_state()
    assert state is not None
    assert state.isVisible()
    with qtbot.waitSignal(table.empty_asked) as told:
        qtbot.mouseClick(state.buttons()[0], LEFT)
    assert told.args == ["clear"]
    table.set_rows(np.arange(2))
    assert not state.isVisible()


def test_the_selected_row_is_marked(look: str, qtbot: QtBot) -> None:
    table = make(qtbot)
    table.show_selection(2)
    picture = table.viewport().grab().toImage()
    y = table.rect_of(2).center().y()
    assert picture.pixelColor(1, y) == theme.token("accent")
    assert picture.pixelColor(picture.width() - 2, y) == theme.token("selection")
    assert picture.pixelColor(picture.width() - 2, table.rect_of(5).center().y()) == theme.token("well")


def test_scrolling_by_pixels_paints_the_same_as_anew(look: str, qtbot: QtBot) -> None:
    table = make(qtbot)
    table.give_sparklines(np.arange(200), np.zeros((200, 2)))
    for step in (7, 31, 26 * 4, 3):
        table.verticalScrollBar().setValue(table.verticalScrollBar().value() + step)
        qtbot.wait(1)
    scrolled = table.grab().toImage()
    table.viewport().update()
    qtbot.wait(1)
    assert table.grab().toImage() == scrolled


@pytest.mark.parametrize("height", [22, 30])
def test_row_heights(height: int, dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    table.set_row_height(height)
    assert table.rect_of(1).top() == height


class OneMark(Toy):
    """All rows carry one mark."""

    def __init__(self, mark: ChipMark) -> None:
        super().__init__()
        self.mark = mark

    def chip(self, rows: Rows) -> Sequence[ChipMark]:
        return [self.mark] * len(rows)


def chips_picture(qtbot: QtBot, mark: ChipMark, wide: int) -> QImage:
    table = make(qtbot)
    table.set_columns(OneMark(mark))
    table.set_state({"shown": ["id", "label"], "widths": {"label": wide}, "own": True})
    left = next(left for head, left, _wide in table.header.spans() if head.name == "label")
    return table.viewport().grab(QRect(left + 6, table.rect_of(2).top(), wide - 12, 25)).toImage()


def test_a_person_s_label_against_the_model_is_marked(look: str, qtbot: QtBot) -> None:
    """Both chips stand as they do for a label from a file; the person's sign follows, as it follows a lone label."""
    ours, files = (chips_picture(qtbot, ChipMark(0, 1, person), 100) for person in (True, False))
    agreed = chips_picture(qtbot, ChipMark(0, 0, True), 100)
    assert ours.copy(0, 0, 54, 25) == files.copy(0, 0, 54, 25)
    assert ours.copy(54, 0, 17, 25) == agreed.copy(19, 0, 17, 25) != files.copy(54, 0, 17, 25)


def test_a_narrow_column_keeps_both_classes_and_drops_the_sign(dressed: QApplication, qtbot: QtBot) -> None:
    ours, files = (chips_picture(qtbot, ChipMark(0, 1, person), 72) for person in (True, False))
    assert ours == files


def test_escape_is_left_to_the_window(dressed: QApplication, qtbot: QtBot) -> None:
    table = make(qtbot)
    click(table, 2)
    click(table, 5, SHIFT)
    qtbot.keyClick(table, Qt.Key.Key_Escape)
    assert table.picks.count() == 4
