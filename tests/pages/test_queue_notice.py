"""The queues before the first training, by their keys and notices."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.pages.queue_wait import QueueWait
from models.job import Progress
from models.store.project import Project
from tests.app.desk import click, control, press, settle
from tests.app.windows import Opened
from widgets.parts.status import StatusText


def test_a_queue_before_the_first_run_says_what_to_do(opened: Opened, labelled: Path, qtbot: QtBot) -> None:
    window = opened(labelled)
    session = window.session
    session.open_project.journal.label(range(0, 60, 2), "", "ann", "Taken away")  # type: ignore[arg-type]
    session.poll()
    window.show_page("curate")
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+L")
    told = window.notices.notes()[0]
    assert told.text.startswith("A model ranks this queue, and there is none yet. Train one first")
    assert "“Unlike the labelled”, “Medoids”, “Between classes” and “Random audit” work without" in told.text
    click(qtbot, "notice_page.train")
    assert window.page_name() == "train"
    window.run_command("queue.diversity")
    settle(qtbot, window)
    assert session.listing.queue == "Unlike the labelled"
    labels = session.view.column("label")
    assert len(session.order) == 30
    assert all(labels[row] is None for row in session.order)
    window.run_command("queue.audit")
    settle(qtbot, window)
    assert session.listing.queue == "Random audit"


def test_the_wait_for_a_queue_tells_folds_and_percent(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained)
    wait = QueueWait(window, "Label issues", "run-1")
    wait.take(Progress(text="Ranking"))
    assert window.notices.notes() == [], "a queue that is ready shows no wait"
    wait.take(Progress(0, 5, "Fold 1 of 5", {"fold": 1, "folds": 5}))
    wait.take(Progress(150, 300, "150 of 300 trees"))
    assert wait.words() == "Label issues: fold 1 of 5, 9 %"
    wait.take(Progress(0, 200, "Predicting"))
    assert wait.words() == "Label issues: fold 1 of 5, 9 %", "it never goes back"
    wait.take(Progress(3, 5, "Fold 4 of 5", {"fold": 4, "folds": 5}))
    tag = control("status.aside")
    assert isinstance(tag, StatusText)
    assert tag.text() == "Label issues: fold 4 of 5, 60 %"
    shown = window.notices.shown()
    assert shown is not None
    assert not shown.note.lasting, "nothing of the page is covered for as long as it takes"
    assert len(window.notices.notes()) == 2
    window.notices.bring_back()
    assert control("notice_queue.cancel").isVisible()
    wait.close()
    assert window.notices.notes() == []
    assert not tag.isVisible()
    later = QueueWait(window, "Review next", "run-1")
    later.take(Progress(0, 5, "Fold 1 of 5", {"fold": 1, "folds": 5}))
    later.close()
    assert window.notices.notes() == [], "no offer to cancel what is done"


def test_a_queue_that_takes_long_is_told_to_be_under_way(opened: Opened, trained: Path) -> None:
    window = opened(trained)
    wait = QueueWait(window, "Label issues", "run-1")
    wait.tell_slow()
    [note] = window.notices.notes()
    assert note.text.startswith("Label issues is being made")
    assert control("notice_queue.cancel").isVisible()
    wait.close()
    assert window.notices.notes() == []
    wait.tell_slow()
    assert window.notices.notes() == [], "it is there"


@pytest.mark.timeout(150)
def test_making_a_queue_can_be_stopped(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained, real=True)
    window.show_page("curate")
    settle(qtbot, window)
    window.unattended = True
    press(qtbot, window, "Ctrl+L", wait=False)
    qtbot.waitUntil(window.status.aside.isVisible, timeout=60_000)
    press(qtbot, window, "Ctrl+L", wait=False)
    assert len(window.session.jobs.waiting()) == 1, "asked for twice, made once"
    click(qtbot, "notice_queue.cancel")
    settle(qtbot, window)
    assert window.session.listing.queue == ""
    assert not window.status.aside.isVisible()


def test_a_queue_of_unlabelled_samples_tells_that_there_are_none(opened: Opened, trained: Path, qtbot: QtBot) -> None:
    window = opened(trained)
    settle(qtbot, window)
    session = window.session
    rows = np.flatnonzero(session.labels() < 0)
    if len(rows):
        session.label_by(rows, [session.classes[0]] * len(rows), "test")
    window.run_command("queue.uncertainty")
    settle(qtbot, window)
    told = window.notices.notes()[0]
    assert told.text.startswith("Every sample is labelled")
    assert told.actions[0][0] == "queue.issues"


@pytest.fixture
def slow(trained: Path) -> Path:
    """The same runs, which are said to have taken ten minutes each."""
    with Project.open(trained) as project:
        for run in project.runs.list():
            told = json.loads((run.path / "run.json").read_text("utf-8"))
            (run.path / "run.json").write_text(json.dumps(told | {"seconds": 600}), "utf-8")
    return trained


def test_trainings_before_a_queue_are_told_with_their_time_and_begin_when_asked(
    opened: Opened, slow: Path, qtbot: QtBot
) -> None:
    window = opened(slow)
    window.show_page("curate")
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+L")
    [note] = window.notices.notes()
    assert note.title == "Label issues: about 40:00 of training first"
    assert "is trained 5 times first" in note.text
    assert window.session.listing.queue == "", "nothing has begun"
    assert window.session.jobs.waiting() == []
    click(qtbot, "notice_queue.start")
    settle(qtbot, window)
    assert window.session.listing.queue == "Label issues"
    assert not window.run_command("queue.start"), "it was answered"
    press(qtbot, window, "Ctrl+L")
    assert window.notices.notes() == [], "its trainings are kept: it opens at once"


@pytest.mark.timeout(150)
def test_held_out_samples_are_reviewed_while_the_rest_is_trained_for(opened: Opened, slow: Path, qtbot: QtBot) -> None:
    window = opened(slow)
    session = window.session
    window.show_page("curate")
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+L")
    click(qtbot, "notice_queue.meanwhile")
    settle(qtbot, window)
    assert session.listing.queue == "Label issues, held out", "what came later did not take its place"
    parts = session.fresh_view().column("part")
    assert len(session.order)
    assert {str(parts[row]) for row in session.order} == {"test"}
    assert window.notices.notes()[-1].text == "Label issues is ready: all labels are judged."
    held = len(session.order)
    click(qtbot, "notice_queue.issues")
    settle(qtbot, window)
    assert session.listing.queue == "Label issues"
    assert len(session.order) > held


def test_a_tour_is_not_asked(opened: Opened, slow: Path, qtbot: QtBot) -> None:
    window = opened(slow)
    window.unattended = True
    window.show_page("curate")
    settle(qtbot, window)
    press(qtbot, window, "Ctrl+L")
    settle(qtbot, window)
    assert window.session.listing.queue == "Label issues"
