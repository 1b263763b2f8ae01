"""Columns of tables: a linear model, random trees, or both, on features that were measured before."""

from __future__ import annotations

import fnmatch
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.domain import Setting, Task
from models.domains.voice.load import feature_names, left_elsewhere
from models.domains.voice.places import FEATURES, KIND, texts_of
from models.domains.voice.telling import APART
from models.errors import UserError
from models.job import Progress
from models.learn.fitted import Model, concluded, keep_part, part_of, recipe_of
from models.learn.settings import CommonParams
from models.learn.words import listing
from models.params import Note, unknown
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
METHODS = ("linear", "trees", "both")
#: What an import measures on recordings: learnt from where no table of features came.
MEASURED = ("seconds", "level", "noise", "silent", "clipped")
#: Standardised features stay inside this.
FAR = 10.0
#: A column that alone tells so much of two classes is worth a word.
NEARLY = 0.95


@dataclass(frozen=True)
class TabularParams(CommonParams):
    """Which columns, which model and how strong."""

    val_size: Annotated[
        float,
        Note(
            "Share of the training speakers kept out for validation; 0: all train, nothing is calibrated",
            low=0.0,
            high=0.5,
            section="Data",
            label="Validation",
        ),
    ] = 0.0

    columns: Annotated[
        tuple[str, ...],
        Note(
            "Columns to learn from; none named: the features of the table; MDVP* stands for all that begin so, !HNR "
            "leaves one out",
            section="Data",
            label="Columns",
            offers="features",
            empty="all features of the table",
        ),
    ] = ()
    method: Annotated[str, Note("Which model learns", choices=METHODS, section="Model")] = "linear"
    strength: Annotated[
        float, Note("Inverse ridge penalty C of the linear model", low=1e-6, high=1e3, section="Model")
    ] = 0.01
    trees: Annotated[int, Note("Extremely random trees", low=1, high=5000, section="Model")] = 300
    leaf: Annotated[int, Note("Fewest rows in a leaf", low=1, high=1000, section="Model")] = 3


def learn(task: Task) -> Generator[Progress, None, Model]:
    """Fit on the columns of the training rows; gaps are the median of these."""
    from models.learn.tabular import lesson

    names = columns_of(task.samples, task.params.columns)
    taught = lesson(task)
    raw = table_of(task.samples.take(taught.rows), names)
    if notes := _doubts(task.samples, names, raw, taught.codes, bool(task.params.columns)):
        yield Progress(note=" ".join(notes))
    middle = _medians(raw)
    x = _filled(raw, middle)
    spread = x.std(0)
    arrays: dict[str, npt.NDArray[Any]] = {"middle": middle, "present": taught.present, "mean": x.mean(0)}
    arrays["spread"] = np.where(spread > 1e-8, spread, 1).astype(np.float32)
    model = Model("", task.classes, {"columns": names}, arrays, {"columns": names})
    yield from _fit(model, task, x, taught)
    setting = Setting(task.device, task.cache)
    return concluded(model, "tabular", task, lambda: score(model, task.samples.take(task.val), setting))


def _fit(model: Model, task: Task, x: Floats, taught: Any) -> Generator[Progress, None, None]:
    """Put the asked models into a model, fitted on x (n, d)."""
    from models.learn.tabular import fit_linear
    from models.learn.trees import fit_trees

    params: TabularParams = task.params
    if params.method != "trees":
        targets = np.eye(len(task.classes), dtype=np.float32)[taught.codes]
        linear = yield from fit_linear(x, targets, taught.weights, params.strength)
        model.arrays |= keep_part("linear", linear.arrays)
    if params.method != "linear":
        from sklearn.ensemble import ExtraTreesClassifier

        yield Progress(text="Fitting the random trees")
        trees = ExtraTreesClassifier(params.trees, min_samples_leaf=params.leaf, random_state=task.seed)
        model.parts["random_trees"] = fit_trees(trees, x, taught.codes, taught.weights)


def _doubts(samples: Samples, names: Sequence[str], x: Floats, codes: Index, asked: bool) -> list[str]:
    """What to know of columns, x (n, d): those that tell the classes alone, and those left out for another table."""
    shares = {
        name: share for name, values in zip(names, x.T, strict=True) if (share := _alone(values, codes)) >= NEARLY
    }
    left = [] if asked else left_elsewhere(samples)
    notes = []
    if shares:
        tells = "tells" if len(shares) == 1 else "each tell"
        least = int(100 * min(shares.values()))
        what = f"the classes of {least} % of the training rows alone, or more: a score of the disease does so"
        notes.append(f"{listing(list(shares))} {tells} {what}.")
    if left:
        are, them = ("is", "it") if len(left) == 1 else ("are", "them")
        notes.append(f"{listing(left)} {are} not learnt from, as one of the tables leaves {them} out.")
    return notes


