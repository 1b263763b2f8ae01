"""Pages made ahead: while nobody waits the next tab is loaded beside the window and built, so it opens at once."""

from __future__ import annotations

import contextlib
import importlib
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.pages import PAGES, PageEntry

if TYPE_CHECKING:
    from app.window import Window

#: After the window's first pictures, and between two pages.
START_MS, REST_MS = 1200, 400


class Ahead(QObject):
    """Makes the pages of the tabs one by one. ``done`` tells that all are there."""

    done = Signal()
    _loaded = Signal(str)

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._left = [entry for entry in PAGES if entry.tab]
        self._loaded.connect(self._make)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._load)

    def start(self, delay: int = START_MS) -> None:
        """Begin; returns at once."""
        self._timer.start(delay)

    def _load(self) -> None:
        """Import the next page's modules on a thread: the window goes on between two of its steps."""
        if not self._left or not self._window.isVisible():
            self.done.emit()
            return
        if self._window.session.project is None or not self._window.is_idle():
            self._timer.start(START_MS)
            return
        threading.Thread(target=self._import, args=(self._left.pop(0),), name="winnow-ahead").start()

    def _import(self, entry: PageEntry) -> None:
        importlib.import_module(entry.place.partition(":")[0])
        with contextlib.suppress(RuntimeError):  # the window may be gone by now
            self._loaded.emit(entry.name)

    def _make(self, name: str) -> None:
        if self._window.isVisible() and self._window.session.project is not None:
            self._window.page(name)
        self._timer.start(REST_MS)
