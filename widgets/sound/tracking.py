"""Curves of a sound, computed beside the window by what its domain gives, shown as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Qt, Signal

from models.errors import UserError
from models.payload import Track

Compute = Callable[[], Iterator[Track]]


class Tracking(QObject):
    """``came``: another curve, or more of one, is in `tracks`, which are by name. trouble: why there are none."""

    came = Signal()
    _told = Signal(int, object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tracks: dict[str, Track] = {}
        self.trouble = ""
        self._turn = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def start(self, compute: Compute | None) -> None:
        """Begin with those of another sound, None for none."""
        self._stop.set()
        self._turn += 1
        self.tracks, self.trouble = {}, ""
        if compute is not None:
            self._stop = threading.Event()
            work = (compute, self._stop, self._turn, self._thread)
            self._thread = threading.Thread(target=self._work, args=work, name="tracks")
            self._thread.start()

    def _work(self, compute: Compute, stop: threading.Event, turn: int, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()  # its last step; two at once would leave the window no core
        try:
            if stop.is_set():
                return
            for track in compute():
                if stop.is_set():
                    return
                self._told.emit(turn, track, "")
        except (UserError, OSError) as error:
            self._told.emit(turn, None, str(error))

    def _take(self, turn: int, track: Track | None, trouble: str) -> None:
        if turn != self._turn:
            return
        self.trouble = trouble
        if track is not None:
            self.tracks[track.name] = track
        self.came.emit()

    def close_down(self) -> None:
        """End the work and wait for its last step."""
        self._stop.set()
        self._turn += 1
        if self._thread is not None:
            self._thread.join()
        self._thread = None
