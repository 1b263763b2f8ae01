"""What the sample table reads of the session, for a handful of rows at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from app.pages.votes_part import class_votes, entropy
from app.session import Session
from models.change import Rows
from models.domain import SHARE
from models.sample import Samples
from widgets import numbers, paint
from widgets.sample_table import ChipMark
from widgets.table_header import Head

Floats = npt.NDArray[np.floating[Any]]
ISSUE_TIP = "1 − the model's probability of the label, held out; label issues stand by how sure it is of another"
SHARES = ("issue", "confidence", "score")
#: Widths: of four flags, of what is looked at early, of a number at least; what stands beside a title.
FLAGS, EARLY, NUMBER, PAD = 56, 80, 62, 14
#: What is looked at early is at most so wide, as its longest words are, of which so many are measured.
WIDEST, LONGEST = 190, 5
#: The widths that ids, what is looked at early, and bars may be narrowed to where a column has no room else.
LEAST_ID, LEAST_EARLY, LEAST_BAR = 86, 64, 64
#: Ids are measured by so many of them: what stands beside one, the width of a sign, and how many signs it may need.
LOOKED, ID_PAD, SIGN, MOST_SIGNS = 50, 12, 8, 25
#: Where all votes count: how many there are by now, and how far they differ.
VOTES = (
    Head("votes", "Votes", "number", 50, tip="votes: how many it has by now"),
    Head("agreement", "Agree", "number", 62, main=False, tip="agreement: the share of votes of the commonest class"),
    Head("entropy", "Entropy", "number", 62, main=False, tip="entropy, nats: how far the votes differ"),
)
COUNTED = tuple(head.name for head in VOTES)
#: This person's own, beside the label that stands.
OWN = Head("vote", "My vote", "soft", 80, main=False, tip="vote: the class that you gave")
#: The letter of a flag in the table is its key; any other flag has its first.
FLAG_TIP = "Flags: F for review, D bookmark, X excluded; any other by its first letter"
FLAG_LETTERS = {"flag": "F", "bookmark": "D", "exclude": "X"}


class SessionColumns:
    """Columns of the open project: sample, small trace, label and model, issue, then the domain's own."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._known: tuple[Samples | None, dict[int, str]] = (None, {})

    def names(self) -> Sequence[Head]:
        """The heads, the domain's main columns among the shown ones."""
        project = self.session.project
        if project is None:
            return self._first()
        votes = (*VOTES, OWN) if self.session.votes_count else ()
        heads = [*self._first(), *votes]
        main = {column.name: column for column in self.session.open_domain.columns}
        told = {head.name for head in heads}
        own = [name for name in project.samples.names if not name.startswith("_") and name not in told]
        return [*heads, *(self._head(name, main.get(name)) for name in own), *self._last()]

    def _first(self) -> list[Head]:
        """What tells which sample it is and how it stands, with the columns that are looked at before all else."""
        project = self.session.project
        kind = self.session.domain
        pictured = kind is not None and project is not None and kind.pictures(project.samples)
        drawn = project is None or pictured or self.session.open_domain.draws(project.samples)
        width, least = self._id_widths()
        look = ("Picture", "sparkline", 54) if pictured else ("Trace", "sparkline", 84)
        return [
            Head("id", "Sample", "mono", width, least=least),
            *([Head("trace", *look)] if drawn else []),
            Head("label", "Label, model", "chips", 96),
            *self._early(),
            Head(
                "issue",
                "Issue",
                "bar",
                84,
                # Without a model nothing stands there: the room is the domain's own columns'.
                main=bool(self.session.run),
                tip=ISSUE_TIP,
                least=LEAST_BAR,
            ),
            Head("flagged", "Flags", "letters", FLAGS, tip=FLAG_TIP),
        ]

    def _last(self) -> list[Head]:
        """What a person asks for at times."""
        return [
            Head("confidence", "p", "bar", 84, main=False, tip="The model's probability of its class"),
            Head("score", "Score", "number", 60, main=False, tip="Of the review queue"),
            Head("by", "Labelled by", "soft", 90, main=False),
            Head("part", "Part", "soft", 80, main=False, tip="train, val, test, out of fold or rest in the shown run"),
            Head("group", self.session.open_domain.group.capitalize(), "soft", 120, main=False),
            Head("note", "Note", "soft", 120, main=False),
        ]

    def _early(self) -> list[Head]:
        """Columns of the domain that are looked at before all else."""
        project = self.session.project
        if project is None:
            return []
        known = [column for column in self.session.open_domain.columns if column.early]
        there = [one for one in known if one.name in project.samples.names]
        heads = [
            replace(self._head(one.name, one), width=self._early_width(one.name), least=LEAST_EARLY) for one in there
        ]
        # Where no sample has a word in it, its room is that of names.
        return [head if self._tells(head.name) else replace(head, main=False) for head in heads]

    def _tells(self, name: str) -> bool:
        """Whether a column says anything of any sample."""
        import pyarrow.compute as pc

        values = self.session.open_project.samples.table.column(name)
        if str(values.type) == "string":
            return bool(pc.any(pc.greater(pc.binary_length(values), 0)).as_py())
        return bool(values.null_count < len(values))

    def _early_width(self, name: str) -> int:
        """Room for the longest words of a column, where the list has it."""
        values = self.session.open_project.samples.table.column(name)
        if str(values.type) != "string":
            return EARLY
        words = sorted((str(value) for value in values.unique().to_pylist() if value), key=len)[-LONGEST:]
        return min(max([EARLY, *(round(paint.width(word, "body")) + PAD for word in words)]), WIDEST)

    def _head(self, name: str, column: Any) -> Head:
        values = self.session.open_project.samples.table.column(name)
        text = str(values.type) == "string"
        title = column.title if column else name
        unit = f", {column.unit}" if column and column.unit else ""
        if text:
            return Head(name, title, "soft", 100, bool(column and column.main), f"{name}{unit}")
        title += unit
        wide = max(NUMBER, round(paint.width(title, "label")) + PAD)
        return Head(name, title, "number", wide, bool(column and column.main), f"{name}{unit}")

    def text(self, rows: Rows, column: str) -> Sequence[str]:
        """The words of a column."""
        if column == "id":
            return [self._short(int(row)) for row in rows]
        if column == "flagged":
            return [_letters(names) for names in self.session.open_project.journal.fold.flag_lists(rows)]
        if column in COUNTED:
            return self._votes(rows, column)
        return self._words(rows, column)

    def whole(self, row: int, column: str) -> str:
        """A cell in full: flags by their names, anything else in its words."""
        rows = np.array([row], np.int64)
        if column == "flagged":
            return ", ".join(self.session.open_project.journal.fold.flag_lists(rows)[0])
        return self.text(rows, column)[0]

    def _words(self, rows: Rows, column: str) -> list[str]:
        if column == "score":
            scores = self.session.listing.scores(len(self.session.view))[rows]
            return [numbers.amount(value, 2) if np.isfinite(value) else "" for value in scores]
        values = self.session.view.column(column)[rows]
        if column in SHARES:
            return [numbers.share(float(value), 2) if np.isfinite(value) else "" for value in values]
        if values.dtype == object:
            return ["" if value is None else str(value) for value in values]
        return self._figures(column, values)

    def _votes(self, rows: Rows, column: str) -> list[str]:
        """Of these rows alone: to count the votes on all samples at each vote would take too long."""
        shared = self.session.fold.shared()
        told = []
        for row, tally in zip(rows.tolist(), self.session.fold.tallies(rows), strict=True):
            votes = class_votes(tally)
            total = sum(votes.values())
            if not total or (column == "votes" and shared[row]):
                told.append("")
            elif column == "votes":
                told.append(numbers.count(round(total)))
            elif column == "agreement":
                told.append(numbers.share(max(votes.values()) / total, 2))
            else:
                told.append(f"{entropy(votes):.2f}")
        return told

    def _figures(self, column: str, values: npt.NDArray[Any]) -> list[str]:
        known = next((item for item in self.session.open_domain.columns if item.name == column), None)
        whole = self._whole(column)
        told = []
        for value in values.astype(float):
            if not np.isfinite(value):
                told.append("")
            elif whole:
                told.append(numbers.count(int(value)))
            elif known is not None and known.unit == SHARE:
                told.append(numbers.share(float(value), known.decimals))
            else:
                told.append(numbers.minus(f"{value:.{known.decimals if known else 3}f}"))
        return told

    def _whole(self, column: str) -> bool:
        if column not in self.session.open_project.samples.names:
            return False
        return "int" in str(self.session.open_project.samples.table.column(column).type)

    def _id_widths(self) -> tuple[int, int]:
        """Room for the short ids, told by the first few: between that of 2/03:20 and half a narrow list, and what they
        may be narrowed to, so that as few of them as can be look alike."""
        count = len(self.session.open_project.samples) if self.session.project is not None else 0
        names = {self._short(row) for row in range(min(count, LOOKED))}
        longest = max(map(len, names), default=0)
        tries = range((LEAST_ID - ID_PAD) // SIGN, MOST_SIGNS + 1)
        signs = max(tries, key=lambda signs: (_told_apart(names, signs), -signs))
        least = max(LEAST_ID, ID_PAD + SIGN * signs) if signs > tries[0] else LEAST_ID
        return max(min(max(LEAST_ID, ID_PAD + SIGN * longest), 150), least), least

    def _short(self, row: int) -> str:
        samples = self.session.open_project.samples
        if self._known[0] is not samples:
            self._known = (samples, {})
        known = self._known[1]
        if row not in known:
            known[row] = self.session.short(row)
        return known[row]

    def chip(self, rows: Rows) -> Sequence[ChipMark]:
        """Label and model of each row, by place of the class."""
        labels = self.session.places()[rows]
        predicted = self.session.predicted_places()[rows]
        human = self.session.fold.human()[rows]
        return [ChipMark(int(a), int(b), bool(c)) for a, b, c in zip(labels, predicted, human, strict=True)]

    def bar(self, rows: Rows, column: str) -> Floats:
        """The share of each row."""
        shares: Floats = np.asarray(self.session.view.column(column)[rows], np.float64)
        return shares


def _told_apart(names: Collection[str], signs: int) -> int:
    """How many names of so many signs differ, where the middle of longer ones is left out."""
    head, tail = signs // 2, (signs - 1) // 2
    return len({name if len(name) <= signs else f"{name[:head]}…{name[len(name) - tail :]}" for name in names})


def _letters(flags: Sequence[str]) -> str:
    return " ".join(FLAG_LETTERS.get(name, name[:1].upper()) for name in flags)
