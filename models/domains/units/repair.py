"""What the model doctor does: opens a model, mends what versions broke, predicts, adopts, or builds it again."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import folder as folders
from models.domains.units import pipelines
from models.domains.units.doctor import DAMAGE, Chart, Diagnosis, examine, plain_rows, read_table, read_training
from models.domains.units.halving import Limits, Table, search
from models.domains.units.metrics import RENAMED
from models.domains.units.pipelines import CLASSIFIERS, IMPUTERS, TRUSTED, Configuration
from models.domains.units.recipes.model import Model
from models.errors import UserError
from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]
_SCALER_NAMES = {"Standard": "standard_scaler", "MinMax": "min_max_scaler", "Robust": "robust_scaler"}


@dataclass
class Patient:
    """An opened model: the pipeline, the columns that it wants, what each code means, and what was mended."""

    folder: Path
    pipeline: Any
    names: tuple[str, ...]
    classes: tuple[str, ...]
    mended: tuple[str, ...] = ()


# Opening and mending


def open_model(folder: Path, trusted: Sequence[str] = ()) -> Patient:
    """Load the model of a folder and mend what is known to break between versions.

    trusted: further types that a person named after seeing them. UserError for a type that is on
    neither list, a damaged file, or a model that is not a pipeline on named metrics.
    """
    from models.learn.save import read_skops

    seen = examine(folder)
    if seen.file is None:
        raise UserError(f"{folder}: there is no .skops file to open. Build the model again from its training data.")
    with pipelines.quietly():
        try:
            pipeline = read_skops(seen.file, (*TRUSTED, *trusted))
        except DAMAGE as error:
            raise UserError(
                f"{seen.file}: this model does not load here ({error}). Build it again from its training data."
            ) from None
    names = tuple(str(name) for name in getattr(pipeline, "feature_names_in_", seen.metrics))
    if not hasattr(pipeline, "predict_proba") or not names:
        raise UserError(f"{seen.file}: this is not a classifier on named metrics. Fetch another model.")
    mended = tuple(mend(pipeline))
    return Patient(folder, pipeline, names, _answers(pipeline, seen, len(names)), mended)


def _answers(pipeline: Any, seen: Diagnosis, metrics: int) -> tuple[str, ...]:
    """The names of the classes that a model tells apart; UserError for one that was never fitted, or to other data."""
    try:
        told = np.asarray(pipeline.classes_)
        wanted = int(getattr(pipeline, "n_features_in_", metrics))
    except DAMAGE:
        raise UserError(f"{seen.file}: this model was never fitted. Fetch another model.") from None
    if told.ndim != 1 or told.dtype.kind not in "biufUSO":
        raise UserError(f"{seen.file}: this model gives several answers at once. Fetch another model.")
    if wanted != metrics:
        raise UserError(f"{seen.file}: it wants {wanted} metrics, the folder names {metrics}. Fetch it anew.")
    words = [str(int(one)) if isinstance(one, bool | int | float) else str(one) for one in told.tolist()]
    return tuple(seen.classes.get(int(word), word) if word.isdigit() else word for word in words)


def mend(model: Any) -> list[str]:
    """Give fitted parts what another version of scikit-learn knows by another name; what was done, in words."""
    done: dict[str, int] = {}
    for part in _parts(model, set()):
        kind = type(part).__name__
        for cured, words in _CURES:
            if cured(part):
                done[f"{kind}: {words}"] = done.get(f"{kind}: {words}", 0) + 1
    return [f"{words} ({count} ×)" if count > 1 else words for words, count in done.items()]


def _parts(value: Any, seen: set[int]) -> Iterator[Any]:
    """A model and all fitted parts inside it, each once."""
    from sklearn.base import BaseEstimator

    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, BaseEstimator):
        yield value
        for inner in list(vars(value).values()):
            yield from _parts(inner, seen)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _parts(inner, seen)
    elif isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        for inner in value:
            yield from _parts(inner, seen)
    elif type(value).__name__ == "_CalibratedClassifier":
        yield from _parts(value.estimator, seen)


def _cure_fill(part: Any) -> bool:
    """scikit-learn 1.7 renamed what SimpleImputer remembers of its dtype."""
    from sklearn.impute import SimpleImputer

    if not isinstance(part, SimpleImputer):
        return False
    has_fit, has_fill = hasattr(part, "_fit_dtype"), hasattr(part, "_fill_dtype")
    if has_fit and not has_fill:
        part._fill_dtype = part._fit_dtype
    elif has_fill and not has_fit:
        part._fit_dtype = part._fill_dtype
    return has_fit != has_fill


def _cure_threads(part: Any) -> bool:
    """A model made on another machine may ask for all its cores; the answer is the same with one."""
    if getattr(part, "n_jobs", None) in (None, 1):
        return False
    part.n_jobs = 1
    return True


_CURES: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (_cure_fill, "the type of filled values was under another version's name"),
    (_cure_threads, "asked for several threads, now for one"),
)


# Predicting


def arrange(names: Sequence[str], x: Floats, columns: Sequence[str]) -> tuple[Floats, list[str]]:
    """Metrics (n, d) under the names `columns`, in the order and under the names that a model wants.

    A metric under its older or its present name is taken with the right sign. Gives the table and
    the metrics that are missing, NaN throughout.
    """
    places = {name: place for place, name in enumerate(columns)}
    result, missing = np.full((len(x), len(names)), np.nan, np.float32), []
    for place, name in enumerate(names):
        found = next(((places[other], sign) for other, sign in _aliases(name) if other in places), None)
        if found is None:
            missing.append(name)
        else:
            result[:, place] = x[:, found[0]] * found[1]
    return result, missing


def _aliases(name: str) -> Iterator[tuple[str, float]]:
    """A metric's own name, its present name if it is an old one, and the old names of a present one."""
    yield name, 1.0
    if name in RENAMED:
        yield RENAMED[name]
    for old, (new, sign) in RENAMED.items():
        if new == name:
            yield old, sign


