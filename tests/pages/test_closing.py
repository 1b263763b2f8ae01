"""A window that is closed while a job writes what it made."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.window import Window
from models.job import Done, Job, Progress
from tests.app.windows import Opened
from workers.ticket import Ticket


def at_work(window: Window, step: Progress) -> Ticket:
    """A job at its last step, as the window sees it."""
    host = window.session.jobs.host
    ticket = host.ticket(Job("train", {}, "Train forest"))
    host.running = ticket
    ticket.begin()
    ticket.step(step)
    return ticket


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_window_closes_when_its_job_has_written_what_it_made(
    cancelled: bool, opened: Opened, labelled: Path, qtbot: QtBot
) -> None:
    window = opened(labelled)
    ticket = at_work(window, Progress(text="Epoch 3") if cancelled else Progress(text="Keeping", keeping=True))
    if cancelled:
        window.session.jobs.cancel(ticket)
    window.close()
    assert window.isVisible()
    shown = window.notices.shown()
    assert shown is not None
    words = [text.text() for text in shown.findChildren(QLabel) if text.isVisible()]
    assert "Train forest: what it made is being written" in words, "what the window waits for"
    window.session.jobs.host.running = None
    ticket.end(Done({"id": "run-1"}))
    qtbot.waitUntil(lambda: not window.isVisible())


def test_a_window_asked_twice_closes_at_once(opened: Opened, labelled: Path) -> None:
    window = opened(labelled)
    at_work(window, Progress(text="Keeping", keeping=True))
    window.close()
    window.close()
    assert not window.isVisible()


def test_a_window_does_not_wait_for_what_is_not_kept(opened: Opened, labelled: Path) -> None:
    window = opened(labelled)
    at_work(window, Progress(text="Epoch 3"))
    window.close()
    assert not window.isVisible()
