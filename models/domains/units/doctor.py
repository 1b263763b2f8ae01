"""The model doctor: looks at a UnitRefine or spikeinterface model folder before anything in it is trusted.

It reads the names of the types in the model without making any of them, tells versions, metrics and
what is wrong with the training data, repairs what is known to be repairable, or builds the model
again from its own training data.
"""

from __future__ import annotations

import ast
import csv
import json
import math
import re
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import folder as folders
from models.domains.units import pipelines
from models.domains.units.halving import Limits, Table, search
from models.domains.units.metrics import RENAMED
from models.domains.units.pipelines import CLASSIFIERS, IMPUTERS, TRUSTED, Configuration
from models.domains.units.recipes.model import Model
from models.errors import UserError
from models.job import Progress

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]

#: A description of types larger than this is not read.
MOST_BYTES = 256 * 1024 * 1024
#: What a damaged file makes the libraries raise.
_DAMAGE = (ArithmeticError, AttributeError, ImportError, LookupError, RuntimeError, TypeError, ValueError, OSError)
_SCALER_NAMES = {"Standard": "standard_scaler", "MinMax": "min_max_scaler", "Robust": "robust_scaler"}


@dataclass(frozen=True)
class Ailment:
    """One finding: kind, words, and whether `mend` or `rebuild` cures it.

    kind: "version", "type", "metric", "fill", "doubled", "leakage", "info" or "file".
    """

    kind: str
    text: str
    cure: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What is known of a model folder without loading the model.

    versions: by library, as the folder tells them; here: those installed. types: all that skops does
    not trust by itself; untrusted: those that are not on our list either. metrics: names in the order
    of the model; renamed: old name → (present name, factor). classes: by code. published: the score
    that its table gives. rows, distinct: of its training data.
    """

    folder: Path
    file: Path | None
    versions: Mapping[str, str]
    here: Mapping[str, str]
    types: tuple[str, ...]
    untrusted: tuple[str, ...]
    metrics: tuple[str, ...]
    renamed: Mapping[str, tuple[str, float]]
    classes: Mapping[int, str]
    published: float | None = None
    rows: int = 0
    distinct: int = 0
    ailments: tuple[Ailment, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON, for the window and the command line."""
        return {
            "folder": str(self.folder),
            "file": self.file.name if self.file else "",
            "versions": dict(self.versions),
            "here": dict(self.here),
            "types": list(self.types),
            "untrusted": list(self.untrusted),
            "metrics": list(self.metrics),
            "renamed": {old: [new, factor] for old, (new, factor) in self.renamed.items()},
            "classes": {str(code): name for code, name in self.classes.items()},
            "published": self.published,
            "rows": self.rows,
            "distinct": self.distinct,
            "ailments": [{"kind": one.kind, "text": one.text, "cure": one.cure} for one in self.ailments],
        }


