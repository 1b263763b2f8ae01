"""Requests that are kept: each is told so once it is on disk; some at a time they become samples to review."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from models.orders.kept import Kept
from models.service import Asked

LOG = logging.getLogger("winnow")
#: So many become samples together, or what there is so many s after the first; more than MOST wait for nobody.
TOGETHER, SECONDS, MOST = 64, 30.0, 256


@dataclass(frozen=True)
class _Waiting:
    asked: Asked
    kept: Future[bool] = field(default_factory=Future)


class Keeper:
    """Writes requests from a thread of its own: all that came while the last ones were written go together."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._waiting: list[_Waiting] = []
        self._wake = threading.Condition()
        self._open = True
        self._written, self._due = 0, 0.0
        self._thread = threading.Thread(target=self._run, name="winnow-keeper", daemon=True)
        self._thread.start()

    async def take(self, asked: Asked) -> bool:
        """Keep one: True once it is on disk, False where that failed or too many wait to be written."""
        item = _Waiting(asked)
        with self._wake:
            if len(self._waiting) >= MOST:
                return False
            self._waiting.append(item)
            self._wake.notify()
        return await asyncio.wrap_future(item.kept)

    def close(self) -> None:
        """Write what there is and make samples of it, then end."""
        with self._wake:
            self._open = False
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or not self._open, self._left())
                going, taken = self._open, self._waiting
                self._waiting = []
            if taken := [item for item in taken if item.kept.set_running_or_notify_cancel()]:
                self._write(taken)
            if self._written and (not going or self._written >= TOGETHER or time.monotonic() >= self._due):
                self._settle()

    def _left(self) -> float | None:
        """How many s until what is written becomes samples; None while there is nothing."""
        return max(self._due - time.monotonic(), 0) if self._written else None

    def _write(self, taken: Sequence[_Waiting]) -> None:
        done = False
        try:
            self._kept.write([item.asked for item in taken])
            done = True
        except Exception as error:  # noqa: BLE001  (whatever it is must not end the thread)
            LOG.error("%d requests could not be kept: %s", len(taken), error)
        for item in taken:
            item.kept.set_result(done)
        if done:
            self._due = self._due if self._written else time.monotonic() + SECONDS
            self._written += len(taken)

    def _settle(self) -> None:
        self._written = 0
        try:
            LOG.info("%d requests kept as samples", self._kept.settle())
        except Exception as error:  # noqa: BLE001  (the same)
            LOG.error("requests that are kept could not be made samples, the next start tries again: %s", error)
