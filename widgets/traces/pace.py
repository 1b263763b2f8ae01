"""The pace of work beside the window: while a person turns pages it keeps off, for both need the interpreter."""

from __future__ import annotations

import threading
import time

#: After a page was turned it rests so many s; who turns pages all the time gets a piece done each so many s.
STILL, LONGEST = 0.15, 2.0
#: And it always leaves the interpreter for a moment between two pieces.
_MOMENT = 0.0005


class Pace:
    """Told of turned pages by the window, asked by a thread between the pieces of its work."""

    def __init__(self) -> None:
        self._still = 0.0

    def keep_off(self) -> None:
        """A page was turned just now."""
        self._still = time.monotonic() + STILL

    def wait(self, stop: threading.Event) -> bool:
        """Wait until pages stand still; True where the work is to be left."""
        last = time.monotonic() + LONGEST
        while (room := min(self._still, last) - time.monotonic()) > 0:
            if stop.wait(room):
                return True
        return stop.wait(_MOMENT)
