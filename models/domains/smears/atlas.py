"""Small pictures of all cells, so that a screen of them needs no image: out of a pack, else cut out of images."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.smears.cells import GREY, crops_by_image
from models.domains.smears.kept import marks
from models.job import Progress
from models.learn.kept import Marks
from models.learn.pack import Pack, encode, open_pack, prune, write_part
from models.sample import Samples

Index = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]
#: Pixels of a side, share of the box that comes along around it.
SIDE, MARGIN = 96, 0.05
#: Cells cut out between two signs of life, and cells of a part.
STEP, PART = 256, 16384


def pack(cache: Path) -> Pack:
    """The pack of a project, as it is now."""
    return open_pack(cache / "smears" / "atlas")


def thumbs(samples: Samples, rows: Index, side: int, cache: Path) -> Pixels:
    """Pictures of cells, (n, side, side, 3): from the pack, else from their images; grey where there is none."""
    rows = np.asarray(rows, np.int64)
    out = np.full((len(rows), side, side, 3), GREY, np.uint8)
    lacking = np.arange(len(rows))
    if side <= SIDE:
        known = pack(cache)
        places = known.find(marks(samples, rows))
        for at in np.flatnonzero(places >= 0).tolist():
            found = known.picture(int(places[at]), side)
            if found is None:
                places[at] = -1
            else:
                out[at] = found
        lacking = np.flatnonzero(places < 0)
    if len(lacking):
        # Only what is cut out of images needs the boxes of all samples.
        for where, cells in crops_by_image(samples, rows[lacking], side, MARGIN, square=True):
            out[lacking[where]] = cells
    return out


def stage(samples: Samples, cache: Path) -> Generator[Progress, None, int]:
    """Put the cells into the pack that are not in it; how many were. What no sample has any more goes."""
    rows = np.arange(len(samples), dtype=np.int64)
    asked = marks(samples, rows)
    known = prune(pack(cache), asked)
    lacking = rows[known.find(asked) < 0]
    known.folder.mkdir(parents=True, exist_ok=True)
    made = 0
    for start in range(0, len(lacking), PART):
        part = lacking[start : start + PART]
        marked: list[Marks] = []
        pictures: list[bytes] = []
        try:
            for first in range(0, len(part), STEP):
                yield Progress(start + first, len(lacking), "Small pictures of cells")
                some = part[first : first + STEP]
                for places, cells in crops_by_image(samples, some, SIDE, MARGIN, square=True):
                    marked.append(asked[some[places]])
                    pictures += encode(cells)
        finally:
            # Whoever stops keeps what was made; a last image that was cut short has no marks yet.
            made += write_part(known.folder, marked, pictures)
    yield Progress(len(lacking), len(lacking), "Small pictures of cells")
    return made
