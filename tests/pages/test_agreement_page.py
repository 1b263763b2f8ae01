"""The agreement page by real clicks and keys: pairs, where they part, settling."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.agreement import AgreementPage
from app.window import Window
from tests.app.desk import click, control, press, settle
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from widgets.charts.confusion import ConfusionMatrix


@pytest.fixture
def shown(opened: Opened, tmp_path: Path, qtbot: QtBot) -> tuple[Window, AgreementPage]:
    window = opened(make_units(tmp_path))
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    page = window.page("agreement")
    assert isinstance(page, AgreementPage)
    return window, page


def test_pairs_have_a_kappa_with_its_interval(shown: tuple[Window, AgreementPage]) -> None:
    _window, page = shown
    row = page.pairs.rows()[0]
    assert (row["first"], row["second"], row["n"]) == ("file", "file:KSLabel", 192)
    value, low, high = row["kappa"]
    assert 0 < low < value < high < 1
    assert page.pairs.chosen() == row["id"]
    assert [line["name"] for line in page.classes.rows()] == ["good", "multi-unit", "noise"]


def test_a_split_sample_is_settled_by_a_key_and_the_next_one_is_chosen(
    shown: tuple[Window, AgreementPage], qtbot: QtBot
) -> None:
    window, page = shown
    first, second = (str(row["id"]) for row in page.splits.rows()[:2])
    count = len(page.open_rows)
    spot = page.splits.row_rect(first).center().toPoint()
    QTest.mouseClick(page.splits.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    press(qtbot, window, "2")
    settle(qtbot, window)
    assert window.session.open_project.journal.fold.labels()[int(first)] == "mua"
    assert len(page.open_rows) == count - 1
    assert page.splits.chosen() == second
    press(qtbot, window, "Ctrl+Z")
    settle(qtbot, window)
    assert len(page.open_rows) == count


def test_a_cell_and_all_that_is_split_open_as_lists(shown: tuple[Window, AgreementPage], qtbot: QtBot) -> None:
    window, page = shown
    split = len(page.open_rows)
    click(qtbot, "agreement.open_all")
    settle(qtbot, window)
    assert window.page_name() == "curate"
    assert len(window.session.order) == split
    press(qtbot, window, "Ctrl+7")
    matrix = control("agreement.confusion")
    assert isinstance(matrix, ConfusionMatrix)
    told = page.found[page.pair]
    spot = matrix.cell_rect(0, 1).center().toPoint()
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=spot)
    assert told.confusion[0, 1] > 0
    click(qtbot, "agreement.open_cell")
    settle(qtbot, window)
    assert len(window.session.order) == told.confusion[0, 1]


def test_one_opinion_alone_is_said(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    assert control("agreement.empty").isVisible()
