"""The files of an import: found recursively, named relative to where the person pointed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.domain import Noted
from models.domains.traces.names import portable_names
from models.errors import UserError
from models.natural import natural

SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True)
class Listed:
    """One file to read: its absolute path and its portable name."""

    path: Path
    name: str


def find_files(sources: Sequence[Path]) -> tuple[list[Listed], list[Noted]]:
    """All HDF5 files among the sources in natural order, and one note per kind of other files.

    A file that is named itself is read whatever its suffix. Raises UserError for a path that is
    missing or that may not be listed; folders below it that may not are notes.
    """
    pairs: list[tuple[Path, Path]] = []
    notes: list[Noted] = []
    for source in sources:
        place = Path(source).absolute()
        if place.is_dir():
            inside, others, closed = _inside(place)
            pairs += [(place, file) for file in inside]
            notes += _unrelated(place, others)
            notes += [Noted(os.path.relpath(name, place), "", "this folder may not be read") for name in closed]
        elif place.is_file():
            pairs.append((place.parent, place))
        else:
            raise UserError(f"{source} does not exist: name an HDF5 file or a folder of them")
    unique = list({os.path.realpath(file): (root, file) for root, file in reversed(pairs)}.values())[::-1]
    names = portable_names(list(unique))
    listed = [Listed(file, name) for (_, file), name in zip(unique, names, strict=True)]
    return sorted(listed, key=lambda item: natural(item.name)), notes


def _inside(folder: Path) -> tuple[list[Path], list[Path], list[str]]:
    """Files of the domain, other files, and folders that may not be listed."""
    inside: list[Path] = []
    others: list[Path] = []
    closed: list[str] = []

    def refused(error: OSError) -> None:
        closed.append(str(error.filename))
        if closed[-1] == str(folder):
            raise UserError(f"{folder} can't be listed: {error.strerror}. Ask for the right to read it.")

    for place, folders, files in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith("."):
                file = Path(place) / name
                (inside if file.suffix.lower() in SUFFIXES else others).append(file)
    return inside, others, closed


def _unrelated(folder: Path, others: Sequence[Path]) -> list[Noted]:
    kinds = Counter(file.suffix.lower() or "no suffix" for file in others)
    return [
        Noted(
            folder.name,
            "",
            f"{count} {'file' if count == 1 else 'files'} of another kind left out ({kind})",
        )
        for kind, count in sorted(kinds.items())
    ]
