"""The pyramid of a long recording, built chunk by chunk off the window's thread."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from models.errors import UserError
from models.payload import TraceReader
from models.pyramid import Pyramid, PyramidReader

#: Values beyond which a recording gets a pyramid.
LONG = 4_000_000
_TELL_SECONDS = 0.2


class Growth(QObject):
    """Builds the pyramid of the shown recording; ``grown(reader)`` after each chunk.

    cache: a folder for finished pyramids of readers that have a `key` (text that changes with
    their file); without one they live in memory.
    """

    grown = Signal(object)
    _stepped = Signal(int, int)

    def __init__(self, cache: Path | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cache = cache
        self.share = 1.0
        self._turn = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._reader: PyramidReader | None = None
        self._stepped.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def start(self, reader: TraceReader) -> None:
        """Begin with a reader; a short one, or one that has its pyramid, needs nothing."""
        self.stop()
        if reader.channels * reader.length < LONG or isinstance(reader, PyramidReader):
            return
        folder = self._folder(reader)
        pyramid = Pyramid.open(folder, reader.channels, reader.length) if folder is not None else None
        if pyramid is None:
            pyramid = Pyramid(reader.channels, reader.length, folder)
        self._reader = PyramidReader(reader, pyramid)
        self.share = pyramid.done / reader.length
        self.grown.emit(self._reader)
        if self.share < 1:
            self._stop = threading.Event()
            self._turn += 1
            work = (self._reader, self._stop, self._turn)
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

    def _work(self, reader: PyramidReader, stop: threading.Event, turn: int) -> None:
        chunk, told = max(4_000_000 // reader.channels, 4096), time.monotonic()
        try:
            for done in reader.pyramid.grow(reader.source, chunk):
                if time.monotonic() - told > _TELL_SECONDS or done == reader.length:
                    self._stepped.emit(turn, done)
                    told = time.monotonic()
                if stop.wait(0.0005):
                    return
        except UserError:
            return  # the source is gone: the page, which reads it too, tells it

    def _tell(self, turn: int, done: int) -> None:
        if turn == self._turn and self._reader is not None:
            self.share = done / self._reader.length
            self.grown.emit(self._reader)
