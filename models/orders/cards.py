"""The picture on a project's card: small lines of a few of its samples, kept in its cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domain import Domain
from models.errors import UserError
from models.sample import Samples
from models.store.atomic import write_whole
from models.store.project import Project

POINTS, LINES = 240, 4


def card_file(project: Path) -> Path:
    """Where the lines of a project folder lie: (lines, 1 + points), the place of a class (−1 none) before each."""
    return project / "cache" / "card.npy"


def write_card(path: Path, kind: Domain, samples: Samples, places: npt.NDArray[np.int64]) -> None:
    """Keep the line of the first sample of each of the last classes. places: of each sample's class, −1 for none.

    A card without a picture is no harm: what cannot be read or written is left out.
    """
    _, first = np.unique(places, return_index=True)
    rows = first[-LINES:].astype(np.int64)
    if not len(rows):
        return
    lines = np.column_stack([places[rows], kind.sketch(samples, rows, POINTS)]).astype(np.float32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: np.save(file, lines, allow_pickle=False), sync=False)
    except (OSError, UserError):
        return


def keep_card(project: Project, kind: Domain) -> None:
    """The card of a project as its labels stand."""
    fold = project.journal.fold
    known = {name: place for place, name in enumerate(project.classes)}
    places = np.array([*(known.get(name, -1) for name in fold.classes), -1], np.int64)[fold.live_codes]
    write_card(card_file(project.path), kind, project.samples, places)
