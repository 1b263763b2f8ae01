"""How a list of boxes of any layout is read: which entry is the image, the box, the class.

A mapping is guessed from the content, told, kept with the project, and can be given as JSON::

    {"list": "data", "image": "file", "objects": "regions", "box": ["x", "y", "w", "h"], "form": "extent",
     "label": "type"}

Names are paths with dots. ``list`` is where the images (or, without ``objects``, the boxes) are; ``*`` as
``image`` stands for the key where that is no list but named entries. ``box`` is one name or four; ``form`` tells
what its numbers are: ``corners`` (left, top, right, bottom), ``extent`` (left, top, width, height), ``centre``
(centre, width, height) or ``points`` (an outline). A ``label`` that begins with "^" belongs to the image; a list
there holds that of each box. ``width`` and ``height`` are the image's. In a table names are columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from models.domains.smears import boxes
from models.domains.smears.boxes import Box
from models.domains.smears.coco import around
from models.domains.smears.entries import Entry, Mark, mark, size_of
from models.errors import UserError
from models.mapping_text import kept_of, parts_of, text_of

FORMS = ("corners", "extent", "centre", "points")


@dataclass(frozen=True)
class Mapping:
    """See the module. why: how it was found."""

    image: str
    box: tuple[str, ...]
    form: str
    label: str = ""
    list: str = ""
    objects: str = ""
    width: str = ""
    height: str = ""
    why: tuple[str, ...] = field(default=(), compare=False)

    def json(self) -> str:
        """The mapping as one line of JSON, without what is empty."""
        return text_of(self)


def read_mapping(words: str) -> Mapping:
    """The mapping from JSON text or from a JSON file. Raises UserError for what is wrong in it."""
    source, parts = parts_of(words, ("image", "box"), Mapping.__dataclass_fields__)
    box = parts.pop("box")
    names = tuple(map(str, box)) if isinstance(box, list) else (str(box),)
    form = str(parts.pop("form", "corners"))
    if form not in FORMS or len(names) not in (1, 4):
        raise UserError(f'in {source} "box" is one name or four, and "form" is {", ".join(FORMS)}')
    texts: dict[str, Any] = {name: str(value) for name, value in parts.items()}
    return Mapping(box=names, form=form, **texts)


def read_kept(words: str) -> dict[str, Mapping]:
    """The mappings among a project's kept settings (JSON: source → settings); one that is broken is left out."""
    return {source: mapping for source, _, mapping in kept_of(words, "mapping", read_mapping)}


def value_at(record: Any, path: str) -> Any:
    """What stands at a path with dots, itself for an empty one; None where it is not there."""
    if isinstance(record, dict) and path in record:
        return record[path]
    for part in path.split(".") if path else ():
        if isinstance(record, dict):
            record = record.get(part)
        elif isinstance(record, list) and part.isdigit() and int(part) < len(record):
            record = record[int(part)]
        else:
            return None
    return record


def records(content: Any, mapping: Mapping) -> Iterator[tuple[str, Any]]:
    """The records of a list, each with its key (its number in a plain list)."""
    found = value_at(content, mapping.list)
    if isinstance(found, dict) and mapping.image == "*":
        yield from found.items()
    elif isinstance(found, dict):
        yield "0", found
    elif isinstance(found, list):
        yield from ((str(place), one) for place, one in enumerate(found))


def read_records(content: Any, mapping: Mapping) -> Iterator[Entry]:
    """The images of a list by a mapping; boxes that name their image themselves are brought together."""
    together: dict[str, list[Any]] = {}
    for key, record in records(content, mapping):
        name = key if mapping.image == "*" else value_at(record, mapping.image)
        if not isinstance(name, str) or not name.strip():
            yield Entry(f"entry {key}", wrong=f"it has no image at {mapping.image!r}")
            continue
        if not mapping.objects and not (mapping.image == "*" and isinstance(record, list)):
            together.setdefault(name, []).append(record)
            continue
        found = value_at(record, mapping.objects)
        marks = [
            _mark(one, record, place, mapping) for place, one in enumerate(found if isinstance(found, list) else [])
        ]
        yield Entry(name, marks, *_size(record, mapping))
    for name, rows in together.items():
        # A row without any number is an image without boxes.
        marks = [_mark(row, row, 0, mapping) for row in rows if not _bare(row, mapping)]
        yield Entry(name, marks, *_size(rows[0], mapping))


def _bare(row: Any, mapping: Mapping) -> bool:
    return all(value_at(row, name) in (None, "") for name in mapping.box)


def _size(record: Any, mapping: Mapping) -> tuple[int, int]:
    wide, high = (size_of(value_at(record, name)) if name else 0 for name in (mapping.width, mapping.height))
    return (wide, high) if wide and high else (0, 0)


_READ: dict[str, Callable[[Any], Box]] = {
    "corners": boxes.corners,
    "extent": boxes.extent,
    "centre": boxes.about,
    "points": around,
}


def _mark(one: Any, record: Any, place: int, mapping: Mapping) -> Mark:
    def read() -> Box:
        values = [value_at(one, name) for name in mapping.box]
        found = values[0] if len(values) == 1 else values
        if isinstance(found, str):
            found = found.strip("[]() ").replace(";", ",").replace(" ", ",").split(",")
            found = [part for part in found if part]
        if isinstance(found, dict):
            found = list(found.values())
        return _READ[mapping.form](found)

    if mapping.label.startswith("^"):
        label = value_at(record, mapping.label[1:])
        label = (label[place] if place < len(label) else None) if isinstance(label, list) else label
    else:
        label = value_at(one, mapping.label) if mapping.label else None
        label = label[0] if isinstance(label, list) and label else label
    return mark(read, label)
