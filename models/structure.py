"""Changes of structure: which samples go, and which are made in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: The kinds that the core knows words for.
MERGE, SPLIT, REMOVE, BOX, MOVE = "merge", "split", "remove", "box", "move"
#: The metadata of a made sample that waits for its measures; those that it has until then are not stale.
PENDING = "_pending"


@dataclass(frozen=True)
class Edit:
    """What a person, a file or a suggestion wants: a kind, the rows it concerns, and what the kind needs to know.

    values: plain JSON, such as the part of each spike of a split, or the keys wished for what is made.
    """

    kind: str
    rows: tuple[int, ...]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A sample to be made of others: key and group in the source of its first parent, metadata, rows of its parents.

    columns: with those names that begin with "_" everything that is needed to load it; they travel with the
    act, and a sample of the same key, parents and such columns is the same sample. label: the class it
    begins with, "" for none.
    """

    key: str
    group: str
    parents: tuple[int, ...]
    columns: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Step:
    """One change: the rows that are retired, and what is made in their place."""

    kind: str
    retired: tuple[int, ...]
    made: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A change that may be right: how sure it is (higher is surer), and why, in words."""

    edit: Edit
    score: float
    reason: str


#: Whether a key is in use, or was, in the source of a row.
Taken = Callable[[int, str], bool]


def title_of(steps: Sequence[Step], noun: str) -> str:
    """What an act is called: "merge of 3 units", "split of 1 unit into 2"; of several kinds all are counted."""
    if len({step.kind for step in steps}) == 1:
        return _words(steps, noun)
    kinds = dict.fromkeys(step.kind for step in steps)
    return ", ".join(_words([step for step in steps if step.kind == kind], noun) for kind in kinds)


def _words(steps: Sequence[Step], noun: str) -> str:
    retired, made = sum(len(step.retired) for step in steps), sum(len(step.made) for step in steps)
    told = f"{retired} {noun}{'' if retired == 1 else 's'}"
    kind = steps[0].kind
    if kind == MERGE:
        return f"merge of {told}" if made == 1 else f"merge of {told} into {made}"
    if kind == SPLIT:
        return f"split of {told} into {made}"
    if kind == BOX:
        return f"box of {made} {noun}{'' if made == 1 else 's'}"
    return f"removal of {told}" if kind == REMOVE else f"{kind} of {told}"
