"""What a group of cells is called: as what the source told them apart by."""

from __future__ import annotations

import numpy as np

from models.sample import Samples

#: Columns that a group may be named after; else it is an image.
TOLD = ("patient", "slide")


def nouns(samples: Samples) -> set[tuple[str, str]]:
    """Word for the group and for one sample; groups of several kinds are only groups."""
    groups = samples.column("group")
    left = np.ones(len(samples), bool)
    found: set[str] = set()
    for name in TOLD:
        if name in samples.names:
            mine = left & (samples.column(name) == groups)
            left &= ~mine
            found |= {name} if mine.any() else set()
    found |= {"image"} if left.any() else set()
    return {(found.pop() if len(found) == 1 else "group", "cell")}
