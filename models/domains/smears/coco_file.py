"""Labels as COCO JSON, with who gave each; the images stay where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.smears import outgoing
from models.domains.smears.outgoing import Cell, Image, Outgoing
from models.errors import UserError
from models.job import Progress
from models.store.atomic import write_text


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """One file of all images with their boxes and classes.

    Names of images start from the file's own folder where they all lie below it, else from the folder that they have
    in common, which is told.
    """
    if path.suffix.lower() != ".json":
        raise UserError(f"{path} is no name of a JSON file. Give one, such as cells.json.")
    found = yield from outgoing.gather(view, missing=True)
    start, names = image_names(found, path.parent)
    write_text(path, json.dumps(content(view, found, names), ensure_ascii=False, indent=1) + "\n")
    away = "" if start in (None, path.parent) else f"the images lie in {start}: import the file with images={start}"
    notes = outgoing.noted(path, outgoing.missing_words(found), away)
    return {"written": found.count, "files": [str(path)], "skipped": found.skipped, "notes": notes}


def image_names(found: Outgoing, home: Path) -> tuple[Path | None, list[str]]:
    """Where the names of images start (None: nowhere, they lie on several drives), and the name of each."""
    paths = [image.path for image in found.images]
    home = Path(os.path.abspath(home))
    start: Path | None = home
    if not all(home in path.parents for path in paths):
        try:
            start = Path(os.path.commonpath([path.parent for path in paths]))
        except ValueError:
            start = None
    if start is None:
        return None, [image.name for image in found.images]
    return start, [path.relative_to(start).as_posix() for path in paths]


def content(view: ExportView, found: Outgoing, names: list[str]) -> dict[str, Any]:
    """The JSON of the form."""
    classes = outgoing.class_list(view, found)
    numbers = {name: number for number, name in enumerate(classes, 1)}
    pictures, marks = [], []
    for number, (image, name) in enumerate(zip(found.images, names, strict=True), 1):
        pictures.append(_image(image, number, name))
        marks += [_mark(view, cell, number, numbers[cell.label]) for cell in image.cells]
    return {
        "info": {"description": view.project, "date_created": datetime.now(UTC).isoformat(timespec="seconds")},
        "licenses": [],
        "images": pictures,
        "annotations": [{"id": number, **one} for number, one in enumerate(marks, 1)],
        "categories": [{"id": number, "name": name, "supercategory": "cell"} for name, number in numbers.items()],
    }


def _image(image: Image, number: int, name: str) -> dict[str, Any]:
    size = {"width": image.width, "height": image.height} if image.there else {}
    return {"id": number, "file_name": name, **size, **image.facts}


def _mark(view: ExportView, cell: Cell, image: int, category: int) -> dict[str, Any]:
    left, top, right, bottom = cell.box
    wide, high = round(right - left, 6), round(bottom - top, 6)
    facts = {"difficult": True} if cell.difficult else {}
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [_short(value) for value in (left, top, wide, high)],
        "area": _short(round(wide * high, 6)),
        "iscrowd": 0,
        **facts,
        "attributes": outgoing.provenance(view, cell),
    }


def _short(value: float) -> int | float:
    return int(value) if value.is_integer() else value
