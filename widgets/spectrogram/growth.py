"""What of a spectrogram is not there yet, computed a step at a time off the window's thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from models.errors import UserError
from models.job import Progress
from widgets.traces.pace import Pace

Grow = Callable[[Path | None], Iterator[Progress]]
_TELL_SECONDS = 0.2


class Growth(QObject):
    """Runs the `grow` of what is shown; ``grown()`` now and then, and at the end.

    folder: where it is kept for the next time, None for nowhere. share: of it that is there. trouble: why it stopped.
    """

    grown = Signal()
    _stepped = Signal(int, float, str)

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder, self.share, self.trouble = folder, 1.0, ""
        self.pace = Pace()
        self._turn = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._stepped.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def start(self, grow: Grow) -> None:
        """Begin with another spectrogram, once the last step of the one before is done."""
        self.stop()
        self._stop, self.share = threading.Event(), 0.0
        work = (grow, self.folder, self._stop, self._turn, self._thread)
        self._thread = threading.Thread(target=self._work, args=work, name="spectrogram")
        self._thread.start()

    def stop(self) -> None:
        """End the work after its present step; nobody waits for it."""
        self._stop.set()
        self._turn += 1
        self.share, self.trouble = 1.0, ""

    def close_down(self) -> None:
        """End the work and wait for its last step."""
        self.stop()
        if self._thread is not None:
            self._thread.join()
        self._thread = None

    def _work(
        self,
        grow: Grow,
        folder: Path | None,
        stop: threading.Event,
        turn: int,
        before: threading.Thread | None,
    ) -> None:
        if before is not None:
            before.join()  # it may be writing into the same folder
        share, told = 0.0, time.monotonic()
        try:
            if stop.is_set():
                return
            for step in grow(folder):
                share = step.done / max(step.total, 1)
                if time.monotonic() - told > _TELL_SECONDS:
                    self._stepped.emit(turn, share, "")
                    told = time.monotonic()
                if self.pace.wait(stop):
                    return
        except (UserError, OSError) as error:
            self._stepped.emit(turn, share, str(error))
        else:
            self._stepped.emit(turn, 1.0, "")

    def _tell(self, turn: int, share: float, trouble: str) -> None:
        if turn == self._turn:
            self.share, self.trouble = share, trouble
            self.grown.emit()
