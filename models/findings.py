"""What an import finds: the samples of each source, what is skipped and why, what is told beside; files of labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.job import Progress
from models.pairing import Pairing
from models.region import Region
from models.sample import Samples, portable_id


@dataclass(frozen=True)
class Skipped:
    """A thing that should have become a sample and did not: file, place in it, reason."""

    source: str
    where: str
    reason: str


@dataclass(frozen=True)
class Noted:
    """A finding that stops nothing: an unrelated file, a guess, an anomaly."""

    source: str
    where: str
    text: str


@dataclass(frozen=True)
class Placed:
    """A sample that only its place in its source names: its key, that place in words, its group, and its metadata."""

    key: str
    line: str
    group: str
    meta: Mapping[str, Any]


#: Pairs samples that are known (first) with those that an import finds, where neither are paired: those that hold
#: something else by now.
Match = Callable[[Sequence[Placed], Sequence[Placed], Pairing], None]


@dataclass(frozen=True)
class Found:
    """The samples of one source, as columns of one length.

    source: absolute path; name: its portable relative path. labels: class or None each; votes:
    annotator → class each, where the source holds several opinions. tallies: class → count each, of votes
    whose givers the source does not name; the label beside them is then no vote of its own, nor where an empty
    count stands beside named votes, which it sums up. regions: key → what
    the source itself annotates inside that sample. columns: metadata. settings: import
    settings that this source was read by and that are kept for it, given or guessed. beside: whether
    metadata depend on further files, so that they are told anew though the source is as it was. match: how samples
    are known again that hold something else by now and have no name of their own (the columns `LINE` and `PRINTS`).
    """

    source: Path
    name: str
    keys: Sequence[str]
    groups: Sequence[str]
    labels: Sequence[str | None] = ()
    votes: Sequence[Mapping[str, str]] = ()
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    beside: bool = False
    tallies: Sequence[Mapping[str, float]] = ()
    regions: Mapping[str, Sequence[Region]] = field(default_factory=dict)
    match: Match | None = None

    def take(self, places: Sequence[int]) -> Found:
        """These of the samples."""
        keys = [self.keys[place] for place in places]
        columns = {name: [values[place] for place in places] for name, values in self.columns.items()}
        return replace(
            self,
            keys=keys,
            groups=[self.groups[place] for place in places],
            labels=[self.labels[place] for place in places] if len(self.labels) else (),
            votes=[self.votes[place] for place in places] if len(self.votes) else (),
            tallies=[self.tallies[place] for place in places] if len(self.tallies) else (),
            columns=columns,
            regions={key: self.regions[key] for key in map(str, keys) if key in self.regions},
        )

    def addresses(self) -> Samples:
        """The addresses of them, with the inner columns ("_…") alone."""
        import pyarrow as pa

        keys = [str(key) for key in self.keys]
        columns = {
            "id": pa.array([portable_id(self.name, key) for key in keys], pa.string()),
            "source": pa.array([0] * len(keys), pa.int32()),
            "key": pa.array(keys, pa.string()),
            "group": pa.array(map(str, self.groups), pa.string()).dictionary_encode(),
        }
        for name, values in self.columns.items():
            if name.startswith("_"):
                columns[name] = pa.array([None if value is None else str(value) for value in values], pa.string())
        return Samples(pa.table(columns), (str(self.source),))


@dataclass(frozen=True)
class Annotated:
    """What a file tells inside one recording, which is in the project or comes in by the same import.

    source: the file, as it is told. names: what the recording may be called, the surest first: an id, or the path
    of its file with or without what comes behind its name. regions: those without a name of their own get one of
    what they say. before: what the file held when this program wrote it; of it what is there no more was taken out
    since. label: the class of the whole recording, None for none. label_at: when that label was given (ISO 8601),
    where the file still says it as this program wrote it; a later word of a person holds. damaged: part of the file
    could not be read, so that what it does not tell may stand there all the same.
    """

    source: str
    names: Sequence[str]
    regions: Sequence[Region] = ()
    before: Sequence[Region] = ()
    label: str | None = None
    damaged: bool = False
    label_at: str = ""


Finding = Found | Skipped | Noted | Annotated
#: So many files are named where a number alone would leave a person to search.
_NAMED = 3


def left_out(place: str, others: Mapping[str, Sequence[str]]) -> Iterator[Noted]:
    """What is told of the files of a folder that nothing reads; others: their names by suffix."""
    for suffix, names in sorted(others.items()):
        many = f"{len(names)} file{'s' * (len(names) != 1)} of another kind left out ({suffix})"
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield Noted(place, "", f"{many}: {', '.join(ascii_text(name) for name in names[:_NAMED])}{more}")


def ascii_text(name: str) -> str:
    """A name of a file as it can be written down: those of other computers' alphabets may be mere bytes."""
    return ascii(name)[1:-1] if any("\ud800" <= letter <= "\udfff" for letter in name) else name


@dataclass(frozen=True)
class LabelFile:
    """Labels that a file in a domain's own form gives to samples: rows, the class of each, and what is to be told."""

    rows: Sequence[int] = ()
    values: Sequence[str] = ()
    findings: Sequence[Finding] = ()


Scan = Callable[[Sequence[Path], Mapping[str, str]], Iterator[Progress | Finding]]
