"""The door before the gate: what comes at once is taken a little at a time, and /health goes before all else."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

#: So a request begins that waits for none before it, and so many s of each round of the event loop others are let in.
_FIRST, _SECONDS = b"GET /health ", 0.005
#: So many bytes of a connection are passed on in one turn, the least first: as one-byte parts they take some 5 ms.
_LEAST, _MOST = 256, 16_384
#: A head that goes before all else is no longer than this.
_HEAD = 1024
#: A turn that took longer than so many s is followed by the least again, one of a quarter by twice as many bytes.
_LONG = 0.004


class Queue:
    """Those who stand at the door; a thousand at once hold up nobody who is in."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def join(self, enter: Callable[[], None]) -> None:
        """Have this called once all before it were."""
        self._waiting.append(enter)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._open)

    def _open(self) -> None:
        until = time.perf_counter() + _SECONDS
        while self._waiting:
            self._waiting.popleft()()
            if time.perf_counter() >= until:
                break
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._open)


class Line:
    """A transport as the protocol behind the door sees it: whether it is read is for the door to say."""

    def __init__(self, transport: Any, door: Door) -> None:
        self._transport, self._door = transport, door

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def pause_reading(self) -> None:
        """Bring no more."""
        self._door.held = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Bring more: first what came before."""
        self._door.held = False
        self._door.go_on()

    def set_protocol(self, protocol: Any) -> None:
        """From now on bring it to another one: that of a socket."""
        self._door.inside = protocol


class Door(asyncio.Protocol):
    """A connection before the protocol that serves it: what comes is passed on in pieces, each in its turn.

    The parts of a body may be of one byte each, and a socket may send thousands of signs of life in one packet: to
    take in at once what the system has of one such connection would hold up /health for seconds.
    """

    def __init__(self, inside: Any, queue: Queue, seconds: float) -> None:
        self.inside, self._server = inside, inside
        self.held = False
        self._queue, self._seconds = queue, seconds
        self._left, self._waiting, self._piece = bytearray(), False, _LEAST
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.inside.connection_made(Line(transport, self))
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._server.cycle is None and not self._left and data.startswith(_FIRST) and len(data) <= _HEAD:
            self.inside.data_received(data)
            return
        self._left += data
        self._transport.pause_reading()
        self.go_on()

    def eof_received(self) -> bool | None:
        answer: bool | None = self.inside.eof_received()
        return answer

    def pause_writing(self) -> None:
        self.inside.pause_writing()

    def resume_writing(self) -> None:
        self.inside.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._left.clear()
        self.inside.connection_lost(exc)

    def go_on(self) -> None:
        """Take a turn for what is left; once there is none, more is read."""
        if self._waiting or self.held:
            return
        if self._left:
            self._waiting = True
            self._queue.join(self._enter)
        elif not self._transport.is_closing():
            self._transport.resume_reading()

    def _enter(self) -> None:
        self._waiting = False
        if self._transport.is_closing():
            self._left.clear()
            return
        piece = bytes(self._left[: self._piece])
        del self._left[: self._piece]
        began = time.perf_counter()
        self.inside.data_received(piece)
        self._piece = _next(self._piece, time.perf_counter() - began)
        self.go_on()

    def _watch(self) -> None:
        """Look after so many s whether a request was begun since."""
        asyncio.get_running_loop().call_later(self._seconds, self._look, self._server.cycle)

    def _look(self, before: Any) -> None:
        """Part with who has begun no request since the last look, and has none that is answered now."""
        if self._transport.is_closing() or self.inside is not self._server:
            return
        cycle = self._server.cycle
        over = before is None or before.response_complete
        if over and cycle is before and not self._waiting:
            self._transport.close()
        else:
            self._watch()


def _next(piece: int, seconds: float) -> int:
    """How many bytes go next, where so many took so long."""
    if seconds > _LONG:
        return _LEAST
    return min(2 * piece, _MOST) if seconds < _LONG / 4 else piece


def protocol(base: Any, seconds: float) -> Any:
    """Makers of connections of a protocol of uvicorn, each behind a door of one queue.

    seconds: who has sent no whole head of a request by then is sent away, and whoever sends none after one.
    """
    queue = Queue()

    def made(**told: Any) -> Door:
        return Door(base(**told), queue, seconds)

    return made
