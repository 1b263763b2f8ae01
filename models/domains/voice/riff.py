"""What the header of a WAV says of its own length, so that one that was cut off is known before it is believed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

#: Sizes that programs write which stream a WAV and never come back to its header.
_UNTOLD = (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF - 36, 0xFFFFFFFF - 36)
#: Chunks that are looked through for the sound.
_MOST = 1000


def lacking(path: Path) -> tuple[int, int] | None:
    """Bytes of sound that the header of a WAV tells, and those that are there, where some lack; None where none do.

    Also None for what is no WAV, and for one whose header leaves its length open.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] not in (b"RIFF", b"RIFX") or head[8:12] != b"WAVE":
            return None
        told = _data_size(file, "big" if head[:4] == b"RIFX" else "little")
        there = os.fstat(file.fileno()).st_size - file.tell()
    # A last byte of padding may lack.
    return (told, there) if told not in _UNTOLD and told > there + 1 else None


def _data_size(file: BinaryIO, order: str) -> int:
    """The size of the chunk of sound, before whose first byte the file then stands; 0 where there is none."""
    for _ in range(_MOST):
        head = file.read(8)
        if len(head) < 8:
            return 0
        size = int.from_bytes(head[4:], "big" if order == "big" else "little")
        if head[:4] == b"data":
            return size
        file.seek(size + size % 2, os.SEEK_CUR)
    return 0
