"""The samples of one source as they grow: recordings and images measured, copies found, columns of one type."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.domain import Finding, Found, Noted, Skipped
from models.domains.voice import audio, images, quality
from models.domains.voice.audio import NoAudio
from models.domains.voice.headings import AGES, OURS, plain
from models.domains.voice.images import NoImage
from models.domains.voice.mapping import is_gap, number_of
from models.domains.voice.options import Options
from models.domains.voice.places import AUDIO, FILE, IMAGE, KIND
from models.domains.voice.quality import Measured
from models.job import Progress
from models.learn.words import plural
from models.natural import natural

#: So many of one trouble are named; of more the number is told.
_NAMED = 5
#: A number that nobody writes so, but an id of hexadecimal digits may be: 1e3, 0e12.
_ID = re.compile("[0-9]+[eE][0-9]+")
#: What a class is called in the data set, where the project has another name for it.
OWN_CLASS = "own_class"
#: What tells a sound from every other one, of a whole project.
PRINT = "_print"


@dataclass(frozen=True)
class Entry:
    """One file that is to become a sample. speaker: "" where it is not known; facts: what a table tells of it."""

    path: Path
    key: str
    speaker: str = ""
    label: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Desk:
    """What a whole import knows. prints: the sample and speaker of each sound; claimed: files that are samples.

    ages: of speakers, as tables of recordings tell them.
    """

    options: Options
    prints: dict[str, tuple[str, str]] = field(default_factory=dict)
    claimed: set[Path] = field(default_factory=set)
    ages: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Seen:
    """A file that could be read: its own columns, and what is known of its sound."""

    entry: Entry
    columns: Mapping[str, Any]
    print: str = ""
    sound: Measured | None = None


def gather(
    root: Path,
    name: str,
    entries: Iterable[Entry],
    desk: Desk,
    settings: Mapping[str, str] | None = None,
    extra: str = "",
) -> Generator[Progress | Finding, None, int]:
    """The samples of a source: each file looked at, a broken one told and left out; returns how many.

    settings: kept of the source. extra: the text of a column `_splits`.
    """
    ordered = sorted(entries, key=lambda entry: natural(entry.key))
    called_here = desk.options.names(name)
    labels, own, notes = called([one.key for one in ordered], [one.label for one in ordered], called_here, desk.options)
    yield from (Noted(name, "class", note) for note in notes)
    ordered = [
        replace(one, label=label, facts={**one.facts, OWN_CLASS: first})
        for one, label, first in zip(ordered, labels, own, strict=True)
    ]
    seen: list[_Seen] = []
    for place, entry in enumerate(ordered):
        if place % 20 == 0:
            yield Progress(place, len(ordered), f"Reading {name}: {place} of {len(ordered)}")
        desk.claimed.add(entry.path)
        try:
            seen.append(_look(entry, desk.options.quality))
        except (NoAudio, NoImage) as reason:
            yield Skipped(name, entry.key, str(reason))
    if not seen:
        return 0
    flags = _flags(name, seen, desk)
    rows = [_row(one, told, extra) for one, told in zip(seen, flags, strict=True)]
    yield from _anonymous(name, seen)
    yield from _flagged(name, flags)
    keys = [one.entry.key for one in seen]
    groups = [one.entry.speaker or one.entry.key or name for one in seen]
    labels = [one.entry.label for one in seen]
    settings = {**(settings or {}), **kept_names(called_here)}
    yield Found(root, name, keys, groups, labels, (), columns_of(rows), settings, beside=True)
    return len(seen)


def called(
    keys: Sequence[str], labels: Sequence[str | None], names: Mapping[str, str], options: Options
) -> tuple[list[str | None], list[str | None], list[str]]:
    """What classes are called in the project, (n,), what the data set calls those that have another name, (n,), and
    notes of them, and of names that a person gives now to no class here."""
    out = [label if label is None else names.get(label, label) for label in labels]
    own = [label if other != label else None for label, other in zip(labels, out, strict=True)]
    notes = []
    for label in dict.fromkeys(one for one in own if one is not None):
        where = [key for key, one in zip(keys, own, strict=True) if one == label]
        notes.append(named(f"{plural(len(where), 'sample')} of class {label}: called {names[label]} here", where))
    there = dict.fromkeys(label for label in labels if label)
    if options.classes and (absent := [label for label in names if label not in there]):
        known = f"its classes are {', '.join(there)}" if there else "it tells no class"
        notes.append(named(f"no sample is of a class that classes=… names ({known})", absent))
    return out, own, notes


def kept_names(names: Mapping[str, str]) -> dict[str, str]:
    """The names of classes as a setting that is kept of a source."""
    return {"classes": json.dumps(dict(names), ensure_ascii=False)} if names else {}


def _look(entry: Entry, measured: bool) -> _Seen:
    """What one file tells. Raises NoAudio or NoImage."""
    from models.domains.voice.walk import kind_of

    if kind_of(entry.path.name) == IMAGE:
        look = images.examine(entry.path)
        columns: dict[str, Any] = {KIND: IMAGE, "width": look.width, "height": look.height, "quality": ""}
        return _Seen(entry, columns | {"quality": quality.SILENCE} if look.blank else columns, look.key)
    if not measured:
        header = audio.examine(entry.path)
        told = {"rate": header.rate, "channels": header.channels, "seconds": header.seconds, "coding": header.coding}
        return _Seen(entry, {KIND: AUDIO, **told})
    sound = quality.measure(entry.path)
    names = ("rate", "channels", "seconds", "coding", "level", "noise", "clipped", "silent")
    values = {name: getattr(sound, name) for name in names}
    return _Seen(entry, {KIND: AUDIO, **values}, sound.print, sound)


def _flags(name: str, seen: Sequence[_Seen], desk: Desk) -> list[tuple[str, str]]:
    """The flags of each file, and what it is a copy of; of a file that was not measured none."""
    found: dict[int, tuple[str, str]] = {}
    heard = [place for place, one in enumerate(seen) if one.sound is not None]
    told = quality.flags_of(
        [one.sound for one in seen if one.sound is not None],
        [_id(name, seen[place]) for place in heard],
        [seen[place].entry.speaker for place in heard],
        desk.prints,
    )
    found |= dict(zip(heard, told, strict=True))
    for place, one in enumerate(seen):
        if one.sound is None and one.columns.get("quality"):
            found[place] = (str(one.columns["quality"]), "")  # blank pictures are all alike, and no copies
        elif one.sound is None and one.print:
            same, owner = desk.prints.setdefault(one.print, (_id(name, one), one.entry.speaker))
            copy = same != _id(name, one)
            word = quality.COPY if owner == one.entry.speaker else f"{quality.COPY} of another speaker"
            found[place] = (word, same) if copy else ("", "")
    return [found.get(place, ("", "")) for place in range(len(seen))]


def _id(name: str, seen: _Seen) -> str:
    return f"{name}#{seen.entry.key}" if seen.entry.key else name


def _row(seen: _Seen, flags: tuple[str, str], splits: str) -> dict[str, Any]:
    """All columns of one sample."""
    from models.domains.voice.places import SPLITS

    measured = {"quality": flags[0], "same_as": flags[1] or None} if seen.print else {}
    inner = {FILE: seen.entry.key, PRINT: seen.print or None, SPLITS: splits or None}
    return {"speaker": seen.entry.speaker or None, **seen.entry.facts, **seen.columns, **measured, **inner}


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The columns of all rows, each of one type: numbers where all are, else text; those of nothing left out."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return {name: uniform(values) for name, values in columns.items() if any(value is not None for value in values)}


def uniform(values: Sequence[Any]) -> list[Any]:
    """Values of one type; a missing one or NaN is None."""
    told = [None if isinstance(value, float) and math.isnan(value) else value for value in values]
    kinds = {type(value) for value in told if value is not None}
    if len(kinds) <= 1 and kinds <= {str, int, float, bool}:
        return told
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in told]
    return [None if value is None else str(value) for value in told]


def facts_of(
    rows: Sequence[Mapping[str, str]], leave: Iterable[str], measured: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """What a table tells beside file, speaker and class: numbers where a whole column is, but for gaps, else text.

    measured: columns of numbers in which any other text stands for nothing.
    """
    left, features = {*leave}, {*measured}
    names = [name for name in (rows[0] if rows else ()) if name and name not in left]
    out: list[dict[str, Any]] = [{} for _ in rows]
    for name in names:
        for row, value in zip(out, _values([row[name].strip() for row in rows], name in features), strict=True):
            row[column_name(name)] = value
    return out


def column_name(name: str) -> str:
    """What a column of a table is called here."""
    return f"{name}_told" if name in OURS or name.startswith("_") else name


def _values(texts: Sequence[str], measured: bool) -> Sequence[Any]:
    """The fields of a column: numbers where all of them are that tell anything, or where it is measured; else text."""
    numbers = [number_of(text) for text in texts]
    told = [text for text in texts if not is_gap(text)]
    if not measured and (not told or any(number_of(text) is None or _ID.fullmatch(text) for text in told)):
        return [text or None for text in texts]
    if all("." not in text and "e" not in text.lower() for text in told if number_of(text) is not None):
        return [_whole(number) for number in numbers]
    return numbers


def _whole(number: float | None) -> float | int | None:
    """A whole number as such, where it is one that is told without loss."""
    return int(number) if number is not None and abs(number) < 1 << 53 else number


def ages_of(speaker: str, facts: Mapping[str, Any]) -> dict[str, float]:
    """The age of a speaker as a row tells it; nothing where it does not."""
    told = next((value for name, value in facts.items() if plain(name) in AGES), None)
    return {speaker: float(told)} if speaker and isinstance(told, int | float) else {}


def class_text(value: str) -> str | None:
    """A class as text on one line; whole numbers without decimals, None for nothing."""
    text = " ".join(value.split())
    number = number_of(text)
    if number is not None and number.is_integer() and "." in text:
        text = str(int(number))
    return text or None


def named(words: str, where: Sequence[str]) -> str:
    """Words with the first few of what they are of."""
    more = f" and {len(where) - _NAMED} more" if len(where) > _NAMED else ""
    return f"{words}: {', '.join(where[:_NAMED])}{more}"


def _anonymous(name: str, seen: Sequence[_Seen]) -> Iterator[Noted]:
    unknown = [one.entry.key or name for one in seen if not one.entry.speaker]
    if unknown:
        words = (
            f"of {len(unknown)} of {len(seen)} files no speaker is told: each counts as a speaker of its own where "
            "none is known from before, so that a score may be of voices that were learnt; where paths name people, "
            "--set paths='{label}/{speaker}/*' or '*/{speaker}_*' tells it, or a table beside them of file and speaker"
        )
        yield Noted(name, "speaker", named(words, unknown))


def _flagged(name: str, flags: Sequence[tuple[str, str]]) -> Iterator[Noted]:
    count = sum(bool(words) for words, _ in flags)
    if count:
        kinds = [f"{one} {sum(one in words for words, _ in flags)}" for one in quality.FLAGS]
        told = ", ".join(kind for kind in kinds if not kind.endswith(" 0"))
        verb = "is" if count == 1 else "are"
        yield Noted(name, "quality", f"{count} of {len(flags)} files {verb} flagged ({told}): see the column quality")
