"""What a scan finds, sorted by kind, and small smears to find."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models.domain import Found, Noted, Skipped
from models.domains.smears.read import scan


@dataclass
class Scanned:
    """The findings of one scan."""

    found: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [str(key) for one in self.found for key in one.keys]

    @property
    def labels(self) -> list[str | None]:
        return [label for one in self.found for label in one.labels]

    @property
    def groups(self) -> list[str]:
        return [group for one in self.found for group in one.groups]

    def column(self, name: str) -> list[Any]:
        return [value for one in self.found for value in one.columns.get(name, [None] * len(one.keys))]

    @property
    def words(self) -> str:
        """All that was told, a line each."""
        told = [f"{one.source} {one.where}: {one.text}" for one in self.noted]
        return "\n".join([*told, *(f"{one.source} {one.where}: {one.reason}" for one in self.skipped)])


def scanned(*sources: Path, **settings: str) -> Scanned:
    """The findings of a scan of these places."""
    out = Scanned()
    for one in scan(sources, settings):
        for kind, kept in ((Found, out.found), (Skipped, out.skipped), (Noted, out.noted)):
            if isinstance(one, kind):
                kept.append(one)  # type: ignore[attr-defined]
    return out


def picture(path: Path, width: int = 200, height: int = 100, shade: int = 90, **how: Any) -> Path:
    """A plain image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), shade, np.uint8)).save(path, **how)
    return path


def bbbc(*entries: tuple[str, list[tuple[Any, Any, Any, Any, Any]]], width: int = 200, height: int = 100) -> str:
    """The JSON of BBBC041: a name and left, top, right, bottom, class of each box."""
    return json.dumps(
        [
            {
                "image": {"checksum": "", "pathname": name, "shape": {"r": height, "c": width, "channels": 3}},
                "objects": [
                    {"bounding_box": {"minimum": {"r": t, "c": left}, "maximum": {"r": b, "c": r}}, "category": label}
                    for left, t, r, b, label in marks
                ],
            }
            for name, marks in entries
        ]
    )
