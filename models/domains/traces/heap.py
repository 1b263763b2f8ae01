"""The global heap of an HDF5 file, checked before the library follows it.

Texts of variable length lie in heap collections. The library loops for ever, or crashes, on a
collection whose objects are damaged, so its chain of objects is walked first. Layout: the HDF5
file format specification, "Disk Format: Level 1E - Global Heap".
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

#: Bytes of one reference on disk: length, address of 8 bytes, index.
_REFERENCE = struct.Struct("<IQI")
_OBJECT = struct.Struct("<HHIQ")
#: More references than this are not walked.
MOST = 1_000_000


def sound(found: Any) -> bool:
    """Whether the texts of a data set can be read safely, as far as can be told.

    Only data sets in one piece with references of the usual size are checked; others pass.
    """
    offset = found.id.get_offset()
    if offset is None or found.size > MOST or found.id.get_storage_size() != found.size * _REFERENCE.size:
        return True
    path = Path(found.file.filename)
    with path.open("rb") as stream:
        end = path.stat().st_size
        base = int(found.file.userblock_size)
        stream.seek(offset)
        raw = stream.read(found.size * _REFERENCE.size)
        if len(raw) < found.size * _REFERENCE.size:
            return False
        wanted: dict[int, dict[int, int]] = {}
        for length, address, index in _REFERENCE.iter_unpack(raw):
            if length or index:
                wanted.setdefault(address, {})[index] = length
        return all(_walk(stream, base + address, end, lengths) for address, lengths in wanted.items())


def _walk(stream: BinaryIO, address: int, end: int, lengths: dict[int, int]) -> bool:
    """Whether a collection holds the objects of these lengths, one after the other to its end."""
    if address + 16 > end:
        return False
    stream.seek(address)
    sign, version, size = struct.unpack("<4sB3xQ", stream.read(16))
    if sign != b"GCOL" or version != 1 or not 32 <= size <= end - address:
        return False
    body = stream.read(size - 16)
    place = 0
    left = dict(lengths)
    while place + _OBJECT.size <= len(body):
        index, _, _, length = _OBJECT.unpack_from(body, place)
        if index == 0:
            # Free space: its length counts its own header and runs to the end of the collection.
            return not left and place + length == len(body)
        place += _OBJECT.size + (length + 7) // 8 * 8
        if place > len(body) or left.pop(index, length) > length:
            return False
    return not left
