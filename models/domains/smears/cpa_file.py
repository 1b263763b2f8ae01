"""A training set of CellProfiler Analyst: properties, tables of images and objects, the classes of those labelled."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from models.domain import ExportView
from models.domains.smears import boxes, outgoing
from models.domains.smears.cpa import CLASS_NOTE
from models.domains.smears.outgoing import Cell, Image, Outgoing
from models.job import Progress
from models.store.outfolder import folder
from models.store.sheet import sheet_text

_EDGES = ("Minimum_X", "Minimum_Y", "Maximum_X", "Maximum_Y")
_BOX = tuple(f"AreaShape_BoundingBox{edge}" for edge in _EDGES)
_CENTRE = ("Location_Center_X", "Location_Center_Y")
PROPERTIES, IMAGES, OBJECTS, TRAINING = "cells.properties", "images.csv", "objects.csv", "training_set.txt"


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A folder of these files and ``images``. Cells without a label are objects that are not in the training set."""
    found = yield from outgoing.gather(view, unlabelled=True, missing=True)
    tokens = class_words(outgoing.class_list(view, found))
    with folder(path) as beside:
        for place, image in enumerate(found.images):
            if place % 20 == 0:
                yield Progress(place, len(found.images), f"Writing {image.name}")
            if image.there:
                outgoing.put_image(image, beside / "images" / image.name)
        (beside / IMAGES).write_text(_table(_IMAGE_COLUMNS, _image_rows(found)), "utf-8")
        (beside / OBJECTS).write_text(
            _table(("ImageNumber", "ObjectNumber", *_CENTRE, *_BOX), _objects(found)), "utf-8"
        )
        (beside / TRAINING).write_text(training_set(found, tokens), "utf-8")
        (beside / PROPERTIES).write_text(_properties(found), "utf-8")
        words = (outgoing.missing_words(found), _without(found), _renamed(tokens))
        return outgoing.result(path, beside, found, *words)


def class_words(classes: Sequence[str]) -> dict[str, str]:
    """For each class a word without spaces, as the format needs it; no two are one."""
    words: dict[str, str] = {}
    for name in classes:
        plain = re.sub(r"\s+", "_", name.strip()).lstrip("#") or "class"
        word, number = plain, 2
        while word in words.values():
            word, number = f"{plain}_{number}", number + 1
        words[name] = word
    return words


def training_set(found: Outgoing, words: Mapping[str, str]) -> str:
    """The classes of those cells that have one; a comment tells the class that a word stands for."""
    lines = [f"{CLASS_NOTE}{word} = {json.dumps(name)}" for name, word in words.items() if name != word]
    lines.append(" ".join(["label", *words.values()]))
    for image, number in _numbered(found):
        for place, cell in enumerate(image.cells, 1):
            if cell.label:
                x, y = _centre(cell)
                lines.append(f"{words[cell.label]} {number} {place} {x} {y}")
    return "\n".join(lines) + "\n"


_IMAGE_COLUMNS = ("ImageNumber", "Image_FileName_RGB", "Image_PathName_RGB", "Image_Width_RGB", "Image_Height_RGB")


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return sheet_text(names, rows)


def _numbered(found: Outgoing) -> list[tuple[Image, int]]:
    return [(image, number) for number, image in enumerate(found.images, 1)]


def _image_rows(found: Outgoing) -> list[tuple[Any, ...]]:
    return [(number, image.name, "images", image.width, image.height) for image, number in _numbered(found)]


def _objects(found: Outgoing) -> list[tuple[Any, ...]]:
    return [
        (number, place, *_centre(cell), *(boxes.plain([edge]) for edge in cell.box))
        for image, number in _numbered(found)
        for place, cell in enumerate(image.cells, 1)
    ]


def _centre(cell: Cell) -> tuple[str, str]:
    left, top, right, bottom = cell.box
    return boxes.plain([(left + right) / 2]), boxes.plain([(top + bottom) / 2])


def _properties(found: Outgoing) -> str:
    sides = [max(c.box[2] - c.box[0], c.box[3] - c.box[1]) for image in found.images for c in image.cells]
    told = {
        "image_csv_file": IMAGES,
        "object_csv_file": OBJECTS,
        "image_id": "ImageNumber",
        "object_id": "ObjectNumber",
        "cell_x_loc": _CENTRE[0],
        "cell_y_loc": _CENTRE[1],
        "image_path_cols": "Image_PathName_RGB",
        "image_file_cols": "Image_FileName_RGB",
        "image_names": "RGB",
        "channels_per_image": "3",
        "image_channel_colors": "red, green, blue",
        "image_tile_size": str(round(median(sides) * 1.2) or 1),
        "object_name": "cell, cells",
        "classifier_ignore_columns": "ImageNumber, ObjectNumber, .*Location.*, .*BoundingBox.*",
        "training_set": TRAINING,
    }
    return "".join(f"{name} = {value}\n" for name, value in told.items())


def _without(found: Outgoing) -> str:
    count = sum(not cell.label for image in found.images for cell in image.cells)
    return f"{count} cells without a label are objects that are not in the training set" * bool(count)


def _renamed(words: Mapping[str, str]) -> str:
    changed = [f"{word} stands for {name!r}" for name, word in words.items() if word != name]
    return f"classes are words there: {', '.join(changed)}" if changed else ""
