"""How a table is read: which of its columns name the file, the speaker, the class, the row, and its features.

A mapping is guessed from names and values, told, kept with the project, and can be given as JSON::

    {"file": "path", "speaker": "speaker_id", "label": "label"}
    {"key": "name", "speaker": "name", "pattern": "(S[0-9]+)", "label": "status", "features": ["PPE", "HNR"]}

``file`` names recordings or images; without it each row is a sample of features: those that are named, else all columns
of numbers but those of ``leave_out``. ``pattern`` is what of the speaker's column is the speaker (its first group).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence, Set
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.domains.voice.audio import SUFFIXES as SOUNDS
from models.domains.voice.headings import BEGINNINGS, CLINICAL, DESCRIBING, FILES, KEYS, LABELS, SPEAKERS, plain
from models.domains.voice.images import SUFFIXES as PICTURES
from models.domains.voice.options import COLUMNS, Options
from models.errors import UserError
from models.mapping_text import GUESS, kept_of, parts_of, text_of
from models.params import unknown
from models.texttable import Table

#: What of a name is the speaker: a part as S01, else all but a last number.
_PATTERNS = (r"(?:^|[_\-. ])([Ss][0-9]+)(?:[_\-. ]|$)", r"^(.*[^_\-. ])[_\-. ]+[0-9]+$")
#: The share of names that need not tell the speaker, and of speakers that may be of two classes: tables have mistakes,
#: and a speaker in two parts would be learnt and tested on.
_ASTRAY = 0.1
#: The share of values that differ, from which on a column names things one by one.
_DISTINCT = 0.8
#: Of so many rows on it means something that a column names each one.
_ENOUGH = 10
#: So many columns are named to choose from.
_TOLD = 8
#: A table of fewer numbers a row is none of features.
_FEWEST = 3
#: A column with no greater share of fields that are no numbers is one of numbers, in which these are missing.
_SLIPS = 0.1
#: A column with no smaller share of numbers was perhaps meant as one of them; with a smaller one it is of words.
_MEANT = 0.25
#: What tables write where nothing was measured.
_GAPS = ("", "na", "n/a", "n.a.", "null", "none", "missing", "-", "--", "–", "?", ".")


@dataclass(frozen=True)
class Mapping:
    """See the module. why: how it was found."""

    file: str = ""
    speaker: str = ""
    label: str = ""
    key: str = ""
    pattern: str = ""
    features: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    why: tuple[str, ...] = field(default=(), compare=False)

    def json(self) -> str:
        """The mapping as one line of JSON, without what is empty."""
        return text_of(self)

    def speaker_of(self, row: Mapped[str, str]) -> str:
        """Who speaks, "" where the row does not tell."""
        told = row.get(self.speaker, "").strip()
        told = _stem(told) if self.speaker == self.file and self.file else told
        if not self.pattern:
            return told
        found = re.search(self.pattern, told)
        return found[1] if found else ""


def read_mapping(words: str) -> Mapping:
    """The mapping from JSON text or from a JSON file. Raises UserError for what is wrong in it."""
    source, parts = parts_of(words, (), Mapping.__dataclass_fields__)
    lists = {name: parts.pop(name, []) for name in ("features", "leave_out")}
    if wrong := [name for name, told in lists.items() if not isinstance(told, list)]:
        raise UserError(f'in {source} "{wrong[0]}" is a list of names of columns')
    texts: dict[str, Any] = {name: str(value) for name, value in parts.items()}
    try:
        if texts.get("pattern") and not re.compile(texts["pattern"]).groups:
            raise UserError(f'in {source} "pattern" has no group: put what is the speaker in brackets, as (S[0-9]+)')
    except re.error as error:
        raise UserError(f'in {source} "pattern" cannot be read: {error}') from None
    features, left = (tuple(map(str, told)) for told in lists.values())
    return Mapping(features=features, leave_out=left, **texts)


def mapping_of(
    name: str, table: Table, options: Options, finds: Callable[[str], bool], roots: Sequence[str] = ()
) -> Mapping | None:
    """How a table of this name is read: as a person says, or said before, else guessed; None for none.

    finds(text) tells whether a file is meant. roots: names under which recordings of the table may be kept. Raises
    UserError for a column that is asked for and in no table.
    """
    if options.mapping and options.mapping != GUESS:
        return _present(read_mapping(options.mapping), name, table)
    sources = (name, *roots)
    if not (options.mapping or options.speaker or options.label):
        for source, found in _kept(options, sources):
            if _fits(found, table) and (source == name or found.file):
                return found
    said = options.said(*sources)
    wanted = [_wanted(said.get(column, ""), name, table, options.offered) for column in COLUMNS]
    return guess(table, finds, *wanted)


def _kept(options: Options, sources: Sequence[str]) -> Iterator[tuple[str, Mapping]]:
    """What a person said of sources; what was guessed is guessed anew, as a table may tell more by now."""
    said = {source: options.kept[source] for source in sources if options.kept.get(source, {}).get("given")}
    return ((source, found) for source, _, found in kept_of(json.dumps(said), "mapping", read_mapping))


def _columns(mapping: Mapping) -> set[str]:
    told = (mapping.file, mapping.speaker, mapping.label, mapping.key, *mapping.features, *mapping.leave_out)
    return {name for name in told if name}


def _fits(mapping: Mapping, table: Table) -> bool:
    # What is left out need not be there.
    return _columns(replace(mapping, leave_out=())) <= set(table.names)


def _present(mapping: Mapping, name: str, table: Table) -> Mapping | None:
    missing = sorted(_columns(mapping) - set(table.names))
    if missing:
        raise UserError(f"{name}: {unknown('column', missing[0], table.names)}")
    return mapping


def _wanted(column: str, name: str, table: Table, offered: Set[str]) -> str:
    """The column that a person named; "" where it is one of another table."""
    if not column or column == "none" or table.called(column):
        return table.called(column) or column
    if column not in offered:
        raise UserError(f"{name}: {unknown('column', column, table.names)}")
    return ""


def guess(table: Table, finds: Callable[[str], bool], speaker: str = "", label: str = "") -> Mapping | None:
    """What the columns of a table are, None where it is of no use. speaker, label: those that a person named."""
    file = _file_column(table, finds)
    taken = {file, speaker}
    label = "" if label == "none" else label or _named(table, LABELS, taken, BEGINNINGS)
    speaker = speaker or _named(table, SPEAKERS, {file, label})
    if file:
        found = Mapping(file, speaker, label)
        return found if speaker else _from_name(table, found, file)
    key = next((name for name in table.names if plain(name) in KEYS and _is_key(table, name, name == speaker)), "")
    found = Mapping("", speaker, label, key)
    if not key and speaker and plain(speaker) in KEYS:
        # Said to tell the speaker, it may name the rows as well, but for a row or two that stand twice.
        named = _from_name(table, replace(found, key=speaker), speaker)
        found = named if named.pattern and _is_key(table, speaker, False) else found
    if len(features_of(table, found)) < _FEWEST or not (speaker or label):
        return None
    return found if found.pattern or not key or speaker not in ("", key) else _from_name(table, found, key)


def unnamed(table: Table, mapping: Mapping, what: str, setting: str) -> str:
    """What to say where no column is known to tell something: the columns that are left, and how to name one."""
    free = [name for name in table.names if name not in _columns(mapping)]
    if not free:
        return f"no column is left that could tell {what}"
    more = f" and {len(free) - _TOLD} more" if len(free) > _TOLD else ""
    return f"no column is known to tell {what}: name it with --set {setting}=… ({', '.join(free[:_TOLD])}{more})"


def features_of(table: Table, mapping: Mapping) -> tuple[str, ...]:
    """The columns that are features: those of the mapping, else all that hold numbers and describe nobody."""
    taken = (mapping.speaker, mapping.label, mapping.key, *mapping.leave_out)
    if mapping.features:
        return tuple(name for name in mapping.features if name not in mapping.leave_out)
    return tuple(name for name in table.names if name not in taken and _is_feature(table, name))


def _file_column(table: Table, finds: Callable[[str], bool]) -> str:
    """The column most of whose values mean a file, or look like one."""
    best: dict[str, float] = {}
    for name in table.names:
        values = [row[name].strip() for row in table.rows]
        told = [value for value in values if value]
        looks = sum(value.lower().endswith((*SOUNDS, *PICTURES)) for value in told)
        if not told or (not looks and len(set(told)) < _DISTINCT * len(told)):
            continue
        there = sum(map(finds, told)) if looks or plain(name) in FILES else 0
        share = max(there, looks * 0.5) / len(told)
        if share >= 0.3:
            best[name] = share
    if not best:
        return ""
    return max(best, key=lambda name: (best[name], -_rank(name, FILES)))


def _from_name(table: Table, mapping: Mapping, column: str) -> Mapping:
    """The mapping with speakers from the names of files or rows, where some are of one speaker and one class."""
    for pattern in _PATTERNS:
        tried = replace(mapping, speaker=column, pattern=pattern)
        first = next((row for row in table.rows if tried.speaker_of(row)), None)
        if first is not None and _tells_speakers(table, tried):
            return replace(
                tried, why=(f"speakers are taken from {column} ({first[column]}: {tried.speaker_of(first)})",)
            )
    return mapping


def _tells_speakers(table: Table, mapping: Mapping) -> bool:
    """Whether the pattern parts rows into speakers: several, some of several rows, nearly all told and of one class."""
    owners: dict[str, set[str]] = {}
    nameless = 0
    for row in table.rows:
        speaker, told = mapping.speaker_of(row), row.get(mapping.label, "").strip()
        nameless += not speaker
        if speaker:
            owners.setdefault(speaker, set()).update([told] if told else [])
    mixed = sum(len(one) > 1 for one in owners.values())
    some = 1 < len(owners) < len(table.rows) - nameless
    return some and nameless <= _ASTRAY * len(table.rows) and mixed <= _ASTRAY * len(owners)


def _stem(text: str) -> str:
    return Path(text.strip().replace("\\", "/")).stem


def _named(table: Table, known: Sequence[str], taken: set[str], beginnings: tuple[str, ...] = ()) -> str:
    """The column that is called by one of the known names, the likeliest first."""
    free = [name for name in table.names if name not in taken]
    exact = sorted((name for name in free if plain(name) in known), key=lambda name: _rank(name, known))
    begun = [
        name for name in free if beginnings and plain(name).startswith(beginnings) and not _tells_apart(table, name)
    ]
    return next(iter([*exact, *begun]), "")


def _rank(name: str, known: Sequence[str]) -> int:
    return known.index(plain(name)) if plain(name) in known else len(known)


def _is_feature(table: Table, name: str) -> bool:
    """Whether a column holds numbers that are measured; a few fields may be none."""
    if is_described(name):
        return False
    told, wrong = _count(table, name), len(slips_of(table, name))
    return 2 * wrong < told and wrong <= max(1, _SLIPS * told)


def _count(table: Table, name: str) -> int:
    """How many fields of a column tell anything."""
    return sum(not is_gap(row[name]) for row in table.rows)


def slips_of(table: Table, name: str) -> list[tuple[int, str]]:
    """The fields of a column that tell something and no number: the line of each, and what stands there."""
    lines = zip(table.lines, table.rows, strict=True)
    return [(line, text) for line, row in lines if not is_gap(text := row[name].strip()) and number_of(text) is None]


def is_almost_feature(table: Table, name: str) -> bool:
    """Whether a good part of a column are numbers, but too few for one of features."""
    told, wrong = _count(table, name), len(slips_of(table, name))
    return 0 < wrong <= (1 - _MEANT) * told and not _is_feature(table, name)


def is_gap(text: str) -> bool:
    """Whether a field says that nothing was measured."""
    return text.strip().lower() in _GAPS


def _is_key(table: Table, name: str, strict: bool) -> bool:
    """Whether a column names each row; but where it must do so strictly, a few may be wrong."""
    values = [row[name].strip() for row in table.rows]
    told = [value for value in values if value]
    if strict:
        return len(set(told)) == len(values)
    return bool(told) and len(set(told)) >= _DISTINCT * len(told)


def _tells_apart(table: Table, name: str) -> bool:
    """Whether a column tells nearly every row from the others, as `label_id` does: none of classes."""
    return len(table.rows) >= _ENOUGH and _is_key(table, name, False)


def number_of(text: str) -> float | None:
    """A text as a number, None where it is none or one without end: nothing is measured as inf or 1e400."""
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isinf(number) else number


def is_clinical(name: str) -> bool:
    """Whether a column is a score that a clinician gives: it is the disease, and confounds nothing."""
    return any(word in plain(name) for word in CLINICAL)


def is_described(name: str) -> bool:
    """Whether a column tells of the speaker or the recording by its name, rather than of the voice."""
    return plain(name) in DESCRIBING or is_clinical(name)