@dataclass
class Patient:
    """An opened model: the pipeline, the columns that it wants, what each code means, and what was mended."""

    folder: Path
    pipeline: Any
    names: tuple[str, ...]
    classes: tuple[str, ...]
    mended: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Data:
    """The training data beside a model: ids, metrics (n, d), codes (n,)."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    x: Floats
    codes: Codes


@dataclass
class _Chart:
    """Findings while they are gathered."""

    found: list[Ailment] = field(default_factory=list)

    def note(self, kind: str, text: str, cure: str = "") -> None:
        self.found.append(Ailment(kind, text, cure))


# Looking, without trust


def examine(folder: Path) -> Diagnosis:
    """Look at a folder; nothing in it is run. UserError where it holds neither a model nor its training data."""
    chart = _Chart()
    info = _info(folder, chart)
    file = _model_file(folder, chart)
    data = _training(folder, chart)
    if file is None and data is None and not info:
        raise UserError(
            f"{folder} is not a model folder: no .skops file, model_info.json or training_data.csv is in it."
        )
    types, inside = _types(file, chart) if file else ((), "")
    versions = {name: str(text) for name, text in dict(info.get("requirements") or {}).items()}
    if inside:
        versions["scikit-learn"] = inside
    metrics = data.names if data else _metrics_of(info)
    untrusted = tuple(name for name in types if name not in TRUSTED)
    seen = Diagnosis(
        folder,
        file,
        versions,
        _here(),
        types,
        untrusted,
        metrics,
        _renamed(metrics),
        _classes(info),
        _published(folder),
    )
    if data is not None:
        seen = replace(seen, rows=len(data.codes), distinct=len(np.unique(_plain(data), axis=0)))
    _judge(seen, chart)
    if data is not None:
        _judge_data(seen, data, chart)
    return replace(seen, ailments=tuple(chart.found))


def _info(folder: Path, chart: _Chart) -> dict[str, Any]:
    file = folder / folders.INFO
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. Give the folder that holds the .skops file.")
    try:
        told = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        chart.note("file", "model_info.json is missing: neither versions nor the meaning of the classes are known.")
        return {}
    except (OSError, ValueError) as error:
        chart.note("file", f"model_info.json cannot be read ({error}).")
        return {}
    if not isinstance(told, dict):
        chart.note("file", "model_info.json does not describe a model.")
        return {}
    missing = [name for name in ("metric_params", "requirements", "label_conversion") if name not in told]
    if missing:
        chart.note("file", f"model_info.json lacks {', '.join(missing)}: spikeinterface's loader fails on it.", "mend")
    return told


def _model_file(folder: Path, chart: _Chart) -> Path | None:
    files = sorted(folder.glob("*.skops"))
    if not files:
        chart.note("file", "There is no .skops file: the weights are not here.", "rebuild")
        return None
    if len(files) > 1:
        chart.note("file", f"There are {len(files)} .skops files; {files[0].name} is taken, spikeinterface asks which.")
    best = folder / folders.MODEL
    return best if best in files else files[0]


def _types(file: Path, chart: _Chart) -> tuple[tuple[str, ...], str]:
    """Types that skops does not trust by itself, and the version of scikit-learn that wrote the model."""
    import skops.io

    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("schema.json").file_size > MOST_BYTES:
                raise ValueError("its description is too large")
            schema = archive.read("schema.json").decode("utf-8")
        types = tuple(sorted(skops.io.get_untrusted_types(file=file)))
    except (*_DAMAGE, zipfile.BadZipFile, RecursionError) as error:
        chart.note("file", f"{file.name} is not a readable skops file ({error}).", "rebuild")
        return (), ""
    found = re.search(r'"_sklearn_version": \{[^{}]*"content": "\\"([\w.]+)\\""', schema)
    return types, found[1] if found else ""


def _here() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("scikit-learn", "spikeinterface", "skops"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _metrics_of(info: Mapping[str, Any]) -> tuple[str, ...]:
    params = info.get("metric_params")
    parts = (
        [params.get(f"{kind}_metric_params") for kind in ("quality", "template")] if isinstance(params, dict) else []
    )
    return tuple(str(name) for part in parts if isinstance(part, dict) for name in part.get("metric_names") or ())


def _renamed(metrics: Sequence[str]) -> dict[str, tuple[str, float]]:
    return {name: RENAMED[name] for name in metrics if name in RENAMED}


def _classes(info: Mapping[str, Any]) -> dict[int, str]:
    told = info.get("label_conversion")
    if not isinstance(told, dict):
        return {}
    return {int(code): str(name) for code, name in told.items() if re.fullmatch(r"\d+", str(code))}


def _published(folder: Path) -> float | None:
    """The best score of its table, under the present or the older name of the column."""
    rows = _table(folder / folders.ACCURACIES)
    scores = [row.get("balanced_accuracy") or row.get("accuracy") or "" for row in rows]
    numbers = [float(text) for text in scores if re.fullmatch(r"[\d.]+", text)]
    return max(numbers, default=None)


def _table(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(newline="", encoding="utf-8", errors="replace") as stream:
            return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(stream)]
    except (OSError, csv.Error):
        return []


def _training(folder: Path, chart: _Chart) -> _Data | None:
    """The training data, whole; None where it is missing or does not fit."""
    rows, labels = _table(folder / folders.TRAINING), _table(folder / folders.LABELS)
    if not rows:
        chart.note("file", "training_data.csv is missing: what the model learnt from cannot be looked at.")
        return None
    first, *names = rows[0]
    codes = [row.get("0", next(reversed(row.values()), "")) for row in labels]
    if len(codes) != len(rows):
        chart.note(
            "file", f"labels.csv has {len(codes)} rows, training_data.csv {len(rows)}: they do not belong together."
        )
        return None
    try:
        x = np.array([[float(row[name] or "nan") for name in names] for row in rows], np.float64)
        numbers = np.array([int(float(code)) for code in codes], np.int64)
    except ValueError as error:
        chart.note("file", f"training_data.csv or labels.csv holds what is not a number ({error}).")
        return None
    with np.errstate(over="ignore"):
        small = np.where(np.isfinite(x), x, np.nan).astype(np.float32)
    small[~np.isfinite(small)] = np.nan
    return _Data(tuple(row[first] for row in rows), tuple(names), small, numbers)


def _plain(data: _Data) -> Floats:
    """Rows with their label, gaps as one number, so that equal rows are equal."""
    return np.column_stack([np.nan_to_num(data.x, nan=-3.0e38), data.codes]).astype(np.float32)


# Judging


def _judge(seen: Diagnosis, chart: _Chart) -> None:
    for name, version in seen.versions.items():
        now = seen.here.get(name, "")
        if now and now != version:
            chart.note("version", f"Made with {name} {version}; {now} is installed.", "mend")
    if seen.untrusted:
        words = ", ".join(seen.untrusted)
        chart.note(
            "type", f"It holds types that are not trusted: {words}. Name them only if you know who made the file."
        )
    if seen.renamed:
        parts = [f"{old} is now {'minus ' if factor < 0 else ''}{new}" for old, (new, factor) in seen.renamed.items()]
        chart.note("metric", f"Renamed metrics: {'; '.join(parts)}.", "mend")
    if not seen.classes:
        chart.note("info", "What its classes mean is not told.")
    elif all(name.isdigit() for name in seen.classes.values()):
        chart.note("info", f"Its classes are named {', '.join(seen.classes.values())}: what they mean is not told.")


def _judge_data(seen: Diagnosis, data: _Data, chart: _Chart) -> None:
    """Doubled rows, and what they do to a score on a random test part."""
    again = seen.rows - seen.distinct
    if again <= 0.01 * seen.rows:
        return
    times = seen.rows / seen.distinct
    words = "each of its units stands there twice" if seen.rows == 2 * seen.distinct else f"{again} of them are repeats"
    chart.note("doubled", f"Its training data has {seen.rows} rows, but {seen.distinct} units: {words}.", "rebuild")
    test, shared = leaked(_plain(data), data.codes)
    score = "Its score" if seen.published is None else f"Its published score of {seen.published:.4f}"
    chart.note(
        "leakage",
        f"{score} is not real: of {test} units drawn for a test, {shared} also stand in the training part "
        f"(rows occur {times:.1f} times on average).",
        "rebuild",
    )


def leaked(plain: Floats, codes: Codes, seed: int = 0) -> tuple[int, int]:
    """Rows of a fifth drawn for a test, as the trainer draws it, and how many of them training has as well."""
    rng = np.random.default_rng([seed, 51])
    kept = np.zeros(len(codes), bool)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        kept[rng.choice(rows, round(0.2 * len(rows)), replace=False)] = True
    _, same = np.unique(plain, axis=0, return_inverse=True)
    same = same.ravel()
    return int(kept.sum()), int(np.isin(same[kept], same[~kept]).sum())


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
        except _DAMAGE as error:
            raise UserError(
                f"{seen.file}: this model does not load here ({error}). Build it again from its training data."
            ) from None
    names = tuple(str(name) for name in getattr(pipeline, "feature_names_in_", seen.metrics))
    if not hasattr(pipeline, "predict_proba") or not names:
        raise UserError(f"{seen.file}: this is not a classifier on named metrics. Fetch another model.")
    codes = [int(code) for code in pipeline.classes_]
    classes = tuple(seen.classes.get(code, str(code)) for code in codes)
    return Patient(folder, pipeline, names, classes, tuple(mend(pipeline)))


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
    except _DAMAGE as error:
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
    data = _training(patient.folder, _Chart())
    if data is not None and data.names == patient.names:
        model.arrays |= {**moments(data.x), **profile(data.x)}
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
    data = _training(folder, _Chart())
    if data is None:
        raise UserError(f"{folder}: without training_data.csv and labels.csv the model cannot be built again.")
    seen = examine(folder)
    kept = np.sort(np.unique(_plain(data), axis=0, return_index=True)[1])
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
    rows = _table(folder / folders.ACCURACIES)
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
