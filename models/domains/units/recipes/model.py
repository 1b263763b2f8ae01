"""What all recipes of units share: the table of metrics, the fitted model, its folder."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Reasons, Recipe, Setting, Task
from models.domains.units.halving import Table
from models.errors import UserError
from models.job import Progress
from models.learn.settings import CommonParams
from models.params import Note, to_plain, unknown
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
TOGETHER = ("session", "animal")
#: How many quantiles of a metric a model remembers of its training units.
QUANTILES = 21


@dataclass(frozen=True)
class UnitParams(CommonParams):
    """What a model of units sees, and what its inner folds keep together."""

    val_size: Annotated[
        float,
        Note(
            "Share of the training sessions kept out for validation; 0: inner folds calibrate, all train",
            low=0.0,
            high=0.5,
            section="Data",
            label="Validation",
        ),
    ] = 0.0
    metric_names: Annotated[
        tuple[str, ...],
        Note(
            "Metrics to learn from; none named: all that the units have; drift_* stands for all that begin so",
            section="Data",
            label="Metrics",
            offers="features",
        ),
    ] = ()
    relative: Annotated[bool, Note("Give each metric also relative to its own session (robust z)", section="Data")] = (
        False
    )
    together: Annotated[
        str, Note("What inner folds keep together", choices=TOGETHER, section="Data", short="in inner folds")
    ] = "session"


@dataclass(frozen=True)
class Calibration:
    """What some labelled units of a new animal say of the model's confidence there.

    The shown probability of the decided class is σ(scale · logit p + offset); the others share the
    rest as before. The decision itself stays. rows: how many units it was fitted on.
    """

    scale: float
    offset: float
    rows: int = 0

    def apply(self, p: Floats) -> Floats:
        """P (n, k) as it is to be shown."""
        shown, row = p.astype(np.float64), np.arange(len(p))
        decided = shown.argmax(1)
        sure = np.clip(shown[row, decided], 1e-4, 1 - 1e-4)
        told = 1 / (1 + np.exp(-self.scale * np.log(sure / (1 - sure)) - self.offset))
        shown *= ((1 - told) / np.maximum(1 - shown[row, decided], 1e-9))[:, None]
        shown[row, decided] = told
        for place in np.flatnonzero((shown >= told[:, None]).sum(1) > 1):
            _level(shown[place], int(decided[place]))
        return np.asarray(shown / shown.sum(1, keepdims=True), np.float32)


def _level(p: Numbers, decided: int) -> None:
    """Put the decided class on top again, in place: it shares alike with those before it, and gets a hair more."""
    order = [int(code) for code in np.argsort(-p) if code != decided]
    pooled = [decided]
    while order and p[order[0]] >= p[pooled].mean():
        pooled.append(order.pop(0))
    p[pooled] = p[pooled].mean()
    p[decided] += 1e-5


@dataclass
class Model:
    """Fitted pipelines of one recipe.

    asked: the metrics under their own names; names: the columns made of them, in order. present:
    which classes each part tells apart, by their codes. tried: rows of the table of configurations.
    facts: what the run record tells of the model. arrays: how the metrics of the training rows are
    distributed (middle, spread, quantiles, missing), and the sign of each column where a model from
    elsewhere knows a metric under its older name.
    """

    recipe: str
    classes: tuple[str, ...]
    asked: tuple[str, ...]
    names: tuple[str, ...]
    relative: bool = False
    parts: dict[str, Any] = field(default_factory=dict)
    present: dict[str, tuple[int, ...]] = field(default_factory=dict)
    temperature: float = 1.0
    calibration: Calibration | None = None
    tried: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Taught:
    """The training side of a task as a table; present: the class code of each of its compact codes."""

    table: Table
    present: tuple[int, ...]
    asked: tuple[str, ...]
    names: tuple[str, ...]
    groups: Index


Learn = Callable[[Task, Taught], Generator[Progress, None, Model]]
Raw = Callable[[Model, Floats], Floats]


def taught(task: Task) -> Taught:
    """Metrics, classes, weights and groups of the training rows.

    Raises UserError where fewer than two classes are labelled or no metric is there.
    """
    from models.domains.units.metrics import features
    from models.learn.tabular import lesson

    seen = lesson(task)
    x, names = features(task.samples, spelled_out(task.samples, task.params.metric_names), task.params.relative)
    asked = tuple(names[: len(names) // 2] if task.params.relative else names)
    if not names or not np.isfinite(x[seen.rows]).any():
        wanted = ", ".join(task.params.metric_names)
        raise UserError(
            f"these units have no metrics to learn from{f' ({wanted})' if wanted else ''}. "
            "Import a table of metrics, or compute them."
        )
    present, codes = np.unique(seen.codes, return_inverse=True)
    groups = group_codes(task.samples, task.params.together)[seen.rows]
    table = Table(x[seen.rows], codes.astype(np.int64), seen.weights, groups)
    return Taught(table, tuple(present.tolist()), asked, tuple(names), groups)


def spelled_out(samples: Samples, names: Sequence[str]) -> list[str]:
    """The metrics that these names and patterns mean, each once; UserError for a pattern that fits none."""
    from models.domains.units.metrics import feature_names

    known, found = feature_names(samples), list[str]()
    for name in names:
        fitting = fnmatch.filter(known, name) if set(name) & set("*?[") else [name]
        if not fitting:
            raise UserError(unknown("metric like", name, known))
        found += fitting
    return list(dict.fromkeys(found))


def group_codes(samples: Samples, together: str) -> Index:
    """Session of each unit as a number, or its animal (its session where no animal is known), (n,)."""
    codes, names = samples.group_codes()
    if together != "animal" or "animal" not in samples.names:
        return codes
    animals = samples.column("animal")
    words = [f"a{animal}" if animal else f"s{names[code]}" for animal, code in zip(animals, codes, strict=True)]
    return np.unique(np.array(words, str), return_inverse=True)[1].astype(np.int64)


def table_of(model: Model, samples: Samples) -> Floats:
    """The model's columns of these units, (n, d); a metric that they lack is NaN."""
    from models.domains.units.metrics import features

    x = features(samples, model.asked, model.relative)[0]
    sign = model.arrays.get("sign")
    return x if sign is None else x * sign


