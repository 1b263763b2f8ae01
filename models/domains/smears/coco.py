"""COCO JSON: images, annotations with left, top, width and height, and categories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.domains.smears import boxes
from models.domains.smears.boxes import BadBox, Box
from models.domains.smears.entries import Entry, Mark, mark, size_of

#: What an image or a box may tell beside its place, taken over as columns.
IMAGE_FACTS = ("slide", "patient", "pixel_um", "split")


def is_coco(content: Any) -> bool:
    """Whether JSON is of this form."""
    return isinstance(content, dict) and all(isinstance(content.get(name), list) for name in ("images", "annotations"))


def read_coco(content: dict[str, Any], part: str) -> Iterator[Entry]:
    """Its images in their order; an annotation that belongs to none is told."""
    names = _categories(content.get("categories"))
    marks: dict[str, list[Mark]] = {}
    for number, one in enumerate(content["annotations"]):
        if not isinstance(one, dict) or "image_id" not in one:
            yield Entry(f"annotation {number}", wrong="it tells no image")
            continue
        marks.setdefault(str(one["image_id"]), []).append(_mark(one, names))
    known: dict[str, str] = {}
    for number, image in enumerate(content["images"]):
        if not isinstance(image, dict) or not isinstance(image.get("file_name"), str):
            lost = marks.pop(str(image.get("id")), []) if isinstance(image, dict) else []
            yield Entry(f"image {number}", lost, wrong="it has no file_name")
            continue
        key = str(image.get("id"))
        if known.setdefault(key, image["file_name"]) != image["file_name"]:
            words = f"its id {key} is that of {known[key]}, and boxes of this id are taken for that one"
            yield Entry(image["file_name"], wrong=words)
            continue
        facts = {name: image[name] for name in IMAGE_FACTS if name in image}
        facts |= {"split": part} if part and "split" not in facts else {}
        found = marks.pop(key, [])
        yield Entry(image["file_name"], found, size_of(image.get("width")), size_of(image.get("height")), facts)
    for key, lost in marks.items():
        yield Entry(f"image_id {key}", lost, wrong="annotations name this image, which is not in the list")


def _categories(found: Any) -> dict[str, Any]:
    """Names by id; a number where a category has none."""
    listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return {str(one.get("id")): one.get("name") for one in listed}


def _mark(one: dict[str, Any], names: dict[str, Any]) -> Mark:
    def read() -> Box:
        if one.get("bbox"):
            return boxes.extent(one["bbox"])
        return around(one["segmentation"])

    key = str(one.get("category_id"))
    label = names.get(key, one.get("category_id"))
    facts = {name: one[name] for name in ("difficult",) if isinstance(one.get(name), bool) and one[name]}
    return mark(read, label, facts)


def around(found: Any) -> Box:
    """The box around one or several outlines: numbers x, y, x, y …, or pairs of them. Raises BadBox."""
    numbers = [boxes.number(value) for value in _flat(found)]
    if len(numbers) < 4 or len(numbers) % 2:
        raise BadBox("it has neither a box nor an outline")
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


def _flat(found: Any, depth: int = 0) -> Iterator[Any]:
    if isinstance(found, list) and depth < 4:
        for one in found:
            yield from _flat(one, depth + 1)
    else:
        yield found
