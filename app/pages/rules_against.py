"""The right side of the rules page: the rules beside people and model, where they part, labelling in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.rules_desk import MODEL, PRESENT, Desk, mean_recall
from models.learn.agreement import Agreement
from widgets import numbers, tokens
from widgets.charts.confusion import ConfusionMatrix
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.parts.buttons import Button, PrimaryButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from widgets.parts.notice import IssuePanel, keep_clear
from widgets.parts.segments import SegmentedButtons
from widgets.parts.splitter import Splitter

PAIRS = (
    FigureColumn("name", "Beside each other", "text", 128),
    FigureColumn("kappa", "Cohen's κ, 95 %", "interval", 0, 2),
    FigureColumn("score", "Balanced", "share", 74, 2),
)
PARTINGS = (FigureColumn("name", "Where they part", "text", 0), FigureColumn("n", "Samples", "count", 80))
#: Which samples are labelled by the rules.
WHICH = (("unlabelled", "unlabelled"), ("in the list", "listed"), ("all", "all"))


class Against(QWidget):
    """``open_asked(row, column)`` a cell of the confusion, (−1, −1) the samples where the rules stand alone;
    ``who_chosen(opinion)``, ``label_asked(which)``, ``which_chosen()``."""

    open_asked = Signal(int, int)
    who_chosen = Signal(str)
    which_chosen = Signal()
    label_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("ground", "panel")
        self._cells: list[tuple[int, int]] = []
        self.head = PaneHeader("Against", "")
        self.who = LabelledCombo("", [("present labels", PRESENT)], "Whose labels the rules are held against")
        self.who.setObjectName("rules.who")
        self.who.chosen.connect(self.who_chosen.emit)
        self.unit = SegmentedButtons([("share", "Row %", ""), ("count", "Counts", "")], "Unit of the confusion")
        self.unit.setObjectName("rules.unit")
        self.head.add_lead(self.who)
        self.head.set_title("")
        self.head.add_tool(self.unit, keep=True)
        self.confusion = ConfusionMatrix()
        self.confusion.setObjectName("rules.confusion")
        self.confusion.cell_opened.connect(self.open_asked.emit)
        self.unit.chosen.connect(lambda unit: self.confusion.set_shares(unit == "share"))
        self.moved = IssuePanel("", "", "info", "info")
        self.moved.setObjectName("rules.moved")
        self.moved.hide()
        self.pairs = FigureTable(PAIRS, "Agreement")
        self.pairs.setObjectName("rules.pairs")
        self.partings = FigureTable(PARTINGS, "Disagreements")
        self.partings.setObjectName("rules.partings")
        self.partings.opened.connect(self._open)
        self.open_button = Button("Open as list", tip="The samples of the chosen line")
        self.open_button.setObjectName("rules.open")
        self.open_button.setEnabled(False)
        self.partings.picked.connect(lambda _name: self.open_button.setEnabled(True))
        self.open_button.clicked.connect(lambda: self._open(self.partings.chosen()))
        self._place()

    def _place(self) -> None:
        upper, lower = QWidget(), QWidget()
        below = PaneHeader("Disagreements", "")
        below.add_tool(self.open_button, keep=True)
        held: tuple[tuple[QWidget, tuple[QWidget, ...]], ...] = (
            (upper, (self.pairs,)),
            (lower, (below, self.partings)),
        )
        for holder, parts in held:
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            for part in parts:
                column.addWidget(part)
        self.split = Splitter(Qt.Orientation.Vertical)
        for pane in (self.confusion, upper, lower):
            self.split.addWidget(pane)
        self.split.setSizes([320, 140, 240])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.split, 1)
        column.addWidget(self.moved)
        column.addLayout(self._foot())
        column.addWidget(KeyHints([("Left Right", "threshold"), ("Shift", "ten times"), ("Ctrl+Z", "undo")]))

    def _foot(self) -> QHBoxLayout:
        self.which = LabelledCombo("Label", WHICH, "Which samples the rules label")
        self.which.setObjectName("rules.which")
        self.which.chosen.connect(lambda _which: self.which_chosen.emit())
        self.label = PrimaryButton("Label by rules")
        self.label.setObjectName("rules.label")
        keep_clear(self.label)
        self.label.clicked.connect(lambda: self.label_asked.emit(str(self.which.value())))
        row = QHBoxLayout()
        row.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 8)
        row.addWidget(self.which)
        row.addStretch(1)
        row.addWidget(self.label)
        return row

    def _open(self, name: str) -> None:
        if name:
            self.open_asked.emit(*self._cells[int(name)])

    def show_opinions(self, choices: Sequence[tuple[str, str]], who: str) -> None:
        """Offer whose labels the rules are held against."""
        self.who.set_choices(list(choices))
        self.who.set_value(who)

    def show_confusion(self, found: Agreement, names: Sequence[str], letters: Sequence[str]) -> None:
        """The rules by columns."""
        self.confusion.set_matrix(found.confusion, names, letters, "Rules say")
        self.head.set_subtitle("" if found.n else "no sample has both")

    def show_partings(self, found: Agreement, names: Sequence[str], alone: int, who: str) -> None:
        """Where they part, most samples first."""
        k = len(names)
        cells = [(int(found.confusion[a, b]), a, b) for a in range(k) for b in range(k) if a != b]
        rows = [(n, f"{who} {names[a]}, rules {names[b]}", (a, b)) for n, a, b in sorted(cells, reverse=True) if n]
        if alone:
            rows.append((alone, "rules alone against model and labels", (-1, -1)))
        self._cells = [cell for _n, _words, cell in rows]
        shown: list[Mapping[str, Any]] = [
            {"id": str(at), "name": words, "n": n} for at, (n, words, _cell) in enumerate(rows)
        ]
        self.partings.set_rows(shown, "They differ nowhere")
        self.open_button.setEnabled(bool(self.partings.chosen()))

    def show_pairs(self, desk: Desk, who: str, words: str) -> None:
        """Rules, people and model beside each other."""
        pairs = [("rules, " + words, desk.against(who))]
        if MODEL in desk.basis.opinions and who != MODEL:
            pairs.append((f"model, {words}", desk.between(who, MODEL)))
            pairs.append(("model, rules", desk.against(MODEL)))
        rows = [
            {
                "id": name,
                "name": name,
                "kappa": (found.kappa, *(found.interval or (None, None))),
                "score": mean_recall(found.confusion),
                "best": not at,
                "tip": f"{name}: agree on {numbers.share(found.share)} of {numbers.count(found.n)}",
            }
            for at, (name, found) in enumerate(pairs)
        ]
        self.pairs.lines = (0.0, 1.0)
        self.pairs.set_rows(rows)

    def show_amount(self, count: int) -> None:
        """How many samples the button labels."""
        self.label.setText(f"Label {numbers.count(count)} by rules")
        self.label.setEnabled(count > 0)

    def show_moved(self, title: str, words: str) -> None:
        """What the last move of a threshold did."""
        self.moved.setVisible(bool(title))
        if title:
            self.moved.set_words(title, words, "info", "info")
