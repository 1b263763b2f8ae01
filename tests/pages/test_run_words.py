"""What the results page says where runs are few: true of the runs that stand there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.results import ResultsPage
from app.pages.results_data import varied
from app.pages.run_scores import labels_told
from models.job import Progress
from models.store.runs import RunRecord
from tests.app.desk import choose, click, control, settle
from tests.app.windows import Opened
from tests.pages.test_results_page import chart, page_of, show, table, text
from widgets import paint
from widgets.parts.combo import LabelledCombo


def ran(name: str, labels: str, steps: bool = False, recipe: str = "forest") -> RunRecord:
    stopping = {"steps": [{}] if steps else [], "verdict": "9 of 10 predictions changed."}
    record = {"snapshot": {"sha": labels}, "stopping": stopping, "classes": ["a", "b"]}
    return RunRecord(name, "", "", False, Path(name), recipe, record, "")


def test_whether_labels_changed_it_is_told_by_the_runs_that_are_there() -> None:
    first, second, other = ran("run-1", "x"), ran("run-2", "y", steps=True), ran("run-3", "y", recipe="cnn")
    assert labels_told(first, [first]).endswith("label more, then train forest again.")
    assert labels_told(first, [first], more=False).endswith("so Learning curve tells.")
    assert labels_told(other, [other, second, first]).endswith("label more, then train cnn again.")
    assert labels_told(first, [other, second, first]) == "run-2 tells what the labels since then changed."
    assert labels_told(second, [other, second, first]) == "9 of 10 predictions changed."
    twin = ran("run-4", "y", steps=True)
    assert labels_told(twin, [twin, second]).startswith("run-2 had the same labels")
    other_values = replace(second, record={**second.record, "params": {"trees": 5}})
    assert labels_told(other_values, [other_values, first]).startswith("run-1 had other values too")
    assert labels_told(first, [ran("run-5", "x"), first]).startswith("run-5 has the same labels")


def test_nothing_asks_for_a_run_that_is_there(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    assert "run-2 has the same labels" in text("results.alone")
    assert "second run" not in text("results.alone")
    assert text("results.verdict") == "Select two runs to compare them"
    page = window.page("results")
    assert isinstance(page, ResultsPage)
    page.metrics = {"chance": {"balanced_accuracy": 1 / 3}}
    page._show_alone(ran("run-9", "x"))
    assert text("results.alone").startswith("Chance is .333. "), "a sentence begins as one"
    runs = window.session.open_project.runs
    runs.mark_best("run-1", "ann")
    window.session.runs_changed()
    assert [row.id for row in table().rows() if row.best] == ["run-1"]
    page_of(window).runs._delete("run-2")
    settle(qtbot, window)
    assert text("results.verdict") == "A second run could be compared with this one"
    assert not any(row.best for row in table().rows()), "the only run is better than none"


def test_columns_of_one_value_are_no_figure(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    samples = opened(labelled).session.open_project.samples
    assert "noise" in varied(samples, samples.names)
    same = pc.equal(samples.table.column("noise"), samples.table.column("noise")[0])
    one = replace(samples, table=samples.table.filter(same))
    assert "noise" not in varied(one, one.names)
    assert "cMax" in varied(one, one.names)


def test_the_choice_of_a_figure_is_read_in_full(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    show(opened, trained, qtbot)
    choice = control("results.figure")
    assert isinstance(choice, LabelledCombo)
    widest = max(paint.width(choice.itemText(place), "label") for place in range(choice.count()))
    assert choice.width() >= widest + paint.width("Figure", "body") + 30


def test_a_figure_that_is_made_tells_its_steps_and_keeps_the_keyboard(
    opened: Opened, trained: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show(opened, trained, qtbot)
    steps: list[Any] = []
    monkeypatch.setattr(window.session.jobs, "start", lambda *told: steps.append(told[4]))
    choose("results.figure", "curve")
    click(qtbot, "results.make")
    assert QApplication.focusWidget() is control("results.figure")
    steps[0](Progress(2, 5, "Fitting on 50 of 200 samples"))
    assert chart()._words == "Fitting on 50 of 200 samples"
