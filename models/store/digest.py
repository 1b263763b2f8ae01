"""The fingerprint by which a source is known again after it moved."""

from __future__ import annotations

import hashlib
from pathlib import Path

#: A larger file is read in three parts of `PART` bytes only: head, middle, tail.
WHOLE = 16 * 2**20
PART = 4 * 2**20


def digest(path: Path) -> str:
    """SHA-256 of size and content, as hex text.

    A file up to 16 MiB is read whole. Of a larger one the size and the first, middle and last 4 MiB
    count, so that a recording of many gigabytes takes milliseconds; a change elsewhere that keeps
    the size goes unseen. Of a folder the names, and the digests of its files (their sizes only when
    there are over 256), count. Raises OSError when it can't be read.
    """
    if path.is_dir():
        return _folder_digest(path)
    size = path.stat().st_size
    total = hashlib.sha256(f"{size}:".encode())
    with path.open("rb") as file:
        if size <= WHOLE:
            while part := file.read(PART):
                total.update(part)
        else:
            for start in (0, (size - PART) // 2, size - PART):
                file.seek(start)
                total.update(file.read(PART))
    return total.hexdigest()


def measure(path: Path) -> tuple[int, int]:
    """Size in bytes and time of change in ns; (−1, 0) for a missing source; a folder's size is its files'."""
    try:
        if path.is_dir():
            files = _files(path)
            return sum(file.stat().st_size for file in files), max(
                (file.stat().st_mtime_ns for file in files), default=0
            )
        facts = path.stat()
    except OSError:
        return -1, 0
    return facts.st_size, facts.st_mtime_ns


def id_digest(sample: str) -> str:
    """The hash that a withdrawn sample leaves behind."""
    return hashlib.sha256(f"winnow:{sample}".encode()).hexdigest()


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file())


def _folder_digest(path: Path) -> str:
    files = _files(path)
    total = hashlib.sha256()
    for file in files:
        fact = digest(file) if len(files) <= 256 else str(file.stat().st_size)
        total.update(f"{file.relative_to(path).as_posix()}\0{fact}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()
