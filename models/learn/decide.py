"""From probabilities to decisions: least expected cost, abstention below a confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError

Codes = npt.NDArray[np.int64]


def decide(p: npt.ArrayLike, costs: npt.ArrayLike | None = None, abstain: float = 0.0) -> Codes:
    """The class to answer for each row of probabilities (n, k), −1 where it abstains.

    costs: (k, k), what it costs to answer the column's class where the row's is true; the answer is
    the one of least expected cost (Elkan 2001; of equal ones the more probable). None: the most
    probable class. abstain: no answer where the answered class is less probable than this (Chow
    1970). Raises UserError for costs of the wrong shape or negative, abstain outside 0 … 1.
    """
    table = np.asarray(p, np.float64)
    if not 0 <= abstain <= 1:
        raise UserError(f"The confidence to abstain below is a share between 0 and 1, not {abstain}.")
    codes = table.argmax(axis=1) if costs is None else _cheapest(table, check_costs(costs, table.shape[1]))
    sure = table[np.arange(len(table)), codes] >= abstain
    decided: Codes = np.where(sure, codes, -1).astype(np.int64)
    return decided


def _cheapest(p: npt.NDArray[np.float64], costs: npt.NDArray[np.float64]) -> Codes:
    expected = p @ costs
    near = expected <= expected.min(axis=1, keepdims=True) + 1e-12
    cheapest: Codes = np.where(near, p, -1).argmax(axis=1)
    return cheapest


def check_costs(costs: npt.ArrayLike, k: int) -> npt.NDArray[np.float64]:
    """The costs as (k, k) numbers; UserError says what is wrong with them."""
    try:
        table = np.asarray(costs, np.float64)
    except (TypeError, ValueError) as error:
        raise UserError("The costs are not a table of numbers: give one row per true class.") from error
    if table.shape != (k, k):
        raise UserError(
            f"The costs are a table of {k} × {k} numbers (row: true class, column: answer), not {table.shape}."
        )
    if not np.isfinite(table).all() or (table < 0).any():
        raise UserError("Costs are numbers of 0 or more; a gain is a lower cost of the right answer.")
    return table


def answered(truth: npt.ArrayLike, p: npt.ArrayLike, points: int = 50) -> list[dict[str, Any]]:
    """The risk-coverage curve: confidence, share of samples answered at it, accuracy among them.

    From the surest sample to all of them (El-Yaniv & Wiener 2010), at most `points` entries;
    unlabelled rows (−1) are passed over.
    """
    codes, table = np.asarray(truth), np.asarray(p, np.float64)
    table, codes = table[codes >= 0], codes[codes >= 0]
    if not len(codes):
        return []
    confidence = table.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(table.argmax(axis=1)[order] == codes[order]) / np.arange(1, len(codes) + 1)
    picks = np.unique(np.linspace(0, len(codes) - 1, min(points, len(codes))).astype(np.int64))
    return [
        {"confidence": float(confidence[order[one]]), "answered": (one + 1) / len(codes), "accuracy": float(right[one])}
        for one in picks.tolist()
    ]
