"""What is told as kept is on disk: a sample after a kill, once; and what fails is told as not kept."""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import json
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.service import keeping
from app.service.keeping import Keeper
from models.domains.eeg import serving as eeg
from models.domains.eeg import window
from models.domains.eeg.identity import pseudonym
from models.domains.eeg.signals import no_signals
from models.orders.kept import Kept
from models.orders.serving import KEPT, Served
from models.service import Asked
from models.store import atomic
from models.store.project import Project
from tests.service.conftest import noise, serving
from tests.service.test_service_real import ask, served


def asked(patient: str) -> Asked:
    signals = no_signals(1)
    signals.eeg[0] = 1.0
    return Asked(signals, (), {"patient": patient})


def patients(project: Path) -> Counter[str]:
    with Project.open(project) as opened:
        return Counter(str(name) for name in opened.samples.column("patient").tolist())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.timeout(900)
def test_a_kill_loses_nothing_that_was_told_as_kept_and_doubles_nothing(own: Path) -> None:
    rows = [[round(value) for value in row] for row in noise(20)]
    killed = threading.Event()
    with served(own, "--keep", "--rate", "0") as (url, process), concurrent.futures.ThreadPoolExecutor(8) as pool:

        def one(number: int) -> str:
            body = json.dumps({"eeg_data": rows, "options": {"patient": f"bed {number}"}}).encode()
            try:
                answer = json.loads(ask(f"{url}/predict", body)[2])
            except (OSError, ValueError):
                assert killed.is_set()
                return ""
            return pseudonym(f"bed {number}") if answer["kept"] else ""

        waiting = [pool.submit(one, number) for number in range(100)]
        for found in itertools.islice(concurrent.futures.as_completed(waiting), 30):
            assert found.result(), "each of them was kept"
        killed.set()
        process.kill()
        told = {name for found in waiting if (name := found.result())}
    assert 30 <= len(told) < 100
    with served(own, "--keep"):
        there = patients(own)
    assert not told - set(there), "each is a sample by the time the next service answers"
    assert {there[name] for name in told} == {1}
    with Project.open(own) as project:
        (row,) = np.flatnonzero(project.samples.column("patient") == min(told))
        np.testing.assert_allclose(window.eeg(project.samples, np.array([row]))[0], np.array(rows, np.float32))
    assert not list((own / KEPT).glob("*.open"))


class Slow:
    """In place of Kept: writes when it is let go, and fails when it is told to."""

    def __init__(self) -> None:
        self.begun, self.go, self.written, self.settled = threading.Event(), threading.Event(), list[int](), 0
        self.fails = False

    def write(self, asked: Sequence[Asked]) -> None:
        self.begun.set()
        self.go.wait()
        if self.fails:
            raise OSError("the disk is full")
        self.written.append(len(asked))

    def settle(self) -> int:
        self.settled += 1
        return sum(self.written)


def test_kept_is_told_once_it_is_written_and_those_that_wait_are_written_together() -> None:
    slow: Any = Slow()

    async def take() -> list[bool]:
        keeper = Keeper(slow)
        first = asyncio.ensure_future(keeper.take(asked("a")))
        others = [asyncio.ensure_future(keeper.take(asked("b"))) for _ in range(5)]
        await asyncio.to_thread(slow.begun.wait)
        assert not any(one.done() for one in (first, *others)), "nothing is on disk"
        slow.go.set()
        found = await asyncio.gather(first, *others)
        slow.fails = True
        assert not await keeper.take(asked("c"))
        await asyncio.to_thread(keeper.close)
        return found

    assert asyncio.run(take()) == [True] * 6
    assert sum(slow.written) == 6
    assert len(slow.written) <= 2
    assert slow.settled == 1


def test_what_nobody_waits_for_any_more_is_not_written_and_too_many_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "MOST", 2)
    slow: Any = Slow()

    async def take() -> list[Any]:
        keeper = Keeper(slow)
        first = asyncio.ensure_future(keeper.take(asked("a")))
        await asyncio.to_thread(slow.begun.wait)
        left, other = (asyncio.ensure_future(keeper.take(asked("b"))) for _ in range(2))
        await asyncio.sleep(0)
        assert not await keeper.take(asked("d"))
        left.cancel()
        await asyncio.sleep(0)
        slow.go.set()
        found = await asyncio.gather(first, left, other, return_exceptions=True)
        await asyncio.to_thread(keeper.close)
        return found

    found = asyncio.run(take())
    assert (found[0], type(found[1]), found[2]) == (True, asyncio.CancelledError, True)
    assert slow.written == [1, 1]


