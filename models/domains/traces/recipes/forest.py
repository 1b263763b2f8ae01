"""A random forest on peak and variance (the field's baseline) or on all features."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from models.domain import Task
from models.domains.traces import features, saliency
from models.domains.traces.recipes.model import Model, TraceParams, make_recipe
from models.domains.traces.staging import Staged, finish
from models.errors import Cancelled
from models.job import Progress
from models.learn.tabular import Lesson, lesson, spread
from models.params import Note

Floats = npt.NDArray[np.float32]
#: Trees grown between two signs of life.
STRIDE = 25


@dataclass(frozen=True)
class ForestParams(TraceParams):
    """Size of the forest and what it sees."""

    features: Annotated[
        str,
        Note("What it sees: peak and variance alone (two), or all features", choices=("two", "all"), section="Model"),
    ] = "two"
    trees: Annotated[int, Note("Trees", low=1, high=5000, section="Model")] = 300
    leaf: Annotated[int, Note("Fewest samples in a leaf", low=1, high=1000, unit="samples", section="Model")] = 5


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
    forest = RandomForestClassifier(0, min_samples_leaf=params.leaf, random_state=task.seed, warm_start=True)
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
    forest.warm_start = False
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
