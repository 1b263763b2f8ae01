"""Files and folders that appear whole or not at all.

Each is written under a hidden name beside its place, which tells who writes there, and then takes its
place by a rename. What a process that was killed left behind is cleared by the next one that writes there.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import re
import secrets
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from models.errors import UserError
from models.store.database import translated

#: Hidden names: being written, and a folder on its way out where two can't be exchanged in one step.
_NEW, _OLD = "partial", "old"
_EXCHANGE, _HERE = 2, -100
#: Bytes of a name that leave room for the host, the process and the rest of a hidden name.
_LONG = 150


@contextlib.contextmanager
def whole(path: Path, sync: bool = True) -> Iterator[Path]:
    """A hidden place beside `path` to make a file or a folder at; at the end it takes the place of `path`.

    A folder that stands there already keeps the files that the new one has no others for. Anything
    raised inside, a full disk or a read-only folder (UserError) leaves what was there. sync: flush to
    the disk before the rename (not needed for a cache).
    """
    path = Path(os.path.realpath(path))
    filed = path.is_file()
    with translated(path):
        if path.is_dir() and _stands_in(path):
            raise UserError(f"{path} is the folder you are in; it can't be replaced. Choose one inside it.")
        clear_left(path)
        place = _beside(path)
        try:
            yield place
            if sync:
                _flush_all(place)
            if place.is_dir():
                if filed:
                    raise UserError(f"{path} is a file; a folder can't take its place. Give the name of a folder.")
                _settle_folder(place, path)
            elif place.exists():
                _settle_file(place, path)
            if sync:
                sync_folder(path.parent)
        except UserError as error:
            # A person is told of the place that was asked for.
            raise UserError(str(error).replace(str(place), str(path))) from None
        finally:
            _remove(place)


def begin_folder(path: Path, fill: Callable[[Path], object]) -> bool:
    """A folder that appears with what `fill` writes into the place it is given; False where one with files stands.

    Of several processes one alone gets it, and nobody ever sees it empty. Raises UserError as `whole` does.
    """
    with translated(path):
        clear_left(path)
        place = _beside(path)
        place.mkdir()
        try:
            fill(place)
            os.rename(place, path)
        except OSError:
            if path.exists():
                return False
            raise
        finally:
            _remove(place)
    return True


@contextlib.contextmanager
def own_folder(path: Path) -> Iterator[Path]:
    """A new folder beside `path` that this block alone knows; it goes with the block, as do those of killed processes.

    For work that two processes may be at with one name. Raises UserError as `whole` does.
    """
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_left(path)
        place = _beside(path)
        place.mkdir()
    try:
        yield place
    finally:
        _remove(place)


def _beside(path: Path) -> Path:
    return path.with_name(f".{_told(path.name)}.{_me()}-{secrets.token_hex(4)}.{_NEW}")


def write_whole(path: Path, writer: Callable[[BinaryIO], object], sync: bool = True) -> None:
    """Write a file whole. writer: is given the open binary file. Errors and sync as of `whole`."""
    with whole(path, sync) as place, place.open("xb") as file:
        writer(file)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole."""
    write_whole(path, lambda file: file.write(text.encode("utf-8")))


def plain(path: Path) -> Path:
    """The path of a file that may be opened. Raises OSError for a pipe or a device, which would be waited for."""
    if not path.is_file() and path.exists():
        raise OSError(errno.EINVAL, "this is no file", str(path))
    return path


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file, on the disk when it returns; where that can't be done all is as it was before."""
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), before)
            raise


def sync_file(path: Path) -> None:
    """Flush a file to the disk."""
    _flush(path)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk, where the system knows how."""
    with contextlib.suppress(OSError):
        _flush(path, os.O_RDONLY)


def _flush(path: Path, mode: int = os.O_RDWR) -> None:
    handle = os.open(path, mode)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_all(place: Path) -> None:
    """Flush a file, or the files of a folder; a full disk may tell only now."""
    for file in place.rglob("*") if place.is_dir() else [place]:
        if file.is_file():
            _flush(file)


def _settle_file(new: Path, path: Path) -> None:
    if path.is_dir():
        raise UserError(f"{path} is a folder; a file can't take its place. Give the name of a file.")
    os.replace(new, path)


def _settle_folder(new: Path, path: Path) -> None:
    """Put a finished folder in the place of what stands there, if anything."""
    if path.is_dir():
        _keep_others(path, new)
    if not path.exists():
        os.rename(new, path)
        return
    old = new
    if not _exchange(new, path):
        old = new.with_suffix(f".{_OLD}")
        os.rename(path, old)
        os.rename(new, path)
    if old.is_dir():
        # What others wrote there meanwhile.
        _keep_others(old, path)
    _remove(old)


def _stands_in(folder: Path) -> bool:
    """Whether this process, or the shell that started it, would be left in a folder that is gone."""
    with contextlib.suppress(OSError):
        return Path(os.path.realpath(os.getcwd())).is_relative_to(folder)
    return False


def _keep_others(old: Path, new: Path) -> None:
    """Files of the old folder under their names in the new one, but for those that it has itself."""
    for entry in list(os.scandir(old)):
        other = new / entry.name
        if entry.is_dir(follow_symlinks=False):
            if os.path.ismount(entry.path):
                raise UserError(f"{entry.path} is another disk; its folder can't be replaced. Choose another place.")
            if not other.is_dir():
                if other.exists():
                    continue
                other.mkdir()
            _keep_others(Path(entry.path), other)
        elif not os.path.lexists(other):
            _link(Path(entry.path), other)
    shutil.copystat(old, new)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(old, new, follow_symlinks=False)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system can (Linux)."""
    if sys.platform != "linux":
        return False
    call = getattr(ctypes.CDLL(None), "renameat2", None)
    return call is not None and call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


def clear_left(path: Path) -> None:
    """Take away what dead processes left of this place; a folder that one of them had moved aside comes back."""
    mine = re.compile(rf"\.{re.escape(_told(path.name))}\.{re.escape(_host())}-(\d+)-[0-9a-f]+\.({_NEW}|{_OLD})")
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(path.parent):
            found = mine.fullmatch(name)
            if found and not _alive(int(found[1])):
                place = path.with_name(name)
                if found[2] == _OLD and not path.exists():
                    os.rename(place, path)
                else:
                    _remove(place)


def _alive(process: int) -> bool:
    import psutil

    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _told(name: str) -> str:
    """The name within a hidden one: of a long name its hash, for a disk takes 255 bytes at most."""
    data = os.fsencode(name)
    return name if len(data) <= _LONG else hashlib.sha256(data).hexdigest()[:32]


def _host() -> str:
    return socket.gethostname()


def _me() -> str:
    return f"{_host()}-{os.getpid()}"


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)
