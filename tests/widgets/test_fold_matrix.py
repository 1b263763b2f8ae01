"""The matrix of sets and folds: states of cells, what they tell, choosing by mouse and key."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from widgets.charts.fold_matrix import (
    DONE,
    FAILED,
    PENDING,
    RUNNING,
    SCORED,
    UNDEFINED,
    FoldCell,
    FoldMatrix,
    FoldRow,
)

ROWS = [
    FoldRow("subdb1", (FoldCell(SCORED, 0.7, why="9 judged"), FoldCell(UNDEFINED, why="only one class in it")), 0.7),
    FoldRow("subdb2", (FoldCell(RUNNING, part=0.4, why="on w1"), FoldCell(PENDING)), shares=(1.0, 9.0)),
    FoldRow("subdb3", (FoldCell(DONE), FoldCell(FAILED, why="no file"))),
    FoldRow("late fusion", (FoldCell(SCORED, 0.8), FoldCell(SCORED, 0.6)), 0.7, 0.14, apart=True, best=True),
]


@pytest.fixture
def matrix(qtbot: QtBot) -> FoldMatrix:
    shown = FoldMatrix()
    qtbot.addWidget(shown)
    shown.resize(900, 320)
    shown.set_matrix(ROWS, ["fold 0", "fold 1"], "AUC by patient")
    with qtbot.waitExposed(shown):
        shown.show()
    return shown


def test_each_state_is_told_in_words(matrix: FoldMatrix) -> None:
    told = matrix.accessibleDescription()
    for words in (
        "subdb1, fold 0: .700, 9 judged",
        "subdb1, fold 1: undefined, only one class in it",
        "subdb2, fold 0: running, on w1",
        "subdb2, fold 1: pending",
        "subdb3, fold 1: failed, no file",
    ):
        assert words in told


def test_a_click_asks_for_the_cell_under_it(matrix: FoldMatrix, qtbot: QtBot) -> None:
    place = matrix.cell_rect(3, 1).center().toPoint()
    with qtbot.waitSignal(matrix.cell_asked) as asked:
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [3, 1]
    assert matrix.chosen() == (3, 1)


def test_arrows_move_the_ring_and_enter_asks(matrix: FoldMatrix, qtbot: QtBot) -> None:
    asked: list[tuple[int, int]] = []
    matrix.cell_asked.connect(lambda row, column: asked.append((row, column)))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(matrix, key)
    assert asked == []
    qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert asked == [matrix.chosen()] == [(1, 1)]


def test_cells_never_overlap_whatever_the_size(matrix: FoldMatrix) -> None:
    for size in ((320, 150), (600, 200), (1600, 900)):
        matrix.resize(*size)
        boxes = [matrix.cell_rect(row, column) for row in range(4) for column in range(2)]
        assert all(box.width() > 8 and box.height() > 8 for box in boxes)
        assert not any(one.intersects(two) for at, one in enumerate(boxes) for two in boxes[at + 1 :])


def test_other_rows_put_a_ring_that_has_no_place_away(matrix: FoldMatrix, qtbot: QtBot) -> None:
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.cell_rect(3, 1).center().toPoint())
    matrix.set_matrix([], [], "", "No run yet")
    assert matrix.chosen() == (-1, -1)
    assert matrix.accessibleDescription() == "No run yet"
    assert math.isnan(FoldCell().value)
