"""Computing what analyzers lack, from the desk: told first, done as a job, panes and columns renewed, labels stay."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import completing
from app.pages.curate import CuratePage
from app.window import Window
from models.job import Failed, Job
from tests.app.desk import click, control, labels_of, press, settle
from tests.app.windows import Opened
from tests.projects import project_from
from widgets.parts.text import Text
from workers.inline import run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analyzer of six units with its recording, that has no components and no template measures."""
    place = tmp_path_factory.mktemp("recorded")
    values = {"mode": "recording", "sessions": "1", "seconds": "5", "channels": "4"}
    run(
        Job("fake", {"domain_name": "units", "out": str(place / "data"), "samples": 6, "seed": 2, "values": values}, "")
    )
    (analyzer,) = place.glob("data/*/analyzer")
    shutil.rmtree(analyzer / "extensions" / "template_metrics", ignore_errors=True)
    return analyzer.parent


@pytest.fixture
def analyzer(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / made.name)) / "analyzer"


@pytest.fixture
def project(analyzer: Path, tmp_path: Path) -> Path:
    path = tmp_path / "desk"
    return project_from(path, "units", analyzer)


def page_of(window: Window) -> CuratePage:
    page = window.page("curate")
    assert isinstance(page, CuratePage)
    return page


def dialog_words() -> str:
    return " ".join(label.text() for label in control("complete").findChildren(Text))


def test_a_button_in_an_empty_pane_computes_and_all_is_renewed(
    opened: Opened, project: Path, analyzer: Path, qtbot: QtBot
) -> None:
    window = opened(project)
    session, viewer = window.session, page_of(window).viewers.unit
    settle(qtbot, window)
    press(qtbot, window, "2")
    before, labels, names = session.current, labels_of(session), set(session.open_project.samples.names)
    viewer.show_pane(viewer.panes.scatter_pane)
    settle(qtbot, window)
    assert viewer.panes.scatter.empty[0] == "No components"
    click(qtbot, "unit_scatter_compute")
    qtbot.waitUntil(lambda: window.findChild(Text, "complete.trouble") is not None)
    words = dialog_words()
    assert f"{analyzer} gets" in words
    assert "principal_components (components of spikes)" in words
    assert "Nothing that is there is changed." in words
    assert not (analyzer / "extensions" / "principal_components").exists(), "nothing is written before a yes"
    click(qtbot, "complete.ok")
    settle(qtbot, window)
    assert (analyzer / "extensions" / "principal_components").is_dir()
    assert viewer.panes.scatter.empty[0] == ""
    assert not viewer.panes.scatter._offered()
    assert set(session.open_project.samples.names) > names
    assert (session.current, labels_of(session)) == (before, labels)
    told = [note.text for note in window.notices.notes()]
    assert any("measures of 6 units are read anew" in text for text in told), told


def test_where_nothing_can_be_computed_one_line_tells_why(
    opened: Opened, project: Path, analyzer: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(project)
    monkeypatch.setattr(os, "access", lambda *_given: False)
    window.run_command("project.complete")
    settle(qtbot, window)
    told = [note.text for note in window.notices.notes() if note.title == "Nothing to compute"]
    assert len(told) == 1
    assert f"{analyzer} may not be written to" in told[0]


def test_after_a_computing_that_was_ended_by_force_what_is_done_is_read(
    opened: Opened, project: Path, analyzer: Path, qtbot: QtBot
) -> None:
    window = opened(project)
    jobs, kept = window.session.jobs, analyzer / ".winnow-kept"
    completing.start(window, ["nowhere"])
    settle(qtbot, window)
    kept.mkdir()
    (kept / "making").write_text("correlograms", "utf-8")
    name = window.session.open_project.sources()[0].name
    seen: list[str] = []
    jobs.started.connect(lambda ticket: seen.append(ticket.job.title))
    real, jobs.host._begin = jobs.host._begin, lambda ticket: None  # type: ignore[method-assign]
    completing.start(window, [name])
    jobs.host._begin = real  # type: ignore[method-assign]
    ticket = jobs.waiting()[0]
    jobs.host.running = None
    ticket.end(Failed("The worker ended: signal 9."))
    settle(qtbot, window)
    assert seen[-1] == "Read what was computed"
    assert not kept.exists()


def test_stopped_before_the_first_it_says_so() -> None:
    none = {"computed": {}, "failed": [], "stopped": True, "samples": 0}
    assert completing._outcome(none, "unit").text == "Stopped. Nothing was computed."
