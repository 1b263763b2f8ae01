"""The model doctor: looks at a UnitRefine or spikeinterface model folder before anything in it is trusted.

It reads the names of the types in the model without making any of them, tells versions, metrics and
what is wrong with the training data. `repair` mends, predicts with and builds again what it looked at.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import folder as folders
from models.domains.units.metrics import RENAMED
from models.domains.units.pipelines import TRUSTED
from models.errors import UserError

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]

#: A description of types larger than this is not read.
MOST_BYTES = 256 * 1024 * 1024
#: A number that lies in a file of its own fills no more than this.
MOST_OF_NUMBER = 1024
#: Share of the rows that spikeinterface's trainer tests on, where it is not told otherwise.
TEST = 0.2
#: What a damaged file makes the libraries raise.
DAMAGE = (ArithmeticError, AttributeError, ImportError, LookupError, RuntimeError, TypeError, ValueError, OSError)


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
    that its table gives. rows, distinct: of its training data. seed: by which the model says it was
    trained. leak: rows of the trainer's test, and how many of them stand in its training part as well (on
    average over all draws, where no seed is told).
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
    seed: int | None = None
    leak: tuple[int, int] | None = None
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
            "leak": self.leak and {"test": self.leak[0], "shared": self.leak[1], "known": self.seed is not None},
            "ailments": [{"kind": one.kind, "text": one.text, "cure": one.cure} for one in self.ailments],
        }


@dataclass(frozen=True)
class Lesson:
    """The training data beside a model: ids, metrics (n, d), codes (n,)."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    x: Floats
    codes: Codes


@dataclass
class Chart:
    """Findings while they are gathered."""

    found: list[Ailment] = field(default_factory=list)

    def note(self, kind: str, text: str, cure: str = "") -> None:
        self.found.append(Ailment(kind, text, cure))


# Looking, without trust


def examine(folder: Path) -> Diagnosis:
    """Look at a folder; nothing in it is run. UserError where it holds neither a model nor its training data."""
    chart = Chart()
    info = _info(folder, chart)
    file = _model_file(folder, chart)
    data = read_training(folder, chart)
    if file is None and data is None and not info:
        raise UserError(
            f"{folder} is not a model folder: no .skops file, model_info.json or training_data.csv is in it."
        )
    types, inside, seed = _types(file, chart) if file else ((), "", None)
    required = info.get("requirements")
    versions = {name: str(text) for name, text in required.items()} if isinstance(required, dict) else {}
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
        seen = replace(seen, rows=len(data.codes), distinct=len(np.unique(plain_rows(data), axis=0)))
        if seen.rows > seen.distinct:
            told = drawn_leak(plain_rows(data), data.codes, seed)
            seen = replace(seen, seed=seed if told else None, leak=told or mean_leak(plain_rows(data), data.codes))
    _judge(seen, chart)
    _judge_data(seen, chart)
    return replace(seen, ailments=tuple(chart.found))


def _info(folder: Path, chart: Chart) -> dict[str, Any]:
    file = folder / folders.INFO
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder. Give the folder that holds the .skops file.")
    if not file.is_file():  # a pipe of that name would be waited for without end
        chart.note("file", "model_info.json is missing: neither versions nor the meaning of the classes are known.")
        return {}
    try:
        told = json.loads(file.read_text("utf-8"))
    except RecursionError:
        chart.note("file", "model_info.json nests its brackets too deeply to describe a model.")
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


def _model_file(folder: Path, chart: Chart) -> Path | None:
    files = sorted(file for file in folder.glob("*.skops") if file.is_file())
    if not files:
        chart.note("file", "There is no .skops file: the weights are not here.", "rebuild")
        return None
    if len(files) > 1:
        chart.note("file", f"There are {len(files)} .skops files; {files[0].name} is taken, spikeinterface asks which.")
    best = folder / folders.MODEL
    return best if best in files else files[0]


def _types(file: Path, chart: Chart) -> tuple[tuple[str, ...], str, int | None]:
    """Types that skops does not trust by itself, the version of scikit-learn that wrote the model, and its seed."""
    import skops.io

    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("schema.json").file_size > MOST_BYTES:
                raise ValueError("its description is too large")
            schema = archive.read("schema.json").decode("utf-8")
            seed = _seed(json.loads(schema), archive)
        types = tuple(sorted(skops.io.get_untrusted_types(file=file)))
    except (*DAMAGE, zipfile.BadZipFile, RecursionError) as error:
        chart.note("file", f"{file.name} is not a readable skops file ({error}).", "rebuild")
        return (), "", None
    found = re.search(r'"_sklearn_version": \{[^{}]*"content": "\\"([\w.]+)\\""', schema)
    return types, found[1] if found else "", seed


def _seed(schema: Any, archive: zipfile.ZipFile) -> int | None:
    """The `random_state` that stands nearest to the top of a model's description: what its trainer was given."""
    level = [schema]
    while level:
        for node in level:
            told = node.get("random_state") if isinstance(node, dict) else None
            if isinstance(told, dict) and (found := _whole_number(told, archive)) is not None:
                return found
        level = [
            inner
            for node in level
            for inner in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(inner, dict | list)
        ]
    return None


