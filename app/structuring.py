"""What a curator does to the structure of samples: merging, splitting, removing; the list follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.acts import Acts
from app.jobs import Jobs
from app.listing import Rows
from app.settings import Settings
from models.change import ListChanged, StructureChanged
from models.errors import UserError
from models.event import Event
from models.orders.editing import steps_of, tested_words, waiting
from models.store.structure import Edited, parents_of
from models.structure import BOX, MERGE, REMOVE, SPLIT, Edit, title_of
from widgets.parts.notice import Note


class Structuring(Acts):
    """Acts of structure on the selection, where the domain knows them; each is one event and can be undone."""

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        super().__init__(settings, jobs)
        #: Who was there when the list was made last.
        self._there: npt.NDArray[np.bool_] = np.zeros(0, bool)

    def edit_title(self, kind: str) -> str:
        """What the domain of the open project calls a kind of act, "" for one that it does not know."""
        known = self.domain.edits.kinds if self.domain is not None and self.domain.edits is not None else {}
        return known[kind].title if kind in known else ""

    def can_edit(self, kind: str) -> bool:
        """Whether an act can be done to the selection: the domain knows it, and it takes as many samples."""
        if self.domain is None or self.domain.edits is None or kind not in self.domain.edits.kinds:
            return False
        told = self.domain.edits.kinds[kind]
        return told.least <= len(self.selected) <= (told.most or len(self.selected))

    def merge(self, rows: Rows | None = None) -> StructureChanged | None:
        """Make one sample of the selected ones (or of these)."""
        return self.restructure([Edit(MERGE, self._chosen(rows))])

    def split(self, row: int, values: Mapping[str, Any]) -> StructureChanged | None:
        """Make several samples of one. values: what the domain needs to know, such as the part of each spike."""
        return self.restructure([Edit(SPLIT, (row,), values)])

    def remove(self, rows: Rows | None = None) -> StructureChanged | None:
        """Take the selected samples (or these) out; they can be brought back."""
        return self.restructure([Edit(REMOVE, self._chosen(rows))])

    def _chosen(self, rows: Rows | None) -> tuple[int, ...]:
        return tuple((self.selected if rows is None else rows).tolist())

    def restructure(self, edits: Sequence[Edit]) -> StructureChanged | None:
        """Do several changes as one act; None where it was refused, which is told."""
        before = (self.current, self.selected)
        project, kind = self.open_project, self.open_domain
        try:
            steps = steps_of(project, kind, edits)
            title = title_of(steps, kind.words(project.samples)[1])
            edited = project.restructure(steps, self.curator, title, self.run)
        except UserError as error:
            self._refused(error)
            return None
        self._count(edited.event.count)
        change = self._followed(edited.event.title)
        self._moves[edited.event.number] = (before, (self.current, self.selected))
        self._tell(edited)
        self.measure_waiting()
        return change

    def _tell(self, edited: Edited) -> None:
        title = edited.event.title
        text = " ".join([f"{title[:1].upper()}{title[1:]}", *tested_words(edited.tested)])
        self.noticed.emit(Note(text, actions=(("edit.undo", "Undo"),)))

    def measure_waiting(self) -> None:
        """Let the worker compute what made samples wait for; nothing stale is shown meanwhile."""
        project = self.open_project
        if not waiting(project) or project.read_only:
            return

        def done(_result: Any) -> None:
            self.open_project.refresh()
            self.changed.emit(self._followed())

        self.start_here("measure", {}, "Measure what was made", done)

    @property
    def can_propose(self) -> bool:
        """Whether the domain looks for changes that may be right."""
        return self.domain is not None and self.domain.edits is not None and self.domain.edits.propose is not None

    def propose(self) -> None:
        """Let the worker look for samples that may be one; they come as a queue, the surest first."""
        noun = self.open_domain.words(self.open_project.samples)[1]
        self.start_here(
            "propose",
            {},
            f"Look for {noun}s that may be one",
            lambda result: self._show_proposals(result["proposals"]),
        )

    def _show_proposals(self, proposals: Sequence[Mapping[str, Any]]) -> None:
        from models.learn.review import Suggestion

        found: dict[int, Suggestion] = {}
        for proposal in proposals:
            rows = self.rows_of(proposal["samples"])
            if min(rows) < 0:
                continue
            for row in rows:
                others = " and ".join(self.short(other) for other in rows if other != row)
                reason = f"May be one with {others}. {proposal['reason'][:1].upper()}{proposal['reason'][1:]}."
                found.setdefault(row, Suggestion(row, proposal["score"], proposal["kind"], reason))
        if found:
            self.show_queue("May be one", self.run, tuple(found.values()))
        else:
            self.noticed.emit(Note("Nothing here looks as if it were one with another", "info"))

    @property
    def can_find(self) -> bool:
        """Whether the domain finds samples where there are none yet, and one is shown."""
        edits = self.domain.edits if self.domain is not None else None
        return edits is not None and edits.find is not None and self.current >= 0

    def find_samples(self) -> None:
        """Let the worker look for what is no sample yet beside the shown one, and make samples of it as one act."""
        noun = self.open_domain.words(self.open_project.samples)[1]

        def done(result: Any) -> None:
            edits = [Edit(BOX, tuple(self.rows_of(one["samples"])), one["values"]) for one in result["edits"]]
            if edits:
                self.restructure(edits)
            else:
                words = " ".join([f"No other {noun}s are found here.", *result["notes"]])
                self.noticed.emit(Note(words, "warn" if result["notes"] else "info"))

        arguments = {"samples": [self.sample_id(self.current)], "dry_run": True}
        self.start_here("find", arguments, f"Find {noun}s", done)

    # The list follows

    def _took_back(self, event: Event | None) -> None:
        if event is not None:
            self.follow_structure(event.title)
        super()._took_back(event)
        if event is not None and self.project is not None:
            self.measure_waiting()

    def follow_structure(self, title: str = "") -> None:
        """Go on with the samples that are there now, when an act of anyone changed which ones these are."""
        project = self.open_project
        project.refresh()
        fold, known = project.journal.fold, len(self._there)
        fresh = fold.made[fold.made >= known]
        if len(fold) < known:
            return  # samples were purged: all is read anew
        if not np.array_equal(fold.live[:known], self._there) or fold.live[fresh].any():
            self._followed(title)

    def _followed(self, title: str = "") -> StructureChanged:
        """Read the list anew; what is shown and selected moves on to what took its place."""
        before, live = self._there, self.open_project.journal.fold.live
        self._view = None
        self._samples = self.open_project.samples
        old = np.zeros(len(live), bool)
        old[: len(before)] = before[: len(live)]
        current, selected, former = self.current, self.selected, self.order
        self._refresh_order(quiet=True)
        heirs = self._heirs(live)
        moved = [heirs.get(row, row) for row in selected.tolist()]
        self.selected = np.array(list(dict.fromkeys(row for row in moved if live[row])), np.int64)
        self.current = self._next_there(heirs.get(current, current), live, former)
        if self.current not in self.selected:
            self.selected = np.array([self.current] if self.current >= 0 else [], np.int64)
        gone, came = np.flatnonzero(old & ~live), np.flatnonzero(live & ~old)
        change = StructureChanged(tuple(gone.tolist()), tuple(came.tolist()), title)
        self.changed.emit(change)
        self.changed.emit(ListChanged(self.order))
        return change

    def _heirs(self, live: npt.NDArray[np.bool_]) -> dict[int, int]:
        """For rows that are not there the one that took their place, or that they were made of."""
        links = parents_of(self.open_project)
        found: dict[int, int] = {}
        for child, parents in sorted(links.items(), reverse=True):
            if live[child]:
                found.update({parent: child for parent in parents if not live[parent]})
            elif any(live[parent] for parent in parents):
                # What took its own place meanwhile is nearer than what it was made beside.
                found.setdefault(child, next(parent for parent in parents if live[parent]))
            else:
                found.update({parent: found[child] for parent in parents if child in found and parent not in found})
        return found

    def _next_there(self, row: int, live: npt.NDArray[np.bool_], former: Rows) -> int:
        """The row itself, or the next one of the list (as it was before) after it."""
        if row < 0 or live[row] or not len(self.order):
            return row if row >= 0 and live[row] else int(self.order[0]) if len(self.order) else -1
        place = np.flatnonzero(former == row)
        after = former[place[0] + 1 :] if len(place) else self.order[self.order > row]
        after = after[live[after]]
        return int(after[0]) if len(after) else int(self.order[-1])

    def _refresh_order(self, quiet: bool = False) -> None:
        super()._refresh_order(quiet=True)
        self._there = self.open_project.journal.fold.live
        if not self.listing.sort and not self.listing.queue:
            self.order = self._in_place(self.order)
        if not quiet:
            self.changed.emit(ListChanged(self.order))

    def _in_place(self, order: Rows) -> Rows:
        """What was made of others stands where the first of them stood, so that the way through the list goes on."""
        links = parents_of(self.open_project)
        if not links:
            return order
        stands = np.arange(len(self._there), dtype=np.int64)
        for child in sorted(links):  # parents are older than what is made of them
            if links[child]:
                stands[child] = min(stands[parent] for parent in links[child])
        return order[np.argsort(stands[order], kind="stable")]
