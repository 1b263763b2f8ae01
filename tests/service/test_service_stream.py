"""The WebSocket lets in and turns away as the other routes do, and a message that is too much is told so."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.websockets import WebSocketDisconnect
from uvicorn.server import ServerState

from app.service.limits import Room
from app.service.messages import messages
from tests.service.conftest import Asking, noise, serving

URL = "ws://127.0.0.1/stream"


def opens(asking: Asking, **heads: str) -> bool:
    try:
        with asking.client.websocket_connect(URL, headers=heads):
            return True
    except WebSocketDisconnect as refused:
        return refused.code != 1008


def said(asking: Asking, text: str) -> Any:
    with asking.client.websocket_connect(URL) as socket:
        socket.send_text(text)
        return socket.receive_json()


def test_who_has_no_token_is_not_let_in(own: Path) -> None:
    with serving(own, tokens=True) as asking:
        assert not opens(asking)
        assert not opens(asking, authorization="Bearer " + "x" * 43)
        assert opens(asking, authorization=f"Bearer {asking.reader}")


@pytest.mark.parametrize(
    ("origin", "host", "lets"),
    [
        ("http://evil.example", "127.0.0.1", False),
        ("http://127.0.0.1:81", "127.0.0.1", False),
        ("http://127.0.0.1", "127.0.0.1", True),
        ("http://ward.example", "127.0.0.1", True),
        ("http://evil.example", "evil.example", False),
        ("http://[", "127.0.0.1", False),
    ],
)
def test_pages_of_other_origins_are_not_let_in(study: Path, origin: str, host: str, lets: bool) -> None:
    with serving(study, cors=("http://ward.example",)) as asking:
        assert opens(asking, origin=origin, host=host) is lets


def test_too_much_is_told_with_when_to_come_again(study: Path) -> None:
    small = json.dumps({"eeg_data": noise()})
    with serving(study, body=len(small)) as asking:
        assert said(asking, small + " ") == {"status": 413, "detail": "the message is too large"}
        assert "prediction" in said(asking, small)
    with serving(study, room=len(small) - 1) as asking:
        answer = said(asking, small)
        assert (answer["status"], answer["retry_after"] >= 1) == (503, True)
    with serving(study, windows=0) as asking:
        answer = said(asking, small)
        assert (answer["status"], answer["retry_after"] >= 1) == (503, True)
    with serving(study, rate=1) as asking, asking.client.websocket_connect(URL) as socket:
        statuses = []
        for _ in range(3):
            socket.send_text("nonsense")
            statuses.append(socket.receive_json())
        assert (statuses[-1]["status"], statuses[-1]["retry_after"]) == (429, 1)


class Line(asyncio.Transport):
    """In place of a connection: what was written, and whether it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.open = b"", True

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.open = False

    def is_closing(self) -> bool:
        return not self.open

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


HANDSHAKE = (
    b"GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LONG = 1 << 20


def frame(count: int) -> bytes:
    """The beginning of a message of so many bytes, masked with zeros."""
    return b"\x81\xff" + count.to_bytes(8, "big") + bytes(4)


async def connected(room: Room, seconds: float, received: list[str]) -> tuple[Any, Line]:
    """A socket whose handshake is over, behind it an app that takes what comes."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            received.append(message["text"])

    config = uvicorn.Config(app, log_config=None, ws_per_message_deflate=False, ws_max_size=4 * LONG)
    config.load()
    config.loaded_app = app
    one, line = messages(room, seconds)(config, ServerState(), {}), Line()
    one.connection_made(line)
    one.data_received(HANDSHAKE)
    await asyncio.sleep(0.02)
    assert b"101" in line.written
    return one, line


def test_parts_of_messages_have_no_more_room_than_bodies() -> None:
    async def send() -> None:
        room, received = Room(2 * LONG), []
        (one, line), (other, second) = [await connected(room, 60, received) for _ in range(2)]
        one.data_received(frame(2 * LONG) + b" " * LONG)
        other.data_received(frame(LONG) + b" " * (LONG - 1))
        assert (line.open, second.open) == (True, True)
        one.data_received(b" " * (LONG // 2))
        assert not line.open, "there is no room for this part"
        assert b"too much is being read" in line.written
        one.connection_lost(None)
        other.data_received(b" ")
        await asyncio.sleep(0.02)
        assert [len(text) for text in received] == [LONG]
        assert room.take(2 * LONG), "all is given back"

    asyncio.run(send())


def test_signs_of_life_need_no_room_and_a_message_that_does_not_end_is_ended() -> None:
    async def send() -> None:
        received: list[str] = []
        one, line = await connected(Room(0), 0.05, received)
        for _ in range(3):
            one.data_received(b"\x89\x80" + bytes(4))
        await asyncio.sleep(0.15)
        assert line.open
        assert line.written.endswith(b"\x8a\x00" * 3)
        one.data_received(frame(4) + b"12")
        await asyncio.sleep(0.15)
        assert not line.open
        assert b"this message took too long" in line.written

    asyncio.run(send())
