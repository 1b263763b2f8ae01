"""The window's side of the work: one thread and one warm child process for each device."""

from __future__ import annotations

import asyncio
import atexit
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal

from models.job import Ending, Job, Progress
from workers.courier import Born, Courier, News
from workers.desk import Desk
from workers.messages import Cancel, Ended, Leave, Prime, Primed, Run, Started, Stepped
from workers.ticket import Ticket

__all__ = ["Host", "Ticket", "run"]


class _Thread(QThread):
    """Waits on the child's pipe, so that the window's thread never does."""

    def __init__(self, courier: Courier, parent: QObject) -> None:
        super().__init__(parent)
        self._courier = courier

    def run(self) -> None:
        """Qt calls this in the thread."""
        self._courier.work()


class Host(Desk):
    """A desk with a thread and a child process. Use it in the thread that made it.

    A crash costs the job; the next gets a new child.
    """

    _knock = Signal()

    def __init__(self, device: str = "auto", parent: QObject | None = None) -> None:
        super().__init__(device, parent)
        self._news: deque[News] = deque()
        self._courier = Courier(device, self._hear)
        self._thread = _Thread(self._courier, self)
        self._knock.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def grace(self) -> float:
        """Seconds that a cancelled job has to stop before its process is killed."""
        return self._courier.grace

    @grace.setter
    def grace(self, seconds: float) -> None:
        self._courier.grace = seconds

    def prime(self) -> None:
        """Start the child and let it load its imports."""
        if not self._closed:
            self._put(Prime())

    def close(self) -> None:
        """End everything, at the latest after two seconds or the grace period; safe to call again."""
        if self._closed:
            return
        _open.discard(self)
        super().close()
        if self._thread.isRunning():
            self._courier.put(Leave())
            self._thread.wait()
        self._deliver()

    def _put(self, command: Run | Cancel | Prime) -> None:
        if not self._thread.isRunning():
            _open.add(self)
            self._thread.start()
        self._courier.put(command)

    def _begin(self, ticket: Ticket) -> None:
        job = ticket.job
        self._put(Run(ticket.number, job.order, dict(job.arguments), job.device))

    def _stop(self, ticket: Ticket) -> None:
        """The child is killed when it stays deaf."""
        self._put(Cancel(ticket.number))

    def _hear(self, news: News) -> None:
        """In the thread: pass on to the window's."""
        self._news.append(news)
        self._knock.emit()

    def _deliver(self) -> None:
        while self._news:
            self._tell(self._news.popleft())

    def _tell(self, news: News) -> None:
        match news:
            case Born(pid=pid):
                self.pid = pid or None
            case Primed(seconds=seconds):
                self.primed.emit(seconds)
            case Started() | Stepped() | Ended():
                self._follow(news)

    def _follow(self, news: Started | Stepped | Ended) -> None:
        ticket = self.running
        if ticket is None or ticket.number != news.number:
            return
        match news:
            case Started():
                ticket.begin()
                self.changed.emit()
            case Stepped(steps=steps):
                for step in steps:
                    ticket.step(step)
            case Ended(ending=ending):
                self.running = None
                self._go_on()
                ticket.end(ending)
                self.changed.emit()


#: Hosts that nobody has closed; multiprocessing would wait for their children for ever at exit.
_open: set[Host] = set()


def _close_all() -> None:
    for host in list(_open):
        host.close()


atexit.register(_close_all)


async def run(host: Desk, job: Job, on_progress: Callable[[Progress], None] | None = None) -> Ending:
    """Submit `job` and wait for its end without blocking the loop; cancelling the task cancels it."""
    future: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
    ticket = host.ticket(job)

    def settle(ending: Any) -> None:
        if not future.done():
            future.set_result(ending)

    ticket.ended.connect(settle)
    if on_progress is not None:
        ticket.progressed.connect(on_progress)
    host.submit(ticket)
    try:
        return await future
    except asyncio.CancelledError:
        host.cancel(ticket)
        raise
