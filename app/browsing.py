"""Which samples are shown, in which order, and which of them are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from app.listing import Listing, Rows
from app.settings import Settings
from app.standing import Standing
from models.change import ListChanged, SelectionChanged
from models.errors import UserError
from models.event import CANNOT_SAY
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from models.learn.review import Suggestion


class Browsing(Standing):
    """The list, the shown sample and the selection."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.listing = Listing()
        self.order: Rows = np.zeros(0, np.int64)
        self.current = -1
        self.selected: Rows = np.zeros(0, np.int64)
        self.previous = -1

    def filter(self, where: str) -> None:
        """Show what an expression chooses; raises UserError with its place, the list stays."""
        self._list(replace(self.listing, where=where))

    def sort(self, column: str, descending: bool) -> None:
        """Sort the list by a column, "" for its own order."""
        self._list(replace(self.listing, sort=column, descending=descending))

    def show_queue(self, name: str, run: str, suggestions: Sequence[Suggestion]) -> None:
        """Show a review queue: its samples in its order, the filter taken away."""
        self._view = None  # the queue may have made out-of-fold predictions: the list shows those it judged by
        self._list(Listing("", "", False, name, run, tuple(suggestions)))
        self.go_to(int(self.order[0]) if len(self.order) else -1)

    def ranked(self, queue: Sequence[Mapping[str, Any]]) -> list[Suggestion]:
        """What the worker ranked, as rows; without samples that have gone since."""
        from models.learn.review import Suggestion

        rows = self.rows_of([entry["sample"] for entry in queue])
        return [
            Suggestion(row, float(entry["score"]), str(entry["strategy"]), str(entry["reason"]))
            for row, entry in zip(rows, queue, strict=True)
            if row >= 0
        ]

    def show_list(self, listing: Listing) -> None:
        """Show a list as it was: its queue, filter and order; the sample stays where it is in it."""
        self._list(listing)

    def leave_queue(self) -> None:
        """Show all samples again."""
        self._list(self.listing.without_queue())

    def show_rows(self, rows: Rows, name: str, reason: str = "") -> None:
        """Show just these rows as a list with a name, such as a cell of the confusion matrix."""
        from models.learn.review import Suggestion

        self.show_queue(name, self.run, [Suggestion(int(row), np.nan, name, reason) for row in rows])

    def _list(self, listing: Listing) -> None:
        rows = listing.rows(self.fresh_view())
        self.listing, self.order = listing, rows
        self.changed.emit(ListChanged(rows))
        if self.current not in rows and len(rows):
            self.go_to(int(rows[0]))

    def _refresh_order(self, quiet: bool = False) -> None:
        try:
            self.order = self.listing.rows(self.fresh_view())
        except UserError:
            self.listing = Listing()
            self.order = self.listing.rows(self.view)
        if not quiet:
            self.changed.emit(ListChanged(self.order))

    def go_to(self, row: int) -> None:
        """Show a sample and select it alone."""
        self.choose(row, np.array([row] if row >= 0 else [], np.int64))

    def choose(self, row: int, rows: Rows) -> None:
        """Show a sample, select these rows."""
        if row == self.current and np.array_equal(rows, self.selected):
            return
        if row != self.current:
            self.previous = self.current
        self.current, self.selected = row, rows
        self.changed.emit(SelectionChanged(row, rows))

    @property
    def place(self) -> int:
        """The shown sample's place in the list, −1 when it is not in it."""
        found = np.flatnonzero(self.order == self.current)
        return int(found[0]) if len(found) else -1

    def step(self, by: int) -> None:
        """Go on (or back) in the list; stays at its ends."""
        if len(self.order):
            self.go_to(int(self.order[min(max(self.place + by, 0), len(self.order) - 1)]))

    def next_unlabelled(self) -> None:
        """Go to the next sample of the list that has no label, from the top when there is none below.

        Who said that he cannot say is not asked again.
        """
        free = np.flatnonzero(self.labels()[self.order] < 0)
        ahead = np.concatenate([free[free > self.place], free[free <= self.place]]).tolist()
        if (place := next((place for place in ahead if not self._unsure(int(self.order[place]))), None)) is not None:
            self.go_to(int(self.order[place]))
        elif ahead:
            self.noticed.emit(Note("You cannot say what the unlabelled samples of this list are", "info"))
        else:
            self.noticed.emit(Note("No unlabelled sample in this list", "info"))

    def _unsure(self, row: int) -> bool:
        """Whether this person answered "cannot say"."""
        return self.open_project.journal.fold.votes(row).get(self.curator) == CANNOT_SAY

    def _restore_current(self, sample: str) -> None:
        if sample:
            found = np.flatnonzero(self.view.column("id") == sample)
            if len(found) and found[0] in self.order:
                self.current = int(found[0])
        if self.current < 0 and len(self.order):
            self.current = int(self.order[0])
        self.selected = np.array([self.current] if self.current >= 0 else [], np.int64)

    def _follow_samples(self) -> None:
        """After a purge the rows below it have moved up: hold on to samples, not to their old rows."""
        before, self._samples = self._samples, self.open_project.samples
        ids, now = before.table.column("id"), self._samples.table.column("id")
        if now.slice(0, len(ids)).equals(ids):
            return

        def moved(rows: npt.ArrayLike) -> Rows:
            return self.open_project.rows_of(ids.take(pa.array(rows, pa.int64())).to_pylist())

        self.current, self.previous = (
            int(moved([row])[0]) if row >= 0 else -1 for row in (self.current, self.previous)
        )
        selected = moved(self.selected)
        self.selected = selected[selected >= 0]
        queued = moved([item.row for item in self.listing.suggestions]).tolist()
        kept = zip(self.listing.suggestions, queued, strict=True)
        self.listing = replace(
            self.listing, suggestions=tuple(replace(item, row=row) for item, row in kept if row >= 0)
        )
