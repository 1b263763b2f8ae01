"""What was asked of the worker for a project comes to nothing on another one that is open by then, or where none is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import core_commands
from app.jobs import Jobs
from app.pages.doctor import DoctorPage
from app.pages.external import ExternalPage
from app.pages.importing import UNREAD, ImportPage
from app.pages.results import ResultsPage
from app.pages.train import TrainPage
from app.session import Session
from app.settings import Settings
from app.window import Window
from models.job import Done
from models.store.project import Project
from tests.app.desk import copied, open_window, settle
from workers.desk import Inline
from workers.ticket import Ticket


class Slow(Inline):
    """Jobs that are done when the test says so."""

    held: Ticket | None = None

    def _begin(self, ticket: Ticket) -> None:
        self.held = ticket

    def go_on(self) -> None:
        """Do what is at work."""
        assert self.held is not None
        super()._begin(self.held)

    def end_with(self, result: object) -> None:
        """Let what is at work end with a result."""
        assert self.held is not None
        self.running = None
        self.held.end(Done(result))


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def window(qtbot: QtBot, dressed: object, trained: Path, slow: Slow, tmp_path: Path) -> Window:
    """The window on a project with two runs."""
    session = Session(Settings(tmp_path / "settings.json"), Jobs(slow))
    session.settings.set("curator", "ann")
    window = open_window(qtbot, session, None)
    qtbot.addWidget(window)
    session.open(trained)
    return window


@pytest.fixture
def other(labelled_made: Path, tmp_path: Path) -> Path:
    """A project of the same samples, without a run."""
    (tmp_path / "elsewhere").mkdir()
    return copied(labelled_made, tmp_path / "elsewhere")


def leave(window: Window, other: Path | None) -> None:
    """Close the project, or open another one in its place."""
    if other is None:
        window.session.leave()
    else:
        window.session.open(other)


def told(window: Window) -> list[str]:
    return [note.text for note in window.notices.notes()]


@pytest.mark.parametrize("closes", [True, False])
def test_a_dry_run_of_another_project_offers_no_import_here(
    window: Window, slow: Slow, other: Path, tmp_path: Path, closes: bool
) -> None:
    source = window.session.open_project.sources()[0].path
    empty = tmp_path / "empty"
    Project.create(empty, "traces").close()
    window.session.open(empty)
    window.show_page("import")
    page = window.page("import")
    assert isinstance(page, ImportPage)
    page.source.setText(str(source))
    page.read()
    assert page.words.accessibleName().startswith("Reading.")
    leave(window, None if closes else other)
    slow.go_on()
    assert page._result is None
    assert not page.go.isEnabled()
    assert page.words.accessibleName().startswith(UNREAD[0]), "nothing turns for ever"


def test_only_what_a_dry_run_told_is_brought_in(window: Window, slow: Slow, tmp_path: Path, qtbot: QtBot) -> None:
    source = window.session.open_project.sources()[0].path
    empty = tmp_path / "empty"
    Project.create(empty, "traces").close()
    window.session.open(empty)
    page = window.page("import")
    assert isinstance(page, ImportPage)
    window.show_page("import")
    page.source.setText(str(source))
    page.read()
    window.session.open(empty)
    slow.go_on()
    assert not page.go.isEnabled(), "the field is empty since"
    page.source.setText(str(source))
    page.read()
    slow.go_on()
    assert page.go.isEnabled()
    page.source.setFocus()
    qtbot.keyClicks(page.source, "x")
    assert not page.go.isEnabled(), "nobody told what is in this one"
    page.source.setText(str(source))
    page.read()
    slow.go_on()
    page.source.setText("elsewhere")  # not by hand
    page.bring_in()
    assert slow.held is not None
    assert slow.held.job.arguments["sources"] == [str(source)]


def test_a_run_of_another_project_is_not_shown_here(window: Window, slow: Slow, other: Path) -> None:
    window.session.show_run("run-1")
    core_commands._follow(window, "carry_run", "New samples by")
    leave(window, other)
    slow.end_with({"run": "run-3", "predicted": 3})
    assert window.session.run == ""
    assert told(window) == []


def test_a_queue_of_another_project_is_not_listed_here(window: Window, slow: Slow, other: Path) -> None:
    window.session.show_run("run-1")
    window.show_page("curate")
    window.run_command("queue.spread")
    leave(window, other)
    slow.go_on()
    assert window.session.listing.queue == ""
    assert len(window.session.order) == 300


def test_what_a_check_told_is_told_of_its_own_project_only(window: Window, slow: Slow, other: Path) -> None:
    window.run_command("project.check")
    leave(window, other)
    slow.go_on()
    assert told(window) == []


@pytest.mark.parametrize("closes", [True, False])
def test_a_training_of_another_project_is_told_to_be_kept_there(
    window: Window, slow: Slow, other: Path, qtbot: QtBot, trained: Path, closes: bool
) -> None:
    window.show_page("train")
    page = window.page("train")
    assert isinstance(page, TrainPage)
    qtbot.waitUntil(lambda: page.form.labelled > 0)
    page.start()
    leave(window, None if closes else other)
    if not closes:
        window.show_page("train")
        assert page.training is None, "what is shown is of this project"
        assert page.form.state.text().endswith(f" of {trained.name} is running"), "and yet it can be stopped here"
    slow.go_on()
    assert told(window) == [f"run-3 is trained, in {trained.name}"]
    assert window.session.run == ""


def test_a_training_that_waited_begins_unseen_by_another_project(
    window: Window, slow: Slow, other: Path, qtbot: QtBot
) -> None:
    window.show_page("train")
    page = window.page("train")
    assert isinstance(page, TrainPage)
    qtbot.waitUntil(lambda: page.form.labelled > 0)
    window.run_command("project.check")
    page.start()
    leave(window, other)
    window.show_page("train")
    slow.end_with({})
    slow._go_on()
    assert slow.held is not None
    assert slow.held.job.order == "train"
    slow.held.begin()
    assert page.training is None
    slow.end_with(None)


def test_a_figure_that_is_made_for_another_project_keeps_none_waiting_here(
    window: Window, slow: Slow, other: Path, qtbot: QtBot
) -> None:
    window.show_page("results")
    page = window.page("results")
    assert isinstance(page, ResultsPage)
    pane = page.figures
    pane.choice.set_value("curve")
    pane._make()
    assert pane.waiting
    leave(window, other)
    assert not pane.waiting
    slow.end_with({})
    settle(qtbot, window)


def test_a_comparison_of_another_project_keeps_none_waiting_here(window: Window, slow: Slow, other: Path) -> None:
    window.show_page("results")
    page = window.page("results")
    assert isinstance(page, ResultsPage)
    page.runs.table.select(["run-1", "run-2"])
    page.runs.compare()
    assert page.runs.waiting
    leave(window, other)
    assert not page.runs.waiting
    slow.end_with({})


def test_a_validation_of_another_project_keeps_none_waiting_here(window: Window, slow: Slow, other: Path) -> None:
    page = window.page("external")
    assert isinstance(page, ExternalPage)
    first = window.session.open_project.path
    page._ticket = window.session.start_here("external", {"run": "run-1", "on": str(other)}, "Elsewhere")
    assert page.busy()
    leave(window, other)
    assert not page.busy()
    leave(window, first)
    assert page.busy()
    slow.end_with({})
    assert not page.busy()


def test_a_model_looked_at_for_another_project_leaves_nothing_waiting(
    window: Window, slow: Slow, other: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window.show_page("doctor")
    page = window.page("doctor")
    assert isinstance(page, DoctorPage)
    page.examine(str(tmp_path))
    assert page.busy()
    leave(window, other)
    assert not page.busy()
    slow.go_on()
    assert page.found == {}
    settle(qtbot, window)
