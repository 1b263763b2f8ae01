"""Unlabelled samples that the model cannot decide (margin: Scheffer et al. 2001; entropy: Lewis & Gale 1994)."""

from __future__ import annotations

import numpy as np

from models.errors import UserError
from models.learn.review.pool import Floats, Pool, Ranked, Table, rank
from models.params import unknown

MEASURES = ("margin", "entropy")
#: Above this distance between the first two classes the model is not torn, only less sure than elsewhere.
TORN = 0.3


def doubt(p: Table, measure: str = "margin") -> Floats:
    """How unsure each row of probabilities (n, k) is, 0 (sure) to 1: 1 − margin, or entropy / log k."""
    if measure not in MEASURES:
        raise UserError(unknown("measure of uncertainty", measure, MEASURES))
    table = np.asarray(p, np.float64)
    if table.shape[1] < 2:
        return np.zeros(len(table))
    if measure == "margin":
        top = np.partition(table, -2, axis=1)[:, -2:]
        margins: Floats = 1 - (top[:, 1] - top[:, 0])
        return margins
    entropy: Floats = -(table * np.log(np.clip(table, 1e-12, 1))).sum(axis=1) / np.log(table.shape[1])
    return entropy


def rank_uncertain(pool: Pool) -> Ranked:
    """Unlabelled rows, the least sure first."""
    p = pool.needed("uncertainty")
    rows = np.flatnonzero(pool.unlabelled & pool.predicted)
    return rank("uncertainty", rows, doubt(p[rows], pool.measure), lambda row, _: words(pool, p, row))


def words(pool: Pool, p: Table, row: int) -> str:
    """``Model is torn: 1 hop .41, 2 hops .38.``"""
    shown = 3 if pool.measure == "entropy" else 2
    top = np.argsort(-p[row], kind="stable")[:shown].tolist()
    listed = ", ".join(pool.told(code, float(p[row, code])) for code in top)
    torn = len(top) > 1 and p[row, top[0]] - p[row, top[1]] < TORN
    return f"Model is torn: {listed}." if torn else f"Model is less sure here than elsewhere: {listed}."
