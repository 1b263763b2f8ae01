"""Samples that are most like one: exact nearest neighbours by what a model sees, or by small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.domain import Setting
from models.errors import UserError
from models.job import Progress, Steps
from models.orders.mapping import embed_all, seer
from models.orders.naming import device_of, find_domain, place, plain
from models.store.project import Project
from models.store.runs import RunRecord

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: What is told of the sample that others are compared with.
RANKED = "The others are ranked by how like they are to this one."
NOTHING = "There is nothing to compare this by: it is a recording as a whole, or cannot be read."
#: Vectors that are multiplied at once, and vectors that tell the mean.
BLOCK, SOME = 65536, 20000


@dataclass(frozen=True)
class Likeness:
    """Vectors (n, d) of samples, which may lie on disk; alike are those that differ from the mean in the same way."""

    vectors: Floats

    @cached_property
    def mean(self) -> Floats:
        """Of an even part of them."""
        step = max(len(self.vectors) // SOME, 1)
        return np.asarray(np.nan_to_num(self.vectors[::step]).mean(0), np.float32)

    @cached_property
    def lengths(self) -> Floats:
        """Of each vector from the mean, (n,); infinite where it is not known, so that nothing is like it."""
        found = np.empty(len(self.vectors), np.float32)
        for start in range(0, len(self.vectors), BLOCK):
            found[start : start + BLOCK] = np.linalg.norm(self.vectors[start : start + BLOCK] - self.mean, axis=1)
        return np.where(np.isfinite(found) & (found > 0), found, np.inf).astype(np.float32)

    def to(self, row: int) -> Floats:
        """How like each sample is to this one, (n,): the cosine of their angle, −1 to 1."""
        own = np.nan_to_num(self.vectors[row] - self.mean)
        found = np.empty(len(self.vectors), np.float32)
        for start in range(0, len(self.vectors), BLOCK):
            found[start : start + BLOCK] = self.vectors[start : start + BLOCK] @ own
        found -= float(self.mean @ own)
        found /= self.lengths * max(float(np.linalg.norm(own)), 1e-9)
        return np.nan_to_num(found, nan=0.0)

    def knows(self, row: int) -> bool:
        """Whether there is anything to compare a sample by."""
        return bool(np.isfinite(self.lengths[row]))

    def nearest(self, row: int, count: int, among: npt.NDArray[np.bool_]) -> tuple[Index, Floats]:
        """The rows among these that are most like one, the nearest first, and how like they are.

        None where there is nothing to compare that one by, and none of those of which that is so.
        """
        if not self.knows(row):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        likeness = self.to(row)
        rows = np.flatnonzero(among & np.isfinite(self.lengths))
        rows = rows[rows != row]
        if len(rows) > count:
            rows = rows[np.argpartition(-likeness[rows], count)[:count]]
        order = np.argsort(-likeness[rows], kind="stable")
        return rows[order].astype(np.int64), likeness[rows[order]]


def similar(
    project: str, sample: str, run: str = "", n: int = 300, labelled: bool = False, device: str = "auto"
) -> Steps:
    """The n samples that are most like one: {queue, run}, the sample itself first.

    run: by whose embedding; "", or one without a model, takes small pictures or lines. labelled: only those with a
    label.
    """
    with Project.open(place(project)) as opened:
        kind, record = find_domain(opened), seer(opened.runs.get(run) if run else None)
        row = int(opened.rows_of([sample])[0])
        if row < 0:
            raise UserError(f"{sample} is not in the project.")
        yield Progress(0, 2, "Reading samples")
        vectors = yield from embed_all(opened, kind, record, Setting(device_of(device), opened.cache))
        yield Progress(1, 2, "Comparing")
        found = Likeness(vectors)
        rows, likeness = found.nearest(row, n, candidates(opened, labelled))
        ids = opened.samples.take(np.concatenate([[row], rows])).ids()
        name = _words(record)
        listed = [
            {
                "sample": one,
                "score": plain(float(score)),
                "strategy": "similar",
                "reason": f"Likeness {score:.2f}, {name}",
            }
            for one, score in zip(ids, [1.0, *likeness.tolist()], strict=True)
        ]
        listed[0]["reason"] = RANKED if found.knows(row) else NOTHING
        return {"queue": listed, "run": record.id if record else ""}


def candidates(project: Project, labelled: bool) -> npt.NDArray[np.bool_]:
    """Samples that are there and not excluded, or those of them that have a label."""
    fold = project.journal.fold
    found = fold.live & ~fold.flagged("exclude")
    return np.asarray(found & (fold.live_codes >= 0) if labelled else found, bool)


def _words(record: RunRecord | None) -> str:
    return f"as {record.title} sees them" if record else "by their small pictures"
