"""How a recipe does on an animal (or session) that it has not seen: each left out in turn."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting, Task
from models.errors import UserError
from models.job import Progress
from models.learn.metrics import mean_recall

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LeftOut:
    """The score on one group that the model did not see."""

    name: str
    units: int
    balanced_accuracy: float
    calibration_error: float
    recalls: dict[str, float | None]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        scores = {"balanced_accuracy": self.balanced_accuracy, "calibration_error": self.calibration_error}
        return {"name": self.name, "units": self.units, **scores, "recalls": dict(self.recalls)}


@dataclass(frozen=True)
class Transfer:
    """One row a group, their mean, and for all left-out units the rows and probabilities."""

    rows: tuple[LeftOut, ...]
    places: Rows
    probabilities: Floats

    @property
    def mean(self) -> float:
        """Mean balanced accuracy over the groups, each counting once."""
        return float(np.mean([row.balanced_accuracy for row in self.rows]))

    @property
    def spread(self) -> float:
        """Standard deviation over the groups."""
        return float(np.std([row.balanced_accuracy for row in self.rows], ddof=1)) if len(self.rows) > 1 else 0.0

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"rows": [row.plain() for row in self.rows], "mean": self.mean, "spread": self.spread}


def leave_out(recipe: Recipe, task: Task, by: str = "animal") -> Generator[Progress, None, Transfer]:
    """Fit on all groups but one and score that one, for each; `by` is "animal", "session" or another column.

    task: its training rows are all that are used. A group of one class is predicted, but has no row of its own.
    UserError for fewer than two groups.
    """
    names = _names(task, by)
    groups = sorted(set(names[task.train].tolist()))
    if len(groups) < 2:
        raise UserError(f"all labelled units are of one {by}: none can be left out. Label another {by}.")
    weights = task.weights
    rows, places, found = [], [], []
    for number, group in enumerate(groups):
        yield Progress(number, len(groups), f"Without {group}")
        mine = names[task.train] == group
        part = replace(task, train=task.train[~mine], val=np.empty(0, np.int64), weights=_weights(task, mine, weights))
        model = yield from recipe.fit(part)
        unseen = np.unique(task.train[mine])
        p = recipe.predict(model, task.samples.take(unseen), Setting(task.device, task.cache))
        places.append(unseen)
        found.append(p)
        codes = task.targets[unseen].argmax(1).astype(np.int64)
        if len(np.unique(codes)) > 1:
            rows.append(_scored(str(group), codes, p, task.classes))
    return Transfer(tuple(rows), np.concatenate(places), np.concatenate(found))


def _names(task: Task, by: str) -> npt.NDArray[np.object_]:
    codes, sessions = task.samples.group_codes()
    whole = np.array(sessions, object)[codes]
    if by in ("session", "group"):
        return whole
    if by not in task.samples.names:
        raise UserError(f"these units have no column {by!r}. Leave out by session, or import where {by} is told.")
    told = task.samples.column(by)
    return np.array([str(own) if own else str(one) for own, one in zip(told, whole, strict=True)], object)


def _weights(task: Task, mine: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """The classes of what is left evened anew, where they were evened."""
    from models.learn.balance import balance_rows

    rule = getattr(task.params, "balance", "none")
    if rule != "weights":
        return weights
    codes = np.full(len(weights), -1, np.int64)
    kept = task.train[~mine]
    codes[kept] = task.targets[kept].argmax(1)
    return balance_rows(codes, rule, np.random.default_rng(task.seed), np.unique(kept)).weights


def _scored(name: str, codes: Rows, p: Floats, classes: tuple[str, ...]) -> LeftOut:
    from models.learn.reliability import calibration_error

    decided = p.argmax(1)
    recalls = {
        own: float((decided[codes == code] == code).mean()) if (codes == code).any() else None
        for code, own in enumerate(classes)
    }
    return LeftOut(name, len(codes), mean_recall(codes, decided), float(calibration_error(codes, p)), recalls)
