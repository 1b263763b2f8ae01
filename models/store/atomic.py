"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from models.store.database import translated


def write_whole(path: Path, writer: Callable[[BinaryIO], object], sync: bool = True) -> None:
    """Write beside `path`, then rename over it.

    writer: is given the open binary file. sync: flush to the disk before the rename (not needed for
    a cache). A full disk or a read-only folder raises UserError and leaves what was there.
    """
    with translated(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                writer(file)
                file.flush()
                if sync:
                    os.fsync(file.fileno())
            os.chmod(name, 0o666 & ~_mask())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        if sync:
            sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole."""
    write_whole(path, lambda file: file.write(text.encode("utf-8")))


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk, where the system knows how."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
