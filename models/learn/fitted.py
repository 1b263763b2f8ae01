"""A fitted model as recipes of several domains keep it: arrays, numbers and scikit-learn parts in a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting, Task
from models.errors import UserError
from models.job import Progress
from models.learn.save import read_json, read_skops, read_tensors, write_json, write_skops, write_tensors
from models.learn.settings import evens
from models.learn.temperature import apply_temperature, fit_temperature
from models.params import to_plain
from models.sample import Samples

Floats = npt.NDArray[np.float32]


@dataclass
class Model:
    """Plain arrays and numbers, scikit-learn parts, and what the input was.

    facts: of the input it learned from. arrays go to safetensors,
    numbers and facts to JSON, parts to skops. memo holds what is built on first use.
    """

    recipe: str
    classes: tuple[str, ...]
    facts: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    memo: dict[str, Any] = field(default_factory=dict, repr=False)


def calibrate(probabilities: Floats, task: Task) -> float:
    """The temperature that fits the validation part best; classes count evenly where training saw them so."""
    targets = np.asarray(task.targets[task.val], np.float64)
    if not evens(task.params):
        return fit_temperature(probabilities, targets)
    codes = targets.argmax(1)
    counts = np.bincount(codes)
    weights = np.clip(counts.max() / np.maximum(counts, 1), 1, 50)
    return fit_temperature(probabilities, targets, weights[codes])


def concluded(model: Model, name: str, task: Task, held: Callable[[], Floats]) -> Model:
    """The model with its recipe's name and parameters, calibrated by what `held` says of the validation part."""
    model.recipe = name
    model.numbers["params"] = to_plain(task.params)
    if task.params.calibrate and len(task.val):
        model.temperature = calibrate(held(), task)
    return model


def narrowed(task: Task, train: npt.NDArray[np.bool_], val: npt.NDArray[np.bool_]) -> Task:
    """The task on some of its training and validation rows."""
    if train.all() and val.all():
        return task
    draw = task.draw
    if draw is not None:
        draw = draw[train] / max(float(draw[train].sum()), 1e-12)
    return replace(task, train=task.train[train], val=task.val[val], draw=draw)


def refuse_unseen(task: Task, kept: npt.NDArray[np.bool_], things: str, why: str = "") -> None:
    """Raise UserError where rows of one class alone can be read, and others that cannot are of another.

    kept: which training rows can. things: what they are, in the plural. why: what is wrong with those that cannot, and
    what to do, where it is known.
    """
    codes = task.targets[task.train].argmax(axis=1)
    if len(np.unique(codes[kept])) == 1 < len(np.unique(codes)):
        name, lost = task.classes[int(codes[kept][0])], int((~kept).sum())
        told = why or "the files are broken or missing. Bring them whole and locate them."
        used = "measured" if why else "read"
        raise UserError(
            f"all {things} to learn from that can be {used} are of the class {name!r}: of {lost} of {len(kept)} {told}"
        )


def seeing(task: Task, train: npt.NDArray[np.bool_], val: npt.NDArray[np.bool_], nothing: str, things: str) -> Task:
    """The task on those of its rows that something can be read of. Raises UserError where these do not suffice.

    nothing: what is said where no training row is among them. things: what rows are, in the plural.
    """
    if len(train) and not train.any():
        raise UserError(nothing)
    refuse_unseen(task, train, things)
    return narrowed(task, train, val)


def filled(probabilities: Floats) -> Floats:
    """Of samples that cannot be read all classes are alike."""
    return np.asarray(np.where(np.isnan(probabilities), 1 / max(probabilities.shape[1], 1), probabilities), np.float32)


def placed(vectors: Floats, width: int = 0) -> Floats:
    """Vectors (n, d) for the map: what cannot be read (NaN) stands in the middle of the others.

    width: how many columns there are where nothing at all could be read and vectors have none.
    """
    if not vectors.shape[1]:
        return np.zeros((len(vectors), width), np.float32)
    middle = np.nanmean(vectors, 0) if np.isfinite(vectors).any() else np.zeros(vectors.shape[1], np.float32)
    return np.asarray(np.where(np.isnan(vectors), middle, vectors), np.float32)


