"""The one owner of project, list and selection, and the one place where user data changes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Jobs
from app.listing import Listing, Rows, Suggestion
from app.settings import Recent, Settings
from models.change import (
    LabelsChanged,
    ListChanged,
    ProjectChanged,
    RunsChanged,
    RunShown,
    SamplesChanged,
    SelectionChanged,
)
from models.domain import Domain
from models.domains import domain as find_domain
from models.errors import UserError
from models.event import CANNOT_SAY, CLEARED, Event
from models.sample import empty_samples
from models.store.project import Project
from models.store.runs import RunRecord
from models.store.view import View
from widgets import numbers
from widgets.parts.notice import Note

#: Acts on more samples than this run beside the window's thread.
LARGE = 2000
POLL_MS = 1000


class Session(QObject):
    """State of the window without widgets: commands call it, widgets listen to `changed`.

    `noticed(Note)` is something to tell; `leaving` comes before a project is closed, the last
    moment to write what was begun.
    """

    changed = Signal(object)
    noticed = Signal(object)
    leaving = Signal()

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        super().__init__()
        self.settings = settings
        self.jobs = jobs
        self.project: Project | None = None
        self.domain: Domain | None = None
        self.listing = Listing()
        self.order: Rows = np.zeros(0, np.int64)
        self.current = -1
        self.selected: Rows = np.zeros(0, np.int64)
        self.run = ""
        self.previous = -1
        self._view: View | None = None
        self._samples = empty_samples()
        self._predicted: tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]] | None = None
        self._acts: deque[float] = deque(maxlen=2000)
        self._reviewed = 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.poll)

    # Project

    @property
    def open_project(self) -> Project:
        """The open project; UserError when there is none."""
        if self.project is None:
            raise UserError("No project is open. Open one or make a new one.")
        return self.project

    @property
    def open_domain(self) -> Domain:
        """The domain of the open project."""
        if self.domain is None:
            raise UserError("No project is open. Open one or make a new one.")
        return self.domain

    def open(self, path: Path) -> None:
        """Open a project and return to the place where the curator left it."""
        project = Project.open(path)
        self.close()
        self.project, self.domain, self._samples = project, find_domain(project.domain), project.samples
        self.run = self._run_to_show()
        place = self.settings.get("places", {}).get(str(path), {})
        self.listing = Listing(place.get("where", ""), place.get("sort", ""), bool(place.get("descending")))
        self._refresh_order(quiet=True)
        self._restore_current(place.get("sample", ""))
        self._reviewed = 0
        self._acts.clear()
        self._timer.start()
        self.remember()
        self.changed.emit(ProjectChanged())

    def close(self) -> None:
        """Close the project; its place is kept."""
        self._timer.stop()
        if self.project is not None:
            self.leaving.emit()
            self.jobs.settle()
            self._keep_place()
            self.remember()
            self.project.close()
        self.project, self.domain, self._view, self._samples = None, None, None, empty_samples()
        self.listing, self.order, self.run = Listing(), np.zeros(0, np.int64), ""
        self.current, self.previous, self.selected = -1, -1, np.zeros(0, np.int64)

    def leave(self) -> None:
        """Close the project and tell so."""
        self.close()
        self.changed.emit(ProjectChanged())

    def _keep_place(self) -> None:
        project = self.open_project
        sample = self.sample_id(self.current) if self.current >= 0 else ""
        place = {
            "where": self.listing.where,
            "sort": "" if self.listing.queue else self.listing.sort,
            "descending": self.listing.descending,
            "sample": sample,
        }
        self.settings.set("places", {**self.settings.get("places", {}), str(project.path): place})

    def _restore_current(self, sample: str) -> None:
        if sample:
            found = np.flatnonzero(self.view.column("id") == sample)
            if len(found) and found[0] in self.order:
                self.current = int(found[0])
        if self.current < 0 and len(self.order):
            self.current = int(self.order[0])
        self.selected = np.array([self.current] if self.current >= 0 else [], np.int64)

    def remember(self) -> None:
        """Put the project among the recent ones of the start page."""
        project = self.open_project
        run = next(iter(project.runs.list()), None)
        score = ""
        if run is not None:
            score = headline(run)
        codes = project.journal.fold.codes
        self.settings.remember(
            Recent(
                str(project.path),
                project.path.name,
                project.domain,
                len(codes),
                int((codes >= 0).sum()),
                (run.name or run.id) if run else "",
                score,
                time.strftime("%Y-%m-%dT%H:%M"),
            )
        )

    def _run_to_show(self) -> str:
        newest = next(iter(self.open_project.runs.list()), None)
        return newest.id if newest else ""

    # What stands there

    @property
    def view(self) -> View:
        """The samples as one wide table, at this moment."""
        if self._view is None:
            self._view = View(self.open_project, self.run or "last", unseen=True)
        return self._view

    @property
    def curator(self) -> str:
        """Who labels here: the project's setting, then the person's."""
        mine = self.project.setting("curator", "") if self.project else ""
        return str(mine or self.settings.curator)

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of the open project, in order of their keys."""
        return self.project.classes if self.project else ()

    def class_title(self, name: str) -> str:
        """What people call a class: "2 hops" for "2"."""
        return self.domain.class_titles.get(name, name) if self.domain else name

    def sample_id(self, row: int) -> str:
        """The portable id of a row."""
        return str(self.open_project.samples.table.column("id")[row].as_py())

    def rows_of(self, samples: Sequence[str]) -> list[int]:
        """Rows of samples by id, −1 where they are not in the project."""
        return [int(row) for row in self.open_project.rows_of(samples)]

    def labels(self) -> npt.NDArray[np.int32]:
        """(n,) code of the present label in `fold_classes`, −1 unlabelled."""
        return self.open_project.journal.fold.codes

    def places(self) -> npt.NDArray[np.int64]:
        """(n,) place in `classes` of the present label, −1 unlabelled."""
        fold = self.open_project.journal.fold
        return self._class_places(fold.classes)[fold.codes]

    def predicted_places(self) -> npt.NDArray[np.int64]:
        """(n,) place in `classes` of the shown run's class, −1 for none."""
        values, classes = self.view.probabilities()
        if not classes:
            return np.full(len(self.view), -1, np.int64)
        if self._predicted is None or self._predicted[0] is not values:
            codes = np.where(np.isnan(values[:, 0]), len(classes), np.nan_to_num(values).argmax(axis=1))
            self._predicted = (values, self._class_places(list(classes))[codes])
        return self._predicted[1]

    def _class_places(self, names: list[str]) -> npt.NDArray[np.int64]:
        known = {name: place for place, name in enumerate(self.classes)}
        return np.array([*(known.get(name, -1) for name in names), -1], np.int64)

    def record(self, run: str = "") -> RunRecord | None:
        """The shown run (or the named one), None when there is none."""
        name = run or self.run
        if not name or self.project is None:
            return None
        try:
            return self.project.runs.get(name)
        except UserError:
            return None

    def pace(self) -> float:
        """Labels a minute over the last five minutes of work."""
        now = time.monotonic()
        recent = [moment for moment in self._acts if now - moment < 300]
        if len(recent) < 2:
            return 0.0
        return 60 * (len(recent) - 1) / max(recent[-1] - recent[0], 1.0)

    @property
    def reviewed(self) -> int:
        """Samples that were labelled or confirmed since the project was opened."""
        return self._reviewed

    # List and place

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

    def leave_queue(self) -> None:
        """Show all samples again."""
        self._list(self.listing.without_queue())

    def show_rows(self, rows: Rows, name: str, reason: str = "") -> None:
        """Show just these rows as a list with a name, such as a cell of the confusion matrix."""
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

    def fresh_view(self) -> View:
        """The view with the labels of now."""
        self._view = self._view.renewed() if self._view is not None else None
        return self.view

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
        """Go to the next sample of the list that has no label, from the top when there is none below."""
        codes = self.labels()[self.order]
        free = np.flatnonzero(codes < 0)
        if not len(free):
            self.noticed.emit(Note("No unlabelled sample in this list", "info"))
            return
        below = free[free > self.place]
        self.go_to(int(self.order[below[0] if len(below) else free[0]]))

    # Acts

    def label(self, value: str, rows: Rows | None = None) -> None:
        """Give a class to the selection (or these rows) as one act; then go on when the person wants so."""
        chosen = self.selected if rows is None else rows
        if not len(chosen):
            return
        title = self._label_title(value, len(chosen))
        project, by, run = self.open_project, self.curator, self.run
        self._act(lambda: project.journal.label(chosen, value, by, title, run), chosen, title)
        if rows is None and len(chosen) == 1 and value != CLEARED and self.settings.get("advance", True):
            self.step(1)

    def _label_title(self, value: str, count: int) -> str:
        noun = (self.domain.sample if self.domain else "sample") if count == 1 else f"{count} samples"
        if value == CLEARED:
            return f"Clear label of {noun}" if count > 1 else "Clear label"
        if value == CANNOT_SAY:
            return "Cannot say"
        words = f"Label as {self.class_title(value)}"
        return f"{words} on {count} samples" if count > 1 else words

    def label_each(self, rows: Rows, values: Sequence[str], title: str) -> None:
        """A class of its own for each row, one act."""
        project, by, run = self.open_project, self.curator, self.run
        self._act(lambda: project.journal.label_each(rows, values, by, title, run), rows, title)

    def accept_model(self) -> None:
        """Take the model's class for the selection, each sample its own."""
        predicted = self.view.column("prediction")[self.selected]
        known = np.array([value is not None for value in predicted], bool)
        if not known.any():
            self.noticed.emit(Note("No prediction to accept. Train a model first.", "info"))
            return
        rows = self.selected[known]
        alone = len(rows) == 1
        title = f"Accept {self.class_title(str(predicted[known][0]))}" if alone else f"Accept model on {len(rows)}"
        self.label_each(rows, [str(value) for value in predicted[known]], title)
        if alone and self.settings.get("advance", True):
            self.step(1)

    def keep_label(self) -> None:
        """Confirm the present label of the selection; it counts as reviewed."""
        fold = self.open_project.journal.fold
        codes = fold.codes[self.selected]
        rows = self.selected[codes >= 0]
        if not len(rows):
            self.noticed.emit(Note("No label to keep. Press a class key to give one.", "info"))
            return
        title = "Keep label" if len(rows) == 1 else f"Keep label of {len(rows)} samples"
        self.label_each(rows, [fold.classes[code] for code in codes[codes >= 0]], title)
        if len(rows) == 1 and self.settings.get("advance", True):
            self.step(1)

    def flag(self, name: str) -> None:
        """Set a flag on the selection, or take it off where all have it."""
        rows = self.selected
        if not len(rows):
            return
        project, by = self.open_project, self.curator
        on = not project.journal.fold.flagged(name)[rows].all()
        words = name.capitalize() if on else f"Take off {name}"
        title = words if len(rows) == 1 else f"{words} on {len(rows)} samples"
        self._act(lambda: project.journal.flag(rows, name, on, by, title), rows, title, labels=False)

    def note(self, text: str, row: int) -> None:
        """Write the note of a sample when it changed."""
        project, by = self.open_project, self.curator
        if row >= 0 and project.journal.fold.note(row) != text:
            rows = np.array([row], np.int64)
            self._act(lambda: project.journal.note(row, text, by), rows, "Note", labels=False)

    def undo(self) -> None:
        """Take back the curator's last act."""
        journal = self.open_project.journal
        self._take_back(journal.undoable(self.curator), journal.undo, "Nothing to undo")

    def redo(self) -> None:
        """Bring back what was taken back last."""
        journal = self.open_project.journal
        self._take_back(journal.redoable(self.curator), journal.redo, "Nothing to redo")

    def _take_back(self, last: Event | None, act: Callable[[str], Event | None], nothing: str) -> None:
        by, project = self.curator, self.project
        if last is None:
            self.noticed.emit(Note(nothing, "info"))
        elif last.count > LARGE:
            self.jobs.beside(
                lambda: act(by), lambda event: self._took_back(event) if self.project is project else None, self._kept
            )
        else:
            try:
                event = act(by)
            except UserError as error:
                self._kept(error)
                return
            self._took_back(event)

    def _kept(self, error: Exception) -> None:
        self.noticed.emit(Note(str(error), "error", "Not taken back"))

    def _took_back(self, event: Event | None) -> None:
        if event is None:
            return
        self.fresh_view()
        self.noticed.emit(Note(event.title))
        self.changed.emit(LabelsChanged(None, event.title))
        self.changed.emit(RunsChanged())

    def _act(self, act: Callable[[], Event], rows: Rows, title: str, labels: bool = True) -> None:
        if len(rows) > LARGE:
            project = self.project
            self.jobs.beside(
                act, lambda event: self._acted(rows, title, labels) if self.project is project else None, self._refused
            )
            return
        try:
            act()
        except UserError as error:
            self._refused(error)
            return
        self._acted(rows, title, labels)

    def _acted(self, rows: Rows, title: str, labels: bool) -> None:
        if labels:
            self._acts.append(time.monotonic())
            self._reviewed += len(rows)
        self.fresh_view()
        self.changed.emit(LabelsChanged(rows, title))
        if len(rows) > 1:
            self.noticed.emit(Note(title, actions=(("edit.undo", "Undo"),)))

    def _refused(self, error: Exception) -> None:
        self.noticed.emit(Note(str(error), "error", "Not saved"))

    def add_class(self, name: str) -> bool:
        """A further class for this project."""
        self.open_project.add_class(name)
        self.samples_changed()
        return True

    # Runs

    def show_run(self, run: str) -> None:
        """Put a run's predictions beside the labels; "" for none."""
        self.run, self._view = run, None
        self.changed.emit(RunShown(run))

    def runs_changed(self, run: str = "") -> None:
        """A run appeared or changed; a new one is shown."""
        if self.project is None:
            return
        if run and run != self.run:
            self.show_run(run)
        self.remember()
        self.changed.emit(RunsChanged(run))

    def samples_changed(self) -> None:
        """Samples were added or purged: read all anew; place, selection and queue stay with their samples."""
        self._view = None
        self._follow_samples()
        self._refresh_order(quiet=True)
        count = len(self.open_project.samples)
        if self.current >= count or self.current < 0:
            self.current = int(self.order[0]) if len(self.order) else -1
            self.selected = np.array([self.current] if self.current >= 0 else [], np.int64)
        self.remember()
        self.changed.emit(SamplesChanged())

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

    # Others

    def poll(self) -> None:
        """Fold in what other windows, curators and the command line wrote."""
        if self.project is None or self.jobs.beside_busy:
            return
        classes = self.project.classes
        try:
            grown = self.project.refresh()
            events = self.project.journal.refresh()
        except UserError as error:
            self._timer.setInterval(POLL_MS * 10)
            self.noticed.emit(Note(str(error), "warn", "Labels server away", stays=True))
            return
        self._timer.setInterval(POLL_MS)
        if grown or self.project.classes != classes:
            self.samples_changed()
        elif events:
            self.fresh_view()
            self.changed.emit(LabelsChanged(None, events[-1].title))


def headline(run: RunRecord) -> str:
    """A run's score in a few words: balanced accuracy with its interval."""
    metrics = run.record.get("metrics", {}).get(run.part, {})
    value = metrics.get("balanced_accuracy")
    if value is None:
        return ""
    low, high = (metrics.get("intervals", {}).get("balanced_accuracy") or [None, None])[:2]
    return f"balanced {numbers.interval(value, low, high)}"