def _whole_number(node: Mapping[str, Any], archive: zipfile.ZipFile) -> int | None:
    """A number of a model's description: written out, or as a small array beside it."""
    text = node.get("content")
    if isinstance(text, str):
        return int(text) if re.fullmatch(r"\d{1,10}", text) else None
    name = str(node.get("file", ""))
    if name not in archive.namelist() or archive.getinfo(name).file_size > MOST_OF_NUMBER:
        return None
    value = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
    return int(value) if value.size == 1 and value.dtype.kind in "iu" else None


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
    lists = [part.get("metric_names") for part in parts if isinstance(part, dict)]
    return tuple(str(name) for names in lists if isinstance(names, list) for name in names)


def _renamed(metrics: Sequence[str]) -> dict[str, tuple[str, float]]:
    return {name: RENAMED[name] for name in metrics if name in RENAMED}


def _classes(info: Mapping[str, Any]) -> dict[int, str]:
    told = info.get("label_conversion")
    if not isinstance(told, dict):
        return {}
    return {int(code): str(name) for code, name in told.items() if re.fullmatch(r"\d+", str(code))}


def _published(folder: Path) -> float | None:
    """The best score of its table, under the present or the older name of the column."""
    rows = read_table(folder / folders.ACCURACIES)
    scores = [row.get("balanced_accuracy") or row.get("accuracy") or "" for row in rows]
    numbers = [float(text) for text in scores if re.fullmatch(r"\d*\.?\d+|\d+\.", text)]
    return max(numbers, default=None)


def read_table(file: Path) -> list[dict[str, str]]:
    """The rows of a table, none where it is missing, no file, or cannot be read."""
    if not file.is_file():
        return []
    try:
        with file.open(newline="", encoding="utf-8", errors="replace") as stream:
            return [{key: value or "" for key, value in row.items() if key} for row in csv.DictReader(stream)]
    except (OSError, csv.Error):
        return []


def read_training(folder: Path, chart: Chart) -> Lesson | None:
    """The training data, whole; None where it is missing or does not fit."""
    rows, labels = read_table(folder / folders.TRAINING), read_table(folder / folders.LABELS)
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
    except (ValueError, OverflowError) as error:
        chart.note("file", f"training_data.csv or labels.csv holds what is not a number ({error}).")
        return None
    with np.errstate(over="ignore"):
        small = np.where(np.isfinite(x), x, np.nan).astype(np.float32)
    small[~np.isfinite(small)] = np.nan
    return Lesson(tuple(row[first] for row in rows), tuple(names), small, numbers)


def plain_rows(data: Lesson) -> Floats:
    """Rows with their label, gaps as one number, so that equal rows are equal."""
    return np.column_stack([np.nan_to_num(data.x, nan=-3.0e38), data.codes]).astype(np.float32)


# Judging


def _judge(seen: Diagnosis, chart: Chart) -> None:
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


def _judge_data(seen: Diagnosis, chart: Chart) -> None:
    """Doubled rows, and what they do to a score on a random test part."""
    again = seen.rows - seen.distinct
    if seen.leak is None or again <= 0.01 * seen.rows:
        return
    words = "each of its units stands there twice" if seen.rows == 2 * seen.distinct else f"{again} of them are repeats"
    chart.note("doubled", f"Its training data has {seen.rows} rows, but {seen.distinct} units: {words}.", "rebuild")
    test, shared = seen.leak
    drawn = f"rows that its trainer tested on (seed {seen.seed})" if seen.seed is not None else "rows drawn for a test"
    score = "Its score" if seen.published is None else f"Its published score of {seen.published:.4f}"
    chart.note(
        "leakage",
        f"{score} is not real: of {test} {drawn}, {'' if seen.seed is not None else 'about '}{shared} also stand in "
        "the training part.",
        "rebuild",
    )


def drawn_leak(plain: Floats, codes: Codes, seed: int | None) -> tuple[int, int] | None:
    """Rows of the test that spikeinterface's trainer draws by this seed, and how many of them training has as well."""
    from sklearn.model_selection import train_test_split

    if seed is None:
        return None
    try:
        train, test = train_test_split(np.arange(len(codes)), test_size=TEST, random_state=seed, stratify=codes)
    except ValueError:  # a class of one row, or a seed that is none
        return None
    same = np.unique(plain, axis=0, return_inverse=True)[1].ravel()
    return len(test), int(np.isin(same[test], same[train]).sum())


def mean_leak(plain: Floats, codes: Codes) -> tuple[int, int]:
    """The same on average over all draws of a fifth of each class: equal rows are of one class."""
    _, same, copies = np.unique(plain, axis=0, return_inverse=True, return_counts=True)
    copies, every = copies[same.ravel()], np.bincount(codes - codes.min())[codes - codes.min()]
    alone = np.ones(len(codes))
    for turn in range(int(copies.max()) - 1):
        further = copies > turn + 1
        share = np.maximum(TEST * every[further] - 1 - turn, 0) / (every[further] - 1 - turn)
        alone[further] *= share
    return math.ceil(TEST * len(codes)), round(float(TEST * (1 - alone).sum()))
