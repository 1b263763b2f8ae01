"""A zip archive unpacked as if it meant harm: nothing leaves the folder, nothing grows without limit."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Generator
from pathlib import Path, PurePosixPath

from models.errors import UserError
from models.job import Progress

#: No archive holds more files, or more bytes of them.
MOST_FILES, MOST_BYTES = 200_000, 100 << 30
#: What computers leave behind in archives.
_LEFTOVERS = (".ds_store", "thumbs.db", "desktop.ini")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError)


def unpack(archive: Path, folder: Path, most: int = MOST_BYTES) -> Generator[Progress, None, int]:
    """Unpack into an empty folder and compare each file with its own checksum; how many there are.

    UserError for an archive that is damaged or whose names leave the folder; what was unpacked then is no use.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [(entry, _place(entry)) for entry in opened.infolist() if not _is_left_over(entry)]
            _check(entries, most)
            for number, (entry, place) in enumerate(entries):
                if number % 200 == 0:
                    yield Progress(number, len(entries), f"Unpacking {place}")
                target = folder.joinpath(*place.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                # Each block is checked, and at the end the sum: what is too long is seen before it is written.
                with opened.open(entry) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, 1 << 20)
    except _BROKEN as error:
        raise UserError(f"the archive is damaged ({error}). Nothing of it was kept; fetch it anew.") from error
    return len(entries)


def _is_left_over(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    return entry.is_dir() or not parts or parts[0] == "__MACOSX" or parts[-1].lower() in _LEFTOVERS


def _place(entry: zipfile.ZipInfo) -> PurePosixPath:
    """Where an entry belongs below the folder. UserError for a name that leads out of it."""
    name = entry.orig_filename
    place = PurePosixPath(name)
    odd = "\\" in name or "\0" in name or any(":" in part for part in place.parts)
    if odd or place.is_absolute() or ".." in place.parts:
        raise UserError(f"the archive holds {name!r}, which leaves its folder. Nothing of it was kept.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UserError(f"the archive holds {name!r}, a link. Nothing of it was kept.")
    return place


def _check(entries: list[tuple[zipfile.ZipInfo, PurePosixPath]], most: int) -> None:
    """UserError for more than any data set has, or for two files of one name."""
    total = sum(entry.file_size for entry, _ in entries)
    if len(entries) > MOST_FILES or total > most:
        raise UserError(f"the archive claims {len(entries):,} files of {total:,} bytes. Nothing of it was kept.")
    names = {str(place).casefold() for _, place in entries}
    if len(names) < len(entries):
        raise UserError("the archive holds two files of one name. Nothing of it was kept.")
