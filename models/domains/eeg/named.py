"""Tables of named votes beside windows of HMS data: who said what of which label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted, Skipped
from models.domains.eeg import finding
from models.domains.eeg.constants import CLASSES
from models.domains.eeg.finding import Listed, counted, first_of
from models.domains.eeg.table import read_table

LABEL_ID, RATER, VOTE = "label_id", "rater", "vote"
#: The columns of such a table.
HEAD = (LABEL_ID, RATER, VOTE)


def is_named(names: Collection[str]) -> bool:
    """Whether a table of these columns tells who voted what."""
    return set(names).issuperset(HEAD)


@dataclass
class Opinions:
    """Of each window who said what, the votes that nobody in particular gave, and what is odd."""

    votes: list[dict[str, str]]
    tallies: list[dict[str, float]]
    notes: list[str]


@dataclass
class NamedVotes:
    """Votes by folder and label, with the name of the table that tells them; a folder's windows take them."""

    votes: dict[Path, dict[str, dict[str, str]]] = field(default_factory=dict)
    items: dict[Path, Listed] = field(default_factory=dict)
    taken: set[Path] = field(default_factory=set)

    def read(self, item: Listed) -> Iterator[Finding]:
        """Take in a table; rows that name no class are told and left out. Raises Broken."""
        table = read_table(item.path)
        yield from (Skipped(item.name, f"row {row}", reason) for row, reason in table.bad)
        columns = (table.columns[name] for name in HEAD)
        said = self.votes.setdefault(item.path.parent, {})
        self.items[item.path.parent] = item
        wrong = np.zeros(len(table), bool)
        for place, (label, rater, vote) in enumerate(zip(*columns, strict=True)):
            wrong[place] = vote.lower() not in CLASSES or not rater
            if not wrong[place]:
                said.setdefault(label, {})[rater] = vote.lower()
        if wrong.any():
            rows = counted(int(wrong.sum()), "row")
            first = first_of(table.rows[wrong])
            yield Skipped(item.name, first, f"{rows} without a rater or one of the six classes")

    def opinions(self, folder: Path, labels: Sequence[str], counts: npt.NDArray[np.float64]) -> Opinions:
        """The votes on windows of a folder, by name where those that are named are all that are counted (n, 6)."""
        found = Opinions([{} for _ in labels], finding.tallies_of(counts), [])
        said = self.votes.get(folder)
        if said is None:
            return found
        self.taken.add(folder)
        others = 0
        for row, label in enumerate(labels):
            named = said.get(label, {})
            if not named:
                continue
            if Counter(named.values()) == found.tallies[row] or not found.tallies[row]:
                found.votes[row], found.tallies[row] = named, {}
            else:
                others += 1
        if others:
            text = f"its votes on {counted(others, 'window')} are not those that are counted, which hold"
            found.notes.append(f"{self.items[folder].name}: {text}")
        return found

    def left(self) -> Iterator[Noted]:
        """Tables that somebody pointed at, without windows beside them; who voted in truth is no news else."""
        for folder, item in self.items.items():
            if item.named and folder not in self.taken:
                yield Noted(item.name, "", "it tells who voted what, but no table of windows lies beside it, left out")