def recipe_of(
    name: str,
    title: str,
    params: type,
    fit: Callable[[Task], Generator[Progress, None, Model]],
    score: Callable[[Model, Samples, Setting], Floats],
    **others: Any,
) -> Recipe:
    """A Recipe whose model is a `Model`. score gives uncalibrated probabilities (n, classes); others: more fields."""

    def predict(model: Model, samples: Samples, setting: Setting) -> Floats:
        return apply_temperature(score(model, samples, setting), model.temperature)

    return Recipe(
        name=name,
        title=title,
        params=params,
        fit=fit,
        predict=predict,
        save=write_model,
        load=lambda folder: read_model(folder, name),
        **others,
    )


Learn = Callable[[Task], Generator[Progress, None, Model]]


def seeing_recipe(
    name: str,
    title: str,
    params: type,
    narrow: Callable[[Task], Task],
    learn: Learn,
    score: Callable[[Model, Samples, Setting], Floats],
    **others: Any,
) -> Recipe:
    """A Recipe that not all samples can be learnt with, as `recipe_of` makes it.

    narrow(task): the task on rows whose files can be seen; learn(task) gets that. score gives uncalibrated
    probabilities, NaN for what cannot be read: of that all classes are alike.
    """

    def fit(task: Task) -> Generator[Progress, None, Model]:
        seen = narrow(task)
        model = yield from learn(seen)
        setting = Setting(task.device, task.cache)
        return concluded(model, name, seen, lambda: say(model, seen.samples.take(seen.val), setting))

    def say(model: Model, samples: Samples, setting: Setting) -> Floats:
        return filled(score(model, samples, setting))

    return recipe_of(name, title, params, fit, say, **others)


def part_of(model: Model, name: str) -> dict[str, npt.NDArray[Any]]:
    """The arrays of one part of a model, under their own names."""
    stem = f"{name}."
    return {key.removeprefix(stem): values for key, values in model.arrays.items() if key.startswith(stem)}


def keep_part(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of one part as a model keeps them; `part_of` gives them back."""
    return {f"{name}.{key}": values for key, values in arrays.items()}


def write_model(model: Model, folder: Path) -> None:
    """Write ``model.json``, ``arrays.safetensors`` and one skops file a part into the folder."""
    write_tensors(folder / "arrays.safetensors", model.arrays)
    for name, part in model.parts.items():
        write_skops(part, folder / f"{name}.skops")
    record: dict[str, Any] = {"recipe": model.recipe, "classes": list(model.classes), "facts": model.facts}
    record |= {"numbers": model.numbers, "temperature": model.temperature, "parts": sorted(model.parts)}
    write_json(folder / "model.json", record)


def read_model(folder: Path, recipe: str) -> Model:
    """Read a model folder; UserError when it is another recipe's, broken, or holds untrusted types."""
    record = read_json(folder / "model.json")
    try:
        names = [str(name) for name in record["parts"]]
        model = Model(
            record["recipe"], tuple(record["classes"]), dict(record["facts"]), numbers=dict(record["numbers"])
        )
        model.temperature = float(record["temperature"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / 'model.json'}: this does not describe a model ({error!r}).") from None
    if model.recipe != recipe:
        raise UserError(f"{folder}: this model is of the recipe {model.recipe!r}, not {recipe!r}.")
    if not all(re.fullmatch(r"\w+", name) for name in names):
        raise UserError(f"{folder / 'model.json'}: a part's name leads out of the folder. Do not use this model.")
    model.arrays = read_tensors(folder / "arrays.safetensors")[0]
    model.parts = {name: read_skops(folder / f"{name}.skops") for name in names}
    return model
