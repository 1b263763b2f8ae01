"""MATLAB files from outside, opened with care: structure and sizes are checked before anything is believed.

Only numbers, texts and cells of them are read: no record and no object has a place in data.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.domains.eeg.broken import DAMAGE, Broken, short

Array = npt.NDArray[Any]
#: No file and no variable is larger, in bytes; no variable has more parts, and none is nested deeper.
LARGEST, PARTS, DEPTH = 1 << 30, 8_000_000, 16
_HEADER = 128
MATRIX, _COMPRESSED = 14, 15
CELL, CHAR, NUMBERS = 1, 4, range(6, 16)
COMPLEX = 0x800
#: How values are stored, by number.
STORED = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8", 16: "u1", 17: "u2",
    18: "u4",
}  # fmt: skip
_ENDS = {"<": "-le", ">": "-be"}
_HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Variable:
    """A variable as its header tells it. kind: cell, text, numbers or other. shape: as MATLAB has it."""

    kind: str
    shape: tuple[int, ...]


class MatFile(Protocol):
    """A file and its variables; values are read when asked for."""

    @property
    def variables(self) -> dict[str, Variable]: ...

    def read(self, name: str) -> Array:
        """The values of a variable as MATLAB has them; cells are arrays of arrays. Raises Broken."""
        ...


def open_mat(path: Path) -> MatFile:
    """The file by its own form, 5 to 7.2 or 7.3. Raises Broken with the reason."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise Broken(f"it is larger than {LARGEST >> 30} GiB")
        with path.open("rb") as file:
            start = file.read(1024)
        if start[:8] == _HDF5 or start[512:520] == _HDF5:
            return _Hdf5(path)
        if len(start) < _HEADER or start[126:128] not in (b"IM", b"MI"):
            raise Broken("the file is empty" if not start else "it is no MATLAB file (of version 5 or later)")
        return Version5(path.read_bytes())
    except DAMAGE as error:
        raise Broken(f"it cannot be read ({short(error)})") from error


def texts(cells: Iterable[Any]) -> list[str]:
    """The text of each cell, "" for one that has none."""
    return [_text(item) for item in cells]


def _text(item: Any) -> str:
    is_text = isinstance(item, np.ndarray) and item.dtype.kind == "U" and item.size
    return str(item.reshape(-1)[0]).strip() if is_text else ""


def numbers(cells: Iterable[Any]) -> npt.NDArray[np.float64]:
    """The number of each cell, NaN for one that is none."""
    return np.array([_number(item) for item in cells], np.float64)


def _number(item: Any) -> float:
    is_number = isinstance(item, np.ndarray) and item.dtype.kind in "fiub" and item.size
    return float(item.reshape(-1)[0]) if is_number else np.nan


# Version 5 to 7.2


