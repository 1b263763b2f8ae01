"""Who has a project open, and how many purges each has seen: what a killed process left behind is looked at once."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
import weakref
from pathlib import Path

from models.store.hold import lock

#: The folder of it in the cache of a project.
FOLDER = "open"
#: So long, in seconds, a file without a word is of somebody who is just coming.
_COMING = 60.0
#: How often a file is made anew whose folder goes at that very moment.
_TRIES = 20


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
            if self._release is None or not self._is_there():
                self._come()
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

    def killed(self, purges: int) -> list[Path]:
        """The files of those who were killed and had not seen so many purges, for `forget`; files of others who were
        killed are taken away."""
        found = []
        for path, text in self._dead():
            if not text.isdigit() or int(text) < purges:
                found.append(path)
            else:
                path.unlink(missing_ok=True)
        return found

    def forget(self, paths: list[Path]) -> None:
        """What these left behind was looked at."""
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink()

    def is_alone(self) -> bool:
        """Whether nobody else has the project open."""
        dead = {path for path, _ in self._dead()}
        return all(path in dead for path in self._others())

    def _come(self) -> None:
        """A file of one's own, locked; anew where somebody took it away. Raises OSError."""
        if self._release is not None:
            self._release()
            self._release = None
        for turn in range(_TRIES):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                self._number = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
                break
            except FileNotFoundError:
                if turn == _TRIES - 1:
                    raise
        self._release = weakref.finalize(self, os.close, self._number)
        lock(self._number)

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._number), self._path.stat())
        except OSError:
            return False

    def _dead(self) -> list[tuple[Path, str]]:
        """The files that nobody holds, with their text."""
        found = []
        for path in self._others():
            with contextlib.suppress(OSError):
                with path.open("r+b") as file:
                    free = lock(file)
                    text = file.read().decode("ascii", "replace").strip() if free else ""
                if free and (text or time.time() - path.stat().st_mtime > _COMING):
                    found.append((path, text))
        return found

    def _others(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [path for path in self._folder.iterdir() if path != self._path]
        return []
