"""The train page: values at the left, the running or last training at the right."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.commands import Command
from app.pages.page import Page
from app.pages.train_figures import TrainFigures
from app.pages.train_form import SLIM, WIDE, TrainForm
from app.pages.train_run import Training, from_record, known_baseline, outcome
from app.pages.train_steps import StepPane
from app.pages.worse import guard_best
from models.change import Change, LabelsChanged, ListChanged, RunsChanged, SamplesChanged
from models.errors import UserError
from models.job import Failed, Progress
from models.learn.words import is_lone
from models.store.runs import RunRecord
from widgets import numbers
from widgets.parts.notice import Note
from widgets.parts.text import Rule
from workers.host import Ticket
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

NARROW = 1400
#: Quick epochs are drawn together.
DRAW_MS = 90


class TrainPage(Page):
    """Starts trainings in the worker and shows them live; runs that ended stay to be looked at."""

    name = "train"
    title = "Train"
    #: The shown training went on, ended or is another one.
    moved = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(threads=1, count=8, parent=self)
        self.form = TrainForm(window, self.reader)
        self.figures = TrainFigures(window)
        self.step = StepPane(window, self.form)
        self.step.wanted.connect(lambda on: self.figures.put_before(self.step if on else None))
        self.form.step_asked.connect(self.step.ask)
        self.training: Training | None = None
        self._tickets: dict[Ticket, Training] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.form)
        row.addWidget(Rule(upright=True))
        row.addWidget(self.figures, 1)
        self.form.setFixedWidth(WIDE)
        self.form.start_asked.connect(self._start_or_stop)
        self.form.next_asked.connect(self.start_next)
        self.form.previewed.connect(self.figures.bottom.classes.show_preview)
        self.session.jobs.ended.connect(self._ended)
        self.session.jobs.changed.connect(self._show_state)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DRAW_MS)
        self._soon.timeout.connect(self._draw)

    def commands(self) -> list[Command]:
        def has() -> bool:
            return self.session.project is not None

        def running() -> bool:
            return self._running() is not None

        def restable() -> bool:
            return bool(self.form.form.differing())

        return [
            Command("train.next", "Train next", self.start_next, (), "Train", running, look="add"),
            Command("train.stop", "Stop training, keep best", self.stop, (), "Train", running, look="stop"),
            Command(
                "train.reset", "Reset to the preset", self.form.form.reset, (), "Train", restable, ("train",), "reset"
            ),
            Command(
                "train.copy",
                "Copy the training as a command",
                self.form.copy.click,
                (),
                "Train",
                has,
                ("train",),
                "copy",
            ),
        ]

    # Start and stop

    def start(self) -> bool:
        """Train with the form's values; while one runs, offer to put it behind. Raises UserError."""
        if self._running() is not None:
            offer = (("train.next", "Train next"),)
            self.desk.notify(Note("A training runs. This one can go behind it.", "info", actions=offer))
            return False
        return self._submit()

    def start_next(self) -> None:
        """Put a training with the form's values behind the running one."""
        self.desk.guarded(self._submit)

    def _start_or_stop(self) -> None:
        if self._running() is not None:
            self.stop()
        else:
            self.desk.guarded(self._submit)

    def _submit(self) -> bool:
        form = self.form
        if form.form.errors():
            form.form.focus_first_error()
            raise UserError(next(iter(form.form.errors().values())))
        arguments = form.arguments()
        form.keep()
        training = self._begun(arguments)
        ticket = self.session.jobs.start("train", arguments, f"Training {training.recipe}", progressed=self._progressed)
        if ticket.ending is not None:
            return True
        self._tickets[ticket] = training
        ticket.started.connect(lambda: self._started(ticket))
        if self._running() is None or self._running() is ticket:
            self._show(training)
        else:
            self.desk.notify(Note(f"{training.recipe} trains next", "info"))
        self._show_state()
        return True

    def _begun(self, arguments: dict[str, Any]) -> Training:
        project, domain = self.session.open_project, self.session.open_domain
        baseline = known_baseline(project.runs.list(), domain.baseline)
        places = self.session.places_of(project.journal.fold.codes)
        present = int((np.bincount(places[places >= 0]) > 0).sum()) if len(places) else 0
        there = domain.there(project.samples)
        return Training(
            recipe=arguments["recipe"],
            started=time.time(),
            labels=self.form.labelled or int((there & (project.journal.fold.live_codes >= 0)).sum()),
            position=project.journal.position,
            planned=int(arguments["values"].get("epochs", 0)),
            patience=int(arguments["values"].get("patience", 0)),
            running=True,
            baseline=baseline,
            chance=1 / present if present > 1 else None,
        )

    def _running(self) -> Ticket | None:
        ticket = self.session.jobs.running
        return ticket if ticket is not None and ticket.job.order == "train" else None

    def _is_here(self, ticket: Ticket) -> bool:
        """Whether a training is of the open project; the worker goes on with others meanwhile."""
        return self.session.is_open(ticket.job.arguments["project"])

    def stop(self) -> None:
        """Stop the running training; its best weights so far are kept as a run."""
        ticket = self._running()
        if ticket is not None:
            training = self._tickets.get(ticket)
            if training is not None:
                if training.stopping:
                    return
                training.stopping = True
            self.session.jobs.cancel(ticket)
            self._show_state()

    # What comes back

    def _started(self, ticket: Ticket) -> None:
        training = self._tickets.get(ticket)
        if training is not None:
            training.started = time.time()
            if self._is_here(ticket):
                self._show(training)
        self._show_state()

    def _progressed(self, progress: Progress) -> None:
        ticket = self._running()
        training = self._tickets.get(ticket) if ticket is not None else None
        if ticket is None or training is None:
            return
        if not training.run and self._is_here(ticket):
            begun = self.session.open_project.runs.unfinished()
            training.run = begun[0].id if begun else ""
        training.take(progress)
        if training is self.training:
            self.moved.emit()
            if self.isVisible() and not self._soon.isActive():
                self._soon.start()

    def _ended(self, ticket: Ticket, ending: Any) -> None:
        training = self._tickets.pop(ticket, None)
        if training is None and ticket.job.order != "train":
            return
        if training is not None:
            training.running = training.stopping = False
            training.seconds = time.time() - training.started
        result = getattr(ending, "result", None)
        run = str(result["run"]) if isinstance(result, dict) and result.get("run") else ""
        if run and self._is_here(ticket):
            self._finished(run, training)
        elif training is not None:
            if isinstance(ending, Failed):
                training.say(ending.text)
            elif run:
                self.desk.notify(Note(f"{run} is trained, in {Path(ticket.job.arguments['project']).name}", "ok"))
            else:
                self.desk.notify(Note("The training was stopped before there was anything to keep.", "info"))
            self._show_state()
            self._draw()

    def _finished(self, run: str, training: Training | None) -> None:
        """Show the new run and say its score; a worse one than the best gets a staying notice."""
        self.session.runs_changed(run)
        record = self.session.record(run)
        if record is None:
            return
        shown = from_record(record)
        if training is not None:
            shown.log = training.log
            for line in outcome(record.record):
                shown.say(line)
            shown.rate = training.last("rate")
        if shown.baseline is None and training is not None:
            shown.baseline = training.baseline
        if training is None or self.training is None or self.training is training:
            self._show(shown)
        self._show_state()
        first = guard_best(self.desk, record)
        words = score_words(record) + ("; later runs are measured against it" if first else "")
        self.desk.notify(Note(words, "ok", actions=(("page.results", "Results"),)))

    # Showing

    def _show(self, training: Training | None) -> None:
        self.training = training
        self._draw()
        self.moved.emit()

    def _draw(self) -> None:
        self.figures.show_training(self.training)

    def _show_state(self) -> None:
        ticket = self._running()
        training = self._tickets.get(ticket) if ticket is not None else None
        waiting = sum(1 for item in self.session.jobs.host.queue() if item.job.order == "train")
        title = (training.run or training.recipe) if training else "a training"
        if ticket is not None and not self._is_here(ticket):
            title += f" of {Path(ticket.job.arguments['project']).name}"
        self.form.set_running(ticket is not None, waiting, title, bool(training and training.stopping))

    def _tick(self) -> None:
        if self.training is not None and self.training.running:
            self.figures.head.show_training(self.training)

    def opened(self) -> None:
        self.reader.forget()
        self.step.forget()
        self.training = None
        if self.session.project is not None:
            self.form.show_project()

    def refresh(self) -> None:
        if self.session.project is None:
            return
        ticket = self._running()
        running = self._tickets.get(ticket) if ticket is not None and self._is_here(ticket) else None
        if running is not None:
            self.training = running
        elif self.training is None:
            newest = next(iter(self.session.project.runs.list()), None)
            self.training = from_record(newest) if newest else None
            if self.training is not None and self.training.baseline is None:
                runs = self.session.project.runs.list()
                self.training.baseline = known_baseline(runs, self.session.open_domain.baseline)
        self.form.refresh_preview()
        self._show_state()
        self._draw()

    def follow(self, change: Change) -> None:
        if isinstance(change, LabelsChanged | ListChanged | SamplesChanged):
            self.form.refresh_preview()
        elif isinstance(change, RunsChanged):
            self._show_state()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.figures.bottom.machine.start()
        self._second.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.figures.bottom.machine.stop()
        self._second.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = WIDE if self.width() >= NARROW else SLIM
        if self.form.width() != wide:
            self.form.setFixedWidth(wide)

    def keep(self) -> None:
        self.form.keep()
        self.figures.bottom.machine.stop()
        self.step.close_down()
        self.reader.close()

    def busy(self) -> bool:
        return self.form.busy() or self.step.busy()

    def kept_free(self) -> QWidget:
        return self.form

    def first_focus(self) -> QWidget:
        return self.form.start


def score_words(run: RunRecord) -> str:
    """``run-3: balanced accuracy .605 [.530, .664], chance .250``."""
    name = run.title
    _name, part = run.judged()
    if part.get("balanced_accuracy") is None:
        return f"{name} is there; it has no held-out score."
    low, high = (part.get("intervals") or {}).get("balanced_accuracy") or (None, None)
    told = f"{name}: balanced accuracy {numbers.interval(part['balanced_accuracy'], low, high)}"
    told += " on one group alone" if is_lone(part) else ""
    chance = (part.get("chance") or {}).get("balanced_accuracy")
    return f"{told}, chance {numbers.share(chance)}" if chance is not None else told
