"""The host and its child: order, progress, cancel, crashes, and that nothing stays behind."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytestqt.qtbot import QtBot

from models.job import Done, Ending, Failed, Progress, Stopped
from tests.workers.toys import job
from workers.host import Host, Ticket

LONG = 30_000


@pytest.fixture
def host(qtbot: QtBot) -> Iterator[Host]:
    made = Host("cpu")
    yield made
    pid = made.pid
    made.close()
    assert not made._thread.isRunning()
    assert pid is None or not psutil.pid_exists(pid)


def end(qtbot: QtBot, host: Host, ticket: Ticket) -> Ending:
    """Submit and wait for the end."""
    with qtbot.waitSignal(ticket.ended, timeout=LONG):
        host.submit(ticket)
    assert ticket.ending is not None
    return ticket.ending


def do(qtbot: QtBot, host: Host, name: str, **arguments: Any) -> Ending:
    return end(qtbot, host, host.ticket(job(name, **arguments)))


def begun(qtbot: QtBot, host: Host, name: str, **arguments: Any) -> Ticket:
    """A job that has made its first step."""
    ticket = host.ticket(job(name, **arguments))
    with qtbot.waitSignal(ticket.progressed, timeout=LONG):
        host.submit(ticket)
    return ticket


def stop(qtbot: QtBot, host: Host, ticket: Ticket) -> Ending:
    with qtbot.waitSignal(ticket.ended, timeout=LONG):
        host.cancel(ticket)
    assert ticket.ending is not None
    return ticket.ending


def test_progress_then_result(qtbot: QtBot, host: Host) -> None:
    ticket = host.ticket(job("count", to=5, pause=0.05))
    heard: list[Any] = []
    ticket.started.connect(lambda: heard.append("started"))
    ticket.progressed.connect(lambda step: heard.append(step.done))
    ticket.ended.connect(lambda ending: heard.append(type(ending)))
    assert ticket.state == "waiting"
    before = ticket.since
    ending = end(qtbot, host, ticket)
    assert heard == ["started", 1, 2, 3, 4, 5, Done]
    assert isinstance(ending, Done)
    assert ending.result["counted"] == 5
    assert ending.result["pid"] == host.pid != os.getpid()
    assert (ticket.state, ticket.last.done) == ("done", 5)
    assert ticket.since > before


def test_signals_come_in_the_window_thread(qtbot: QtBot, host: Host) -> None:
    import threading

    seen: set[int] = set()
    ticket = host.ticket(job("count", to=3))
    for signal in (ticket.started, ticket.progressed, ticket.ended):
        signal.connect(lambda *_: seen.add(threading.get_ident()))
    end(qtbot, host, ticket)
    assert seen == {threading.get_ident()}


def test_a_storm_of_steps_is_thinned_but_curves_and_the_last_are_whole(qtbot: QtBot, host: Host) -> None:
    quick = host.ticket(job("count", to=20_000))
    steps: list[int] = []
    quick.progressed.connect(lambda step: steps.append(step.done))
    began = time.monotonic()
    end(qtbot, host, quick)
    assert steps[-1] == 20_000
    assert len(steps) <= 30 * (time.monotonic() - began) + 3
    curve = host.ticket(job("curve", to=500))
    epochs: list[float] = []
    curve.progressed.connect(lambda step: epochs.extend(step.values.values()))
    end(qtbot, host, curve)
    assert epochs == list(range(1, 501))
    assert curve.last == Progress(500, 500, "between")


def test_child_is_reused_and_jobs_keep_their_order(qtbot: QtBot, host: Host) -> None:
    tickets = [host.ticket(job("count", to=2)) for _ in range(4)]
    done: list[Ticket] = []
    for ticket in tickets:
        ticket.ended.connect(lambda _, ticket=ticket: done.append(ticket))
        host.submit(ticket)
    assert host.running is tickets[0]
    assert host.queue() == tickets[1:]
    qtbot.waitUntil(lambda: len(done) == 4, timeout=LONG)
    assert done == tickets
    assert len({ticket.ending.result["pid"] for ticket in tickets if isinstance(ticket.ending, Done)}) == 1


def test_reorder_and_cancel_while_waiting(qtbot: QtBot, host: Host) -> None:
    changes: list[int] = []
    host.changed.connect(lambda: changes.append(len(host.queue())))
    first = begun(qtbot, host, "count", to=30, pause=0.01)
    a, b, c = (host.ticket(job("count", to=1)) for _ in range(3))
    done: list[Ticket] = []
    for ticket in (a, b, c):
        ticket.ended.connect(lambda _, ticket=ticket: done.append(ticket))
        host.submit(ticket)
    host.reorder(c, 0)
    assert host.queue() == [c, a, b]
    host.cancel(a)
    assert a.state == "stopped"
    assert host.queue() == [c, b]
    host.reorder(first, 1)  # it runs: nothing to move
    assert host.queue() == [c, b]
    qtbot.waitUntil(lambda: len(done) == 3, timeout=LONG)
    assert done == [a, c, b]
    assert changes.count(2) >= 2


def test_cancel_between_steps_keeps_what_there_is(qtbot: QtBot, host: Host, tmp_path: Path) -> None:
    mark = tmp_path / "kept"
    ticket = begun(qtbot, host, "keep", mark=str(mark))
    pid = host.pid
    ending = stop(qtbot, host, ticket)
    assert ending == Stopped({"kept": int(mark.read_text())})
    assert ticket.last.text == "saving"
    plain = begun(qtbot, host, "count", to=10_000, pause=0.01)
    assert stop(qtbot, host, plain) == Stopped(None)
    assert host.pid == pid  # a job that listens costs no process
    host.cancel(plain)  # twice is harmless
    assert isinstance(do(qtbot, host, "count", to=1), Done)


def test_a_job_that_keeps_what_it_made_is_not_taken_for_a_deaf_one(qtbot: QtBot, host: Host) -> None:
    host.grace = 0.05
    ticket = begun(qtbot, host, "keeping", seconds=0.5)
    assert stop(qtbot, host, ticket) == Stopped("kept")


def test_a_job_that_begins_to_keep_after_the_cancel_is_waited_for(qtbot: QtBot, host: Host) -> None:
    host.grace = 2.0
    ticket = begun(qtbot, host, "keeping_late", before=0.5, seconds=3.0)
    assert stop(qtbot, host, ticket) == Stopped("kept")


@pytest.mark.parametrize("name", ["deaf", "stubborn"])
def test_a_deaf_job_is_killed_and_the_next_gets_a_new_child(qtbot: QtBot, host: Host, name: str) -> None:
    host.grace = 0.3
    ticket = begun(qtbot, host, name)
    pid = host.pid
    assert pid is not None
    began = time.monotonic()
    assert stop(qtbot, host, ticket) == Stopped(None)
    assert 0.2 < time.monotonic() - began < 20
    assert not psutil.pid_exists(pid)
    ending = do(qtbot, host, "count", to=1)
    assert isinstance(ending, Done)
    assert ending.result["pid"] != pid


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("killed", {}, "signal 9"),
        ("left", {"status": 7}, "status 7"),
        ("segfault", {}, "signal 11"),
        pytest.param("forks", {}, "signal 9", marks=pytest.mark.skipif(sys.platform != "linux", reason="pidfd")),
    ],
)
def test_a_crash_costs_the_job_only(qtbot: QtBot, host: Host, name: str, arguments: dict[str, Any], words: str) -> None:
    waiting = host.ticket(job("count", to=1))
    ticket = host.ticket(job(name, **arguments))
    host.submit(ticket)
    with qtbot.waitSignal(ticket.ended, timeout=20_000):
        host.submit(waiting)
    assert isinstance(ticket.ending, Failed)
    assert f"ended by itself ({words}" in ticket.ending.text
    assert "labels are safe" in ticket.ending.text
    assert ("toys.py" in ticket.ending.trace) == (name == "segfault")
    assert (ticket.state, ticket.last.done) == ("failed", 1)
    qtbot.waitUntil(lambda: waiting.state == "done", timeout=LONG)
    assert isinstance(waiting.ending, Done)
    # Where the first child was gone before the window heard its step, the next one's number is seen.
    assert host.pid == waiting.ending.result["pid"]


def test_a_child_that_died_idle_costs_nothing(qtbot: QtBot, host: Host) -> None:
    do(qtbot, host, "count", to=1)
    pid = host.pid
    assert pid is not None
    child = psutil.Process(pid)
    child.kill()
    assert isinstance(do(qtbot, host, "count", to=1), Done)


def test_errors_of_the_user_and_ours(qtbot: QtBot, host: Host) -> None:
    assert do(qtbot, host, "wrong_file") == Failed("a.h5 is not an HDF5 file: choose another one.", "")
    ours = do(qtbot, host, "bug")
    assert isinstance(ours, Failed)
    assert ours.text == "ZeroDivisionError: division by nothing"
    assert "in bug" in ours.trace
    short = do(qtbot, host, "short_of_memory")
    assert isinstance(short, Failed)
    assert short.text.startswith("Memory was short.")
    assert isinstance(do(qtbot, host, "leaves_by_exit"), Failed)
    assert isinstance(do(qtbot, host, "secret"), Failed)
    missing = do(qtbot, host, "no_such_order")
    assert isinstance(missing, Failed)
    unknown = host.ticket(type(job("count"))("nothing", {}, "?"))
    ending = end(qtbot, host, unknown)
    assert isinstance(ending, Failed)
    assert isinstance(do(qtbot, host, "count", to=1), Done)


def test_a_broken_gpu_context_gets_a_new_child(qtbot: QtBot, host: Host) -> None:
    ticket = begun(qtbot, host, "cuda_broken")
    pid = host.pid
    qtbot.waitUntil(lambda: ticket.state == "failed", timeout=LONG)
    ending = do(qtbot, host, "count", to=1)
    assert isinstance(ending, Done)
    assert ending.result["pid"] != pid


def test_results_are_plain_and_the_device_reaches_the_order(qtbot: QtBot, host: Host) -> None:
    ending = do(qtbot, host, "numbers")
    assert ending == Done({"share": 0.25, "counts": [0, 1, 2], "where": "a", "pair": [1, None]})
    assert isinstance(ending, Done)
    assert type(ending.result["share"]) is float
    assert do(qtbot, host, "on_device") == Done("auto")


def test_the_child_knows_no_window(qtbot: QtBot, host: Host) -> None:
    ending = do(qtbot, host, "loaded")
    assert isinstance(ending, Done)
    found = ending.result
    assert found["modules"] == []
    assert found["main"] is None or "spawn" in found["main"] or "pytest" not in found["main"]
    assert found["daemon"] is False
    assert found["nice"] > psutil.Process().nice() or found["nice"] >= 19


def test_primed_standby_has_torch_and_idles(qtbot: QtBot, host: Host) -> None:
    pytest.importorskip("torch")
    with qtbot.waitSignal(host.primed, timeout=60_000):
        host.prime()
    ending = do(qtbot, host, "loaded")
    assert isinstance(ending, Done)
    assert ending.result["modules"] == ["torch"]
    assert host.pid is not None
    child = psutil.Process(host.pid)
    used = sum(child.cpu_times()[:2])
    time.sleep(0.5)
    assert sum(child.cpu_times()[:2]) - used < 0.03


def test_a_job_overtakes_priming_and_a_crash_primes_again(qtbot: QtBot, host: Host) -> None:
    pytest.importorskip("torch")
    order: list[str] = []
    host.primed.connect(lambda _: order.append("primed"))
    host.prime()
    ticket = host.ticket(job("killed"))
    ticket.ended.connect(lambda _: order.append("ended"))
    end(qtbot, host, ticket)
    qtbot.waitUntil(lambda: "primed" in order, timeout=60_000)
    assert order == ["ended", "primed"]


def test_close_while_busy_and_with_a_line(qtbot: QtBot, host: Host) -> None:
    host.grace = 0.5
    ticket = begun(qtbot, host, "deaf")
    waiting = host.ticket(job("count", to=1))
    host.submit(waiting)
    pid = host.pid
    assert pid is not None
    began = time.monotonic()
    host.close()
    assert time.monotonic() - began < 20
    assert (ticket.state, waiting.state) == ("stopped", "stopped")
    assert not psutil.pid_exists(pid)
    with pytest.raises(RuntimeError, match="closed"):
        host.submit(host.ticket(job("count", to=1)))
    host.close()


def test_close_lets_a_job_keep_what_it_has(qtbot: QtBot, host: Host, tmp_path: Path) -> None:
    ticket = begun(qtbot, host, "keep", mark=str(tmp_path / "kept"))
    host.close()
    assert isinstance(ticket.ending, Stopped)
    assert ticket.ending.result is not None


def test_a_ticket_counts_once(qtbot: QtBot, host: Host) -> None:
    ticket = host.ticket(job("count", to=1))
    end(qtbot, host, ticket)
    with pytest.raises(ValueError, match="new one"):
        host.submit(ticket)


def test_a_click_storm(qtbot: QtBot, host: Host) -> None:
    tickets = []
    for number in range(200):
        ticket = host.ticket(job("count", to=3))
        tickets.append(ticket)
        host.submit(ticket)
        if number % 3:
            host.cancel(ticket)
        if number % 50 == 0:
            qtbot.wait(10)
        if number % 7 == 0:
            host.reorder(ticket, 0)
    qtbot.waitUntil(lambda: all(ticket.ending is not None for ticket in tickets), timeout=LONG)
    assert {ticket.state for ticket in tickets} == {"done", "stopped"}
    assert host.running is None
    assert host.queue() == []


def test_jobs_submitted_from_an_ending_follow(qtbot: QtBot, host: Host) -> None:
    first, second = host.ticket(job("wrong_file")), host.ticket(job("count", to=1))
    first.ended.connect(lambda _: host.submit(second))
    with qtbot.waitSignal(second.ended, timeout=LONG):
        host.submit(first)
    assert second.state == "done"
