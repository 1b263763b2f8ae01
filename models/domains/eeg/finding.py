"""What all readers of EEG share: a listed file, votes checked and counted, columns of samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg.constants import CLASSES
from models.learn.words import plural

Numbers = npt.NDArray[np.float64]
#: Inner columns: where the signals of a sample are. Paths are relative to the folder of its source.
KIND, EEG, START, SECONDS = "_kind", "_eeg", "_start", "_seconds"
SPECTROGRAM, SPECTROGRAM_START, WHOLE, ROW = "_spectrogram", "_sstart", "_whole", "_row"


@dataclass(frozen=True)
class Listed:
    """A file to read: its path, its portable name, whether a person pointed at it."""

    path: Path
    name: str
    named: bool = False


def can_wait(path: Path) -> bool:
    """Whether it is a pipe, a socket or a device, which whoever reads it may wait for without end."""
    return path.exists() and not path.is_file()


def tell(number: float) -> str:
    """A number as inner columns keep it: short, and the same again when it is read."""
    return f"{number:.12g}"


def tallies_of(votes: Numbers, classes: Sequence[str] = CLASSES) -> list[dict[str, float]]:
    """Votes (n, classes) as class → votes of each sample, {} where they sum to nothing."""
    return [
        {name: float(count) for name, count in zip(classes, row, strict=True) if count > 0} for row in votes.tolist()
    ]


def ordered(values: Numbers, classes: Sequence[str]) -> Numbers:
    """Columns of another order of classes, (n, 6), in ours."""
    return values[:, [list(classes).index(name) for name in CLASSES]]


def majority(votes: Numbers) -> list[str | None]:
    """The class with most votes (n, 6); None where several have as many, or where there is no vote."""
    top = votes.max(axis=1, initial=0)
    alone = ((votes == top[:, None]).sum(axis=1) == 1) & (top > 0)
    best = votes.argmax(axis=1)
    return [CLASSES[place] if only else None for place, only in zip(best.tolist(), alone.tolist(), strict=True)]


def probability_columns(values: Numbers) -> dict[str, list[float | None]]:
    """Probabilities of a model, (n, 6) with NaN where it gives none, as columns p_<class>."""
    return {f"p_{name}": known(values[:, place]) for place, name in enumerate(CLASSES)}


def known(values: Numbers) -> list[float | None]:
    """Numbers as a column of metadata, None where there is none."""
    return [value if np.isfinite(value) else None for value in values.tolist()]


def counted(count: int, thing: str) -> str:
    """So many of a thing, in words."""
    return plural(count, thing)


def same(value: Any, count: int) -> list[Any]:
    """One value for all samples."""
    return [value] * count


def first_of(rows: npt.NDArray[np.int64]) -> str:
    """Where to look first, in words."""
    return f"the first in row {int(rows[0])}" if len(rows) else ""
