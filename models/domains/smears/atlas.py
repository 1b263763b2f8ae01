"""Small pictures of all cells, so that a screen of them needs no image: out of a pack, else cut out of images."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.smears.cells import GREY, crops_by_image
from models.domains.smears.kept import marks
from models.job import Progress
from models.learn.album import Album, Drawn
from models.sample import Samples

Index = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
#: Pixels of a side, share of the box that comes along around it.
SIDE, MARGIN = 96, 0.05
#: Cells cut out between two signs of life, and cells of a part.
STEP, PART = 256, 16384


def album(cache: Path) -> Album:
    """The small pictures of a project."""
    return Album(cache / "smears" / "atlas", "Small pictures of cells", marks, _cut, SIDE, GREY, STEP, PART)


def _cut(samples: Samples, rows: Index, side: int) -> Drawn:
    return crops_by_image(samples, rows, side, MARGIN, square=True)


def thumbs(samples: Samples, rows: Index, side: int, cache: Path) -> Pixels:
    """Pictures of cells, (n, side, side, 3): from the pack, else from their images; grey where there is none."""
    return album(cache).pictures(samples, rows, side)


def stage(samples: Samples, cache: Path) -> Generator[Progress, None, int]:
    """Put the cells into the pack that are not in it; how many were. What no sample has any more goes."""
    return album(cache).stage(samples)
