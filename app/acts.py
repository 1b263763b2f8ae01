"""What a curator does to samples: labels, flags, notes, and taking it back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.browsing import Browsing
from app.jobs import Jobs
from app.listing import Rows
from app.reversals import Reversal, Reversals
from app.settings import Settings
from models.change import LabelsChanged, RunsChanged, UndoChanged
from models.errors import UserError
from models.event import CANNOT_SAY, CLEARED, REGION, STRUCTURE, Entry, Event
from models.job import Progress
from models.region import Region, write_region
from models.store.proposals import accept, label_and_propose, refuse
from widgets import numbers
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from workers.ticket import Ticket

#: Pages of the database that one act writes, and samples of a bulk act on one page, about.
PAGES, PER_PAGE = 3, 20
#: Acts on more samples than this run beside the window's thread.
LARGE = 2000

#: The shown sample and the selection.
Place = tuple[int, Rows]


@dataclass(frozen=True)
class _Deed:
    """What an act was: rows, its title in the history, what a notice says of many, and what follows.

    labels: it counts as reviewing. onward: after it a person goes on, where the settings say so;
    a selection of many is done with either way. accepts: it takes the model's word.
    """

    rows: Rows
    title: str
    done: str = ""
    labels: bool = True
    onward: bool = False
    accepts: bool = False


class Acts(Browsing):
    """Acts on the selection; each is one event of the journal, and can be undone."""

    def __init__(self, settings: Settings, jobs: Jobs) -> None:
        super().__init__(settings)
        self.jobs = jobs
        self._acts: deque[float] = deque(maxlen=2000)
        self._last = 0.0
        self._pages = 0
        self._reviewed = 0
        #: Curator → what that person set beside the journal: nobody takes back what another one set.
        self._reversals: dict[str, Reversals] = {}
        #: Number of an event → how many samples it counted as reviewed.
        self._counted: dict[int, int] = {}
        #: Number of an event → where the person was before and after it.
        self._moves: dict[int, tuple[Place, Place]] = {}
        #: Asked first when a class is given to the selection: True from one that takes it for what it shows.
        self.takers: list[Callable[[str], bool]] = []

    def is_open(self, path: Path | str) -> bool:
        """Whether the project at this path is the open one."""
        return self.project is not None and self.project.path == Path(path)

    def start_here(
        self,
        order: str,
        arguments: Mapping[str, Any],
        title: str,
        done: Callable[[Any], None] | None = None,
        progressed: Callable[[Progress], None] | None = None,
        failed: Callable[[str], None] | None = None,
        cut: Callable[[], None] | None = None,
    ) -> Ticket:
        """Submit an order on the open project; who asked hears of it only while that project is open."""
        path = self.open_project.path

        def here(call: Callable[..., None] | None) -> Callable[..., None] | None:
            def tell(*given: Any) -> None:
                if call is not None and self.is_open(path):
                    call(*given)

            return None if call is None else tell

        told = {"project": str(path), **arguments}
        return self.jobs.start(order, told, title, here(done), here(progressed), here(failed), here(cut))

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

    def label(self, value: str, rows: Rows | None = None, of: str = "") -> None:
        """Give a class to the selection (or these rows) as one act; then go on when the person wants so.

        of: what these rows are, where that is more than their number: "5 recordings of ALS020".
        """
        if rows is None and any(take(value) for take in self.takers):
            return
        chosen = self.selected if rows is None else rows
        if not len(chosen):
            return
        told = of or self._told(chosen)
        if value == CLEARED:
            title, done = f"Clear label of {told}", f"Cleared the labels of {told}"
        elif value == CANNOT_SAY:
            title, done = f"Cannot say on {told}", f"Cannot say on {told}"
        else:
            words = self.class_title(value)
            title, done = f"{words} on {told}", f"Labelled {of or numbers.count(len(chosen))} as {words}"
        project, by, run = self.open_project, self.curator, self.run
        deed = _Deed(chosen, title, done, onward=rows is None and value != CLEARED)
        self._act(lambda: project.journal.label(chosen, value, by, title, run), deed)

    def _told(self, rows: Rows) -> str:
        """One sample by its short name, many by their count."""
        return self.short(int(rows[0])) if len(rows) == 1 else f"{len(rows)} samples"

    def _label_each(self, values: Sequence[str], deed: _Deed) -> None:
        """A class of its own for each row, one act."""
        project, by, run = self.open_project, self.curator, self.run
        self._act(
            lambda: project.journal.label_each(deed.rows, values, by, deed.title, run, accepts=deed.accepts), deed
        )

    def label_by(self, rows: Rows, values: Sequence[str], source: str) -> None:
        """Give each of these rows a class of its own that rules or others say, as one act."""
        if len(rows):
            told = self._told(rows)
            self._label_each(values, _Deed(rows, f"{source} on {told}", f"Labelled {told} by {source}"))

    def label_and_spread(self, value: str, followers: Rows) -> None:
        """Give a class to the selection and propose it to those that follow, as one act; then go on."""
        project, by, run, rows = self.open_project, self.curator, self.run, self.selected
        words, others = self.class_title(value), numbers.plural(len(followers), "other")
        told = f"{words} on {self._told(rows)}, spread to {others}"
        deed = _Deed(rows, told, told, onward=True)
        self._act(lambda: label_and_propose(project, rows, value, followers, by, told, run), deed)

    def accept_spread(self, rows: Rows) -> None:
        """Make what was spread to these rows the person's labels, as one act."""
        project, by, run, told = self.open_project, self.curator, self.run, self._told(rows)
        self._act(lambda: accept(project, rows, by, run), _Deed(rows, f"Accept {told}", f"Accepted {told} as spread"))

    def refuse_spread(self, rows: Rows) -> None:
        """Refuse what was spread to these rows, as one act."""
        project, by, run, told = self.open_project, self.curator, self.run, self._told(rows)
        deed = _Deed(rows, f"Refuse {told}", f"Refused what was spread to {told}", labels=False)
        self._act(lambda: refuse(project, rows, by, run), deed)

    def settle(self, rows: Rows, value: str) -> None:
        """Settle what annotators differ on: the class of these rows from now on."""
        from models.orders.agreeing import adjudicate

        project, by, told = self.open_project, self.curator, self._told(rows)
        deed = _Deed(rows, f"Settle {told}", f"Settled {told} as {self.class_title(value)}")
        self._act(lambda: adjudicate(project, rows.tolist(), [value] * len(rows), by), deed)

    def accept_model(self) -> None:
        """Take the model's class for the selection, each sample its own."""
        predicted = np.array(self.view.accepted(self.selected), object)
        known = np.array([value is not None for value in predicted], bool)
        if not known.any():
            self.noticed.emit(Note("No prediction to accept. Train a model first.", "info"))
            return
        rows = self.selected[known]
        what = self.class_title(str(predicted[known][0])) if len(rows) == 1 else "model"
        told = self._told(rows)
        deed = _Deed(rows, f"Accept {what} on {told}", f"Accepted the model on {told}", onward=True, accepts=True)
        self._label_each([str(value) for value in predicted[known]], deed)

    def accept_all(self) -> None:
        """Take the model's class for all of the list as one act; confirm a person's label, and one without a model's.

        Who corrects a few of a batch and then accepts it means what was corrected as well.
        """
        rows, fold = self.order, self.fold
        label, person = self.labels(), fold.human()
        if self.votes_count:
            # What others say is no word of this person's; what he said himself is, also where others outvote it.
            voted = fold.vote_codes(self.curator)
            label, person = np.where(voted >= 0, voted, label), voted >= 0
        codes, persons = label[rows].tolist(), person[rows].tolist()
        given = list(zip(self.view.accepted(rows), codes, persons, strict=True))
        own = [code >= 0 and (person or model is None) for model, code, person in given]
        values = [fold.classes[code] if mine else model for mine, (model, code, _) in zip(own, given, strict=True)]
        on_word = any(not mine and value is not None for mine, value in zip(own, values, strict=True))
        known = np.array([value is not None for value in values], bool)
        if not known.any():
            self.noticed.emit(Note("No label and no prediction to accept. Press a class key to give one.", "info"))
            return
        told = self._told(rows[known])
        deed = _Deed(rows[known], f"Accept all of {told}", f"Accepted {told}", accepts=on_word)
        self._label_each([str(value) for value in values if value is not None], deed)

    def keep_label(self) -> None:
        """Confirm the present label of the selection; it counts as reviewed."""
        fold = self.fold
        codes = self.labels()[self.selected]
        rows = self.selected[codes >= 0]
        if not len(rows):
            self.noticed.emit(Note("No label to keep. Press a class key to give one.", "info"))
            return
        told = self._told(rows)
        deed = _Deed(rows, f"Keep label of {told}", f"Kept the labels of {told}", onward=True)
        self._label_each([fold.classes[code] for code in codes[codes >= 0]], deed)

    def flag(self, name: str, rows: Rows | None = None, of: str = "") -> None:
        """Set a flag on the selection (or these rows), or take it off where all have it. of: as for `label`."""
        rows = self.selected if rows is None else rows
        if not len(rows):
            return
        project, by = self.open_project, self.curator
        on = not project.journal.fold.flagged(name)[rows].all()
        words = name.capitalize() if on else f"Take off {name}"
        title = f"{words} on {of or self._told(rows)}"
        self._act(lambda: project.journal.flag(rows, name, on, by, title), _Deed(rows, title, title, labels=False))

    def note(self, text: str, row: int) -> None:
        """Write the note of a sample when it changed."""
        project, by = self.open_project, self.curator
        if row >= 0 and project.journal.fold.note(row) != text:
            rows = np.array([row], np.int64)
            self._act(lambda: project.journal.note(row, text, by), _Deed(rows, "Note", labels=False))

    def annotate(self, row: int, regions: Mapping[str, Region | None], title: str) -> bool:
        """Set annotations of one sample by their names as one act, None takes one out; False where it was refused."""
        project, by, run = self.open_project, self.curator, self.run
        before = project.journal.position

        def act() -> Event:
            texts = {name: write_region(one) if one is not None else "" for name, one in regions.items()}
            return project.journal.act([Entry(row, REGION, name, text) for name, text in texts.items()], by, title, run)

        self._act(act, _Deed(np.array([row], np.int64), title, labels=False))
        return project.journal.position > before

    def acknowledge(self, names: Sequence[str]) -> None:
        """Take note of alerts, as one act."""
        from models.orders.alerting import acknowledge

        project, by = self.open_project, self.curator
        title = f"Acknowledge {numbers.plural(len(names), 'alert')}"
        self._act(lambda: acknowledge(project, names, by), _Deed(np.zeros(0, np.int64), title, labels=False))

    def set_alert_rules(self, text: str) -> None:
        """Other rules for alerts in this project. Raises UserError with the place of what is wrong in them."""
        from models.orders.alerting import set_rules

        set_rules(self.open_project, text)

    def set_episode_rule(self, values: Mapping[str, Any]) -> None:
        """Another rule for episodes in this project. Raises UserError for a value outside its limits."""
        from models.orders.alerting import set_episode_rule

        set_episode_rule(self.open_project, values)

    @property
    def _turns(self) -> Reversals:
        return self._reversals.setdefault(self.curator, Reversals())

    def keep_reversal(self, title: str, back: Callable[[], None], forth: Callable[[], None]) -> None:
        """Let an act that is none of the journal be undone in its turn, and redone. Both may raise UserError."""
        self._turns.keep(Reversal(title, back, forth), self.open_project.journal.undoable(self.curator))
        self.changed.emit(UndoChanged())

    def undo_title(self) -> str:
        """What undo would take back, empty for nothing."""
        if self.project is None:
            return ""
        last = self.project.journal.undoable(self.curator)
        act = self._turns.undoable(last) or last
        return act.title if act else ""

    def redo_title(self) -> str:
        """What redo would bring back, empty for nothing."""
        if self.project is None:
            return ""
        journal = self.project.journal
        last, following = journal.undoable(self.curator), journal.redoable(self.curator)
        act = self._turns.redoable(last, following) or following
        return act.title if act else ""

    def _turn(self, act: Callable[[], None], words: str) -> None:
        try:
            act()
        except UserError as error:
            self._kept(error)
            return
        self.noticed.emit(Note(words))
        self.changed.emit(UndoChanged())

    def undo(self) -> None:
        """Take back the curator's last act."""
        journal, turns = self.open_project.journal, self._turns
        last, following = journal.undoable(self.curator), journal.redoable(self.curator)
        if turn := turns.undoable(last):
            self._turn(lambda: turns.undo(following), f"Undo {turn.title}")
        else:
            self._take_back(last, journal.undo, "Nothing to undo")

    def redo(self) -> None:
        """Bring back what was taken back last."""
        journal, turns = self.open_project.journal, self._turns
        last, following = journal.undoable(self.curator), journal.redoable(self.curator)
        if turn := turns.redoable(last, following):
            self._turn(turns.redo, f"Redo {turn.title}")
        else:
            self._take_back(following, journal.redo, "Nothing to redo")

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
        self._count(event.count)
        counted = self._counted.get(event.undoes or event.redoes or 0, 0)
        self._counted[event.number] = counted
        self._reviewed += -counted if event.undoes else counted
        self.fresh_view()
        self.noticed.emit(Note(event.title))
        self.changed.emit(LabelsChanged(None, event.title))
        self.changed.emit(RunsChanged())
        self._return(event)

    def _return(self, event: Event) -> None:
        """Go to where an act began (or ended, when it is done again): a person sees what came back."""
        moves = self._moves.get(event.undoes or event.redoes or 0)
        if moves is not None:
            self._moves[event.number] = moves
        one = event.changes[0] if event.count == 1 and event.changes else None
        row = self.rows_of([one.sample])[0] if one is not None else -1
        there = row >= 0 and bool(self.open_project.journal.fold.live[row])
        if one is not None and one.kind == REGION:
            return  # it is drawn where the person is
        if one is not None and there and (event.undoes or moves is None or one.kind == STRUCTURE):
            self.go_to(row)
        elif moves is not None:
            self.choose(*moves[0 if event.undoes else 1])

    def _act(self, act: Callable[[], Event], deed: _Deed) -> None:
        before = (self.current, self.selected)
        if len(deed.rows) > LARGE:
            project = self.project
            self.jobs.beside(
                act, lambda event: self._acted(event, deed, before) if self.project is project else None, self._refused
            )
            return
        try:
            event = act()
        except UserError as error:
            self._refused(error)
            return
        self._acted(event, deed, before)

    def _count(self, samples: int) -> None:
        self._last = time.monotonic()
        self._pages += PAGES + samples // PER_PAGE

    def _acted(self, event: Event, deed: _Deed, before: Place) -> None:
        self._count(event.count)
        if deed.labels:
            self._acts.append(time.monotonic())
            self._reviewed += len(deed.rows)
            self._counted[event.number] = len(deed.rows)
        self.fresh_view()
        self.changed.emit(LabelsChanged(deed.rows, deed.title))
        if len(deed.rows) > 1:
            self.noticed.emit(Note(deed.done, actions=(("edit.undo", "Undo"),)))
        if deed.onward and before[1] is self.selected:
            self._go_on(deed.rows)
        self._moves[event.number] = (before, (self.current, self.selected))

    def _go_on(self, rows: Rows) -> None:
        """To the sample after the labelled ones where the person wants so; a selection of many is done with."""
        if self.settings.get("advance", True):
            found = np.flatnonzero(np.isin(self.order, rows))
            if len(self.order):
                after = int(found[-1]) + 1 if len(found) else 0
                self.go_to(int(self.order[min(after, len(self.order) - 1)]))
        elif len(rows) > 1:
            self.go_to(self.current)

    def _refused(self, error: Exception) -> None:
        self.noticed.emit(Note(str(error), "error", "Not saved"))
