"""HDF5 files from outside, opened with care: no links that leave the file, sizes checked before reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.traces import heap
from models.errors import UserError

#: No one read takes more than this many values (256 million, 2 GiB as float64).
MOST = 1 << 28
#: Values of a single trace that are read whole for a viewer; longer ones are read piece by piece.
WHOLE = 1 << 22
#: What the HDF5 library raises on damaged data (TypeError: a type it does not know), beside our own `Broken`.
DAMAGE = (OSError, RuntimeError, KeyError, ValueError, TypeError)
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
Array = npt.NDArray[Any]


class Broken(Exception):
    """What is wrong with a file or a part of it, in words for a person."""


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file, open for reading. Raises Broken with the reason when it is no readable HDF5."""
    import h5py

    reason = unreadable(path)
    if reason:
        raise Broken(reason)
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        words = str(error)
        if "truncated" in words:
            raise Broken("the file is truncated: it ends before its data do; copy it again") from error
        raise Broken(f"the file cannot be read as HDF5 ({short(words)})") from error
    with file:
        yield file


def unreadable(path: Path) -> str:
    """Why the file cannot be HDF5, or "" when its first bytes look right."""
    try:
        if path.stat().st_size == 0:
            return "the file is empty"
        with path.open("rb") as stream:
            start = stream.read(4096)
            if _SIGNATURE in start or _late_signature(stream, path.stat().st_size):
                return ""
    except OSError as error:
        return f"the file cannot be read ({error.strerror or error})"
    kind = "a text file" if b"\0" not in start and _is_text(start) else "another kind of file"
    return f"the file is not HDF5: it is {kind}"


def _late_signature(stream: Any, size: int) -> bool:
    # HDF5 allows a user block of 512 · 2ⁿ bytes in front (MATLAB 7.3 files have one).
    place = 4096
    while place + 8 <= min(size, 1 << 20):
        stream.seek(place)
        if stream.read(8) == _SIGNATURE:
            return True
        place *= 2
    return False


def _is_text(start: bytes) -> bool:
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4
    return True


def short(words: str, most: int = 120) -> str:
    """The first line of a library's message, not too long."""
    line = words.strip().splitlines()[0] if words.strip() else "no reason given"
    return line if len(line) <= most else line[: most - 1] + "…"


def member(group: Any, name: str) -> Any:
    """The object of this path, or None; raises Broken for a link that leaves the file."""
    import h5py

    here = group
    for part in name.strip("/").split("/"):
        if not isinstance(here, h5py.Group):
            return None
        link = here.get(part, getlink=True)
        if link is None:
            return None
        if isinstance(link, h5py.ExternalLink):
            raise Broken(f"{name} is a link to another file, which is not followed")
        try:
            here = here.get(part)
        except (OSError, RuntimeError, KeyError) as error:
            raise Broken(f"{name} cannot be read ({short(str(error))})") from error
        if here is None:
            raise Broken(f"{name} is a link that leads nowhere")
    return here


def dataset(group: Any, name: str) -> Any:
    """The data set of this path, or None where there is none. Raises Broken for an unsafe one."""
    import h5py

    found = member(group, name)
    if not isinstance(found, h5py.Dataset):
        return None
    if found.external or (found.is_virtual and any(item.file_name != "." for item in found.virtual_sources())):
        raise Broken(f"{name} keeps its values in another file, which is not followed")
    return found


def numbers(group: Any, name: str, most: int = MOST) -> Array | None:
    """All values of a numeric data set, or None where there is none.

    Raises Broken when it claims more than `most` values or holds no numbers.
    """
    found = dataset(group, name)
    if found is None:
        return None
    check_numbers(found, name, most)
    return values(found, name)


def check_numbers(found: Any, name: str, most: int = MOST) -> None:
    """Raise Broken unless the data set holds numbers and claims a believable size."""
    if found.shape is None:
        raise Broken(f"{name} is empty")
    if found.dtype.kind not in "fiub":
        raise Broken(f"{name} holds no numbers but {found.dtype}")
    if found.size > most:
        raise Broken(f"{name} claims {found.size:,} values, more than can be right".replace(",", "\u2009"))


def values(found: Any, name: str, selection: Any = ()) -> Array:
    """The selected values; integers become float64. Raises Broken when the file is damaged there."""
    try:
        read = np.asarray(found[selection])
    except (OSError, RuntimeError, ValueError) as error:
        raise Broken(f"{name} cannot be read ({short(str(error))})") from error
    return read if read.dtype in (np.float32, np.float64) else read.astype(np.float64)


def scalar(group: Any, name: str) -> float | None:
    """A data set of one number, or None."""
    try:
        found = numbers(group, name, most=1)
    except Broken:
        return None
    return float(found.reshape(-1)[0]) if found is not None and found.size == 1 else None


def texts(found: Any, count: int = 0) -> list[str]:
    """The values of a text data set as text: bytes, str, MATLAB's character rows or cell arrays.

    count: how many texts are expected, which tells in which direction a table of characters runs.
    """
    import h5py

    if found.size > 10_000_000:
        raise Broken(f"{found.name} claims {found.size} texts")
    if found.dtype.kind == "O" and not (h5py.check_string_dtype(found.dtype) or h5py.check_ref_dtype(found.dtype)):
        raise Broken(f"{found.name} holds no texts")
    if found.dtype.kind == "O" and h5py.check_string_dtype(found.dtype) and not heap.sound(found):
        raise Broken(f"{found.name} is damaged: its texts cannot be read")
    raw = found[()]
    if h5py.check_ref_dtype(found.dtype) is h5py.Reference:
        return [_characters(np.asarray(found.file[item][()]).reshape(-1)) if item else "" for item in raw.reshape(-1)]
    array = np.asarray(raw)
    if array.ndim == 2 and _is_characters(array):
        turned = count and array.shape[0] != count and array.shape[1] == count
        return [_characters(line) for line in (array.T if turned else array)]
    return [text(item) for item in array.reshape(-1)]


def _is_characters(array: Array) -> bool:
    if array.dtype.kind in "SU":
        return array.dtype.itemsize == (1 if array.dtype.kind == "S" else 4) and min(array.shape) >= 1
    return array.dtype.kind in "ui" and min(array.shape) > 1 and bool(((array == 0) | (array >= 32)).all())


def _characters(codes: Array) -> str:
    if codes.dtype.kind in "uif":
        return "".join(chr(int(code)) for code in codes if 0 < code < 0x110000).strip()
    return "".join(text(code) for code in codes.reshape(-1)).strip()


def text(item: Any) -> str:
    """One value of an attribute or data set as text."""
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace").strip("\0 ")
    return str(item).strip("\0 ")


def gone(path: Path) -> UserError:
    """The error for a source that is no longer there, with what to do."""
    return UserError(f"{path} is missing. If it was moved, run: winnow locate PROJECT {path} NEW")


def names(group: Any, name: str) -> list[str]:
    """Names inside a group, or none where it is no group or absent. Raises Broken for an unsafe link."""
    return own_names(member(group, name))


def own_names(group: Any) -> list[str]:
    """Names inside a group; those that are no text (damage) are left out."""
    return [name for name in group if isinstance(name, str)] if hasattr(group, "keys") else []
