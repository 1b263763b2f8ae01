"""The queues before the first training, by their keys and notices."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from tests.app.desk import click, press, settle
from tests.app.windows import Opened


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
    assert "“Unlike the labelled” and “Random audit” work without" in told.text
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
