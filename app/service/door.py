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


def protocol(base: Any) -> Any:
    """A protocol of uvicorn, of which each connection stands in a queue before its first words are read."""
    queue = Queue()

    class Door(base):
        """A connection; once it is in, it is as any other."""

        inside = False

        def data_received(self, data: bytes) -> None:
            if self.inside or data.startswith(_FIRST):
                super().data_received(data)
                return
            self.transport.pause_reading()
            queue.join(lambda: self._enter(data))

        def _enter(self, data: bytes) -> None:
            self.inside = True
            if self.transport.is_closing():
                return
            super().data_received(data)
            if not self.flow.read_paused:
                self.transport.resume_reading()

    return Door
