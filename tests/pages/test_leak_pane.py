"""The leak meter on the results page: asked for by a click, told in rows and words, always in the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from app.pages.leak_pane import LeakPane
from models.job import Done, Job
from models.store.project import Project
from tests.app.desk import choose, click, control
from tests.app.windows import Opened
from tests.pages.test_results_page import page_of, show, text
from widgets import paint
from widgets.charts.interval_rows import MORE, IntervalRow, IntervalRows

ROWS = [
    {
        "name": "group",
        "title": "by simulation",
        "auc": 0.678,
        "intervals": {"auc": [0.5, 0.81]},
        "chance": {"auc": 0.5},
    },
    {"name": "sample", "title": "by cell", "auc": 0.895, "intervals": {"auc": [0.84, 0.94]}, "chance": {"auc": 0.5}},
    {"name": "permuted", "title": "permuted labels", "auc": None, "intervals": {"auc": None}, "chance": {"auc": 0.5}},
]
LEAKS = {
    "rows": ROWS,
    "difference": 0.217,
    "interval": [0.09, 0.35],
    "words": "A split by cell flatters by .22 [.09, .35]. 9 of 10 simulations stand in training and in test there.",
    "notes": ["Nothing tells age here."],
    "position": 1,
}


def pane() -> LeakPane:
    found = control("results.leak")
    assert isinstance(found, LeakPane)
    return found


def test_the_meter_is_asked_for_and_shown(
    opened: Opened, trained: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show(opened, trained, qtbot)
    asked: list[Job] = []

    def start(order: str, arguments: Any, title: str, done: Any = None, *_others: Any) -> None:
        asked.append(Job(order, arguments, title))
        done(Done(LEAKS).result)

    monkeypatch.setattr(window.session.jobs, "start", start)
    choose("results.figure", "leak")
    assert "Press Make" in pane().notes.text()
    click(qtbot, "results.make")
    assert [(job.order, job.arguments["run"]) for job in asked] == [("leak", "run-1")]
    rows = pane().rows.rows()
    assert [(row.name, row.value, row.struck) for row in rows] == [
        ("by simulation", 0.678, False),
        ("by cell", 0.895, True),
        ("permuted labels", None, False),
    ]
    assert pane().panel.title.text() == "A split by cell flatters by .22 [.09, .35]"
    assert pane().notes.text().startswith("95 % intervals are over whole simulations. ")
    assert pane().notes.text().endswith(" Nothing tells age here.")


def test_the_text_beside_it_tells_what_was_measured_a_moment_ago(
    opened: Opened, trained: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show(opened, trained, qtbot)

    def start(order: str, arguments: Any, title: str, done: Any = None, *_others: Any) -> None:
        window.session.open_project.runs.get("run-1").add("leak", LEAKS)
        done(LEAKS)

    monkeypatch.setattr(window.session.jobs, "start", start)
    choose("results.figure", "leak")
    assert "flatters by" not in text("results.alone")
    click(qtbot, "results.make")
    assert "A split by cell flatters by .22" in text("results.alone")


def test_what_was_measured_stands_in_the_text_and_comes_back(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    with Project.open(trained) as project:
        project.runs.get("run-1").add("leak", LEAKS)
    window = show(opened, trained, qtbot)
    assert "A split by cell flatters by .22" in text("results.alone")
    choose("results.figure", "leak")
    assert len(pane().rows.rows()) == 3
    assert page_of(window).figures.head.subtitle.text() == "AUC, 95 %"
    assert "Measured at event 1; the journal went on since." in pane().notes.text()
    button = control("results.make")
    assert isinstance(button, QAbstractButton)
    assert button.text() == "Make again"


def test_no_leak_is_no_warning(qtbot: QtBot) -> None:
    pane = LeakPane("leak")
    qtbot.addWidget(pane)
    words = "A split by cell differs by +.02 [−.10, +.13]: nothing is proven. 9 of 10 simulations stand on both sides."
    pane.show_leak({**LEAKS, "difference": 0.02, "interval": [-0.1, 0.13], "words": words}, "simulation", "cell")
    assert [row.struck for row in pane.rows.rows()] == [False, False, False]
    assert "chance .50" in pane.rows.accessibleName()


def test_what_is_of_now_does_not_say_when_it_was_measured(qtbot: QtBot) -> None:
    pane = LeakPane("leak")
    qtbot.addWidget(pane)
    for position, since in ((0, False), (1, False), (2, True)):
        pane.show_leak(LEAKS, "simulation", "cell", "", position)
        assert ("Measured at event 1" in pane.notes.text()) is since


def test_a_name_that_is_too_long_goes_on_below(dressed: QApplication, qtbot: QtBot) -> None:
    rows = IntervalRows()
    qtbot.addWidget(rows)
    matched = "by speaker, 12 speakers matched by age and sex"
    rows.resize(600, rows.height())
    rows.set_rows([IntervalRow(name, 0.6, 0.5, 0.7) for name in ("by speaker", matched, "permuted, mean of 3")])
    with qtbot.waitExposed(rows):
        rows.show()
    assert rows.names() == [("by speaker", ""), (matched, ""), ("permuted, mean of 3", "")]
    whole = rows.height()
    rows.resize(330, rows.height())
    assert rows.names()[1] == ("by speaker", "12 speakers matched by age and sex")
    assert rows.names()[2] == ("permuted, mean of 3", "")
    qtbot.waitUntil(lambda: rows.height() == whole + MORE)
    assert paint.width(rows.names()[1][1], "caption") <= rows.width() - 48, "it is seen whole"
    assert matched in rows.accessibleName()
