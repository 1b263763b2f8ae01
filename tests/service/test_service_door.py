"""A thousand who come at once are let in a few at a time, and /health goes before them."""

from __future__ import annotations

import asyncio
import gc
import socket
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from app.service import door, start
from app.service.options import Options


class Wire:
    """In place of a transport."""

    def __init__(self, holder: Any = None) -> None:
        self.reading, self.closed, self.holder = True, False, holder

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_protocol(self) -> Any:
        return self.holder


class Flow:
    read_paused = False


class Server:
    """In place of uvicorn's protocol."""

    came: list[bytes]
    cycle: Any = None

    def __init__(self) -> None:
        self.transport, self.flow = Wire(self), Flow()

    def connection_made(self, transport: Wire) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.came.append(data)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(door, "_SECONDS", 0.0)  # one in each round
    return door.protocol(type("Served", (Server,), {"came": []}), 60)


class Cycle:
    """In place of a request and its answer."""

    def __init__(self, over: bool = False) -> None:
        self.response_complete = over


def test_who_begins_no_request_is_sent_away_and_nobody_else(server: Any) -> None:
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
            one = server()
            one.connection_made(Wire(object() if upgraded else one))
            one.cycle, one.waiting = cycle, waiting
            door._look(one, 60, before)
            told[name] = one.transport.closed
        return told

    told = asyncio.run(look())
    assert [name for name, closed in told.items() if closed] == ["silent", "none since"]


def test_health_goes_before_those_who_wait(server: Any) -> None:
    async def come() -> list[bytes]:
        many = [server() for _ in range(5)]
        for number, one in enumerate(many):
            one.data_received(b"POST /predict %d" % number)
        assert not any(one.transport.reading for one in many), "who waits is not read"
        await asyncio.sleep(0)
        assert server.came == [b"POST /predict 0"]
        server().data_received(b"GET /health HTTP/1.1\r\n")
        await asyncio.sleep(0.05)
        assert all(one.transport.reading for one in many)
        many[0].data_received(b"more")
        return list(server.came)

    rest = [b"POST /predict %d" % number for number in range(1, 5)]
    assert asyncio.run(come()) == [b"POST /predict 0", b"GET /health HTTP/1.1\r\n", *rest, b"more"]


def test_who_went_away_is_not_let_in_and_who_is_held_stays_so(server: Any) -> None:
    async def come() -> None:
        gone, held = server(), server()
        for one in (gone, held):
            one.data_received(b"POST")
        gone.transport.closed, held.flow.read_paused = True, True
        await asyncio.sleep(0.05)
        assert server.came == [b"POST"]
        assert not held.transport.reading

    asyncio.run(come())


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
    assert hasattr(protocol, "inside"), "it is the door's"
    assert frozen > before + 10_000
    assert taken <= 2 * start._AHEAD, "no more of a body is taken before it is read"
