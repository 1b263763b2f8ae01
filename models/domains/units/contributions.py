"""Why a unit got its class: what each of its metrics adds to the model's answer.

Shapley values against a background of training units (Lundberg & Lee 2017, "interventional"): they sum
to the answer for the unit less the mean answer for the background. For tree ensembles and linear
models they are exact, leaf by leaf (Lundberg et al. 2020): in a tree, a metric counts for a leaf where the
unit's value leads there and the background's does not, or the other way. For every other model, a
vote of unlike ones among them, they are sampled over orders of the metrics, whose sum is exact still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.importance import Judge
from models.domains.units.pipelines import quietly

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

EXACT_TREES, EXACT_LINEAR, SAMPLED = "exact, by the leaves of the trees", "exact, linear", "sampled orders"
#: Orders of the metrics that are sampled for a model without an exact way; half of them the reverse of the others.
ORDERS = 32
#: Background units that a unit is compared with.
BACKGROUND = 64


@dataclass(frozen=True)
class Reasons:
    """What each metric adds for one class.

    values (n, d): per unit and metric. base: the mean answer for the background; base + a row's sum
    is the answer for the unit. scale: "probability" or "log-odds". method: how they were found.
    """

    names: tuple[str, ...]
    values: Numbers
    base: float
    scale: str
    method: str

    def told(self, row: int, count: int = 5) -> list[tuple[str, float]]:
        """The metrics that add or take most for one unit, the strongest first."""
        order = np.argsort(-np.abs(self.values[row]))[:count]
        return [(self.names[place], float(self.values[row, place])) for place in order.tolist()]


@dataclass(frozen=True)
class Leaves:
    """The leaves of one tree as boxes over the features that it asks: (leaves, features) bounds, and their values.

    A value is inside when low < value ≤ high, or when it is missing and `missing` holds.
    """

    features: npt.NDArray[np.int64]
    low: Numbers
    high: Numbers
    missing: Mask
    values: Numbers

    def inside(self, z: Numbers) -> Mask:
        """Whether each feature of each row (n, d) is inside each leaf's box, (n, leaves, features)."""
        asked = z[:, None, self.features]
        gap = np.isnan(asked)
        known: Mask = (asked > self.low) & (asked <= self.high)
        return np.where(gap, self.missing, known)


def explain(
    pipeline: Any, judge: Judge, x: Floats, background: Floats, names: Sequence[str], place: int, seed: int = 0
) -> Reasons:
    """What each metric of each unit (n, d) adds to the answer for the class at `place` of the judge's columns.

    pipeline: fitted imputer, scaler and classifier, whose exact values are taken where there are any,
    or None. judge: probabilities (n, k) of metrics, sampled where there are none. background: training
    units (m, d), of which at most `BACKGROUND` are drawn.
    """
    rng = np.random.default_rng([seed, 71])
    if len(background) > BACKGROUND:
        background = background[np.sort(rng.choice(len(background), BACKGROUND, replace=False))]
    exact = None if pipeline is None else _exact(pipeline, x, background, names, place)
    if exact is not None:
        return exact
    values, base = _sampled(lambda table: judge(table)[:, place], x, background, rng)
    return Reasons(tuple(names), values, base, "probability", SAMPLED)


def _exact(pipeline: Any, x: Floats, background: Floats, names: Sequence[str], place: int) -> Reasons | None:
    """Exact values of a pipeline whose steps keep each metric in its column; None for another one."""
    import pandas as pd

    steps = [step for _, step in getattr(pipeline, "steps", [])]
    if len(steps) != 3:
        return None
    with quietly():
        filled = [steps[0].transform(pd.DataFrame(table, columns=list(names))) for table in (x, background)]
        z, seen = (np.asarray(steps[1].transform(table), np.float64) for table in filled)
    if z.shape[1] != len(names):
        return None
    classifier = steps[2]
    if type(classifier).__name__ == "LogisticRegression":
        return _linear(classifier, z, seen, names, place)
    trees = _trees(classifier, place)
    if trees is None:
        return None
    # Trees compare in single precision; a value on the edge must fall on the same side here.
    z, seen = z.astype(np.float32).astype(np.float64), seen.astype(np.float32).astype(np.float64)
    values, base = np.zeros((len(z), len(names))), trees.start
    for tree in trees.leaves:
        added, mean = leaf_values(tree, z, seen)
        values[:, tree.features] += added
        base += mean
    return Reasons(tuple(names), values, base, trees.scale, EXACT_TREES)


