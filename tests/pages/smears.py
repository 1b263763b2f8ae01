"""A small project of cells for tests of the window: two images, cells of two looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.projects import project_from
from tests.smears.blood import cell
from tests.smears.scanned import bbbc

COUNT = 12


def make_smears(folder: Path) -> Path:
    """Two images of six cells each, every other one infected: labelled in the first image, not in the second."""
    rng = np.random.default_rng(0)
    images = []
    for name in ("a", "b"):
        picture = np.full((120, 560, 3), 238, np.uint8)
        marks = []
        for place in range(6):
            left = 10 + 90 * place
            look = cell(place % 2 == 1, rng)
            # The infected are darker as a whole, so that small pictures tell them too.
            picture[20:92, left : left + 72] = look // 2 if place % 2 else look
            label = ("rbc", "ring")[place % 2] if name == "a" else ""
            marks.append((left, 20, left + 72, 92, label))
        path = folder / "d" / "images" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
        images.append((f"images/{name}.png", marks))
    (folder / "d" / "list.json").write_text(bbbc(*images, width=560, height=120), "utf-8")
    return project_from(folder / "cells", "smears", folder / "d")
