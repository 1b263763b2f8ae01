"""A YOLO data set: images, a text file of boxes for each, and data.yaml with the names of the classes."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.smears import outgoing
from models.domains.smears.outgoing import PARTS, Cell, Image
from models.job import Progress
from models.store.outfolder import folder


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A folder with ``images``, ``labels`` and ``data.yaml``; parts of a data set are folders of their own."""
    found = yield from outgoing.gather(view)
    classes = outgoing.class_list(view, found)
    numbers = {name: number for number, name in enumerate(classes)}
    with folder(path) as beside:
        parts: dict[str, None] = {}
        for place, image in enumerate(found.images):
            if place % 20 == 0:
                yield Progress(place, len(found.images), f"Writing {image.name}")
            part = PARTS.get(str(image.facts.get("split", "")), "")
            parts[part] = None
            outgoing.put_image(image, beside / "images" / part / image.name)
            labels = beside / "labels" / part / f"{image.name.rpartition('.')[0]}.txt"
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text("".join(f"{line(image, cell, numbers)}\n" for cell in image.cells), "utf-8")
        (beside / "data.yaml").write_text(settings(list(parts), classes), "utf-8")
        return outgoing.result(path, beside, found)


def line(image: Image, cell: Cell, numbers: Mapping[str, int]) -> str:
    """The number of a class, then centre and size of its box as shares of the image."""
    left, top, right, bottom = cell.box
    shares = (
        (left + right) / 2 / image.width,
        (top + bottom) / 2 / image.height,
        (right - left) / image.width,
        (bottom - top) / image.height,
    )
    # Ten decimals keep a hundredth of a pixel in any image.
    return " ".join([str(numbers[cell.label]), *(f"{share:.10f}".rstrip("0").rstrip(".") for share in shares)])


def settings(parts: list[str], classes: list[str]) -> str:
    """data.yaml. A set without parts is trained and tried on as a whole, as the programs want to be told both."""
    import yaml

    first = next((part for part in ("train", "", "val", "test") if part in parts), "")
    folders = {"train": first, "val": "val" if "val" in parts else first}
    folders |= {"test": "test"} if "test" in parts else {}
    told: dict[str, Any] = {"path": "."}
    told |= {name: f"images/{part}".rstrip("/") for name, part in folders.items()}
    told["nc"] = len(classes)
    told["names"] = dict(enumerate(classes))
    text: str = yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
    return text
