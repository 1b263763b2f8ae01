"""The sample that raters differ on, as its viewers show it, beside their votes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from models.payload import Payload, Recording, Spectrogram
from workers.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.pages.pair import Pair
    from app.session import Session


class CasePicture(QWidget):
    """The recording of a sample and its spectrogram; hidden for samples that have neither."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("agreement.picture")
        self.session = session
        self.pair: Pair | None = None
        self.row = -1
        self._wanted: Any = None
        self._other = False
        #: Whether it has most of the page, and the sensitivity chosen for where it has not, 0 for rows that fit.
        self._large, self._sensitivity = False, 0.0
        self.reader = Reader(threads=1, count=6, parent=self)
        self.reader.arrived.connect(self._came)
        self.reader.failed.connect(self._failed)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def forget(self) -> None:
        """Another project: its rows mean other samples."""
        self.reader.forget()
        self.row, self._wanted, self._other = -1, None, False
        if self.pair is not None:
            self.pair.forget()
        self.hide()

    def show_row(self, row: int, ahead: int = -1) -> None:
        """Show a sample, −1 for none; ahead: one that is likely to be next."""
        if row == self.row or self._other:
            return
        if row < 0:
            self.forget()
            return
        self.row, self._wanted = row, ("case", row)
        self.reader.ask(self._wanted, self._loader(row), "case")
        if ahead >= 0:
            self.reader.ahead([(("case", ahead), self._loader(ahead))])

    def _loader(self, row: int) -> Callable[[], Sequence[Payload]]:
        domain, samples = self.session.open_domain, self.session.open_project.samples

        def load() -> Sequence[Payload]:
            found = domain.load(samples, row)
            if any(isinstance(one, Recording) for one in found):
                from widgets.recording.reader import prepare

                prepare()
            return found

        return load

    def _came(self, key: Any, payloads: Sequence[Payload]) -> None:
        if key != self._wanted:
            return
        self._wanted = None
        recording = next((one for one in payloads if isinstance(one, Recording)), None)
        spectrogram = next((one for one in payloads if isinstance(one, Spectrogram)), None)
        there = recording is not None or spectrogram is not None
        # Nor will the next one be of another kind, unless this one has lost its files.
        self._other = not there and not self._gone(self.row)
        if there:
            pair = self._made()
            pair.desk.follow_project()
            pair.show_payloads(recording, spectrogram, row=self.row)
        self.setVisible(there)

    def _failed(self, key: Any, error: Exception) -> None:
        if key == self._wanted:
            self._wanted = None
            # Of votes alone there never was anything to see.
            self.setVisible(self.pair is not None)
            if self.pair is not None:
                self.pair.set_words("This sample cannot be read", str(error), "file_lost")

    def _gone(self, row: int) -> bool:
        return bool(self.session.open_domain.gone(self.session.open_project.samples)[row])

    def set_large(self, on: bool) -> None:
        """Whether it has most of the page: then with the tools that it is looked at by."""
        self._large = on
        if self.pair is not None:
            self.pair.be_brief(not on)
            if not on:
                self.pair.recording.fit_rows(self._sensitivity)

    def set_sensitivity(self, value: float) -> None:
        """Where it has little room: rows that fit for 0, else so many µV a millimetre."""
        self._sensitivity = value
        if self.pair is not None and not self._large:
            self.pair.recording.fit_rows(value)

    def _made(self) -> Pair:
        if self.pair is None:
            from app.pages.pair import Pair

            self.pair = Pair(self.session, brief=True)
            self._column.addWidget(self.pair)
            self.set_large(self._large)
        return self.pair

    def busy(self) -> bool:
        """Whether the sample is still being read."""
        return self._wanted is not None

    def close_down(self) -> None:
        """End the background work."""
        self.reader.close()
        if self.pair is not None:
            self.pair.close_down()
