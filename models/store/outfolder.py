"""Folders that go out whole: names that every disk takes, and no file of another export left among what is written."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from models.errors import UserError
from models.store.atomic import whole

#: Names that Windows has taken.
_TAKEN = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


@contextlib.contextmanager
def folder(path: Path) -> Iterator[Path]:
    """A folder that becomes `path` when it is whole. UserError where files of another export would stay in it."""
    with whole(path) as beside:
        beside.mkdir()
        yield beside
        if path.is_dir():
            _spare(path, beside)


def _spare(path: Path, beside: Path) -> None:
    for file in sorted(path.rglob("*")):
        place = file.relative_to(path)
        if file.is_file() and not (beside / place).exists():
            raise UserError(
                f"{path} holds {place.as_posix()}, which would be read along with what is written. "
                "Choose another place, or take the old files away."
            )


def folder_names(classes: Sequence[str], barred: Callable[[str], bool] = lambda name: False) -> dict[str, str]:
    """For each class a name of a folder that every disk takes; no two are one, whatever their capitals.

    barred: names that would say nothing of a class when they are read. Raises UserError for a class of several lines.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for one in classes:
        if "\n" in one or "\r" in one or "\t" in one:
            raise UserError(f"the class {one!r} holds a line end or a tab. Rename it first.")
        plain = re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", one).strip(" .")[:60] or "class"
        if plain.casefold() in _TAKEN or barred(plain) or plain.startswith("."):
            plain = f"class called {plain}"
        name, number = plain, 2
        while name.casefold() in taken:
            name, number = f"{plain} {number}", number + 1
        taken.add(name.casefold())
        names[one] = name
    return names


def flat_names(paths: Sequence[Path]) -> list[str]:
    """A file name for each file that differs from all others' also without its suffix and by capitals.

    Where two have one name, their folders come before it, and a number where that does not help.
    """
    taken: set[str] = set()
    names = []
    for path in paths:
        stem, suffix = path.stem, path.suffix
        # A hidden file is not read, and what a spreadsheet would run is not written.
        stem = f"_{stem}" if stem[:1] in "=+-@'." else stem
        folders = list(path.parts[1:-1])
        chosen = stem
        number = 2
        while chosen.casefold() in taken:
            if folders and len(os.fsencode(chosen)) < 150:
                chosen = f"{folders.pop()}_{chosen}"
            else:
                chosen, number = f"{stem}_{number}", number + 1
        taken.add(chosen.casefold())
        names.append(f"{chosen}{suffix}")
    return names