def _linear(classifier: Any, z: Numbers, seen: Numbers, names: Sequence[str], place: int) -> Reasons:
    """Weight times distance to the mean; of several classes, against the mean of all their scores."""
    weights, starts = np.asarray(classifier.coef_, np.float64), np.asarray(classifier.intercept_, np.float64)
    if len(weights) == 1:
        weight, start = (weights[0], starts[0]) if place else (-weights[0], -starts[0])
    else:
        weight, start = weights[place] - weights.mean(0), float(starts[place] - starts.mean())
    middle = seen.mean(0)
    return Reasons(tuple(names), (z - middle) * weight, float(middle @ weight + start), "log-odds", EXACT_LINEAR)


@dataclass(frozen=True)
class _Trees:
    leaves: list[Leaves]
    start: float
    scale: str


def _trees(classifier: Any, place: int) -> _Trees | None:
    """The trees that make the answer for one class, with what is added before them."""
    kind = type(classifier).__name__
    if kind in ("RandomForestClassifier", "ExtraTreesClassifier"):
        count = len(classifier.estimators_)
        return _Trees(
            [_leaves(one.tree_, place, 1 / count, True) for one in classifier.estimators_], 0.0, "probability"
        )
    if kind == "GradientBoostingClassifier":
        columns = classifier.estimators_.shape[1]
        column, sign = (place, 1.0) if columns > 1 else (0, 1.0 if place else -1.0)
        rate = sign * classifier.learning_rate
        found = [_leaves(row[column].tree_, 0, rate, False) for row in classifier.estimators_]
        zero = np.zeros((1, classifier.n_features_in_), np.float32)
        start = sign * float(np.ravel(classifier._raw_predict_init(zero))[column])
        return _Trees(found, start, "log-odds")
    if kind == "HistGradientBoostingClassifier":
        columns = len(classifier._predictors[0])
        column, sign = (place, 1.0) if columns > 1 else (0, 1.0 if place else -1.0)
        found = [_histogram_leaves(row[column].nodes, sign) for row in classifier._predictors]
        return _Trees(found, sign * float(np.ravel(classifier._baseline_prediction)[column]), "log-odds")
    return None


def _leaves(tree: Any, column: int, factor: float, shares: bool) -> Leaves:
    """A tree of scikit-learn; `shares`: a leaf's value is the class's share of its weight."""
    value = np.asarray(tree.value[:, 0, :], np.float64)
    scores = value[:, column] / value.sum(1) if shares else value[:, column]
    missing = getattr(tree, "missing_go_to_left", np.zeros(tree.node_count, bool))
    return _boxes(
        tree.feature, tree.threshold, tree.children_left, tree.children_right, missing, tree.children_left < 0,
        factor * scores,
    )  # fmt: skip


def _histogram_leaves(nodes: Any, factor: float) -> Leaves:
    return _boxes(
        nodes["feature_idx"], nodes["num_threshold"], nodes["left"], nodes["right"], nodes["missing_go_to_left"],
        nodes["is_leaf"], factor * nodes["value"],
    )  # fmt: skip


