"""YOLO: a text file an image, with the number of a class and the centre and size of each box as shares of the image.

The names of the classes stand in data.yaml, classes.txt or obj.names. Shares are of the image as shown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from models.domains.smears import boxes, images
from models.domains.smears.boxes import BadBox, Box
from models.domains.smears.coco import around
from models.domains.smears.entries import Entry, Mark, mark
from models.domains.smears.images import SUFFIXES, BadImage
from models.domains.smears.layout import Layout
from models.domains.smears.options import part_in

#: No file of labels or names is longer, in bytes.
_LONGEST = 16 << 20
_YAML = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_NAMES = ("classes.txt", "obj.names", "labels.txt", "predefined_classes.txt", "names.txt")


@dataclass
class YoloSet:
    """The labels of one data set: its folder, the files in it, the names of its classes (() for none)."""

    root: Path
    files: list[Path] = field(default_factory=list)
    names: tuple[str, ...] = ()


def is_names_file(path: Path) -> bool:
    """Whether a file names the classes of a set."""
    return path.name.lower() in (*_YAML, *_NAMES)


def is_label_file(path: Path) -> bool:
    """Whether a text file holds boxes of this form: most lines are a whole number and at least four numbers."""
    if path.name.lower() in _NAMES:
        return False
    lines = _lines(path)[:20]
    return bool(lines) and 2 * sum(map(_is_line, lines)) > len(lines)


def _is_line(line: str) -> bool:
    parts = line.split()
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return False
    return len(parts) >= 5 and numbers[0].is_integer() and 0 <= numbers[0] < 10_000


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _LONGEST:
            return []
        return [line for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        return []


def find_sets(top: Path, files: Sequence[Path]) -> list[YoloSet]:
    """The sets that label files belong to: each is the nearest folder that names classes, else the top."""
    sets: dict[Path, YoloSet] = {}
    roots: dict[Path, Path] = {}
    for file in files:
        folder = file.parent
        if folder not in roots:
            roots[folder] = next((place for place in _upwards(folder, top) if _named(place)), top)
        one = sets.setdefault(roots[folder], YoloSet(roots[folder], names=names_of(roots[folder])))
        one.files.append(file)
    return list(sets.values())


def _upwards(folder: Path, top: Path) -> Iterator[Path]:
    yield folder
    while folder not in (top, folder.parent):
        folder = folder.parent
        yield folder


def _named(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (*_YAML, *_NAMES))


def names_of(folder: Path) -> tuple[str, ...]:
    """The names of the classes by number, () where the folder tells none."""
    for name in _YAML:
        found = _yaml_names(folder / name) if (folder / name).is_file() else ()
        if found:
            return found
    return next((_listed(folder / name) for name in _NAMES if _lines(folder / name)), ())


def _listed(path: Path) -> tuple[str, ...]:
    """A name a line. An empty line counts: the numbers of those below it do."""
    lines = path.read_text("utf-8-sig").rstrip().splitlines()
    return tuple(line.strip() or str(place) for place, line in enumerate(lines))


def _yaml_names(path: Path) -> tuple[str, ...]:
    import yaml

    try:
        # Without types: a class called no is no truth value, and 007 no number.
        content = yaml.load(path.read_text("utf-8-sig"), yaml.BaseLoader) if _lines(path) else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return ()
    found: Any = content.get("names") if isinstance(content, dict) else None
    if isinstance(found, dict):
        numbers = {int(key): value for key, value in found.items() if str(key).isdigit() and int(key) < 10_000}
        return tuple(_name(numbers.get(place), place) for place in range(max(numbers, default=-1) + 1))
    return tuple(_name(one, place) for place, one in enumerate(found)) if isinstance(found, list) else ()


def _name(told: Any, place: int) -> str:
    """A class by what stands there, by its number where that is no text: lists in lists can stand for gigabytes."""
    return told if isinstance(told, str) and told.strip() else str(place)


def read_yolo(one: YoloSet, layout: Layout, others: Sequence[Path]) -> Iterator[Entry]:
    """The images of a set: those that have labels, then those in the same folders that have none.

    others: images below the root. A box of an image that is missing cannot be told in pixels.
    """
    taken: set[Path] = set()
    folders: set[Path] = set()
    for file in one.files:
        name = _image_name(file, one.root)
        path = layout.find(name)
        if path is not None:
            taken.add(path)
            folders.add(path.parent)
            name = Path(os.path.relpath(path, one.root)).as_posix()
        yield Entry(name, _marks(file, path, one.names), facts=_facts(file, one.root))
    for path in others:
        if path.parent in folders and path not in taken:
            yield Entry(Path(os.path.relpath(path, one.root)).as_posix(), facts=_facts(path, one.root))


def _image_name(file: Path, root: Path) -> str:
    """The image of a label file: of its name, in "images" where that one lies in "labels"."""
    place = PurePosixPath(file.relative_to(root).as_posix())
    parts = ["images" if part.lower() == "labels" else part for part in place.parts[:-1]]
    # The suffix is found where the image is.
    return "/".join([*parts, f"{place.stem}{SUFFIXES[1]}"])


def _facts(file: Path, root: Path) -> dict[str, Any]:
    parts = file.relative_to(root).parts[:-1]
    part = next((part_in(name) for name in parts if part_in(name)), "")
    return {"split": part} if part else {}


def _marks(file: Path, path: Path | None, names: Sequence[str]) -> list[Mark]:
    size, why = (0, 0), "its image is missing, and shares of that are no pixels"
    if path is not None:
        try:
            header = images.examine(path)
            size = header.width, header.height
        except BadImage as reason:
            why = f"its image cannot be read: {reason}"
    return [_mark(line.split(), size, why, names) for line in _lines(file)]


def _mark(parts: Sequence[str], size: tuple[int, int], why: str, names: Sequence[str]) -> Mark:
    def read() -> Box:
        if not all(size):
            raise BadBox(why)
        if len(parts) in (5, 6):
            return boxes.centred(parts[1:5], *size)
        left, top, right, bottom = around(list(parts[1:]))
        wide, high = size
        return left * wide, top * high, right * wide, bottom * high

    number = parts[0] if parts else ""
    if not number.isdigit():
        return Mark(None, None, f"{number[:20]!r} is no number of a class")
    known = int(number) < len(names)
    return mark(read, names[int(number)] if known else number)
