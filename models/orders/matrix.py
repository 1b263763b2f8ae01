"""Train at each value of a column, test at each: how far a model carries."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.learn.metrics import score
from models.orders.figures import matrix_figure, save_figure
from models.orders.fitting import Seen, fit_rows, predict_rows
from models.orders.naming import device_of, find_domain, find_recipe, make_params, needed_folder, place, plain
from models.orders.plan import Plan, Wish, make_plan
from models.params import unknown
from models.store.project import Project

#: More different values than this are no levels.
LEVELS = 20


def matrix(
    project: str,
    recipe: str,
    values: Mapping[str, Any] | None = None,
    column: str = "",
    seed: int = 0,
    device: str = "auto",
    out: str = "",
) -> Steps:
    """{column, levels, balanced_accuracy: rows trained at, columns tested at, chance, n}.

    Each model learns from the training rows of one level only and is tested on the test rows of
    every level; a cell without both is null. out: folder for a figure.
    """
    with Project.open(place(project)) as opened:
        kind = find_domain(opened)
        chosen = find_recipe(kind, recipe)
        params = make_params(chosen, values or {})
        name = column or next(iter(kind.by_columns), "")
        if name not in opened.samples.names:
            raise UserError(unknown("column", name, opened.samples.names))
        plan = make_plan(opened, kind, opened.journal.fold, Wish(), seed, getattr(params, "val_size", 0.2))
        levels, places = _levels(opened, name)
        setting = Setting(device_of(device), opened.cache)
        work = opened.cache / "matrix"
        table, counts = [], []
        for number, level in enumerate(levels):
            yield Progress(number, len(levels), f"Training at {name} {level}")
            row, count = yield from _row(plan, chosen, params, places, number, len(levels), seed, setting, work)
            table.append(row)
            counts.append(count)
        shutil.rmtree(work, ignore_errors=True)
        chance = 1 / len(plan.classes)
        told = {"recipe": recipe, "column": name, "levels": levels, "balanced_accuracy": table}
        files = []
        if out:
            needed_folder(place(out))
            files = save_figure(matrix_figure(levels, table, name, chance), place(out) / f"{name}_matrix")
        return plain({**told, "chance": chance, "n": counts, "files": [str(file) for file in files]})


def _levels(project: Project, name: str) -> tuple[list[Any], npt.NDArray[np.int64]]:
    values = project.samples.column(name)
    words = np.array([str(value) for value in values]) if values.dtype == object else values
    levels, places = np.unique(words, return_inverse=True)
    if not 1 < len(levels) <= LEVELS:
        raise UserError(f"{name} has {len(levels)} different values; a matrix needs 2 to {LEVELS}.")
    return levels.tolist(), places.ravel().astype(np.int64)


def _row(
    plan: Plan,
    recipe: Any,
    params: Any,
    places: npt.NDArray[np.int64],
    number: int,
    count: int,
    seed: int,
    setting: Setting,
    work: Any,
) -> Generator[Progress, None, tuple[list[float | None], int]]:
    split = plan.split
    train, val = split.train[places[split.train] == number], split.val[places[split.val] == number]
    if len(np.unique(plan.codes[train])) < 2 or not len(split.test):
        return [None] * count, len(train)
    shutil.rmtree(work, ignore_errors=True)
    fitted = yield from fit_rows(plan, recipe, params, train, val, seed, setting, work, Seen())
    p = yield from predict_rows(fitted, plan.samples, split.test, setting)
    row: list[float | None] = []
    for other in range(count):
        here = places[split.test] == other
        codes = plan.codes[split.test][here]
        row.append(score(codes, p[here], None, plan.classes, draws=0)["balanced_accuracy"] if here.any() else None)
    return row, len(train)
