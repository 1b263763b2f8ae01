"""Explanations compared with each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def similarity(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Mean rank correlation of the rows of two relevance maps."""
    if not len(a):
        return 0.0
    ranks = [np.argsort(np.argsort(part, 1), 1).astype(np.float64) for part in (a, b)]
    left, right = (part - part.mean(1, keepdims=True) for part in ranks)
    scale = np.sqrt((left**2).sum(1) * (right**2).sum(1)) + 1e-12
    return float(((left * right).sum(1) / scale).mean())
