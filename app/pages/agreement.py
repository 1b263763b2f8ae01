"""The agreement page: who agrees with whom, how each rater errs, and settling split votes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.commands import Command
from app.nouns import sample_noun
from app.pages.agreement_queue import SplitQueue
from app.pages.agreement_raters import RATERS, RatersPart
from app.pages.page import Page
from models.change import Change, LabelsChanged, RunShown, SamplesChanged
from models.event import MODEL
from models.learn.agreement import Agreement, agree
from widgets import numbers
from widgets.parts.head import PageHead
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window
    from models.orders.agreeing import Survey

Codes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.float64]
NARROW = 1400
#: Seconds of a survey from which on it waits for a pause of twice as long, and of the longest pause.
SLOW, LONGEST = 0.5, 10.0
#: The setting that keeps whether the case has the whole page.
LARGE = "agreement_large"


class AgreementPage(Page):
    """Pairs at the left, raters and the chosen pair in the middle, samples with split votes at the right."""

    name = "agreement"
    title = "Agreement"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(threads=1, count=8, parent=self)
        self.reader.arrived.connect(self._came)
        self.reader.failed.connect(lambda key, _error: self._waiting.discard(key))
        self._waiting: set[Any] = set()
        self.votes: Mapping[str, Codes] = {}
        self.counts: Counts = np.zeros((0, 0))
        self._asked: Any = None
        #: The votes of the last survey, and how many surveys there were.
        self._surveyed: tuple[Mapping[str, Codes], Counts] = ({}, self.counts)
        self._survey = 0
        #: Seconds that the last survey took: one that takes long waits until the person pauses.
        self.took = 0.0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._compare)
        window.session.leaving.connect(self._pause.stop)  # nothing is left to compare
        self._pair_asked: Any = None
        empty = EmptyState(
            "One opinion alone",
            "Label as a second curator, or import labels beside the first; here stands how they agree.",
            "people",
        )
        column = self.build_body(empty)
        column.addWidget(self._build_head())
        column.addWidget(Rule())
        column.addWidget(self._build_sides(), 1)

    # Building

    def _build_sides(self) -> Splitter:
        """Raters and pairs at the left, samples with split votes at the right."""
        self.people = RatersPart(self.session)
        self.people.pair_asked.connect(self._ask_pair)
        self.people.open_asked.connect(self.open_pair)
        self.queue = SplitQueue(self.session)
        self.queue.opened.connect(self._open_one)
        self.queue.list_asked.connect(self.open_split)
        self.queue.settle_asked.connect(self.settle)
        self.queue.large_asked.connect(self.toggle_large)
        self.split = Splitter()
        self.split.addWidget(self.people)
        self.split.addWidget(self.queue)
        self.split.setSizes([970, 620])
        if self.session.settings.get(LARGE, False) is True:
            self.toggle_large()
        return self.split

    def _build_head(self) -> QWidget:
        captions = {
            "kappa": "κ of all",
            "pairs": "Median pairwise κ",
            "votes": "Votes",
            "split": "Split, open",
            "settled": "Settled",
        }
        head = PageHead("agreement", {key: (words, 0) for key, words in captions.items()}, "Agreement")
        self.source, self.blocks = head.source, head.figures
        return head

    def commands(self) -> list[Command]:
        on = ("agreement",)

        def chosen() -> bool:
            return bool(self.queue.splits.chosen())

        settle = [
            Command(
                f"settle.{place + 1}",
                self._words_of(place),
                self._settler(place),
                (str(place + 1),),
                "Review",
                chosen,
                on,
            )
            for place in range(9)
        ]
        return [
            Command("agreement.open", "Open the split samples as a list", self.open_split, (), "Review",
                    lambda: len(self.queue.rows) > 0, on, "queue"),
            Command("agreement.large", "The case on the whole page", self.toggle_large, ("L",), "View",
                    lambda: self.stack.currentIndex() == 1, on, "fit"),
            *settle,
        ]  # fmt: skip

    def _words_of(self, place: int) -> Any:
        def told() -> str:
            classes = self.session.classes
            return f"Settle as {self.session.class_title(classes[place])}" if place < len(classes) else "Settle"

        return told

    def _settler(self, place: int) -> Any:
        return lambda: self.settle(place)

    # What it stands on

    def opened(self) -> None:
        self.reader.forget()
        self._waiting.clear()
        self._asked = self._pair_asked = None
        self._surveyed = ({}, np.zeros((0, 0)))
        self._pause.stop()
        self.votes = {}
        self.people.forget()
        self.queue.picture.forget()

    def refresh(self) -> None:
        from models.orders.agreeing import count_votes, opinions, several_voted, split_rows

        session = self.session
        if session.project is None:
            return
        own, counts = opinions(session.view, bool(session.run)), count_votes(session.view)
        several = len(own) > 1 or bool(several_voted(counts).any())
        self.stack.setCurrentIndex(1 if several else 0)
        self.votes = {name: session.places_of(codes) for name, codes in own.items()}
        self.counts = self._by_place(counts)
        self._show_head()
        self.queue.show_project()
        self.queue.show_splits(split_rows(session.project, counts), self.counts)
        self._ask()

    def _by_place(self, counts: Counts) -> Counts:
        """Counts by the fold's classes as counts by the places of the window's."""
        places = self.session.places_of(np.arange(counts.shape[1], dtype=np.int64))
        found = np.zeros((len(counts), max(len(self.session.classes), 1)))
        for code, place in enumerate(places.tolist()):
            if place >= 0:
                found[:, place] += counts[:, code]
        return found

    def _ask(self) -> None:
        """Have all raters compared beside the window."""
        votes, counts = self.votes, self.counts
        if not self._same(votes, counts):
            # What is no vote, such as a flag, changes nothing: all are compared anew only when a vote changed.
            self._surveyed, self._survey = (votes, counts), self._survey + 1
        self._asked = ("survey", self._survey)
        kept = self.reader.cached(self._asked)
        if kept is not None:
            self._show(kept)
        elif self.took > SLOW:
            self._pause.start(round(1000 * min(2 * self.took, LONGEST)))
        else:
            self._compare()

    def _compare(self) -> None:
        """Have the votes of now compared beside the window."""
        votes, counts = self._surveyed
        groups = self.session.open_project.samples.group_codes()[0]

        def compare() -> Survey:
            from models.orders.agreeing import survey

            begun = time.thread_time()
            found = survey(votes, counts, groups)
            self.took = time.thread_time() - begun
            return found

        self._want(self._asked, compare)

    def _same(self, votes: Mapping[str, Codes], counts: Counts) -> bool:
        """Whether these are the votes that were compared last."""
        before, counted = self._surveyed
        alike = votes.keys() == before.keys() and counts.shape == counted.shape and np.array_equal(counts, counted)
        return alike and all(np.array_equal(codes, before[name]) for name, codes in votes.items())

    def _ask_pair(self, one: str, other: str) -> None:
        """The interval of one pair alone: of all it would take long."""
        first, second, k = self.votes[one], self.votes[other], len(self.session.classes)
        groups = self.session.open_project.samples.group_codes()[0]
        self._pair_asked = ("pair", one, other, self._asked)
        self._want(self._pair_asked, lambda: agree(first, second, groups, k))

    def _want(self, key: Any, read: Callable[[], Any]) -> None:
        """Have something made beside the window; of its kind the wish before is given up."""
        self._waiting = {other for other in self._waiting if other[0] != key[0]} | {key}
        self.reader.ask(key, read, key[0])

    def _came(self, key: Any, found: Any) -> None:
        self._waiting.discard(key)
        if key == self._asked:
            self._show(found)
        elif key == self._pair_asked and isinstance(found, Agreement) and self.people.pair == key[1:3]:
            self.people.tell_pair(found)

    def follow(self, change: Change) -> None:
        if isinstance(change, LabelsChanged | SamplesChanged | RunShown):
            self.refresh()

    def busy(self) -> bool:
        return bool(self._waiting) or self.queue.picture.busy()

    # Showing

    def _show_head(self) -> None:
        from models.orders.agreeing import several_voted
        from models.store.voted import SETTLED

        session, total = self.session, self.counts.sum(axis=1)
        people = numbers.plural(sum(name != MODEL for name in self.votes), "annotator")
        both = int(several_voted(self.counts).sum())
        words = f"{people}, {numbers.plural(both, sample_noun(session))} with two votes or more"
        self.source.setText(f"{words}, of those that you voted on" if session.blind else words)
        self._show_counted(total)
        settled = session.fold.codes_of(SETTLED) >= 0
        self.blocks["settled"].set_figure(numbers.count(int(settled.sum())), "")
        split = int(((self.counts > 0).sum(axis=1) > 1).sum() - (settled & ((self.counts > 0).sum(axis=1) > 1)).sum())
        share = f"{100 * split / both:.0f} %" if both else ""
        self.blocks["split"].set_figure(numbers.count(split), share)

    def _show_counted(self, total: Counts) -> None:
        """How many voted; behind shares of votes stands a number that nobody told."""
        fold = self.session.fold
        shared = fold.shared() & fold.live
        counted = float(total[~shared].sum()) + sum(
            int((codes[shared] >= 0).sum()) for name, codes in self.votes.items() if name != MODEL
        )
        told = int(((total > 0) & ~shared).sum())
        each = f"{float(total[~shared].sum()) / told:.1f} a {sample_noun(self.session)}" if told else ""
        if shared.any():
            each = ", ".join(one for one in (each, f"shares on {numbers.count(int(shared.sum()))}") if one)
        self.blocks["votes"].set_figure(numbers.count(round(counted)), each)

    def _show(self, found: Survey) -> None:
        from models.learn.raters import between
        from models.orders.agreeing import LEAST

        low, high = found.interval or (None, None)
        bounds = numbers.bounds(low, high, 2) if low is not None and high is not None else "chance 0"
        self.blocks["kappa"].set_figure(numbers.share(found.kappa, 2), bounds)
        kappas = found.among.listed(LEAST)[1]
        known = kappas[np.isfinite(kappas)]
        if len(known):
            first, middle, last = np.percentile(known, [25, 50, 75])
            half = f"middle half {numbers.share(first, 2)} to {numbers.share(last, 2)}" if len(known) > 3 else ""
            self.blocks["pairs"].set_figure(numbers.share(middle, 2), half)
        else:
            self.blocks["pairs"].set_figure(numbers.NONE, "")
        self.people.show_survey(found, self.votes, between(self.counts))

    # Acting

    def settle(self, place: int) -> None:
        """Settle the chosen sample as the class of a place; the next one is chosen."""
        name, classes = self.queue.splits.chosen(), self.session.classes
        if name and place < len(classes):
            self.session.settle(np.array([int(name)], np.int64), classes[place])

    def toggle_large(self) -> None:
        """Put the raters away, so that the case has the whole page; or bring them back."""
        large = not self.people.isHidden()
        self.people.setVisible(not large)
        self.queue.set_large(large)
        self.session.settings.set(LARGE, large)

    def open_pair(self) -> None:
        """The samples of the chosen cell, or all on which the chosen two part."""
        parting = self.people.parting
        if parting is not None:
            cell = self.people.confusion.chosen()
            sign = "≠" if cell[0] < 0 else "and"
            self._open(parting.wanted(cell), f"{parting.rows} {sign} {parting.columns}")

    def open_split(self) -> None:
        """All samples with split votes that nobody settled, of the chosen kind."""
        self._open(self.queue.rows, "Split votes")

    def _open_one(self, row: int) -> None:
        self.desk.show_page("curate")
        self.session.show_rows(self.queue.rows, "Split votes", "Annotators differ here.")
        self.session.go_to(row)

    def _open(self, rows: Codes, words: str) -> None:
        if len(rows):
            self.desk.show_page("curate")
            self.session.show_rows(rows, words, f"{words}.")

    # Frame

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= NARROW
        raters = self.people.raters
        for place, column in enumerate(RATERS):
            raters.setColumnHidden(place, column.name in ("place", "lean") and not wide)
            if column.name == "kappa":
                raters.setColumnWidth(place, 220 if wide else 150)
        self.blocks["pairs"].setVisible(wide)
        self.queue.set_narrow(not wide)

    def panes(self) -> list[QWidget]:
        return [self.people.pairs, self.people.raters, self.people.confusion, self.queue.splits]

    def first_focus(self) -> QWidget:
        return self.queue.splits

    def keep(self) -> None:
        self.reader.close()
        self.queue.picture.close_down()
