"""Studies of a run on the results page: made when asked for, shown as a table, kept with the run."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.pages.results_figures import FigurePane
from app.pages.study_pane import columns_of
from models.job import Job
from models.store.project import Project
from tests.app.desk import click, control, press, settle
from tests.app.unit_tables import make_units
from tests.app.windows import Opened
from tests.projects import project_from
from widgets.charts.figure_table import FigureTable
from workers.inline import run


def test_a_study_is_made_and_kept_with_the_run(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    project = make_units(tmp_path)
    arguments = {"project": str(project), "recipe": "logistic_regression", "folds": 3, "baseline": False}
    run(Job("train", arguments, "train"))
    window = opened(project)
    press(qtbot, window, "Ctrl+4")
    settle(qtbot, window)
    pane = next(one for one in window.findChildren(FigurePane) if one.choice.objectName() == "results.figure")
    for name in ("importances", "advice", "transfer"):
        pane.choice.set_value(f"study:{name}")
        pane.redraw()
        assert pane.study.words.isHidden()
        click(qtbot, "results.make")
        settle(qtbot, window)
        table = control("results.study")
        assert isinstance(table, FigureTable)
        assert table is pane.study.table
        with Project.open(project) as kept:
            found = kept.runs.get("last").added(f"study-{name}")
        assert found is not None
        assert len(table.rows()) == len(found["rows"]) > 0
        assert pane.study.words.text() == found["text"]
        assert pane.make.text() == "Make again"
        if name == "advice":
            told = [place for place, column in enumerate(table.columns()) if column.kind == "prose"]
            assert told, "what is advised stands whole, over lines"
            words = str(table.rows()[0]["text"])
            wide = table.columnWidth(told[0])
            lines = len(words) * 6 / wide
            assert lines < 2 or table.rowHeight(0) > 40
    first = table.rows()[0]
    assert first["balanced_accuracy"] == found["rows"][0]["balanced_accuracy"]
    pane.choice.set_value("study:importances")
    pane.redraw()
    drop, low, high = pane.study.table.rows()[0]["drop"]
    assert low <= drop <= high
    assert pane.study.table.rows()[0]["name"] in {"SNR", "ISI violations", "Trough half width"}


def test_two_figures_beside_each_other_are_two(opened: Opened, tmp_path: Path, qtbot: QtBot) -> None:
    source = tmp_path / "metrics.csv"
    rows = [f"{place},{place % 7},{'good' if place % 2 else 'noise'}" for place in range(60)]
    source.write_text("\n".join(["cluster_id,snr,group", *rows]) + "\n")
    project = tmp_path / "one"
    project_from(project, "units", source)
    run(Job("train", {"project": str(project), "recipe": "logistic_regression", "baseline": False}, "train"))
    window = opened(project)
    press(qtbot, window, "Ctrl+4")
    settle(qtbot, window)
    window.resize(1600, 1000)
    settle(qtbot, window)
    shown = [pane.choice.value() for pane in window.findChildren(FigurePane)]
    assert len(set(shown)) == len(shown) == 2


def test_names_and_heads_of_a_study_are_whole() -> None:
    rows = [{"name": "half", "distance": 0.4}, {"name": "snr", "distance": 0.1}]
    found = {"label": "name", "value": "distance", "spread": "", "axis": "Distance of the distributions (a test)"}
    names, figure = columns_of({**found, "rows": rows}, {"half": "Width of the peak before the trough"})
    assert names.width >= 7 * len("Width of the peak before the trough")
    assert (figure.title, figure.width >= 7 * len(figure.title)) == ("Distance of the distributions", True)
