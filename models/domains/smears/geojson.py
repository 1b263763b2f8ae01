"""Boxes as GeoJSON for QuPath: one file an image, each box an annotation with its class."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.smears import outgoing
from models.domains.smears.outgoing import Cell, Image
from models.errors import UserError
from models.job import Progress
from models.store.atomic import write_text


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A folder with a file for each image, which QuPath takes when it is dropped on that image.

    A path that ends in ``.geojson`` is the file of one image.
    """
    found = yield from outgoing.gather(view, unlabelled=True, missing=True)
    if path.suffix.lower() in (".geojson", ".json"):
        if len(found.images) > 1:
            raise UserError(
                f"{path} is one file, and boxes of {len(found.images)} images are to be written. Give a folder."
            )
        write_text(path, text_of(view, found.images[0]))
        return {"written": found.count, "files": [str(path)], "skipped": found.skipped, "notes": []}
    with outgoing.folder(path) as beside:
        for place, image in enumerate(found.images):
            if place % 100 == 0:
                yield Progress(place, len(found.images), f"Writing {image.name}")
            (beside / f"{image.name.rpartition('.')[0]}.geojson").write_text(text_of(view, image), "utf-8")
        return outgoing.result(path, beside, found)


def text_of(view: ExportView, image: Image) -> str:
    """The file of one image."""
    told = {"type": "FeatureCollection", "features": [_feature(view, cell) for cell in image.cells]}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _feature(view: ExportView, cell: Cell) -> dict[str, Any]:
    left, top, right, bottom = cell.box
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    told: dict[str, Any] = {"objectType": "annotation"}
    if cell.label:
        told["classification"] = {"name": cell.label}
    given = outgoing.provenance(view, cell)
    told |= {"name": given.pop("sample"), "metadata": given}
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": told}
