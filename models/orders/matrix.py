"""Train at each value of a column, test at each: how far a model carries."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.metrics import score
from models.orders.figures import matrix_figure, save_figure
from models.orders.fitting import Seen, fit_rows, predict_rows
from models.orders.naming import device_of, find_domain, find_recipe, make_params, needed_folder, place, plain
from models.orders.plan import Plan, Wish, again, make_plan
from models.orders.records import keep
from models.params import unknown
from models.store.atomic import own_folder
from models.store.project import Project
from models.store.runs import RunRecord

#: More different values than this are no levels.
LEVELS = 20


def matrix(
    project: str,
    recipe: str = "",
    values: Mapping[str, Any] | None = None,
    column: str = "",
    seed: int = 0,
    device: str = "auto",
    out: str = "",
    run: str = "",
) -> Steps:
    """{column, levels, balanced_accuracy: rows trained at, columns tested at, chance, n}.

    Each model learns from the training rows of one level only and is tested on the test rows of
    every level; a cell without both is null. out: folder for a figure. run: takes recipe, parameters
    and split of this run, and is kept with it as "matrix"; "" with a recipe is an experiment of its own.
    """
    if bool(recipe) == bool(run):
        raise UserError("a matrix is trained with the recipe of a run, or with a recipe. Give one of the two.")
    if run and values:
        raise UserError("a run brings its own parameters. Give a recipe to try others.")
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        record = opened.runs.get(run) if run else None
        chosen = find_recipe(kind, record.recipe if record else recipe)
        params = make_params(chosen, record.record["params"] if record else values or {})
        name = column or next(iter(kind.by_columns), "")
        if not name:
            raise UserError(f"{kind.title}: no column of levels is known here. Name one with --column.")
        if name not in opened.samples.names:
            raise UserError(unknown("column", name, opened.samples.names))
        wish, split_seed = (_wish(record), record.record["seed"]) if record else (Wish(), seed)
        plan = make_plan(opened, kind, opened.journal.fold, wish, split_seed, params)
        found = yield from _table(opened, plan, chosen, params, name, seed, Setting(device_of(device), opened.cache))
        result = plain({"recipe": chosen.name, **found, "seed": seed})
        if record:
            result = keep(opened, record, "matrix", {"run": record.id, **result})
        return {**result, "files": _figure(result, place(out)) if out else []}


def _figure(result: Mapping[str, Any], folder: Path) -> list[str]:
    needed_folder(folder)
    name = result["column"]
    drawn = matrix_figure(result["levels"], result["balanced_accuracy"], name, result["chance"])
    return [str(file) for file in save_figure(drawn, folder / f"{name}_matrix")]


def _table(
    opened: Project, plan: Plan, recipe: Recipe, params: Any, name: str, seed: int, setting: Setting
) -> Generator[Progress, None, dict[str, Any]]:
    levels, places = _levels(opened, name)
    table, counts = [], []
    for number, level in enumerate(levels):
        yield Progress(number, len(levels), f"Training at {name} {level}")
        row, count = yield from _row(plan, recipe, params, places, number, len(levels), seed, setting)
        table.append(row)
        counts.append(count)
    chance = 1 / len(plan.classes)
    return {"column": name, "levels": levels, "balanced_accuracy": table, "chance": chance, "n": counts}


def _wish(record: RunRecord) -> Wish:
    """The split of a run over all samples: a level that the run left out is wanted here."""
    return replace(again(record.record), where="", max_samples=0)


def _levels(project: Project, name: str) -> tuple[list[Any], npt.NDArray[np.int64]]:
    values = project.samples.column(name)
    words = np.array([str(value) for value in values]) if values.dtype == object else values
    levels, places = np.unique(words, return_inverse=True)
    if not 1 < len(levels) <= LEVELS:
        raise UserError(f"{name} has {len(levels)} different values; a matrix needs 2 to {LEVELS}.")
    return levels.tolist(), places.ravel().astype(np.int64)


def _row(
    plan: Plan,
    recipe: Recipe,
    params: Any,
    places: npt.NDArray[np.int64],
    number: int,
    count: int,
    seed: int,
    setting: Setting,
) -> Generator[Progress, None, tuple[list[float | None], int]]:
    split = plan.split
    train, val = split.train[places[split.train] == number], split.val[places[split.val] == number]
    if len(np.unique(plan.codes[train])) < 2 or not len(split.test):
        return [None] * count, len(train)
    with own_folder(setting.cache / "matrix") as work:
        fitted = yield from fit_rows(plan, recipe, params, train, val, seed, setting, work, Seen())
        p = yield from predict_rows(fitted, plan.samples, split.test, setting)
    row: list[float | None] = []
    for other in range(count):
        here = places[split.test] == other
        codes = plan.codes[split.test][here]
        row.append(score(codes, p[here], None, plan.classes, draws=0)["balanced_accuracy"] if here.any() else None)
    return row, len(train)
