"""What is found in one file as it is read: the columns of its samples, and its anomalies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.domain import Found, Noted
from models.domains.traces.labelgroup import Marked
from models.domains.traces.walk import Listed


@dataclass
class Counter:
    """Anomalies of one file, told once each: how many, and the first place."""

    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, kind: str, where: str, count: int = 1) -> None:
        if count:
            before, first = self.found.get(kind, (0, where))
            self.found[kind] = (before + count, first)

    def notes(self, name: str) -> Iterator[Noted]:
        for kind, (count, first) in self.found.items():
            yield Noted(name, first, kind.format(count=count, traces=f"{count} trace{'s' * (count != 1)}"))


@dataclass
class Rows:
    """The columns of one file as they grow."""

    keys: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    votes: list[dict[str, str]] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def put(self, name: str, values: Sequence[Any]) -> None:
        column = self.columns.setdefault(name, [])
        column += [None] * (len(self.keys) - len(column) - len(values))
        column += values

    def add(self, key: str, group: str, mark: Marked, columns: dict[str, Any]) -> None:
        """One row with all its columns."""
        self.keys.append(key)
        self.groups.append(group)
        self.labels.append(mark.own())
        self.votes.append(mark.votes())
        for name, value in columns.items():
            self.put(name, [value])

    def found(self, file: Listed) -> Found:
        columns = {name: values + [None] * (len(self.keys) - len(values)) for name, values in self.columns.items()}
        kept = {name: values for name, values in columns.items() if any(value is not None for value in values)}
        votes = self.votes if any(self.votes) else ()
        return Found(file.path, file.name, self.keys, self.groups, self.labels, votes, kept)