def predict_table(model: Model, x: Floats, raw: Raw) -> Floats:
    """Calibrated probabilities (n, classes) of a table (n, d)."""
    from models.learn.temperature import apply_temperature

    if not len(x):
        return np.zeros((0, len(model.classes)), np.float32)
    p = apply_temperature(raw(model, x), model.temperature)
    return p if model.calibration is None else model.calibration.apply(p)


def one_part(model: Model, x: Floats) -> Floats:
    """Probabilities (n, classes) of the model's only pipeline."""
    from models.domains.units.pipelines import probabilities
    from models.learn.tabular import spread

    p = probabilities(model.parts["classifier"], x, model.names)
    return spread(p, model.present["classifier"], len(model.classes))


def make_recipe(name: str, title: str, params: type, learn: Learn, raw: Raw = one_part) -> Recipe:
    """A Recipe of a function that learns from a table, and of one that gives raw probabilities."""

    def fit(task: Task) -> Generator[Progress, None, Model]:
        seen = taught(task)
        model = yield from learn(task, seen)
        model.recipe, model.relative = name, task.params.relative
        model.arrays = {**moments(seen.table.x), **profile(seen.table.x)}
        model.facts = {"metrics": list(seen.asked), "params": to_plain(task.params), **model.facts}
        return model

    def predict(model: Model, samples: Samples, setting: Setting) -> Floats:
        return predict_table(model, table_of(model, samples), raw)

    def embed(model: Model, samples: Samples, setting: Setting) -> Floats:
        return vectors(model, table_of(model, samples))

    def reasons(model: Model, samples: Samples, rows: Index, background: Index, setting: Setting) -> Reasons:
        from models.domains.units.studies import reasons as found

        return found(model, samples, rows, background)

    def load(folder: Path) -> Model:
        return read_model(folder, name)

    return Recipe(name, title, params, fit, predict, write_model, load, embed, reasons=reasons)


