"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

#: How often a file is made anew whose folder goes at that very moment; Windows says the same of a path too long for it.
_TRIES = 20


def lock(file: IO[bytes] | int) -> bool:
    """Lock an open file for as long as it is open; False where another process has done so. A kill ends it."""
    number = file if isinstance(file, int) else file.fileno()
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether this block alone holds the name of a file, which is there as long; False while another does."""
    mine = False
    try:
        with _opened(path) as file:
            mine = lock(file) and _is(file, path)
            try:
                yield mine
            finally:
                if mine and sys.platform != "win32":
                    path.unlink(missing_ok=True)
    finally:
        if mine and sys.platform == "win32":
            # No open file can be taken away there: neither by us before it is closed, nor from another who has it.
            with contextlib.suppress(OSError):
                path.unlink()


def _opened(path: Path) -> IO[bytes]:
    """The file, in a folder that others may take away when they leave it."""
    for _ in range(_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return path.open("ab")
    return path.open("ab")


def _is(file: IO[bytes], path: Path) -> bool:
    """Whether a file is the one of this name still: whoever held it before took it away."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
