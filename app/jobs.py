"""Work off the window's thread: orders for the worker's child, and long acts of the store."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QObject, Signal

from models.errors import UserError
from models.job import Done, Failed, Job, Progress, Stopped

if TYPE_CHECKING:
    from workers.desk import Desk
    from workers.ticket import Ticket

Ended = Callable[[Any], None]


class Jobs(QObject):
    """One host a device, and the tickets of this window. The host is made when it is first asked for.

    `started(ticket)`, `ended(ticket, ending)` and `changed()` tell the status line and the tray.
    """

    started = Signal(object)
    ended = Signal(object, object)
    changed = Signal()
    failed = Signal(object, str, str)
    _beside_done = Signal(object, object, object)

    def __init__(self, host: Desk | None = None) -> None:
        super().__init__()
        self._host: Desk | None = None
        if host is not None:
            self._take(host)
        self.beside_busy = False
        self._stopped: Ticket | None = None
        self._thread: threading.Thread | None = None
        self._upkeep: threading.Thread | None = None
        self._beside_done.connect(self._finish_beside)

    @property
    def host(self) -> Desk:
        """Where the jobs are done."""
        if self._host is None:
            from workers.host import Host

            self._take(Host("auto"))
        return cast("Desk", self._host)

    def _take(self, host: Desk) -> None:
        self._host = host
        host.changed.connect(self.changed)

    def start(
        self,
        order: str,
        arguments: Mapping[str, Any],
        title: str,
        done: Ended | None = None,
        progressed: Callable[[Progress], None] | None = None,
        failed: Callable[[str], None] | None = None,
        cut: Callable[[], None] | None = None,
    ) -> Ticket:
        """Submit an order; `done` gets its result, also the part a stopped one kept. cut: it ended without any."""
        ticket = self.host.ticket(Job(order, dict(arguments), title))
        if progressed is not None:
            ticket.progressed.connect(progressed)
        ticket.started.connect(lambda: self.started.emit(ticket))
        ticket.ended.connect(lambda ending: self._end(ticket, ending, done, failed, cut))
        self.host.submit(ticket)
        return ticket

    def _end(
        self,
        ticket: Ticket,
        ending: Any,
        done: Ended | None,
        failed: Callable[[str], None] | None,
        cut: Callable[[], None] | None = None,
    ) -> None:
        self.ended.emit(ticket, ending)
        if cut is not None and not isinstance(ending, Done) and getattr(ending, "result", None) is None:
            cut()
        if isinstance(ending, Done) or (isinstance(ending, Stopped) and ending.result is not None):
            if done is not None:
                done(ending.result)
        elif isinstance(ending, Failed):
            if failed is not None:
                failed(ending.text)
            self.failed.emit(ticket, ending.text, ending.trace)

    def cancel(self, ticket: Ticket) -> None:
        """Stop a job: between its steps, or by force when it does not listen."""
        self._stopped = ticket
        self.host.cancel(ticket)

    @property
    def running(self) -> Ticket | None:
        """The ticket at work."""
        return self._host.running if self._host is not None else None

    @property
    def keeping(self) -> Ticket | None:
        """The ticket at work that writes what it made, or was told to stop and will: an end now would lose that."""
        ticket = self.running
        return ticket if ticket is not None and (ticket.last.keeping or ticket is self._stopped) else None

    def waiting(self) -> list[Ticket]:
        """The running ticket, then the waiting ones in order."""
        running = [self.running] if self.running else []
        return [*running, *(self._host.queue() if self._host is not None else ())]

    def beside(self, act: Callable[[], Any], done: Ended, refused: Callable[[Exception], None]) -> None:
        """Run one long act of the store on a thread; another one is refused until it is done."""
        if self.beside_busy:
            refused(RuntimeError("The last act is still being written. Try again in a moment."))
            return
        self.beside_busy = True

        def work() -> None:
            try:
                self._beside_done.emit(act(), done, None)
            except Exception as error:  # noqa: BLE001 - handed to the window's thread
                self._beside_done.emit(error, None, refused)

        self._thread = threading.Thread(target=work, name="winnow-act", daemon=False)
        self._thread.start()

    def keep_up(self, act: Callable[[], None]) -> None:
        """Run upkeep of the store on a thread, unless some is under way; what it refuses, the next act tells."""
        if self._upkeep is not None and self._upkeep.is_alive():
            return

        def work() -> None:
            with contextlib.suppress(UserError):
                act()

        self._upkeep = threading.Thread(target=work, name="winnow-upkeep", daemon=False)
        self._upkeep.start()

    def settle(self) -> None:
        """Wait until the act beside is written, as before its project is closed."""
        for thread in (self._thread, self._upkeep):
            if thread is not None:
                thread.join()

    def _finish_beside(self, result: Any, done: Ended | None, refused: Callable[[Exception], None] | None) -> None:
        self.beside_busy = False
        if refused is not None:
            refused(result)
        elif done is not None:
            done(result)

    def close(self) -> None:
        """End the child and the host's thread."""
        if self._host is not None:
            self._host.close()
