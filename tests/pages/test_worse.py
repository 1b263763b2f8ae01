"""The question about a worse run: never over what a person works with, and found again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.pages.worse import _headline, guard_best
from app.window import Window
from tests.app.desk import click, control, press, settle
from tests.app.windows import Opened
from widgets.parts.status import StatusText


def asked(opened: Opened, project: Path, qtbot: QtBot, page: str) -> Window:
    """run-2 is worse than the best one, and the person is on this page when that is known."""
    window = opened(project)
    runs = window.session.open_project.runs
    runs.mark_best("run-1", "ann")
    window.show_page(page)
    settle(qtbot, window)
    guard_best(window, runs.get("run-2"))
    settle(qtbot, window)
    return window


def test_it_does_not_cover_the_page_of_samples(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = asked(opened, trained, qtbot, "curate")
    shown = window.notices.shown()
    assert shown is not None
    assert not shown.note.lasting, "only passing words"
    window.notices.drop(shown)
    assert window.notices.shown() is None
    tag = control("status.aside")
    assert isinstance(tag, StatusText)
    assert tag.text().startswith("run-2 is worse")
    click(qtbot, "status.aside")
    click(qtbot, "notice_aside")
    assert window.notices.shown() is None
    assert tag.isVisible(), "put aside again, and not lost"
    window.run_command("notices.show")
    click(qtbot, "notice_run.keep")
    assert not tag.isVisible()
    assert window.notices.notes() == []


def test_it_is_put_aside_when_the_page_is_left(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = asked(opened, trained, qtbot, "results")
    shown = window.notices.shown()
    assert shown is not None
    assert shown.note.state == "worse", "here it stands at once"
    press(qtbot, window, "Ctrl+1")
    assert window.notices.shown() is None
    assert [note.state for note in window.notices.aside()] == ["worse"]
    click(qtbot, "status.aside")
    click(qtbot, "notice_run.mark")
    best = window.session.open_project.runs.best()
    assert best is not None
    assert best.id == "run-2"


def test_an_answer_by_a_click_leaves_the_keyboard_with_the_list(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = asked(opened, trained, qtbot, "curate")
    table = QApplication.focusWidget()
    window.run_command("notices.show")
    click(qtbot, "notice_run.keep")
    settle(qtbot, window)
    assert window.notices.notes() == []
    assert QApplication.focusWidget() is table, "Space and the arrows go on acting on the list"


def test_marking_a_run_that_was_deleted_meanwhile_is_told(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = asked(opened, trained, qtbot, "results")
    window.session.open_project.runs.delete("run-2", "ann")
    click(qtbot, "notice_run.mark")
    told = window.notices.notes()
    assert [(note.state, note.title) for note in told] == [("error", "Not done")]
    assert "run-2" in told[0].text


def test_a_later_question_takes_the_place_of_an_earlier_one(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = asked(opened, trained, qtbot, "results")
    runs = window.session.open_project.runs
    guard_best(window, runs.get("run-2"))
    settle(qtbot, window)
    worse = [note for note in window.notices.notes() if note.state == "worse"]
    assert len(worse) == 1, "the buttons of both would answer the later one"
    assert "difference \u2212" in worse[0].text, "a difference has its sign"


def test_a_better_run_that_is_worse_somewhere_is_told_as_both(opened: Opened, trained: Path) -> None:
    window = opened(trained)
    told = {"worse_classes": ["2"], "interval": [0.01, 0.14]}
    assert _headline(window, "run-4", told) == "run-4 is better, but worse on 2 hops"
    assert _headline(window, "run-4", {**told, "interval": [-0.1, 0.1]}) == "run-4 is worse on 2 hops"
