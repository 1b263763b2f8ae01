"""The reader for the screen: newest wins, the rest is dropped or waits in the cache."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from workers.reading import Reader, Shelf, weigh


@pytest.fixture
def reader(qtbot: QtBot) -> Iterator[Reader]:
    made = Reader(threads=1)
    yield made
    assert made.close()


class Gate:
    """A reading function that waits until it is let go, and remembers what was read."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.read: list[Hashable] = []

    def __call__(self, key: Hashable, wait: bool = False) -> Callable[[], Any]:
        def function() -> str:
            self.read.append(key)
            if wait:
                self.entered.set()
                assert self.open.wait(5)
            return f"value of {key}"

        return function


def test_result_comes_in_the_window_thread(qtbot: QtBot, reader: Reader) -> None:
    threads: list[int] = []
    reader.arrived.connect(lambda *_: threads.append(threading.get_ident()))
    with qtbot.waitSignal(reader.arrived, timeout=30_000) as signal:
        reader.ask("a", threading.get_ident)
    assert signal.args is not None
    key, where = signal.args
    assert key == "a"
    assert threads == [threading.get_ident()]
    assert where != threading.get_ident()


def test_who_rests_reads_once_the_event_loop_has_come_round(qtbot: QtBot, reader: Reader) -> None:
    read: list[str] = []
    reader.rest()
    reader.ask("a", lambda: read.append("a"))
    reader.ahead([("b", lambda: read.append("b"))])
    assert reader._pool.waitForDone(0)
    assert not read
    with qtbot.waitSignal(reader.arrived, timeout=30_000):
        pass
    qtbot.waitUntil(lambda: sorted(read) == ["a", "b"], timeout=30_000)


def test_newest_wins_and_the_others_never_start(qtbot: QtBot, reader: Reader) -> None:
    gate, arrived = Gate(), []
    reader.arrived.connect(lambda key, _: arrived.append(key))
    reader.ask(0, gate(0, wait=True))
    assert gate.entered.wait(3)
    for key in range(1, 50):
        reader.ask(key, gate(key))
    gate.open.set()
    qtbot.waitUntil(lambda: bool(arrived), timeout=30_000)
    qtbot.wait(30)
    assert arrived == [49]
    assert gate.read == [0, 49]
    assert reader.cached(0) == "value of 0"  # it ran anyhow: kept for the way back


def test_lanes_do_not_displace_each_other(qtbot: QtBot, reader: Reader) -> None:
    gate, arrived = Gate(), set()
    reader.arrived.connect(lambda key, _: arrived.add(key))
    reader.ask("busy", gate("busy", wait=True), lane="x")
    assert gate.entered.wait(3)
    reader.ask("left", gate("left"), lane="left")
    reader.ask("right", gate("right"), lane="right")
    reader.ask("gone", gate("gone"), lane="gone")
    reader.drop("gone")
    gate.open.set()
    qtbot.waitUntil(lambda: len(arrived) == 3, timeout=30_000)
    assert arrived == {"busy", "left", "right"}
    assert "gone" not in gate.read


def test_read_ahead_makes_the_next_one_immediate(qtbot: QtBot, reader: Reader) -> None:
    gate = Gate()
    reader.ahead([(key, gate(key)) for key in "abc"])
    qtbot.waitUntil(lambda: reader.cached("c") is not None, timeout=30_000)
    assert gate.read == ["a", "b", "c"]
    with qtbot.waitSignal(reader.arrived, timeout=30_000):
        reader.ask("a", gate("a"))
    assert gate.read == ["a", "b", "c"]
    reader.forget("a")
    assert reader.cached("a") is None
    reader.forget()
    assert reader.cached("b") is None


def test_an_ask_joins_a_read_ahead_under_way(qtbot: QtBot, reader: Reader) -> None:
    gate = Gate()
    reader.ahead([("a", gate("a", wait=True)), ("b", gate("b"))])
    assert gate.entered.wait(3)
    reader.ahead([("c", gate("c"))])
    with qtbot.waitSignal(reader.arrived, timeout=30_000):
        reader.ask("a", gate("a"))
        gate.open.set()
    qtbot.waitUntil(lambda: reader.cached("c") is not None, timeout=30_000)
    assert gate.read == ["a", "c"]


def test_what_is_forgotten_while_it_is_read_is_not_shown(qtbot: QtBot, reader: Reader) -> None:
    gate, arrived = Gate(), []
    reader.arrived.connect(lambda _, value: arrived.append(value))
    reader.ask("a", gate("a", wait=True))
    assert gate.entered.wait(3)
    reader.forget("a")
    reader.ask("a", lambda: "new")
    gate.open.set()
    qtbot.waitUntil(lambda: bool(arrived), timeout=30_000)
    assert arrived == ["new"]
    assert reader.cached("a") == "new"


def test_errors_arrive_as_errors(qtbot: QtBot, reader: Reader) -> None:
    def broken() -> None:
        raise OSError("no such file")

    with qtbot.waitSignal(reader.failed, timeout=30_000) as signal:
        reader.ask("a", broken)
    assert signal.args is not None
    assert signal.args[0] == "a"
    assert str(signal.args[1]) == "no such file"
    with qtbot.waitSignal(reader.arrived, timeout=30_000):
        reader.ask("a", lambda: "well again")


def test_nothing_arrives_after_close(qtbot: QtBot, reader: Reader) -> None:
    arrived: list[Any] = []
    reader.arrived.connect(lambda *args: arrived.append(args))
    for key in range(20):
        reader.ask(key, lambda: 1, lane=str(key))
    assert reader.close()
    qtbot.wait(30)
    assert arrived == []


def test_shelf_keeps_what_was_used_last_within_its_bounds() -> None:
    shelf = Shelf(count=3, volume=1000)
    for key in "abc":
        shelf.put(key, np.zeros(10, np.uint8))
    shelf.get("a")
    shelf.put("d", np.zeros(10, np.uint8))
    assert [key for key in "abcd" if key in shelf] == ["a", "c", "d"]
    shelf.put("big", np.zeros(2000, np.uint8))
    assert [key for key in ("a", "c", "d", "big") if key in shelf] == ["big"]
    shelf.put("small", np.zeros(1, np.uint8))
    assert "big" not in shelf


def test_weigh_looks_into_payloads() -> None:
    @dataclass
    class Box:
        array: Any
        others: Any

    assert weigh(Box(np.zeros(4), [np.zeros(2), {"a": np.zeros(1)}])) == 7 * 8
    assert weigh("text") == 0
