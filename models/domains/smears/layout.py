"""Where images lie: the names that files of boxes give, made safe, and found in the folders that people use."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path, PurePosixPath

from models.domains.smears.images import SUFFIXES
from models.errors import UserError

#: Folders beside or above a file of boxes in which the images are looked for.
_FOLDERS = ("", "images", "JPEGImages", "Images", "imgs", "img", "image", "data", "train", "val", "valid", "test")
_ABOVE = ("JPEGImages", "images", "Images", "imgs", "img", "")
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.I)
#: No disk has a longer name of a file, in bytes.
_LONGEST = 255
_DRIVE = re.compile(r"^[A-Za-z]:")


class LeavesFolder(Exception):
    """A name that points out of the folder it belongs to, or at nothing."""


def clean(told: object) -> str:
    """The relative path that a file tells for an image, with "/". Raises LeavesFolder.

    A leading "/" is the custom of some sets and stands for their own folder; paths of another computer lose their
    drive.
    """
    if not isinstance(told, str):
        raise LeavesFolder(f"{told!r} is no name of an image")
    words = _DRIVE.sub("", _URL.sub("", told.strip()).partition("?")[0]).replace("\\", "/").lstrip("/")
    parts = PurePosixPath(words).parts
    kept: list[str] = []
    for part in parts:
        if part == "..":
            if not kept:
                raise LeavesFolder(f"{told!r} leaves the folder of the data: it is not followed")
            kept.pop()
        else:
            kept.append(part)
    if any(len(os.fsencode(part)) > _LONGEST for part in kept):
        raise LeavesFolder(f"{told[:60]!r}… is longer than the name of any file")
    if not kept or any(ord(letter) < 32 for letter in words):
        raise LeavesFolder(f"{told!r} is no name of an image")
    return "/".join(kept)


class Layout:
    """The images of one source: its folder, and where else they may be. elsewhere: a folder that a person named."""

    def __init__(self, folder: Path, elsewhere: str = "") -> None:
        self.folder = folder
        self.elsewhere = elsewhere
        self.names: dict[Path, dict[str, str]] = {}

    @cached_property
    def folders(self) -> list[Path]:
        """Where images are looked for, the likeliest first."""
        found = [self.folder / name for name in _FOLDERS] + [self.folder.parent / name for name in _ABOVE]
        if self.elsewhere:
            place = Path(self.elsewhere).expanduser()
            place = place if place.is_absolute() else self.folder / place
            place = place if place.is_dir() else Path(os.path.abspath(self.elsewhere))
            if not place.is_dir():
                raise UserError(f"images is {self.elsewhere!r}, which is no folder: give the folder of the images")
            found = [place, *(entry for entry in sorted(place.iterdir()) if entry.is_dir()), *found]
        return [folder for folder in dict.fromkeys(found) if folder.is_dir()]

    def find(self, name: str) -> Path | None:
        """The image of a cleaned name: under the whole of it, or less and less of its folders; None for none.

        A folder of it that is there is not left out: an image of the same name elsewhere is another one, unless a
        person said where the images are.
        """
        parts = name.split("/")
        for start in range(len(parts)):
            known = start and not self.elsewhere
            if known and any((folder / parts[start - 1]).is_dir() for folder in self.folders):
                return None
            for folder in self.folders:
                place = folder.joinpath(*parts[start:-1])
                found = self._inside(place, parts[-1])
                if found is not None:
                    return found
        return None

    def _inside(self, folder: Path, name: str) -> Path | None:
        """The file of this name in a folder; one of another suffix, or of other capitals in it, is the same image."""
        listed = self._names(folder)
        if name in listed:
            return folder / name
        stem, dot, suffix = name.rpartition(".")
        known = f".{suffix.lower()}" in SUFFIXES if dot else False
        other = listed.get((stem if known else name) + "\0")
        return folder / other if other else None

    def _names(self, folder: Path) -> dict[str, str]:
        """Files of a folder by name, and images by stem (with a sign that no name has)."""
        if folder not in self.names:
            try:
                files = sorted(os.listdir(folder))
            except OSError:
                files = []
            images = [name for name in files if name.lower().endswith(SUFFIXES)]
            by_stem = {f"{name.rpartition('.')[0]}\0": name for name in images}
            self.names[folder] = {**{name: name for name in images}, **by_stem}
        return self.names[folder]

    def relative(self, path: Path) -> str:
        """How a sample keeps the place of its image: from the folder of its source on."""
        try:
            return Path(os.path.relpath(path, self.folder)).as_posix()
        except ValueError:
            # On another drive there is no way between the two.
            raise UserError(f"{path} is on another drive than {self.folder}. Bring both to one.") from None
