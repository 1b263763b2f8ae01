"""Whether a file of MATLAB is what it says, all through: libraries that read it end the process where it is not."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from models.domains.eeg.broken import DAMAGE, Broken, short
from models.domains.eeg.matfile import (
    CELL,
    CHAR,
    COMPLEX,
    DEPTH,
    MATRIX,
    NUMBERS,
    PARTS,
    STORED,
    Version5,
    read_heading,
    read_tag,
)

_RECORD, _OBJECT, _SPARSE, _FUNCTION, _OPAQUE = 2, 3, 5, 16, 17


def check_mat(path: Path) -> None:
    """Raise Broken where a file of versions 5 to 7.2 does not hold what it says; others are not looked at."""
    try:
        with path.open("rb") as file:
            if file.read(10) != b"MATLAB 5.0":
                return
        whole = Version5(path.read_bytes())
        for part in whole.parts():
            _check_all(part, whole.order)
    except DAMAGE as error:
        raise Broken(f"it is damaged ({short(error)})") from error


def _check_all(data: bytes, order: str) -> None:
    """Each matrix of a variable, and those inside it."""
    waiting = [(0, len(data), 0)]
    for _ in range(PARTS):
        if not waiting:
            return
        place, end, depth = waiting.pop()
        kind, first, size, after = read_tag(data, place, order)
        if kind != MATRIX or after > end or (not depth and after != end) or depth > DEPTH:
            raise Broken("a variable does not hold what it says")
        if after < end:
            waiting.append((after, end, depth))
        inner = _inner(data, first, after, order) if size else after
        if inner < after:
            waiting.append((inner, after, depth + 1))
    raise Broken(f"a variable has more than {PARTS} parts")


def _inner(data: bytes, place: int, end: int, order: str) -> int:
    """Where the matrices inside a matrix begin, its end where it holds none; what stands before them is right."""
    if data[place + 8 : place + 12][0 if order == "<" else 3] == _OPAQUE:
        return _opaque(data, place, end, order)
    flags, shape, _, place = read_heading(data, place, order)
    kind, count = flags & 0xFF, math.prod(shape)
    if kind in (_RECORD, _OBJECT):
        return _fields(data, place, end, order, count, kind == _OBJECT)
    if kind == CELL:
        _expect(data, place, end, order, count)
        return place
    if kind == _FUNCTION:
        _expect(data, place, end, order, 1)
        return place
    if kind == CHAR or kind in NUMBERS:
        widths = [1 if kind == CHAR else 0] * (2 if flags & COMPLEX else 1)
        for is_text in widths:
            stored, _, size, place = read_tag(data, place, order)
            if stored not in STORED or (not is_text and size != count * int(STORED[stored][1])) or size > 4 * len(data):
                raise Broken("a variable does not hold as many values as it says")
        if place != end:
            raise Broken("a variable does not hold what it says")
        return end
    if kind == _SPARSE:
        _check_sparse(data, place, end, order, shape, 2 if flags & COMPLEX else 1)
        return end
    raise Broken("a variable is of a kind that nobody knows")


def _opaque(data: bytes, place: int, end: int, order: str) -> int:
    """Where the matrix inside an object of newer kinds begins: behind flags and three names."""
    for kind in (6, 1, 1, 1):
        stored, _, _, place = read_tag(data, place, order)
        if stored != kind:
            raise Broken("an object does not hold what it says")
    _expect(data, place, end, order, 1)
    return place


def _check_sparse(data: bytes, place: int, end: int, order: str, shape: tuple[int, ...], parts: int) -> None:
    """Raise Broken unless the places of a sparse matrix lie inside it; parts: one for real numbers, else two."""
    found = []
    for _ in range(2):
        stored, first, size, place = read_tag(data, place, order)
        if stored not in (5, 6) or size % 4 or first + size > end:
            raise Broken("a sparse matrix does not tell its places")
        found.append(np.frombuffer(data, order + "i4", size // 4, first).astype(np.int64))
    rows, starts = found
    right = len(shape) == 2 and len(starts) == shape[1] + 1 and starts[0] == 0 and (np.diff(starts) >= 0).all()
    if not right or starts[-1] > len(rows) or ((rows < 0) | (rows >= max(shape[0], 1))).any():
        raise Broken("a sparse matrix has places outside itself")
    for _ in range(parts):
        stored, _, _, place = read_tag(data, place, order)
        if stored not in STORED:
            raise Broken("a sparse matrix does not hold what it says")
    if place != end:
        raise Broken("a sparse matrix does not hold what it says")


def _fields(data: bytes, place: int, end: int, order: str, count: int, named: bool) -> int:
    """Where the values of the fields of records begin; `named`: a class is told first."""
    if named:
        stored, _, _, place = read_tag(data, place, order)
        if stored != 1:
            raise Broken("an object has no class")
    stored, first, size, place = read_tag(data, place, order)
    if stored != 5 or size != 4:
        raise Broken("a record does not tell its fields")
    width = struct.unpack_from(order + "i", data, first)[0]
    stored, _, size, place = read_tag(data, place, order)
    if stored != 1 or not (0 < width <= 1024) or size % width:
        raise Broken("a record does not tell its fields")
    _expect(data, place, end, order, count * (size // width))
    return place


def _expect(data: bytes, place: int, end: int, order: str, count: int) -> None:
    """Raise Broken unless so many matrices fill the bytes exactly."""
    if count * 8 > end - place:
        raise Broken("a variable does not hold as many parts as it says")
    for _ in range(count):
        kind, _, _, place = read_tag(data, place, order)
        if kind != MATRIX:
            raise Broken("a variable does not hold what it says")
    if place != end:
        raise Broken("a variable does not hold as many parts as it says")