def _alone(values: Floats, codes: Index) -> float:
    """The share of rows, both classes alike, that the best threshold on a column tells, or that it is missing; 0 where
    there are not two classes or too few rows."""
    both = [np.sort(values[codes == code]) for code in np.unique(codes)]
    if len(both) != 2 or min(map(len, both)) < APART:
        return 0.0
    gaps = [float(np.isnan(one).mean()) for one in both]
    known = [one[np.isfinite(one)] for one in both]
    cuts = np.unique(np.concatenate(known))
    below = [np.searchsorted(one, cuts, "right") / len(whole) for one, whole in zip(known, both, strict=True)]
    above = [len(one) / len(whole) - part for one, whole, part in zip(known, both, below, strict=True)]
    ways = [below[0] + above[1], below[1] + above[0]] if len(cuts) else []
    return float(max([*(way.max() for way in ways), gaps[0] + 1 - gaps[1], gaps[1] + 1 - gaps[0]]) / 2)


def columns_of(samples: Samples, asked: Sequence[str] = ()) -> list[str]:
    """The columns to learn from. Raises UserError for one that is not there, and where there is none at all."""
    own = _offered(samples)
    if not asked:
        if not own:
            raise UserError("these samples have no columns of features: import a table of them, or train acoustic")
        return own
    numeric = [name for name in samples.names if not name.startswith("_") and _is_number(samples, name)]
    known = list(dict.fromkeys([*own, *numeric]))
    taken = [pattern for pattern in asked if not _leaves(pattern, known)]
    left = {name for pattern in asked if pattern not in taken for name in _matching(pattern[1:], known)}
    names = [name for pattern in taken for name in _matching(pattern, known)] if taken else own
    if found := [name for name in dict.fromkeys(names) if name not in left]:
        return found
    raise UserError(f"columns leave no column to learn from: {', '.join(asked)}")


def _leaves(pattern: str, known: Sequence[str]) -> bool:
    return pattern.startswith("!") and pattern not in known


def _matching(pattern: str, known: Sequence[str]) -> list[str]:
    """The columns of a name or pattern. Raises UserError for one that is not there."""
    # A name may hold brackets, which a pattern would take for letters to choose from.
    found = [pattern] if pattern in known else [name for name in known if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise UserError(unknown("column of numbers", pattern, known))
    return found


def _offered(samples: Samples) -> list[str]:
    """The features of all tables, else what an import measured on recordings."""
    told = list(zip(texts_of(samples, KIND), texts_of(samples, FEATURES), strict=True))
    found = [name for one in dict.fromkeys(told) for name in feature_names(samples, told.index(one))]
    return list(dict.fromkeys(found)) or [
        name for name in MEASURED if name in samples.names and _is_number(samples, name)
    ]


def _is_number(samples: Samples, name: str) -> bool:
    values = samples.column(name)
    return values.dtype != object and bool(np.isfinite(values.astype(np.float64)).any())


def table_of(samples: Samples, names: Sequence[str]) -> Floats:
    """The values of some columns, (n, d), NaN for what is missing."""
    out = np.full((len(samples), len(names)), np.nan, np.float32)
    for place, name in enumerate(names):
        values = samples.column(name) if name in samples.names else np.array([], object)
        if values.dtype != object:
            out[:, place] = values
    out[~np.isfinite(out)] = np.nan
    return out


def _medians(x: Floats) -> Floats:
    told = np.isfinite(x).any(axis=0)
    middle = np.zeros(x.shape[1], np.float32)
    middle[told] = np.nanmedian(x[:, told], axis=0)
    return middle


def _filled(x: Floats, middle: Floats) -> Floats:
    return np.where(np.isfinite(x), x, middle).astype(np.float32)


def _input(model: Model, samples: Samples) -> Floats:
    return _filled(table_of(samples, model.numbers["columns"]), np.asarray(model.arrays["middle"], np.float32))


def score(model: Model, samples: Samples, _setting: Setting) -> Floats:
    """The mean of what was fitted, (n, classes)."""
    from models.learn.tabular import Linear, softmax, spread

    if not len(samples):
        return np.zeros((0, len(model.classes)), np.float32)
    x, present = _input(model, samples), model.arrays["present"]
    votes = [part.predict_proba(x) for part in model.parts.values()]
    if "linear.weight" in model.arrays:
        votes.append(softmax(Linear(part_of(model, "linear")).scores(x)[:, present]))
    return spread(np.mean(votes, 0), present, len(model.classes))


def vectors(model: Model, samples: Samples, _setting: Setting) -> Floats:
    """Standardised columns, (n, d)."""
    z = (_input(model, samples) - model.arrays["mean"]) / model.arrays["spread"]
    return np.asarray(np.clip(z, -FAR, FAR), np.float32)


TABULAR = recipe_of(
    "tabular", "Columns of tables", TabularParams, learn, score, embed=vectors,
    presets={"trees": {"method": "trees"}, "both": {"method": "both"}},
)  # fmt: skip
