"""The rules page by real clicks, drags and keys: thresholds, counts, sets, labelling as one act."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.pages.rules import RulesPage
from app.pages.rules_desk import MODEL, PRESENT, Basis, Desk, Spot
from app.pages.rules_sets import SETS, basis_of
from app.window import Window
from models.job import Job
from models.learn.rules import Clause, Rule, RuleSet
from tests.app.desk import click, control, make_session, press, settle
from tests.app.unit_tables import CLASSES, make_units
from tests.app.windows import Opened
from widgets.charts.threshold_plot import ThresholdPlot, distribution_of, rounded
from widgets.numbers import THIN
from widgets.parts.text import Text
from workers.inline import run

SET = RuleSet(
    "", (Clause("good", True, (Rule("snr", True, 7.5),)), Clause("noise", True, (Rule("snr", False, 4.5),))), "mua"
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    return make_units(tmp_path, unlabelled=30)


def page_of(window: Window) -> RulesPage:
    page = window.page("rules")
    assert isinstance(page, RulesPage)
    return page


def shown(opened: Opened, project: Path, qtbot: QtBot) -> tuple[Window, RulesPage]:
    window = opened(project)
    press(qtbot, window, "Ctrl+6")
    settle(qtbot, window)
    page = page_of(window)
    page._take(SET)
    settle(qtbot, window)
    return window, page


def words(name: str) -> str:
    found = control(name)
    assert isinstance(found, Text)
    return found.text()


def drag(plot: QWidget, start: float, end: float) -> None:
    left, right = QPoint(round(start), plot.height() // 2), QPoint(round(end), plot.height() // 2)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=left)
    QTest.mouseMove(plot, right)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=right)


def test_rules_are_proposed_from_the_labels_and_agree_with_them(opened: Opened, units: Path, qtbot: QtBot) -> None:
    window = opened(units)
    press(qtbot, window, "Ctrl+6")
    settle(qtbot, window)
    assert not control("rules.label").isEnabled()
    window.run_command("rules.propose")
    settle(qtbot, window)
    page = page_of(window)
    assert page.book is not None
    assert page.plots
    assert (page.book.against(PRESENT, 0).kappa or 0) > 0.6


def test_a_dragged_line_changes_counts_at_once_and_agreement_when_it_is_let_go(
    opened: Opened, units: Path, qtbot: QtBot
) -> None:
    _window, page = shown(opened, units, qtbot)
    plot = control("rules.plot.good.snr")
    assert isinstance(plot, ThresholdPlot)
    before, kappa = words("rules.count.good"), page.against.pairs.rows()[0]["kappa"]
    drag(plot, plot.x_of(7.5), plot.x_of(6.0))
    line = plot.threshold()
    assert line is not None
    assert line.value == pytest.approx(6.0, abs=0.2)
    assert int(words("rules.count.good")) > int(before)
    assert page.against.pairs.rows()[0]["kappa"] != kappa
    assert "moved, 7.5 to" in page.against.moved.title.text()
    field = control("rules.good.snr.value")
    assert isinstance(field, QLineEdit)
    assert float(field.text()) == line.value


def test_arrow_keys_step_the_line_and_shift_steps_ten_times(opened: Opened, units: Path, qtbot: QtBot) -> None:
    _window, page = shown(opened, units, qtbot)
    plot = control("rules.plot.good.snr")
    plot.setFocus()
    assert page.book is not None
    QTest.keyClick(plot, Qt.Key.Key_Right)
    one = page.book.rule(Spot(0, 0)).value - 7.5
    QTest.keyClick(plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert one > 0
    assert page.book.rule(Spot(0, 0)).value - 7.5 == pytest.approx(11 * one, rel=0.15)


def test_a_typed_number_moves_the_line_and_nonsense_does_not(opened: Opened, units: Path, qtbot: QtBot) -> None:
    _window, page = shown(opened, units, qtbot)
    field = control("rules.good.snr.value")
    assert isinstance(field, QLineEdit)
    for typed, wanted in (("5,5", 5.5), ("much", 5.5), ("-12 500", -12500), ("5.5", 5.5)):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert page.book is not None
        assert page.book.rule(Spot(0, 0)).value == wanted
        assert field.text() == {5.5: "5.5", -12500: f"−12{THIN}500"}[wanted]
    click(qtbot, "rules.good.snr.side")
    assert not page.book.rule(Spot(0, 0)).above
    click(qtbot, "rules.good.snr.remove")
    assert page.book.rules.clauses[0].rules == ()


def test_unlabelled_samples_are_labelled_as_one_act_that_is_undone_at_once(
    opened: Opened, units: Path, qtbot: QtBot
) -> None:
    window, page = shown(opened, units, qtbot)
    button = click(qtbot, "rules.label")
    settle(qtbot, window)
    assert (window.session.labels() >= 0).all()
    assert page.book is not None
    assert window.session.places()[:30].tolist() == page.book.decided[:30].tolist()
    assert not button.isEnabled()
    press(qtbot, window, "Ctrl+Z")
    settle(qtbot, window)
    assert (window.session.labels() < 0).sum() == 30
    assert window.session.open_project.journal.events(limit=2)[1].title == "rules on 30 samples"


def test_times_of_a_spike_are_shown_and_typed_in_ms(opened: Opened, units: Path, qtbot: QtBot) -> None:
    window, page = shown(opened, units, qtbot)
    page._take(RuleSet("", (Clause("good", True, (Rule("trough_half_width", True, 0.000267),)),), "mua"))
    settle(qtbot, window)
    field, plot = control("rules.good.trough_half_width.value"), control("rules.plot.good.trough_half_width")
    assert isinstance(field, QLineEdit)
    assert isinstance(plot, ThresholdPlot)
    assert (field.text(), plot.value_words()) == ("0.267", "> 0.267 ms")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.3")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle(qtbot, window)
    line = plot.threshold()
    assert line is not None
    assert line.value == pytest.approx(0.0003)
    assert plot.value_words() == "> 0.3 ms"


def test_a_saved_set_comes_back_with_the_project(opened: Opened, units: Path, qtbot: QtBot) -> None:
    window, page = shown(opened, units, qtbot)
    press(qtbot, window, "Ctrl+S")
    QTest.keyClicks(control("rules_name.name"), "strict")
    click(qtbot, "rules_name.ok")
    settle(qtbot, window)
    assert page.sets.value() == "strict"
    assert window.session.open_project.setting(SETS)[0]["name"] == "strict"
    window.close()
    again = opened(units)
    press(qtbot, again, "Ctrl+6")
    settle(qtbot, again)
    book = page_of(again).book
    assert book is not None
    assert book.rules.clauses == SET.clauses


def test_where_they_part_opens_as_a_list(opened: Opened, units: Path, qtbot: QtBot) -> None:
    window, page = shown(opened, units, qtbot)
    table = page.against.partings
    row = table.rows()[0]
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.row_rect(str(row["id"])).center().toPoint())
    click(qtbot, "rules.open")
    settle(qtbot, window)
    assert window.page_name() == "curate"
    assert len(window.session.order) == row["n"]


def test_the_opinion_of_another_is_what_rules_are_held_against(opened: Opened, units: Path, qtbot: QtBot) -> None:
    _window, page = shown(opened, units, qtbot)
    labels = page.against.pairs.rows()[0]["kappa"]
    page._choose_who("file:KSLabel")
    assert page.against.pairs.rows()[0]["name"] == "rules, file:KSLabel"
    assert page.against.pairs.rows()[0]["kappa"] != labels


def test_any_domain_with_measured_features_has_the_page(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    press(qtbot, window, "Ctrl+6")
    settle(qtbot, window)
    window.run_command("rules.propose")
    settle(qtbot, window)
    assert page_of(window).plots


def test_an_added_rule_begins_where_it_tells_the_class_best() -> None:
    values = np.array([1.0, 2.0, 3.0, 8.0, 9.0, 10.0])
    labels = np.array([1, 1, 1, 0, 0, 0])
    basis = Basis(np.arange(6), {"snr": values}, CLASSES, {PRESENT: labels}, np.zeros(6, np.int64), ["a"])
    desk = Desk(basis, RuleSet("", (), "mua"))
    spot = desk.add(0, "snr")
    assert desk.rule(spot).above
    assert 3 <= desk.rule(spot).value < 8
    assert desk.counts().tolist() == [3, 3, 0]
    assert desk.met(spot) == [(0, 3), (1, 0), (2, 0)]
    assert desk.by_group(PRESENT) == [("a", 6, 1.0)]
    desk.set_rest("good")
    assert [clause.name for clause in desk.rules.clauses] == ["noise", "mua"]


def test_a_distribution_leaves_far_values_out_and_says_so() -> None:
    values = np.concatenate([np.linspace(0, 1, 97), [1e9, np.nan, np.inf]])
    seen = distribution_of(values, np.zeros(100, np.int64), 2)
    assert seen.high < 5
    assert seen.missing == 2
    assert seen.beyond > 0
    flat = distribution_of(np.full(5, 3.0), np.zeros(5, np.int64), 1)
    assert flat.low < 3 < flat.high
    assert distribution_of(np.full(3, np.nan), np.zeros(3, np.int64), 1).missing == 3
    assert rounded(0.123456, 1.0) == 0.12


def test_what_a_run_learnt_from_is_no_opinion_of_it(tmp_path: Path, qapp: QApplication, units: Path) -> None:
    run(Job("train", {"project": str(units), "recipe": "logistic_regression", "baseline": False}, ""))
    session = make_session(tmp_path)
    session.open(units)
    basis = basis_of(session)
    learnt, said = session.view.column("part")[basis.rows] == "train", basis.opinions[MODEL]
    assert learnt.any()
    assert (said[learnt] == -1).all()
    assert (said[~learnt] >= 0).any()
    session.close()
    session.jobs.close()