def test_some_become_samples_while_the_service_runs(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "TOGETHER", 2)
    with serving(own, keep=True) as asking:
        before = len(asking.served.project.samples)
        for name in "ab":
            assert asking.predict(eeg_data=noise(20), options={"patient": name}).json()["kept"]
        assert asking.predict(eeg_data=noise(20), options={"patient": "c"}).json()["kept"]
        rows = asking.client.get("/samples", params={"limit": 1000}).json()["rows"]
        assert len(rows) == before + 2, "those two, and not yet the third"


def test_a_line_that_was_not_written_to_its_end_is_none(tmp_path: Path) -> None:
    assert eeg.kept(tmp_path) is None
    eeg.keep([asked('bed "4", left'), asked("b")], tmp_path)
    table = tmp_path / "test.csv"
    whole = table.read_bytes()
    table.write_bytes(whole + b"123,12")
    assert eeg.kept(tmp_path) == table
    assert table.read_bytes() == whole
    table.write_bytes(whole[:20])
    assert eeg.kept(tmp_path) is None


def test_a_full_disk_leaves_what_was_kept_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eeg.keep([asked("a")], tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(eeg, "sync_folder", lambda _path: None)
    monkeypatch.setattr(eeg, "sync_file", lambda _path: None)
    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        eeg.keep([asked("b")], tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_another_service_writes_is_left_to_it(own: Path) -> None:
    with Served(str(own), "last", "cpu") as mine, Served(str(own), "last", "cpu") as other:
        before = len(mine.project.samples)
        mine.kept.write([asked("a")])
        assert other.kept.recover() == 0, "it is locked"
        assert mine.kept.settle() == 1
        other.kept.write([asked("b")])
        failing: Any = Kept(own / KEPT, other.service, broken)
        failing.write([asked("c")])
        with pytest.raises(OSError, match="broken"):
            failing.settle()
        assert mine.kept.recover() == 1, "what could not be taken in is tried again"
        assert mine.kept.recover() == 0
        assert other.kept.settle() == 1
        mine.project.refresh()
        assert len(mine.project.samples) == before + 3
    assert not list((own / KEPT).glob("*.open"))


def test_one_source_that_cannot_be_taken_in_holds_up_no_other(own: Path) -> None:
    with Served(str(own), "last", "cpu") as mine:
        for name in "ab":
            failing: Any = Kept(own / KEPT, mine.service, broken)
            failing.write([asked(name)])
            with pytest.raises(OSError, match="broken"):
                failing.settle()
        first, second = sorted((own / KEPT).glob("*.open"))
        seen: list[Path] = []

        def take_in(source: Path) -> int:
            seen.append(source.parent)
            return broken(source) if len(seen) == 1 else 1

        with pytest.raises(OSError, match="broken"):
            Kept(own / KEPT, mine.service, take_in).recover()
        assert seen == [first.with_suffix(""), second.with_suffix("")]
        assert list((own / KEPT).glob("*.open")) == [first], "what failed is tried again by the next one"
        assert mine.kept.recover() == 1


def test_a_spectrogram_that_nobody_sent_is_not_missing(own: Path) -> None:
    with serving(own, keep=True) as asking:
        asking.predict(eeg_data=noise(20))
    with Project.open(own) as opened:
        samples, (row,) = opened.samples, [len(opened.samples) - 1]
        assert samples.column("eeg_id").tolist()[row]
        assert not samples.column("missing").tolist()[row], "the review queue would say that its files are gone"
        assert not samples.column("spectrogram_id").tolist()[row]


def broken(_source: Path) -> int:
    raise OSError("broken")


def test_whose_a_request_is_is_hashed_before_it_is_written(tmp_path: Path) -> None:
    eeg.keep([asked("Jane Doe"), asked("jane  doe"), asked("p-0123456789"), asked("unknown"), asked("")], tmp_path)
    text = (tmp_path / "test.csv").read_text()
    assert "doe" not in text.lower()
    named = [line.rpartition(",")[2] for line in text.splitlines()[1:]]
    assert named[0] == named[1] == pseudonym("Jane Doe")
    assert named[2] == "p-0123456789", "one that was hashed before stays"
    assert len({*named[3:]}) == 2, "nobody is not one and the same"
    assert all(name.startswith(tmp_path.name) for name in named[3:])
