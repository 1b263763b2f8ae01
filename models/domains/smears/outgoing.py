"""What goes out in a format of boxes: the images of some samples with their cells, and the folder it is written to."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from models.domain import ExportView
from models.domains.smears import boxes, images
from models.domains.smears.boxes import BadBox, Box
from models.domains.smears.cells import BOX, WHOLE, images_of
from models.domains.smears.images import BadImage
from models.errors import UserError
from models.event import CANNOT_SAY
from models.job import Progress
from models.learn.words import plural
from models.natural import natural
from models.store.outfolder import flat_names

Told = list[dict[str, str]]
#: The parts of a data set as the programs call them that these formats are for.
PARTS = {"training": "train", "validation": "val", "test": "test"}
_NO_LABEL = "without a label, which this format has no place for"


@dataclass(frozen=True)
class Cell:
    """One sample to be written: its row in the view, its id, its box in its image, its class ("" for none)."""

    row: int
    sample: str
    box: Box
    label: str
    difficult: bool = False


@dataclass(frozen=True)
class Image:
    """One image with its cells. name: of its own among all that are written; sides 0 where it is not there."""

    path: Path
    name: str
    cells: tuple[Cell, ...]
    width: int = 0
    height: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def there(self) -> bool:
        """Whether it can be read."""
        return self.width > 0


@dataclass(frozen=True)
class Outgoing:
    """All that is written, and what is not."""

    images: tuple[Image, ...]
    skipped: Told

    @property
    def count(self) -> int:
        """How many cells are written."""
        return sum(len(image.cells) for image in self.images)

    @property
    def missing(self) -> int:
        """How many cells are of images that are not there."""
        return sum(len(image.cells) for image in self.images if not image.there)


def gather(view: ExportView, unlabelled: bool = False, missing: bool = False) -> Generator[Progress, None, Outgoing]:
    """The images of a view in natural order. UserError where no cell is left to be written.

    unlabelled: cells without a label are written too. missing: those of images that are not there, too.
    """
    samples = view.samples
    by_path: dict[Path, list[int]] = {}
    for path, places in images_of(samples, np.arange(len(samples))):
        by_path.setdefault(path, []).extend(places.tolist())
    found = sorted(by_path.items(), key=lambda one: natural(one[0].as_posix()))
    names = flat_names([path for path, _ in found])
    told = {name: _column(samples, name) for name in ("id", "key", "difficult", BOX)}
    facts = {name: _column(samples, name) for name in ("split", "patient", "slide", "pixel_um")}
    wholes = _column(samples, WHOLE)
    made: list[Image] = []
    skipped: Told = []
    for place, (path, rows) in enumerate(found):
        if place % 100 == 0:
            yield Progress(place, len(found), f"Reading {path.name}")
        drawn = [row for row in rows if not wholes[row]]
        width, height, why = _size(path)
        if why and not missing:
            skipped.append(_told(path, len(drawn), why))
            continue
        cells, lost = _cells(view, drawn, told, (width, height), unlabelled)
        skipped += [_told(path, count, reason) for reason, count in lost.items()]
        if len(rows) > len(drawn):
            skipped.append(_told(path, 0, "no box is drawn in it yet"))
        if cells:
            own = {name: values[rows[0]] for name, values in facts.items() if values[rows[0]] not in (None, "")}
            made.append(Image(path, names[place], tuple(cells), width, height, own))
    if not made:
        reason = f": {skipped[0]['source']}, {skipped[0]['where']}: {skipped[0]['reason']}" if skipped else ""
        raise UserError(f"nothing could be written{reason}")
    return Outgoing(tuple(made), skipped)


def _cells(
    view: ExportView, rows: list[int], told: Mapping[str, list[Any]], size: tuple[int, int], unlabelled: bool
) -> tuple[list[Cell], dict[str, int]]:
    """The cells of one image, and how many of them are left out for which reason."""
    cells: list[Cell] = []
    lost: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: natural(str(told["key"][row]))):
        label = view.labels[row] or ""
        label = "" if label == CANNOT_SAY else label
        try:
            box = boxes.parse(told[BOX][row]) or ((0.0, 0.0, float(size[0]), float(size[1])) if size[0] else None)
            reason = "the image is missing, and the whole of it is the cell" if box is None else ""
        except BadBox as wrong:
            box, reason = None, str(wrong)
        if box is None or not (label or unlabelled):
            reason = reason or _NO_LABEL
            lost[reason] = lost.get(reason, 0) + 1
            continue
        cells.append(Cell(row, told["id"][row], box, label, told["difficult"][row] is True))
    return cells, lost


def _told(path: Path, count: int, reason: str) -> dict[str, str]:
    return {"source": path.name, "where": f"{count} cell{'s' * (count != 1)}" if count else "image", "reason": reason}


def _size(path: Path) -> tuple[int, int, str]:
    """Width and height as shown, or why they cannot be told."""
    if not path.is_file():
        return 0, 0, "the image is missing"
    try:
        header = images.examine(path)
    except BadImage as reason:
        return 0, 0, f"the image cannot be read: {reason}"
    return header.width, header.height, ""


def _column(samples: Any, name: str) -> list[Any]:
    return samples.table.column(name).to_pylist() if name in samples.table.column_names else [None] * len(samples)


def class_list(view: ExportView, outgoing: Outgoing) -> list[str]:
    """The classes that are written, in the order of the project; those that it does not declare at the end."""
    used = dict.fromkeys(cell.label for image in outgoing.images for cell in image.cells if cell.label)
    return [name for name in view.classes if name in used] + [name for name in used if name not in view.classes]


def provenance(view: ExportView, cell: Cell) -> dict[str, str]:
    """Of which sample something is, who gave its label, when, and whether a person did."""
    given = {"by": view.by[cell.row], "at": view.at[cell.row], "kind": view.kind[cell.row]}
    return {"sample": cell.sample, **{name: value for name, value in given.items() if value}}


def put_image(image: Image, place: Path) -> None:
    """A copy of an image file: bytes as they are."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(image.path, place)
    except OSError as error:
        raise UserError(f"{image.path} cannot be copied: {error.strerror or error}. Nothing was written.") from error


def result(path: Path, beside: Path, outgoing: Outgoing, *words: str) -> dict[str, Any]:
    """What an export of a folder tells. words: notes, those that say something."""
    files = [str(path / file.relative_to(beside)) for file in sorted(beside.rglob("*")) if file.is_file()]
    return {"written": outgoing.count, "files": files, "skipped": outgoing.skipped, "notes": noted(path, *words)}


def noted(path: Path, *words: str) -> Told:
    """Notes of an export."""
    return [{"source": str(path), "where": "", "text": text} for text in words if text]


def missing_words(outgoing: Outgoing) -> str:
    """What to say of cells whose images are not there."""
    count = outgoing.missing
    return (
        plural(count, "cell is", "cells are") + " of images that are missing: boxes are written, images are not"
        if count
        else ""
    )
