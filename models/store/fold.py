"""Labels, flags, notes and all other entries as they stand, aligned with the rows of a project."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.event import FILE, FLAG, LABEL, MADE, MODEL, NOTE, REGION, RETIRED, TALLY
from models.region import Region, read_regions
from models.sample import Samples
from models.store.state import FIRST, NONE, Codes, Ints, State
from models.tally import is_of_shares, read_tally

Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.float64]
_OWN = (LABEL, "")


class Fold:
    """A view of the journal's state by row.

    Arrays have one entry a sample, in the order of the project's samples. They are made anew after a
    change and never changed in place (read-only: copy one to work on it), so that one kept from
    before can be compared with the present one.
    """

    def __init__(self, state: State, samples: Samples, subjects: Ints, made: Ints | None = None) -> None:
        self.state = state
        self.samples = samples
        self.subjects = subjects
        #: Rows of samples that an act made of others.
        self.made = np.zeros(0, np.int64) if made is None else made
        self._live: tuple[State, int, Bools] | None = None
        self._made: dict[Any, tuple[int, Any]] = {}
        self._told: tuple[int, list[str]] | None = None

    def __len__(self) -> int:
        return len(self.subjects)

    @property
    def position(self) -> int:
        """Number of the last event that is folded in."""
        return self.state.position

    @property
    def live(self) -> Bools:
        """Rows that are there: not retired by an act, and of those that an act made the ones whose act stands."""
        if self._live is None or self._live[:2] != (self.state, self.state.edits):
            edits = self.state.edits
            self._live = (self.state, edits, self._standing())
        return self._live[2]

    @property
    def whole(self) -> bool:
        """Whether all rows are there: no act of structure concerns any of them."""
        return bool(self.live.all())

    @property
    def classes(self) -> list[str]:
        """Class names by code, in order of their first appearance in the journal; last those that only tallies name."""
        return self.classes_of("")

    def classes_of(self, name: str) -> list[str]:
        """Class names by code of the set of labels `name`."""
        words = self.state.words.get((LABEL, name))
        named = words.texts[FIRST:] if words else []
        return named if name else list(dict.fromkeys((*named, *self._told_only())))

    @property
    def codes(self) -> Codes:
        """Present label of each row, a code of `classes`; −1 unlabelled (never, cleared, "cannot say")."""
        return self.codes_of("")

    @property
    def live_codes(self) -> Codes:
        """The same of the rows that are there; −1 for the others, whatever was said of them."""
        return self.codes if self.whole else self._array("live codes", lambda: np.where(self.live, self.codes, NONE))

    def codes_of(self, name: str) -> Codes:
        """Present labels of the set of labels `name`."""
        return self._array(("codes", name), lambda: self._codes(name))

    @property
    def stamp(self) -> Ints:
        """Number of the event that gave the present label; 0 where unlabelled."""
        return self._array("stamp", lambda: np.where(self.codes >= 0, self.touched, 0))

    @property
    def touched(self) -> Ints:
        """Number of the event of the last vote, also of one that cleared the label; 0 for none."""
        return self._array("touched", lambda: self._gather("stamps", _OWN, 0, np.int64))

    @property
    def by(self) -> tuple[Codes, list[str]]:
        """Who gave the present label: a code each (−1 where unlabelled), and the names."""
        codes = self._array("by", lambda: np.where(self.codes >= 0, self._gather("by", _OWN), NONE).astype(np.int32))
        return codes, list(self.state.people.texts)

    def human(self) -> Bools:
        """Rows whose present label a person gave (not the file that was imported)."""
        codes, names = self.by
        person = np.array([not is_file(name) for name in names] + [False], bool)
        return cast(Bools, person[codes])

    def unsure(self) -> Bools:
        """Rows whose last vote says "cannot say"."""
        return cast(Bools, self._gather("codes", _OWN) == FIRST - 1)

    def used(self) -> list[str]:
        """Classes that at least one annotator's vote names now, sorted."""
        return cast("list[str]", self._kept("used", self._used))

    def annotators(self, name: str = "") -> list[str]:
        """All who voted on labels."""
        return sorted(by for kind, own, by in self.state.tracks if (kind, own) == (LABEL, name))

    def votes(self, row: int, name: str = "") -> dict[str, str]:
        """Annotator → class for one row; "?" for one who cannot say; cleared votes left out."""
        subject, result = int(self.subjects[row]), {}
        for by in self.annotators(name):
            codes = self.state.tracks[LABEL, name, by].codes
            code = int(codes[subject]) if subject < len(codes) else NONE
            if code > 0:
                result[by] = self.state.words[LABEL, name].texts[code]
        return result

    def tally(self, row: int) -> dict[str, float]:
        """Class → votes of one row whose givers its source does not name."""
        words, code = self.state.words.get((LABEL, TALLY)), self._code_at(row, (LABEL, TALLY))
        return read_tally(words.texts[code]) if words is not None and code >= FIRST else {}

    def tallied(self) -> Bools:
        """Rows whose source counts votes without naming who gave them."""
        return cast(Bools, self._gather("codes", (LABEL, TALLY)) >= FIRST)

    def shared(self) -> Bools:
        """Rows whose source tells votes as shares: how many voted is not known, also where one class has them all."""
        return self._array("shared", self._shared)

    def tallies(self, rows: Ints) -> list[dict[str, float]]:
        """Class → number of votes for each of these rows; "?" counts those who cannot say."""
        subjects, result = self.subjects[rows], [self.tally(row) for row in rows.tolist()]
        counted = self.tallied()[rows]
        for by in self.annotators():
            codes = take(self.state.tracks[LABEL, "", by].codes, subjects, NONE)
            texts = self.state.words[LABEL, ""].texts
            given = np.flatnonzero((codes > 0) & ~counted if by == FILE else codes > 0)
            for place, code in zip(given.tolist(), codes[given].tolist(), strict=True):
                result[place][texts[code]] = result[place].get(texts[code], 0) + 1
        return result

    def flag_lists(self, rows: Ints) -> list[list[str]]:
        """Names of the flags that are on, sorted, for each of these rows."""
        result: list[list[str]] = [[] for _ in range(len(rows))]
        for name in sorted(own for kind, own in self.state.words if kind == FLAG):
            for place in np.flatnonzero(self.flagged(name)[rows]).tolist():
                result[place].append(name)
        return result

    def vote_codes(self, by: str, name: str = "") -> Codes:
        """One annotator's votes by row, codes of `classes`; −1 where there is none."""
        track = self.state.tracks.get((LABEL, name, by))
        if track is None:
            return np.full(len(self), NONE, np.int32)
        return self._plain(take(track.codes, self.subjects, NONE))

    def vote_counts(self) -> Counts:
        """How many voted for each class, (rows, classes): annotators, and those that the sources count.

        Where a source counts votes, its own label is drawn from them and is none of its own.
        """
        return self._array("vote_counts", self._vote_counts)

    def flagged(self, name: str | None = None) -> Bools:
        """Rows with this flag on; None: with any."""
        names = [own for kind, own in self.state.words if kind == FLAG] if name is None else [name]
        result = np.zeros(len(self), bool)
        for own in names:
            result |= self._array(("flag", own), partial(self._flagged, own))
        return result

    def flags(self, row: int) -> list[str]:
        """Names of the flags that are on for one row."""
        return sorted(
            own for kind, own in self.state.words if kind == FLAG and self._code_at(row, (FLAG, own)) >= FIRST
        )

    def note(self, row: int) -> str:
        """The last note on one row, "" for none."""
        return self.value(row, NOTE, "") or ""

    def notes(self) -> npt.NDArray[np.object_]:
        """The last note on each row, None where there is none."""
        return cast("npt.NDArray[np.object_]", self._array("notes", self._notes))

    def value(self, row: int, kind: str, name: str) -> str | None:
        """The latest value of a sparse entry over all annotators; row −1: the project's own."""
        found = [pair for (own, _), pair in self._entries(row, kind).items() if own == name]
        return max(found, key=lambda pair: pair[1])[0] if found else None

    def values(self, row: int, kind: str) -> dict[str, str]:
        """Name → latest value of all sparse entries of one kind."""
        ordered = sorted(self._entries(row, kind).items(), key=lambda item: item[1][1])
        return {name: value for (name, _), (value, _) in ordered}

    def authors(self, row: int, kind: str) -> dict[str, str]:
        """Name → who gave the latest value of all sparse entries of one kind."""
        ordered = sorted(self._entries(row, kind).items(), key=lambda item: item[1][1])
        return {name: by for (name, by), _ in ordered}

    def opinions(self, row: int, kind: str) -> dict[tuple[str, str], tuple[str, int]]:
        """(name, annotator) → value of all sparse entries of one kind, and the number of the event that gave it."""
        return dict(self._entries(row, kind))

    def regions(self, row: int) -> list[Region]:
        """What stands inside one sample by the latest word on each annotation, in order of time."""
        return read_regions(self.values(row, REGION))

    def having(self, kind: str, name: str | None = None) -> Bools:
        """Rows with a sparse entry of this kind (and name) that is not empty."""
        return self._array(("having", kind, name), lambda: self._having(kind, name))

    def sha(self) -> str:
        """Hash of the snapshot: ids, present labels and all votes of the samples that are there."""
        return cast(str, self._kept("sha", self._sha))

    def labels(self) -> npt.NDArray[np.object_]:
        """Present label of each row as text, None where unlabelled."""
        return cast("npt.NDArray[np.object_]", np.array([*self.classes, None], object)[self.codes])

    # ---- inside

    def _array(self, key: Any, make: Callable[[], Any]) -> npt.NDArray[Any]:
        return cast("npt.NDArray[Any]", self._kept(key, make))

    def _kept(self, key: Any, make: Callable[[], Any]) -> Any:
        version, value = self._made.get(key, (-1, None))
        if version != self.state.version:
            now = self.state.version
            value = make()
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            self._made[key] = (now, value)
        return value

    def _standing(self) -> Bools:
        live = np.ones(len(self), bool)
        live[self.made] = False
        if self.state.edited:
            row_of = np.full(max(*self.state.edited, int(self.subjects.max(initial=0))) + 1, -1, np.int64)
            row_of[self.subjects] = np.arange(len(self))
            made, retired = (
                row_of[np.array([one for one in self.state.edited if self.state.structure(one, name)[0]], np.int64)]
                for name in (MADE, RETIRED)
            )
            live[made[made >= 0]] = True
            live[retired[retired >= 0]] = False
        live.flags.writeable = False
        return live

    def _codes(self, name: str) -> Codes:
        return self._plain(self._gather("codes", (LABEL, name)))

    def _flagged(self, name: str) -> Bools:
        return cast(Bools, self._gather("codes", (FLAG, name)) >= FIRST)

    def _plain(self, codes: Codes) -> Codes:
        return np.maximum(codes - FIRST, NONE).astype(np.int32, copy=False)

    def _gather(self, part: str, key: tuple[str, str], fill: int = NONE, kind: type = np.int32) -> Any:
        now = self.state.present.get(key)
        if now is None:
            return np.full(len(self), fill, kind)
        return take(getattr(now, part), self.subjects, fill)

    def _code_at(self, row: int, key: tuple[str, str]) -> int:
        now, subject = self.state.present.get(key), int(self.subjects[row])
        return int(now.codes[subject]) if now is not None and subject < len(now.codes) else NONE

    def _entries(self, row: int, kind: str) -> dict[tuple[str, str], tuple[str, int]]:
        subject = 0 if row < 0 else int(self.subjects[row])
        return self.state.sparse.get((subject, kind), {})

    def _said(self, kind: str) -> Iterator[tuple[int, str, str, int]]:
        """Subject, name, value and stamp of all sparse entries of one kind."""
        for subject, own, name, _, value, stamp in self.state.sparse_rows():
            if own == kind:
                yield subject, name, value, stamp

    def _notes(self) -> npt.NDArray[np.object_]:
        latest: dict[int, tuple[int, str]] = {}
        for subject, _, value, stamp in self._said(NOTE):
            latest[subject] = max(latest.get(subject, (-1, "")), (stamp, value))
        result = np.full(len(self), None, object)
        for row in np.flatnonzero(np.isin(self.subjects, list(latest))).tolist():
            result[row] = latest[int(self.subjects[row])][1] or None
        return result

    def _having(self, kind: str, name: str | None) -> Bools:
        latest: dict[tuple[int, str], tuple[int, str]] = {}
        for subject, own, value, stamp in self._said(kind):
            if name in (None, own):
                latest[subject, own] = max(latest.get((subject, own), (-1, "")), (stamp, value))
        marked = np.array(sorted({subject for (subject, _), (_, value) in latest.items() if value}), np.int64)
        return np.isin(self.subjects, marked)

    def _vote_counts(self) -> Counts:
        counts = self._tally_counts()
        counted = self.tallied()
        for by in self.annotators():
            codes = self.vote_codes(by)
            rows = np.flatnonzero((codes >= 0) & ~counted if by == FILE else codes >= 0)
            counts[rows, codes[rows]] += 1
        return counts

    def _tally_counts(self) -> Counts:
        """The counts of sources by row and class; each text that occurs is read once."""
        place = {name: code for code, name in enumerate(self.classes)}
        texts = self.classes_of(TALLY)
        table = np.zeros((len(texts) + 1, len(place)))
        for code, text in enumerate(texts):
            for name, count in read_tally(text).items():
                if (found := place.get(self.meant(name))) is not None:
                    table[code, found] += count
        counts: Counts = table[self.codes_of(TALLY)]
        return counts

    def meant(self, name: str) -> str:
        """The class that a vote for this one is counted for: itself."""
        return name

    def _shared(self) -> Bools:
        words, now = self.state.words.get((LABEL, TALLY)), self.state.present.get((LABEL, TALLY))
        parted = np.array([is_of_shares(text) for text in words.texts] if words is not None else [], np.bool_)
        if now is None or not parted.any():
            return np.zeros(len(self), bool)
        # How a source counts is no secret of those who are to vote blind: what it counted is.
        codes = take(now.codes, self.subjects, NONE)
        told = codes >= FIRST
        sources = self.samples.column("source")
        return np.asarray(told & np.isin(sources, np.unique(sources[told][parted[codes[told]]])), bool)

    def _told_only(self) -> list[str]:
        """Classes in tallies, in order of their first appearance."""
        words = self.state.words.get((LABEL, TALLY))
        if words is None:
            return []
        size = len(words.texts)
        if self._told is None or self._told[0] != size:
            self._told = (size, list(dict.fromkeys(name for text in words.texts[FIRST:] for name in read_tally(text))))
        return self._told[1]

    def _sha(self) -> str:
        there = slice(None) if self.whole else self.live
        names = self._used(there)
        place = {name: code for code, name in enumerate(names)}
        sorted_code = np.array([place.get(name, NONE) for name in self.classes] + [NONE], np.int32)
        total = hashlib.sha256("\0".join(names).encode())
        total.update(self._ids_hash())
        total.update(sorted_code[self.codes[there]].tobytes())
        for by in self.annotators():
            codes = self.vote_codes(by)
            codes = codes[there]
            if (codes >= 0).any():
                total.update(by.encode() + b"\0" + sorted_code[codes].tobytes())
        self._add_tallies(total, there)
        return total.hexdigest()

    def _add_tallies(self, total: hashlib._Hash, there: Bools | slice) -> None:
        """The counts that stand in the snapshot: their texts sorted, and which of them each sample has."""
        codes = self.codes_of(TALLY)[there]
        if not (codes >= 0).any():
            return
        texts = self.classes_of(TALLY)
        order = np.argsort(np.array(texts, object), kind="stable")
        rank = np.empty(len(texts) + 1, np.int32)
        rank[order], rank[-1] = np.arange(len(texts)), NONE
        used = np.unique(rank[codes[codes >= 0]])
        total.update("\0".join(texts[order[place]] for place in used.tolist()).encode())
        dense = np.where(codes >= 0, np.searchsorted(used, rank[codes]), NONE)
        total.update(dense.astype(np.int32).tobytes())

    def _used(self, there: Bools | slice = slice(None)) -> list[str]:
        counts = np.zeros(len(self.classes) + 1, np.int64)
        for by in self.annotators():
            counts += np.bincount(self.vote_codes(by)[there] + 1, minlength=len(counts))
        if self._told_only():
            counts[1:] += (self._tally_counts()[there] > 0).sum(axis=0)
        return sorted(name for name, count in zip(self.classes, counts[1:], strict=True) if count)

    def _ids_hash(self) -> bytes:
        samples = self.samples if self.whole else self.samples.take(self.live)
        return hashlib.sha256("\0".join(samples.ids()).encode()).digest()