class Version5:
    """A file of versions 5 to 7.2. order: of its bytes, as `struct` writes it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.order = "<" if data[126:128] == b"IM" else ">"
        self._places: dict[str, tuple[int, int, bool]] = {}
        self.variables: dict[str, Variable] = {}
        for start, size, packed in self._elements():
            head = _unpack(data[start : start + size], 4096) if packed else data[start - 8 : start + 4096]
            name, variable = self._head(head)
            self._places[name] = start, size, packed
            self.variables[name] = variable

    def _elements(self) -> Iterator[tuple[int, int, bool]]:
        """Where each variable stands: first byte, size, whether it is compressed."""
        place = _HEADER
        while place + 8 <= len(self._data):
            kind, size = struct.unpack_from(self.order + "II", self._data, place)
            if kind not in (MATRIX, _COMPRESSED):
                raise Broken("it holds something else than variables")
            if place + 8 + size > len(self._data):
                raise Broken("the file is truncated: it ends before its data do; copy it again")
            yield place + 8, size, kind == _COMPRESSED
            place += 8 + size

    def _head(self, head: bytes) -> tuple[str, Variable]:
        flags, shape, name, _ = read_heading(head, 8, self.order)
        kind = flags & 0xFF
        word = {CELL: "cell", CHAR: "text"}.get(kind, "numbers" if kind in NUMBERS else "other")
        return name, Variable(word, shape)

    def read(self, name: str) -> Array:
        """The values of a variable as MATLAB has them. Raises Broken."""
        try:
            part = self._unpacked(*self._places[name])
            value, end = _Reading(part, self.order).matrix(0, len(part), 0)
        except DAMAGE as error:
            raise Broken(f"{name} is damaged ({short(error)})") from error
        if end != len(part):
            raise Broken(f"{name} does not hold what it says")
        return value

    def parts(self) -> Iterator[bytes]:
        """The bytes of each variable, unpacked, also of those that go by one name."""
        for place in self._elements():
            yield self._unpacked(*place)

    def _unpacked(self, start: int, size: int, packed: bool) -> bytes:
        part = self._data[start - 8 : start + size]
        return _unpack(part[8:], LARGEST) if packed else part


def _unpack(packed: bytes, most: int) -> bytes:
    """The bytes of a compressed variable: its first ones where `most` is small, never more than are allowed."""
    engine = zlib.decompressobj()
    out = engine.decompress(packed, most)
    if most == LARGEST and engine.unconsumed_tail:
        raise Broken(f"a variable is larger than {LARGEST >> 30} GiB")
    return out


def read_tag(data: bytes, place: int, order: str) -> tuple[int, int, int, int]:
    """Kind, first byte, size and end of the element at a place."""
    kind, size = struct.unpack_from(order + "II", data, place)
    if kind >> 16:
        # Up to four bytes stand in the tag itself.
        if kind >> 16 > 4:
            raise Broken("a variable does not hold what it says")
        return kind & 0xFFFF, place + 4, kind >> 16, place + 8
    return kind, place + 8, size, place + 8 + size + (-size % 8 if kind != MATRIX else 0)


def read_heading(data: bytes, place: int, order: str) -> tuple[int, tuple[int, ...], str, int]:
    """Class, shape and name of the matrix whose body begins at a place, and where its values begin."""
    kind, first, size, place = read_tag(data, place, order)
    if kind != 6 or size != 8:
        raise Broken("a variable has no flags")
    flags = struct.unpack_from(order + "I", data, first)[0]
    kind, first, size, place = read_tag(data, place, order)
    if kind != 5 or size % 4 or not 8 <= size <= 32 * 4:
        raise Broken("a variable has no shape")
    shape = struct.unpack_from(f"{order}{size // 4}i", data, first)
    kind, first, size, place = read_tag(data, place, order)
    if kind != 1 or min(shape) < 0:
        raise Broken("a variable has no name or no shape")
    return flags, shape, data[first : first + size].decode("latin-1"), place


@dataclass(frozen=True)
class _Reading:
    """The values of one variable. The common library for this ends the process on some damaged files, so it is ours."""

    data: bytes
    order: str

    def matrix(self, place: int, end: int, depth: int) -> tuple[Array, int]:
        """The matrix at a place and where it ends, which is not after `end`."""
        kind, first, size, after = read_tag(self.data, place, self.order)
        if kind != MATRIX or after > end:
            raise Broken("a variable does not hold what it says")
        if depth > DEPTH:
            raise Broken(f"cells are nested deeper than {DEPTH}")
        if not size:
            return np.zeros((0, 0)), after
        flags, shape, _, place = read_heading(self.data, first, self.order)
        kind = flags & 0xFF
        if kind == CELL:
            return self._cells(shape, place, after, depth), after
        if (kind != CHAR and kind not in NUMBERS) or flags & COMPLEX:
            raise Broken("a variable holds a record, an object or complex numbers, which are not read")
        stored, first, size, place = read_tag(self.data, place, self.order)
        if place != after or stored not in STORED:
            raise Broken("a variable does not hold what it says")
        return (self._text if kind == CHAR else self._numbers)(shape, stored, first, size), after

    def _cells(self, shape: tuple[int, ...], place: int, end: int, depth: int) -> Array:
        count = math.prod(shape)
        if count > min(PARTS, (end - place) // 8):
            raise Broken("a cell does not hold as many parts as it says")
        cells = np.empty(count, object)
        for number in range(count):
            cells[number], place = self.matrix(place, end, depth + 1)
        if place != end:
            raise Broken("a cell does not hold as many parts as it says")
        return cells.reshape(shape, order="F")

    def _numbers(self, shape: tuple[int, ...], stored: int, first: int, size: int) -> Array:
        kind = np.dtype(self.order + STORED[stored])
        if math.prod(shape) * kind.itemsize != size or kind.kind not in "fiu":
            raise Broken("a variable does not hold as many values as it says")
        values = np.frombuffer(self.data, kind, math.prod(shape), first)
        return values.astype(kind.newbyteorder("=")).reshape(shape, order="F")

    def _text(self, shape: tuple[int, ...], stored: int, first: int, size: int) -> Array:
        width = int(STORED[stored][1])
        code = {1: "utf-8", 2: "utf-16", 4: "utf-32"}[width] + ("" if width == 1 else _ENDS[self.order])
        letters = self.data[first : first + size].decode(code, "replace")
        if len(shape) != 2 or (shape[0] > 1 and len(letters) != math.prod(shape)):
            raise Broken("a text does not hold as many letters as it says")
        if shape[0] < 2:
            return np.array([letters] if letters else [], np.str_)
        # Lines stand letter by letter below one another.
        return np.array([letters[line :: shape[0]] for line in range(shape[0])])


# Version 7.3, which is HDF5


class _Hdf5:
    def __init__(self, path: Path) -> None:
        import h5py

        self._path = path
        with h5py.File(path, "r", locking=False) as file:
            names = [name for name in file if isinstance(name, str) and not name.startswith("#")]
            self.variables = {name: _describe(file, name) for name in names}

    def read(self, name: str) -> Array:
        import h5py

        try:
            with h5py.File(self._path, "r", locking=False) as file:
                found = _dataset(file, name)
                if not h5py.check_ref_dtype(found.dtype):
                    return _values(found)
                cells = np.empty(found.shape, object)
                if cells.size > PARTS:
                    raise Broken(f"{name} has more than {PARTS} parts")
                size = 0
                for place, reference in np.ndenumerate(found[()]):
                    part = _sound(file[reference], name) if reference else None
                    cells[place] = _values(part) if part is not None else np.zeros((0, 0))
                    # One part may stand in many cells.
                    size += cells[place].nbytes
                    if size > LARGEST:
                        raise Broken(f"{name} claims more values than can be right")
                return cells.T
        except DAMAGE as error:
            raise Broken(f"{name} is damaged ({short(error)})") from error


def _describe(file: Any, name: str) -> Variable:
    import h5py

    link = file.get(name, getlink=True)
    found = file[name] if isinstance(link, h5py.HardLink) else None
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        return Variable("other", ())
    if h5py.check_ref_dtype(found.dtype):
        kind = "cell"
    else:
        kind = "text" if _is_text(found) else "numbers" if found.dtype.kind in "fiub" else "other"
    return Variable(kind, tuple(found.shape[::-1]))


def _dataset(file: Any, name: str) -> Any:
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise Broken(f"{name} is a link, which is not followed")
    return _sound(file[name], name)


def _sound(found: Any, name: str) -> Any:
    """A data set whose values stand in the file itself and are not too many."""
    import h5py

    if not isinstance(found, h5py.Dataset) or found.shape is None or found.external or found.is_virtual:
        raise Broken(f"{name} holds no values of its own")
    if found.size * found.dtype.itemsize > LARGEST:
        raise Broken(f"{name} claims more values than can be right")
    return found


def _is_text(found: Any) -> bool:
    return bool(found.attrs.get("MATLAB_class") == b"char")


def _values(found: Any) -> Array:
    """Numbers, or a text as an array of one."""
    if found.dtype.kind not in "fiub":
        raise Broken(f"{found.name} holds neither numbers nor text")
    values: Array = np.asarray(found[()]).T
    if _is_text(found):
        return np.array(["".join(chr(int(code)) for code in values.reshape(-1))])
    return values
