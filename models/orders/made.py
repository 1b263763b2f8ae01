"""What the fit of a run came to, kept while its folds are trained: who goes on with it need not fit again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Recipe, Setting
from models.learn.pieces import Outcome, keep_outcome, key_of, read_outcome
from models.orders.fitting import Fitted, Seen
from models.orders.folding import Lessons
from models.orders.plan import Plan

Floats = npt.NDArray[np.float32]
#: The file in the run's folder of checkpoints.
MADE = "made.safetensors"


@dataclass(frozen=True)
class Made:
    """A model that lies in its run's folder: what it says of all samples, (n, classes), and what the record tells.

    before, after: samples of each class, as they were and as they were drawn. facts: what the model tells of itself.
    """

    p: Floats
    temperature: float
    before: list[int]
    after: list[int]
    facts: Mapping[str, Any]


def made_of(fitted: Fitted, p: Floats) -> Made:
    """What is kept of a model that was fitted."""
    balanced = fitted.balanced
    facts = dict(getattr(fitted.model, "facts", None) or {})
    return Made(p, fitted.temperature, balanced.before.tolist(), balanced.after.tolist(), facts)


def made_key(plan: Plan, kind: Domain, recipe: Recipe, params: Any, seed: int, setting: Setting) -> str:
    """Of all that the fit of a plan depends on."""
    lessons = Lessons(plan, kind.name, recipe.name, params, seed, setting)
    everything = np.arange(len(plan.samples), dtype=np.int64)
    return key_of(lessons.key(everything), plan.split.train, plan.split.val)


def keep_made(file: Path, key: str, made: Made, seen: Seen) -> None:
    """Keep it with what passed by while it was made."""
    facts = {name: getattr(made, name) for name in ("temperature", "before", "after", "facts")}
    passed = {"curves": seen.curves, "log": seen.log, "rows": seen.rows, "notes": seen.notes}
    keep_outcome(file, key, Outcome({"p": made.p}, {**facts, "passed": passed}))


def read_made(file: Path, key: str, seen: Seen) -> Made | None:
    """What was kept under this key, with what passed by then put back; None for nothing."""
    found = read_outcome(file, key)
    if found is None:
        return None
    facts, passed = found.facts, found.facts["passed"]
    seen.curves[:], seen.rows[:] = passed["curves"], passed["rows"]
    seen.log += passed["log"]
    seen.notes += passed.get("notes", ())
    return Made(
        np.asarray(found.arrays["p"], np.float32), facts["temperature"], facts["before"], facts["after"], facts["facts"]
    )