def curb(x: Floats) -> Numbers:
    """Metrics on a scale where heavy tails are short: sign · log(1 + |x|), for maps and distances."""
    values = x.astype(np.float64)
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), np.float64)


def moments(x: Floats) -> dict[str, Floats]:
    """Median and spread of each curbed column; 0 and 1 where nothing is known."""
    from models.domains.units.pipelines import quietly

    with quietly():
        middle, spread = np.nanmedian(curb(x), axis=0), np.nanstd(curb(x), axis=0)
    known = np.isfinite(spread) & (spread > 1e-9)
    return {
        "middle": np.where(np.isfinite(middle), middle, 0).astype(np.float32),
        "spread": np.where(known, spread, 1).astype(np.float32),
    }


def profile(x: Floats) -> dict[str, Floats]:
    """How each metric is distributed: quantiles (d, 21) of what is known, and the share that is missing (d,)."""
    levels = np.linspace(0, 1, QUANTILES)
    table = np.full((x.shape[1], QUANTILES), np.nan, np.float32)
    for place in range(x.shape[1]):
        known = x[np.isfinite(x[:, place]), place]
        if len(known):
            table[place] = np.quantile(known, levels)
    return {"quantiles": table, "missing": np.isnan(x).mean(0).astype(np.float32)}


def vectors(model: Model, x: Floats) -> Floats:
    """Curbed metrics standardised by the training rows, 0 where missing, (n, d)."""
    z = (curb(x) - model.arrays["middle"]) / model.arrays["spread"]
    return np.asarray(np.nan_to_num(np.clip(z, -10, 10)), np.float32)


def write_model(model: Model, folder: Path) -> None:
    """``model.json``, ``arrays.safetensors`` and one skops file a part."""
    from models.learn.save import write_json, write_skops, write_tensors

    write_tensors(folder / "arrays.safetensors", model.arrays)
    for name, part in model.parts.items():
        write_skops(part, folder / f"{name}.skops")
    shown = model.calibration
    record: dict[str, Any] = {
        "recipe": model.recipe,
        "classes": list(model.classes),
        "asked": list(model.asked),
        "names": list(model.names),
        "relative": model.relative,
        "present": {name: list(codes) for name, codes in model.present.items()},
        "temperature": model.temperature,
        "calibration": None if shown is None else [shown.scale, shown.offset, shown.rows],
        "tried": model.tried,
        "facts": model.facts,
        "parts": sorted(model.parts),
    }
    write_json(folder / "model.json", record)


def read_model(folder: Path, recipe: str) -> Model:
    """Read a model folder; UserError when it is another recipe's, broken, or holds untrusted types."""
    from models.domains.units.pipelines import TRUSTED
    from models.learn.save import read_json, read_skops, read_tensors

    record = read_json(folder / "model.json")
    try:
        parts = [str(name) for name in record["parts"]]
        model = _described(record)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / 'model.json'}: this does not describe a model ({error!r}).") from None
    if model.recipe != recipe:
        raise UserError(f"{folder}: this model is of the recipe {model.recipe!r}, not {recipe!r}.")
    if not all(re.fullmatch(r"\w+", name) for name in parts):
        raise UserError(f"{folder / 'model.json'}: a part's name leads out of the folder. Do not use this model.")
    model.arrays = read_tensors(folder / "arrays.safetensors")[0]
    model.parts = {name: read_skops(folder / f"{name}.skops", TRUSTED) for name in parts}
    return model


def _described(record: Mapping[str, Any]) -> Model:
    shown = record["calibration"]
    return Model(
        recipe=str(record["recipe"]),
        classes=_words(record["classes"]),
        asked=_words(record["asked"]),
        names=_words(record["names"]),
        relative=bool(record["relative"]),
        present={str(name): tuple(int(code) for code in codes) for name, codes in record["present"].items()},
        temperature=float(record["temperature"]),
        calibration=None if shown is None else Calibration(float(shown[0]), float(shown[1]), int(shown[2])),
        tried=list(record["tried"]),
        facts=dict(record["facts"]),
    )


def _words(values: Sequence[Any]) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(values)
    return tuple(str(value) for value in values)