def predict(patient: Patient, x: Floats, columns: Sequence[str]) -> tuple[list[str], Floats, list[str]]:
    """Class and probabilities (n, classes) of units (n, d), and the metrics that these lack.

    UserError when more than half of the model's metrics are missing, or it cannot do without one.
    """
    table, missing = arrange(patient.names, x, columns)
    if 2 * len(missing) > len(patient.names):
        raise UserError(f"{patient.folder}: these units lack most of its metrics: {', '.join(missing)}. Compute them.")
    try:
        p = pipelines.probabilities(patient.pipeline, table, patient.names)
    except DAMAGE as error:
        raise UserError(
            f"{patient.folder}: the model fails here ({error}). Build it again from its training data."
        ) from None
    return [patient.classes[code] for code in p.argmax(1)], p, missing


def adopt(patient: Patient, place: Path) -> Path:
    """Keep an opened model as a run's folder of ours, which can predict in any project of units.

    Its classes that are named alike (0 and 1) stay so. Gives the folder.
    """
    from importlib.metadata import version

    from models.domains.units.recipes.model import moments, profile, write_model
    from models.learn.save import write_json

    present = [RENAMED.get(name, (name, 1.0)) for name in patient.names]
    model = Model("search", patient.classes, tuple(name for name, _ in present), patient.names)
    model.parts = {"classifier": patient.pipeline}
    model.present = {"classifier": tuple(range(len(patient.classes)))}
    count = len(present)
    model.arrays = {
        "sign": np.array([sign for _, sign in present], np.float32),
        "middle": np.zeros(count, np.float32),
        "spread": np.ones(count, np.float32),
    }
    data = read_training(patient.folder, Chart())
    if data is not None and data.names == patient.names:
        model.arrays |= {**moments(data.x), **profile(data.x), "learnt": data.x}
    model.facts = {"adopted": patient.folder.name, "mended": list(patient.mended), "metrics": list(model.asked)}
    (place / "model").mkdir(parents=True, exist_ok=True)
    write_model(model, place / "model")
    record: dict[str, Any] = {
        "domain": "units",
        "recipe": "search",
        "classes": list(patient.classes),
        "temperature": 1.0,
    }
    record |= {
        "id": place.name,
        "metrics": {},
        "input": model.facts,
        "versions": {"scikit-learn": version("scikit-learn")},
    }
    write_json(place / "run.json", record)
    return place


