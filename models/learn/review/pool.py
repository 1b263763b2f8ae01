"""What the strategies see of a project, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.bundles import Line
from models.learn.words import share

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Table = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Suggestion:
    """One sample to look at: row, score (higher is sooner, comparable within one queue), strategy, reason."""

    row: int
    score: float
    strategy: str
    reason: str


@dataclass(frozen=True)
class Ranked:
    """Rows of one strategy, best first, with scores; `words(row, place)` gives the reason (place from 1)."""

    strategy: str
    rows: Rows
    scores: Floats
    words: Callable[[int, int], str]

    def take(self, n: int) -> list[Suggestion]:
        """The first n as suggestions."""
        pairs = zip(self.rows[:n].tolist(), self.scores[:n].tolist(), strict=True)
        return [
            Suggestion(row, value, self.strategy, self.words(row, place))
            for place, (row, value) in enumerate(pairs, start=1)
        ]


@dataclass(frozen=True)
class Pool:
    """All samples of a project, n rows.

    codes: present label, −1 unlabelled. titles: how classes read ("2 hops"), as long as `classes`.
    run: its name, for the reasons. probabilities: (n, k) of that run, NaN rows where it has none.
    out_of_fold: rows whose probabilities come from a model that never saw them (out of fold, or the
    test set of the run); only these can be label issues. groups: codes (n,), for classes that stand
    in one group only. embedding: (n, d), NaN rows where there is none. others: further runs' name →
    (n, k). test: rows of the locked test set. skipped: never suggest (excluded, "cannot say", not there any more).
    settled: a person confirmed the label after seeing the run: no issue any more. audited: already
    answered in the audit. measure: "margin" or "entropy". line: how samples follow each other in recordings.
    """

    codes: npt.NDArray[np.integer[Any]]
    classes: tuple[str, ...]
    titles: tuple[str, ...] = ()
    run: str = ""
    probabilities: Table | None = None
    out_of_fold: Mask | None = None
    groups: npt.NDArray[np.integer[Any]] | None = None
    embedding: Table | None = None
    others: Mapping[str, Table] = field(default_factory=dict)
    test: Mask | None = None
    skipped: Mask | None = None
    settled: Mask | None = None
    audited: Mask | None = None
    measure: str = "margin"
    line: Line | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def marked(self, name: str) -> Mask:
        """One of the masks; all false where none was given."""
        mask: Mask | None = getattr(self, name)
        return np.zeros(len(self.codes), bool) if mask is None else mask

    @property
    def labelled(self) -> Mask:
        """Rows with a label that may be suggested."""
        mask: Mask = (self.codes >= 0) & ~self.marked("skipped")
        return mask

    @property
    def unlabelled(self) -> Mask:
        """Rows without a label that may be suggested."""
        mask: Mask = (self.codes < 0) & ~self.marked("skipped")
        return mask

    @property
    def predicted(self) -> Mask:
        """Rows with probabilities of the run."""
        return known_rows(self.probabilities, len(self))

    def needed(self, strategy: str) -> Table:
        """The probabilities; UserError where there is no run to ask."""
        if self.probabilities is None:
            raise UserError(f"The strategy “{strategy}” needs a run's predictions: train a run first, or name one.")
        return self.probabilities

    def title(self, code: int) -> str:
        """How a class reads."""
        return self.titles[code] if self.titles else self.classes[code]

    def told(self, code: int, value: float) -> str:
        """A class with its probability: ``1 hop .41``."""
        return f"{self.title(code)} {share(value)}"


def known_rows(table: Table | None, length: int) -> Mask:
    """Rows of (n, k) that hold numbers; none where there is no table."""
    if table is None:
        return np.zeros(length, bool)
    finite: Mask = np.all(np.isfinite(table), axis=1, keepdims=True)[:, 0]
    return finite


def rank(strategy: str, rows: Rows, scores: npt.ArrayLike, words: Callable[[int, int], str]) -> Ranked:
    """Sort rows by descending score; equal ones by row."""
    values = np.asarray(scores, np.float64)
    order = np.argsort(-values, kind="stable")
    return Ranked(strategy, rows[order], values[order], words)
