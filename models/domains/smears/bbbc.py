"""The JSON of the Broad Bioimage Benchmark Collection's set 41: a list of images, each with its objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.domains.smears import boxes
from models.domains.smears.entries import Entry, Mark, mark, size_of


def is_bbbc(content: Any) -> bool:
    """Whether JSON is of this form, by its first entries."""
    return (
        isinstance(content, list)
        and bool(content)
        and any(
            isinstance(item, dict) and isinstance(item.get("image"), dict) and "objects" in item
            for item in content[:20]
        )
    )


def read_bbbc(content: list[Any], part: str) -> Iterator[Entry]:
    """Its images. Maxima are exclusive ends; what an entry lacks is told of the entry alone."""
    for number, item in enumerate(content):
        image = item.get("image") if isinstance(item, dict) else None
        if not isinstance(image, dict):
            yield Entry(f"entry {number}", wrong="it tells no image")
            continue
        shape = image["shape"] if isinstance(image.get("shape"), dict) else {}
        objects = item.get("objects")
        marks = [_mark(one) for one in objects] if isinstance(objects, list) else []
        facts = {"split": part} if part else {}
        name = image.get("pathname")
        if not isinstance(name, str) or not name.strip():
            yield Entry(f"entry {number}", marks, wrong="it has no pathname")
            continue
        yield Entry(name, marks, size_of(shape.get("c")), size_of(shape.get("r")), facts)


def _mark(one: Any) -> Mark:
    def read() -> boxes.Box:
        low, high = one["bounding_box"]["minimum"], one["bounding_box"]["maximum"]
        return boxes.corners((low["c"], low["r"], high["c"], high["r"]))

    return mark(read, one.get("category") if isinstance(one, dict) else None)
