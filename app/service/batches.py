"""Requests that come at the same time are judged together, in one thread that does nothing else."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from models.service import Answer, Asked

LOG = logging.getLogger("winnow")
Judge = Callable[[Sequence[Asked]], list[Answer]]
#: What is told of each batch: how many, and how many s they took.
Told = Callable[[int, float], None]


class Full(Exception):
    """More are waiting than there is room for; after so many s there will be some."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class _Waiting:
    asked: Asked
    answer: Future[Answer] = field(default_factory=Future)


class Batches:
    """A queue in front of a model."""

    def __init__(self, judge: Judge, together: int, pause: float, room: int, told: Told) -> None:
        self._judge, self._together, self._pause, self._room, self._told = judge, together, pause, room, told
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._count = 0
        self._each = 0.05
        self._thread = threading.Thread(target=self._run, name="winnow-model", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many wait for an answer."""
        return self._count

    async def answers(self, asked: Sequence[Asked]) -> list[Answer]:
        """The answers to some requests, in their order. Raises Full. Cancelled, they are not judged any more."""
        with self._lock:
            if self._count + len(asked) > self._room:
                raise Full(max(self._count * self._each, 1.0))
            self._count += len(asked)
        items = [_Waiting(one) for one in asked]
        for item in items:
            item.answer.add_done_callback(self._done)
            self._queue.put(item)
        return list(await asyncio.gather(*(asyncio.wrap_future(item.answer) for item in items)))

    def _done(self, _: Future[Answer]) -> None:
        with self._lock:
            self._count -= 1

    def close(self) -> None:
        """Answer what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = self._gathered(first)
            if batch := [item for item in batch if item.answer.set_running_or_notify_cancel()]:
                self._answer(batch)
            if last:
                return

    def _gathered(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """This one and those that come within the pause; whether the end was among them."""
        batch, until = [first], time.monotonic() + self._pause
        while len(batch) < self._together:
            try:
                item = self._queue.get(timeout=max(until - time.monotonic(), 0.0001))
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _answer(self, batch: list[_Waiting]) -> None:
        began = time.perf_counter()
        try:
            answers = self._judge([item.asked for item in batch])
        except Exception as error:  # noqa: BLE001  (whatever a model trips over must not end the thread)
            self._one_by_one(batch, error)
            return
        seconds = time.perf_counter() - began
        self._each = 0.8 * self._each + 0.2 * seconds / len(batch)
        self._told(len(batch), seconds)
        for item, answer in zip(batch, answers, strict=True):
            item.answer.set_result(answer)

    def _one_by_one(self, batch: list[_Waiting], error: Exception) -> None:
        """One that a model trips over takes no other with it."""
        if len(batch) == 1:
            LOG.error("a request could not be answered", exc_info=error)
            batch[0].answer.set_exception(error)
            return
        for item in batch:
            self._answer([item])
