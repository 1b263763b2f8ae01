"""Jobs: endings reach those who wait, long acts run beside the window's thread one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from models.job import Done, Failed, Progress, Stopped
from workers.inline import Inline


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs(Inline())  # type: ignore[arg-type]
    yield made
    made.close()


def test_the_result_of_a_check_comes_back(jobs: Jobs, columns: Path) -> None:
    found: list[Any] = []
    steps: list[Progress] = []
    ended: list[Any] = []
    jobs.ended.connect(lambda ticket, ending: ended.append(ending))
    ticket = jobs.start("check", {"project": str(columns)}, "Check", found.append, steps.append)
    assert found[0]["problems"] == [] or "missing" in str(found[0]["problems"])
    assert (ticket.state, len(ended)) == ("done", 1)
    assert isinstance(ended[0], Done)


def test_a_persons_mistake_is_told_in_words(jobs: Jobs, tmp_path: Path) -> None:
    told: list[str] = []
    failed: list[tuple[str, str]] = []
    jobs.failed.connect(lambda ticket, text, trace: failed.append((text, trace)))
    jobs.start("check", {"project": str(tmp_path)}, "Check", failed=told.append)
    assert str(tmp_path) in told[0]
    assert failed == [(told[0], "")]


def test_our_own_fault_comes_with_its_trace(jobs: Jobs) -> None:
    failed: list[tuple[str, str]] = []
    jobs.failed.connect(lambda ticket, text, trace: failed.append((text, trace)))
    jobs.start("check", {"projekt": 1}, "Check")
    assert "TypeError" in failed[0][1]


def test_what_a_stopped_job_kept_is_its_result(jobs: Jobs) -> None:
    found: list[Any] = []
    ticket = jobs.host.ticket(_job())
    jobs._end(ticket, Stopped({"run": "run-1"}), found.append, None)
    jobs._end(ticket, Stopped(), found.append, None)
    jobs._end(ticket, Failed("x"), found.append, None)
    assert found == [{"run": "run-1"}]


def _job() -> Any:
    from models.job import Job

    return Job("check", {}, "Check")


def test_a_long_act_runs_on_a_thread_and_answers_on_this_one(jobs: Jobs, qtbot: QtBot) -> None:
    names: list[str] = []

    def act() -> str:
        names.append(threading.current_thread().name)
        return "event"

    def done(result: Any) -> None:
        names.append(f"{result} {threading.current_thread() is threading.main_thread()}")

    jobs.beside(act, done, lambda error: names.append(str(error)))
    jobs.beside(act, done, lambda error: names.append("refused"))
    qtbot.waitUntil(lambda: not jobs.beside_busy, timeout=30_000)
    assert sorted(names) == ["event True", "refused", "winnow-act"]
    assert names[-1] == "event True"


def test_an_act_that_fails_is_refused_and_the_next_may_run(jobs: Jobs, qtbot: QtBot) -> None:
    told: list[str] = []

    def act() -> None:
        raise OSError("disk full")

    jobs.beside(act, told.append, lambda error: told.append(f"refused: {error}"))
    qtbot.waitUntil(lambda: not jobs.beside_busy, timeout=30_000)
    jobs.beside(lambda: 1, lambda result: told.append(f"done {result}"), lambda error: told.append("refused"))
    qtbot.waitUntil(lambda: not jobs.beside_busy, timeout=30_000)
    assert told == ["refused: disk full", "done 1"]
