"""The pyramid of a long recording, built chunk by chunk off the window's thread."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from models.errors import Cancelled, UserError
from models.payload import TraceReader
from models.pyramid import Pyramid, PyramidReader
from models.store.atomic import whole
from widgets.traces.pace import Pace

#: Values beyond which a recording gets a pyramid.
LONG = 4_000_000
#: Values that are taken in at once: a page that is turned meanwhile has to wait for no more.
_PIECE = 1_000_000
_TELL_SECONDS = 0.2


class Growth(QObject):
    """Builds the pyramid of the shown recording; ``grown(reader)`` after each chunk.

    cache: a folder for finished pyramids of readers that have a `key` (text that changes with
    their file); without one they live in memory. least: values beyond which a recording gets one, 0 for LONG.
    """

    grown = Signal(object)
    _stepped = Signal(int, int)

    def __init__(self, cache: Path | None, parent: QObject | None = None, least: int = 0) -> None:
        super().__init__(parent)
        self.cache, self.least = cache, least
        self.share = 1.0
        self.pace = Pace()
        self._turn = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._reader: PyramidReader | None = None
        self._stepped.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def start(self, reader: TraceReader) -> None:
        """Begin with a reader; a short one, or one that has its pyramid, needs nothing."""
        self.stop()
        if reader.channels * reader.length < (self.least or LONG) or isinstance(reader, PyramidReader):
            return
        folder = self._folder(reader)
        pyramid = Pyramid.open(folder, reader.channels, reader.length) if folder is not None else None
        kept = ExitStack()
        if pyramid is None:
            pyramid = Pyramid(reader.channels, reader.length, _place(folder, kept))
        self._reader = PyramidReader(reader, pyramid)
        self.share = pyramid.done / reader.length
        self.grown.emit(self._reader)
        if self.share < 1:
            self._stop = threading.Event()
            self._turn += 1
            work = (self._reader, kept, self._stop, self._turn)
            self._thread = threading.Thread(target=self._work, args=work, name="pyramid")
            self._thread.start()

    def stop(self) -> None:
        """End the work and wait for its last chunk."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._thread, self._reader, self.share = None, None, 1.0
        self._turn += 1

    def _folder(self, reader: TraceReader) -> Path | None:
        key = getattr(reader, "key", "")
        if self.cache is None or not key:
            return None
        return self.cache / "pyramids" / hashlib.sha256(str(key).encode()).hexdigest()[:24]

    def _work(self, reader: PyramidReader, kept: ExitStack, stop: threading.Event, turn: int) -> None:
        chunk, told = max(_PIECE // reader.channels, 4096), time.monotonic()
        try:
            with kept:
                for done in reader.pyramid.grow(reader.source, chunk):
                    if time.monotonic() - told > _TELL_SECONDS or done == reader.length:
                        self._stepped.emit(turn, done)
                        told = time.monotonic()
                    if self.pace.wait(stop):
                        raise Cancelled
        except (UserError, Cancelled):
            return  # left before its end, or the source is gone: the page, which reads it too, tells that

    def _tell(self, turn: int, done: int) -> None:
        if turn == self._turn and self._reader is not None:
            self.share = done / self._reader.length
            self.grown.emit(self._reader)


def _place(folder: Path | None, kept: ExitStack) -> Path | None:
    """Where a pyramid is built: beside its folder, which it becomes when `kept` ends and it is whole; None: in memory.

    Another viewer, or another window, may build the same one at the same time.
    """
    if folder is None:
        return None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return kept.enter_context(whole(folder, sync=False))
    except (UserError, OSError):
        return None
