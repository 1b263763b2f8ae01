"""Noise against neural first, then which of the neural classes: a blend of three unlike models at each step."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from models.domain import Task
from models.domains.units.halving import Codes, Floats, Rows, Table, Weights, scores_of
from models.domains.units.pipelines import average, fit_classifier, probabilities, quietly
from models.domains.units.recipes.model import Model, Taught, UnitParams, make_recipe
from models.domains.units.recipes.searched import temperature_of
from models.errors import UserError
from models.job import Progress
from models.learn.settings import evens
from models.learn.split import fold_rows
from models.params import Note

NOISE = "noise"
#: Metrics over several orders of magnitude: those that are never negative, and those that may be.
LONG = (
    "num_spikes", "firing_rate", "snr", "isi_violations_ratio", "isi_violations_count", "rp_contamination",
    "rp_violations", "sliding_rp_violation", "isolation_distance", "l_ratio", "drift_ptp", "drift_std", "drift_mad",
    "sync_spike_2", "sync_spike_4", "sync_spike_8", "firing_range", "spread",
)  # fmt: skip
SIGNED = ("amplitude_median", "velocity_above", "velocity_below", "exp_decay")
#: Metrics that are missing wherever a unit has few spikes: they tell who computed them more than what fired.
LEFT_OUT = ("amplitude_cutoff", "amplitude_cv_median", "amplitude_cv_range")
#: Pairs whose difference tells more than each: how they are bent first, then the two.
PAIRS = (
    ("log1p", "num_spikes", "amplitude_median"),
    ("log", "trough_half_width", "peak_to_trough_duration"),
    ("arcsinh", "repolarization_slope", "recovery_slope"),
    ("", "sync_spike_2", "sync_spike_8"),
    ("", "nn_miss_rate", "nn_hit_rate"),
)


@dataclass(frozen=True)
class TwoStepParams(UnitParams):
    """Size of the trees and strength of the linear part, alike at both steps."""

    together: Annotated[str, Note("What inner folds keep together", choices=("session", "animal"), section="Data")] = (
        "animal"
    )
    rounds: Annotated[int, Note("Rounds of boosting", low=1, high=5000, section="Model")] = 120
    trees: Annotated[int, Note("Extremely random trees", low=1, high=5000, section="Model")] = 200
    strength: Annotated[float, Note("C of the logistic regression", low=1e-6, high=1e6, section="Model")] = 0.1
    inner_folds: Annotated[int, Note("Inner folds for the calibration", low=2, high=20, section="Model")] = 3


def shape(names: Sequence[str]) -> Any:
    """Bend the metrics and add differences, in types that spikeinterface's loader can read."""
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import FunctionTransformer

    places = {name: place for place, name in enumerate(names)}
    bent = {"log": FunctionTransformer(np.log1p), "signed": FunctionTransformer(np.arcsinh)}
    parts: list[tuple[str, Any, list[int]]] = []
    for title, kind in (("log", LONG), ("signed", SIGNED)):
        if found := [places[name] for name in kind if name in places]:
            parts.append((title, bent[title], found))
    for bend, first, second in PAIRS:
        if first in places and second in places:
            parts.append((f"{second}_over_{first}", _difference(bend), [places[first], places[second]]))
    rest = [place for name, place in places.items() if name not in {*LONG, *SIGNED, *LEFT_OUT}]
    if rest:
        parts.append(("rest", "passthrough", rest))
    if not parts:
        raise UserError("these units have no metrics that this recipe learns from. Choose another recipe.")
    return ColumnTransformer(parts)


