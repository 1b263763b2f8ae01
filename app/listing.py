"""Which samples the list shows and in which order: filter, queue, sort. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.store.view import View
from models.store.where import compile_where

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Suggestion:
    """One entry of the review queue: the sample's row, its score, who proposed it and why."""

    row: int
    score: float
    strategy: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """The person's choices for the list; `rows(view)` applies them.

    queue: name of the review queue, "" for all samples. sort: a column, "" for the order of
    addition (or of the queue).
    """

    where: str = ""
    sort: str = ""
    descending: bool = False
    queue: str = ""
    run: str = ""
    suggestions: tuple[Suggestion, ...] = ()

    def rows(self, view: View) -> Rows:
        """The rows to show, in order; raises UserError for a wrong expression."""
        mask = compile_where(self.where).mask(view)
        if self.queue:
            rows = np.array([item.row for item in self.suggestions], np.int64)
            rows = rows[mask[rows]] if len(rows) else rows
        else:
            rows = np.flatnonzero(mask).astype(np.int64)
        return self._sorted(rows, view) if self.sort else rows

    def _sorted(self, rows: Rows, view: View) -> Rows:
        values = self.scores(len(view)) if self.sort == "score" else view.column(self.sort)
        keys = sort_keys(values[rows])
        order = np.argsort(-keys if self.descending else keys, kind="stable")
        return rows[order]

    def scores(self, count: int) -> npt.NDArray[np.float64]:
        """(count,) score of each sample in the queue, NaN for the others."""
        scores = np.full(count, np.nan)
        for item in self.suggestions:
            scores[item.row] = item.score
        return scores

    def reason(self, row: int) -> str:
        """Why a sample is in the queue, "" when it is not."""
        return next((item.reason for item in self.suggestions if item.row == row), "")

    def without_queue(self) -> Listing:
        """The same choices over all samples."""
        return replace(self, queue="", run="", suggestions=(), sort="" if self.sort == "score" else self.sort)


def sort_keys(values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Numbers that sort as the values do; missing ones come last upwards. Text sorts by numbers in it first."""
    if values.dtype == object:
        present = np.array(["" if value is None else str(value) for value in values])
        names, codes = np.unique(present, return_inverse=True)
        ranks = np.empty(len(names))
        ranks[sorted(range(len(names)), key=lambda index: _natural(str(names[index])))] = np.arange(len(names))
        keys = ranks[codes].astype(np.float64)
        keys[present == ""] = len(names)
        return keys
    keys = np.asarray(values, np.float64).copy()
    keys[np.isnan(keys)] = np.inf
    return keys


def _natural(text: str) -> list[tuple[int, float, str]]:
    parts: list[tuple[int, float, str]] = []
    word = ""
    number = ""
    for letter in text + "\0":
        if letter.isdigit() and letter.isascii():
            if word:
                parts.append((1, 0.0, word))
                word = ""
            number += letter
        else:
            if number:
                parts.append((0, float(number), ""))
                number = ""
            word += letter
    return [*parts, (1, 0.0, word)]
