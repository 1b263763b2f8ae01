"""The files of an import: found below where a person pointed, by what they may be, with names that stay inside it."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from models.domain import Noted
from models.domains.voice import audio, sidecar
from models.domains.voice.images import SUFFIXES as PICTURES
from models.domains.voice.mark_forms import form_of
from models.domains.voice.places import AUDIO, IMAGE
from models.errors import UserError
from models.findings import left_out
from models.natural import natural

TABLE = "table"
#: Files of regions in recordings, and the one beside them that holds what they have no place for.
MARKS, SIDECAR = "marks", "sidecar"
#: What a file may be, by the end of its name.
_KINDS = {
    ".csv": TABLE, ".tsv": TABLE, ".csv.gz": TABLE, ".data": TABLE, ".txt": TABLE, ".textgrid": MARKS,
    **dict.fromkeys(PICTURES, IMAGE), **dict.fromkeys(audio.SUFFIXES, AUDIO),
}  # fmt: skip
#: Ends of names of text that may be a table or a file of regions.
_TEXTS = (".txt", ".tsv")


@dataclass
class Files:
    """The files at or below one place, by what they may be, in natural order. named: a person pointed at one file."""

    top: Path
    files: dict[str, list[Path]] = field(default_factory=dict)
    named: bool = False

    def of(self, kind: str) -> list[Path]:
        """The files of a kind."""
        return self.files.get(kind, [])

    def name_of(self, folder: Path) -> str:
        """What a folder or file below the place is called: portable, the same for every curator."""
        return folder.name if folder == self.top else folder.relative_to(self.top).as_posix()

    @cached_property
    def index(self) -> Index:
        """The sound and the images by every way in which a table may name them."""
        return Index(self.top, [*self.of(AUDIO), *self.of(IMAGE)])


class Index:
    """Files by their path from the top, whatever its capitals, by name and by stem."""

    def __init__(self, top: Path, files: list[Path]) -> None:
        self.top = top
        self.paths = {file.relative_to(top).as_posix().casefold(): file for file in files}
        self.names: dict[str, list[Path]] = {}
        for file in files:
            for name in {file.name.casefold(), file.stem.casefold()}:
                self.names.setdefault(name, []).append(file)

    def find(self, told: str, home: Path) -> list[Path]:
        """The files that a name in a table at `home` may mean: one where it is clear, none, or several of one name."""
        parts = clean(told)
        if not parts:
            return []
        above = home.relative_to(self.top).parts if home != self.top else ()
        for start in range(len(parts)):
            for before in (above, ()) if above else ((),):
                found = self.paths.get("/".join((*before, *parts[start:])).casefold())
                if found is not None:
                    return [found]
        named = self.names.get(parts[-1].casefold(), [])
        return named if len(parts) == 1 else [file for file in named if self._ends(file, parts)]

    def _ends(self, file: Path, parts: tuple[str, ...]) -> bool:
        """Whether the path of a file ends with all these parts: a table may lie beside the folder that it starts at."""
        told = PurePosixPath(*parts).as_posix().casefold()
        return f"/{file.relative_to(self.top).as_posix()}".casefold().endswith(f"/{told}")


def clean(told: str) -> tuple[str, ...]:
    """The parts of a path that a table tells; () for one that leaves its folder or is none."""
    words = told.strip().replace("\\", "/").lstrip("/")
    parts = tuple(part for part in PurePosixPath(words).parts if part != ".")
    if not parts or ".." in parts or any(ord(letter) < 32 for letter in words) or len(words) > 4096:
        return ()
    return parts[1:] if parts[0].endswith(":") else parts


def find_files(place: Path, told: Path) -> tuple[Files, list[Noted]]:
    """The files at or below a place. Raises UserError for one that is missing or may not be listed."""
    if os.path.isdir(place):
        return _walk(place)
    if not os.path.lexists(place):
        raise UserError(f"{told} does not exist: name a recording, a table, or a folder of them")
    kind = kind_at(place)
    if kind == TABLE:
        # The recordings that it tells of lie beside it.
        found, notes = _walk(place.parent)
        found.files[TABLE] = [place]
        found.named = True
        return found, [note for note in notes if "may not be read" in note.text]
    return Files(place.parent, {kind: [place]}, True), []


def kind_at(path: Path) -> str:
    """What a file may be by its name, and where that says text by how it begins."""
    if path.name == sidecar.NAME:
        return SIDECAR
    kind = kind_of(path.name)
    return MARKS if kind == TABLE and path.suffix.lower() in _TEXTS and _is_marks(path) else kind


def _is_marks(path: Path) -> bool:
    """Whether a text is a file of regions; an empty one is beside the sidecar: a label track without labels is so."""
    if form_of(path) is not None:
        return True
    return (path.parent / sidecar.NAME).is_file() and path.stat().st_size == 0


def kind_of(name: str) -> str:
    """What a file may be by its name, "" for nothing that is read here."""
    lower = name.lower()
    return next((kind for end, kind in _KINDS.items() if lower.endswith(end)), "")


def _walk(top: Path) -> tuple[Files, list[Noted]]:
    files, notes, others = Files(top), [], defaultdict[str, list[str]](list)

    def refused(error: OSError) -> None:
        if str(error.filename) == str(top):
            raise UserError(f"{top} can't be listed: {error.strerror}. Ask for the right to read it.")
        notes.append(Noted(os.path.relpath(str(error.filename), top), "", "this folder may not be read"))

    for folder, folders, names in os.walk(top, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted((name for name in names if not name.startswith(".")), key=natural):
            kind = kind_at(Path(folder) / name)
            if kind and any("\ud800" <= letter <= "\udfff" for letter in name + folder):
                notes.append(Noted(top.name, ascii(name), "its name is not readable text: rename it to import it"))
            elif kind:
                files.files.setdefault(kind, []).append(Path(folder) / name)
            else:
                told = os.path.relpath(os.path.join(folder, name), top)
                others[PurePosixPath(name).suffix.lower() or "no suffix"].append(told)
    return files, [*notes, *left_out(top.name, others)]
