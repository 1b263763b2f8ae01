"""Whether a probability means what it says: the calibration error and the reliability diagram."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
#: Bins of the calibration error.
BINS = 10


def confidence_bins(p: Floats, bins: int) -> tuple[Floats, Rows]:
    """The shown label's probability and its bin of equal width, (n,) each."""
    confidence = p.max(axis=1)
    return confidence, np.clip((confidence * bins).astype(np.int64), 0, bins - 1)


def calibration_error(truth: npt.ArrayLike, p: npt.ArrayLike, bins: int = BINS) -> float:
    """Expected calibration error of the shown label, bins of equal width (Guo et al. 2017); NaN without rows."""
    codes, table = np.asarray(truth), np.asarray(p, np.float64)
    if not len(codes):
        return float("nan")
    confidence, place = confidence_bins(table, bins)
    gaps = np.bincount(place, (table.argmax(axis=1) == codes) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(codes))


def reliability(truth: npt.ArrayLike, p: npt.ArrayLike, bins: int = BINS) -> list[dict[str, Any]]:
    """The reliability diagram: for each bin with rows its limits, n, mean confidence and accuracy."""
    codes, table = np.asarray(truth, np.int64), np.asarray(p, np.float64)
    codes, table = codes[codes >= 0], table[codes >= 0]
    confidence, place = confidence_bins(table, bins) if len(codes) else (np.zeros(0), np.zeros(0, np.int64))
    right = table.argmax(axis=1) == codes if len(codes) else np.zeros(0, bool)
    return [
        {
            "low": one / bins,
            "high": (one + 1) / bins,
            "n": int((place == one).sum()),
            "confidence": float(confidence[place == one].mean()),
            "accuracy": float(right[place == one].mean()),
        }
        for one in np.unique(place)
    ]
