"""Pascal VOC: one XML an image. Its corners are taken as they stand, the far ones as exclusive ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from models.domains.smears import boxes
from models.domains.smears.entries import Entry, Mark, mark, size_of
from models.domains.smears.options import part_of

#: No annotation of one image is larger, in bytes.
_LONGEST = 64 << 20
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
#: The parts of a set, the narrower ones last: they hold.
_PARTS = ("trainval", "train", "val", "test")


class NotVoc(Exception):
    """XML of another kind, or damaged: why. ours: it means to be an annotation."""

    def __init__(self, text: str, ours: bool = False) -> None:
        super().__init__(text)
        self.ours = ours


def read_voc(path: Path, part: str = "") -> Entry:
    """The image of an annotation. Raises NotVoc."""
    if path.stat().st_size > _LONGEST:
        raise NotVoc("it is too long for the annotation of an image")
    data = path.read_bytes()
    # Entities that multiply are no part of any annotation.
    if re.search(rb"<!(DOCTYPE|ENTITY)", data[:4096], re.I):
        raise NotVoc("it declares entities, which no annotation needs")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise NotVoc(f"the XML is damaged or cut off ({error})", b"<annotation" in data[:2048]) from error
    if root.tag != "annotation":
        raise NotVoc(f"it is no annotation of an image but {root.tag[:40]!r}")
    facts: dict[str, Any] = {"split": part} if part else {}
    marks = [_mark(one) for one in root.iter("object")]
    name = root.findtext("filename") or f"{path.stem}.jpg"
    return Entry(name, marks, size_of(root.findtext("size/width")), size_of(root.findtext("size/height")), facts)


def _mark(one: ElementTree.Element) -> Mark:
    def read() -> boxes.Box:
        found = one.find("bndbox")
        return boxes.corners([found.findtext(name) for name in _CORNERS] if found is not None else [])

    facts = {"difficult": True} if (one.findtext("difficult") or "0").strip() == "1" else {}
    return mark(read, one.findtext("name"), facts)


def parts_of(folder: Path) -> dict[str, str]:
    """The part of each image by its stem, as the lists beside the annotations tell; empty without them."""
    found: dict[str, str] = {}
    for part in _PARTS:
        for stem in _lines(folder.parent / "ImageSets" / "Main" / f"{part}.txt"):
            found[stem] = part_of(part)
    return found


def _lines(path: Path) -> Iterator[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines() if path.stat().st_size < _LONGEST else []
    except (OSError, UnicodeDecodeError):
        return
    yield from (line.split()[0] for line in lines if line.strip())
