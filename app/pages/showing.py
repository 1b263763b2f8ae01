"""The shown sample in the viewers: read beside the window's thread, with the ones after it ahead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from workers.reading import Reader

if TYPE_CHECKING:
    from app.pages.viewers import Viewers
    from app.session import Session
    from models.payload import Payload
    from widgets.unit.digest import Digest

AHEAD = 3
#: A sample that was not read after so many ms is said to be on its way.
SLOW_MS = 300


class Showing(QObject):
    """Keeps the viewers at the session's sample. label() gives place and letter of its label, and who gave it."""

    def __init__(
        self, session: Session, viewers: Viewers, reader: Reader, label: Callable[[], tuple[int, str, str]]
    ) -> None:
        super().__init__()
        self.session, self.viewers, self.reader, self._label = session, viewers, reader, label
        reader.arrived.connect(self._loaded)
        reader.failed.connect(self._not_loaded)
        session.leaving.connect(self._arrive)
        self._awaited = -1
        self._payloads: Sequence[Payload | Digest] = ()
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self._say_slow)

    def busy(self) -> bool:
        """Whether the sample is still being read."""
        return self._awaited >= 0 or self.viewers.busy()

    def show(self) -> None:
        """Show the session's sample."""
        session = self.session
        row = session.current
        if session.project is None or row < 0:
            self._arrive()
            self.viewers.show_words("No sample is shown", "Choose one in the list.")
            return
        if self._awaited != row:
            self._slow.start()
        self._awaited = row
        self.reader.ask(("sample", row), self._loader(row), "sample")
        self._read_ahead()

    def show_label(self) -> None:
        """The label of the shown sample changed."""
        self.viewers.show_label(*self._label())

    def _arrive(self) -> None:
        self._awaited = -1
        self._slow.stop()

    def _say_slow(self) -> None:
        """Its label stands beside the list already: what was seen before is not to be taken for it."""
        if self._awaited >= 0:
            self.viewers.show_loading(self.session.short(self._awaited))
            self.show_label()

    def _loader(self, row: int) -> Any:
        domain, samples, ready = self.session.open_domain, self.session.open_project.samples, self.viewers.preparer()
        return lambda: ready(domain.load(samples, row))

    def _loaded(self, key: Any, payloads: Sequence[Payload | Digest]) -> None:
        if key != ("sample", self.session.current):
            return
        from app.pages.loaded import tells_other_channels

        self._arrive()
        if tells_other_channels(self._payloads, payloads):
            # What was read before of the same recording tells of its channels what holds no more.
            self.reader.forget()
        self._payloads = payloads
        self.viewers.show_payloads(payloads, *self._label())
        if self.viewers.front is not None:
            self.viewers.front.header.title.set_full(self.session.sample_id(self.session.current))

    def _not_loaded(self, key: Any, error: Exception) -> None:
        if key == ("sample", self.session.current):
            self._arrive()
            why = str(error)
            self.viewers.show_words("This sample cannot be read", f"{why[:1].upper()}{why[1:]}", "file_lost")

    def _read_ahead(self) -> None:
        order, place = self.session.order, self.session.place
        rows = [int(row) for row in order[place + 1 : place + 1 + AHEAD]] if place >= 0 else []
        self.reader.ahead([(("sample", row), self._loader(row)) for row in rows])
