"""Metrics of the parts of a run, beside metadata alone and the domain's baseline."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Domain
from models.learn.divergence import score_votes
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
    votes: npt.NDArray[np.float64] | None = None,
) -> dict[str, Any]:
    """The metrics of these rows; codes, probabilities and votes (where the project counts them) cover all samples.

    Those without a prediction, as they cannot be read, are passed over; where none has one the model is at fault.
    """
    said = np.isfinite(probabilities[rows]).all(axis=1)
    rows = rows[said] if said.any() else rows
    by = {name: samples.column(name)[rows] for name in kind.by_columns if name in samples.names}
    groups = samples.group_codes()[0][rows]
    ordinal = kind.is_ordinal(classes)
    metrics = score(codes[rows], probabilities[rows], groups, classes, ordinal, 500, seed, balanced, by)
    return metrics if votes is None else _with_votes(metrics, score_votes(votes[rows], probabilities[rows], groups))


def _with_votes(metrics: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """The divergence from the votes among the other figures, its interval and chance beside theirs."""
    metrics["kl"] = told["kl"]
    metrics["intervals"] = {**metrics["intervals"], "kl": told["interval"]}
    metrics["chance"] = {**metrics["chance"], "kl": told["chance"]}
    metrics["votes"] = {name: told[name] for name in ("n", "uniform", "by_votes", "raters")}
    return metrics


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
