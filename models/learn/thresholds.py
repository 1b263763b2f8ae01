"""Curves over all thresholds of one class against the rest: ROC, and precision against recall.

Truth is a class code per sample (−1: unlabelled, passed over); probabilities are (n, k).
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


def _labelled(truth: npt.ArrayLike, p: npt.ArrayLike) -> tuple[Rows, Floats]:
    codes, table = np.asarray(truth, np.int64), np.asarray(p, np.float64)
    kept = np.flatnonzero(codes >= 0)
    return codes[kept], table[kept]


def _steps(truth: npt.ArrayLike, p: npt.ArrayLike, code: int) -> tuple[Floats, Floats, Floats]:
    """True and false positives at each distinct threshold, descending."""
    codes, table = _labelled(truth, p)
    values = table[:, code] if len(codes) else np.zeros(0)
    thresholds, place = np.unique(-values, return_inverse=True)
    positive = (codes == code).astype(np.float64)
    hits = np.cumsum(np.bincount(place.ravel(), positive, minlength=len(thresholds)))
    false = np.cumsum(np.bincount(place.ravel(), 1 - positive, minlength=len(thresholds)))
    return hits.astype(np.float64), false.astype(np.float64), -thresholds


def _thin(curve: tuple[Floats, Floats, Floats], points: int) -> tuple[Floats, Floats, Floats]:
    if len(curve[0]) <= points:
        return curve
    kept = np.unique(np.linspace(0, len(curve[0]) - 1, points).astype(np.int64))
    return cast("tuple[Floats, Floats, Floats]", tuple(part[kept] for part in curve))


def roc(truth: npt.ArrayLike, p: npt.ArrayLike, k: int, points: int = 500) -> tuple[Floats, Floats, Floats]:
    """ROC of class k against the rest: false positive rate, true positive rate, threshold.

    Ascending from (0, 0), at most `points` long; empty arrays when one side has no rows.
    """
    hits, false, thresholds = _steps(truth, p, k)
    if not len(hits) or hits[-1] == 0 or false[-1] == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    curve = (
        np.concatenate([[0.0], false / false[-1]]),
        np.concatenate([[0.0], hits / hits[-1]]),
        np.concatenate([[np.inf], thresholds]),
    )
    return _thin(curve, points)


def precision_recall(
    truth: npt.ArrayLike, p: npt.ArrayLike, k: int, points: int = 500
) -> tuple[Floats, Floats, Floats]:
    """Precision-recall of class k: recall, precision, threshold; its chance line is the class share.

    Recall ascends; empty arrays when the class has no rows.
    """
    hits, false, thresholds = _steps(truth, p, k)
    if not len(hits) or hits[-1] == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    return _thin((hits / hits[-1], hits / (hits + false), thresholds), points)
