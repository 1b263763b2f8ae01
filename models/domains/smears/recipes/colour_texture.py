"""Colour and texture of the cell, relative to itself: boosted trees, random trees and a linear model, averaged."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.smears.recipes.model import SmearParams, make_recipe
from models.job import Progress, finish
from models.learn.fitted import Model, keep_part, narrowed, part_of
from models.params import Note
from models.sample import Samples

Floats = npt.NDArray[np.float32]
#: Standardised features of the map stay inside this.
FAR = 10.0


@dataclass(frozen=True)
class ColourTextureParams(SmearParams):
    """Size of the trees and strength of the linear part."""

    rounds: Annotated[int, Note("Rounds of boosting", low=1, high=5000, section="Model")] = 200
    step: Annotated[float, Note("Step length of boosting", low=1e-3, high=1.0, section="Model")] = 0.06
    leaves: Annotated[int, Note("Most leaves of a boosted tree", low=2, high=1024, section="Model")] = 15
    trees: Annotated[int, Note("Extremely random trees", low=1, high=5000, section="Model")] = 300
    leaf: Annotated[int, Note("Fewest cells in a leaf of these", low=1, high=1000, section="Model")] = 2
    strength: Annotated[
        float, Note("Inverse ridge penalty C of the linear model", low=1e-6, high=1e3, section="Model")
    ] = 0.016


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Measure the cells, fit the three on those that can be read."""
    from models.domains.smears import features
    from models.learn.tabular import fit_linear, lesson
    from models.learn.trees import fit_trees

    rows = np.unique(np.concatenate([task.train, task.val]))
    table = yield from features.measure(task.samples, rows, task.cache)
    whole = np.asarray(np.isfinite(table).all(1), bool)
    place = np.searchsorted(rows, task.train)
    seen = narrowed(task, whole[place], np.ones(len(task.val), bool))
    taught = lesson(seen)
    x = table[np.searchsorted(rows, taught.rows)]
    yield Progress(0, 3, "Fitting the linear model")
    targets = np.eye(len(task.classes), dtype=np.float32)[taught.codes]
    linear = yield from fit_linear(x, targets, taught.weights, task.params.strength)
    arrays = {**keep_part("linear", linear.arrays), "present": taught.present}
    parts = {}
    for number, (name, classifier) in enumerate(voters(task.params, task.seed).items(), 1):
        yield Progress(number, 3, f"Fitting the {name}")
        parts[name.replace(" ", "_")] = fit_trees(classifier, x, taught.codes, taught.weights)
    facts = {"features": table.shape[1], "unreadable": int((~whole).sum())}
    return Model("", task.classes, facts, arrays, parts=parts)


def voters(params: ColourTextureParams, seed: int) -> dict[str, Any]:
    """The tree classifiers by name."""
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

    return {
        "boosted trees": HistGradientBoostingClassifier(
            max_iter=params.rounds, learning_rate=params.step, max_leaf_nodes=params.leaves, max_features=0.3,
            early_stopping=False, random_state=seed,
        ),
        "random trees": ExtraTreesClassifier(params.trees, min_samples_leaf=params.leaf, random_state=seed),
    }  # fmt: skip


def score(model: Model, samples: Samples, setting: Setting) -> Floats:
    """The mean of the three, (n, classes)."""
    from models.learn.tabular import Linear, softmax, spread

    x = _table(samples, setting)
    count = len(model.classes)
    out = np.full((len(x), count), np.nan, np.float32)
    whole = np.isfinite(x).all(1)
    if whole.any():
        present = model.arrays["present"]
        linear = softmax(Linear(part_of(model, "linear")).scores(x[whole])[:, present])
        votes = [linear, *(part.predict_proba(x[whole]) for part in model.parts.values())]
        out[whole] = spread(np.mean(votes, 0), present, count)
    return out


def vectors(model: Model, samples: Samples, setting: Setting) -> Floats:
    """Standardised features, 0 where a cell cannot be read, (n, 160)."""
    linear = part_of(model, "linear")
    z = (_table(samples, setting) - linear["mean"]) / linear["scale"]
    return np.asarray(np.nan_to_num(np.clip(z, -FAR, FAR)), np.float32)


def _table(samples: Samples, setting: Setting) -> Floats:
    from models.domains.smears.features import tabulate

    return finish(tabulate(samples, setting.cache))


COLOUR_TEXTURE = make_recipe(
    "colour_texture", "Colour and texture", ColourTextureParams, learn, score, vectors,
    aligned=lambda _model, samples, setting: _table(samples, setting),
)  # fmt: skip