def _boxes(feature: Any, threshold: Any, left: Any, right: Any, missing: Any, is_leaf: Any, value: Any) -> Leaves:
    """Walk a tree from its root and note each leaf's bounds on the features that the tree asks."""
    asked = np.unique(np.asarray(feature)[~np.asarray(is_leaf, bool)]).astype(np.int64)
    column = {int(name): place for place, name in enumerate(asked)}
    low, high, gaps, values = [], [], [], []
    start = (np.full(len(asked), -np.inf), np.full(len(asked), np.inf), np.ones(len(asked), bool))
    stack = [(0, *start)]
    while stack:
        node, under, over, gap = stack.pop()
        if is_leaf[node]:
            low.append(under)
            high.append(over)
            gaps.append(gap)
            values.append(float(value[node]))
            continue
        at, goes_left = column[int(feature[node])], bool(missing[node])
        lower, upper, first, second = over.copy(), under.copy(), gap.copy(), gap.copy()
        lower[at] = min(over[at], float(threshold[node]))
        upper[at] = max(under[at], float(threshold[node]))
        first[at] &= goes_left
        second[at] &= not goes_left
        stack += [(int(left[node]), under, lower, first), (int(right[node]), upper, over, second)]
    return Leaves(asked, np.array(low), np.array(high), np.array(gaps), np.array(values))


def leaf_values(tree: Leaves, z: Numbers, background: Numbers) -> tuple[Numbers, float]:
    """Exact Shapley values (n, features) of one tree, mean over the background, and its mean answer there.

    For a unit and a background unit, a leaf's value goes to the features that only the unit's value
    leaves open (in equal parts, weighted by how many orders end so) and from those that only the
    background's does; a leaf that some feature of both shuts does not count.
    """
    there = tree.inside(background)
    base = float((there.all(2) * tree.values).sum(1).mean())
    values = np.zeros((len(z), len(tree.features)))
    gain, loss = _orders(len(tree.features))
    for row, mine in enumerate(tree.inside(z)):
        open_leaves = (mine | there).all(2)
        own, other = mine & ~there, there & ~mine
        ours, theirs = own.sum(2), other.sum(2)
        up = np.where(open_leaves, gain[ours, theirs], 0) * tree.values
        down = np.where(open_leaves, loss[ours, theirs], 0) * tree.values
        values[row] = np.einsum("bl,blf->f", up, own) - np.einsum("bl,blf->f", down, other)
    return values / len(background), base


def _orders(count: int) -> tuple[Numbers, Numbers]:
    """Shares of orders, by how many features are open by the unit alone and by the background alone."""
    gain, loss = np.zeros((count + 1, count + 1)), np.zeros((count + 1, count + 1))
    for u in range(count + 1):
        for v in range(count + 1 - u):
            if u:
                gain[u, v] = factorial(u - 1) * factorial(v) / factorial(u + v)
            if v:
                loss[u, v] = factorial(u) * factorial(v - 1) / factorial(u + v)
    return gain, loss


def _sampled(
    answer: Callable[[Floats], Floats], x: Floats, background: Floats, rng: np.random.Generator
) -> tuple[Numbers, float]:
    """Shapley values by sampled orders and background units; each row sums exactly to what it explains.

    An order and its reverse are walked together, which halves the noise (Mitchell et al. 2022).
    """
    base = float(answer(background).mean())
    values = np.zeros(x.shape)
    for row in range(len(x)):
        walks, places = [], []
        for _ in range(ORDERS // 2):
            order, start = rng.permutation(x.shape[1]), background[rng.integers(len(background))]
            for way in (order, order[::-1]):
                walks.append(_walk(start, x[row], way))
                places.append(way)
        told = answer(np.concatenate(walks)).reshape(len(walks), -1).astype(np.float64)
        for way, steps in zip(places, np.diff(told, axis=1), strict=True):
            values[row, way] += steps / len(walks)
        values[row] += (told[:, 0].mean() - base) / x.shape[1]
    return values, base


def _walk(start: Floats, end: Floats, order: npt.NDArray[np.int64]) -> Floats:
    """From a background unit to the unit, one metric after the other, (d + 1, d)."""
    rows = np.repeat(start[None], len(order) + 1, axis=0)
    for step, place in enumerate(order.tolist(), 1):
        rows[step:, place] = end[place]
    return rows