class Retold(Fold):
    """A fold that tells the labels of another one in its own way: here as they are."""

    def __init__(self, fold: Fold) -> None:
        super().__init__(fold.state, fold.samples, fold.subjects, fold.made)
        self.plainly = fold

    def classes_of(self, name: str) -> list[str]:
        return self.plainly.classes_of(name)

    def vote_codes(self, by: str, name: str = "") -> Codes:
        return self.plainly.vote_codes(by, name)

    def meant(self, name: str) -> str:
        return self.plainly.meant(name)

    def _codes(self, name: str) -> Codes:
        return self.plainly.codes_of(name)


def is_file(by: str) -> bool:
    """Whether an annotator is an imported file (``file`` or ``file:…``), not a person."""
    return by == FILE or by.startswith(f"{FILE}:")


def person(name: str) -> str:
    """The name of one who acts, stripped; UserError for that of the sources or of a run, and for no line of text."""
    name = name.strip()
    if not name.isprintable():
        raise UserError(f"{name!r} holds line ends or signs that cannot be shown. Give a name in plain letters.")
    if is_file(name):
        raise UserError(f"{name!r} marks the labels that came with the sources; it is no person. Give another name.")
    if name == MODEL:
        raise UserError(f"{name!r} is what a run is called beside annotators. Give another name, such as my-{name}.")
    return name


def take(values: npt.NDArray[Any], subjects: Ints, fill: int) -> npt.NDArray[Any]:
    """values[subjects], with `fill` for subjects beyond the end."""
    if len(subjects) == 0 or int(subjects.max()) < len(values):
        return values[subjects]
    result = np.full(len(subjects), fill, values.dtype)
    inside = subjects < len(values)
    result[inside] = values[subjects[inside]]
    return result
