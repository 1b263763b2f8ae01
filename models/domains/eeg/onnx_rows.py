"""Windows that an ONNX file is calibrated on, those that decide what of it stays as it was, and others to try it on.

None is of two kinds. It is calibrated on windows that the run learnt from, drawn by class; windows of its validation
part decide; it is tried out on what is left, of which neither knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.errors import UserError
from models.learn.fitted import Model
from models.learn.onnx_session import Inputs

Index = npt.NDArray[np.int64]
#: Windows read in one go.
_STEP = 8


@dataclass(frozen=True)
class Windows:
    """Windows as networks take them, and their votes (n, classes)."""

    inputs: Inputs
    votes: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.votes)


@dataclass(frozen=True)
class Rows:
    """Rows of a view by what they are for."""

    learnt: Index
    held: Index
    others: Index


def choose(view: ExportView, most: int) -> Rows:
    """At most so many rows of each kind. What a run has no windows for is taken from those that it has most of."""
    from models.domains.eeg.recipes.model import able

    part = _parts(view)
    there = able(view.samples)
    # Out of fold is what the last model learnt from as well.
    trained = np.isin(part, ("train", "out_of_fold"))
    pools = [np.flatnonzero(there & mask) for mask in (trained, part == "val", ~trained & (part != "val"))]
    for place, pool in enumerate(pools):
        if not len(pool):
            richest = max(range(len(pools)), key=lambda one: len(pools[one]))
            pools[place], pools[richest] = pools[richest][1::2], pools[richest][::2]
    learnt, held, others = pools
    rng = np.random.default_rng(0)
    return Rows(_by_class(view, rng.permutation(learnt))[:most], rng.permutation(held)[:most], _spread(others, most))


def _parts(view: ExportView) -> npt.NDArray[Any]:
    """Which part of the run each sample is of, "" of none."""
    from models.store.predictions import FILE_NAME, read_predictions

    found = np.full(len(view.samples), "", "U16")
    if view.folder is not None:
        told = read_predictions(view.folder / FILE_NAME)
        rows, place = told.rows(view.samples)
        found[rows] = told.part[place].astype(str)
    return found


def _by_class(view: ExportView, rows: Index) -> Index:
    """The rows in an order of which each beginning has as many of each class as can be."""
    kinds = [_class_of(view, row) for row in rows.tolist()]
    seen: dict[str, int] = {}
    turn = []
    for kind in kinds:
        seen[kind] = seen.get(kind, 0) + 1
        turn.append(seen[kind])
    return rows[np.argsort(turn, kind="stable")]


def _class_of(view: ExportView, row: int) -> str:
    votes = view.votes[row] if view.votes else {}
    return max(votes, key=lambda name: votes[name]) if votes else view.labels[row] or ""


def _spread(rows: Index, most: int) -> Index:
    return rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)] if len(rows) else rows


def read(view: ExportView, model: Model, rows: Index) -> Windows:
    """These windows. UserError where none of them can be read."""
    from models.domains.eeg.recipes import RECIPES, networks
    from models.domains.eeg.signals import read_signals

    takes = next(one for one in RECIPES if one.name == model.recipe).takes
    parts: list[dict[str, Any]] = []
    kept: list[Index] = []
    for start in range(0, len(rows), _STEP):
        some = rows[start : start + _STEP]
        given = inputs_of(model, read_signals(view.samples, some, takes))
        there = np.any([networks.seen_in(one) for one in given.values()], axis=0)
        parts.append({name: one[there] for name, one in given.items()})
        kept.append(some[there])
    rows = np.concatenate(kept) if kept else rows
    if not len(rows):
        raise UserError("none of these windows can be read, so the model cannot be tried out. Bring their files.")
    votes = [[view.votes[row].get(name, 0) for name in model.classes] if view.votes else [0.0] for row in rows.tolist()]
    return Windows({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.array(votes, float))


def inputs_of(model: Model, signals: Any) -> dict[str, Any]:
    """Signals as the file of a model takes them, by name."""
    from models.domains.eeg.recipes import attention_ensemble, efficientnet, raw

    module: Any = {"efficientnet": efficientnet, "attention_ensemble": attention_ensemble}.get(model.recipe, raw)
    given = module.inputs(model, signals)
    return {name: one if one.dtype == np.uint8 else one.astype(np.float32) for name, one in given.items()}
