"""A guess how a list of boxes of any layout is read, from its content, and told in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from models.domains.smears.boxes import BadBox, corners
from models.domains.smears.images import SUFFIXES
from models.domains.smears.mapping import Mapping, value_at

#: So many records are looked at.
_LOOKED = 50
_IMAGE = re.compile(
    r"^(image|img|picture|photo|frame)?_?(path|file|filename|file_?name|name|url|uri|id|src|image|img)$", re.I
)
_LABEL = (
    r"^(class|label|category|cell_?type|species|stage|type|tag|name|diagnosis)(_?(name|label|text))?$",
    r"^(class|label|category|object|rectangle)_?(labels?|es|ies|id|s)?$",
)  # fmt: skip
_OBJECTS = re.compile(r"box|object|annot|region|shape|cell|label|instance|detection|mark", re.I)
_BOX = re.compile(r"^(bbox|box|bounding_?box|rect(angle)?|coord(inate)?s?|bnd_?box|points|roi|bounds)$", re.I)
#: Four names of one box by the end or whole of their names, each with what its numbers are.
_FOURS = (
    (("xmin", "ymin", "xmax", "ymax"), "corners"),
    (("x_min", "y_min", "x_max", "y_max"), "corners"),
    (("minx", "miny", "maxx", "maxy"), "corners"),
    (("x1", "y1", "x2", "y2"), "corners"),
    (("x0", "y0", "x1", "y1"), "corners"),
    (("left", "top", "right", "bottom"), "corners"),
    (("minc", "minr", "maxc", "maxr"), "corners"),
    (("left", "top", "width", "height"), "extent"),
    (("x", "y", "w", "h"), "extent"),
    (("x", "y", "width", "height"), "extent"),
    (("bbox_x", "bbox_y", "bbox_w", "bbox_h"), "extent"),
    (("xc", "yc", "w", "h"), "centre"),
    (("x_center", "y_center", "width", "height"), "centre"),
    (("cx", "cy", "w", "h"), "centre"),
)


def guess(content: Any) -> Mapping | None:
    """The likely mapping of JSON, None where nothing in it looks like images with boxes."""
    for path, found in _lists(content):
        mapping = _of_images(path, found) or _of_boxes(path, found)
        if mapping is not None:
            return mapping
    return None


def guess_columns(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> Mapping | None:
    """The same of a table of boxes."""
    return _of_boxes("", [dict(row) for row in rows[:_LOOKED]]) if names else None


def _lists(content: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """All that may be a list of images or boxes, from the outside in: lists, and objects of like entries."""
    if isinstance(content, list):
        yield path, content[:_LOOKED]
    elif isinstance(content, dict):
        yield path, content
        for name, inner in islice(content.items(), _LOOKED) if depth < 3 else ():
            if isinstance(inner, dict | list) and "." not in name:
                yield from _lists(inner, f"{path}.{name}".lstrip("."), depth + 1)


def _of_images(path: str, found: Any) -> Mapping | None:
    """Images that each hold a list of boxes."""
    keyed = isinstance(found, dict) and any(str(key).lower().endswith(SUFFIXES) for key in islice(found, _LOOKED))
    if keyed:
        records = list(islice(found.values(), _LOOKED))
        if all(isinstance(one, list) for one in records):
            return _with_boxes(path, "*", "", records, {})
    else:
        records = found if isinstance(found, list) else [found]
    first = next((one for one in records if isinstance(one, dict)), None)
    if first is None:
        return None
    image = "*" if keyed else _image(records)
    for name in sorted(_paths(first), key=lambda one: not _OBJECTS.search(one)):
        lists = [value_at(one, name) for one in records]
        lists = [one for one in lists if isinstance(one, list) and one]
        if image and lists and isinstance(lists[0][0], dict | list):
            mapping = _with_boxes(path, image, name, lists, first)
            if mapping is not None:
                return mapping
    return None


def _with_boxes(path: str, image: str, objects: str, lists: Sequence[Any], record: dict[str, Any]) -> Mapping | None:
    ones = [one for group in lists for one in group][:_LOOKED]
    box = _box(ones)
    if box is None:
        return None
    label = _label(ones) or next(
        (f"^{name}" for name in record if _matches_label(name) and isinstance(record[name], list) and name != objects),
        "",
    )
    wide, high = _sides(record)
    return _told(Mapping(image, *box, label, path, objects, wide, high))


def _of_boxes(path: str, found: Any) -> Mapping | None:
    """Boxes that each name their image."""
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    image = _image(rows)
    box = _box(rows) if image else None
    if box is None:
        return None
    wide, high = _sides(rows[0])
    sides = (wide, high) if not {wide, high} & set(box[0]) else ("", "")
    return _told(Mapping(image, *box, _label(rows), path, "", *sides))


def _sides(record: dict[str, Any]) -> tuple[str, str]:
    """Where an image's own size stands, "" twice where it does not."""
    for wide, high in (("image_width", "image_height"), ("img_width", "img_height"), ("width", "height"),
                       ("imageWidth", "imageHeight")):  # fmt: skip
        if wide in record and high in record:
            return wide, high
    return "", ""


