"""The domain's own recipe: random convolutions, a linear model and a forest in context, averaged."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.traces import saliency
from models.domains.traces.context import Surroundings, describe_context, surround
from models.domains.traces.recipes import rocket as convolutions
from models.domains.traces.recipes.forest import LEAF, grow, moments
from models.domains.traces.recipes.rocket import RocketParams
from models.job import Progress, finish
from models.learn.fitted import Model, concluded, keep_part, part_of, recipe_of
from models.learn.tabular import Linear, fit_linear, lesson, softmax, spread
from models.params import Note
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
    arrays = keep_part("rocket", model.arrays)
    taught = lesson(task)
    rows, place = np.unique(taught.rows, return_inverse=True)
    targets, weights = convolutions.shares(task, taught.codes, taught.weights, place, len(rows))
    linear = yield from fit_linear(table[rows], targets, weights, params.context_strength)
    arrays |= keep_part("linear", linear.arrays) | keep_part("map", moments(table[rows]))
    arrays["present"] = taught.present
    trees = yield from grow(table, taught, task)
    model = Model(NAME, task.classes, dict(given.staged.facts), arrays, parts={"trees": trees})

    def held() -> Floats:
        part = Surroundings(given.staged.take(task.val), given.whole, given.place[task.val], given.memo)
        return score(model, part, task.device)

    return concluded(model, NAME, task, held)


def score(model: Model, given: Surroundings, device: str) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    count = len(model.classes)
    if not len(given.staged):
        return np.zeros((0, count), np.float32)
    table = finish(describe_context(given))
    total = SHARES["rocket"] * convolutions.score(_member(model, "rocket"), given.staged, device)
    total = total + SHARES["linear"] * softmax(Linear(part_of(model, "linear")).scores(table))
    total = total + SHARES["trees"] * spread(model.parts["trees"].predict_proba(table), model.arrays["present"], count)
    return np.asarray(total / sum(SHARES.values()), np.float32)


def _member(model: Model, name: str) -> Model:
    return Model(name, model.classes, model.facts, part_of(model, name))


def _surround(model: Model, samples: Samples, setting: Setting) -> Surroundings:
    return finish(surround(samples, setting.cache, model.facts["rate"], model.facts["length"]))


def say(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    return score(model, _surround(model, samples, setting), setting.device)


def embed(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Directions of the convolutions beside the scaled features in context, (n, d)."""
    given = _surround(model, samples, setting)
    near, table = part_of(model, "map"), finish(describe_context(given))
    scaled = np.clip((table - near["mean"]) / near["scale"], -5, 5)
    vectors = convolutions.vectors(_member(model, "rocket"), given.staged, setting.device)
    size = np.linalg.norm(vectors, axis=1).mean() if len(vectors) else 1.0
    other = np.linalg.norm(scaled, axis=1).mean() if len(scaled) else 1.0
    return np.concatenate([vectors / (size + 1e-9), scaled / (other + 1e-9)], 1).astype(np.float32)


def explain(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Occlusion, (n, length); the other cells of the simulation stay as they are."""
    given = _surround(model, samples, setting)
    return saliency.occlude(lambda part: score(model, given.with_values(part), setting.device), given.staged)


BLEND = recipe_of(NAME, "Blend in context", BlendParams, fit, say, embed=embed, explain=explain)
