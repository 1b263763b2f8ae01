"""GeoJSON of QuPath: the objects of one image, each an outline with its class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.domains.smears.boxes import BadBox, Box
from models.domains.smears.coco import IMAGE_FACTS, around
from models.domains.smears.entries import Entry, Mark, mark

#: What a file that was written here tells beside its objects: its image, and facts of it.
OURS = "winnow"
_OUTLINES = ("Polygon", "MultiPolygon")


def is_geojson(content: Any) -> bool:
    """Whether JSON is of this form: a collection of features, one, or a list of them."""
    if isinstance(content, dict):
        return content.get("type") == "Feature" or (
            content.get("type") == "FeatureCollection" and isinstance(content.get("features"), list)
        )
    return isinstance(content, list) and bool(content) and all(_is_feature(one) for one in content[:20])


def read_geojson(content: Any, stem: str, part: str) -> Iterator[Entry]:
    """Its image, which has the name of the file where the file tells no other.

    Outlines become the boxes around them; the class is the classification's, QuPath's own name for "none" is none.
    """
    told = content.get(OURS) if isinstance(content, dict) else None
    told = told if isinstance(told, dict) else {}
    facts = {name: told[name] for name in IMAGE_FACTS if name in told}
    facts |= {"split": part} if part and "split" not in facts else {}
    name = told.get("image")
    yield Entry(
        name if isinstance(name, str) and name else stem, [_mark(one) for one in _features(content)], facts=facts
    )


def _is_feature(one: Any) -> bool:
    return isinstance(one, dict) and one.get("type") == "Feature"


def _features(content: Any) -> list[Any]:
    if isinstance(content, dict):
        return list(content["features"]) if "features" in content else [content]
    return list(content)


def _mark(one: Any) -> Mark:
    def read() -> Box:
        shape = one["geometry"]
        if shape["type"] not in _OUTLINES:
            raise BadBox(f"it is a {shape['type']}, which has no inside")
        return around(shape["coordinates"])

    found = one.get("properties") if isinstance(one, dict) else None
    told = found if isinstance(found, dict) else {}
    metadata = told.get("metadata")
    difficult = isinstance(metadata, dict) and metadata.get("difficult") == "true"
    return mark(read, _class_of(told.get("classification")), {"difficult": True} if difficult else {})


def _class_of(found: Any) -> Any:
    """The name of a classification, or its names joined as QuPath joins those of a derived class."""
    if not isinstance(found, dict):
        return found
    names = found.get("names")
    if "name" not in found and isinstance(names, list):
        return ": ".join(str(name) for name in names) or None
    return found.get("name")
