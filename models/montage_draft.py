"""A montage while a person writes it: rows as text such as ``C3 - 0.5 F3 - 0.5 P3``, checked against a recording."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from models.electrodes import OLDER, name_channel
from models.errors import UserError
from models.montage import AVERAGE, BUILT_IN, MOST_ROWS, Group, Montage, Row, rows

#: Signs that part names; a name with one of them stands in quotes.
_PLAIN = re.compile(r"[^\W\d][^\s+\-−*\"]*")
_TERM = re.compile(r'\s*([+\-−])?\s*(?:(\d+(?:\.\d*)?|\.\d+)\s*\*?\s*)?(?:"([^"]+)"|([^\W\d][^\s+\-−*"]*))\s*')
_LONGEST = 80


@dataclass(frozen=True)
class DraftRow:
    """One row: what is written for it, "" for what it is made of; the text of that; the group it stands in."""

    label: str = ""
    text: str = ""
    group: str = ""


@dataclass(frozen=True)
class Draft:
    """A montage as it is written. built_in: it belongs to the program and is looked at alone."""

    title: str
    rows: tuple[DraftRow, ...]
    partial: bool = False
    built_in: bool = False

    def moved(self, places: Sequence[int], before: int) -> Draft:
        """The same with these rows, in their order, before the row of a place."""
        chosen = set(places)
        head = [row for place, row in enumerate(self.rows[:before]) if place not in chosen]
        tail = [row for place, row in enumerate(self.rows[before:], before) if place not in chosen]
        return replace(self, rows=(*head, *(self.rows[place] for place in sorted(chosen)), *tail))

    def without(self, places: Sequence[int]) -> Draft:
        """The same without these rows."""
        return replace(self, rows=tuple(row for place, row in enumerate(self.rows) if place not in set(places)))

    def written(self, place: int, row: DraftRow) -> Draft:
        """The same with another row in its place."""
        return replace(self, rows=(*self.rows[:place], row, *self.rows[place + 1 :]))

    def added(self, place: int, row: DraftRow) -> Draft:
        """The same with one more row."""
        return replace(self, rows=(*self.rows[:place], row, *self.rows[place:]))


def draft_of(montage: Montage) -> Draft:
    """A montage as it is written."""
    found = tuple(
        DraftRow("" if row.label == label_of(row) else row.label, row_text(row), group.name)
        for group in montage.groups
        for row in group.rows
    )
    own = montage.name not in BUILT_IN
    title = montage.title if own else BUILT_IN[montage.name].title
    return Draft(title, found, montage.partial, not own)


def montage_of_draft(draft: Draft) -> Montage:
    """The montage that is written. Raises UserError with the row that is wrong."""
    name = draft.title.strip()
    if not name or len(name) > _LONGEST:
        raise UserError("Give the montage a short name.")
    if name.casefold() in {word.casefold() for one in BUILT_IN.values() for word in (one.name, one.title)}:
        raise UserError(f"{name} is built in. Give your own montage another name.")
    if not 1 <= len(draft.rows) <= MOST_ROWS:
        raise UserError(f"{name} has {len(draft.rows)} rows: give it 1 to {MOST_ROWS}.")
    groups = []
    for group, some in groupby(enumerate(draft.rows), key=lambda pair: pair[1].group.strip()):
        groups.append(Group(group, tuple(_numbered(place, row) for place, row in some)))
    return Montage(name, name, tuple(groups), draft.partial)


def _numbered(place: int, row: DraftRow) -> Row:
    try:
        return read_row(row)
    except UserError as error:
        raise UserError(f"Row {place + 1}: {error}") from None


def row_text(row: Row) -> str:
    """``Fp1 - F7``, ``Cz - average``, ``C3 - 0.25 F3 - 0.25 T3``."""
    parts: list[str] = []
    for name, weight in (*row.terms, *(((AVERAGE, -1.0),) if row.average else ())):
        size = "" if abs(weight) == 1 else f"{abs(weight):.6g} "
        written = name if _PLAIN.fullmatch(name) else f'"{name}"'
        sign = "- " if weight < 0 else "+ " if parts else ""
        parts.append(f"{sign}{size}{written}")
    return " ".join(parts)


def read_row(row: DraftRow) -> Row:
    """The row that is written. Raises UserError."""
    terms: dict[str, float] = {}
    average, at, text = False, 0, row.text.strip()
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None or ((terms or average) and not found.group(1)):
            raise UserError(f"{text[at : at + 20]!r} cannot be read. Write Fp1 - F7, Cz - {AVERAGE} or C3 - 0.5 P3.")
        sign, size, quoted, plain = found.groups()
        weight = float(size or 1) * (1 if sign in (None, "+") else -1)
        name, at = str(quoted or plain).strip(), found.end()
        if plain and plain.casefold() in (AVERAGE, "avg", "av"):
            if average or weight != -1:
                raise UserError(f"the {AVERAGE} can be taken off once: - {AVERAGE}.")
            average = True
            continue
        channel = name_channel(name).name
        if not math.isfinite(weight) or not weight or abs(weight) > 1e3:
            raise UserError(f"{channel} has the weight {abs(weight):g}: give another number.")
        if channel in terms:
            raise UserError(f"{channel} stands in it twice.")
        terms[channel] = weight
    if not terms:
        raise UserError("it names no channel. Write Fp1 - F7, or choose channels at the right.")
    made = Row("", tuple(terms.items()), average)
    return replace(made, label=row.label.strip()[:_LONGEST] or label_of(made))


def label_of(row: Row) -> str:
    """What is written for a row that nobody named."""
    return row_text(row).replace(" - ", "-")[:_LONGEST]


def lacking(row: Row, names: Sequence[str], partial: bool = False) -> list[str]:
    """The channels for which a row cannot be drawn of a recording with these names, in their order."""
    applied = rows(names, Montage("", "", (Group("", (row,)),), partial))
    if not applied.missing:
        return []
    there = {OLDER.get(name, name) for name in names}
    return [name for name, _weight in row.terms if OLDER.get(name, name) not in there]


def with_channel(text: str, name: str) -> str:
    """What is written with one more channel: the first one, or one that is taken off."""
    written = name if _PLAIN.fullmatch(name) else f'"{name}"'
    return f"{text.strip()} - {written}" if text.strip() else written
