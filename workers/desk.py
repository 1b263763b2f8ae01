"""`Inline`: the host's interface without thread or process; `submit` returns when the job is over."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from models.job import Job, Progress, Stopped
from workers.steps import ending
from workers.ticket import Line, Ticket


class Inline(QObject):
    """Does jobs in the caller's thread, in order; meant for tests and small scripts."""

    changed = Signal()
    primed = Signal(float)

    def __init__(self, device: str = "auto", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.device = device
        self.grace = 0.0
        self.running: Ticket | None = None
        self._line = Line()
        self._cancelled = False
        self._closed = False

    @property
    def pid(self) -> int | None:
        """No process of its own."""
        return None

    def prime(self) -> None:
        """Nothing to warm up."""
        self.primed.emit(0.0)

    def ticket(self, job: Job) -> Ticket:
        """A ticket to connect to before it is submitted."""
        return self._line.ticket(job)

    def submit(self, ticket: Ticket) -> None:
        """Do the job now; when called from a job's signal, after that one."""
        if self._closed:
            raise RuntimeError("the host is closed")
        self._line.join(ticket)
        self.changed.emit()
        while self.running is None and (waiting := self._line.next()):
            self._do(waiting)

    def _do(self, ticket: Ticket) -> None:
        self.running, self._cancelled = ticket, False
        ticket.begin()
        job = ticket.job

        def step(progress: Progress) -> None:
            ticket.step(progress)

        end, _ = ending(job.order, job.arguments, job.device, step, lambda: self._cancelled)
        self.running = None
        ticket.end(end)
        self.changed.emit()

    def queue(self) -> list[Ticket]:
        """The tickets that wait, the next one first."""
        return list(self._line.tickets)

    def reorder(self, ticket: Ticket, place: int) -> None:
        """Let a waiting ticket be number `place` (0 = next)."""
        if self._line.move(ticket, place):
            self.changed.emit()

    def cancel(self, ticket: Ticket) -> None:
        """Take a waiting ticket out of the line, or stop the running one at its next step."""
        if ticket is self.running:
            self._cancelled = True
        elif self._line.leave(ticket):
            ticket.end(Stopped())
            self.changed.emit()

    def close(self) -> None:
        """Stop everything; nothing can be submitted afterwards."""
        self._closed = True
        for ticket in self.queue():
            self.cancel(ticket)
        self._cancelled = True
