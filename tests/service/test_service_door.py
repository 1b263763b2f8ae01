"""A thousand who come at once are let in a few at a time, and /health goes before them."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from app.service import door, start
from app.service.options import Options


class Wire:
    """In place of a transport."""

    def __init__(self) -> None:
        self.reading, self.closed, self.protocol = True, False, None

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Server:
    """In place of uvicorn's protocol."""

    came: list[bytes]
    cycle: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.came.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None


Made = Callable[[], tuple[door.Door, Wire]]


@pytest.fixture
def came() -> list[bytes]:
    return []


@pytest.fixture
def made(came: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Made:
    """Makes connections that have a line."""
    monkeypatch.setattr(door, "_SECONDS", 0.0)  # one in each round
    monkeypatch.setattr(door, "_MOST", door._LEAST)
    maker = door.protocol(type("Served", (Server,), {"came": came}), 60)

    def make() -> tuple[door.Door, Wire]:
        one, wire = maker(), Wire()
        one.connection_made(wire)
        return one, wire

    return make


class Cycle:
    """In place of a request and its answer."""

    def __init__(self, over: bool = False) -> None:
        self.response_complete = over


def test_who_begins_no_request_is_sent_away_and_nobody_else(made: Made) -> None:
    """Thousands that send nothing, or half a head, would else take all places there are."""

    async def look() -> dict[str, bool]:
        told: dict[str, bool] = {}
        for name, cycle, before, waiting, upgraded in (
            ("silent", None, None, False, False),
            ("answered", Cycle(), None, False, False),
            ("still answered", (still := Cycle()), still, False, False),
            ("new since", Cycle(over=True), None, False, False),
            ("none since", (last := Cycle(over=True)), last, False, False),
            ("at the door", None, None, True, False),
            ("a socket", None, None, False, True),
        ):
            one, wire = made()
            one.inside.cycle, one._waiting = cycle, waiting
            if upgraded:
                one.inside.transport.set_protocol(object())
            one._look(before)
            told[name] = wire.closed
        return told

    told = asyncio.run(look())
    assert [name for name, closed in told.items() if closed] == ["silent", "none since"]


def test_health_goes_before_those_who_wait(made: Made, came: list[bytes]) -> None:
    async def come() -> list[bytes]:
        many = [made() for _ in range(5)]
        for number, (one, _) in enumerate(many):
            one.data_received(b"POST /predict %d" % number)
        assert not any(wire.reading for _, wire in many), "who waits is not read"
        await asyncio.sleep(0)
        assert came == [b"POST /predict 0"]
        made()[0].data_received(b"GET /health HTTP/1.1\r\n")
        await asyncio.sleep(0.05)
        assert all(wire.reading for _, wire in many)
        many[0][0].data_received(b"more")
        await asyncio.sleep(0.05)
        return list(came)

    rest = [b"POST /predict %d" % number for number in range(1, 5)]
    assert asyncio.run(come()) == [b"POST /predict 0", b"GET /health HTTP/1.1\r\n", *rest, b"more"]


def test_a_long_head_of_health_waits_as_others_do(made: Made, came: list[bytes]) -> None:
    async def come() -> None:
        one, _ = made()
        one.data_received(b"GET /health HTTP/1.1\r\n" + b"1\r\n1\r\n" * 1000)
        assert came == []

    asyncio.run(come())


def test_who_went_away_is_not_let_in_and_who_is_held_stays_so(made: Made, came: list[bytes]) -> None:
    async def come() -> None:
        (gone, line), (held, wire) = made(), made()
        for one in (gone, held):
            one.data_received(b"POST")
        line.closed = True
        await asyncio.sleep(0.05)
        assert came == [b"POST"]
        held.inside.transport.pause_reading()
        held.data_received(b"more")
        await asyncio.sleep(0.05)
        assert (came, wire.reading) == ([b"POST"], False)
        held.inside.transport.resume_reading()
        await asyncio.sleep(0.05)
        assert (came, wire.reading) == ([b"POST", b"more"], True)

    asyncio.run(come())


def test_what_one_sends_at_once_is_taken_in_pieces_in_turn_with_others(made: Made, came: list[bytes]) -> None:
    """Bodies of one-byte parts and packets of a thousand signs of life held up /health for seconds."""
    body = bytes(range(256)) * 40

    async def come() -> None:
        (one, wire), (other, _) = made(), made()
        one.data_received(body)
        other.data_received(b"POST /predict")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert came[1] == b"POST /predict"
        assert not wire.reading
        await asyncio.sleep(0.1)
        assert wire.reading

    asyncio.run(come())
    pieces = [came[0], *came[2:]]
    assert b"".join(pieces) == body
    assert max(map(len, pieces)) == door._LEAST


def test_what_comes_after_a_change_of_protocol_goes_to_the_new_one(made: Made, came: list[bytes]) -> None:
    async def come() -> list[bytes]:
        one, wire = made()
        socket: list[bytes] = []
        one.data_received(b"GET /stream" + b" " * door._LEAST)
        await asyncio.sleep(0)
        one.inside.transport.set_protocol(type("Socket", (Server,), {"came": socket})())
        await asyncio.sleep(0.05)
        wire.closed = True
        one.data_received(b"lost")
        await asyncio.sleep(0.05)
        return socket

    assert asyncio.run(come()) == [b" " * len(b"GET /stream")]
    assert len(came) == 1


def test_pieces_are_as_long_as_they_are_fast() -> None:
    assert [door._next(1024, seconds) for seconds in (0.0, 0.002, 1.0)] == [2048, 1024, door._LEAST]
    assert door._next(door._MOST, 0.0) == door._MOST


def test_the_service_stands_behind_the_door_and_its_own_memory_is_no_garbage(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    async def serve(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        taken = sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        seen.extend([server.config.http, gc.get_freeze_count(), taken])

    monkeypatch.setattr(uvicorn.Server, "serve", serve)
    before = gc.get_freeze_count()
    try:
        start.serve(str(study), "last", "cpu", Options(port=0), "", False, lambda _url, _run: None)
    finally:
        gc.unfreeze()
    protocol, frozen, taken = seen
    assert protocol.__module__ == door.__name__, "it is the door's"
    assert frozen > before + 10_000
    assert taken <= 2 * start._AHEAD, "no more of a body is taken before it is read"
