"""Annotations and labels that files of their own tell of recordings in a project: found, compared, taken in as one act.

What a file says is held against what it said before, or what this program wrote into it: only what changed there is
taken over, so that a person's later word stays, and again is harmless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath

from models.domain import Annotated, Domain, Found, Noted, Skipped
from models.event import FILE, LABEL, REGION, Entry
from models.learn.words import count, plural
from models.region import Region, named_each, outside, write_region
from models.sample import Samples
from models.store.fold import is_file
from models.store.project import Project

#: The column that tells how long a recording is, in s.
_SECONDS = "seconds"


class Recordings:
    """The samples that annotations stand on, by every way in which a file may call them."""

    def __init__(self, kind: Domain) -> None:
        self._kind = kind
        self._paths: dict[str, PurePosixPath] = {}
        self._called: dict[str, list[str]] = defaultdict(list)

    def add(self, samples: Samples) -> None:
        """Those among these samples."""
        carrier = self._kind.carrier
        for row, name in enumerate(samples.ids() if carrier is not None else ()):
            if name in self._paths or carrier is None or carrier(samples, row) != name:
                continue
            # An id is the path of a source with what stands in it: both parts belong to the place.
            path = PurePosixPath(name.replace("#", "/", 1).casefold())
            self._paths[name] = path
            for called in {path.name, path.stem}:
                self._called[called].append(name)

    def find(self, names: Sequence[str]) -> list[str]:
        """The ids that names mean, the surest first: one where it is clear, none, or several that are called alike."""
        for name in names:
            if name in self._paths:
                return [name]
        for name in names:
            path = PurePosixPath(name.replace("#", "/", 1).casefold())
            for called in _shorter(path.name):
                if found := self._called.get(called):
                    return self._nearest(found, path)
        return []

    def _nearest(self, found: Sequence[str], path: PurePosixPath) -> list[str]:
        """Of several of one name those with most folders as told."""
        shared = [_shared(self._paths[name].parent, path.parent) for name in found]
        return [name for name, many in zip(found, shared, strict=True) if many == max(shared)]


def _shorter(name: str) -> Iterator[str]:
    """A name, and without its ends behind points, one after the other: ``a.Table.1.selections.txt``, … ``a``."""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _shared(one: PurePosixPath, other: PurePosixPath) -> int:
    """How many folders two places have in common, from the file upwards."""
    pairs = zip(reversed(one.parts), reversed(other.parts), strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one.parts), len(other.parts)))


@dataclass
class Marking:
    """What files of annotations ask of a project.

    labels: id → class. entries: what is written, by the file that says so. new, changed, gone, kept: annotations;
    kept: those that a person changed or took out since, which stays. held: labels that a person gave or took away after
    the file was written, which stay. recordings: ids of those that files tell of.
    """

    project: Project
    kind: Domain
    labels: dict[str, str] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    gone: int = 0
    kept: int = 0
    held: int = 0
    told: int = 0
    recordings: set[str] = field(default_factory=set)

    def take(self, asked: Sequence[Annotated], found: Sequence[Found] = ()) -> Iterator[Skipped | Noted]:
        """Find the recording of each and compare; what cannot be is told. found: what comes in, not there yet."""
        recordings = Recordings(self.kind)
        lengths: dict[str, float] = {}
        for samples in (self.project.samples, *(one.addresses() for one in found)):
            recordings.add(samples)
        for one in asked:
            names = recordings.find(one.names)
            if len(names) != 1:
                yield Skipped(one.source, "", _lost(one, names))
                continue
            yield from self._compare(one, names[0], lengths)

    def _compare(self, one: Annotated, name: str, lengths: dict[str, float]) -> Iterator[Noted]:
        (row,) = self.project.rows_of([name]).tolist()
        self.recordings.add(name)
        self.told += len(one.regions)
        if one.label is not None and self._relabelled(row, one):
            self.held += 1
        elif one.label is not None:
            self.labels[name] = one.label
        by = f"{FILE}:{PurePosixPath(one.source).name}"
        said = _Said(self.project, row, by, {region.name: write_region(region) for region in one.before})
        given = said.name_alike(named_each(name, one.regions))
        for region in given:
            self._set(said, region.name, write_region(region))
        gone = said.not_in({region.name for region in given})
        if gone and one.damaged:
            words = f"{plural(len(gone), 'annotation')} that it told before stay: part of the file is damaged"
            yield Noted(one.source, "", words)
        else:
            for lost in gone:
                self._set(said, lost, "")
        seconds = self._seconds(row, lengths)
        if seconds:
            spans = [(region.start, region.stop) for region in given]
            yield from (Noted(one.source, "", text) for text in outside(spans, seconds))

    def _relabelled(self, row: int, one: Annotated) -> bool:
        """Whether a person said otherwise of a recording after the label that its file still tells was given."""
        written = _moment(one.label_at)
        journal = self.project.journal
        if row < 0 or written is None or journal.fold.labels()[row] == one.label:
            return False
        # An undo brings the label of before back with its date, so that the acts tell when, not the label.
        acts = (event for event in journal.events(row) if not is_file(event.by))
        last = next((act for act in acts if any((one.kind, one.name) == (LABEL, "") for one in act.changes)), None)
        said = _moment(last.at) if last is not None else None
        return said is not None and said > written

    def _seconds(self, row: int, lengths: dict[str, float]) -> float:
        """How long a recording is, 0 where that is not known."""
        samples = self.project.samples
        if row < 0 or _SECONDS not in samples.names:
            return 0.0
        return float(samples.table.column(_SECONDS)[row].as_py() or 0.0)

    def _set(self, said: _Said, name: str, text: str) -> None:
        """One annotation as a file has it now, "" for one that it has no more."""
        now, before = said.now.get(name), said.before(name)
        if now == text:
            return
        if before == text or (not text and now != before):
            self.kept += 1
            return
        self.new += not now
        self.gone += not text
        self.changed += bool(now and text)
        self.entries.setdefault(said.by, []).append(Entry(said.row, REGION, name, text))

    @property
    def asked(self) -> int:
        """How many annotations are written or taken out."""
        return sum(map(len, self.entries.values()))

    def act(self) -> None:
        """Write what was gathered, an event for each file."""
        for by, entries in self.entries.items():
            self.project.journal.act(entries, by, f"importing {plural(len(entries), 'annotation')}")

    def words(self) -> str:
        """What comes of it, in words."""
        parts = [
            f"{count(many)} {word}"
            for many, word in ((self.new, "new"), (self.changed, "changed"), (self.gone, "taken out"))
            if many
        ]
        there = f"{plural(self.told, 'annotation')} of {plural(len(self.recordings), 'recording')} read"
        kept = f"; {plural(self.kept, 'annotation')} changed here since, which holds" if self.kept else ""
        held = f"; {plural(self.held, 'label')} given otherwise since, which holds" if self.held else ""
        return f"{there}: {', '.join(parts) or 'all are in the project'}{kept}{held}"


def _moment(text: str) -> datetime | None:
    """A moment as ISO 8601 has it, None for what is none or tells no zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


