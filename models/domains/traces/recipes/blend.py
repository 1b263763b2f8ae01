"""The domain's own recipe: random convolutions, a linear model and a forest in context, averaged."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Recipe, Setting, Task
from models.domains.traces import saliency
from models.domains.traces.context import Surroundings, describe_context, surround
from models.domains.traces.recipes import rocket as convolutions
from models.domains.traces.recipes.forest import LEAF, grow, moments
from models.domains.traces.recipes.rocket import RocketParams
from models.job import Progress, finish
from models.learn.fitted import Model, calibrate, read_model, write_model
from models.learn.tabular import Linear, fit_linear, lesson, softmax, spread
from models.params import Note, to_plain
from models.sample import Samples

Floats = npt.NDArray[np.float32]
NAME = "blend"
#: Weights of the three members' probabilities.
SHARES = {"rocket": 2.0, "linear": 1.0, "trees": 1.0}


@dataclass(frozen=True)
class BlendParams(RocketParams):
    """Strength of the members."""

    context_strength: Annotated[
        float,
        Note("Inverse ridge penalty C of the linear model on features in context", low=1e-6, high=10, section="Model"),
    ] = 0.005
    trees: Annotated[int, Note("Trees of the forest", low=1, high=5000, section="Model")] = 300
    leaf: Annotated[int, LEAF] = 0


def fit(task: Task) -> Generator[Progress, None, Model]:
    """Fit the three members on the training rows; context comes from whole simulations."""
    params = task.params
    given = yield from surround(task.samples, task.cache, params.rate, params.length)
    table = yield from describe_context(given)
    model = yield from convolutions.learn(task, given.staged)
    arrays = {f"rocket.{name}": values for name, values in model.arrays.items()}
    taught = lesson(task)
    rows, place = np.unique(taught.rows, return_inverse=True)
    targets, weights = convolutions.shares(task, taught.codes, taught.weights, place, len(rows))
    linear = yield from fit_linear(table[rows], targets, weights, params.context_strength)
    arrays |= {f"linear.{name}": values for name, values in linear.arrays.items()}
    arrays |= {f"map.{name}": values for name, values in moments(table[rows]).items()}
    arrays["present"] = taught.present
    trees = yield from grow(table, taught, task)
    model = Model(NAME, task.classes, dict(given.staged.facts), arrays, {"params": to_plain(params)}, {"trees": trees})
    if params.calibrate and len(task.val):
        part = Surroundings(given.staged.take(task.val), given.whole, given.place[task.val], given.memo)
        model.temperature = calibrate(score(model, part, task.device), task)
    return model


def score(model: Model, given: Surroundings, device: str) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    count = len(model.classes)
    if not len(given.staged):
        return np.zeros((0, count), np.float32)
    table = finish(describe_context(given))
    total = SHARES["rocket"] * convolutions.score(_member(model, "rocket"), given.staged, device)
    total = total + SHARES["linear"] * softmax(Linear(_part(model, "linear")).scores(table))
    total = total + SHARES["trees"] * spread(model.parts["trees"].predict_proba(table), model.arrays["present"], count)
    return np.asarray(total / sum(SHARES.values()), np.float32)


def _part(model: Model, name: str) -> dict[str, npt.NDArray[Any]]:
    stem = f"{name}."
    return {key.removeprefix(stem): values for key, values in model.arrays.items() if key.startswith(stem)}


def _member(model: Model, name: str) -> Model:
    return Model(name, model.classes, model.facts, _part(model, name))


def _surround(model: Model, samples: Samples, setting: Setting) -> Surroundings:
    return finish(surround(samples, setting.cache, model.facts["rate"], model.facts["length"]))


def predict(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Calibrated probabilities (n, classes)."""
    from models.learn.temperature import apply_temperature

    return apply_temperature(score(model, _surround(model, samples, setting), setting.device), model.temperature)


def embed(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Directions of the convolutions beside the scaled features in context, (n, d)."""
    given = _surround(model, samples, setting)
    near, table = _part(model, "map"), finish(describe_context(given))
    scaled = np.clip((table - near["mean"]) / near["scale"], -5, 5)
    vectors = convolutions.vectors(_member(model, "rocket"), given.staged, setting.device)
    size = np.linalg.norm(vectors, axis=1).mean() if len(vectors) else 1.0
    other = np.linalg.norm(scaled, axis=1).mean() if len(scaled) else 1.0
    return np.concatenate([vectors / (size + 1e-9), scaled / (other + 1e-9)], 1).astype(np.float32)


def explain(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Occlusion, (n, length); the other cells of the simulation stay as they are."""
    given = _surround(model, samples, setting)
    return saliency.occlude(lambda part: score(model, given.with_values(part), setting.device), given.staged)


BLEND = Recipe(
    name=NAME,
    title="Blend in context",
    params=BlendParams,
    fit=fit,
    predict=predict,
    save=write_model,
    load=lambda folder: read_model(folder, NAME),
    embed=embed,
    explain=explain,
)
