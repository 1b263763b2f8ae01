"""Single cells as image files: folders named by class, as NIH's cell_images, or one folder without classes."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.domain import Finding, Skipped
from models.domains.smears import images
from models.domains.smears.cells import IMAGE
from models.domains.smears.images import BadImage
from models.domains.smears.options import part_in
from models.domains.smears.sheet import Desk, Sheet
from models.job import Progress
from models.natural import natural

#: An image of at most so many pixels a side is one cell.
LARGEST = 400
#: Lists beside class folders of ours: the class of each folder; the group of each file.
CLASS_LIST, CELLS_LIST = "folders.txt", "cells.txt"
#: No such list is longer, in bytes.
_LONGEST = 64 << 20
#: The patient in the names of NIH's crops.
_PATIENT = re.compile(r"^(.+?)_IMG_")
#: Names of folders that say nothing of a class.
PLAIN = {
    "images", "image", "imgs", "img", "jpegimages", "data", "crops", "cells", "masks", "labels", "annotations",
    "pictures", "slides",
}  # fmt: skip


@dataclass
class ClassFolder:
    """Folders named by class under one root: each image with its class and its part ("" where none is told)."""

    root: Path
    items: list[tuple[Path, str, str]] = field(default_factory=list)


def find_classes(top: Path, files: Sequence[Path]) -> list[ClassFolder]:
    """The roots of class folders among images below `top`.

    A folder is a root where at least two of its folders hold images and have names of their own.
    """
    by_folder: dict[Path, list[Path]] = {}
    for file in files:
        by_folder.setdefault(file.parent, []).append(file)
    by_parent: dict[Path, list[Path]] = {}
    for folder in by_folder:
        if folder != top and not says_nothing(folder.name):
            by_parent.setdefault(folder.parent, []).append(folder)
    roots: dict[Path, ClassFolder] = {}
    for parent, folders in by_parent.items():
        told = _pairs(parent / CLASS_LIST)
        if len(folders) < 2 and not told:
            continue
        part = part_in(parent.name) if parent != top else ""
        root = parent.parent if part else parent
        one = roots.setdefault(root, ClassFolder(root))
        one.items += [
            (file, told.get(folder.name, folder.name), part) for folder in folders for file in by_folder[folder]
        ]
    return list(roots.values())


def _pairs(path: Path) -> dict[str, str]:
    """The first two columns of a list, below its head; nothing where there is none."""
    try:
        lines = path.read_text("utf-8").split("\n") if path.stat().st_size <= _LONGEST else []
    except (OSError, UnicodeDecodeError):
        return {}
    parts = [line.split("\t") for line in lines[1:]]
    return {part[0]: part[1] for part in parts if len(part) > 1 and part[1]}


def says_nothing(name: str) -> bool:
    """Whether the name of a folder is no class, such as "images" or "train"."""
    return name.lower() in PLAIN or bool(part_in(name) and len(name) < 11)


def read_crops(
    path: Path, name: str, items: Sequence[tuple[Path, str, str]], desk: Desk
) -> Generator[Progress | Finding, None, int]:
    """The cells of one root of class folders; an image that cannot be read is skipped."""
    sheet = Sheet(path, name, desk.layout(path), desk)
    groups = _pairs(path / CELLS_LIST) if not desk.options.group else {}
    ordered = sorted(items, key=lambda item: natural(item[0].as_posix()))
    for place, (file, label, part) in enumerate(ordered):
        if place % 500 == 499:
            yield Progress(place, len(ordered), f"{name}: {place + 1} of {len(ordered)} crops")
        if not desk.options.wants_part(part):
            continue
        place_in = Path(os.path.relpath(file, path)).as_posix()
        try:
            header = images.examine(file)
        except BadImage as reason:
            yield Skipped(name, place_in, str(reason))
            continue
        if header.note:
            sheet.trouble(f"in {{images:image|images}} {header.note}", place_in)
        patient = _PATIENT.match(file.name)
        values = {
            "image": file.name,
            "width": header.width,
            "height": header.height,
            "patient": patient[1] if patient else None,
            "split": part or None,
            "pixel_um": desk.options.pixel or header.pixel,
            IMAGE: place_in,
        }
        group = groups.get(file.name) or desk.own_group(values, place_in, name, str(file))
        sheet.put(place_in, group, label or None, values)
    yield from sheet.notes()
    if sheet.keys:
        yield sheet.found()
    return len(sheet.keys)
