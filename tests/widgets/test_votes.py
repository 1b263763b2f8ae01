"""What raters say as pictures: the square of pairs, the rows of votes, facts, stacked votes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from widgets import paint
from widgets.charts.figure_table import FigureColumn, FigureTable, cell_words
from widgets.charts.pair_matrix import PairMatrix
from widgets.fact_grid import FactGrid
from widgets.rater_rows import RaterRows, Vote


def square(qtbot: QtBot) -> PairMatrix:
    matrix = PairMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(400, 300)
    values = np.array([[np.nan, 0.5, 0.1], [0.5, np.nan, np.nan], [0.1, np.nan, np.nan]])
    matrix.set_pairs(["ann", "ben", "cat"], values, [[False] * 3] * 3, "")
    matrix.show()
    return matrix


def test_a_click_and_arrows_choose_a_pair_and_nobody_with_oneself(qtbot: QtBot) -> None:
    matrix, asked = square(qtbot), []
    matrix.pair_asked.connect(lambda row, column: asked.append((row, column)))
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(1, 1).center().toPoint())
    assert asked == []
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(1, 0).center().toPoint())
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    assert asked == [(1, 0), (1, 2)]
    assert matrix.chosen() == (1, 2)
    assert "ann and ben .50" in matrix.accessibleDescription()
    assert matrix.grab().toImage().width() > 0


def test_names_above_narrow_columns_stand_upright_and_are_whole(qtbot: QtBot) -> None:
    matrix = square(qtbot)
    assert not matrix.is_upright()
    low = matrix.cell_rect(0, 0).top()
    matrix.set_pairs(["curator", "model", "ann", "ben", "cat"], np.full((5, 5), 0.5), [[False] * 5] * 5, "")
    matrix.resize(900, 300)
    assert not matrix.is_upright()
    matrix.resize(260, 300)
    assert matrix.is_upright()
    room = matrix.cell_rect(0, 0).top()
    assert room > max(low, paint.width("curator", "strong"))
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(2, 1).center().toPoint())
    assert matrix.chosen() == (2, 1)
    assert matrix.grab().toImage().width() == 260


def test_the_rows_of_votes_are_as_many_as_votes(qtbot: QtBot) -> None:
    rows = RaterRows()
    qtbot.addWidget(rows)
    rows.show_rows([Vote("ann", "GPD", "G", 2), Vote("ben (you)", "Cannot say", own=True)])
    assert rows.accessibleDescription() == "ann GPD; ben (you) Cannot say"
    tall = rows.height()
    rows.show_rows([], "No votes yet")
    assert rows.height() < tall
    assert rows.accessibleDescription() == "No votes yet"


def test_facts_stand_two_in_a_row(qtbot: QtBot) -> None:
    grid = FactGrid()
    qtbot.addWidget(grid)
    grid.set_facts([("Agreement", "9 of 18"), ("KL to model", "0.18 nats"), ("Entropy", "0.69 nats")])
    three = grid.height()
    grid.set_facts([("Agreement", "9 of 18"), ("KL to model", "0.18 nats")])
    assert three == 2 * grid.height()
    assert grid.facts() == {"Agreement": "9 of 18", "KL to model": "0.18 nats"}
    assert grid.accessibleName() == "Agreement: 9 of 18; KL to model: 0.18 nats"


def test_stacked_votes_are_told_in_words(qtbot: QtBot) -> None:
    column = FigureColumn("votes", "Votes", "stack", 0)
    assert cell_words((3.0, 0.0, 2.0), column) == "3, 0, 2"
    table = FigureTable((column,), "Votes")
    qtbot.addWidget(table)
    table.letters = ["S", "L", "G"]
    table.set_rows([{"id": "a", "votes": (3.0, 0.0, 2.0)}, {"id": "b", "votes": None}])
    table.resize(300, 120)
    table.show()
    assert table.grab().toImage().width() > 0
