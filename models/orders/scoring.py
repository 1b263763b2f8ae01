"""Metrics of the parts of a run, beside metadata alone and the domain's baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain
from models.learn.metrics import score
from models.sample import Samples
from models.store.runs import JUDGES

Rows = npt.NDArray[np.int64]


def score_rows(
    kind: Domain,
    samples: Samples,
    codes: Rows,
    probabilities: npt.NDArray[Any],
    rows: Rows,
    classes: tuple[str, ...],
    balanced: bool,
    seed: int = 0,
) -> dict[str, Any]:
    """The metrics of these rows; codes and probabilities cover all samples."""
    by = {name: samples.column(name)[rows] for name in kind.by_columns if name in samples.names}
    groups = samples.group_codes()[0][rows]
    return score(codes[rows], probabilities[rows], groups, classes, kind.is_ordinal(classes), 500, seed, balanced, by)


def wants_balanced(kind: Domain, params: Any) -> bool:
    """Whether the score on a test set evened by class is reported too (the custom of the field)."""
    return getattr(params, "balance", "") == "downsample" or bool(kind.by_columns)


def held_out(parts: npt.NDArray[np.object_], codes: Rows) -> tuple[str, Rows]:
    """The part that a run is judged by, and its labelled rows: test, else out of fold, else validation."""
    for name in JUDGES:
        rows = np.flatnonzero((parts == name) & (codes >= 0))
        if len(rows):
            return name, rows
    return "rest", np.flatnonzero((parts != "train") & (codes >= 0))
