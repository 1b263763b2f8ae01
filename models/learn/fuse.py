"""Answers of several models on the same samples as one: their mean, a mean weighted on validation, or stacked.

Late fusion over differently balanced sub-sets of one training set is the IMBALMED ensemble (Guerra-Manzanares et
al. 2024, arXiv 2410.10374): each member sees other shares of the classes, and what they say is joined at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.metrics import mean_auc
from models.params import unknown

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
RULES = ("mean", "weighted", "stacking")
#: Fewer validation samples of a class than this teach a stack nothing that holds.
LEAST = 5
#: Probabilities are kept this far from 0 and 1 before their logarithm is taken.
EDGE = 1e-4


@dataclass(frozen=True)
class Fusion:
    """How the members are joined. weights: of each member, (m,), which sum to 1; empty for a stack.

    stack: coefficients (k, m·k) and intercepts (k,) on the log-odds of the members. note: why another rule than the
    one asked for was taken, "" where it was.
    """

    rule: str
    weights: tuple[float, ...] = ()
    stack: tuple[Floats, Floats] | None = None
    note: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def join(self, tables: npt.ArrayLike) -> Floats:
        """Probabilities (n, k) of those of the members, (m, n, k)."""
        p = np.asarray(tables, np.float64)
        if self.stack is None:
            joined = np.tensordot(np.asarray(self.weights), p, axes=1)
            return np.asarray(joined / joined.sum(axis=1, keepdims=True), np.float64)
        coefficients, intercepts = self.stack
        scores = _features(p) @ coefficients.T + intercepts
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def learn_fusion(rule: str, tables: npt.ArrayLike, codes: npt.ArrayLike, seed: int = 0) -> Fusion:
    """The rule fitted to what the members say of validation samples: tables (m, n, k), codes (n,), −1 passed over.

    "weighted" weighs each member by how far its AUC lies above chance, all alike where none does. "stacking" is
    multinomial logistic regression on log-odds, held near the mean of the members by a strong penalty; with fewer
    than `LEAST` samples of a class the mean is taken, and said so. Raises UserError for an unknown rule.
    """
    if rule not in RULES:
        raise UserError(unknown("fusion rule", rule, RULES))
    p, truth = np.asarray(tables, np.float64), np.asarray(codes, np.int64)
    p, truth = p[:, truth >= 0], truth[truth >= 0]
    even = Fusion("mean", (1 / len(p),) * len(p))
    if rule == "mean":
        return even
    aucs = np.array([mean_auc(truth, table) if len(truth) else np.nan for table in p])
    if rule == "weighted":
        return _weighted(even, aucs)
    counts = np.bincount(truth, minlength=p.shape[2])
    if (counts < LEAST).any():
        note = f"with fewer than {LEAST} validation samples of a class nothing can be stacked: the mean is taken"
        return Fusion("mean", even.weights, note=note)
    return Fusion("stacking", stack=_stacked(p, truth, seed))


def _weighted(even: Fusion, aucs: Floats) -> Fusion:
    told = {"auc": [float(value) if np.isfinite(value) else None for value in aucs]}
    above = np.where(np.isfinite(aucs), np.maximum(aucs - 0.5, 0), 0)
    if not above.sum() > 0:
        note = "no member is above chance on validation: all count alike"
        return Fusion("mean", even.weights, note=note, facts=told)
    return Fusion("weighted", tuple(float(value) for value in above / above.sum()), facts=told)


def _features(p: Floats) -> Floats:
    """Log-probabilities of the members about their mean over classes, (n, m·k)."""
    logs = np.log(np.clip(p, EDGE, 1))
    logs = logs - logs.mean(axis=2, keepdims=True)
    return np.asarray(np.moveaxis(logs, 0, 1).reshape(p.shape[1], -1))


def _stacked(p: Floats, truth: Rows, seed: int) -> tuple[Floats, Floats]:
    """Multinomial logistic regression with a penalty on what differs from the mean of the members."""
    from scipy.optimize import minimize

    members, _, k = p.shape
    x, start = _features(p), np.tile(np.eye(k), (1, members)) / members
    target = np.eye(k)[truth]
    penalty = members / 2

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[: start.size].reshape(start.shape), flat[start.size :]
        scores = x @ weights.T + bias
        top = scores.max(axis=1, keepdims=True)
        logs = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        away = weights - start
        gap = (np.exp(logs) - target) / len(x)
        slope = np.concatenate([(gap.T @ x + 2 * penalty * away / len(x)).ravel(), gap.sum(axis=0) + 2e-3 * bias])
        value = -(logs * target).sum() / len(x) + penalty * (away**2).sum() / len(x) + 1e-3 * (bias**2).sum()
        return float(value), slope

    found = minimize(loss, np.concatenate([start.ravel(), np.zeros(k)]), jac=True, method="L-BFGS-B").x
    return np.asarray(found[: start.size].reshape(start.shape)), np.asarray(found[start.size :])


def by_unit(tables: npt.ArrayLike, units: Sequence[Any] | npt.NDArray[Any]) -> tuple[Floats, npt.NDArray[Any]]:
    """The mean log-odds of the samples of each unit as probabilities, (u, k), and the units, sorted."""
    p, names = np.asarray(tables, np.float64), np.asarray(units)
    kept, place = np.unique(names, return_inverse=True)
    logs = np.log(np.clip(p, EDGE, 1))
    sums = np.zeros((len(kept), p.shape[1]))
    np.add.at(sums, place.ravel(), logs)
    sums /= np.bincount(place.ravel(), minlength=len(kept))[:, None]
    shares = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True)), kept


def class_by_unit(codes: npt.ArrayLike, units: Sequence[Any] | npt.NDArray[Any], classes: int) -> npt.NDArray[np.int64]:
    """The class that most samples of each unit have, (u,), in the order of `by_unit`; of as many the first class."""
    kept, place = np.unique(np.asarray(units), return_inverse=True)
    pairs = place.ravel() * classes + np.asarray(codes, np.int64)
    votes = np.bincount(pairs, minlength=len(kept) * classes).reshape(len(kept), classes)
    return np.asarray(votes.argmax(axis=1), np.int64)
