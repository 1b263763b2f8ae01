"""Numbers of samples that are worth keeping: computed once, found again by what a sample is made of.

A folder holds parts, each written whole: the marks of some samples and a row of numbers for each. Whoever stops
loses the part that was being made, and goes on from there; two at the same time only do the same twice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.job import Progress
from models.learn.save import read_tensors, write_tensors

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint64]
#: Samples computed between two signs of life, and samples written as one part.
STEP, PART = 64, 1024


def keep(
    asked: Marks, folder: Path, width: int, make: Callable[[Index], Floats], text: str, step: int = 0
) -> Generator[Progress, None, Floats]:
    """The numbers of samples by their marks, (n, width): those that the folder has, the others made and kept.

    make(places) gives (len(places), width), NaN for what cannot be read, which is not kept. text: for the progress.
    step: samples made between two signs of life, 0 for the usual number.
    """
    out, step = np.full((len(asked), width), np.nan, np.float32), step or STEP
    lacking = np.flatnonzero(~_fill(out, asked, folder))
    for start in range(0, len(lacking), PART):
        part = lacking[start : start + PART]
        try:
            for first in range(0, len(part), step):
                yield Progress(start + first, len(lacking), text)
                done = part[first : first + step]
                out[done] = make(done)
        finally:
            _write(folder, asked[part], out[part])
    return out


def marks_of(texts: Iterable[str]) -> Marks:
    """What tells each sample from every other one, of all that its numbers depend on, (n,)."""
    found = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(found), np.uint64)


def state_of(path: Path) -> str:
    """A file as it is now: its name, size and time of change."""
    try:
        state = os.stat(path)
    except OSError:
        return f"{path} missing"
    return f"{path} {state.st_size} {state.st_mtime_ns}"


def _fill(out: Floats, asked: Marks, folder: Path) -> npt.NDArray[np.bool_]:
    """Put what the folder has into `out`; which rows it had."""
    known = np.zeros(len(asked), bool)
    for path in sorted(folder.glob("*.safetensors")) if len(asked) else ():
        found = _read(path, out.shape[1])
        if found is None:
            continue
        order = np.argsort(found[0])
        place = np.searchsorted(found[0], asked, sorter=order)
        match = order[np.minimum(place, len(order) - 1)]
        here = found[0][match] == asked
        out[here] = found[1][match[here]]
        known |= here
    return known


def _read(path: Path, width: int) -> tuple[Marks, Floats] | None:
    """Marks and rows of a part, None when it is broken (a cache may be)."""
    try:
        found = read_tensors(path)[0]
        marked, rows = found["marks"], found["rows"]
    except (UserError, KeyError, ValueError):
        return None
    if marked.dtype != np.uint64 or rows.shape != (*marked.shape, width) or not len(marked):
        return None
    return marked, rows


def _write(folder: Path, marked: Marks, rows: Floats) -> None:
    """Keep the rows that are whole."""
    whole = np.isfinite(rows).all(1)
    if not whole.any():
        return
    marked, rows = marked[whole], rows[whole]
    name = hashlib.blake2b(marked.tobytes(), digest_size=12).hexdigest()
    try:
        write_tensors(folder / f"{name}.safetensors", {"marks": marked, "rows": rows})
    except OSError as error:
        raise UserError(
            f"{folder}: what was computed of the samples cannot be kept ({error.strerror}). Free some space there."
        ) from None
