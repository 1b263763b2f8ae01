"""Boxes as GeoJSON for QuPath: one file an image, each box an annotation with its class."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.smears import outgoing
from models.domains.smears.coco_file import image_names
from models.domains.smears.geojson import OURS
from models.domains.smears.outgoing import Cell, Image
from models.errors import UserError
from models.job import Progress
from models.store.atomic import write_text
from models.store.outfolder import folder


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A folder with a file for each image, which QuPath takes when it is dropped on that image.

    A path that ends in ``.geojson`` is the file of one image. Beside what QuPath reads each file tells its image, as
    named from the folder that all have in common.
    """
    found = yield from outgoing.gather(view, unlabelled=True, missing=True)
    alone = path.suffix.lower() in (".geojson", ".json")
    home = path.parent if alone else path
    start, names = image_names(found, home)
    away = "" if start in (None, home) else f"the images lie in {start}: import what is written with images={start}"
    if alone:
        if len(found.images) > 1:
            raise UserError(
                f"{path} is one file, and boxes of {len(found.images)} images are to be written. Give a folder."
            )
        write_text(path, text_of(view, found.images[0], names[0]))
        notes = outgoing.noted(path, away)
        return {"written": found.count, "files": [str(path)], "skipped": found.skipped, "notes": notes}
    with folder(path) as beside:
        for place, image in enumerate(found.images):
            if place % 100 == 0:
                yield Progress(place, len(found.images), f"Writing {image.name}")
            text = text_of(view, image, names[place])
            (beside / f"{image.name.rpartition('.')[0]}.geojson").write_text(text, "utf-8")
        return outgoing.result(path, beside, found, away)


def text_of(view: ExportView, image: Image, name: str) -> str:
    """The file of one image, called so."""
    told = {
        "type": "FeatureCollection",
        "features": [_feature(view, cell) for cell in image.cells],
        OURS: {"image": name, **image.facts},
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _feature(view: ExportView, cell: Cell) -> dict[str, Any]:
    left, top, right, bottom = cell.box
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    told: dict[str, Any] = {"objectType": "annotation"}
    if cell.label:
        told["classification"] = {"name": cell.label}
    given = outgoing.provenance(view, cell)
    told |= {"name": given.pop("sample"), "metadata": {**given, **({"difficult": "true"} if cell.difficult else {})}}
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": told}