def _told(mapping: Mapping) -> Mapping:
    what = {"corners": "left, top, right, bottom", "extent": "left, top, width, height",
            "centre": "centre, width, height", "points": "an outline"}[mapping.form]  # fmt: skip
    where = f"in {mapping.list}" if mapping.list else "at the top"
    why = (
        f"images are named by {'the keys' if mapping.image == '*' else mapping.image} {where}",
        f"boxes are {', '.join(mapping.box) or 'the lists themselves'}: {what}",
        f"classes are {mapping.label}" if mapping.label else "no classes were found",
    )
    return Mapping(
        mapping.image, mapping.box, mapping.form, mapping.label, mapping.list, mapping.objects, mapping.width,
        mapping.height, why,
    )  # fmt: skip


def _paths(record: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Paths of all that a record holds, two levels deep."""
    for name, value in record.items():
        yield name
        if isinstance(value, dict) and depth < 1:
            yield from (f"{name}.{inner}" for inner in _paths(value, depth + 1))


def _image(rows: Sequence[Any]) -> str:
    """The path of what names an image: by its values, else by its name."""
    first = next((row for row in rows if isinstance(row, dict)), {})
    best = ""
    for name in _paths(first):
        values = [value_at(row, name) for row in rows]
        texts = [value for value in values if isinstance(value, str) and value]
        if texts and all(text.lower().partition("?")[0].endswith(SUFFIXES) for text in texts):
            return name
        if not best and texts and _IMAGE.match(name.rpartition(".")[2]) and name.lower() not in ("name", "id"):
            best = name
    return best


def _label(rows: Sequence[Any]) -> str:
    """The path of what tells the class, "" for none."""
    first = next((row for row in rows if isinstance(row, dict)), {})
    names = list(_paths(first))
    for pattern in _LABEL:
        for name in names:
            value = value_at(first, name)
            if re.match(pattern, name.rpartition(".")[2], re.I) and isinstance(value, str | int | list):
                return name
    return ""


def _matches_label(name: str) -> bool:
    return any(re.match(pattern, name, re.I) for pattern in _LABEL)


def _box(rows: Sequence[Any]) -> tuple[tuple[str, ...], str] | None:
    """Where the numbers of a box stand, and what they are."""
    first = next((row for row in rows if isinstance(row, dict | list) and row), None)
    if isinstance(first, list):
        return (("",), _form_of(rows)) if _four(first) else None
    if first is None:
        return None
    names = list(_paths(first))
    for four, form in _FOURS:
        for prefix in dict.fromkeys([name.rpartition(".")[0] for name in names]):
            found = _named(names, prefix, four)
            if found and _four([value_at(first, name) for name in found]):
                return found, form
    for name in names:
        value = value_at(first, name)
        if _BOX.match(name.rpartition(".")[2]) and (isinstance(value, list | str)):
            if isinstance(value, list) and value and isinstance(value[0], list):
                return (name,), "points"
            parts = re.split(r"[\s,;]+", value.strip("[]() ")) if isinstance(value, str) else value
            if _four(parts):
                return (name,), _form_of([value_at(row, name) for row in rows])
    return None


def _named(names: Sequence[str], prefix: str, four: Sequence[str]) -> tuple[str, ...]:
    """The four names under a prefix, whatever their capitals."""
    lower = {name.lower(): name for name in reversed(names)}
    wanted = [f"{prefix}.{name}".lstrip(".").lower() for name in four]
    return tuple(lower[name] for name in wanted) if all(name in lower for name in wanted) else ()


def _four(values: Any) -> bool:
    try:
        corners(values)
    except (BadBox, TypeError):
        return False
    return True


def _form_of(values: Sequence[Any]) -> str:
    """Four bare numbers: corners where the far ones are always larger, else width and height come last."""
    found = []
    for value in values:
        parts = re.split(r"[\s,;]+", value.strip("[]() ")) if isinstance(value, str) else value
        if _four(parts):
            found.append(corners(parts))
    return "corners" if found and all(box[2] > box[0] and box[3] > box[1] for box in found) else "extent"
