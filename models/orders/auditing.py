"""The random audit of labels: what was drawn, what was answered since, what that says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.learn.review.audit import audit
from models.learn.review.pool import Pool
from models.store.project import Project

Bools = npt.NDArray[np.bool_]
_KEY = "audit"


def audited_rows(project: Project) -> Bools:
    """Rows that were drawn and then answered: labelled, confirmed or said to be unclear since."""
    fold, mask = project.journal.fold, np.zeros(len(project.samples), bool)
    drawn = project.setting(_KEY, {}).get("drawn", {})
    rows = project.rows_of(list(drawn))
    for row, (_, stamp) in zip(rows.tolist(), drawn.values(), strict=True):
        if row >= 0:
            mask[row] = fold.touched[row] > stamp and fold.live[row]
    return mask


def keep_drawn(project: Project, rows: Sequence[int]) -> None:
    """Remember what was drawn, with its label of now, so that the answer can be told from it."""
    if project.read_only or not rows:
        return
    fold = project.journal.fold
    kept = project.setting(_KEY, {"population": int((fold.live_codes >= 0).sum()), "drawn": {}})
    labels, ids = fold.labels(), project.samples.take(list(rows)).ids()
    new = {
        name: [labels[row], int(fold.touched[row])]
        for name, row in zip(ids, rows, strict=True)
        if name not in kept["drawn"]
    }
    if new:
        project.set_setting(_KEY, {**kept, "drawn": {**kept["drawn"], **new}})


def estimate(project: Project, pool: Pool) -> dict[str, Any]:
    """Label error, and accuracy of the run on answered samples that it did not train on."""
    kept = project.setting(_KEY, {"population": 0, "drawn": {}})
    rows = np.flatnonzero(audited_rows(project))
    ids = project.samples.take(rows).ids()
    before = np.array([_code(pool, kept["drawn"][name][0]) for name in ids], np.int64)
    unseen = pool.marked("out_of_fold") & pool.predicted
    guesses = np.full(len(pool), -1, np.int64)
    if pool.probabilities is not None and unseen.any():
        guesses[unseen] = np.asarray(pool.probabilities)[unseen].argmax(axis=1)
    known = int((unseen & pool.labelled).sum())
    return audit(before, pool.codes[rows], kept["population"], guesses[rows], known).plain()


def _code(pool: Pool, name: str | None) -> int:
    return pool.classes.index(name) if name in pool.classes else -2
