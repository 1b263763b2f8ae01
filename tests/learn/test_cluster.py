"""Pieces on a real Dask cluster: the same outcomes, whatever happens to its workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import Cancelled, UserError
from models.job import Progress, finish
from models.learn import cluster, hands
from models.learn.cluster import ClusterLost, check_address, workplace
from models.learn.machine import has_gpu
from models.learn.pieces import Batch, Here, Outcome, Place, run_pieces
from tests.learn.toy_pieces import attempts, endless, toys

pytest.importorskip("distributed")
GROUND = np.arange(5.0)


@pytest.fixture(scope="module")
def two() -> Iterator[Place]:
    """Two processes of this machine, for all tests here."""
    with workplace("local:2") as there:
        yield there


def sums(outcomes: list[Outcome]) -> list[list[float]]:
    return [one.arrays["sum"].tolist() for one in outcomes]


def wanted(tmp_path: Path, count: int = 4) -> list[list[float]]:
    """What this process makes of the same pieces."""
    return sums(finish(run_pieces(toys(tmp_path / "here", count), GROUND, Here(), tmp_path / "out-here")))


def until(there: Callable[[], bool]) -> bool:
    """Wait until it is so, at most two minutes; whether it is."""
    end = time.monotonic() + 120
    while not there() and time.monotonic() < end:
        time.sleep(0.02)
    return there()


def drain(steps: Generator[Progress, None, Any]) -> tuple[list[Progress], Any]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def test_outcomes_are_the_same_as_here_and_workers_know_no_window(two: Place, tmp_path: Path) -> None:
    pieces = toys(tmp_path / "marks", 6)
    seen, done = drain(run_pieces(pieces, GROUND, two, tmp_path / "out"))
    assert sums(done) == wanted(tmp_path, 6)
    assert not any(one.facts["qt"] for one in done)
    assert attempts(tmp_path / "marks") == dict.fromkeys(range(6), 1)
    assert [step.done for step in seen] == sorted(step.done for step in seen)
    assert (seen[-1].done, seen[-1].total) == (6, 6)
    logged = [step.log for step in seen if step.log]
    assert sum("Toy 3 of 6 begun on" in line for line in logged) == sum("Toy 3 of 6 done on" in line for line in logged)
    told = two.plain()
    assert (told["address"], told["workers"], told["hosts"]) == ("local:2", 2, [socket.gethostname()])
    assert {one["piece"] for one in told["pieces"]} >= {f"Toy {number} of 6" for number in range(1, 7)}
    left = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert left == [f"toy-{number}.safetensors" for number in range(6)], "nothing that only workers needed stays"


def test_a_killed_worker_costs_its_piece_only(two: Place, tmp_path: Path) -> None:
    pieces = toys(tmp_path / "marks", 5, die={2: True})
    done = finish(run_pieces(pieces, GROUND, two, tmp_path / "out"))
    assert (tmp_path / "marks" / "died").exists()
    assert attempts(tmp_path / "marks") == {0: 1, 1: 1, 2: 2, 3: 1, 4: 1}
    assert sums(done) == wanted(tmp_path, 5)
    assert [one.facts["resumed"] for one in done] == [False, False, True, False, False]


def test_only_what_is_missing_goes_to_the_cluster(two: Place, tmp_path: Path) -> None:
    pieces = toys(tmp_path / "marks")
    finish(run_pieces(pieces[:2], GROUND, Here(), tmp_path / "out"))
    done = finish(run_pieces(pieces, GROUND, two, tmp_path / "out"))
    assert attempts(tmp_path / "marks") == dict.fromkeys(range(4), 1)
    assert sums(done) == wanted(tmp_path)


def test_cancel_stops_the_pieces_and_the_cluster_is_of_use_again(two: Place, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    steps = run_pieces(toys(marks, work=endless), GROUND, two, tmp_path / "out")
    for _step in steps:
        if len(list(marks.glob("begun-*"))) == 2:
            break
    with pytest.raises(Cancelled):
        steps.throw(Cancelled())
    assert until(lambda: len(list(marks.glob("stopped-*"))) == 2)
    assert len(list(marks.glob("begun-*"))) == 2, "those that waited never begin"
    assert sums(finish(run_pieces(toys(tmp_path / "more"), GROUND, two, tmp_path / "out-2"))) == wanted(tmp_path)


def test_a_mistake_names_its_piece_and_a_fault_has_its_trace(two: Place, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^Toy 2 of 2: row 7 of the table is no number"):
        finish(run_pieces(toys(tmp_path / "a", 2, wrong={1: True}), GROUND, two, tmp_path / "out"))
    with pytest.raises(RuntimeError, match="ZeroDivisionError: the toy broke") as caught:
        finish(run_pieces(toys(tmp_path / "b", 2, fault={1: True}), GROUND, two, tmp_path / "out-2"))
    assert "toy_pieces.py" in "".join(caught.value.__notes__)


def test_arrays_travel_by_value_where_the_folder_is_not_seen(
    two: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster._Round, "_examine", lambda round_: False)
    done = finish(run_pieces(toys(tmp_path / "marks", 4, die={1: True}), GROUND, two, tmp_path / "out"))
    assert sums(done) == wanted(tmp_path)
    left = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert left == [f"toy-{number}.safetensors" for number in range(4)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"paths": ("/nowhere/a.wav", "/nowhere/b.wav")}, r"/nowhere/a\.wav \(and 1 more\) is not there"),
        ({"versions": {**hands.versions(), "numpy": "0.1"}}, r"numpy \S+ there and 0\.1 here"),
        ({"code": "other"}, "another version of Winnow"),
        ({"device": "cuda"}, "no CUDA device"),
    ],
)
def test_a_worker_that_is_not_fit_is_named_with_the_reason(
    two: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], words: str
) -> None:
    if "device" in change and has_gpu():
        pytest.skip("there is a GPU here")
    made = hands.needs_of
    monkeypatch.setattr(hands, "needs_of", lambda *given: replace(made(*given), **change))
    with pytest.raises(UserError, match=rf"the worker tcp://127\.0\.0\.1:\d+ on \S+, process \d+: .*{words}"):
        finish(run_pieces(toys(tmp_path / "marks"), GROUND, two, tmp_path / "out"))
    assert attempts(tmp_path / "marks") == {}


def test_of_very_many_files_some_and_all_folders_are_looked_for(tmp_path: Path) -> None:
    for number in range(3 * hands.LOOKED):
        (tmp_path / f"{number % 7}").mkdir(exist_ok=True)
        (tmp_path / f"{number % 7}" / f"{number}").write_text("", "utf-8")
    found = hands.chosen([file for file in tmp_path.rglob("*") if file.is_file()] + [tmp_path / "gone"])
    assert {str(tmp_path / f"{number}") for number in range(7)} <= set(found)
    assert len(found) <= 2 * hands.LOOKED


@pytest.mark.parametrize(
    "address", ["local:0", "local:9999", "local:x", "host:8786", "http://host:8786", "tcp://host", "tcp://:1", "x"]
)
def test_an_address_that_says_nothing_is_refused(address: str) -> None:
    with pytest.raises(UserError, match=r"local:4"):
        check_address(address)


def test_addresses_that_dask_knows() -> None:
    for address in ("local", "local:4", "tcp://10.0.0.1:8786", "tls://head.cluster:8786/", "tcp://[::1]:80", "s.json"):
        check_address(address)


def test_a_missing_extra_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'pip install "\.\[cluster\]"  in Winnow\'s folder'), workplace("local:2"):
        pass
    with workplace("") as there:
        assert isinstance(there, Here)


def test_where_nobody_answers_it_is_said_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else gets it
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match=f"no scheduler answers at {address} within 0 s"), workplace(address):
            pass
    with pytest.raises(UserError, match=r"s\.json is not there"), workplace(str(tmp_path / "s.json")):
        pass


def test_what_listens_and_says_nothing_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(UserError, match=f"what listens at {address} says nothing"), workplace(address):
            pass


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A scheduler and a worker as the README starts them: the scheduler file, and the scheduler."""
    place = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    file = tmp_path / "scheduler.json"
    common = {"env": place, "cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    words = ["--scheduler-file", str(file), "--host", "127.0.0.1"]
    with ExitStack() as stack:
        processes = []
        for more in (["scheduler", *words, "--port", "0", "--no-dashboard"], ["worker", *words, "--no-dashboard"]):
            command = [
                sys.executable,
                "-m",
                "dask",
                *more,
                *(["--nthreads", "1", "--no-nanny"] if more[0] == "worker" else []),
            ]
            process = subprocess.Popen(command, **common)  # type: ignore[call-overload]
            stack.callback(process.wait)
            stack.callback(process.kill)
            processes.append(process)
            assert until(file.is_file)
        yield file, processes[0]


def test_a_scheduler_started_by_hand_is_used_and_its_end_is_told(
    by_hand: tuple[Path, subprocess.Popen[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "ANSWER", 3.0)
    file, scheduler = by_hand
    marks, pieces = tmp_path / "marks", toys(tmp_path / "marks", wait={2: "never"})
    with workplace(str(file)) as there:
        steps = run_pieces(pieces, GROUND, there, tmp_path / "out")
        for _step in steps:
            if 2 in attempts(marks):
                break
        scheduler.send_signal(signal.SIGKILL)
        with pytest.raises(ClusterLost, match=r"the scheduler at .* is gone .*what was finished is not done again"):
            finish(steps)
    assert set(Batch(pieces, GROUND, tmp_path / "out").done) >= {"toy-0", "toy-1"}
    done = finish(run_pieces(toys(marks), GROUND, Here(), tmp_path / "out"))
    assert sums(done) == wanted(tmp_path)
    assert attempts(marks)[0] == attempts(marks)[1] == 1
