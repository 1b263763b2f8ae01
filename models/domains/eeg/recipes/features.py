"""Band powers, asymmetry, periodicity and rhythm of a window: boosted trees and a linear model, averaged."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Judged, Reasons, Setting, Task
from models.domains.eeg.choices import STEPS_ONLY, Steps, steps_of
from models.domains.eeg.recipes.model import EegParams, make_recipe, marks, readable
from models.domains.eeg.signals import EEG, Signals
from models.errors import UserError
from models.job import Progress, finish
from models.learn.fitted import Model, keep_part, part_of
from models.learn.words import plural
from models.params import Note, to_plain
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Standardised features stay inside this, and beyond the knee they count by their logarithm alone.
FAR, KNEE = 10.0, 3.0
#: Values of a feature that trees tell apart: 63 say no less of votes than 255 do, in two thirds of the time.
BINS = 63
#: Of what is computed: goes up when a feature changes.
VERSION = 2


@dataclass(frozen=True)
class FeaturesParams(EegParams):
    """Size of the trees and strength of the linear part."""

    scale: Annotated[str, Note("Features are measured in µV", choices=("none",), section="Preprocessing")] = "none"
    rounds: Annotated[int, Note("Rounds of boosting", low=1, high=5000, section="Model")] = 150
    step: Annotated[float, Note("Step length of boosting", low=1e-3, high=1.0, section="Model")] = 0.05
    leaves: Annotated[int, Note("Most leaves of a tree", low=2, high=1024, section="Model")] = 15
    leaf: Annotated[int, Note("Fewest windows in a leaf", low=1, high=1000, section="Model")] = 20
    strength: Annotated[
        float, Note("Inverse ridge penalty C of the linear model", low=1e-6, high=1e3, section="Model")
    ] = 0.003


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Measure the windows, fit the two."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    from models.domains.eeg import features
    from models.learn.tabular import fit_linear, lesson
    from models.learn.trees import fit_trees

    params = task.params
    rows = np.unique(task.train)
    # What calibration needs comes first, so that a person sees it pass.
    yield from measure(task.samples, task.val, params, task.cache)
    measured = yield from measure(task.samples, rows, params, task.cache)
    there = np.asarray(~np.isnan(measured).all(axis=1), bool)
    task = readable(task, there[np.searchsorted(rows, task.train)], np.ones(len(task.val), bool))
    rows, table = rows[there], squeezed(measured[there])
    taught = lesson(task)
    x = table[np.searchsorted(rows, taught.rows)]
    yield Progress(0, 2, "Fitting the linear model")
    shares = np.asarray(task.targets[rows], np.float32)
    weights = task.weights[rows].astype(np.float64)
    linear = yield from fit_linear(table, shares, weights / max(weights.mean(), 1e-12), params.strength)
    arrays: dict[str, npt.NDArray[Any]] = keep_part("linear", linear.arrays)
    arrays["present"] = taught.present
    yield Progress(1, 2, "Fitting the boosted trees")
    trees = HistGradientBoostingClassifier(
        max_iter=params.rounds, learning_rate=params.step, max_leaf_nodes=params.leaves,
        min_samples_leaf=params.leaf, max_features=0.2, max_bins=BINS, early_stopping=False, random_state=task.seed,
    )  # fmt: skip
    fit_trees(trees, x, taught.codes, taught.weights)
    facts = {"features": list(features.names()), "steps": to_plain(params)}
    return Model("", task.classes, facts, arrays, parts={"trees": trees})


def prepare(model: Model, samples: Samples, setting: Setting) -> Generator[Progress, None, Floats]:
    """Measure samples, for all that follows."""
    return (yield from measure(samples, np.arange(len(samples)), _params(model), setting.cache))


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """The mean of the two, (n, classes)."""
    return _answers(model, _table(model, samples, setting))


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Standardised features, (n, d)."""
    return _standardised(model, _table(model, samples, setting))


