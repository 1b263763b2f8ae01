"""Cells that are found in images: which images are looked at, and what is drawn in them."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from models.domains.smears.cells import WHOLE, boxes_of, images_of
from models.domains.smears.detector import Detected, DetectorParams, detect
from models.domains.smears.images import BadImage, open_image
from models.job import Progress
from models.sample import Samples
from models.structure import BOX, Edit

Index = npt.NDArray[np.int64]
#: Two boxes that share so much of the smaller one are the same cell.
SAME = 0.5


def find(
    samples: Samples, live: Index, chosen: Index | None, params: DetectorParams
) -> Generator[Progress, None, list[Edit]]:
    """Boxes for the images of chosen rows beside those that are there; None: for images without any.

    An image is looked at once. One that is a cell by itself is left out, and one that cannot be read gives none.
    """
    whole = _whole(samples)
    edits: list[Edit] = []
    images = [(path, live[places]) for path, places in images_of(samples, live)]
    wanted = live[whole[live]] if chosen is None else chosen
    images = [(path, rows) for path, rows in images if np.isin(rows, wanted).any()]
    for number, (path, members) in enumerate(images):
        known = boxes_of(samples, members)
        known = known[~np.isnan(known).any(1)]
        if not len(known) and not whole[members].any():
            continue
        yield Progress(number, len(images), f"Finding cells in {path.name}")
        try:
            found: Detected = yield from detect(open_image(path), params)
        except BadImage as reason:
            yield Progress(log=f"{path.name}: {reason}")
            continue
        row = int(members[0])
        edits += [Edit(BOX, (row,), {"box": box.tolist()}) for box in found.boxes if not _known(box, known)]
    return edits


def _whole(samples: Samples) -> npt.NDArray[np.bool_]:
    if WHOLE not in samples.names:
        return np.zeros(len(samples), bool)
    return np.array([value == "1" for value in samples.table.column(WHOLE).to_pylist()], bool)


def _known(box: npt.NDArray[np.float32], known: npt.NDArray[np.float32]) -> bool:
    """Whether a cell stands there already."""
    low, high = np.maximum(box[:2], known[:, :2]), np.minimum(box[2:], known[:, 2:])
    common = np.clip(high - low, 0, None).prod(1)
    least = np.minimum((box[2:] - box[:2]).prod(), (known[:, 2:] - known[:, :2]).prod(1))
    return bool((common > SAME * least).any())
