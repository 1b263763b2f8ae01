"""A random forest on peak and variance (the field's baseline) or on all features."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from models.domain import Task
from models.domains.traces import features, saliency
from models.domains.traces.recipes.model import TraceParams, make_recipe
from models.domains.traces.staging import Staged
from models.errors import Cancelled
from models.job import Progress, finish
from models.learn.fitted import Model
from models.learn.tabular import Lesson, lesson, spread
from models.params import Note

Floats = npt.NDArray[np.float32]
#: Trees grown between two signs of life.
STRIDE = 25
LEAF = Note(
    "Fewest samples in a leaf; 0 takes a fifth of the root of their number",
    low=0,
    high=10_000,
    unit="samples",
    section="Model",
)


@dataclass(frozen=True)
class ForestParams(TraceParams):
    """Size of the forest and what it sees."""

    features: Annotated[
        str,
        Note(
            "What it sees: peak and variance alone (two), or all features",
            choices=("two", "all"),
            section="Model",
            short="two: baseline",
        ),
    ] = "two"
    trees: Annotated[int, Note("Trees", low=1, high=5000, section="Model")] = 300
    leaf: Annotated[int, LEAF] = 0


def learn(task: Task, staged: Staged) -> Generator[Progress, None, Model]:
    """Grow the forest on the training rows."""
    taught = lesson(task)
    table = yield from _table(task.params.features, staged)
    model = Model("", task.classes, dict(staged.facts), numbers={"features": task.params.features})
    model.arrays = {"present": taught.present, **moments(table[np.unique(taught.rows)])}
    model.parts = {"forest": (yield from grow(table, taught, task))}
    return model


def grow(table: Floats, taught: Lesson, task: Task) -> Generator[Progress, None, object]:
    """Add trees in strides, so that a stop keeps those that stand."""
    from sklearn.ensemble import RandomForestClassifier

    params = task.params
    leaf = params.leaf or max(1, round(len(taught.rows) ** 0.5 / 5))
    cores = max(1, (os.cpu_count() or 2) - 1)
    forest = RandomForestClassifier(0, min_samples_leaf=leaf, random_state=task.seed, warm_start=True, n_jobs=cores)
    x, codes = table[taught.rows], taught.codes
    grown = 0
    try:
        while grown < params.trees:
            grown = min(grown + STRIDE, params.trees)
            forest.n_estimators = grown
            forest.fit(x, codes, sample_weight=taught.weights)
            yield Progress(grown, params.trees, f"{grown} of {params.trees} trees")
    except Cancelled:
        if not grown:
            raise
    forest.set_params(warm_start=False, n_jobs=1)  # threads would add up the trees in an order of their own
    return forest


def moments(table: Floats) -> dict[str, Floats]:
    """Mean and standard deviation of each feature, for the vectors of the map."""
    scale = table.std(0, dtype=np.float64)
    scale[~(scale > 1e-12)] = 1.0
    return {"mean": table.mean(0, dtype=np.float64).astype(np.float32), "scale": scale.astype(np.float32)}


def _table(which: str, staged: Staged) -> Generator[Progress, None, Floats]:
    if which == "two":
        return features.peak_and_variance(staged)
    return (yield from features.describe_traces(staged))[0]


def score(model: Model, staged: Staged, device: str) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    if not len(staged):
        return np.zeros((0, len(model.classes)), np.float32)
    table = finish(_table(model.numbers["features"], staged))
    return spread(model.parts["forest"].predict_proba(table), model.arrays["present"], len(model.classes))


def vectors(model: Model, staged: Staged, device: str) -> Floats:
    """The standard-scaled features, (n, d)."""
    table = finish(_table(model.numbers["features"], staged))
    return np.asarray(np.clip((table - model.arrays["mean"]) / model.arrays["scale"], -10, 10), np.float32)


def explain(model: Model, staged: Staged, device: str) -> Floats:
    """Occlusion, (n, length)."""
    return saliency.occlude(lambda part: score(model, part, device), staged)


FOREST = make_recipe("forest", "Random forest", ForestParams, learn, score, vectors, explain)
