"""Small pictures of samples as one pack of JPEGs, so that a screen of them needs no source.

A pack is a folder of parts, each written whole: JPEGs one after another, and beside them what tells each sample
from every other one, where it starts and how long it is. Who stops loses the chunk that was being made.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import mmap
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.kept import Marks
from models.store.atomic import write_whole

Index = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
#: Quality of the JPEGs.
QUALITY = 88
ENTRY = np.dtype([("mark", "<u8"), ("start", "<i8"), ("size", "<i8")])


@dataclass
class Pack:
    """The parts of a folder, mapped into memory; the entries of all of them in the order of their marks."""

    folder: Path
    entries: npt.NDArray[np.void] = field(default_factory=lambda: np.zeros(0, ENTRY))
    owners: Index = field(default_factory=lambda: np.zeros(0, np.int64))
    names: list[str] = field(default_factory=list)
    maps: list[mmap.mmap | None] = field(default_factory=list)
    stamp: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def renew(self) -> None:
        """Take in what was added since; a part that is broken (a cache may be) counts as empty."""
        with self.lock:
            stamp = _stamp(self.folder)
            if stamp == self.stamp:
                return
            found, owners = [self.entries], [self.owners]
            for path in sorted(self.folder.glob("*.npy")):
                if path.stem not in self.names:
                    entries, mapped = _open(path)
                    owners.append(np.full(len(entries), len(self.names), np.int64))
                    found.append(entries)
                    self.names.append(path.stem)
                    self.maps.append(mapped)
            joined, held = np.concatenate(found), np.concatenate(owners)
            order = np.argsort(joined["mark"], kind="stable")
            self.entries, self.owners, self.stamp = joined[order], held[order], stamp

    def find(self, asked: Marks) -> Index:
        """The place of each mark among the entries, −1 where there is none."""
        known = self.entries["mark"]
        if not len(known):
            return np.full(len(asked), -1, np.int64)
        place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.where(known[place] == asked, place, -1).astype(np.int64)

    def picture(self, place: int, side: int) -> Pixels | None:
        """One of them, (side, side, 3); None where its bytes are damaged."""
        from PIL import Image

        _, start, size = self.entries[place].item()
        mapped = self.maps[self.owners[place]]
        if mapped is None:
            return None
        with (
            contextlib.suppress(OSError, ValueError, SyntaxError),
            Image.open(io.BytesIO(mapped[start : start + size])) as image,
        ):
            # The decoder itself halves: a point of a map is an eighth.
            image.draft("RGB", (side, side))
            shown = image if image.mode == "RGB" else image.convert("RGB")
            if shown.size != (side, side):
                shown = shown.resize((side, side), Image.Resampling.BILINEAR)
            return np.asarray(shown)
        return None


def _stamp(folder: Path) -> int:
    """When something was last added to a folder or taken out of it; 0 where there is none."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def _open(path: Path) -> tuple[npt.NDArray[np.void], mmap.mmap | None]:
    """The entries of a part and its pictures; none of one that is broken or of another form."""
    nothing = np.zeros(0, ENTRY)
    try:
        entries = np.load(path, allow_pickle=False)
        with path.with_suffix(".jpk").open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError, EOFError):
        return nothing, None
    if entries.dtype != ENTRY or entries.ndim != 1:
        return nothing, None
    inside = (entries["start"] >= 0) & (entries["size"] > 0) & (entries["start"] + entries["size"] <= len(mapped))
    return entries[inside], mapped


_PACKS: dict[Path, Pack] = {}
_OPENING = threading.Lock()


def open_pack(folder: Path) -> Pack:
    """The pack of a folder, as it is now."""
    with _OPENING:
        if folder not in _PACKS:
            # One project is looked at in a window; the maps of the others would only keep their files open.
            _PACKS.clear()
            _PACKS[folder] = Pack(folder)
        found = _PACKS[folder]
    found.renew()
    return found


def encode(pictures: Pixels) -> list[bytes]:
    """Pictures (n, side, side, 3) as JPEGs."""
    from PIL import Image

    def written(cell: Pixels) -> bytes:
        target = io.BytesIO()
        Image.fromarray(cell).save(target, "JPEG", quality=QUALITY)
        return target.getvalue()

    return [written(one) for one in pictures]


def write_part(folder: Path, marked: list[Marks], pictures: list[bytes]) -> int:
    """Write one part: the pictures first, so that entries never tell of what is not there."""
    if not pictures:
        return 0
    entries = np.zeros(len(pictures), ENTRY)
    entries["mark"] = np.concatenate(marked)[: len(pictures)]
    entries["size"] = [len(one) for one in pictures]
    entries["start"] = np.cumsum(entries["size"]) - entries["size"]
    name = hashlib.blake2b(entries["mark"].tobytes(), digest_size=12).hexdigest()

    def write_entries(target: BinaryIO) -> None:
        np.save(target, entries)

    try:
        write_whole(folder / f"{name}.jpk", lambda target: target.writelines(pictures), sync=False)
        write_whole(folder / f"{name}.npy", write_entries, sync=False)
    except OSError as error:
        raise UserError(f"{folder}: small pictures cannot be kept ({error.strerror}). Free some space there.") from None
    return len(entries)


def prune(known: Pack, asked: Marks) -> Pack:
    """Take away the parts whose samples are mostly gone; the pack that is left."""
    wanted = np.isin(known.entries["mark"], asked)
    gone = False
    for number, name in enumerate(known.names):
        mine = known.owners == number
        if wanted[mine].sum() * 2 < max(mine.sum(), 1):
            gone = True
            for suffix in (".npy", ".jpk"):
                with contextlib.suppress(OSError):
                    (known.folder / f"{name}{suffix}").unlink()
    if not gone:
        return known
    with _OPENING:
        _PACKS.pop(known.folder, None)
    return open_pack(known.folder)
