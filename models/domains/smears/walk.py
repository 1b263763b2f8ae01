"""The files of an import: found recursively, sorted by what they may be, named relative to where the person pointed."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from models.domain import Noted
from models.domains.smears import yolo
from models.domains.smears.images import SUFFIXES
from models.errors import UserError
from models.natural import natural


@dataclass(frozen=True)
class Listed:
    """A file to read: its path, its portable name, whether a person pointed at it."""

    path: Path
    name: str
    named: bool = False


@dataclass
class Files:
    """The files below one place that a person pointed at, by what they may be."""

    top: Path
    files: dict[str, list[Listed]] = field(default_factory=dict)
    named: bool = False

    def of(self, *kinds: str) -> list[Listed]:
        """The files of some kinds, in natural order."""
        return sorted((item for kind in kinds for item in self.files.get(kind, [])), key=lambda one: natural(one.name))


#: What a file may be, by the end of its name.
_KINDS = {
    ".json": "json", ".json.gz": "json", ".geojson": "json", ".xml": "xml", ".csv": "table", ".tsv": "table",
    ".csv.gz": "table", ".txt": "text", ".yaml": "yaml", ".yml": "yaml", ".properties": "properties",
    ".names": "names", **dict.fromkeys(SUFFIXES, "image"),
}  # fmt: skip


def find_files(place: Path, told: Path) -> tuple[Files, list[Noted]]:
    """The files at or below a place. Raises UserError for one that is missing or may not be listed."""
    if place.is_file():
        if not (_kind(place.name) in ("yaml", "names") or yolo.is_names_file(place)):
            return Files(place.parent, {_kind(place.name): [Listed(place, place.name, True)]}, True), []
        # Who points at the names of the classes means the set.
        place = place.parent
    if not place.is_dir():
        raise UserError(f"{told} does not exist: name a file of boxes, an image, or a folder of them")
    return _walk(place)


def _walk(top: Path) -> tuple[Files, list[Noted]]:
    files, notes = Files(top), []

    def refused(error: OSError) -> None:
        if str(error.filename) == str(top):
            raise UserError(f"{top} can't be listed: {error.strerror}. Ask for the right to read it.")
        notes.append(Noted(os.path.relpath(str(error.filename), top), "", "this folder may not be read"))

    others: Counter[str] = Counter()
    for folder, folders, names in os.walk(top, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(folder) / name for name in sorted(names) if not name.startswith(".")):
            kind = _kind(path.name)
            if kind and not _is_text(str(path)):
                notes.append(Noted(top.name, ascii(path.name), "its name is not readable text: rename it to import it"))
            elif kind:
                files.files.setdefault(kind, []).append(Listed(path, path.relative_to(top).as_posix()))
            else:
                others[path.suffix.lower() or "no suffix"] += 1
    for suffix, count in sorted(others.items()):
        notes.append(Noted(top.name, "", f"{count} file{'s' * (count != 1)} of another kind left out ({suffix})"))
    return files, notes


def _is_text(name: str) -> bool:
    """Whether a name can be written down: those of other computers' alphabets may be mere bytes."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _kind(name: str) -> str:
    lower = name.lower()
    return next((kind for end, kind in _KINDS.items() if lower.endswith(end)), "")
