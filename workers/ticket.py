"""A job that was or will be handed in, and the line in which several wait."""

from __future__ import annotations

import time
from typing import Literal

from PySide6.QtCore import QObject, Signal

from models.job import Done, Ending, Failed, Job, Progress, Stopped

State = Literal["waiting", "running", "done", "failed", "stopped"]


class Ticket(QObject):
    """Follows one job. Take it, connect its signals, then submit it.

    job: what was asked. state: "waiting", "running", "done", "failed" or "stopped". since: when that
    state began (seconds since 1970). last: the latest Progress. ending: None until the end. All
    change, and all signals come, in the thread that made the host.
    """

    started = Signal()
    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, job: Job, number: int) -> None:
        super().__init__()
        self.job = job
        self.number = number
        self.state: State = "waiting"
        self.since = time.time()
        self.last = Progress()
        self.ending: Ending | None = None

    def begin(self) -> None:
        """For hosts: the first step begins."""
        self._enter("running")
        self.started.emit()

    def step(self, progress: Progress) -> None:
        """For hosts: a step was done."""
        self.last = progress
        self.progressed.emit(progress)

    def end(self, ending: Ending) -> None:
        """For hosts: the job is over."""
        self.ending = ending
        states: dict[type, State] = {Done: "done", Failed: "failed", Stopped: "stopped"}
        self._enter(states[type(ending)])
        self.ended.emit(ending)

    def _enter(self, state: State) -> None:
        self.state = state
        self.since = time.time()


class Line:
    """Tickets in the order in which they will run."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []
        self._last = 0
        self._seen: set[int] = set()

    def ticket(self, job: Job) -> Ticket:
        """A new ticket, not yet in the line."""
        self._last += 1
        return Ticket(job, self._last)

    def join(self, ticket: Ticket) -> None:
        """Put at the end; ValueError when it was handed in before."""
        if ticket.number in self._seen:
            raise ValueError("this ticket was submitted before: take a new one")
        self._seen.add(ticket.number)
        self.tickets.append(ticket)

    def next(self) -> Ticket | None:
        """Take the first, or None."""
        return self.tickets.pop(0) if self.tickets else None

    def leave(self, ticket: Ticket) -> bool:
        """Take out; False when it does not wait."""
        if ticket not in self.tickets:
            return False
        self.tickets.remove(ticket)
        return True

    def move(self, ticket: Ticket, place: int) -> bool:
        """Put at `place` (0 = next); False when it does not wait."""
        if not self.leave(ticket):
            return False
        self.tickets.insert(max(0, place), ticket)
        return True
