"""Small smears, and what a scan finds of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models.domains.smears.read import scan
from tests.scans import Scanned


def scanned(*sources: Path, **settings: str) -> Scanned:
    """The findings of a scan of these places."""
    return Scanned(scan(sources, settings))


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
