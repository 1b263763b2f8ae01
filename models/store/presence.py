"""Who has a project open, and how many purges each has seen: what a killed process left behind is looked at once."""

from __future__ import annotations

import contextlib
import os
import secrets
import weakref
from pathlib import Path

from models.store.hold import lock

#: The folder of it in the cache of a project.
FOLDER = "open"


class Presence:
    """A file that this one holds as long as the project is open; its text is the number of purges that it has settled.

    A lock tells the files of the living from those of the killed. Where files cannot be written nothing is told.
    """

    def __init__(self, cache: Path) -> None:
        self._folder = cache / FOLDER
        self._path = self._folder / secrets.token_hex(8)
        self._number = -1
        self._release: weakref.finalize[[int], Presence] | None = None

    def settle(self, purges: int) -> None:
        """Say that nothing of what was withdrawn up to now is written any more."""
        with contextlib.suppress(OSError):
            if self._release is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._number = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
                self._release = weakref.finalize(self, os.close, self._number)
                lock(self._number)
            os.lseek(self._number, 0, os.SEEK_SET)
            os.write(self._number, b"%020d\n" % purges)

    def leave(self) -> None:
        """The project is closed; again is harmless."""
        if self._release is not None:
            self._release()
            self._release = None
            with contextlib.suppress(OSError):
                self._path.unlink()
                self._folder.rmdir()

    def killed(self, purges: int) -> bool:
        """Whether anybody was killed who had not seen this many purges; told once."""
        found = False
        for path in self._others():
            with contextlib.suppress(OSError), path.open("r+b") as file:
                if lock(file):
                    text = file.read().strip()
                    found = found or not text.isdigit() or int(text) < purges
                    path.unlink(missing_ok=True)
        return found

    def is_alone(self) -> bool:
        """Whether nobody else has the project open."""
        for path in self._others():
            with contextlib.suppress(OSError), path.open("r+b") as file:
                if not lock(file):
                    return False
        return True

    def _others(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [path for path in self._folder.iterdir() if path != self._path]
        return []
