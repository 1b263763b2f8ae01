"""The one owner of project, list and selection, and the one place where user data changes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer, Signal

from app.acts import LARGE
from app.jobs import Jobs
from app.listing import Listing
from app.settings import Recent, Settings
from app.standing import BLIND
from app.structuring import Structuring
from models.change import LabelsChanged, ProjectChanged, RunsChanged, RunShown, SamplesChanged
from models.domains import domain as find_domain
from models.errors import UserError
from models.learn.words import is_lone
from models.sample import empty_samples
from models.store.project import Project
from models.store.runs import RunRecord
from widgets import numbers
from widgets.parts.notice import Note

__all__ = ["LARGE", "Session", "headline"]

POLL_MS = 1000
#: Pages written and seconds without an act after which they are carried over into the database file.
PAGES_KEPT, PAUSE = 1000, 1.0


class Session(Structuring):
    """State of the window without widgets: commands call it, widgets listen to `changed`.

    It opens and closes the project and follows what others change in it. `leaving` comes before a
    project is closed, the last moment to write what was begun.
    """

    leaving = Signal()

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        super().__init__(settings, jobs)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.poll)

    # Project

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
        self._pages = 0
        self._moves.clear()
        self._counted.clear()
        self._timer.start()
        self.remember()
        self.changed.emit(ProjectChanged())
        self.measure_waiting()
        self._tell_torn()

    def _tell_torn(self) -> None:
        if not self.open_domain.apart:
            return
        # Here, because few domains ask for it: the start is spared what draws a split.
        from models.orders.test_set import tell_torn

        if torn := tell_torn(self.open_project, self.open_domain):
            self.noticed.emit(Note(torn, "warn", "The test set parts groups", stays=True))

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
        self._reversals.clear()
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

    def remember(self) -> None:
        """Put the project among the recent ones of the start page."""
        project = self.open_project
        run = next(iter(project.runs.list()), None)
        score = ""
        if run is not None:
            score = headline(run)
        fold = project.journal.fold
        self.settings.remember(
            Recent(
                str(project.path),
                project.path.name,
                project.domain,
                int(fold.live.sum()),
                int((fold.live_codes >= 0).sum()),
                run.title if run else "",
                score,
                time.strftime("%Y-%m-%dT%H:%M"),
            )
        )

    def _run_to_show(self) -> str:
        newest = next(iter(self.open_project.runs.list()), None)
        return newest.id if newest else ""

    def add_class(self, name: str) -> bool:
        """A further class for this project; those that have keys already keep them."""
        known = () if self.open_domain.ordinal else self.classes
        for one in (*known, name):
            self.open_project.add_class(one)
        self.samples_changed()
        return True

    def vote_blind(self, on: bool) -> None:
        """Whether others' votes and the model stay hidden from this person until the own vote, in this project."""
        path, known = str(self.open_project.path), self.settings.get(BLIND, [])
        self.settings.set(BLIND, [*(one for one in known if one != path), *([path] if on else [])])
        self._refresh_order()
        self.changed.emit(LabelsChanged(None))
        self.changed.emit(RunShown(self.run))

    def count_votes(self, on: bool) -> None:
        """Whether a training learns from all votes on a sample or from its latest label alone."""
        self.open_project.set_setting("votes", on)
        self.fresh_view()
        self.changed.emit(LabelsChanged(None))

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
        self._moves.clear()
        self._refresh_order(quiet=True)
        count = len(self.open_project.samples)
        if self.current >= count or self.current < 0:
            self.current = int(self.order[0]) if len(self.order) else -1
            self.selected = np.array([self.current] if self.current >= 0 else [], np.int64)
        self.remember()
        self.changed.emit(SamplesChanged())

    # Others

    def _keep_up(self) -> None:
        """In a pause, carry over what the acts wrote, so that no act has to."""
        if self._pages >= PAGES_KEPT and time.monotonic() - self._last >= PAUSE:
            self._pages = 0
            self.jobs.keep_up(self.open_project.checkpoint)

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
        self._keep_up()
        if grown or events:
            self.follow_structure(events[-1].title if events else "")
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
    return f"balanced {numbers.interval(value, low, high)}{' of one group' if is_lone(metrics) else ''}"
