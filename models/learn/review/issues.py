"""Labels that are probably wrong, by confident learning (Northcutt, Jiang & Chuang 2021).

Only probabilities from a model that did not see the sample count (out of fold by group, or of the
test set): a model that was trained on a wrong label agrees with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.learn.review.pool import Floats, Mask, Pool, Ranked, Rows, Table, rank

_TEST = " In the locked test set: correct it only if the label is truly wrong."


@dataclass(frozen=True)
class Issues:
    """What was found among the judged rows.

    score: (n,) 0 … 1, higher is more suspicious, NaN where not judged. suspects: rows off the
    diagonal of the confident joint, most suspicious first. guess: (n,) the class that the model
    would give. thresholds: (k,) mean self-confidence of each class, NaN without rows. joint: (k, k)
    estimated counts of label (row) and true class (column), calibrated to the label counts.
    """

    score: Floats
    suspects: Rows
    guess: Rows
    thresholds: Floats
    joint: Floats


def find_issues(codes: npt.ArrayLike, p: Table, judged: Mask) -> Issues:
    """Judge the labels of the rows in `judged` by probabilities (n, k).

    A row counts for class j when p_j reaches the mean p_j of the rows labelled j (the threshold of
    that class, which makes up for a model that is over- or underconfident in it) and is the highest
    of those that do. Suspects are ranked by normalised margin: p of the label − highest other p.
    """
    labels, table = np.asarray(codes, np.int64), np.asarray(p, np.float64)
    rows = np.flatnonzero(judged & (labels >= 0))
    length, k = len(labels), table.shape[1]
    score, guess = np.full(length, np.nan), np.full(length, -1, np.int64)
    if not len(rows) or k < 2:
        return Issues(score, rows[:0], guess, np.full(k, np.nan), np.zeros((k, k)))
    known, given = table[rows], labels[rows]
    own = known[np.arange(len(rows)), given]
    counts = np.bincount(given, minlength=k)
    thresholds = np.where(counts > 0, np.bincount(given, own, k) / np.maximum(counts, 1), np.nan)
    reached = np.where(known >= np.where(counts > 0, thresholds, np.inf) - 1e-12, known, -1)
    confident = reached.max(axis=1) >= 0
    counted = np.where(confident, reached.argmax(axis=1), given)
    rest = known.copy()
    rest[np.arange(len(rows)), given] = -1
    score[rows] = (1 - (own - rest.max(axis=1))) / 2
    guess[rows] = np.where(counted != given, counted, rest.argmax(axis=1))
    suspects = rows[counted != given]
    suspects = suspects[np.argsort(-score[suspects], kind="stable")]
    joint = np.bincount(given[confident] * k + counted[confident], minlength=k * k).reshape(k, k)
    return Issues(score, suspects, guess, thresholds, _calibrated(joint.astype(np.float64), counts))


def _calibrated(joint: Floats, counts: Rows) -> Floats:
    """Scale each row of the joint to the count of its label."""
    total = joint.sum(axis=1, keepdims=True)
    shares = np.divide(joint, total, out=np.eye(len(joint)), where=total > 0)
    calibrated: Floats = shares * counts[:, None]
    return calibrated


def judged_rows(pool: Pool) -> Mask:
    """Labelled rows with out-of-fold probabilities, less classes that stand in one group only.

    Held out with its only group, such a class is unknown to the model, which would then call all
    of it wrong.
    """
    mask: Mask = pool.labelled & pool.predicted & pool.marked("out_of_fold")
    if pool.groups is None:
        return mask
    labelled = np.flatnonzero(pool.labelled)
    if len(np.unique(pool.groups[labelled])) < 2:
        return mask
    pairs = np.unique(np.stack([pool.codes[labelled], pool.groups[labelled]]), axis=1)
    in_groups = np.bincount(pairs[0].astype(np.int64), minlength=len(pool.classes))
    lonely = np.isin(pool.codes, np.flatnonzero(in_groups == 1)) & ~pool.marked("test")
    return mask & ~lonely


def pool_issues(pool: Pool) -> Issues:
    """The issues of a pool; nothing is judged without a run."""
    k = len(pool.classes)
    table = np.full((len(pool), k), np.nan) if pool.probabilities is None else pool.probabilities
    return find_issues(pool.codes, table, judged_rows(pool))


def rank_issues(pool: Pool) -> Ranked:
    """Suspected label errors first, then other labels that the model would not give; settled ones left out."""
    p = pool.needed("label-issue")
    issues = pool_issues(pool)
    doubted = np.isfinite(issues.score) & (issues.score > 0.5)
    suspected = np.zeros(len(pool), bool)
    suspected[issues.suspects] = True
    rows = np.flatnonzero((doubted | suspected) & ~pool.marked("settled"))
    keys = issues.score[rows] + suspected[rows]
    ranked = rank("label-issue", rows, keys, lambda row, _: words(pool, p, issues, row))
    return Ranked(ranked.strategy, ranked.rows, issues.score[ranked.rows], ranked.words)


def words(pool: Pool, p: Table, issues: Issues, row: int) -> str:
    """``Out of fold, run-3 gives 1 hop .64 and 2 hops .21; labelled 2 hops.``"""
    label, guess = int(pool.codes[row]), int(issues.guess[row])
    in_test = bool(pool.marked("test")[row])
    how = "Without having seen it" if in_test else "Out of fold"
    gives = f"{pool.told(guess, float(p[row, guess]))} and {pool.told(label, float(p[row, label]))}"
    return f"{how}, {pool.run or 'the run'} gives {gives}; labelled {pool.title(label)}.{_TEST if in_test else ''}"