def judge(model: Model, signals: Signals, setting: Setting) -> Judged:
    """Both, of signals; in one thread, for with so few windows threads wait for each other longer than they work."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        x = squeezed(described(signals.eeg, steps_of(_params(model)), signals.bad))
        return Judged(_answers(model, x), _standardised(model, x))


def reasons(model: Model, samples: Samples, rows: Index, background: Index, setting: Setting) -> Reasons:
    """What each feature adds to the class that these rows got, by channel and band."""
    from models.domains.eeg.shapley import explain

    x, others = (_table(model, samples.take(part), setting) for part in (rows, background))
    lost = int(np.isnan(x).all(axis=1).sum())
    if lost:
        have = "has" if lost == 1 else "have"
        raise UserError(f"{lost} of {plural(len(x), 'window')} {have} no EEG that can be read. Leave them out.")
    return explain(model, x, others[~np.isnan(others).all(axis=1)], _answers(model, x).argmax(axis=1))


def _answers(model: Model, x: Floats) -> Floats:
    from models.learn.tabular import Linear, softmax, spread

    count = len(model.classes)
    out = np.full((len(x), count), np.nan, np.float32)
    there = ~np.isnan(x).all(axis=1)
    x = x[there]
    if not len(x):
        return out
    linear = softmax(Linear(part_of(model, "linear")).scores(x))
    trees = spread(model.parts["trees"].predict_proba(x), model.arrays["present"], count)
    out[there] = (linear + trees) / 2
    return out


def _standardised(model: Model, x: Floats) -> Floats:
    linear = part_of(model, "linear")
    # Of what cannot be read nothing is known: it stands in the middle.
    return np.nan_to_num(tamed((x - linear["mean"]) / linear["scale"]))


def tamed(z: Floats) -> Floats:
    """Standardised features in which no file of another scale leaves nothing to be seen of all others."""
    inside = np.clip(z, -FAR, FAR)
    beyond = np.maximum(np.abs(inside) - KNEE, 0)
    return np.asarray(np.clip(inside, -KNEE, KNEE) + np.sign(inside) * np.log1p(beyond), np.float32)


def described(windows: npt.NDArray[Any], chosen: Steps, bad: npt.NDArray[np.bool_]) -> Floats:
    """The features of windows (n, 20, t) after these steps, (n, d); NaN where nothing is to be seen.

    bad: which channels somebody called bad, (n, 20).
    """
    from models.domains.eeg import features
    from models.domains.eeg.steps import apply

    after = apply(windows, chosen, told=bad)
    found = features.describe(after, chosen.rate)
    found[~after.any(axis=(1, 2))] = np.nan
    return found


def measure(samples: Samples, rows: Index, params: Any, cache: Path) -> Generator[Progress, None, Floats]:
    """The features of the windows at these rows, (n, d), kept in the cache."""
    from models.domains.eeg import features, window
    from models.domains.eeg.bad_channels import called_bad
    from models.learn.kept import keep

    chosen = steps_of(params)
    of = f"{VERSION}|{sorted((name, to_plain(chosen)[name]) for name in STEPS_ONLY)}"

    def make(places: Index) -> Floats:
        return described(window.eeg(samples, rows[places]), chosen, called_bad(samples, rows[places]))

    folder = cache / "eeg" / "features"
    count = len(features.names())
    return (yield from keep(marks(samples, rows, of), folder, count, make, "Measuring windows", step=16))


def squeezed(table: Floats) -> Floats:
    """Powers and their like reach over orders of magnitude: signed logarithms of them; a row of NaN stays one."""
    known = np.where(np.isnan(table).all(axis=1, keepdims=True), table, np.nan_to_num(table))
    return np.asarray(np.sign(known) * np.log1p(np.abs(known)), np.float32)


def _table(model: Model, samples: Samples, setting: Setting) -> Floats:
    return squeezed(finish(measure(samples, np.arange(len(samples)), _params(model), setting.cache)))


def _params(model: Model) -> FeaturesParams:
    from models.params import build

    found: FeaturesParams = build(FeaturesParams, dict(model.facts["steps"]))
    return found


FEATURES = make_recipe(
    "features",
    "Features of the signal",
    FeaturesParams,
    learn,
    judge,
    (EEG,),
    score,
    vectors,
    reasons=reasons,
    prepare=prepare,
)
