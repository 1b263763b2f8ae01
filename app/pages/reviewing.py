"""Review queues and explanations: asked for by commands, made in the worker, shown in the list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.commands import Command
from app.pages.queue_wait import SOON_MS, QueueWait
from models.orders.waiting import FOLDS, training_left
from widgets import numbers
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.window import Window
    from models.store.runs import RunRecord
    from workers.ticket import Ticket

#: Name of a strategy → the words of its queue, the key of its command.
STRATEGIES = {
    "blend": ("Review next", "Ctrl+B"),
    "label-issue": ("Label issues", "Ctrl+L"),
    "uncertainty": ("Uncertain", ""),
    "diversity": ("Unlike the labelled", ""),
    "disagreement": ("Runs disagree", ""),
    "spread": ("Label these first", ""),
    "medoids": ("Medoids", ""),
    "boundary": ("Between classes", ""),
    "audit": ("Random audit", ""),
}
LENGTH = 300
#: What stands behind the words of a queue of held-out samples alone.
HELD = ", held out"
#: Queues that are shorter: so many labels are enough for what they are for.
LENGTHS = {"spread": 50}
#: Those that show one sample of each bundle of likes.
BUNDLED = ("medoids", "boundary")
#: Strategies that work before the first run.
BARE = ("diversity", "medoids", "boundary", "audit")
#: Seconds of trainings that a queue waits for without being asked first.
ASKED = 60.0
#: Those that hold no labelled sample.
UNLABELLED = ("uncertainty", "diversity", "spread", "medoids", "boundary")


class Reviewing(QObject):
    """Asks the worker for queues and explanations. `explained(sample, values, result)` tells a relevance over time."""

    explained = Signal(str, object, object)

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self._making: Ticket | None = None
        #: The queue that a person was asked about, as trainings come before it.
        self._offered = ""
        self._explaining: Ticket | None = None

    def commands(self) -> list[Command]:
        """One command a strategy, and leaving the queue."""
        session = self.session

        def has() -> bool:
            return session.project is not None

        def queued() -> bool:
            return bool(session.listing.queue)

        found = [
            Command(
                "queue.issues" if name == "label-issue" else f"queue.{name}",
                f"Open queue: {words}",
                partial(self.open, name),
                (key,) if key else (),
                "Review",
                has,
                look="queue",
            )
            for name, (words, key) in STRATEGIES.items()
        ]
        return [
            *found,
            Command("queue.cancel", "Stop making the queue", self.cancel, (), "Review", self.makes, look="stop"),
            Command("queue.start", "Train for the queue and make it", self.start_offered, (), "Review", self.offers),
            Command(
                "queue.meanwhile",
                "Open held-out samples, and train for the queue meanwhile",
                self.open_meanwhile,
                (),
                "Review",
                self.offers,
            ),
            Command("queue.leave", "Leave the queue", session.leave_queue, (), "Review", queued, look="close"),
        ]

    def open(self, strategy: str, count: int = 0) -> None:
        """Make a queue of the shown run and show it on the curate page. count: of samples, 0 for as many as usual."""
        session = self.session
        if session.record() is None and strategy not in BARE:
            self.desk.notify(_no_run(STRATEGIES[strategy][0]))
            return
        record = session.record()
        seconds = training_left(session.open_project, record, strategy) if record is not None else 0.0
        if record is not None and seconds > ASKED and not self.makes() and not self.desk.unattended:
            self._offer(record, strategy, seconds)
        else:
            self._make(strategy, count)

    def _offer(self, record: RunRecord, strategy: str, seconds: float) -> None:
        """Tell what has to be trained first and how long that takes, before it begins."""
        self._offered, words = strategy, STRATEGIES[strategy][0]
        text = (
            f"{record.title} is trained {FOLDS} times first, each time without a part of its labels: so each is judged"
            " by a model that never saw it. Samples that the run held out need no training and open at once."
        )
        actions = (("queue.meanwhile", "Held-out ones, train meanwhile"), ("queue.start", "Train and wait"))
        title = f"{words}: about {numbers.duration(seconds)} of training first"
        self.desk.notify(Note(text, "info", title, actions, stays=True))

    def offers(self) -> bool:
        """Whether a person was asked about a queue and has not answered."""
        return bool(self._offered) and self.session.record() is not None and not self.makes()

    def start_offered(self) -> None:
        """Train for the queue that was asked about, and make it."""
        strategy, self._offered = self._offered, ""
        if strategy:
            self._make(strategy)

    def open_meanwhile(self) -> None:
        """Show what of the queue needs no training; then train for all of it, without leaving what is shown."""
        strategy, self._offered = self._offered, ""
        if not strategy:
            return
        run = self.session.run

        def then(result: dict[str, Any]) -> None:
            self._show(strategy, run, result, HELD)
            if self.session.project is not None and self.session.run == run:
                self._make(strategy, later=True)

        self._begin(strategy, self._arguments(strategy) | {"folds": False}, then)

    def _arguments(self, strategy: str, count: int = 0) -> dict[str, Any]:
        session = self.session
        return {
            "project": str(session.open_project.path),
            "run": session.run or "last",
            "strategy": strategy,
            "n": count or _length(strategy),
            "by": session.curator,
        }

    def _make(self, strategy: str, count: int = 0, later: bool = False) -> None:
        """Make a queue, which takes the place of the list; later: which is told to be there, and does not."""
        arguments, session = self._arguments(strategy, count), self.session
        if self.makes() and self._making is not None and self._making.job.arguments == arguments:
            self.desk.notices.bring_back()
            return
        if later:
            self._begin(strategy, arguments, lambda _result: self._tell_ready(strategy))
        else:
            self._begin(strategy, arguments, partial(self._show, strategy, session.run))

    def _tell_ready(self, strategy: str) -> None:
        """A queue that a person did not wait for: its trainings are kept, so it opens at once."""
        name = "queue.issues" if strategy == "label-issue" else f"queue.{strategy}"
        words = STRATEGIES[strategy][0]
        self.desk.notify(Note(f"{words} is ready: all labels are judged.", "ok", actions=((name, "Open"),)))

    def _begin(self, strategy: str, arguments: dict[str, Any], show: Callable[[dict[str, Any]], None]) -> None:
        session, record = self.session, self.session.record()
        words = STRATEGIES[strategy][0]
        wait = QueueWait(self.desk, words, record.title if record is not None else "")
        ticket = session.start_here("queue", arguments, f"Queue: {words.lower()}", show, wait.take)
        ticket.ended.connect(lambda _ending: wait.close())
        if ticket.ending is not None:
            wait.close()
        QTimer.singleShot(SOON_MS, self, wait.tell_slow)
        self._making = ticket

    def makes(self) -> bool:
        """Whether a queue is still being made."""
        return self._making is not None and self._making.ending is None

    def cancel(self) -> None:
        """Stop making the queue; the list stays as it is."""
        if self._making is not None and self.makes():
            self.session.jobs.cancel(self._making)

    def _show(self, strategy: str, run: str, result: dict[str, Any], part: str = "") -> None:
        session = self.session
        if session.project is None:
            return
        suggestions = session.ranked(result["queue"])
        if not suggestions:
            self.desk.notify(_nothing(strategy, result["notes"]))
            return
        if result["notes"]:
            self.desk.notify(Note(" ".join(result["notes"]), "info"))
        self.desk.show_page("curate")
        session.show_queue(STRATEGIES[strategy][0] + part, run, suggestions)

    def explain(self, layer: str = "") -> None:
        """Ask the shown run why it gave its class to the shown sample, by this layer of it, "" for its own."""
        session = self.session
        record = session.record()
        if record is None or session.current < 0:
            self.desk.notify(Note("Train a model first: it is what is explained.", "info"))
            return
        if not session.revealed()[session.current]:
            self.desk.notify(Note("Vote first: until then you are told nothing that the model says.", "info"))
            return
        sample = session.sample_id(session.current)
        arguments = {"run": session.run, "samples": [sample], "layer": layer}
        self._let_go()
        self._explaining = session.start_here("explain_samples", arguments, "Explain", partial(self._explained, sample))

    def follow(self) -> None:
        """The person moved on: what would explain the sample before is not waited for."""
        ticket, session = self._explaining, self.session
        current = session.sample_id(session.current) if session.project is not None and session.current >= 0 else ""
        if ticket is not None and ticket.job.arguments["samples"] != [current]:
            self._let_go()

    def _let_go(self) -> None:
        ticket, self._explaining = self._explaining, None
        if ticket is not None and ticket.ending is None:
            self.session.jobs.cancel(ticket)

    def _explained(self, sample: str, result: dict[str, Any]) -> None:
        values = result.get("values", {}).get(sample)
        if values is None and sample not in result.get("reasons", {}):
            self.desk.notify(Note(result.get("words", "This recipe has no explanation."), "info"))
            return
        self.explained.emit(sample, values, result)


def _nothing(strategy: str, notes: list[str]) -> Note:
    """Why a queue is empty, with a way to one that may not be."""
    other = (("queue.issues", STRATEGIES["label-issue"][0]),) if strategy in UNLABELLED else ()
    return Note(" ".join(notes), "info", actions=other)


def _no_run(queue: str) -> Note:
    """What to do for a queue that a model must rank, before there is one."""
    *names, last = [f"“{STRATEGIES[name][0]}”" for name in BARE]
    others = f"{', '.join(names)} and {last}"
    words = f"A model ranks this queue, and there is none yet. Train one first; {others} work without."
    return Note(words, "info", queue, (("page.train", "Train"),))


def _length(strategy: str) -> int:
    """Samples in a queue unless a person says otherwise."""
    if strategy not in BUNDLED:
        return LENGTHS.get(strategy, LENGTH)
    # Here, because what makes bundles isn't needed until somebody wants one.
    from models.learn.bundles import USUAL

    return USUAL
