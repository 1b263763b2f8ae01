"""Reads what the screen shows off the window's thread: the newest wish first, the next ones ahead."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer, Signal

Read = Callable[[], Any]


@dataclass(frozen=True)
class Arrival:
    """A value or an error for a key."""

    key: Hashable
    value: Any = None
    error: Exception | None = None


class Shelf:
    """The values last used, at most `count` of them and `volume` bytes."""

    def __init__(self, count: int, volume: int) -> None:
        self._count = count
        self._volume = volume
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def get(self, key: Hashable) -> Any:
        """The value, now the last to go; KeyError when it is not there."""
        self._held.move_to_end(key)
        return self._held[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep; the ones not used for longest go."""
        self.drop(key)
        size = weigh(value)
        self._held[key] = (value, size)
        self._bytes += size
        while len(self._held) > 1 and (len(self._held) > self._count or self._bytes > self._volume):
            self.drop(next(iter(self._held)))

    def drop(self, key: Hashable) -> None:
        """Forget one, if it is there."""
        if key in self._held:
            self._bytes -= self._held.pop(key)[1]

    def clear(self) -> None:
        """Forget all."""
        self._held.clear()
        self._bytes = 0


class Reader(QObject):
    """Runs reading functions on few threads; results come by queued signals in the reader's own thread.

    `ask` replaces what its lane asked before: a reading that nobody wants any more is dropped before
    it starts, and a late result of one that ran goes to the cache without a signal. `ahead` reads
    into the cache when nothing is asked for. `arrived` (key, value), `failed` (key, exception).
    """

    arrived = Signal(object, object)
    failed = Signal(object, object)
    _knock = Signal()

    def __init__(
        self, threads: int = 2, count: int = 64, volume: int = 512 * 2**20, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._lock = threading.Lock()
        self._shelf = Shelf(count, volume)
        self._wanted: dict[str, Hashable] = {}
        self._asked: OrderedDict[Hashable, Read] = OrderedDict()
        self._ahead: OrderedDict[Hashable, Read] = OrderedDict()
        self._reading: dict[Hashable, int] = {}  # key → number of the reading whose result counts
        self._last = 0
        self._came: deque[Arrival] = deque()
        self._closed = self._resting = False
        self._knock.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def ask(self, key: Hashable, function: Read, lane: str = "") -> None:
        """Want `function()` under `key`; the lane's last wish is dropped. From the cache when it is there."""
        with self._lock:
            before = self._wanted.get(lane)
            self._wanted[lane] = key
            if before is not None and before not in self._wanted.values():
                self._asked.pop(before, None)
            if key in self._shelf:
                self._came.append(Arrival(key, self._shelf.get(key)))
                self._knock.emit()
                return
            self._ahead.pop(key, None)
            if key in self._reading:
                return
            self._asked[key] = function
        self._start()

    def cached(self, key: Hashable) -> Any | None:
        """The value if it was read, at once; else None."""
        with self._lock:
            return self._shelf.get(key) if key in self._shelf else None

    def ahead(self, wishes: Iterable[tuple[Hashable, Read]]) -> None:
        """Read these into the cache when there is time, the first first; replaces the last such list."""
        with self._lock:
            self._ahead = OrderedDict(
                (key, read)
                for key, read in wishes
                if key not in self._shelf and key not in self._reading and key not in self._asked
            )
            count = len(self._ahead)
        for _ in range(min(count, self._pool.maxThreadCount())):
            self._start()

    def drop(self, lane: str = "") -> None:
        """The lane wants nothing any more."""
        with self._lock:
            key = self._wanted.pop(lane, None)
            if key is not None and key not in self._wanted.values():
                self._asked.pop(key, None)

    def forget(self, key: Hashable | None = None) -> None:
        """The file has changed: drop one value, or all; a reading of it under way is not kept."""
        with self._lock:
            if key is None:
                self._shelf.clear()
                self._reading.clear()
            else:
                self._shelf.drop(key)
                self._reading.pop(key, None)

    def rest(self, rounds: int = 2) -> None:
        """Start no reading before so many rounds of the event loop, so that what stands by now is drawn meanwhile.

        A window that was just shown is drawn at the end of the first. The modules that a reading loads would load
        in between.
        """
        self._resting = rounds > 0
        if self._resting:
            QTimer.singleShot(0, self, lambda: self.rest(rounds - 1))
        else:
            self._catch_up()

    def _catch_up(self) -> None:
        with self._lock:
            count = len(self._asked) + len(self._ahead)
        for _ in range(min(count, self._pool.maxThreadCount())):
            self._start()

    def close(self, seconds: float = 2.0) -> bool:
        """Drop all wishes and wait for what runs; True when all threads are idle."""
        with self._lock:
            self._closed = True
            self._wanted.clear()
            self._asked.clear()
            self._ahead.clear()
        return self._pool.waitForDone(int(seconds * 1000))

    def _start(self) -> None:
        if not self._resting:
            self._pool.start(self._work)

    def _work(self) -> None:
        """In a thread of the pool: read until nothing is wanted."""
        while (task := self._take()) is not None:
            key, number, function = task
            try:
                arrival = Arrival(key, function())
            except Exception as error:  # noqa: BLE001  it is delivered as `failed`
                arrival = Arrival(key, error=error)
            self._finish(number, arrival)

    def _take(self) -> tuple[Hashable, int, Read] | None:
        """The next reading: the newest wish, else the first one ahead."""
        with self._lock:
            if self._closed:
                return None
            for line, newest in ((self._asked, True), (self._ahead, False)):
                if line:
                    key, function = line.popitem(last=newest)
                    self._last += 1
                    self._reading[key] = self._last
                    return key, self._last, function
            return None

    def _finish(self, number: int, arrival: Arrival) -> None:
        with self._lock:
            key = arrival.key
            if self._reading.get(key) != number:  # forgotten meanwhile
                return
            del self._reading[key]
            if arrival.error is None:
                self._shelf.put(key, arrival.value)
            if self._closed:
                return
            self._came.append(arrival)
        self._knock.emit()

    def _deliver(self) -> None:
        """In the reader's thread: pass on what is still wanted."""
        while self._came:
            arrival = self._came.popleft()
            with self._lock:
                wanted = arrival.key in self._wanted.values()
            if not wanted:
                continue
            if arrival.error is None:
                self.arrived.emit(arrival.key, arrival.value)
            else:
                self.failed.emit(arrival.key, arrival.error)


def weigh(value: Any, depth: int = 3) -> int:
    """Bytes of the arrays in `value` (tuples, lists, mappings and dataclasses are looked into)."""
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size
    if depth == 0:
        return 0
    inside: Iterable[Any] = ()
    if is_dataclass(value) and not isinstance(value, type):
        inside = (getattr(value, field.name) for field in fields(value))
    elif isinstance(value, dict):
        inside = value.values()
    elif isinstance(value, list | tuple):
        inside = value
    return sum(weigh(item, depth - 1) for item in inside)
