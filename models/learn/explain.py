"""Explanations compared with each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

#: Relevance that differs by less than this share of its largest is the same everywhere.
_EVEN = 1e-6


def telling(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which relevance maps (n, …) tell one place from another, (n,): the others show nothing."""
    if not values.size:
        return np.zeros(len(values), bool)
    flat = values.reshape(len(values), -1)
    return np.asarray(np.ptp(flat, axis=1) > _EVEN * np.abs(flat).max(axis=1), bool)


def similarity(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Mean rank correlation of the relevance maps (n, …) of `a` with those of `b`; NaN where none of `a` tells any.

    Places of the same relevance share a rank. A map of `b` that shows nothing has nothing of the order of the other: 0.
    """
    from scipy.stats import rankdata

    told = telling(a)
    if not told.any():
        return float("nan")
    ranks = [rankdata(part[told].reshape(int(told.sum()), -1), axis=1) for part in (a, b)]
    left, right = (part - part.mean(1, keepdims=True) for part in ranks)
    scale = np.sqrt((left**2).sum(1) * (right**2).sum(1))
    return float(((left * right).sum(1) / np.maximum(scale, 1e-12)).mean())


def check(shown: npt.NDArray[Any], random: Iterable[npt.NDArray[Any]]) -> dict[str, float]:
    """Compare what is shown with what networks of random weights show.

    similarity: mean rank correlation of both, NaN where nothing is shown; passed: 1 when it is under one half, so that
    the explanation depends on what was learned.
    """
    mean = float(np.mean([similarity(shown, other) for other in random]))
    return {"similarity": mean, "passed": float(abs(mean) < 0.5)}
