"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def lock(file: IO[bytes]) -> bool:
    """Lock an open file for as long as it is open; False where another process has done so. A kill ends it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether this block alone holds the name of a file, which is there as long; False while another does."""
    with path.open("ab") as file:
        mine = lock(file) and _is(file, path)
        try:
            yield mine
        finally:
            if mine:
                with contextlib.suppress(OSError):  # Windows takes no open file away
                    path.unlink()


def _is(file: IO[bytes], path: Path) -> bool:
    """Whether a file is the one of this name still: whoever held it before took it away."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
