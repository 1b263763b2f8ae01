"""Pascal VOC: an XML of boxes for each image, the images beside, and lists of the parts."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from models.domain import ExportView
from models.domains.smears import boxes, outgoing
from models.domains.smears.outgoing import PARTS, Cell, Image
from models.errors import UserError
from models.job import Progress
from models.store.outfolder import folder

#: Letters that no XML may hold.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A folder with ``Annotations``, ``JPEGImages`` and, where parts are told, ``ImageSets/Main``."""
    found = yield from outgoing.gather(view, missing=True)
    for name in outgoing.class_list(view, found):
        if _NO_XML.search(name):
            raise UserError(f"the class {name!r} holds a letter that XML has no place for. Rename it first.")
    parts: dict[str, list[str]] = {}
    with folder(path) as beside:
        (beside / "Annotations").mkdir()
        for place, image in enumerate(found.images):
            if place % 20 == 0:
                yield Progress(place, len(found.images), f"Writing {image.name}")
            if image.there:
                outgoing.put_image(image, beside / "JPEGImages" / image.name)
            stem = image.name.rpartition(".")[0]
            (beside / "Annotations" / f"{stem}.xml").write_bytes(annotation(image))
            parts.setdefault(PARTS.get(str(image.facts.get("split", "")), ""), []).append(stem)
        for part, stems in parts.items():
            if part:
                listed = beside / "ImageSets" / "Main" / f"{part}.txt"
                listed.parent.mkdir(parents=True, exist_ok=True)
                listed.write_text("\n".join(stems) + "\n", "utf-8")
        return outgoing.result(path, beside, found, outgoing.missing_words(found))


def annotation(image: Image) -> bytes:
    """The XML of one image."""
    root = Element("annotation")
    SubElement(root, "folder").text = "JPEGImages"
    SubElement(root, "filename").text = image.name
    if image.there:
        size = SubElement(root, "size")
        for name, value in (("width", image.width), ("height", image.height), ("depth", 3)):
            SubElement(size, name).text = str(value)
    SubElement(root, "segmented").text = "0"
    for cell in image.cells:
        _object(root, image, cell)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _object(root: Element, image: Image, cell: Cell) -> None:
    left, top, right, bottom = cell.box
    cut = image.there and (left <= 0 or top <= 0 or right >= image.width or bottom >= image.height)
    one = SubElement(root, "object")
    told = {"name": cell.label, "pose": "Unspecified", "truncated": int(cut), "difficult": int(cell.difficult)}
    for name, value in told.items():
        SubElement(one, name).text = str(value)
    box = SubElement(one, "bndbox")
    for name, edge in zip(("xmin", "ymin", "xmax", "ymax"), cell.box, strict=True):
        SubElement(box, name).text = boxes.plain([edge])
