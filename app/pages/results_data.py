"""What the figures of a run are drawn from, computed beside the window. No Qt.

The metrics are loaded where they are used: the page opens without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from models.sample import Samples
from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]
Curve = tuple[int, list[float], list[float]]
POINTS = 200
#: Values of one column that a figure has room for, those with the most samples.
VALUES = 12


@dataclass(frozen=True)
class Basis:
    """One run, one part of it, and the labels of one moment.

    codes: (n,) present label in `names`, −1 unlabelled; copied, so that another thread may read it.
    """

    record: RunRecord
    part: str
    samples: Samples
    codes: Rows
    names: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """The held-out rows that are labelled now: codes (m,), probabilities (m, k), group codes (m,)."""

    rows: Rows
    codes: Rows
    table: npt.NDArray[np.float32]
    groups: Rows
    classes: tuple[str, ...]


def read_held(basis: Basis) -> Held:
    """Read the run's predictions; UserError when that file is missing or damaged."""
    kept = basis.record.predictions()
    rows, index = kept.rows(basis.samples)
    place = {name: code for code, name in enumerate(kept.classes)}
    known = np.array([*(place.get(name, -1) for name in basis.names), -1], np.int64)
    codes = known[basis.codes[rows]]
    mask = (kept.part[index] == basis.part) & (codes >= 0)
    groups = basis.samples.group_codes()[0]
    return Held(rows[mask], codes[mask], kept.probabilities[index[mask]], groups[rows[mask]], kept.classes)


def reliability_of(basis: Basis) -> list[dict[str, Any]]:
    """The bins of the reliability diagram, each with a 95 % interval of the share (Wilson 1927)."""
    from models.learn.reliability import reliability

    held = read_held(basis)
    bins = reliability(held.codes, held.table) if len(held.codes) else []
    return [{**one, "interval": wilson(one["accuracy"], one["n"])} for one in bins]


def wilson(part: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """The score interval of a share of n draws."""
    if n < 1:
        return 0.0, 1.0
    middle = (part + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(part * (1 - part) / n + z * z / (4 * n * n)))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def roc_of(basis: Basis) -> list[Curve]:
    """ROC of each class against the rest: (class, false positive rate, true positive rate)."""
    from models.learn.thresholds import roc

    return _each(basis, roc)


def recall_of(basis: Basis) -> list[Curve]:
    """Precision against recall of each class: (class, recall, precision)."""
    from models.learn.thresholds import precision_recall

    return _each(basis, precision_recall)


def _each(basis: Basis, curve: Callable[..., Any]) -> list[Curve]:
    held = read_held(basis)
    found = []
    for code in range(len(held.classes)):
        x, y, _thresholds = curve(held.codes, held.table, code, POINTS)
        if len(x):
            found.append((code, [float(v) for v in x], [float(v) for v in y]))
    return found


def varied(samples: Samples, names: Iterable[str]) -> tuple[str, ...]:
    """Those columns that hold at least two values: by another one there is nothing to compare."""
    found = []
    for name in names:
        ends = pc.min_max(samples.table.column(name))
        if ends["min"] != ends["max"]:
            found.append(name)
    return tuple(found)


def by_column(basis: Basis, column: str) -> list[dict[str, Any]]:
    """Balanced accuracy with its interval at each value of a column, as `score` gives it."""
    from models.learn.metrics import score

    held = read_held(basis)
    if not len(held.codes):
        return []
    values = basis.samples.column(column)[held.rows]
    metrics = score(held.codes, held.table, held.groups, held.classes, draws=300, by={column: values})
    entries = [entry for entry in metrics[f"by_{column}"] if entry["value"] is not None]
    least = sorted((entry["n"] for entry in entries), reverse=True)[:VALUES][-1:] or [0]
    return [entry for entry in entries if entry["n"] >= least[0]][:VALUES]


History = dict[str, tuple[list[float], ...]]


def history_of(runs: Sequence[RunRecord]) -> History:
    """Recipe → labels, balanced accuracy, low and high of its scored runs, those of few labels first.

    A run that follows from another is the same model, and stands for itself no second time.
    """
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    for run in runs:
        _part, metrics = run.judged()
        value, labels = metrics.get("balanced_accuracy"), (run.record.get("snapshot") or {}).get("labels")
        if value is None or not labels or run.record.get("parent"):
            continue
        low, high = (metrics.get("intervals") or {}).get("balanced_accuracy") or (value, value)
        found.setdefault(run.recipe, []).append((float(labels), float(value), float(low), float(high)))
    return {name: _columns(sorted(points)) for name, points in found.items()}


def _columns(points: Sequence[tuple[float, float, float, float]]) -> tuple[list[float], ...]:
    return tuple(list(column) for column in zip(*points, strict=True))
