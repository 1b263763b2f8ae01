"""The part of the label panel on votes: how far raters agree on a sample, with the model too, and who said what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.session import Session
from models.event import CANNOT_SAY, FILE
from models.natural import natural
from models.store.fold import Fold, is_file
from widgets import numbers
from widgets.fact_grid import FactGrid
from widgets.parts.buttons import ToolButton
from widgets.parts.header import PaneHeader
from widgets.parts.text import Rule
from widgets.rater_rows import RaterRows, Vote

#: Raters who are named unless all are asked for.
NAMED = 6
HIDDEN = "Hidden until you vote"


def class_votes(votes: Mapping[str, float]) -> dict[str, float]:
    """The votes for classes alone: who cannot say names none."""
    return {name: count for name, count in votes.items() if name != CANNOT_SAY and count > 0}


def entropy(votes: Mapping[str, float]) -> float:
    """The entropy of votes in nats: 0 where all say the same."""
    shares = np.array(list(votes.values()), np.float64)
    shares = shares[shares > 0] / shares.sum() if shares.sum() else np.ones(1)
    return float(-(shares * np.log(shares)).sum()) + 0.0


def divergence(votes: Mapping[str, float], probabilities: Mapping[str, float]) -> float | None:
    """The divergence in nats of the model's probabilities from the shares of votes; None where one has none."""
    total = sum(votes.values())
    if not total or not probabilities:
        return None
    from models.learn.divergence import divergences

    names = list(dict.fromkeys([*votes, *probabilities]))
    shares = [votes.get(name, 0.0) / total for name in names]
    return float(divergences([shares], [[probabilities.get(name, 0.0) for name in names]])[0])


def counted_words(votes: Mapping[str, float], shared: bool, named: int) -> str:
    """How many voted for classes: "7 votes"; of a source that tells shares just that, and who voted by name."""
    if shared:
        return f"Shares of votes, {numbers.plural(named, 'vote')} by name" if named else "Shares of votes"
    total = round(sum(class_votes(votes).values()))
    return numbers.plural(total, "vote") if total else "no votes"


def named_on(fold: Fold, row: int) -> int:
    """How many people and files named a class of a sample, beside what its source counts."""
    given = {by: value for by, value in fold.votes(row).items() if value != CANNOT_SAY}
    return len(given) - (FILE in given and bool(fold.tallied()[row]))


class VotesPart(QWidget):
    """Facts on the votes of the shown sample, and its raters by name."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.facts = FactGrid()
        self.facts.setObjectName("label.votes")
        self.head = PaneHeader("Raters", "", rule=False)
        self.all = ToolButton("people", "Name all raters", True)
        self.all.setObjectName("label.raters_all")
        self.all.clicked.connect(self._name_all)
        self.head.add_tool(self.all)
        self.raters = RaterRows()
        self.raters.setObjectName("label.raters")
        self._row = -1
        self._letters: Sequence[str] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.facts, self.head, self.raters, Rule()):
            column.addWidget(part)

    def show_sample(
        self, row: int, votes: Mapping[str, float], probabilities: Mapping[str, float], letters: Sequence[str]
    ) -> None:
        """Tell of a row; of one on which this person is to vote first, only that all is hidden."""
        self._row, self._letters = row, letters
        hidden = not self.session.revealed()[row]
        self.facts.setVisible(not hidden)
        if hidden:
            self.facts.set_facts([])
            self.raters.show_rows([], HIDDEN)
            self.head.set_subtitle("")
            self.head.offer(self.all, False)
            return
        self.facts.set_facts(self._told(votes, probabilities))
        self._show_raters(sum(votes.values()))

    def _told(self, votes: Mapping[str, float], probabilities: Mapping[str, float]) -> list[tuple[str, str]]:
        named = class_votes(votes)
        total = sum(named.values())
        found = []
        if total:
            most = max(named.values())
            if self.session.fold.shared()[self._row]:
                found.append(("Largest share", numbers.share(most / total, 2)))
            else:
                found.append(("Agreement", f"{numbers.count(round(most))} of {numbers.count(round(total))}"))
        apart = divergence(named, probabilities)
        if apart is not None:
            found.append(("KL to model", numbers.amount(apart, 2, "nats")))
        if total:
            found.append(("Entropy", numbers.amount(entropy(named), 2, "nats")))
        if unsure := votes.get(CANNOT_SAY, 0.0):
            found.append(("Cannot say", numbers.count(round(unsure))))
        session = self.session
        if session.listing.queue and session.place >= 0:
            found.append(("Rank", f"{session.place + 1} of {numbers.count(len(session.order))}"))
        return found

    def _show_raters(self, total: float) -> None:
        known = self._named()
        some = known if self.all.isChecked() else known[-NAMED:]
        self.raters.show_rows(some, "Nobody is named" if total else "No votes yet")
        # How many stand behind shares is not known: only who is named can be counted there.
        there = len(known) if self.session.fold.shared()[self._row] else max(round(total), len(known))
        told = f"{len(some)} of {numbers.count(there)} shown" if len(some) < there else numbers.plural(there, "vote")
        self.head.set_subtitle(told if known else "")
        self.head.offer(self.all, len(known) > NAMED)

    def _named(self) -> list[Vote]:
        """Who voted by name, the person's own vote last."""
        session, fold = self.session, self.session.fold
        given = dict(fold.votes(self._row))
        if fold.tallied()[self._row]:
            given.pop(FILE, None)
        classes = list(session.classes)
        found = []
        for by in sorted(given, key=natural):
            own, value = by == session.curator, given[by]
            place = classes.index(value) if value in classes else -1
            name = (by.partition(":")[2] or "imported label") if is_file(by) else f"{by} (you)" if own else by
            title = "Cannot say" if value == CANNOT_SAY else session.class_title(value)
            found.append(Vote(name, title, self._letters[place] if place >= 0 else "?", place, own))
        return sorted(found, key=lambda vote: vote.own)

    def _name_all(self) -> None:
        if 0 <= self._row < len(self.session.view):
            votes = self.session.fold.tallies(np.array([self._row]))[0]
            self._show_raters(sum(votes.values()))
