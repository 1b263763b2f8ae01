"""What all recipes of smears share: which cells can be learnt from, calibration, one kind of model on disk."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Predict, Recipe, Setting, Task
from models.errors import UserError
from models.job import Progress
from models.learn.fitted import Model, calibrate, read_model, write_model
from models.params import to_plain
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Learn = Callable[[Task], Generator[Progress, None, Model]]
Check = Callable[[Model, Samples, Setting], Mapping[str, float]]


def make_recipe(
    name: str,
    title: str,
    params: type,
    learn: Learn,
    score: Predict,
    vectors: Predict,
    explain: Predict | None = None,
    sanity: Check | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recipe:
    """A Recipe of functions on samples.

    learn(task) gets a task whose rows all have their images. score(model, samples, setting) gives uncalibrated
    probabilities (n, classes), NaN for cells that cannot be read; vectors (n, d).
    """

    def fit(task: Task) -> Generator[Progress, None, Model]:
        seen = readable(task)
        model = yield from learn(seen)
        model.recipe = name
        model.numbers["params"] = to_plain(task.params)
        if task.params.calibrate and len(seen.val):
            part = seen.samples.take(seen.val)
            held = filled(score(model, part, Setting(task.device, task.cache)))
            model.temperature = calibrate(held, seen)
        return model

    def predict(model: Model, samples: Samples, setting: Setting) -> Floats:
        from models.learn.temperature import apply_temperature

        return apply_temperature(filled(score(model, samples, setting)), model.temperature)

    return Recipe(
        name=name,
        title=title,
        params=params,
        fit=fit,
        predict=predict,
        save=write_model,
        load=lambda folder: read_model(folder, name),
        embed=vectors,
        explain=explain,
        sanity=sanity,
        presets=presets or {},
    )


def readable(task: Task) -> Task:
    """The task on cells that have an image. Raises UserError where none of the labelled ones has."""
    from models.domains.smears.cells import drawable

    able = drawable(task.samples)
    train, val = able[task.train], able[task.val]
    if len(task.train) and not train.any():
        raise UserError(
            "the images of all labelled cells are missing, so nothing can be learnt. Bring them and locate the source."
        )
    return narrowed(task, train, val)


def narrowed(task: Task, train: npt.NDArray[np.bool_], val: npt.NDArray[np.bool_]) -> Task:
    """The task on some of its training and validation rows."""
    if train.all() and val.all():
        return task
    draw = task.draw
    if draw is not None:
        draw = draw[train] / max(float(draw[train].sum()), 1e-12)
    return replace(task, train=task.train[train], val=task.val[val], draw=draw)


def filled(probabilities: Floats) -> Floats:
    """Of cells that cannot be read all classes are alike."""
    return np.asarray(np.where(np.isnan(probabilities), 1 / max(probabilities.shape[1], 1), probabilities), np.float32)


def part_of(model: Model, name: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of one part of a model, under their own names."""
    stem = f"{name}."
    return {key.removeprefix(stem): values for key, values in model.arrays.items() if key.startswith(stem)}
