"""Model folders as UnitRefine and spikeinterface write them, with a model of ours inside.

``best_model.skops``, ``model_accuracies.csv``, ``model_info.json``, ``training_data.csv``, ``labels.csv``,
and ``model_predictions.csv`` for the units that were predicted. A model of two steps is two such
folders, ``noise_neural`` and ``sua_mua``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.units import metrics, pipelines
from models.domains.units.recipes.model import Model, table_of
from models.errors import UserError
from models.job import Progress
from models.store.atomic import write_text

Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]

MODEL, ACCURACIES, INFO = "best_model.skops", "model_accuracies.csv", "model_info.json"
TRAINING, LABELS, PREDICTIONS = "training_data.csv", "labels.csv", "model_predictions.csv"
HEAD = (
    "classifier name", "imputation_strategy", "scaling_strategy", "balanced_accuracy", "precision", "recall",
    "model_id", "best_params",
)  # fmt: skip
_SCALERS = {
    "standard_scaler": "StandardScaler()",
    "robust_scaler": "RobustScaler()",
    "min_max_scaler": "MinMaxScaler()",
}


@dataclass(frozen=True)
class Rows:
    """Units as a table: ids, metrics (n, d), and the class of each, None without one."""

    ids: Sequence[str]
    x: Floats
    labels: Sequence[str | None]


def write_folder(model: Model, rows: Rows, folder: Path, temperature: float = 1.0) -> list[Path]:
    """Write the model and the units that it learnt from; the files, in order.

    rows: of the training side, metrics in the model's order. temperature: what the probabilities are
    divided by beside the model's own. Raises UserError for a model that spikeinterface could not feed.
    """
    if model.relative:
        raise UserError(
            "this model sees metrics relative to their session, which spikeinterface cannot compute. "
            "Train again without them."
        )
    if "classifier" not in model.parts:
        return _write_steps(model, rows, folder)
    known = {model.classes[code]: place for place, code in enumerate(model.present["classifier"])}
    pipeline = warmed(model.parts["classifier"], model.temperature * temperature, rows.x, model.names)
    return _write_one(pipeline, model, rows, known, folder)


def _write_steps(model: Model, rows: Rows, folder: Path) -> list[Path]:
    """Both steps as UnitRefine has them: noise against neural, then the classes of the neural ones."""
    noise = [model.classes[code] for code in model.present["noise"]]
    neural = [model.classes[code] for code in model.present["neural"]]
    files: list[Path] = []
    if "noise_neural" in model.parts:
        plain = [None if label is None else "noise" if label in noise else "neural" for label in rows.labels]
        part = Rows(rows.ids, rows.x, plain)
        known = {"neural": 0, "noise": 1}
        files += _write_one(model.parts["noise_neural"], model, part, known, folder / "noise_neural")
    if "sua_mua" in model.parts:
        kept = [place for place, label in enumerate(rows.labels) if label in neural]
        part = Rows([rows.ids[k] for k in kept], rows.x[kept], [rows.labels[k] for k in kept])
        known = {name: place for place, name in enumerate(neural)}
        files += _write_one(model.parts["sua_mua"], model, part, known, folder / "sua_mua")
    return files


def _write_one(pipeline: Any, model: Model, rows: Rows, known: Mapping[str, int], folder: Path) -> list[Path]:
    from models.learn.save import write_skops

    folder.mkdir(parents=True, exist_ok=True)
    write_skops(pipeline, folder / MODEL)
    write_text(folder / ACCURACIES, _text(HEAD, accuracies(model), index=True))
    write_text(folder / INFO, json.dumps(describe(model.names, known), indent=4))
    kept = [place for place, label in enumerate(rows.labels) if label in known]
    write_text(folder / TRAINING, _text(("unit_id", *model.names), [[rows.ids[k], *_cells(rows.x[k])] for k in kept]))
    codes = [[rows.ids[k], known[str(rows.labels[k])]] for k in kept]
    write_text(folder / LABELS, _text(("unit_index", "0"), codes))
    return [folder / name for name in (MODEL, ACCURACIES, INFO, TRAINING, LABELS)]


def warmed(pipeline: Any, temperature: float, x: Floats, names: Sequence[str]) -> Any:
    """The pipeline with its probabilities divided by a temperature, in scikit-learn's own calibrator.

    Before scikit-learn 1.8, which has none, the pipeline as it is.
    """
    import pandas as pd
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator
    from sklearn.pipeline import Pipeline

    if abs(temperature - 1) < 1e-6:
        return pipeline
    *before, (title, classifier) = pipeline.steps
    # Only probabilities may be scaled: of an estimator that also has scores, the calibrator takes these.
    plain = pipelines.average([classifier], np.asarray(pipeline.classes_))
    with pipelines.quietly():
        z: Any = pd.DataFrame(x, columns=list(names))
        for _, step in before:
            z = step.transform(z)
        try:
            whole = CalibratedClassifierCV(FrozenEstimator(plain), method="temperature", ensemble=False, cv=2)
            whole.fit(z, _any_codes(len(x), np.asarray(pipeline.classes_)))
        except ValueError:
            return pipeline
    whole.calibrated_classifiers_[0].calibrators[0].beta_ = np.float64(1 / temperature)
    whole.estimator = None  # it is in there already; a second copy would double the file
    return Pipeline([*before, (title, whole)])


def _any_codes(count: int, classes: Codes) -> Codes:
    """Codes in which each class occurs, for a fit whose outcome is replaced."""
    return np.resize(classes, count)


def describe(names: Sequence[str], known: Mapping[str, int]) -> dict[str, Any]:
    """``model_info.json``: metrics by family, versions, and which class a code means."""
    from importlib.metadata import version

    family = {name: metrics.BY_NAME[name].family if name in metrics.BY_NAME else metrics.QUALITY for name in names}
    template = [name for name in names if family[name] == metrics.TEMPLATE]
    return {
        "metric_params": {
            "quality_metric_params": {"metric_names": [name for name in names if name not in template]},
            "template_metric_params": {"metric_names": template},
        },
        "requirements": {"spikeinterface": version("spikeinterface"), "scikit-learn": version("scikit-learn")},
        "label_conversion": {str(code): name for name, code in known.items()},
    }


def accuracies(model: Model) -> list[list[Any]]:
    """The rows of ``model_accuracies.csv``: configurations with a score, the best first; scores by inner folds."""
    scored = [row for row in model.tried if row["balanced_accuracy"] is not None]
    scored.sort(key=lambda row: (-row["rung"], -row["balanced_accuracy"]))
    if not scored:
        score = model.facts.get("inner_balanced_accuracy", "")
        return [[model.recipe, "median", "StandardScaler()", score, "", "", 0, "{}"]]
    return [
        [
            row["classifier"],
            row["imputation"],
            _SCALERS.get(row["scaling"], row["scaling"]),
            *(f"{row[name]:.4f}" for name in ("balanced_accuracy", "precision", "recall")),
            place,
            repr(row["values"]),
        ]
        for place, row in enumerate(scored)
    ]


def write_predictions(ids: Sequence[str], predicted: Sequence[str], sure: Sequence[float], path: Path) -> None:
    """``model_predictions.csv``: class and probability of each unit."""
    rows = [[one, label, f"{p:.6g}"] for one, label, p in zip(ids, predicted, sure, strict=True)]
    write_text(path, _text(("unit_id", "prediction", "probability"), rows))


def _cells(values: Floats) -> list[str]:
    return ["" if not np.isfinite(value) else repr(float(value)) for value in values]


def _text(head: Sequence[str], rows: Sequence[Sequence[Any]], index: bool = False) -> str:
    """Rows as CSV; with `index` a first column without a name counts them, as pandas writes it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["", *head] if index else head)
    writer.writerows([number, *row] if index else row for number, row in enumerate(rows))
    return text.getvalue()


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """The run's model as such a folder, with the units that it learnt from and its predictions of all.

    Without a run: the metrics and labels alone.
    """
    yield Progress(0, 3, "Reading the model")
    if view.folder is None:
        return _without_model(view, path)
    model, record = _model_of(view.folder)
    x = table_of(model, view.samples)
    yield Progress(1, 3, "Writing the model")
    ids = view.samples.table.column("key").to_pylist()
    files = write_folder(model, _trained(view, x, ids), path, float(record.get("temperature", 1.0)))
    files.append(path / PREDICTIONS)
    p = np.zeros((len(ids), 1)) if view.probabilities is None else view.probabilities
    predicted = [label or "" for label in view.predictions]
    write_predictions(ids, predicted, np.nan_to_num(p.max(1)).tolist(), files[-1])
    yield Progress(3, 3, "Written")
    return {"written": len(ids), "files": [str(file) for file in files], "skipped": []}


