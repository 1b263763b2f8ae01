"""The results page by real clicks and keys: confusion, runs, comparison, figures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.pages.figure_file import SAVE, write
from app.pages.figure_lines import inside
from app.pages.results import ResultsPage
from app.pages.results_data import Basis, by_column, read_held, wilson
from app.window import Window
from models.job import Done, Job
from models.learn.words import FEW
from models.orders.comparing import compared
from models.store.project import Project
from tests.app.desk import choose, click, control, noticed, press, settle
from tests.app.windows import Opened
from widgets import numbers
from widgets.charts.chart import Chart, _digits, _share, nice_ticks
from widgets.charts.confusion import ConfusionMatrix
from widgets.charts.flip_bar import FlipBar
from widgets.charts.heat_grid import HeatGrid
from widgets.charts.run_table import AT, BAR, VALUE, RunRow, RunTable
from widgets.parts.header import PaneHeader
from workers.inline import run


def show(opened: Opened, project: Path, qtbot: QtBot, run: str = "run-1", size: Any = (1600, 1000)) -> Window:
    window = opened(project, size=size)
    window.session.show_run(run)
    window.show_page("results")
    settle(qtbot, window)
    return window


def page_of(window: Window) -> ResultsPage:
    page = window.page("results")
    assert isinstance(page, ResultsPage)
    return page


def table() -> RunTable:
    found = control("results.runs")
    assert isinstance(found, RunTable)
    return found


def pick(qtbot: QtBot, run: str, more: bool = False) -> None:
    keys = Qt.KeyboardModifier.ControlModifier if more else Qt.KeyboardModifier.NoModifier
    place = table().row_rect(run).center().toPoint()
    qtbot.mouseClick(table().viewport(), Qt.MouseButton.LeftButton, keys, place)


def text(name: str) -> str:
    found = control(name)
    assert isinstance(found, QLabel)
    return found.text()


def chart(name: str = "results.chart") -> Chart:
    found = control(name)
    assert isinstance(found, Chart)
    return found


def cell(qtbot: QtBot, row: int, column: int, double: bool = False) -> ConfusionMatrix:
    matrix = control("results.confusion")
    assert isinstance(matrix, ConfusionMatrix)
    place = matrix.cell_rect(row, column).center().toPoint()
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=place)
    if double:
        qtbot.mouseDClick(matrix, Qt.MouseButton.LeftButton, pos=place)
    return matrix


def test_without_a_run_it_leads_to_the_train_page(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    window.show_page("results")
    assert not page_of(window).head.isVisible()
    click(qtbot, "empty_train")
    assert window.page_name() == "train"


def test_the_head_says_scores_with_their_company(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    record = window.session.open_project.runs.get("run-1").record
    metrics = record["metrics"]["test"]
    blocks = page_of(window).blocks
    assert blocks["balanced"].accessibleName().count("[") == 1
    assert float(blocks["balanced"].value()) == pytest.approx(metrics["balanced_accuracy"], abs=1e-3)
    assert "most frequent" in blocks["accuracy"].accessibleName()
    assert "locked test set" in page_of(window).head.source.text()
    assert "Metadata alone reach" in text("results.alone")
    assert ("rests on only" in text("results.alone")) is (metrics["interval_units"] < FEW)
    choose("results.part", "val")
    settle(qtbot, window)
    wanted = record["metrics"]["val"]["balanced_accuracy"]
    assert float(blocks["balanced"].value()) == pytest.approx(wanted, abs=1e-3)


def test_what_fusion_reached_beside_the_best_single_set_stands_below(
    opened: Opened, trained: Path, qtbot: QtBot
) -> None:
    window = show(opened, trained, qtbot)
    words = "Joined (mean) the AUC is .70 [.52, .86], of subdb3, which is best on validation, .65 [.47, .82]."
    record = window.session.record()
    assert record is not None
    record.record["metrics"]["given"] = {"words": words}
    page_of(window).refresh()
    assert words in text("results.alone")


def test_a_cell_opens_its_samples(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    counts = np.array(window.session.open_project.runs.get("run-1").record["metrics"]["test"]["confusion"])
    row, column = np.unravel_index(int((counts - np.diag(np.diag(counts))).argmax()), counts.shape)
    assert not control("results.open_cell").isEnabled()
    cell(qtbot, int(row), int(column))
    click(qtbot, "results.open_cell")
    assert window.page_name() == "curate"
    view, order = window.session.view, window.session.order
    assert len(order) == counts[row, column]
    assert set(view.column("label")[order]) == {str(row)}
    assert set(view.column("prediction")[order]) == {str(column)}
    assert set(view.column("part")[order]) == {"test"}
    window.show_page("results")
    cell(qtbot, 2, 2, double=True)
    assert window.page_name() == "curate"
    assert len(window.session.order) == counts[2, 2]


def test_a_cell_holds_what_was_scored_so_where_all_votes_count(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    session = window.session
    view, project = session.view, session.open_project
    test = (view.column("part") == "test") & (view.column("label") == "1") & (view.column("prediction") == "1")
    row = int(np.flatnonzero(test)[0])
    for by, name in (("ann", "1"), ("bob", "1"), ("eve", "2")):
        project.journal.label([row], name, by)
    session.count_votes(True)
    session.samples_changed()
    assert session.fold.labels()[row] == "2", "the latest vote"
    assert session.view.column("label")[row] == "1"
    cell(qtbot, 1, 1, double=True)
    assert row in session.order
    assert len(session.order) == int(test.sum())


def test_two_runs_are_compared_and_their_flips_open(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    pick(qtbot, "run-1")
    pick(qtbot, "run-2", more=True)
    settle(qtbot, window)
    project = window.session.open_project
    told = compared(project, project.runs.get("run-1"), project.runs.get("run-2"))
    assert told.interval is not None
    assert text("results.verdict").startswith("run-2 against run-1, ")
    assert numbers.difference(told.difference, *told.interval) in text("results.difference")
    flips = control("results.flips")
    assert isinstance(flips, FlipBar)
    wrong = flips.part_rect("wrong").center().toPoint()
    session = window.session
    first, second = (session.view.call("prediction", run) for run in ("run-1", "run-2"))
    label, test = session.view.column("label"), session.view.column("part") == "test"
    qtbot.mouseClick(flips, Qt.MouseButton.LeftButton, pos=wrong)
    assert window.page_name() == "curate"
    expected = np.flatnonzero(test & (first == label) & (second != label))
    assert sorted(session.order.tolist()) == expected.tolist()
    window.show_page("results")
    click(qtbot, "results.open_flips")
    assert sorted(session.order.tolist()) == np.flatnonzero(test & (first != second)).tolist()


def test_a_run_is_renamed_noted_and_deleted_with_undo(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot, "run-2")
    runs = window.session.open_project.runs
    pick(qtbot, "run-2")
    press(qtbot, window, "F2")
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    QTest.keyClicks(editor, "one tree")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    settle(qtbot, window)
    assert runs.get("run-2").name == "one tree"
    assert page_of(window).head.title.text() == "one tree, forest"
    note = control("results.note")
    note.setFocus()
    QTest.keyClicks(note, "too small")
    QTest.keyClick(note, Qt.Key.Key_Return)
    assert runs.get("run-2").note == "too small"
    table().setFocus()
    QTest.keyClick(table(), Qt.Key.Key_Delete)
    assert [run.id for run in runs.list()] == ["run-1"]
    assert window.session.run == "run-1"
    press(qtbot, window, "Ctrl+Z")
    assert [run.id for run in runs.list()] == ["run-2", "run-1"]
    assert len(table().rows()) == 2


def test_a_run_that_is_shown_from_elsewhere_is_the_chosen_one(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    pick(qtbot, "run-1")
    settle(qtbot, window)
    window.session.show_run("run-2")
    settle(qtbot, window)
    table = control("results.runs")
    assert table.selected() == ["run-2"]  # type: ignore[attr-defined]


def test_a_taken_name_is_refused_in_words(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    table().renamed.emit("run-1", "run-2")
    assert "taken" in window.notices.notes()[0].text
    assert window.session.open_project.runs.get("run-1").name == ""


def test_a_worse_run_is_marked_only_after_a_word(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    runs = window.session.open_project.runs
    click(qtbot, "results.best")
    best = runs.best()
    assert best is not None
    assert best.id == "run-1"
    pick(qtbot, "run-2")
    settle(qtbot, window)
    click(qtbot, "results.best")
    settle(qtbot, window)
    still = runs.best()
    assert still is not None
    assert still.id == "run-1"
    assert [note.state for note in window.notices.notes()].count("worse") == 1
    window.session.leave()
    assert window.notices.notes() == [], "the question was about the project that was left"
    window.open_project(trained)
    window.show_page("results")
    settle(qtbot, window)
    pick(qtbot, "run-2")
    settle(qtbot, window)
    click(qtbot, "results.best")
    settle(qtbot, window)
    window.notices.drop(window.notices.shown()) if window.notices.notes()[0].state != "worse" else None
    click(qtbot, "notice_run.keep")
    kept = runs.best()
    assert kept is not None
    assert kept.id == "run-1"


def test_every_figure_is_drawn(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    assert len(chart("results.chart2").series()) == 1, "reliability stands beside"
    by_noise = chart().series()[0]
    record = window.session.open_project.runs.get("run-1").record
    assert list(by_noise.y) == [entry["balanced_accuracy"] for entry in record["metrics"]["test"]["by_noise"]]
    expected = {"reliability": 1, "roc": 4, "pr": 4, "by:cMax": 1}
    for kind, count in expected.items():
        choose("results.figure", kind)
        settle(qtbot, window)
        assert len(chart().series()) == count, kind
    drawn = chart().series()[0]
    assert drawn.low is not None
    assert drawn.high is not None
    bounded = [one for one in zip(drawn.low, drawn.y, drawn.high, strict=True) if not math.isnan(one[0])]
    assert bounded, "all right in a slice has no interval, the others have one"
    assert all(low <= y <= high for low, y, high in bounded)


def test_curve_and_matrix_are_made_when_asked_for(
    opened: Opened, trained: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show(opened, trained, qtbot)
    asked: list[Job] = []
    answers: dict[str, Any] = {
        "learning_curve": {"curve": [{"share": 1.0, "rows": 50.0, "mean": 0.4, "low": 0.3, "high": 0.5}]},
        "matrix": {
            "column": "noise",
            "levels": [0.02, 0.04],
            "balanced_accuracy": [[0.6, 0.5], [None, 0.7]],
            "chance": 0.25,
        },
    }

    def start(order: str, arguments: Any, title: str, done: Any = None, *_others: Any) -> None:
        asked.append(Job(order, arguments, title))
        done(Done(answers[order]).result)

    monkeypatch.setattr(window.session.jobs, "start", start)
    choose("results.figure", "curve")
    assert not chart().series()
    click(qtbot, "results.make")
    assert list(chart().series()[0].y) == [0.4]
    choose("results.figure", "matrix")
    click(qtbot, "results.make")
    grid = control("results.grid")
    assert isinstance(grid, HeatGrid)
    assert ".600" in grid.accessibleDescription()
    assert [job.order for job in asked] == ["learning_curve", "matrix"]
    assert [job.arguments["run"] for job in asked] == ["run-1", "run-1"]


def test_what_was_made_of_a_run_is_there_when_the_project_is_opened_again(
    opened: Opened, trained: Path, qtbot: QtBot
) -> None:
    kept = {"curve": [{"share": 1.0, "rows": 50, "mean": 0.4, "low": 0.3, "high": 0.5}], "position": 1}
    with Project.open(trained) as project:
        project.runs.get("run-1").add("curve", kept)
    window = show(opened, trained, qtbot)
    choose("results.figure", "curve")
    assert list(chart().series()[0].y) == [0.4]
    assert "at event 1" in page_of(window).figures.head.subtitle.text()
    button = control("results.make")
    assert isinstance(button, QAbstractButton)
    assert button.text() == "Make again"
    pick(qtbot, "run-2")
    assert not chart().series()
    assert button.text() == "Make"


def entry(head: PaneHeader) -> None:
    """Choose the entry of ⋯ that saves the figure."""
    next(action for action in head.findChildren(QAction) if action.text() == SAVE).trigger()


def save_as(qtbot: QtBot, path: Path) -> None:
    """Choose the place in the dialog and press Save."""
    dialog = control("figure_file")
    assert isinstance(dialog, QFileDialog)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    box = dialog.findChild(QDialogButtonBox)
    assert field is not None
    assert box is not None
    field.setText(str(path))
    qtbot.mouseClick(box.button(QDialogButtonBox.StandardButton.Save), Qt.MouseButton.LeftButton)


def test_figures_are_saved_as_svg_with_their_text_and_as_png(
    opened: Opened, trained: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = show(opened, trained, qtbot)
    page = page_of(window)
    entry(page.figures.head)
    save_as(qtbot, tmp_path / "noise.svg")
    tree = ElementTree.parse(tmp_path / "noise.svg")
    words = "".join(tree.getroot().itertext())
    assert "chance .25" in words
    assert "run-1" in words
    assert tree.getroot().findall(".//{http://www.w3.org/2000/svg}polyline"), "lines, not pixels"
    entry(page.confusion_head)
    save_as(qtbot, tmp_path / "confusion")
    words = "".join(ElementTree.parse(tmp_path / "confusion.svg").getroot().itertext())
    assert "Predicted, locked test set" in words
    entry(page.confusion_head)
    save_as(qtbot, tmp_path / "confusion.png")
    image = QImage(str(tmp_path / "confusion.png"))
    assert image.size() == page.confusion.size() * 2
    write(window, page.confusion, tmp_path / "nowhere" / "confusion.png", ".svg")
    assert "Not saved" in [note.title for note in window.notices.notes()]


def test_the_held_out_rows_are_those_that_were_scored(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    project = window.session.open_project
    run, fold = project.runs.get("run-1"), project.journal.fold
    metrics = run.record["metrics"]["test"]
    basis = Basis(run, "test", project.samples, fold.codes.astype(np.int64), tuple(fold.classes))
    held = read_held(basis)
    assert len(held.codes) == metrics["n"]
    assert float((held.table.argmax(axis=1) == held.codes).mean()) == pytest.approx(metrics["accuracy"])
    found = by_column(basis, "noise")
    assert [entry["balanced_accuracy"] for entry in found] == pytest.approx(
        [entry["balanced_accuracy"] for entry in metrics["by_noise"]]
    )
    low, high = wilson(0.5, 100)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)


def test_the_table_sorts_and_keeps_its_selection(qtbot: QtBot) -> None:
    runs = RunTable()
    qtbot.addWidget(runs)
    runs.resize(700, 300)
    rows = [
        RunRow("run-1", "", "forest", 0.5, 0.4, 0.6, 1.0, "2026-01-01T00:00:00+00:00"),
        RunRow("run-2", "", "mlp", 0.7, 0.6, 0.8, 0.8, "2026-01-02T00:00:00+00:00"),
        RunRow("run-3", "", "cnn", at="2026-01-03T00:00:00+00:00"),
    ]
    runs.set_runs(rows, "run-1", 0.25)
    runs.select(["run-1"])
    assert [row.id for row in runs.rows()] == ["run-3", "run-2", "run-1"]
    header = runs.horizontalHeader()
    runs.show()
    place = QPoint(header.sectionViewportPosition(BAR) + 5, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [row.id for row in runs.rows()] == ["run-2", "run-1", "run-3"], "what is not scored comes last"
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [row.id for row in runs.rows()] == ["run-1", "run-2", "run-3"]
    assert runs.selected() == ["run-1"]
    assert runs.model().headerData(BAR, Qt.Orientation.Horizontal).endswith("↑")
    assert runs.model().headerData(AT, Qt.Orientation.Horizontal) == "At"


def test_runs_of_one_recipe_say_how_they_differ(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    run(Job("train", {"project": str(trained), "recipe": "forest", "values": {"trees": 1, "leaf": 1000}}, ""))
    show(opened, trained, qtbot)
    told = {row.id: row.differs for row in table().rows()}
    assert told["run-1"] == "trees 20, leaf 2"
    assert told["run-2"] == "trees 1, leaf 1000"
    assert told["run-3"] == "trees 1, leaf 1000, as run-2"


def test_scores_that_are_not_alike_are_marked_until_they_are_made_anew(
    opened: Opened, trained: Path, qtbot: QtBot
) -> None:
    with Project.open(trained) as project:
        rows = project.test_rows()
        assert rows is not None
        project.journal.label(rows[:6], "0", "ann", "Other labels")
    run(Job("train", {"project": str(trained), "recipe": "forest", "values": {"trees": 3}}, ""))
    window = show(opened, trained, qtbot, "run-3")
    before = {row.id: row for row in table().rows()}
    assert before["run-3"].unlike == ""
    assert before["run-1"].unlike.startswith("Scored on version 1 of the test set, run-3 on version 2")
    model = table().model()
    place = next(place for place, row in enumerate(table().rows()) if row.id == "run-1")
    assert model.data(model.index(place, VALUE)).startswith("≠ ")
    assert "Not comparable" in model.data(model.index(place, VALUE), Qt.ItemDataRole.ToolTipRole)
    pick(qtbot, "run-3")
    pick(qtbot, "run-1", more=True)
    settle(qtbot, window)
    assert "not alike" in text("results.difference")
    click(qtbot, "results.rescore")
    settle(qtbot, window)
    after = {row.id: row for row in table().rows()}
    assert not any(row.unlike for row in after.values())
    assert after["run-1"].value != before["run-1"].value
    assert not page_of(window).runs.again_button.isVisible()
    window.session.show_run("run-1")
    settle(qtbot, window)
    assert float(page_of(window).blocks["balanced"].value()) == pytest.approx(after["run-1"].value, abs=1e-3)
    assert "again at event" in page_of(window).head.source.text()


def test_values_of_one_class_each_are_drawn_by_accuracy(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = show(opened, trained, qtbot)
    choose("results.figure", "by:dis_to_target")
    settle(qtbot, window)
    assert page_of(window).figures.head.subtitle.text() == "accuracy: each holds one class alone"
    drawn = chart().series()[0]
    recall = window.session.open_project.runs.get("run-1").record["metrics"]["test"]["per_class"]
    assert list(drawn.y) == pytest.approx([item["recall"] for item in recall.values()])


def test_ticks_of_a_short_axis_are_told_apart() -> None:
    marks = nice_ticks(0.331, 0.339)
    assert len({_share(value, _digits(marks)) for value in marks}) == len(marks)
    assert [_share(value, _digits([0, 0.5, 1])) for value in (0, 0.5, 1)] == ["0", ".5", "1"]


def test_long_class_names_have_room_beside_the_matrix(qtbot: QtBot) -> None:
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(600, 400)
    matrix.set_matrix([[1, 2], [3, 4]], ["PV", "SST"], ["P", "S"])
    before = matrix.cell_rect(0, 0).left()
    matrix.set_matrix([[1, 2], [3, 4]], ["PV", "pyramidal cells"], ["P", "Y"])
    assert matrix.cell_rect(0, 0).left() > before
    assert matrix.cell_rect(0, 1).right() < 600


def test_a_name_with_capitals_of_its_own_keeps_them() -> None:
    assert [inside(title) for title in ("Noise", "Simulations in the file", "cMax", "β")] == [
        "noise",
        "simulations in the file",
        "cMax",
        "β",
    ]


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_the_page_fits_the_window(opened: Opened, trained: Path, qtbot: QtBot, size: tuple[int, int]) -> None:
    window = show(opened, trained, qtbot, size=size)
    page = page_of(window)
    pick(qtbot, "run-1")
    pick(qtbot, "run-2", more=True)
    settle(qtbot, window)
    assert page.second.isVisible() == (size[0] >= 1500)
    for widget in page.findChildren(QWidget):
        if widget.objectName().startswith("results.") and widget.isVisible():
            corner = widget.mapTo(page, widget.rect().bottomRight())
            assert corner.x() <= page.width(), widget.objectName()
            assert corner.y() <= page.height(), widget.objectName()
    assert not noticed(window.session)