class _Said:
    """What stands inside one recording, and what a file said of it the last time."""

    def __init__(self, project: Project, row: int, by: str, written: dict[str, str]) -> None:
        self.row, self.by = row, by
        fold = project.journal.fold
        every = fold.opinions(row, REGION) if row >= 0 else {}
        #: Name → text, "" for what was taken out.
        self.now = fold.values(row, REGION) if row >= 0 else {}
        self._own = {name: value for (name, who), (value, _) in every.items() if who == by}
        self._written = written
        self._regions = fold.regions(row) if row >= 0 else []

    def before(self, name: str) -> str | None:
        """What a file said of an annotation before; None for one that this project never heard of."""
        if name in self._own:
            return self._own[name]
        return self._written.get(name) if name in self.now else None

    def not_in(self, names: set[str]) -> list[str]:
        """Those that a file had before and has no more, and that are still there."""
        known = dict.fromkeys([*self._written, *(name for name, text in self._own.items() if text)])
        return [name for name in known if name not in names and self.now.get(name)]

    def name_alike(self, given: Sequence[Region]) -> list[Region]:
        """Those that this project does not know by the name of one that says the same, each once."""
        names = {one.name for one in given}
        free: dict[str, list[str]] = defaultdict(list)
        for one in self._regions:
            if one.name not in names:
                free[write_region(one)].append(one.name)
        out = []
        for one in given:
            alike = free.get(write_region(one), []) if one.name not in self.now else []
            out.append(replace(one, name=alike.pop(0)) if alike else one)
        return out


def _lost(one: Annotated, names: Sequence[str]) -> str:
    if names:
        told = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        return f"it may be of {len(names)} recordings ({told}): put it into a folder called as theirs"
    return "no recording of the project is called so: import its sound first, or give the file the name of the sound"
