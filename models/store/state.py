"""What the journal amounts to: the present value and stamp of each entry, held by subject.

An entry is (subject, kind, name, by) → (value, stamp); the stamp is the number of the event that
gave the value. Labels and flags are dense tracks of numbers per (kind, name, by); all else is
sparse. What holds of several annotators' entries is the one with the highest stamp.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.event import CANNOT_SAY, CLEARED, FLAG, LABEL, STRUCTURE

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Key = tuple[str, str, str]

DENSE = (LABEL, FLAG)
#: Codes of values in a track: none at all, "", "?"; classes follow from `FIRST`.
NONE, FIRST = -1, 2


class Words:
    """Texts by number, in order of their first appearance."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.texts = list(texts)
        self._codes = {text: code for code, text in enumerate(self.texts)}

    def code(self, text: str | None) -> int:
        """The number of a text (a new one for a new text); −1 for None."""
        if text is None:
            return NONE
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self.texts)
            self.texts.append(text)
        return code

    def encode(self, texts: Sequence[str | None]) -> Codes:
        """The numbers of many texts."""
        known = {text: self.code(text) for text in dict.fromkeys(texts)}
        if len(known) == 1:
            return np.full(len(texts), next(iter(known.values())), np.int32)
        return np.fromiter(map(known.__getitem__, texts), np.int32, len(texts))

    def decode(self, codes: Codes) -> list[str | None]:
        """The texts of many numbers."""
        table: list[str | None] = [*self.texts, None]
        return [table[code] for code in codes.tolist()]


@dataclass
class Track:
    """One annotator's entries of one (kind, name): code and stamp by subject."""

    codes: Codes
    stamps: Ints


@dataclass
class Present:
    """What holds of one (kind, name): code, stamp and annotator (number) by subject."""

    codes: Codes
    stamps: Ints
    by: Codes


@dataclass
class Stack:
    """Events that a curator may undo (last at the end) and redo."""

    undo: list[int] = field(default_factory=list)
    redo: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """Changes of one event that share kind and name."""

    kind: str
    name: str
    subjects: Ints
    before: Sequence[str | None]
    before_stamps: Ints
    after: Sequence[str | None]
    after_stamps: Ints