def _model_of(folder: Path) -> tuple[Model, dict[str, Any]]:
    from models.domains.units.recipes import RECIPES
    from models.learn.save import read_json

    record = read_json(folder / "run.json")
    recipe = next((one for one in RECIPES if one.name == record.get("recipe")), None)
    if recipe is None:
        raise UserError(f"{folder}: its recipe {record.get('recipe')!r} is unknown here. Choose another run.")
    return recipe.load(folder / "model"), record


def _trained(view: ExportView, x: Floats, ids: Sequence[str]) -> Rows:
    """The units of the view that the run learnt from; all labelled ones where none is known to be such."""
    from models.store.predictions import FILE_NAME, read_predictions

    labels = list(view.labels)
    file = (view.folder or Path()) / FILE_NAME
    if file.is_file():
        known = read_predictions(file)
        parts = dict(zip(known.ids, known.part, strict=True))
        taught = [parts.get(name) in ("train", "out_of_fold") for name in view.samples.ids()]
        if any(taught):
            labels = [label if seen else None for label, seen in zip(labels, taught, strict=True)]
    return Rows(ids, x, labels)


def _without_model(view: ExportView, path: Path) -> dict[str, Any]:
    x, names = metrics.features(view.samples)
    ids = view.samples.table.column("key").to_pylist()
    classes = [name for name in view.classes if name in set(view.labels)]
    known = {name: code for code, name in enumerate(classes)}
    path.mkdir(parents=True, exist_ok=True)
    kept = [place for place, label in enumerate(view.labels) if label in known]
    write_text(path / INFO, json.dumps(describe(names, known), indent=4))
    write_text(path / TRAINING, _text(("unit_id", *names), [[ids[k], *_cells(x[k])] for k in kept]))
    write_text(path / LABELS, _text(("unit_index", "0"), [[ids[k], known[str(view.labels[k])]] for k in kept]))
    told = {"source": view.project, "where": "", "reason": "no run yet: the folder holds labels but no model"}
    return {"written": len(kept), "files": [str(path / name) for name in (INFO, TRAINING, LABELS)], "skipped": [told]}
