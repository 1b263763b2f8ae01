"""What a domain can change: the structure of samples, and sources that lack what can be computed into them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.job import Progress
from models.sample import Samples
from models.structure import Edit, Proposal, Step, Taken

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EditKind:
    """One kind of act: its title, what it makes in words, and how many samples it takes (most 0: any number)."""

    title: str
    least: int = 1
    most: int = 0


@dataclass(frozen=True)
class Edits:
    """The acts of structure that a domain knows, by kind.

    make(samples, edits, taken, live) gives the steps of what is wanted, one each; live: which samples are there.
    read(path, samples) gives what a file asks for. Both raise UserError for what cannot be. measure(samples, rows)
    computes metadata of made samples anew and returns them by row; until then such a sample has "_pending" and
    nothing that is stale.
    propose(samples, rows) looks for changes among rows that are there, the surest first.
    find(samples, live rows, chosen, values) looks for samples that are none yet, such as cells in the images of the
    chosen rows (None: wherever there are none), and gives the edits that make them; searched: the record of values.
    """

    kinds: Mapping[str, EditKind]
    make: Callable[[Samples, Sequence[Edit], Taken, npt.NDArray[np.bool_]], list[Step]]
    read: Callable[[Path, Samples], list[Edit]]
    measure: Callable[[Samples, Index], Generator[Progress, None, Mapping[int, Mapping[str, Any]]]] | None = None
    propose: Callable[[Samples, Index], Generator[Progress, None, list[Proposal]]] | None = None
    find: Callable[[Samples, Index, Index | None, Any], Generator[Progress, None, list[Edit]]] | None = None
    searched: Callable[[], type] | None = None


@dataclass(frozen=True)
class Lacking:
    """Something that a source lacks: its name, what it would give, and why it cannot be computed ("" when it can)."""

    name: str
    gives: str
    obstacle: str = ""


@dataclass(frozen=True)
class Computed:
    """What was computed into a source by name, what could not be with its reason, and whether a person stopped it."""

    names: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    stopped: bool = False


@dataclass(frozen=True)
class Completion:
    """Sources may lack what can be computed into them; what they hold already is never changed.

    lacking(source) tells what one lacks, nothing for a source of another kind. compute(source) computes what can
    be; stopped, it returns what is done. restore(source) takes away what a program that was killed left half done.
    All raise UserError.
    """

    lacking: Callable[[Path], Sequence[Lacking]]
    compute: Callable[[Path], Generator[Progress, None, Computed]]
    restore: Callable[[Path], None]
