"""Numbers of cells that are worth keeping: computed once for a cell, found again by what the cell is made of."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.smears.cells import BOX, images_of, paintings_of
from models.job import Progress
from models.learn import kept
from models.learn.kept import Marks
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


def keep(
    samples: Samples, rows: Index, folder: Path, width: int, make: Callable[[Index], Floats], text: str
) -> Generator[Progress, None, Floats]:
    """The numbers of the cells at these rows, (n, width): those that the folder has, the others made and kept.

    make(rows) gives (len(rows), width), NaN for what cannot be read, which is not kept. text: for the progress.
    """
    rows = np.asarray(rows, np.int64)
    asked = marks(samples, rows)
    return (yield from kept.keep(asked, folder, width, lambda places: make(rows[places]), text))


def marks(samples: Samples, rows: Index) -> Marks:
    """What tells each cell from every other one: its image, that file's size and time, its box, (n,)."""
    texts = samples.table.column(BOX).take(rows).to_pylist() if BOX in samples.names else [None] * len(rows)
    states = [""] * len(rows)
    for path, places in images_of(samples, rows):
        state = kept.state_of(path)
        for place in places.tolist():
            states[place] = state
    return kept.marks_of(
        f"{state}|{text}{painting}"
        for state, text, painting in zip(states, texts, paintings_of(samples, rows), strict=True)
    )
