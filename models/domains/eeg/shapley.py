"""What each feature of a window adds to the class that the recipe of features gives it, by channel and band.

SHAP values (Lundberg & Lee 2017): of the trees by the library shap, exact against training windows (Lundberg et al.
2020), of the linear model by its weights, which is exact too. Both are of scores before they become probabilities,
each less the mean over the classes: a score that all classes have says nothing.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Reasons, Table
from models.domains.eeg import features
from models.domains.eeg.features import BANDS, TITLES
from models.errors import lacking
from models.learn.fitted import Model, part_of

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
METHOD = "SHAP values against training windows"
#: Training windows that the trees are compared with.
BACKGROUND = 100
#: Columns of the table beside the bands: of features that are of a channel and no band.
_WHOLE = {"edge": "95 % edge", "line": "Line length"}
#: What features of no channel are of, by how their names begin.
_OTHERS = {
    "lateral": "Sides apart", "rhythm": "Rhythm", "periodicity": "Periodicity", "together": "Periodicity",
    "spikiness": "Spikiness", "trend": "Evolution", "change": "Evolution", "centre": "Evolution",
}  # fmt: skip
_REST = "Signal quality"
#: The channels on the left, each with the one that mirrors it.
_MIRROR = {TITLES[place]: TITLES[place + 4] for place in (*range(4), *range(8, 12))}


def explain(model: Model, x: Floats, background: Floats, classes: npt.NDArray[np.int64]) -> Reasons:
    """What each feature of windows (n, d) adds to the score of a class each, (n,), against other windows (m, d)."""
    values, base = np.zeros((len(x), x.shape[1])), np.zeros(len(x))
    for added, start in (_of_trees(model, x, background), _of_linear(model, x, background)):
        centred = added - added.mean(axis=2, keepdims=True)
        values += np.take_along_axis(centred, classes[:, None, None], axis=2)[..., 0] / 2
        base += (start - start.mean())[classes] / 2
    names = features.names()
    given = tuple(model.classes[place] for place in classes.tolist())
    return Reasons(given, names, values, base, "score", METHOD, gather(values))


def _of_trees(model: Model, x: Floats, background: Floats) -> tuple[Numbers, Numbers]:
    """What each feature adds to the raw score of each class, (n, d, k), and that of the background, (k,)."""
    shap = _library()
    background = background[np.linspace(0, len(background) - 1, min(len(background), BACKGROUND)).astype(int)]
    explainer = shap.TreeExplainer(model.parts["trees"], data=background.astype(np.float64))
    found = np.asarray(explainer.shap_values(x.astype(np.float64), check_additivity=False), np.float64)
    start = np.atleast_1d(np.asarray(explainer.expected_value, np.float64))
    if found.ndim == 2:  # of two classes the trees score one, the other is its mirror
        found, start = np.stack([-found, found], axis=2) / 2, np.concatenate([-start, start]) / 2
    whole = np.zeros((*found.shape[:2], len(model.classes)))
    base = np.zeros(len(model.classes))
    whole[..., model.arrays["present"]], base[model.arrays["present"]] = found, start
    return whole, base


def _library() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its colour maps are made in a way that matplotlib is about to end
            import shap
    except ImportError:
        raise lacking("SHAP values need", "umap") from None
    return shap


def _of_linear(model: Model, x: Floats, background: Floats) -> tuple[Numbers, Numbers]:
    linear = part_of(model, "linear")
    weights = np.asarray(linear["weight"], np.float64) / np.asarray(linear["scale"], np.float64)[:, None]
    middle = background.mean(axis=0, dtype=np.float64)
    base = np.asarray(linear["bias"] + (middle - linear["mean"]) @ weights, np.float64)
    return (x - middle)[:, :, None] * weights, base


def gather(values: Numbers) -> Table:
    """What features add, (n, d), by channel and band; those of both sides count half for each channel."""
    columns = (*BANDS, *_WHOLE.values())
    table = np.zeros((len(values), len(TITLES), len(columns)))
    names = tuple(dict.fromkeys([*_OTHERS.values(), _REST]))
    others = np.zeros((len(values), len(names)))
    for added, (rows, column, other) in zip(values.T, _places(), strict=True):
        for row in rows:
            table[:, row, column] += added / len(rows)
        if not rows:
            others[:, names.index(other)] += added
    return Table(TITLES, tuple(name.capitalize() for name in columns), table, names, others)


@cache
def _places() -> tuple[tuple[tuple[int, ...], int, str], ...]:
    """Rows and column of each feature, no rows for one of no channel, and what that is of."""
    columns = (*BANDS, *_WHOLE)
    found: list[tuple[tuple[int, ...], int, str]] = []
    for name in features.names():
        front, _, title = name.rpartition("_")
        kind = front.rpartition("_")[2] or front
        if title not in TITLES:
            found.append(((), 0, _OTHERS.get(name.partition("_")[0], _REST)))
            continue
        titles = (title, _MIRROR[title]) if front.startswith("asymmetry") else (title,)
        found.append((tuple(TITLES.index(one) for one in titles), columns.index(kind), ""))
    return tuple(found)
