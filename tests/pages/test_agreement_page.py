"""The agreement page by real clicks and keys: pairs, raters, where they part, settling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.pages.agreement import AgreementPage
from app.pages.agreement_queue import MANY, NONE_LEADS, TIED, ranked
from app.pages.agreement_raters import short_names
from app.window import Window
from models.domain import Found
from models.store.project import Project
from tests.app.desk import choose, click, control, press, settle
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from widgets import paint
from widgets.charts.confusion import ConfusionMatrix, fitting
from widgets.charts.pair_matrix import told


def agree_on(opened: Opened, path: Path, qtbot: QtBot) -> tuple[Window, AgreementPage]:
    window = opened(path)
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    page = window.page("agreement")
    assert isinstance(page, AgreementPage)
    return window, page


@pytest.fixture
def shown(opened: Opened, tmp_path: Path, qtbot: QtBot) -> tuple[Window, AgreementPage]:
    return agree_on(opened, make_units(tmp_path), qtbot)


def test_the_pair_has_a_kappa_with_its_interval(shown: tuple[Window, AgreementPage]) -> None:
    _window, page = shown
    assert page.people.pair == ("file", "file:KSLabel")
    assert page.people.pairs.chosen() != (-1, -1)
    assert "κ ." in page.people.pair_head.subtitle.text()
    assert "192 units" in page.people.pair_head.subtitle.text()
    assert "[" in page.people.pair_head.subtitle.text()
    first, second = page.people.raters.rows()
    value, low, high = first["kappa"]
    assert low < value < high
    assert second["votes"] == 192
    assert page.blocks["kappa"].accessibleName().startswith("κ of all: .")


def test_of_a_rater_the_errors_are_shown(shown: tuple[Window, AgreementPage], qtbot: QtBot) -> None:
    window, page = shown
    spot = page.people.raters.row_rect("file:KSLabel").center().toPoint()
    QTest.mouseClick(page.people.raters.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    settle(qtbot, window)
    assert page.people.pair_head.title.text() == "file:KSLabel"
    assert "likely classes" in page.people.pair_head.subtitle.text()
    cell = page.people.pairs.cell_rect(0, 1).center().toPoint()
    QTest.mouseClick(page.people.pairs, Qt.MouseButton.LeftButton, pos=cell)
    settle(qtbot, window)
    assert set(page.people.pair) == {"file", "file:KSLabel"}
    assert page.people.raters.chosen() == ""


def test_a_split_sample_is_settled_by_a_key_and_the_next_one_is_chosen(
    shown: tuple[Window, AgreementPage], qtbot: QtBot
) -> None:
    window, page = shown
    first, second = (str(row["id"]) for row in page.queue.splits.rows()[:2])
    count = len(page.queue.rows)
    spot = page.queue.splits.row_rect(first).center().toPoint()
    QTest.mouseClick(page.queue.splits.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert page.queue.case_head.title.text() == window.session.short(int(first))
    press(qtbot, window, "2")
    settle(qtbot, window)
    assert window.session.open_project.journal.fold.labels()[int(first)] == "mua"
    assert len(page.queue.rows) == count - 1
    assert page.queue.splits.chosen() == second
    press(qtbot, window, "Ctrl+Z")
    settle(qtbot, window)
    assert len(page.queue.rows) == count
    page.queue.classes.rows()[0].click()
    settle(qtbot, window)
    assert window.session.open_project.journal.fold.labels()[int(second)] == "good"


def test_the_first_case_is_settled_by_a_key_as_the_page_opens(
    shown: tuple[Window, AgreementPage], qtbot: QtBot
) -> None:
    window, page = shown
    first, second, third = (str(row["id"]) for row in page.queue.splits.rows()[:3])
    assert page.queue.splits.chosen() == first, "the row of the case that is shown is marked"
    press(qtbot, window, "2", "1")
    labels = window.session.open_project.journal.fold.labels()
    assert (labels[int(first)], labels[int(second)]) == ("mua", "good")
    assert page.queue.splits.chosen() == third


def test_a_cell_and_all_that_is_split_open_as_lists(shown: tuple[Window, AgreementPage], qtbot: QtBot) -> None:
    window, page = shown
    split = len(page.queue.rows)
    click(qtbot, "agreement.open_all")
    settle(qtbot, window)
    assert window.page_name() == "curate"
    assert len(window.session.order) == split
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    matrix = control("agreement.confusion")
    assert isinstance(matrix, ConfusionMatrix)
    parting = page.people.parting
    assert parting is not None
    there = int(((parting.one == 0) & (parting.other == 1)).sum())
    spot = matrix.cell_rect(0, 1).center().toPoint()
    QTest.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=spot)
    assert there > 0
    click(qtbot, "agreement.open_cell")
    settle(qtbot, window)
    assert len(window.session.order) == there


def test_one_opinion_alone_is_said(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    press(qtbot, window, "Ctrl+7")
    settle(qtbot, window)
    assert control("agreement.empty").isVisible()


def test_votes_without_a_name_are_split_samples_too(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    path, source = tmp_path / "tallied", tmp_path / "v.csv"
    source.write_text("v")
    tallies = [{"good": 3, "mua": 2}, {"good": 4}, {"mua": 6, "noise": 6}]
    with Project.create(path, "units", votes=True) as made:
        made.add(Found(source, "v.csv", list("012"), ["g"] * 3, ["good", "good", None], tallies=tallies))
    window, page = agree_on(opened, path, qtbot)
    assert [row["id"] for row in page.queue.splits.rows()] == ["2", "0"], "the more even first"
    assert page.people.raters.rows() == []
    choose("agreement.queue", MANY)
    settle(qtbot, window)
    assert page.queue.rows.tolist() == [2]


def test_who_shares_nothing_is_no_pair_with_oneself_and_few_votes_tell_nothing(
    opened: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    path, source = tmp_path / "tallied", tmp_path / "v.csv"
    source.write_text("v")
    tallies = [{"good": 3, "mua": 2}] * 12
    with Project.create(path, "units", votes=True) as made:
        made.add(Found(source, "v.csv", [f"{row:02}" for row in range(12)], ["g"] * 12, ["good"] * 12, tallies=tallies))
        made.journal.label(np.arange(11), "good", "bea")
        made.journal.label(np.array([11]), "mua", "ann")
    _window, page = agree_on(opened, path, qtbot)
    assert set(page.people.pair) == {"ann", "bea"}
    assert "0 units" in page.people.pair_head.subtitle.text()
    rows = {row["name"]: row for row in page.people.raters.rows()}
    assert (rows["ann"]["kappa"][0], rows["ann"]["lean"]) == (None, None)
    assert "too few" in rows["ann"]["tip"]
    assert "agrees with the others on" in rows["bea"]["tip"]


def test_a_narrow_cell_tells_its_number_whole(qtbot: QtBot) -> None:
    wide = paint.width("100 %", "strong")
    assert fitting("100 %", "strong", wide) == "100 %"
    assert fitting("100 %", "strong", wide - 1) == "100"


def test_a_narrow_pair_is_told_whole(qtbot: QtBot) -> None:
    narrow = paint.width("−.0", "caption") + 1
    assert told(-0.08, "caption", narrow) == "−.1", "not a sign with half a digit"
    assert told(-0.08, "caption", 60) == "−.08"


def test_kinds_of_split_votes() -> None:
    counts = np.array([[3, 2, 0], [2, 2, 0], [2, 2, 1], [6, 4, 0], [5, 0, 0]], float)
    rows = np.arange(4)
    assert ranked(rows, counts, NONE_LEADS)[0].tolist() == [2, 1]
    assert ranked(rows, counts, TIED)[0].tolist() == [2, 1]
    assert ranked(rows, counts, MANY)[0].tolist() == [3]
    assert ranked(rows, counts, "any", np.array([False, True, True, False, False]))[0].tolist() == [3, 0, 2, 1]
    found, apart = ranked(rows, counts, "any")
    assert found.tolist() == [2, 1, 3, 0]
    assert apart[1] == pytest.approx(np.log(2))


def test_raters_with_numbers_are_told_by_them() -> None:
    assert short_names(["rater001", "rater051", "rater124", "model"]) == ["1", "51", "124", "model"]
    assert short_names(["file", "file:KSLabel", "ann", "ben", "cat"]) == ["file", "KSLabel", "ann", "ben", "cat"]
    assert short_names(["rater001", "rater002"]) == ["rater001", "rater002"]
    assert short_names(["rater001", "rater051", "rater124", "ann", "7"]) == ["1", "51", "124", "ann", "7"]
