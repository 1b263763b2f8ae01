"""Requests that are kept: some at a time they are written into the project and become samples to review."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from models.errors import UserError
from models.service import Asked

LOG = logging.getLogger("winnow")
#: So many are written together, or what there is after so many s; more than that many wait for nobody.
TOGETHER, SECONDS, MOST = 64, 30.0, 256


class Keeper:
    """Takes requests and writes them from a thread of its own; what was taken is written before it closes."""

    def __init__(self, keep: Callable[[Sequence[Asked], str], int]) -> None:
        self._keep = keep
        self._asked: list[Asked] = []
        self._wake = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="winnow-keeper", daemon=True)
        self._thread.start()

    def take(self, asked: Asked) -> bool:
        """Keep one; False where too many wait to be written."""
        with self._wake:
            if len(self._asked) >= MOST:
                return False
            self._asked.append(asked)
            if len(self._asked) >= TOGETHER:
                self._wake.notify()
            return True

    def close(self) -> None:
        """Write what there is, then end."""
        with self._wake:
            self._open = False
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            with self._wake:
                if self._open:
                    self._wake.wait(SECONDS)
                going, taken = self._open, self._asked
                self._asked = []
            if taken:
                self._write(taken)

    def _write(self, asked: list[Asked]) -> None:
        name = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        try:
            LOG.info("%d requests kept as samples", self._keep(asked, name))
        except (UserError, OSError) as error:
            LOG.error("%d requests could not be kept: %s", len(asked), error)
