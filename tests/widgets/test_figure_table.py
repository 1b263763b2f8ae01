"""The table of figures: sorting by real clicks, growth, what has no value."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from widgets.charts.figure_table import FigureColumn, FigureTable, cell_words

COLUMNS = (
    FigureColumn("name", "Name", "text", 0),
    FigureColumn("score", "Score", "bar", 120),
    FigureColumn("kappa", "κ", "interval", 160),
)
ROWS = [
    {"id": "a", "name": "Forest", "score": 0.7, "kappa": (0.5, 0.4, 0.6)},
    {"id": "b", "name": "Boosted", "score": 0.9, "kappa": (0.7, None, None)},
    {"id": "c", "name": "Broken", "score": None, "kappa": None, "note": "too slow"},
]


def shown(qtbot: QtBot) -> FigureTable:
    table = FigureTable(COLUMNS, "Figures")
    qtbot.addWidget(table)
    table.resize(600, 240)
    table.set_rows(ROWS)
    table.show()
    return table


def press_head(table: FigureTable, place: int) -> None:
    head = table.horizontalHeader()
    at = QPoint(head.sectionViewportPosition(place) + 20, head.height() // 2)
    QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)


def order(table: FigureTable) -> str:
    return "".join(str(row["id"]) for row in table.rows())


def test_a_click_on_a_head_sorts_and_what_has_no_value_comes_last(qtbot: QtBot) -> None:
    table = shown(qtbot)
    press_head(table, 1)
    assert order(table) == "bac"
    press_head(table, 1)
    assert order(table) == "abc"
    press_head(table, 0)
    assert order(table) == "bca"
    press_head(table, 2)
    assert order(table) == "bac"


def test_a_growing_table_keeps_order_and_choice(qtbot: QtBot) -> None:
    table = shown(qtbot)
    press_head(table, 1)
    table.choose("a")
    table.set_rows([*ROWS, {"id": "d", "name": "New", "score": 0.8, "kappa": None}])
    assert order(table) == "bdac"
    assert table.chosen() == "a"
    table.grab()


def test_a_chosen_row_is_told_once_and_enter_opens_it(qtbot: QtBot) -> None:
    table = shown(qtbot)
    told: list[str] = []
    table.picked.connect(told.append)
    table.opened.connect(lambda name: told.append(f"open {name}"))
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.row_rect("b").center().toPoint())
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert told == ["b", "open b"]


def test_cells_say_figures_as_everywhere() -> None:
    assert cell_words(0.605, COLUMNS[1]) == ".605"
    assert cell_words(math.nan, COLUMNS[1]) == "–"
    assert cell_words(-0.05, FigureColumn("d", "d", "signed", decimals=2)) == "−.05"
    assert cell_words(12.34, FigureColumn("s", "s", "seconds")) == "12.3 s"
    assert cell_words(None, COLUMNS[0]) == ""


def test_a_sentence_in_place_of_rows_is_told_in_full_however_narrow(qtbot: QtBot) -> None:
    table = FigureTable(COLUMNS, "Figures")
    qtbot.addWidget(table)
    table.resize(240, 300)
    table.show()

    def inked() -> int:
        """How high the words stand, px."""
        picture = table.viewport().grab().toImage()
        ground = picture.pixel(0, picture.height() - 1)
        rows = [
            y for y in range(picture.height()) if any(picture.pixel(x, y) != ground for x in range(picture.width()))
        ]
        return rows[-1] - rows[0] if rows else 0

    table.set_rows([], "None")
    assert 0 < inked() < 18
    table.set_rows([], "No episode: seizure from p ≥ .50 on; what is up to 20 s apart is one, what is shorter is none")
    assert inked() > 30
