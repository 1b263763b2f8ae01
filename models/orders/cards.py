"""The picture on a project's card, kept in its cache: lines of a few samples, or how many each class has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain
from models.errors import UserError
from models.sample import Samples
from models.store.atomic import write_whole
from models.store.project import Project
from models.store.voted import standing

POINTS, LINES = 240, 4
Places = npt.NDArray[np.int64]
Card = npt.NDArray[Any]


def card_file(project: Path) -> Path:
    """Where the picture of a project folder lies."""
    return project / "cache" / "card.npy"


def read_card(path: Path) -> Card | None:
    """What is kept: numbers (lines, 1 + points), the place of a class (−1 none) before each line; or words
    (classes, 2), the name of each class in its order and how many samples have it, "" for those without one.

    None where nothing is, or nothing that can be drawn.
    """
    try:
        kept = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if kept.ndim != 2 or not len(kept):
        return None
    if kept.dtype.kind == "U":
        return kept if kept.shape[1] == 2 and all(words.isdecimal() for words in kept[:, 1].tolist()) else None
    return kept if kept.dtype.kind == "f" and kept.shape[1] > 2 and _is_drawn(kept[:, 1:]) else None


def _is_drawn(lines: npt.NDArray[np.floating[Any]]) -> bool:
    """Whether any of the lines is more than a flat one."""
    return any(bool(np.isfinite(line).any()) and float(np.nanmax(line)) > float(np.nanmin(line)) for line in lines)


def write_card(path: Path, kind: Domain, samples: Samples, places: Places, classes: Sequence[str]) -> None:
    """Keep the line of the first sample of each of the last classes; counts where no sample has a line.

    places: of each sample's class, −1 for none. Lines that are kept already stay. A card without a picture is no
    harm: what cannot be read or written is left out.
    """
    kept = read_card(path)
    if kept is not None and kept.dtype.kind == "f":
        return
    _, first = np.unique(places, return_index=True)
    rows = first[-LINES:].astype(np.int64)
    if len(rows):
        lines = np.column_stack([places[rows], kind.sketch(samples, rows, POINTS)]).astype(np.float32)
        _write(path, lines if _is_drawn(lines[:, 1:]) else count_classes(places, classes))


def renew_counts(path: Path, places: Places, classes: Sequence[str]) -> None:
    """Count again where counts are kept: labels changed."""
    kept = read_card(path)
    if kept is not None and kept.dtype.kind == "U":
        _write(path, count_classes(places, classes))


def count_classes(places: Places, classes: Sequence[str]) -> Card:
    """(classes, 2): name and how many samples, those without a label last."""
    many = np.bincount(places + 1, minlength=len(classes) + 1)
    told = [(name, str(many[place + 1])) for place, name in enumerate(classes)]
    return np.array([*told, ("", str(many[0]))] if many[0] else told)


def _write(path: Path, card: Card) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: np.save(file, card, allow_pickle=False), sync=False)
    except (OSError, UserError):
        return


def keep_card(project: Project, kind: Domain) -> None:
    """The card of a project as its labels stand."""
    fold = standing(project, project.journal.fold)
    known = {name: place for place, name in enumerate(project.classes)}
    places = np.array([*(known.get(name, -1) for name in fold.classes), -1], np.int64)[fold.live_codes]
    write_card(card_file(project.path), kind, project.samples, places, project.classes)
