"""Random convolutions with a linear head."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from models.domain import Task
from models.domains.traces import rocket, saliency
from models.domains.traces.recipes.model import TraceParams, make_recipe
from models.domains.traces.staging import Staged
from models.job import Progress, finish
from models.learn.fitted import Model
from models.learn.tabular import Lesson, Linear, fit_linear, lesson, softmax
from models.params import Note

Floats = npt.NDArray[np.float32]
#: Directions of the embedding.
AXES = 32
#: Rows whose features are held at once.
ROWS = 2048
#: The head learns from at most this many samples (0.7 GiB of features), drawn evenly at random.
MOST = 40_000


@dataclass(frozen=True)
class RocketParams(TraceParams):
    """Strength of the head; the convolutions have no parameters."""

    strength: Annotated[
        float,
        Note("Inverse ridge penalty C of the linear head; smaller is smoother", low=1e-6, high=10, section="Model"),
    ] = 0.001


def learn(task: Task, staged: Staged) -> Generator[Progress, None, Model]:
    """Draw biases from training traces, transform the training rows, fit the head."""
    taught = lesson(task)
    if len(np.unique(taught.rows)) > MOST:
        keep = np.random.default_rng(task.seed).choice(np.unique(taught.rows), MOST, replace=False)
        chosen = np.isin(taught.rows, keep)
        taught = Lesson(taught.rows[chosen], taught.codes[chosen], taught.weights[chosen])
    rows, place = np.unique(taught.rows, return_inverse=True)
    part = staged.take(rows)
    biases = rocket.draw_biases(part.values, part.lengths, task.seed)
    table = yield from rocket.transform(part, biases, task.device)
    targets, weights = shares(task, taught.codes, taught.weights, place, len(rows))
    head = yield from fit_linear(table, targets, weights, task.params.strength)
    arrays = {"biases": biases, "axes": axes(table, head), **head.arrays}
    return Model("", task.classes, dict(staged.facts), arrays)


def shares(
    task: Task,
    codes: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    place: npt.NDArray[np.int64],
    count: int,
) -> tuple[Floats, npt.NDArray[np.float64]]:
    """The lesson folded onto distinct rows: class shares (count, k) and weights (count,)."""
    sums = np.zeros((count, len(task.classes)))
    np.add.at(sums, (place, codes), weights)
    total = sums.sum(1)
    return (sums / np.maximum(total, 1e-12)[:, None]).astype(np.float32), total


def axes(table: Floats, head: Linear) -> Floats:
    """Principal directions of the scaled training features, (features, ≤ 32), by their Gram matrix."""
    z = (table[:2000] - head.arrays["mean"]) / head.arrays["scale"]
    values, left = np.linalg.eigh((z @ z.T).astype(np.float64))
    keep = np.argsort(values)[::-1][: min(AXES, len(z))]
    directions = z.T @ left[:, keep].astype(np.float32)
    return np.asarray(directions / (np.linalg.norm(directions, axis=0) + 1e-9), np.float32)


def chunks(staged: Staged) -> Iterator[Staged]:
    """The rows in parts whose features fit in memory."""
    for start in range(0, len(staged), ROWS):
        yield staged.take(slice(start, start + ROWS))


def _features(model: Model, staged: Staged, device: str) -> Floats:
    return finish(rocket.transform(staged, model.arrays["biases"], device))


def score(model: Model, staged: Staged, device: str) -> Floats:
    """Probabilities (n, classes), uncalibrated."""
    head = Linear(model.arrays)
    parts = [softmax(head.scores(_features(model, part, device))) for part in chunks(staged)]
    return np.concatenate(parts) if parts else np.zeros((0, len(model.classes)), np.float32)


def vectors(model: Model, staged: Staged, device: str) -> Floats:
    """The features along the principal directions of the training, (n, 32)."""
    mean, scale, directions = (model.arrays[name] for name in ("mean", "scale", "axes"))
    parts = [((_features(model, part, device) - mean) / scale) @ directions for part in chunks(staged)]
    return np.concatenate(parts) if parts else np.zeros((0, directions.shape[1]), np.float32)


def explain(model: Model, staged: Staged, device: str) -> Floats:
    """Occlusion, (n, length)."""
    return saliency.occlude(lambda part: score(model, part, device), staged)


ROCKET = make_recipe("rocket", "Random convolutions", RocketParams, learn, score, vectors, explain)
