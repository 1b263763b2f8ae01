"""Which samples the list shows and in which order: filter, queue, sort. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.natural import order_of
from models.store.view import View

if TYPE_CHECKING:
    from models.learn.review import Suggestion

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Listing:
    """The person's choices for the list; `rows(view)` applies them.

    queue: name of the review queue, "" for all samples. sort: a column, "" for the order of
    addition (or of the queue); what is missing there stands last in both directions.
    """

    where: str = ""
    sort: str = ""
    descending: bool = False
    queue: str = ""
    run: str = ""
    suggestions: tuple[Suggestion, ...] = ()

    def rows(self, view: View) -> Rows:
        """The rows to show, in order; raises UserError for a wrong expression."""
        mask = view.mask(self.where)
        if self.queue:
            rows = np.array([item.row for item in self.suggestions], np.int64)
            rows = rows[mask[rows]] if len(rows) else rows
        else:
            rows = np.flatnonzero(mask).astype(np.int64)
        return self._sorted(rows, view) if self.sort else rows

    def _sorted(self, rows: Rows, view: View) -> Rows:
        values = self.scores(len(view)) if self.sort == "score" else view.column(self.sort)
        return rows[order_of(values[rows], self.descending)]

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
