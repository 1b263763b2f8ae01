"""The window's side of the work: one thread and one warm child process for each device."""

from __future__ import annotations

import asyncio
import atexit
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal

from models.job import Ending, Job, Progress, Stopped
from workers.courier import Born, Courier, News
from workers.desk import Inline
from workers.messages import Cancel, Ended, Leave, Prime, Primed, Run, Started, Stepped
from workers.ticket import Line, Ticket

__all__ = ["Host", "Ticket", "run"]


class Host(QThread):
    """Does jobs in a child process, one after the other. Use it in the thread that made it.

    Take a ticket, connect its signals, submit it. `running` is the ticket at work, `queue()` those
    that wait, `changed` comes when either changes; `primed` (seconds) when the standby is ready;
    `pid` is the child's process, None without one. A crash costs the job; the next gets a new child.
    """

    changed = Signal()
    primed = Signal(float)
    _knock = Signal()

    def __init__(self, device: str = "auto", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.device = device
        self.running: Ticket | None = None
        self.pid: int | None = None
        self._line = Line()
        self._news: deque[News] = deque()
        self._courier = Courier(device, self._hear)
        self._closed = False
        self._knock.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @property
    def grace(self) -> float:
        """Seconds that a cancelled job has to stop before its process is killed."""
        return self._courier.grace

    @grace.setter
    def grace(self, seconds: float) -> None:
        self._courier.grace = seconds

    def prime(self) -> None:
        """Start the child and let it load what a training needs, so that the next job starts at once."""
        if not self._closed:
            self._put(Prime())

    def ticket(self, job: Job) -> Ticket:
        """A ticket to connect to before it is submitted."""
        return self._line.ticket(job)

    def submit(self, ticket: Ticket) -> None:
        """Put the job at the end of the line."""
        if self._closed:
            raise RuntimeError("the host is closed")
        self._line.join(ticket)
        self._go_on()
        self.changed.emit()

    def queue(self) -> list[Ticket]:
        """The tickets that wait, the next one first."""
        return list(self._line.tickets)

    def reorder(self, ticket: Ticket, place: int) -> None:
        """Let a waiting ticket be number `place` (0 = next)."""
        if self._line.move(ticket, place):
            self.changed.emit()

    def cancel(self, ticket: Ticket) -> None:
        """Take a waiting ticket out of the line; ask the running one to stop, kill it when deaf.

        Nothing happens when it has ended.
        """
        if ticket is self.running:
            self._put(Cancel(ticket.number))
        elif self._line.leave(ticket):
            ticket.end(Stopped())
            self.changed.emit()

    def close(self) -> None:
        """End everything, at the latest after two seconds or the grace period; safe to call again."""
        if self._closed:
            return
        self._closed = True
        _open.discard(self)
        for ticket in self.queue():
            self.cancel(ticket)
        if self.isRunning():
            self._courier.put(Leave())
            self.wait()
        self._deliver()

    def run(self) -> None:
        """The thread: carries commands and reports (Qt calls this)."""
        self._courier.work()

    def _put(self, command: Run | Cancel | Prime) -> None:
        if not self.isRunning():
            _open.add(self)
            self.start()
        self._courier.put(command)

    def _go_on(self) -> None:
        """Give the child its next job when it has none."""
        if self.running is None and not self._closed and (ticket := self._line.next()):
            self.running = ticket
            job = ticket.job
            self._put(Run(ticket.number, job.order, dict(job.arguments), job.device))

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


async def run(host: Host | Inline, job: Job, on_progress: Callable[[Progress], None] | None = None) -> Ending:
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