class State:
    """The fold of the journal up to `position`; grows as events are applied in order."""

    def __init__(self) -> None:
        self.position = 0
        self.purges = 0
        self.version = 0
        self.size = 1
        self.people = Words()
        self.words: dict[tuple[str, str], Words] = {}
        self.tracks: dict[Key, Track] = {}
        self.present: dict[tuple[str, str], Present] = {}
        self.sparse: dict[tuple[int, str], dict[tuple[str, str], tuple[str, int]]] = {}
        self.stacks: dict[str, Stack] = {}
        #: Subjects with entries of structure, and how often these changed: who is there goes by it.
        self.edited: set[int] = set()
        self.edits = 0

    def grow(self, size: int) -> None:
        """Make room for subjects below `size`."""
        if size <= self.size:
            return
        self.size = max(size, min(self.size * 2, self.size + 1_000_000))
        for track in self.tracks.values():
            track.codes, track.stamps = _longer(track.codes, self.size, NONE), _longer(track.stamps, self.size, 0)
        for now in self.present.values():
            now.codes, now.stamps = _longer(now.codes, self.size, NONE), _longer(now.stamps, self.size, 0)
            now.by = _longer(now.by, self.size, NONE)

    def vocabulary(self, kind: str, name: str) -> Words:
        """The values that occur under one (kind, name)."""
        key = (kind, name)
        if key not in self.words:
            self.words[key] = Words((CLEARED, CANNOT_SAY))
        return self.words[key]

    def read(self, subjects: Ints, kind: str, name: str, by: str) -> tuple[list[str | None], Ints]:
        """Values and stamps of one annotator's entries; None and 0 where there is none."""
        if kind in DENSE:
            track = self.tracks.get((kind, name, by))
            if track is None:
                return [None] * len(subjects), np.zeros(len(subjects), np.int64)
            self.grow(int(subjects.max(initial=0)) + 1)
            return self.vocabulary(kind, name).decode(track.codes[subjects]), track.stamps[subjects]
        found = [self.sparse.get((subject, kind), {}).get((name, by)) for subject in subjects.tolist()]
        values = [pair[0] if pair else None for pair in found]
        return values, np.array([pair[1] if pair else 0 for pair in found], np.int64)

    def apply(self, subjects: Ints, kind: str, name: str, by: str, values: Sequence[str | None], stamps: Ints) -> None:
        """Set entries; a later one of the same subject wins. None takes an entry out."""
        self.version += 1
        if len(subjects) == 0:
            return
        if kind in DENSE:
            self._apply_dense(subjects, kind, name, by, self.vocabulary(kind, name).encode(values), stamps)
            return
        for subject, value, stamp in zip(subjects.tolist(), values, stamps.tolist(), strict=True):
            self._apply_sparse(subject, kind, name, by, value, stamp)

    def _apply_sparse(self, subject: int, kind: str, name: str, by: str, value: str | None, stamp: int) -> None:
        entries = self.sparse.setdefault((subject, kind), {})
        if kind == STRUCTURE:
            self.edited.add(subject)
            self.edits += 1
        if value is None:
            entries.pop((name, by), None)
            if not entries:
                del self.sparse[subject, kind]
        else:
            entries[name, by] = (value, stamp)

    def _apply_dense(self, subjects: Ints, kind: str, name: str, by: str, codes: Codes, stamps: Ints) -> None:
        self.grow(int(subjects.max()) + 1)
        track = self.tracks.get((kind, name, by))
        if track is None:
            track = self.tracks[kind, name, by] = Track(_filled(self.size, NONE), np.zeros(self.size, np.int64))
        track.codes[subjects], track.stamps[subjects] = codes, stamps
        self._settle(subjects, kind, name, by, track)

    def _settle(self, subjects: Ints, kind: str, name: str, by: str, track: Track) -> None:
        """Bring what holds up to date: at once where the newest vote is this one, else by looking at all."""
        now = self.present.get((kind, name))
        if now is None:
            now = self.present[kind, name] = Present(
                _filled(self.size, NONE), np.zeros(self.size, np.int64), _filled(self.size, NONE)
            )
        newest = track.stamps[subjects] >= np.maximum(now.stamps[subjects], 1)
        fresh, rest = subjects[newest], subjects[~newest]
        now.codes[fresh], now.stamps[fresh] = track.codes[fresh], track.stamps[fresh]
        now.by[fresh] = self.people.code(by)
        if len(rest):
            self._compare(rest, kind, name, now)

    def _compare(self, subjects: Ints, kind: str, name: str, now: Present) -> None:
        now.codes[subjects], now.stamps[subjects], now.by[subjects] = NONE, 0, NONE
        for (other_kind, other_name, by), track in self.tracks.items():
            if (other_kind, other_name) == (kind, name):
                later = subjects[track.stamps[subjects] > now.stamps[subjects]]
                now.codes[later], now.stamps[later] = track.codes[later], track.stamps[later]
                now.by[later] = self.people.code(by)

    def structure(self, subject: int, name: str) -> tuple[str, str, int]:
        """What an act of structure last said of a subject under this name: value, annotator, stamp; "" for nothing."""
        entries = self.sparse.get((subject, STRUCTURE), {})
        found = [(value, by, stamp) for (own, by), (value, stamp) in entries.items() if own == name and value]
        return max(found, key=lambda one: one[2], default=("", "", 0))

    def follow(self, number: int, by: str, count: int, undoes: int | None, redoes: int | None) -> None:
        """Keep the undo stacks: a new act empties the redo stack; acts emptied by a purge don't count."""
        self.position = number
        if not count:
            return
        stack = self.stacks.setdefault(by, Stack())
        if undoes is not None:
            _move(stack.undo, stack.redo, undoes)
        elif redoes is not None:
            _move(stack.redo, stack.undo, redoes)
        else:
            stack.undo.append(number)
            stack.redo.clear()

    def sparse_rows(self) -> Iterator[tuple[int, str, str, str, str, int]]:
        """All sparse entries as (subject, kind, name, by, value, stamp)."""
        for (subject, kind), entries in self.sparse.items():
            for (name, by), (value, stamp) in entries.items():
                yield subject, kind, name, by, value, stamp

    def copy(self) -> State:
        """An independent copy (without undo stacks)."""
        other = State()
        other.position, other.purges, other.size = self.position, self.purges, self.size
        other.people = Words(self.people.texts)
        other.words = {key: Words(words.texts) for key, words in self.words.items()}
        other.tracks = {key: Track(track.codes.copy(), track.stamps.copy()) for key, track in self.tracks.items()}
        other.present = {k: Present(p.codes.copy(), p.stamps.copy(), p.by.copy()) for k, p in self.present.items()}
        other.sparse = {key: dict(entries) for key, entries in self.sparse.items()}
        other.edited, other.edits = set(self.edited), self.edits
        return other


def _move(source: list[int], target: list[int], number: int) -> None:
    if source and source[-1] == number:
        source.pop()
    elif number in source:
        source.remove(number)
    target.append(number)


def _filled(size: int, value: int) -> Codes:
    return np.full(size, value, np.int32)


def _longer(values: npt.NDArray[Any], size: int, fill: int) -> npt.NDArray[Any]:
    longer = np.full(size, fill, values.dtype)
    longer[: len(values)] = values
    return longer
