"""The learning curve of a run's recipe: its score against the number of labels."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Setting
from models.job import Progress, Steps
from models.learn import curve
from models.orders.fitting import Seen, fit_rows, load_model, predict_rows
from models.orders.naming import device_of, find_domain, place, plain
from models.orders.plan import again, make_plan
from models.orders.records import keep
from models.orders.scoring import held_out
from models.params import build
from models.store.atomic import own_folder
from models.store.project import Project

Rows = npt.NDArray[np.int64]


def learning_curve(project: str, run: str = "last", repeats: int = 3, seed: int = 0, device: str = "auto") -> Steps:
    """{points: one a fit, curve: one a share with mean and range, metric, part, at, position}; of the labels of now.

    Kept with the run as "curve".
    """
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), opened.runs.get(run)
        setting = Setting(device_of(device), opened.cache)
        recipe = load_model(kind, record.path)[0].recipe
        params = build(recipe.params, record.record["params"])
        wish = again(record.record)
        plan = make_plan(opened, kind, opened.journal.fold, wish, record.record["seed"], params)
        part, rows = held_out(plan.split.parts(len(plan.samples)), plan.codes)

        def fit(train: Rows, number: int) -> Generator[Progress, None, npt.NDArray[np.float32]]:
            val = plan.split.val if part != "val" else np.empty(0, np.int64)
            with own_folder(opened.cache / "learning_curve") as work:
                fitted = yield from fit_rows(plan, recipe, params, train, val, number, setting, work, Seen())
                return (yield from predict_rows(fitted, plan.samples, rows, setting))

        points = yield from curve.learning_curve(
            fit, plan.codes, plan.groups, plan.split.train, rows, plan.classes, seed, repeats=repeats,
            ordinal=kind.is_ordinal(plan.classes),
        )  # fmt: skip
        result: dict[str, Any] = {
            "run": record.id,
            "part": part,
            "metric": "balanced_accuracy",
            "points": [point.plain() for point in points],
            "curve": curve.summarise(points),
            "forecast": curve.forecast(curve.summarise(points)),
            "seed": seed,
            "repeats": repeats,
        }
        return keep(opened, record, "curve", plain(result))
