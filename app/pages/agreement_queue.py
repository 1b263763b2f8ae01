"""The right of the agreement page: samples on which votes split, one of them in full, and settling it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.pages.agreement_case import CasePicture
from app.pages.votes_part import VotesPart, class_votes, counted_words, named_on
from widgets import numbers, tokens
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.class_bar import ClassBar
from widgets.parts.buttons import Button, ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from widgets.parts.splitter import Splitter
from widgets.recording import scale

if TYPE_CHECKING:
    from app.session import Session

Codes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.float64]
OPEN = (
    FigureColumn("name", "Sample", "mono", 180),
    FigureColumn("parts", "Votes by class", "stack", 0),
    FigureColumn("votes", "Votes", "count", 60),
    FigureColumn("entropy", "Entropy", "amount", 76, 2),
)
#: Below this height the list of split samples gives room to the traces.
LOW = 640
#: Split samples that the table shows; more are opened as a list.
SHOWN = 2000
ANY, NONE_LEADS, TIED, MANY = "any", "none leads", "tied", "many"
WHICH = (("All split", ANY), ("No majority", NONE_LEADS), ("Tied", TIED), ("10 votes or more", MANY))
#: Votes of the last of these.
MANY_VOTES = 10


def ranked(rows: Codes, counts: Counts, which: str, gone: npt.NDArray[np.bool_] | None = None) -> tuple[Codes, Counts]:
    """The split rows of a kind, those of highest entropy (nats) first; the entropy of each.

    gone: (n,) samples that cannot be looked at, which come after all that can.
    """
    votes = counts[rows]
    total, top = votes.sum(axis=1), votes.max(axis=1, initial=0)
    kept = {
        ANY: np.ones(len(rows), bool),
        NONE_LEADS: top * 2 <= total,
        TIED: (votes == top[:, None]).sum(axis=1) > 1,
        MANY: total >= MANY_VOTES,
    }[which]
    shares = votes[kept] / total[kept, None]
    apart = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1)
    last = np.zeros(len(rows), bool)[kept] if gone is None else gone[rows][kept]
    order = np.lexsort((rows[kept], -total[kept], -np.round(apart, 9), last))
    return rows[kept][order], apart[order]


class SplitQueue(Splitter):
    """`opened(row)` a sample is wanted on the curate page, `list_asked()` all of them; `settle_asked(place)`.

    `large_asked()`: the case is to have the whole page, or its own part again.
    """

    opened = Signal(int)
    list_asked = Signal()
    settle_asked = Signal(int)
    large_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.session = session
        self.rows: Codes = np.zeros(0, np.int64)
        self._all: Codes = np.zeros(0, np.int64)
        self._counts: Counts = np.zeros((0, 0))
        self._listed: list[str] = []
        self.picture = CasePicture(session)
        self.addWidget(self._build_table())
        self.addWidget(self._build_case())
        self.set_large(False)

    def set_large(self, on: bool) -> None:
        """With the whole page list, recording and votes stand beside each other, else below each other."""
        way = Qt.Orientation.Horizontal if on else Qt.Orientation.Vertical
        for parts in (self, self.sight):
            parts.setOrientation(way)
        self.large.setChecked(on)
        self.case_head.offer(self.gain, not on)
        self.picture.set_large(on)
        self._share_room(on)

    def _share_room(self, on: bool) -> None:
        """Of a low page the list gives what the traces need."""
        low = self.height() < LOW
        self.setSizes([300, 1000] if on else [150, 460] if low else [250, 620])
        self.sight.setSizes([700, 290] if on else [260, 150] if low else [320, 260])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (event.size().height() < LOW) != (event.oldSize().height() < LOW):
            self._share_room(self.large.isChecked())

    def _build_table(self) -> QWidget:
        self.head = PaneHeader("Split votes", "")
        self.which = LabelledCombo("Queue", WHICH, "Which split samples")
        self.which.setObjectName("agreement.queue")
        self.which.chosen.connect(lambda _value: self._list())
        self.all_open = Button("Open as list")
        self.all_open.setObjectName("agreement.open_all")
        self.all_open.clicked.connect(self.list_asked)
        self.head.add_tool(self.which)
        self.head.add_tool(self.all_open, keep=True)
        self.splits = FigureTable(OPEN, "Samples with split votes")
        self.splits.setObjectName("agreement.splits")
        self.splits.opened.connect(lambda name: self.opened.emit(int(name)))
        self.splits.picked.connect(lambda _name: self._show_case())
        return _column(self.head, self.splits)

    def _build_case(self) -> QWidget:
        self.case_head = PaneHeader("", "")
        rows = [("rows fitted", 0.0), *((f"{scale.figure(value)} µV/mm", value) for value in scale.SENSITIVITIES)]
        self.gain = LabelledCombo("", rows, "Sensitivity of the traces")
        self.gain.setObjectName("agreement.sensitivity")
        self.gain.chosen.connect(lambda value: self.picture.set_sensitivity(float(value)))
        self.large = ToolButton("fit", "The case on the whole page, or beside the raters", True, "L")
        self.large.setObjectName("agreement.large")
        self.large.clicked.connect(lambda _on=False: self.large_asked.emit())
        self.case_head.add_tool(self.gain)
        self.case_head.add_tool(self.large, keep=True)
        self.classes = ClassBar()
        self.classes.setObjectName("agreement.classes")
        self.classes.set_row_height(tokens.CLASS_ROW_LOW)
        self.classes.class_asked.connect(self._ask)
        self.voters = VotesPart(self.session)
        inside = _column(self.classes, self.voters, last=False)
        inside.setProperty("ground", "panel")
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.viewport().setProperty("ground", "panel")
        self.hints = KeyHints([])
        self.sight = Splitter(Qt.Orientation.Vertical)
        self.sight.setObjectName("agreement.sight")
        self.sight.addWidget(self.picture)
        self.sight.addWidget(scroll)
        pane = _column(self.case_head, self.sight)
        layout = pane.layout()
        if layout is not None:
            layout.addWidget(self.hints)
        return pane

    def _ask(self, name: str) -> None:
        if name in self.session.classes:
            self.settle_asked.emit(self.session.classes.index(name))

    def set_narrow(self, narrow: bool) -> None:
        """Where room is short names are cut, and entropy, by which the table is sorted, is not told."""
        for place, column in enumerate(OPEN):
            self.splits.setColumnHidden(place, narrow and column.name == "entropy")
        self.splits.setColumnWidth(0, 128 if narrow else OPEN[0].width)

    def show_project(self) -> None:
        """Another project, or other classes."""
        session = self.session
        titles = {name: session.class_title(name) for name in session.classes}
        letters = tokens.propose_letters(session.classes)
        if [row.name for row in self.classes.rows()] != list(session.classes):
            self.classes.set_classes(session.classes, letters, titles)
        self.splits.letters = letters
        count = len(session.classes)
        keys = f"1–{min(count, 9)}" if count > 1 else "1"
        self.hints.set_hints([(keys, "settle as that class"), ("L", "large"), ("Enter", "open"), ("Ctrl+Z", "undo")])

    def show_splits(self, rows: Codes, counts: Counts) -> None:
        """Other split samples, or other votes (n, classes)."""
        self._all, self._counts = rows, counts
        self._list()

    def _list(self) -> None:
        session, chosen, before = self.session, self.splits.chosen(), self._listed
        shared = session.fold.shared()
        gone = session.open_domain.gone(session.open_project.samples)
        self.rows, apart = ranked(self._all, self._counts, str(self.which.value()), gone)
        rows: list[dict[str, Any]] = [
            {
                "id": str(row),
                "name": session.short(row),
                "parts": tuple(self._counts[row].tolist()),
                "votes": None if shared[row] else float(self._counts[row].sum()),
                "entropy": float(nats),
                "tip": session.sample_id(row),
            }
            for row, nats in zip(self.rows[:SHOWN].tolist(), apart[:SHOWN].tolist(), strict=True)
        ]
        self._listed = [row["id"] for row in rows]
        self.splits.set_rows(rows, "No votes are split, or all are settled")
        if rows and not self.splits.chosen():
            # After one is settled the one that stood below it is next; at first it is the first, for the keys are told.
            after = before[before.index(chosen) + 1 :] if chosen in before else []
            there = set(self._listed)
            self.splits.choose(next((name for name in after if name in there), self._listed[0]))
        seen, total = int((~gone[self.rows]).sum()), numbers.count(len(self.rows))
        self.head.set_subtitle(f"{total} open" if seen == len(self.rows) else f"{total} open, {seen} to look at")
        self.all_open.setEnabled(len(self.rows) > 0)
        self._show_case()

    def _show_case(self) -> None:
        session, name = self.session, self.splits.chosen()
        for widget in (self.classes, self.voters):
            widget.setVisible(bool(name))
        if not name:
            self.case_head.set_title("", "")
            self.picture.show_row(-1)
            return
        row = int(name)
        after = self._listed.index(name) + 1 if name in self._listed else len(self._listed)
        self.picture.show_row(row, int(self._listed[after]) if after < len(self._listed) else -1)
        votes = session.fold.tallies(np.array([row]))[0]
        values, classes = session.view.probabilities()
        known = bool(classes) and not np.isnan(values[row]).any()
        same = session.view.stand_ins()
        model = {same.get(one, one): float(p) for one, p in zip(classes, values[row], strict=True)} if known else {}
        place = f", {self._listed.index(name) + 1} of {numbers.count(len(self.rows))}" if name in self._listed else ""
        total = counted_words(votes, bool(session.fold.shared()[row]), named_on(session.fold, row))
        place += "; its files are not here" if session.open_domain.gone(session.open_project.samples)[row] else ""
        self.case_head.set_title(session.short(row), f"{total}{place}")
        self.classes.show_sample(None, class_votes(votes), model)
        self.voters.show_sample(row, votes, model, tokens.propose_letters(session.classes))


def _column(*parts: QWidget, last: bool = True) -> QWidget:
    """Parts below each other; the last one, or what is empty below it, takes the rest."""
    pane = QWidget()
    pane.setProperty("ground", "well")
    column = QVBoxLayout(pane)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for place, part in enumerate(parts):
        column.addWidget(part, 1 if last and place == len(parts) - 1 else 0)
    if not last:
        column.addStretch(1)
    return pane
