"""The door before the gate: of what comes at once a little is let in at a time, and /health goes before all else."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

#: So a request begins that waits for none before it, and so many s of each round of the event loop others are let in.
_FIRST, _SECONDS = b"GET /health ", 0.005


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


def _watch(connection: Any, seconds: float) -> None:
    """Look after so many s whether a connection has begun a request since."""
    asyncio.get_running_loop().call_later(seconds, _look, connection, seconds, connection.cycle)


def _look(connection: Any, seconds: float, before: Any) -> None:
    """Part with who has begun no request since the last look, and has none that is answered now."""
    line = connection.transport
    if line.is_closing() or line.get_protocol() is not connection:
        return
    over = before is None or before.response_complete
    if over and connection.cycle is before and not connection.waiting:
        line.close()
    else:
        _watch(connection, seconds)


def protocol(base: Any, seconds: float) -> Any:
    """A protocol of uvicorn, of which each connection stands in a queue before its first words are read.

    seconds: who has sent no whole head of a request by then is sent away, and whoever sends none after one.
    """
    queue = Queue()

    class Door(base):
        """A connection; once it is in, it is as any other."""

        inside = waiting = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            _watch(self, seconds)

        def data_received(self, data: bytes) -> None:
            if self.inside or data.startswith(_FIRST):
                super().data_received(data)
                return
            self.waiting = True
            self.transport.pause_reading()
            queue.join(lambda: self._enter(data))

        def _enter(self, data: bytes) -> None:
            self.inside, self.waiting = True, False
            if self.transport.is_closing():
                return
            super().data_received(data)
            if not self.flow.read_paused:
                self.transport.resume_reading()

    return Door
