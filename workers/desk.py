"""A desk takes jobs and does one after the other; `Inline` does them in the caller's thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from models.job import Job, Progress, Stopped
from workers.steps import ending
from workers.ticket import Line, Ticket


class Desk(QObject):
    """What every host has: a line of tickets that wait, and the one at work. Not for use by itself.

    Take a ticket, connect its signals, submit it. `running` is the ticket at work, `queue()` those
    that wait, `changed` comes when either changes; `primed` (seconds) when the standby is ready;
    `pid` is the process that does them, None without one.
    """

    changed = Signal()
    primed = Signal(float)

    def __init__(self, device: str = "auto", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.device = device
        self.running: Ticket | None = None
        self.pid: int | None = None
        self._line = Line()
        self._closed = False

    def prime(self) -> None:
        """Load what a training needs, so that the next job starts at once; nothing where nothing is to load."""
        self.primed.emit(0.0)

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
        """Take a waiting ticket out of the line, or stop the running one; nothing when it has ended."""
        if ticket is self.running:
            self._stop(ticket)
        elif self._line.leave(ticket):
            ticket.end(Stopped())
            self.changed.emit()

    def close(self) -> None:
        """Empty the line; nothing can be submitted afterwards. Safe to call again."""
        self._closed = True
        for ticket in self.queue():
            self.cancel(ticket)

    def _go_on(self) -> None:
        """Begin what waits while nothing is at work."""
        while self.running is None and not self._closed and (ticket := self._line.next()):
            self.running = ticket
            self._begin(ticket)

    def _begin(self, ticket: Ticket) -> None:
        """Have the job done, now or later; `running` is None again when it has ended."""
        raise NotImplementedError

    def _stop(self, ticket: Ticket) -> None:
        """Ask the running job to stop."""
        raise NotImplementedError


class Inline(Desk):
    """Does jobs in the caller's thread, without a process; `submit` returns when the job is over.

    Meant for tests and small scripts. A job that is submitted from a job's signal comes after that one.
    """

    def __init__(self, device: str = "auto", parent: QObject | None = None) -> None:
        super().__init__(device, parent)
        self.grace = 0.0
        self._cancelled = False

    def close(self) -> None:
        """Stop everything; nothing can be submitted afterwards."""
        super().close()
        self._cancelled = True

    def _begin(self, ticket: Ticket) -> None:
        self._cancelled = False
        ticket.begin()
        self.changed.emit()
        job = ticket.job

        def step(progress: Progress) -> None:
            ticket.step(progress)

        end, _ = ending(job.order, job.arguments, job.device, step, lambda: self._cancelled)
        self.running = None
        ticket.end(end)
        self.changed.emit()

    def _stop(self, ticket: Ticket) -> None:
        self._cancelled = True
