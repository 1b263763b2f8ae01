"""Why a file of this domain cannot be read, in words; what libraries raise on damaged ones."""

from __future__ import annotations

import struct
import zlib

#: What reading a damaged file raises, beside the errors of Arrow, which are ValueErrors, KeyErrors or OSErrors.
DAMAGE = (
    *(OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError),
    *(MemoryError, RecursionError, OverflowError, NotImplementedError, struct.error, zlib.error),
)


class Broken(Exception):
    """What is wrong with a file or a part of it, in words for a person."""


def short(error: BaseException, most: int = 120) -> str:
    """The first line of a library's message, not too long."""
    lines = str(error).strip().splitlines()
    line = lines[0] if lines else type(error).__name__
    return line if len(line) <= most else line[: most - 1] + "…"
