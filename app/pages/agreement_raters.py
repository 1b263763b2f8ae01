"""The left and the middle of the agreement page: all pairs, each rater against the others, one of them in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.nouns import sample_noun
from models.event import MODEL
from models.store.fold import is_file
from widgets import numbers, tokens
from widgets.charts.confusion import ConfusionMatrix
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.charts.pair_matrix import PairMatrix
from widgets.parts.buttons import Button
from widgets.parts.header import PaneHeader
from widgets.parts.splitter import Splitter

if TYPE_CHECKING:
    from app.session import Session
    from models.learn.agreement import Agreement
    from models.orders.agreeing import Survey

Codes = npt.NDArray[np.int64]
RATERS = (
    FigureColumn("name", "Rater", "text", 0),
    FigureColumn("votes", "Votes", "count", 62),
    FigureColumn("kappa", "κ with the others, 95 %", "interval", 220, 2),
    FigureColumn("place", "", "class", 36),
    FigureColumn("lean", "Leans to", "signed", 68, 2),
)
#: Raters in the square: those with most votes.
MOST = 16
#: Of a rater with fewer votes neither kappa nor leaning is told.
FEW = 10
#: A rater who names a class more often than it is there by so much leans to it.
LEANING = 0.05


def short_names(names: Sequence[str]) -> list[str]:
    """What tells raters apart: of rater007 and rater051 the numbers, of imported files what follows the colon."""
    people = [name for name in names if name != MODEL and not is_file(name)]
    starts = Counter(start for name in people if 0 < len(start := name.rstrip("0123456789")) < len(name))
    start, count = starts.most_common(1)[0] if starts else ("", 0)
    numbered = {name for name in people if count > 2 and name.rstrip("0123456789") == start != name}
    found = []
    for name in names:
        if is_file(name):
            found.append(name.partition(":")[2] or name)
        else:
            found.append(name[len(start) :].lstrip("0") or "0" if name in numbered else name)
    return found


@dataclass(frozen=True, eq=False)
class Parting:
    """Two opinions whose table is shown: what stands in the rows, what in the columns; codes (n,) each."""

    rows: str
    columns: str
    one: Codes
    other: Codes

    def wanted(self, cell: tuple[int, int]) -> Codes:
        """The rows of the project of a cell, or all on which the two part."""
        if cell[0] >= 0:
            return np.flatnonzero((self.one == cell[0]) & (self.other == cell[1]))
        return np.flatnonzero((self.one >= 0) & (self.other >= 0) & (self.one != self.other))


def pane_of(head: PaneHeader, *parts: QWidget) -> QWidget:
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


class RatersPart(Splitter):
    """`pair_asked(one, other)`: the table of two is wanted; `open_asked()`: the samples of the chosen cell."""

    pair_asked = Signal(str, str)
    open_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.survey: Survey | None = None
        self.votes: Mapping[str, Codes] = {}
        self.pair: tuple[str, str] = ("", "")
        self.parting: Parting | None = None
        self._shown: tuple[str, ...] = ()
        self.addWidget(self._build_pairs())
        self.addWidget(self._build_raters())
        self.setSizes([560, 520])

    def _build_pairs(self) -> QWidget:
        self.pairs_head = PaneHeader("Pairwise κ", "")
        self.pairs = PairMatrix()
        self.pairs.setObjectName("agreement.pairs")
        self.pairs.pair_asked.connect(lambda row, column: self.choose_pair(self._shown[row], self._shown[column]))
        self.between = ConfusionMatrix()
        self.between.setObjectName("agreement.between")
        split = Splitter(Qt.Orientation.Vertical)
        split.addWidget(pane_of(self.pairs_head, self.pairs))
        split.addWidget(pane_of(PaneHeader("Classes between raters", "all pairs of votes on a sample"), self.between))
        split.setSizes([560, 300])
        return split

    def _build_raters(self) -> QWidget:
        self.raters = FigureTable(RATERS, "Raters")
        self.raters.setObjectName("agreement.raters")
        self.raters.sort_by("votes")
        self.raters.picked.connect(self.show_rater)
        head = PaneHeader("Raters", "against the others' majority; leaning by Dawid–Skene")
        self.pair_head = PaneHeader("Chosen pair", "")
        self.open_cell = Button("Open as list", tip="The samples of the chosen cell, or all on which the two part")
        self.open_cell.setObjectName("agreement.open_cell")
        self.open_cell.clicked.connect(self.open_asked)
        self.pair_head.add_tool(self.open_cell, keep=True)
        self.confusion = ConfusionMatrix()
        self.confusion.setObjectName("agreement.confusion")
        self.confusion.cell_opened.connect(lambda _row, _column: self.open_asked.emit())
        split = Splitter(Qt.Orientation.Vertical)
        split.addWidget(pane_of(head, self.raters))
        split.addWidget(pane_of(self.pair_head, self.confusion))
        split.setSizes([470, 390])
        return split

    def forget(self) -> None:
        """Another project."""
        self.survey, self.parting, self.pair, self._shown = None, None, ("", ""), ()
        self.votes = {}

    def show_survey(self, survey: Survey, votes: Mapping[str, Codes], between: Any) -> None:
        """Other figures; the chosen pair stays where it is still there."""
        self.survey, self.votes = survey, votes
        self._show_pairs()
        self._show_raters()
        titles, letters = self._classes()
        self.between.set_matrix(between, titles, letters, "Another rater says")
        if len(self._shown) < 2:
            self.pair, self.parting = ("", ""), None
            self.confusion.set_matrix(np.zeros((len(titles), len(titles))), titles, letters)
            self.pair_head.set_title("Chosen pair", "fewer than two raters have a name here")
            return
        if not set(self.pair) <= set(survey.names):
            self.pair = self._first_pair()
        self.choose_pair(*self.pair)

    def _classes(self) -> tuple[list[str], list[str]]:
        session = self.session
        return [session.class_title(name) for name in session.classes], tokens.propose_letters(session.classes)

    def _first_pair(self) -> tuple[str, str]:
        """Those who share most samples, people first."""
        survey = self.survey
        assert survey is not None
        table = np.array(survey.among.n if len(survey.people) > 1 else survey.pairs.n, np.float64)
        table[np.tril_indices(len(table))] = -1  # nobody is a pair with oneself, not even where none share any
        one, other = np.unravel_index(int(table.argmax()), table.shape)
        return survey.names[int(one)], survey.names[int(other)]

    def _show_pairs(self) -> None:
        from models.orders.agreeing import LEAST

        survey = self.survey
        assert survey is not None
        votes = survey.pairs.n.diagonal()
        kappa = {name: one.kappa if one.kappa is not None else -2.0 for name, one in zip(survey.people, survey.others,
                 strict=True)}  # fmt: skip
        most = np.argsort(-votes, kind="stable")[:MOST].tolist()
        order = sorted(most, key=lambda place: -kappa.get(survey.names[place], -3.0))
        self._shown = tuple(survey.names[place] for place in order)
        index = np.ix_(order, order)
        names = short_names(survey.names)
        thin = survey.pairs.n[index] < LEAST
        words = f"pale: under {LEAST} in common" if thin.any() else ""
        self.pairs.set_pairs([names[place] for place in order], survey.pairs.kappa[index], thin, words)
        several = len(survey.names) > MOST
        told = f"the {MOST} with most votes of {len(survey.people)}, best first" if several else "best first"
        self.pairs_head.set_subtitle(told)

    def _show_raters(self) -> None:
        survey = self.survey
        assert survey is not None
        self.raters.letters = self._classes()[1]
        votes = survey.pairs.n.diagonal()[: len(survey.people)]
        known = [one.kappa for one, n in zip(survey.others, votes, strict=True) if one.kappa is not None and n >= FEW]
        self.raters.lines = (float(np.median(known)),) if known else ()
        rows = []
        for place, (name, one) in enumerate(zip(survey.people, survey.others, strict=True)):
            bias = survey.truth.bias[place]
            most = int(np.abs(bias).argmax())
            enough = int(survey.pairs.n[place, place]) >= FEW
            leans = enough and abs(bias[most]) >= LEANING
            low, high = one.interval or (None, None)
            told = f"agrees with the others on {numbers.share(one.share, 2)} of {numbers.count(one.n)}"
            rows.append(
                {
                    "id": name,
                    "name": name,
                    "votes": int(survey.pairs.n[place, place]),
                    "kappa": (one.kappa, low, high) if enough else (None, None, None),
                    "place": most if leans else None,
                    "lean": float(bias[most]) if leans else None,
                    "tip": f"{name}: {told if enough else f'under {FEW} votes, too few to judge by'}",
                }
            )
        self.raters.set_rows(rows, "Nobody who voted is named")

    def choose_pair(self, one: str, other: str) -> None:
        """Show the table of two; its interval comes when it is there."""
        self.pair = (one, other)
        self.raters.choose("")
        self.parting = Parting(one, other, self.votes[one], self.votes[other])
        if one in self._shown and other in self._shown:
            self.pairs.choose(self._shown.index(one), self._shown.index(other))
        self._show_parting()
        self.pair_asked.emit(one, other)

    def tell_pair(self, told: Agreement) -> None:
        """The figures of the chosen pair, with the interval."""
        low, high = told.interval or (None, None)
        kappa = numbers.interval(told.kappa, low, high, 2)
        agree = f", agree on {numbers.share(told.share, 2)}" if told.share is not None else ""
        self.pair_head.set_title(" and ".join(self.pair), f"κ {kappa}, {self._counted(told.n)}{agree}")

    def _counted(self, count: int) -> str:
        return numbers.plural(count, sample_noun(self.session))

    def show_rater(self, name: str) -> None:
        """Show how one errs: what is likely in the rows, what this rater says in the columns."""
        survey = self.survey
        if survey is None or name not in survey.people:
            return
        place = survey.people.index(name)
        self.pair = ("", "")
        self.pairs.choose(-1, -1)
        self.parting = Parting("likely class", name, survey.truth.likely(), self.votes[name])
        sure = numbers.share(float(survey.truth.accuracies()[place]), 2)
        self.pair_head.set_title(name, f"beside the likely classes: right on {sure}, by Dawid–Skene")
        self._show_parting(np.rint(survey.truth.counts[place]))

    def _show_parting(self, counts: Any = None) -> None:
        parting, (titles, letters) = self.parting, self._classes()
        assert parting is not None
        k = len(titles)
        if counts is None:
            both = (parting.one >= 0) & (parting.other >= 0)
            joint = parting.one[both] * k + parting.other[both]
            counts = np.bincount(joint, minlength=k * k).reshape(k, k)
            self.pair_head.set_title(f"{parting.rows} and {parting.columns}", self._counted(int(both.sum())))
        self.confusion.set_matrix(counts, titles, letters, f"{parting.columns} says")
