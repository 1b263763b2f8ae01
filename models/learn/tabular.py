"""Helpers for recipes on feature tables with scikit-learn; heavy imports stay inside functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Task
from models.errors import UserError
from models.job import Progress

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lesson:
    """Rows, hard classes and weights as scikit-learn wants them.

    A sample whose votes are split stands there once for each class with its share as weight.
    """

    rows: Index
    codes: Index
    weights: npt.NDArray[np.float64]

    @property
    def present(self) -> Index:
        """The classes that are there, ascending."""
        return np.unique(self.codes)


def lesson(task: Task) -> Lesson:
    """The training side of a task: drawn by its probabilities if it has some, votes spread, weights with mean 1.

    Raises UserError when fewer than two classes are there.
    """
    rows, weights = task.train, np.ones(len(task.train))
    if task.draw is not None:
        edges = np.cumsum(np.asarray(task.draw, np.float64))
        drawn = np.searchsorted(edges, np.random.default_rng(task.seed).random(len(rows)) * edges[-1], side="right")
        rows = rows[np.minimum(drawn, len(rows) - 1)]
    elif len(rows):
        weights = task.weights[rows].astype(np.float64)
    place, codes = np.nonzero(task.targets[rows] > 0)
    weights = weights[place] * task.targets[rows][place, codes]
    if len(np.unique(codes)) < 2:
        raise UserError("training needs labelled samples of at least two classes. Label some of another class.")
    return Lesson(rows[place].astype(np.int64), codes.astype(np.int64), weights / weights.mean())


def spread(probabilities: npt.ArrayLike, present: npt.ArrayLike, classes: int) -> Floats:
    """Columns for the present classes (n, p) → columns for all (n, k); the others are 0."""
    part = np.asarray(probabilities, np.float32)
    whole = np.zeros((len(part), classes), np.float32)
    whole[:, np.asarray(present)] = part
    return whole


def softmax(scores: npt.ArrayLike) -> Floats:
    """Class scores (n, k) → probabilities whose rows sum to 1."""
    values = np.asarray(scores, np.float64)
    shares = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)


class Linear:
    """Standard scaling and multinomial logistic regression, as plain arrays.

    scores = ((x − mean) / scale) @ weight + bias, (n, k). Fitted by L-BFGS on soft targets, so
    that split votes need no repeated rows and the work can be stopped at each iteration.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self.arrays = {name: np.asarray(arrays[name], np.float32) for name in ("mean", "scale", "weight", "bias")}

    def scores(self, x: Floats) -> Floats:
        """Class scores (n, k) of features (n, d)."""
        mean, scale = self.arrays["mean"], self.arrays["scale"]
        return np.asarray(((x - mean) / scale) @ self.arrays["weight"] + self.arrays["bias"], np.float32)


def fit_linear(
    x: Floats, targets: Floats, weights: npt.NDArray[Any], strength: float, steps: int = 400
) -> Generator[Progress, None, Linear]:
    """Fit `Linear` on features (n, d), vote shares (n, k) and weights (n,); `strength` is C of the ridge penalty.

    Minimises C · Σ wᵢ · crossentropyᵢ + ½‖W‖², the objective of scikit-learn's logistic
    regression, also of two classes: two opposite columns cost half of the one that scikit-learn has there. A Progress
    each forty iterations.
    """
    mean, scale = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64)
    scale[~(scale > 1e-8)] = 1.0
    z = np.subtract(x, mean.astype(np.float32), dtype=np.float32)
    z /= scale.astype(np.float32)
    shares = np.asarray(targets, np.float32)
    told = int((shares > 0).any(axis=0).sum())
    loss = _softmax_loss(z, shares, np.asarray(weights, np.float32), strength / 2 if told == 2 else strength)
    vector = yield from minimise(loss, np.zeros((z.shape[1] + 1) * shares.shape[1]), steps)
    matrix = vector.reshape(-1, shares.shape[1])
    return Linear({"mean": mean, "scale": scale, "weight": matrix[:-1], "bias": matrix[-1]})


Objective = Callable[[npt.NDArray[np.float64]], tuple[float, npt.NDArray[np.float64]]]


def _softmax_loss(z: Floats, shares: Floats, weights: Floats, strength: float) -> Objective:
    count, classes = z.shape[1], shares.shape[1]

    def objective(vector: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        matrix = vector.reshape(count + 1, classes)
        scores = (z @ matrix[:-1].astype(np.float32) + matrix[-1].astype(np.float32)).astype(np.float64)
        scores -= scores.max(1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        value = -strength * float((weights[:, None] * shares * logs).sum()) + 0.5 * float((matrix[:-1] ** 2).sum())
        error = (strength * weights[:, None] * (np.exp(logs) * shares.sum(1, keepdims=True) - shares)).astype(
            np.float32
        )
        slope = np.empty_like(matrix)
        slope[:-1] = z.T @ error + matrix[:-1]
        slope[-1] = error.sum(0)
        return value, slope.ravel()

    return objective


def minimise(
    objective: Objective, start: npt.NDArray[np.float64], steps: int, stride: int = 40
) -> Generator[Progress, None, npt.NDArray[np.float64]]:
    """L-BFGS in rounds of `stride` iterations, so that a person can stop it in between."""
    from scipy.optimize import minimize

    vector, value = start, math.inf
    for done in range(0, steps, stride):
        options: Any = {"maxiter": stride, "maxcor": 20}
        found: Any = minimize(objective, vector, jac=True, method="L-BFGS-B", options=options)
        vector = np.asarray(found.x, np.float64)
        yield Progress(min(done + stride, steps), steps, "Fitting the linear head")
        settled = value - float(found.fun) <= 1e-6 * abs(float(found.fun))
        value = float(found.fun)
        if found.success or settled:
            break
    return vector
