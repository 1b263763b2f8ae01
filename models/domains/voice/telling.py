"""Columns of a table of features that tell the class rather than the voice: scores of the disease, or its name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.domains.voice.mapping import Mapping as Reading
from models.domains.voice.mapping import number_of
from models.domains.voice.options import NONE, Options
from models.domains.voice.sheet import class_text
from models.errors import UserError
from models.params import listed, unknown
from models.texttable import Table

Doubles = npt.NDArray[np.float64]
#: A class of fewer rows may have one value by chance, and values that no other class reaches.
ENOUGH, APART = 4, 10
#: In a class with no smaller share of numbers a column is told, where another class has none at all.
_MOSTLY = 0.5


@dataclass(frozen=True)
class Features:
    """The features of a table as numbers, NaN for nothing, by their names; labels: the class of each row or None."""

    table: Table
    reading: Reading
    names: Sequence[str]

    @cached_property
    def labels(self) -> list[str | None]:
        """The class of each row."""
        label = self.reading.label
        return [class_text(row[label]) if label else None for row in self.table.rows]

    @cached_property
    def places(self) -> dict[str, npt.NDArray[np.int64]]:
        """The rows of each class."""
        found: dict[str, list[int]] = {}
        for place, label in enumerate(self.labels):
            if label is not None:
                found.setdefault(label, []).append(place)
        return {label: np.array(rows, np.int64) for label, rows in found.items()}

    def by_class(self, name: str) -> dict[str, Doubles]:
        """A feature in the rows of each class."""
        told = (number_of(row[name]) for row in self.table.rows)
        values = np.array([np.nan if number is None else number for number in told], np.float64)
        return {label: values[rows] for label, rows in self.places.items()}


def look(features: Features) -> tuple[dict[str, str], list[str]]:
    """The features that may be the class by another name, with why in words, and others of which one threshold parts
    two classes without a mistake."""
    telling: dict[str, str] = {}
    parted: list[str] = []
    if len(features.places) > 1:
        for name in features.names:
            values = features.by_class(name)
            if words := _telling(values):
                telling[name] = words
            elif _parts(values):
                parted.append(name)
    return telling, parted


def _telling(values: Mapping[str, Doubles]) -> str:
    """Why a feature may be the class: a whole class has one number that no other has, or none where others have some.

    So is a score of the disease that healthy people are not given, or have 0 of, or the class by another name.
    """
    known = {label: numbers[np.isfinite(numbers)] for label, numbers in values.items()}
    several: dict[float, int] = {}
    for numbers in known.values():
        for number in np.unique(numbers).tolist():
            several[number] = several.get(number, 0) + 1
    for label, numbers in known.items():
        if len(numbers) >= ENOUGH and (numbers == numbers[0]).all() and several[float(numbers[0])] == 1:
            return f"{numbers[0]:g} in all of {label}, and nowhere else"
    full = [label for label, numbers in known.items() if len(numbers) >= max(ENOUGH, _MOSTLY * len(values[label]))]
    bare = [label for label, numbers in known.items() if not len(numbers) and len(values[label]) >= ENOUGH]
    return f"told in {full[0]}, and of nobody in {bare[0]}" if full and bare else ""


def _parts(values: Mapping[str, Doubles]) -> bool:
    if len(values) != 2 or any(len(one) < APART or np.isnan(one).any() for one in values.values()):
        return False
    first, second = values.values()
    return bool(first.max() < second.min() or second.max() < first.min())


def left_out(table: Table, reading: Reading, options: Options, name: str) -> tuple[str, ...]:
    """The columns that a person leaves out of the features. Raises UserError for one named now that no table has."""
    told = options.leaves(name)
    found: dict[str, None] = {}
    for pattern in _patterns(told):
        own = [pattern] if pattern in table.names else [one for one in table.names if fnmatchcase(one, pattern)]
        own = own or [one for one in (table.called(pattern),) if one]
        if not own and options.leave_out and not any(fnmatchcase(one, pattern) for one in options.offered):
            raise UserError(f"{name}: {unknown('column', pattern, table.names)}")
        found |= dict.fromkeys(own)
    return tuple(one for one in found if one not in (reading.speaker, reading.label, reading.key))


def _patterns(told: str) -> list[str]:
    """Names of columns with commas between, or as JSON where they hold some."""
    if told == NONE:
        return []
    try:
        found = json.loads(told) if told.startswith("[") else listed(told)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UserError(f"leave_out is {told[:80]!r}: give names of columns with commas, or a list of them as JSON")
    return found
