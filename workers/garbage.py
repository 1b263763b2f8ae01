"""Garbage is looked for in the thread of the window alone.

Python looks for objects that only hold each other in whichever thread happens to make one more. Were that thread one
that reads samples, it would also take apart what the window has dropped, and PySide takes signals apart under a lock
of Qt while it waits for Python's own; a window that connects a signal at that moment holds Python's and waits for
Qt's. Both then wait for ever. So Python does not look by itself, and a timer does in the thread of the window.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer

TICK_MS = 100
#: Seconds between two looks at all objects, which take longer than a frame.
WHOLE = 30.0


class Garbage(QObject):
    """Looks for garbage in the thread that made this, until it is ended."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._whole = time.monotonic()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        gc.disable()
        self._timer.start(TICK_MS)

    def look(self) -> None:
        """Look among as many objects as are due by Python's own thresholds."""
        due = [count > limit > 0 for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if not due[0]:
            return
        whole = due[2] and time.monotonic() - self._whole > WHOLE
        gc.collect(2 if whole else 1 if due[1] else 0)
        if whole:
            self._whole = time.monotonic()

    def end(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()
