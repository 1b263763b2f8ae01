"""The agreement page: who agrees with whom, where they part, and settling split votes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.commands import Command
from app.pages.page import Page
from models.change import Change, LabelsChanged, RunShown, SamplesChanged
from models.event import MODEL
from models.learn.agreement import Agreement, agree
from widgets import numbers, tokens
from widgets.charts.confusion import ConfusionMatrix
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.parts.buttons import Button
from widgets.parts.head import PageHead
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

Codes = npt.NDArray[np.int64]
Pair = tuple[str, str]
PAIRS = (
    FigureColumn("first", "One", "text", 0),
    FigureColumn("second", "Other", "text", 0),
    FigureColumn("n", "Both", "count", 62),
    FigureColumn("share", "Agree", "share", 62, 2),
    FigureColumn("kappa", "Cohen's κ, 95 %", "interval", 190, 2),
)
CLASSES = (
    FigureColumn("place", "", "class", 40),
    FigureColumn("name", "Class", "text", 0),
    FigureColumn("share", "Both name it", "bar", 170, 2),
)
OPEN = (FigureColumn("name", "Sample", "mono", 0), FigureColumn("votes", "Votes", "text", 0))
#: Split samples that the table shows; more are opened as a list.
SHOWN = 2000
NARROW = 1400


class AgreementPage(Page):
    """Pairs at the left, the chosen pair in the middle, samples with split votes at the right."""

    name = "agreement"
    title = "Agreement"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(threads=1, count=4, parent=self)
        self.reader.arrived.connect(self._came)
        self.votes: Mapping[str, Codes] = {}
        self.found: dict[Pair, Agreement] = {}
        self.pair: Pair = ("", "")
        self.open_rows: Codes = np.zeros(0, np.int64)
        self._asked: Any = None
        self.stack = QStackedLayout(self)
        self.empty = EmptyState(
            "One opinion alone",
            "Label as a second curator, or import labels beside the first; here stands how they agree.",
            "people",
        )
        self.empty.setObjectName("agreement.empty")
        self.stack.addWidget(self.empty)
        body = QWidget()
        self.stack.addWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        column.addWidget(Rule())
        self.split = Splitter()
        column.addWidget(self.split, 1)
        for pane in (self._build_pairs(), self._build_pair(), self._build_open()):
            self.split.addWidget(pane)
        self.split.setSizes([560, 520, 520])

    # Building

    def _build_head(self) -> QWidget:
        captions = {"kappa": "κ of all", "votes": "Votes", "split": "Split, open", "settled": "Settled"}
        head = PageHead("agreement", {key: (words, 0) for key, words in captions.items()}, "Agreement")
        self.source, self.blocks = head.source, head.figures
        return head

    def _build_pairs(self) -> QWidget:
        self.pairs = FigureTable(PAIRS, "Pairs")
        self.pairs.setObjectName("agreement.pairs")
        self.pairs.lines = (0.0, 1.0)
        self.pairs.sort_by("n")
        self.pairs.picked.connect(self._choose)
        return _pane(PaneHeader("Pairs", "what both labelled; dashed 0, chance, and 1"), self.pairs)

    def _build_pair(self) -> QWidget:
        self.pair_head = PaneHeader("Chosen pair", "")
        self.open_cell = Button("Open as list", tip="The samples of the chosen cell, or all on which the two part")
        self.open_cell.setObjectName("agreement.open_cell")
        self.open_cell.clicked.connect(self.open_pair)
        self.pair_head.add_tool(self.open_cell, keep=True)
        self.confusion = ConfusionMatrix()
        self.confusion.setObjectName("agreement.confusion")
        self.confusion.cell_opened.connect(lambda _row, _column: self.open_pair())
        self.classes = FigureTable(CLASSES, "Agreement of each class")
        self.classes.setObjectName("agreement.classes")
        lower = _pane(PaneHeader("Each class", "of those that one names, the share that both do"), self.classes)
        split = Splitter(Qt.Orientation.Vertical)
        split.addWidget(_pane(self.pair_head, self.confusion))
        split.addWidget(lower)
        split.setSizes([520, 220])
        return split

    def _build_open(self) -> QWidget:
        self.open_head = PaneHeader("Split votes", "")
        self.all_open = Button("Open as list")
        self.all_open.setObjectName("agreement.open_all")
        self.all_open.clicked.connect(self.open_split)
        self.open_head.add_tool(self.all_open, keep=True)
        self.splits = FigureTable(OPEN, "Samples with split votes")
        self.splits.setObjectName("agreement.splits")
        self.splits.opened.connect(self._open_one)
        self.hints = KeyHints([])
        pane = _pane(self.open_head, self.splits)
        layout = pane.layout()
        if layout is not None:
            layout.addWidget(self.hints)
        return pane

    def commands(self) -> list[Command]:
        on = ("agreement",)

        def chosen() -> bool:
            return bool(self.splits.chosen())

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
                    lambda: len(self.open_rows) > 0, on, "queue"),
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
        self.votes, self.found, self.pair = {}, {}, ("", "")

    def refresh(self) -> None:
        from models.orders.agreeing import opinions, split_rows

        session = self.session
        if session.project is None:
            return
        own = opinions(session.view, bool(session.run))
        self.stack.setCurrentIndex(1 if len(own) > 1 else 0)
        self.votes = {name: session.places_of(codes) for name, codes in own.items()}
        self.open_rows = split_rows(session.project, own)
        self._show_head()
        self._show_open()
        self._ask()

    def _ask(self) -> None:
        """Have the pairs compared beside the window."""
        session, votes = self.session, self.votes
        groups, k = session.open_project.samples.group_codes()[0], len(session.classes)
        self._asked = (session.open_project.journal.position, session.run, tuple(votes))
        kept = self.reader.cached(self._asked)
        if kept is not None:
            self._show(kept)
            return

        def compare() -> dict[Pair, Agreement]:
            found = {pair: agree(votes[pair[0]], votes[pair[1]], groups, k) for pair in combinations(votes, 2)}
            return {pair: one for pair, one in found.items() if one.n}

        self.reader.ask(self._asked, compare)

    def _came(self, key: Any, found: Any) -> None:
        if key == self._asked:
            self._show(found)

    def follow(self, change: Change) -> None:
        if isinstance(change, LabelsChanged | SamplesChanged | RunShown):
            self.refresh()

    def busy(self) -> bool:
        return self._asked is not None and self.reader.cached(self._asked) is None and len(self.votes) > 1

    # Showing

    def _people(self) -> list[str]:
        return [name for name in self.votes if name != MODEL]

    def _show_head(self) -> None:
        from models.orders.agreeing import SETTLED, kappa_of_all

        session, people = self.session, self._people()
        counts = np.zeros((len(session.view), max(len(session.classes), 1)), np.int64)
        for name in people:
            rows = np.flatnonzero(self.votes[name] >= 0)
            counts[rows, self.votes[name][rows]] += 1
        both = counts.sum(1) > 1
        shared = numbers.plural(int(both.sum()), "sample")
        words = f"{numbers.plural(len(people), 'annotator')}, {shared} with two votes or more"
        self.source.setText(words)
        value = kappa_of_all(self.votes, counts.shape[1])
        self.blocks["kappa"].set_figure(numbers.share(value, 2), "chance 0")
        self.blocks["votes"].set_figure(numbers.count(int(counts.sum())), "")
        share = f"{100 * len(self.open_rows) / both.sum():.0f} %" if both.any() else ""
        self.blocks["split"].set_figure(numbers.count(len(self.open_rows)), share)
        settled = session.open_project.journal.fold.codes_of(SETTLED) >= 0
        self.blocks["settled"].set_figure(numbers.count(int(settled.sum())), "")

    def _show(self, found: dict[Pair, Agreement]) -> None:
        self.found = found
        rows = [
            {
                "id": f"{one}\0{other}",
                "first": one,
                "second": other,
                "n": told.n,
                "share": told.share,
                "kappa": (told.kappa, *(told.interval or (None, None))),
                "best": (one, other) == self.pair,
                "tip": f"{one} and {other}: κ {_kappa_words(told)}"
                f" over {numbers.plural(told.groups, self.session.open_domain.group)}",
            }
            for (one, other), told in found.items()
        ]
        if self.pair not in found and found:
            self.pair = max(found, key=lambda pair: found[pair].n * (pair[1] in self._people()))
        self.pairs.set_rows([{**row, "best": row["id"] == "\0".join(self.pair)} for row in rows], "Comparing")
        self.pairs.choose("\0".join(self.pair))
        self._show_pair()

    def _choose(self, name: str) -> None:
        one, other = name.split("\0")
        self.pair = (one, other)
        self._show(self.found)

    def _show_pair(self) -> None:
        told = self.found.get(self.pair)
        if told is None:
            return
        session = self.session
        names = [session.class_title(name) for name in session.classes]
        letters = tokens.propose_letters(session.classes)
        one, other = self.pair
        self.pair_head.set_title(f"{one} and {other}", f"κ {_kappa_words(told)}, {numbers.count(told.n)} samples")
        self.confusion.set_matrix(told.confusion, names, letters, f"{other} says")
        self.classes.letters = letters
        self.classes.set_rows(
            [{"id": name, "place": at, "name": name, "share": told.per_class[at]} for at, name in enumerate(names)]
        )

    def _show_open(self) -> None:
        session, fold = self.session, self.session.open_project.journal.fold
        chosen = self.splits.chosen()
        people = self._people()
        rows = []
        for row in self.open_rows[:SHOWN].tolist():
            votes = [f"{by} {session.class_title(fold.votes(row)[by])}" for by in people if by in fold.votes(row)]
            rows.append(
                {"id": str(row), "name": session.short(row), "votes": ", ".join(votes), "tip": session.sample_id(row)}
            )
        self.splits.set_rows(rows, "No votes are split, or all are settled")
        if chosen and not self.splits.chosen() and rows:
            after = next((item["id"] for item in rows if int(str(item["id"])) > int(chosen)), rows[0]["id"])
            self.splits.choose(str(after))
        self.open_head.set_subtitle(f"{numbers.count(len(self.open_rows))} open")
        self.all_open.setEnabled(len(self.open_rows) > 0)
        count = len(session.classes)
        keys = f"1 {min(count, 9)}" if count > 1 else "1"
        self.hints.set_hints([(keys, "settle as that class"), ("Enter", "open"), ("Ctrl+Z", "undo")])

    # Acting

    def settle(self, place: int) -> None:
        """Settle the chosen sample as the class of a place; the next one is chosen."""
        name, classes = self.splits.chosen(), self.session.classes
        if name and place < len(classes):
            self.session.settle(np.array([int(name)], np.int64), classes[place])

    def open_pair(self) -> None:
        """The samples of the chosen cell, or all on which the chosen two part."""
        if self.pair not in self.found:
            return
        one, other = (self.votes[name] for name in self.pair)
        row, column = self.confusion.chosen()
        wanted = (one >= 0) & (other >= 0) & (one != other)
        if row >= 0:
            wanted = (one == row) & (other == column)
        self._open(np.flatnonzero(wanted), f"{self.pair[0]} ≠ {self.pair[1]}" if row < 0 else " and ".join(self.pair))

    def open_split(self) -> None:
        """All samples with split votes that nobody settled."""
        self._open(self.open_rows, "Split votes")

    def _open_one(self, name: str) -> None:
        self.desk.show_page("curate")
        self.session.show_rows(self.open_rows, "Split votes", "Annotators differ here.")
        self.session.go_to(int(name))

    def _open(self, rows: Codes, words: str) -> None:
        if len(rows):
            self.desk.show_page("curate")
            self.session.show_rows(rows, words, f"{words}.")

    # Frame

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= NARROW
        for place, column in enumerate(PAIRS):
            self.pairs.setColumnHidden(place, column.name == "share" and not wide)

    def panes(self) -> list[QWidget]:
        return [self.pairs, self.confusion, self.splits]

    def first_focus(self) -> QWidget:
        return self.splits

    def keep(self) -> None:
        self.reader.close()


def _kappa_words(told: Agreement) -> str:
    """``.73 [.69, .78]``."""
    low, high = told.interval or (None, None)
    return numbers.interval(told.kappa, low, high, 2)


def _pane(head: PaneHeader, *parts: QWidget) -> QWidget:
    """A head over what it heads."""
    pane = QWidget()
    pane.setProperty("ground", "well")
    column = QVBoxLayout(pane)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(head)
    for part in parts:
        column.addWidget(part, 1)
    return pane
