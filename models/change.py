"""What a command changed, so that widgets redraw only that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabelsChanged:
    """Labels, flags or notes of these rows changed; `rows` None means all."""

    rows: Rows | None
    title: str = ""


@dataclass(frozen=True)
class SamplesChanged:
    """Samples were added, purged or relocated: everything is read anew."""


@dataclass(frozen=True)
class StructureChanged(SamplesChanged):
    """An act retired samples and made others, or was taken back: these rows went, these came."""

    gone: tuple[int, ...] = ()
    came: tuple[int, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class SelectionChanged:
    """The shown sample (`row`, −1 for none) and the selected rows."""

    row: int
    rows: Rows


@dataclass(frozen=True)
class ListChanged:
    """The list (filter, sort, queue) shows these rows in this order."""

    rows: Rows


@dataclass(frozen=True)
class RunsChanged:
    """A run was added, named, marked, deleted; `run` is the one concerned."""

    run: str = ""


@dataclass(frozen=True)
class RunShown:
    """The run whose predictions stand beside the labels changed; "" for none."""

    run: str


@dataclass(frozen=True)
class UndoChanged:
    """What undo would take back changed, and no label with it."""


@dataclass(frozen=True)
class ProjectChanged:
    """Another project is open, or none."""


Change = (
    LabelsChanged
    | SamplesChanged
    | SelectionChanged
    | ListChanged
    | RunsChanged
    | RunShown
    | UndoChanged
    | ProjectChanged
)
