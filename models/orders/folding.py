"""Folds of a plan as pieces of work: a model of all other folds says what each sample is."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain, Recipe, Setting
from models.domains import domain
from models.errors import Cancelled
from models.job import Progress
from models.learn.pieces import Bench, Here, Outcome, Piece, Place, key_of, run_pieces
from models.learn.split import draw_split
from models.orders.fitting import Seen, fit_rows, predict_rows, relay
from models.orders.naming import find_recipe
from models.orders.pace import Pace
from models.orders.plan import Plan
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lessons:
    """What trainings on one plan share. domain, recipe: by their names, for this may travel to another process."""

    plan: Plan
    domain: str
    recipe: str
    params: Any
    seed: int
    setting: Setting

    def key(self, rows: Rows) -> str:
        """Of all that a training on these rows, and a prediction of them, depend on."""
        plan = self.plan
        votes = None if plan.votes is None else plan.votes[rows]
        of_plan = (plan.samples.take(rows), plan.classes, plan.codes[rows], plan.targets[rows], votes)
        of_split = (plan.groups[rows], plan.units[rows], plan.split.by)
        rests = find_recipe(domain(self.domain), self.recipe).rests
        beside = None if rests is None else rests(self.params, plan.samples, rows)
        return key_of(
            *of_plan, *of_split, beside, self.domain, self.recipe, self.params, self.seed, self.setting.device
        )


@dataclass(frozen=True)
class Lesson:
    """One training: rows to learn from, rows that its epoch is chosen by, rows that it tells of."""

    train: Rows
    val: Rows
    told: Rows


def fit_lesson(given: Lesson, ground: Lessons, bench: Bench) -> Generator[Progress, None, Outcome]:
    """Train and tell: {p: (m, classes)} of the rows that are told of."""
    recipe = find_recipe(domain(ground.domain), ground.recipe)
    setting = replace(ground.setting, cache=bench.cache(ground.setting.cache))
    seen = _Quiet()
    fitted = yield from fit_rows(
        ground.plan, recipe, ground.params, given.train, given.val, ground.seed, setting, bench.work, seen,
        bench.resume,
    )  # fmt: skip
    if seen.cancelled:
        raise Cancelled
    p = yield from predict_rows(fitted, ground.plan.samples, given.told, setting)
    return Outcome({"p": p})


def out_of_fold(
    plan: Plan,
    kind: Domain,
    recipe: Recipe,
    params: Any,
    seed: int,
    setting: Setting,
    work: Path,
    seen: Seen,
    place: Place | None = None,
) -> Generator[Progress, None, tuple[Rows, Floats]]:
    """Each fold's rows and their probabilities by a model of the other folds.

    work: folds that are finished there, of the same settings and labels, are not done again. place: where the others
    are done, this process for None.
    """
    folds = plan.split.folds
    pool = np.unique(np.concatenate([*folds, plan.split.train, plan.split.val]))
    lessons = Lessons(plan, kind.name, recipe.name, params, seed, setting)
    key, pieces = lessons.key(pool), []
    for number, held_out in enumerate(folds, 1):
        others = np.setdiff1d(pool, held_out)
        train, val = inner(plan, others, seed + number, getattr(params, "val_size", 0.0))
        lesson = Lesson(train, val, held_out)
        title, values = f"Fold {number} of {len(folds)}", {"fold": number, "folds": len(folds)}
        pieces.append(Piece(f"fold-{number}", title, fit_lesson, lesson, key_of(key, lesson), setting.device, values))
    paths = [*sources_of(plan.samples, pool), *([setting.cache] if setting.cache.exists() else [])]
    steps = run_pieces(pieces, lessons, place or Here(), work, paths)
    outcomes = yield from relay(steps, _Told(seen))
    return np.concatenate(folds), np.concatenate([np.asarray(one.arrays["p"]) for one in outcomes])


def sources_of(samples: Samples, rows: Rows) -> list[Path]:
    """The files and folders that these samples come from."""
    numbers = np.unique(samples.column("source")[rows]).astype(np.int64)
    return [Path(samples.sources[number]) for number in numbers.tolist()]


class _Quiet(Seen):
    """Notes the cancel; curves, log and rows of single folds are not the run's."""

    def take(self, step: Progress) -> Progress:
        return replace(super().take(step), row=None)


class _Told(Seen):
    """Notes in the run's log which fold began."""

    def __init__(self, outer: Seen) -> None:
        super().__init__()
        self._outer, self._pace = outer, Pace()

    def take(self, step: Progress) -> Progress:
        if "fold" in step.values:
            self._outer.log.append(f"Fold {step.values['fold']} of {step.values['folds']}")
        return self._pace.take(step)


def inner(plan: Plan, rows: Rows, seed: int, val_size: float) -> tuple[Rows, Rows]:
    """Rows to learn from and rows to stop by, of these, with no group on both sides."""
    codes = np.full(len(plan.codes), -1, np.int64)
    codes[rows] = plan.codes[rows]
    units = np.arange(len(codes)) if plan.split.by == "sample" else plan.units
    split = draw_split(codes, units, seed, 0.0, val_size)
    return split.train, split.val