def learnt(model: Model, samples: Samples) -> npt.NDArray[np.bool_] | None:
    """Which of these units stand in the training data of an adopted model: all metrics that both have are equal.

    None where its folder did not tell its training data, or these units lack most of its metrics.
    """
    from models.domains.units.recipes.model import table_of

    if "learnt" not in model.arrays:
        return None
    x, rows = table_of(model, samples), model.arrays["learnt"]
    shared = np.isfinite(x).any(0) & np.isfinite(rows).any(0)
    if 2 * shared.sum() < x.shape[1]:
        return None
    # What was written as text may differ in its last digit.
    part, power = np.frexp(np.vstack([rows, x])[:, shared].astype(np.float64))
    both = np.nan_to_num(np.ldexp(np.round(part, 3), power), nan=-3.0e38)
    same = np.unique(both, axis=0, return_inverse=True)[1].ravel()
    found: npt.NDArray[np.bool_] = np.isin(same[len(rows) :], same[: len(rows)])
    return found & np.isfinite(x[:, shared]).any(1)


# Building again


@dataclass(frozen=True)
class Rebuilt:
    """A model built again from the distinct rows of its training data, with an honest score by folds."""

    patient: Patient
    configuration: Configuration
    rows: int
    balanced_accuracy: float
    published: float | None

    @property
    def words(self) -> str:
        """The two scores in one sentence."""
        was = "" if self.published is None else f"; the published score was {self.published:.3f}"
        return f"Balanced accuracy {self.balanced_accuracy:.3f} by folds of {self.rows} distinct units{was}."


def rebuild(folder: Path, seed: int = 0) -> Generator[Progress, None, Rebuilt]:
    """Fit the folder's best configuration anew, on each training unit once.

    UserError without training data, or where its classes cannot be told apart.
    """
    data = read_training(folder, Chart())
    if data is None:
        raise UserError(f"{folder}: without training_data.csv and labels.csv the model cannot be built again.")
    seen = examine(folder)
    kept = np.sort(np.unique(plain_rows(data), axis=0, return_index=True)[1])
    known, codes = np.unique(data.codes[kept], return_inverse=True)
    codes = codes.astype(np.int64)
    weights = (len(codes) / len(known) / np.bincount(codes))[codes]
    table = Table(data.x[kept], codes, weights, np.zeros(len(kept), np.int64))
    one = configured(folder)
    try:
        outcome = yield from search(table, [one], Limits(math.inf, math.inf), seed, [], 5, 1)
    except ValueError as error:
        raise UserError(f"{folder}: its training data cannot be learnt from ({error}).") from None
    yield Progress(text="Fitting on all distinct units")
    pipeline = pipelines.fit_pipeline(one, table.x, data.names, codes, weights, seed)
    classes = tuple(seen.classes.get(int(code), str(code)) for code in known)
    patient = Patient(folder, pipeline, data.names, classes, ("built again from its training data",))
    return Rebuilt(patient, one, len(kept), outcome.score, seen.published)


def configured(folder: Path) -> Configuration:
    """The first row of ``model_accuracies.csv`` as a configuration; a random forest where it names none of ours."""
    rows = read_table(folder / folders.ACCURACIES)
    row = rows[0] if rows else {}
    name = row.get("classifier name", "")
    scaler = re.match(r"(Standard|MinMax|Robust)Scaler", row.get("scaling_strategy", ""))
    imputer = row.get("imputation_strategy", "")
    kind = CLASSIFIERS.get(name)
    if kind is None or not kind.installed:
        name, values = "RandomForestClassifier", dict(CLASSIFIERS["RandomForestClassifier"].first)
    else:
        values = _values(row.get("best_params", "")) or dict(kind.first)
    return Configuration(
        name,
        imputer if imputer in IMPUTERS else "median",
        _SCALER_NAMES[scaler[1]] if scaler else "standard_scaler",
        tuple(sorted(values.items())),
    )


def _values(text: str) -> dict[str, Any]:
    """``{...}`` or ``OrderedDict([...])`` as it was printed, read as literals only."""
    inner = re.fullmatch(r"\s*OrderedDict\((.*)\)\s*", text, re.DOTALL)
    try:
        found = ast.literal_eval(inner[1] if inner else text.strip() or "{}")
        return {str(name): value for name, value in dict(found).items() if name != "class_weight"}
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return {}