def _difference(bend: str) -> Any:
    """Second column less the first, after bending; what is not finite is missing."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    clean = {"nan": np.nan, "posinf": np.nan, "neginf": np.nan}
    steps = [("bend", FunctionTransformer(getattr(np, bend)))] if bend else []
    steps += [
        ("clean", FunctionTransformer(np.nan_to_num, kw_args=clean)),
        ("difference", FunctionTransformer(np.diff, kw_args={"axis": 1})),
    ]
    return Pipeline(steps)


def voters(params: TwoStepParams, seed: int) -> list[Any]:
    """Boosted trees that see gaps, random trees and a linear model that see them filled and marked."""
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    return [
        HistGradientBoostingClassifier(
            max_iter=params.rounds, learning_rate=0.05, max_depth=3, min_samples_leaf=30, l2_regularization=5.0,
            max_features=0.5, max_bins=128, early_stopping=False, random_state=seed,
        ),
        ExtraTreesClassifier(params.trees, min_samples_leaf=3, random_state=seed),
        LogisticRegression(C=params.strength, max_iter=300, random_state=seed),
    ]  # fmt: skip


def fit_step(params: TwoStepParams, x: Floats, names: Sequence[str], codes: Codes, weights: Weights, seed: int) -> Any:
    """One step's pipeline: shaping, then the average of the three."""
    import pandas as pd
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    first = shape(names)
    with quietly():
        z = np.asarray(first.fit_transform(pd.DataFrame(x, columns=list(names))))
    each = evened(codes, weights) if evens(params) else weights
    fitted = []
    for place, voter in enumerate(voters(params, seed)):
        before = [
            ("imputer", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
            ("scaler", StandardScaler()),
        ][:place]
        with quietly():
            filled = Pipeline(before).fit_transform(z) if before else z
        classifier = _fit(voter, filled, codes, each, seed)
        fitted.append(Pipeline([*before, ("classifier", classifier)]) if before else classifier)
    return Pipeline([("metrics", first), ("classifier", average(fitted, codes))])


def _fit(voter: Any, z: Any, codes: Codes, weights: Weights, seed: int) -> Any:
    """A fitted voter. The boosted trees get their bins ready: scikit-learn's own, by weight, tell no more here."""
    from models.learn.trees import fit_trees

    if not hasattr(voter, "max_bins"):
        return fit_classifier(voter, z, codes, weights, seed)
    with quietly():
        return fit_trees(voter, z, codes, weights)


def evened(codes: Codes, weights: Weights) -> Weights:
    """Weights by which each class weighs as much as every other, mean 1."""
    sums = np.bincount(codes, weights)
    each = weights / sums[codes]
    return np.asarray(each / each.mean(), np.float64)


def _steps(classes: Sequence[str], present: Sequence[int]) -> tuple[int | None, list[int]]:
    """Compact code of the noise class (None where there is none), and those of the others."""
    noise = next((place for place, code in enumerate(present) if classes[code].lower() == NOISE), None)
    return noise, [place for place in range(len(present)) if place != noise]


def fit_both(task: Task, table: Table, names: Sequence[str], present: Sequence[int]) -> dict[str, Any]:
    """The pipelines of the steps that these classes need."""
    noise, neural = _steps(task.classes, present)
    parts = {}
    if noise is not None:
        codes = (table.codes == noise).astype(np.int64)
        parts["noise_neural"] = fit_step(task.params, table.x, names, codes, table.weights, task.seed)
    if len(neural) > 1:
        rows = np.flatnonzero(np.isin(table.codes, neural))
        codes = np.searchsorted(neural, table.codes[rows]).astype(np.int64)
        part = table.take(rows)
        if len(np.unique(codes)) > 1:
            parts["sua_mua"] = fit_step(task.params, part.x, names, codes, part.weights, task.seed)
    return parts


def combine(parts: dict[str, Any], x: Floats, names: Sequence[str], noise: int | None, neural: Sequence[int]) -> Floats:
    """P of each compact class, (n, classes): P(noise), and P(not noise) shared among the others."""
    p = np.zeros((len(x), len(neural) + (noise is not None)), np.float32)
    n = probabilities(parts["noise_neural"], x, names)[:, 1] if "noise_neural" in parts else np.zeros(len(x))
    if noise is not None:
        p[:, noise] = n
    if "sua_mua" in parts:
        step = parts["sua_mua"]
        known = [neural[int(code)] for code in step.classes_]
        p[:, known] = probabilities(step, x, names) * (1 - n)[:, None]
    else:
        p[:, list(neural)] = ((1 - n) / len(neural))[:, None]
    return p


def learn(task: Task, seen: Taught) -> Generator[Progress, None, Model]:
    """Both steps on all training rows; the temperature from folds that keep animals (or sessions) together."""
    noise, neural = _steps(task.classes, seen.present)
    model = Model("", task.classes, seen.asked, seen.names)
    if task.params.calibrate and not len(task.val):
        rows, p = yield from _out_of_fold(task, seen, noise, neural)
        held_out = seen.table.take(rows)
        model.temperature = temperature_of(task, p, held_out)
        model.facts = {"inner_balanced_accuracy": round(scores_of(held_out.codes, p)[0], 4)}
    yield Progress(text="Fitting both steps on all training units")
    model.parts = fit_both(task, seen.table, seen.names, seen.present)
    model.present = {"noise": () if noise is None else (seen.present[noise],)}
    model.present["neural"] = tuple(seen.present[place] for place in neural)
    return model


def _out_of_fold(
    task: Task, seen: Taught, noise: int | None, neural: Sequence[int]
) -> Generator[Progress, None, tuple[Rows, Floats]]:
    """Rows and their probabilities by models of the other folds; a fold without two classes is passed over."""
    table = seen.table
    folds = fold_rows(table.codes, table.groups, task.params.inner_folds, task.seed)
    rows, found = [], []
    for number, held_out in enumerate(folds, 1):
        train = table.take(np.setdiff1d(np.arange(len(table)), held_out))
        yield Progress(number - 1, len(folds), f"Inner fold {number} of {len(folds)}")
        if len(np.unique(train.codes)) < len(seen.present):
            continue
        parts = fit_both(task, train, seen.names, seen.present)
        rows.append(held_out)
        found.append(combine(parts, table.x[held_out], seen.names, noise, neural))
    if not rows:
        return np.zeros(0, np.int64), np.zeros((0, len(seen.present)), np.float32)
    return np.concatenate(rows), np.concatenate(found)


def raw(model: Model, x: Floats) -> Floats:
    """Probabilities (n, classes) by both steps."""
    from models.learn.tabular import spread

    noise, neural = model.present["noise"], model.present["neural"]
    present = sorted((*noise, *neural))
    place = present.index(noise[0]) if noise else None
    p = combine(model.parts, x, model.names, place, [present.index(code) for code in neural])
    return spread(p, present, len(model.classes))


TWO_STEP = make_recipe("two_step", "Two steps: noise, then single or multi", TwoStepParams, learn, raw)
