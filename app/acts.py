"""What a curator does to samples: labels, flags, notes, and taking it back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from app.browsing import Browsing
from app.jobs import Jobs
from app.listing import Rows
from app.settings import Settings
from models.change import LabelsChanged, RunsChanged
from models.errors import UserError
from models.event import CANNOT_SAY, CLEARED, Event
from widgets.parts.notice import Note

#: Acts on more samples than this run beside the window's thread.
LARGE = 2000


class Acts(Browsing):
    """Acts on the selection; each is one event of the journal, and can be undone."""

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        super().__init__(settings)
        self.jobs = jobs
        self._acts: deque[float] = deque(maxlen=2000)
        self._reviewed = 0

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
