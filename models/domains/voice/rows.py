"""Tables of features: each row is a sample, its features are columns, the speaker is never split."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.domain import Finding, Found, Noted, Skipped
from models.domains.voice.mapping import (
    Mapping,
    features_of,
    guess,
    is_almost_feature,
    is_described,
    number_of,
    slips_of,
    unnamed,
)
from models.domains.voice.options import Options
from models.domains.voice.places import FEATURES, KIND, ROW, WITHOUT
from models.domains.voice.sameness import hash_of, match, names_of, parts_of
from models.domains.voice.sheet import (
    OWN_CLASS,
    Desk,
    ages_of,
    called,
    class_text,
    column_name,
    columns_of,
    facts_of,
    kept_names,
    named,
)
from models.domains.voice.telling import Features, left_out, look
from models.errors import UserError
from models.job import Progress
from models.learn.words import plural
from models.sample import LINE, PRINTS
from models.texttable import Table

#: What follows where nobody knows who speaks.
_ALONE = "until then a score may be of people that were learnt from, and a number of theirs is a feature"
#: What to do about a field that is no number, and how much of it is told.
MEND = "Correct it in the file, or empty it where nothing was measured, and import again"
_SHOWN = 40


def read_rows(
    path: Path, name: str, table: Table, mapping: Mapping, desk: Desk
) -> Generator[Progress | Finding, None, int]:
    """The samples of a table of features; a row that cannot be one is told and left out."""
    yield Progress(text=f"Reading {name}")
    said = mapping
    mapping, measured, told = _learnable(name, table, mapping, desk.options)
    yield Noted(name, "mapping", f"read as {mapping.json()}, with {len(measured)} features")
    yield from told
    yield from _spoilt(name, table, mapping, measured, _heads(table, measured))
    yield from (Skipped(name, *torn) for torn in table.torn())
    kept, keys, skipped = _keyed(table, mapping, measured)
    yield from (Skipped(name, where, why) for where, why in skipped)
    if not kept:
        return 0
    rows = [table.rows[place] for place in kept]
    speakers = [mapping.speaker_of(row) for row in rows]
    labels = [class_text(row[mapping.label]) if mapping.label else None for row in rows]
    where = keys if mapping.key else [f"line {table.lines[place]}" for place in kept]
    yield from _told(name, table, mapping, where, speakers, labels)
    given = facts_of(rows, (mapping.speaker, mapping.label, mapping.key), measured)
    names = desk.options.names(name)
    labels, own, notes = called(where, labels, names, desk.options)
    yield from (Noted(name, "class", note) for note in notes)
    asked = _asked(mapping)
    # A row without a name is known again by what it holds, wherever it stands then.
    lines = [table.lines[place] for place in kept]
    inner: dict[str, list[Any]] = {PRINTS: [" ".join([hash_of(row), *parts_of(row)]) for row in rows]}
    inner |= {} if mapping.key else {LINE: [f"line {line}" for line in lines], "line": lines}
    made = [
        {"speaker": speaker or None, **facts, OWN_CLASS: first, KIND: ROW, FEATURES: asked}
        for speaker, facts, first in zip(speakers, given, own, strict=True)
    ]
    groups = [speaker or key for speaker, key in zip(speakers, keys, strict=True)]
    settings = {"mapping": said.json(), **kept_names(names), **desk.options.said(name)}
    leaves, headed = desk.options.leaves(name), desk.options.headed(name)
    settings |= {"leave_out": leaves} if leaves else {}
    settings |= {} if headed is None else {"header": "yes" if headed else "no"}
    yield Found(path, name, keys, groups, labels, (), columns_of(made) | inner, settings, beside=True, match=match)
    return len(kept)


def _heads(table: Table, features: Sequence[str]) -> int:
    """The line of a first row that may be a header, as it holds words alone where features are; 0 for none."""
    first = table.rows[0] if features and table.lines[:1] == (1,) else None
    return 1 if first and all(number_of(first[name]) is None for name in features) else 0


def _spoilt(name: str, table: Table, mapping: Mapping, features: Sequence[str], head: int) -> Iterator[Noted]:
    """Fields of features that are no numbers, and columns that would be features but for many such fields; a note a
    column with the first of them, and what to do."""
    others = (mapping.speaker, mapping.label, mapping.key, *features)
    for column in features:
        if wrong := [slip for slip in slips_of(table, column) if slip[0] != head]:
            line, text = wrong[0]
            more = f", nor {_are(len(wrong) - 1)} more of that column" if len(wrong) > 1 else ""
            words = f"{column} is {text[:_SHOWN]!r}, which is no number{more}: it is read as missing. {MEND}"
            yield Noted(name, f"line {line}", words)
    for column in (one for one in table.names if one not in others and not is_described(one)):
        if is_almost_feature(table, column):
            wrong = slips_of(table, column)
            line, text = wrong[0]
            are = "is no number" if len(wrong) == 1 else "are no numbers"
            told = f"{len(wrong)} of its {plural(len(table.rows), 'field')} {are}"
            words = f"{column} is left out of the features: {told}"
            yield Noted(name, f"line {line}", f"{words}, such as {text[:_SHOWN]!r}. {MEND}")


def _learnable(
    name: str, table: Table, mapping: Mapping, options: Options
) -> tuple[Mapping, tuple[str, ...], list[Noted]]:
    """The mapping without the columns that a person leaves out, else without those that may be the class by another
    name; its features; what to say of them. Features that a person names are left as they are."""
    leaves, notes = options.leaves(name), []
    if leaves or options.leave_out:
        mapping = replace(mapping, leave_out=left_out(table, mapping, options, name))
    # Columns that a person names are all that are left out, or that are learnt from.
    whole = bool(leaves or mapping.features or mapping.leave_out)
    measured = features_of(table, mapping)
    telling, parted = look(Features(table, mapping, measured))
    for column, words in telling.items():
        what = "a model may learn nothing else" if whole else "it is left out of the features"
        todo = f"leave it out with {_leaving(mapping, column)}" if whole else "--set leave_out=none learns from it"
        notes.append(Noted(name, "mapping", f"{column} may be the class by another name ({words}): {what}; {todo}"))
    if not whole:
        mapping = replace(mapping, leave_out=tuple(telling))
        measured = tuple(column for column in measured if column not in telling)
    if parted:
        words = "1 feature parts" if len(parted) == 1 else f"each of {len(parted)} features parts"
        todo = f"where it is no measure of the voice, leave it out with {_leaving(mapping, parted[0])}"
        notes.append(Noted(name, "mapping", named(f"{words} the classes without a mistake ({todo})", parted)))
    if not measured and options.leave_out:
        raise UserError(f"{name}: leave_out leaves no feature to learn from. Leave out fewer columns.")
    return mapping, measured, notes


def _leaving(mapping: Mapping, column: str) -> str:
    """The setting that leaves a column out too."""
    names = [*mapping.leave_out, column]
    told = json.dumps(names, ensure_ascii=False) if any("," in one for one in names) else ",".join(names)
    return (
        f"--set leave_out='{told}'"
        if any(not one.isalnum() for one in told if one != "_")
        else f"--set leave_out={told}"
    )


def _asked(mapping: Mapping) -> str | None:
    """The columns of features as JSON, where a person names them, or those that are none; None for all of them."""
    if mapping.features:
        learnt = [one for one in mapping.features if one not in mapping.leave_out]
        return json.dumps([column_name(one) for one in learnt], ensure_ascii=False)
    if mapping.leave_out:
        return json.dumps({WITHOUT: [column_name(one) for one in mapping.leave_out]}, ensure_ascii=False)
    return None


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def _keyed(
    table: Table, mapping: Mapping, features: Sequence[str]
) -> tuple[list[int], list[str], list[tuple[str, str]]]:
    """The rows that are samples, the key of each, and what is wrong with others."""
    kept: list[int] = []
    keys: list[str] = []
    skipped: list[tuple[str, str]] = []
    seen: set[str] = set()
    names = [] if mapping.key else names_of(table.rows)
    for place, (line, row) in enumerate(zip(table.lines, table.rows, strict=True)):
        key = row[mapping.key].strip() if mapping.key else names[place]
        told = [name for name in features if number_of(row[name]) is not None]
        if not key or key in seen:
            skipped.append((f"line {line}", f"{key!r} is the name of a line before" if key else "it has no name"))
        elif features and not told:
            head = "; it seems to name the columns: --set header=yes reads it so" if line == 1 else ""
            skipped.append((f"line {line}", f"none of its features is told{head}"))
        else:
            kept.append(place)
            keys.append(key)
            seen.add(key)
    return kept, keys, skipped


def _told(
    name: str,
    table: Table,
    mapping: Mapping,
    where: Sequence[str],
    speakers: Sequence[str],
    labels: Sequence[str | None],
) -> Iterator[Noted]:
    yield from (Noted(name, "mapping", why) for why in mapping.why)
    if not mapping.label:
        yield Noted(name, "mapping", unnamed(table, mapping, "the class", "label_column"))
    unknown = [one for one, speaker in zip(where, speakers, strict=True) if not speaker]
    if unknown:
        yield Noted(
            name,
            "speaker",
            named(f"of {plural(len(unknown), 'row')} no speaker is told: each counts as one of its own", unknown),
        )
    if not mapping.speaker and labels:
        yield Noted(name, "speaker", unnamed(table, mapping, "who speaks", "speaker_column") + f"; {_ALONE}")
    said: dict[str, set[str]] = {}
    for speaker, label in zip(speakers, labels, strict=True):
        said.setdefault(speaker, set()).update([label] if label and speaker else [])
    split = [speaker for speaker, classes in said.items() if len(classes) > 1]
    if split:
        told = plural(len(split), "speaker is", "speakers are")
        words = f"{told} of two classes: two people may have one name"
        yield Noted(name, "speaker", named(words, split))


def other_ages(name: str, table: Table, ages: Mapped[str, float]) -> Iterator[Noted]:
    """Speakers of recordings whose age a table of features tells otherwise; ALS020 there is 20 or 020 here."""
    mapping = guess(table, lambda told: False)
    if mapping is None or not mapping.speaker:
        return
    known: dict[str, list[str]] = {}
    for speaker in ages:
        known.setdefault(_number(speaker), []).append(speaker)
    other = []
    for row, facts in zip(table.rows, facts_of(table.rows, ()), strict=True):
        own = mapping.speaker_of(row)
        meant = known.get(_number(own), [])
        told = ages_of(own, facts)
        # Two speakers of one number cannot be told apart.
        if len(meant) == 1 and told and told[own] != ages[meant[0]]:
            other.append(f"{meant[0]} {ages[meant[0]]:g} there, {told[own]:g} here")
    if other:
        who = "the age of 1 speaker is another" if len(other) == 1 else f"the ages of {len(other)} speakers are others"
        yield Noted(name, "age", named(f"{who} than beside the recordings", other))


def _number(speaker: str) -> str:
    """The number at the end of a name without leading zeros, the name itself where there is none."""
    found = re.search("[0-9]+$", speaker)
    return str(int(found[0])) if found else speaker
