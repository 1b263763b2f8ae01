"""What all trace recipes share: staging, calibration, one kind of model on disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting, Task
from models.domains.traces.staging import Staged, finish, stage
from models.errors import UserError
from models.job import Progress
from models.learn.settings import CommonParams, evens
from models.params import Note, to_plain
from models.sample import Samples

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TraceParams(CommonParams):
    """How ragged recordings become one length and rate."""

    rate: Annotated[
        float,
        Note(
            "Rate that all traces are resampled to; 0 takes the lowest found (where none is known: as they are)",
            low=0,
            unit="samples/s",
            section="Data",
        ),
    ] = 0.0
    length: Annotated[
        int,
        Note("Length that traces are cropped or padded to; 0 takes the median", low=0, unit="samples", section="Data"),
    ] = 0


@dataclass
class Model:
    """A fitted trace model: plain arrays and numbers, scikit-learn parts, and what the input was.

    facts: kind, length, rate, repaired … of the input it learned from. arrays go to safetensors,
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


Learn = Callable[[Task, Staged], Generator[Progress, None, Model]]
Score = Callable[[Model, Staged, str], Floats]


def make_recipe(
    name: str,
    title: str,
    params: type,
    learn: Learn,
    score: Score,
    vectors: Score,
    explain: Score,
    sanity: Callable[[Model, Staged, str], dict[str, float]] | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> Recipe:
    """A Recipe of functions on staged traces.

    score(model, staged, device) gives uncalibrated probabilities (n, classes), vectors (n, d),
    explain a relevance (n, length).
    """

    def fit(task: Task) -> Generator[Progress, None, Model]:
        staged = yield from stage(task.samples, task.cache, task.params.rate, task.params.length)
        model = yield from learn(task, staged)
        model.recipe = name
        model.numbers["params"] = to_plain(task.params)
        if task.params.calibrate and len(task.val):
            model.temperature = calibrate(score(model, staged, task.device)[task.val], task)
        return model

    def predict(model: Model, samples: Samples, setting: Setting) -> Floats:
        from models.learn.temperature import apply_temperature

        return apply_temperature(score(model, restage(model, samples, setting), setting.device), model.temperature)

    def embed(model: Model, samples: Samples, setting: Setting) -> Floats:
        return vectors(model, restage(model, samples, setting), setting.device)

    def show(model: Model, samples: Samples, setting: Setting) -> Floats:
        return explain(model, restage(model, samples, setting), setting.device)

    def check(model: Model, samples: Samples, setting: Setting) -> dict[str, float]:
        return sanity(model, restage(model, samples, setting), setting.device) if sanity else {}

    return Recipe(
        name=name,
        title=title,
        params=params,
        fit=fit,
        predict=predict,
        save=write_model,
        load=lambda folder: read_model(folder, name),
        embed=embed,
        explain=show,
        sanity=check if sanity else None,
        presets=presets or {},
    )


def restage(model: Model, samples: Samples, setting: Setting) -> Staged:
    """The samples' traces at the length and rate that the model learned from."""
    facts = model.facts
    return finish(stage(samples, setting.cache, facts["rate"], facts["length"]))


def calibrate(probabilities: Floats, task: Task) -> float:
    """The temperature that fits the validation part best; classes count evenly where training saw them so."""
    from models.learn.temperature import fit_temperature

    targets = np.asarray(task.targets[task.val], np.float64)
    if not evens(task.params):
        return fit_temperature(probabilities, targets)
    codes = targets.argmax(1)
    counts = np.bincount(codes)
    repeats = np.clip(np.round(counts.max() / np.maximum(counts, 1)), 1, 50).astype(np.int64)
    rows = np.repeat(np.arange(len(codes)), repeats[codes])
    return fit_temperature(probabilities[rows], targets[rows])


def write_model(model: Model, folder: Path) -> None:
    """Write ``model.json``, ``arrays.safetensors`` and one skops file a part into the folder."""
    from models.learn.save import write_json, write_skops, write_tensors

    write_tensors(folder / "arrays.safetensors", model.arrays)
    for name, part in model.parts.items():
        write_skops(part, folder / f"{name}.skops")
    record: dict[str, Any] = {"recipe": model.recipe, "classes": list(model.classes), "facts": model.facts}
    record |= {"numbers": model.numbers, "temperature": model.temperature, "parts": sorted(model.parts)}
    write_json(folder / "model.json", record)


def read_model(folder: Path, recipe: str) -> Model:
    """Read a model folder; UserError when it is another recipe's, broken, or holds untrusted types."""
    from models.learn.save import read_json, read_skops, read_tensors

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
