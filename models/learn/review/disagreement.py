"""Samples on which runs disagree: query by committee (Seung et al. 1992), Jensen-Shannon divergence."""

from __future__ import annotations

import numpy as np

from models.errors import UserError
from models.learn.review.pool import Floats, Mask, Pool, Ranked, Table, known_rows, rank
from models.learn.words import share


def divergence(tables: list[Table]) -> tuple[Floats, Floats]:
    """Jensen-Shannon divergence of several (n, k) tables, 0 … 1, and whether their answers differ (0 or 1).

    Rows unknown to a table (NaN) are judged by the others; NaN where fewer than two know them.
    """
    stack = np.stack([np.asarray(table, np.float64) for table in tables])
    known: Mask = np.all(np.isfinite(stack), axis=2, keepdims=True)[:, :, 0]
    filled = np.where(known[:, :, None], stack, 0)
    voters = known.sum(axis=0)
    mean = filled.sum(axis=0) / np.maximum(voters, 1)[:, None]
    spread = _entropy(mean) - _entropy(filled).sum(axis=0) / np.maximum(voters, 1)
    answers = filled.argmax(axis=2)
    low = np.where(known, answers, np.iinfo(np.int64).max).min(axis=0)
    differ = (low != np.where(known, answers, -1).max(axis=0)).astype(np.float64)
    alone = voters < 2
    scores = np.clip(spread / np.log(np.maximum(voters, 2)), 0, 1)
    return np.where(alone, np.nan, scores), np.where(alone, np.nan, differ)


def _entropy(p: Floats) -> Floats:
    entropy: Floats = -(p * np.log(np.clip(p, 1e-12, 1))).sum(axis=-1)
    return entropy


def tables(pool: Pool) -> dict[str, Table]:
    """All runs of the pool that have probabilities, by name."""
    own = {} if pool.probabilities is None else {pool.run or "the run": pool.probabilities}
    return own | dict(pool.others)


def rank_disagreeing(pool: Pool) -> Ranked:
    """Unlabelled rows first, by divergence; then labelled ones that the run did not see and where answers differ."""
    runs = tables(pool)
    if len(runs) < 2:
        raise UserError("The strategy “disagreement” needs two runs: train or name a second one.")
    scores, differ = divergence(list(runs.values()))
    judged = np.isfinite(scores)
    checked = pool.labelled & pool.marked("out_of_fold") & ~pool.marked("settled") & (differ == 1)
    rows = np.flatnonzero(judged & (pool.unlabelled | checked))
    first = pool.codes[rows] < 0
    ranked = rank("disagreement", rows, scores[rows] + 4 * first + 2 * differ[rows], lambda row, _: words(pool, row))
    return Ranked(ranked.strategy, ranked.rows, scores[ranked.rows], ranked.words)


def words(pool: Pool, row: int) -> str:
    """``run-2 says 1 hop .64, run-3 says 2 hops .58.``, and the label where there is one."""
    runs = tables(pool)
    known = [name for name, table in runs.items() if known_rows(table[row : row + 1], 1)[0]]
    top = {name: int(runs[name][row].argmax()) for name in known}
    first = known[0]
    other = next((name for name in known if top[name] != top[first]), None)
    if other is None:
        sure = sorted(known, key=lambda name: float(runs[name][row, top[name]]))
        ends = [f"{share(float(runs[name][row, top[name]]))} ({name})" for name in (sure[0], sure[-1])]
        told = f"The runs say {pool.title(top[first])}, but unequally sure: {ends[0]} and {ends[1]}."
    else:
        said = [f"{name} says {pool.told(top[name], float(runs[name][row, top[name]]))}" for name in (first, other)]
        told = f"{', '.join(said)}."
    label = int(pool.codes[row])
    if label < 0:
        return told
    mark = " In the locked test set: correct it only if the label is truly wrong." if pool.marked("test")[row] else ""
    return f"{told} Labelled {pool.title(label)}.{mark}"
