"""Columns of a table of features that tell the class rather than the voice: scores of the disease, or its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from models.domains.voice.mapping import Mapping as Reading
from models.domains.voice.mapping import features_of, is_gap, number_of
from models.domains.voice.options import NONE, Options
from models.domains.voice.sheet import class_text
from models.errors import UserError
from models.params import listed, unknown
from models.texttable import Table

#: A class of fewer rows may have one value by chance, and values that no other class reaches.
_ENOUGH, _APART = 4, 10


def of_class(table: Table, reading: Reading) -> dict[str, str]:
    """The features in which a whole class has one value that no other class has, and that value and class in words.

    So is a score of the disease that healthy people have none of, or the class itself by another name.
    """
    found: dict[str, str] = {}
    for name, values in _by_class(table, reading):
        single = [(label, told[0]) for label, told in values.items() if len(told) >= _ENOUGH and len({*told}) == 1]
        for label, value in single:
            if len(values) > 1 and not any(value in told for other, told in values.items() if other != label):
                found.setdefault(name, f"{value} in all of {label}, and nowhere else")
    return found


def parting(table: Table, reading: Reading) -> list[str]:
    """The features of which one threshold parts two classes without a single mistake, in tables of some length."""
    found = []
    for name, values in _by_class(table, reading):
        numbers = [np.array([number_of(text) for text in told], float) for told in values.values()]
        if len(numbers) == 2 and min(map(len, numbers)) >= _APART and not any(np.isnan(one).any() for one in numbers):
            first, second = numbers
            if first.max() < second.min() or second.max() < first.min():
                found.append(name)
    return found


def left_out(table: Table, reading: Reading, options: Options, name: str) -> tuple[str, ...]:
    """The columns that a person leaves out of the features. Raises UserError for one that no table has."""
    found: dict[str, None] = {}
    told = options.leaves(name)
    for pattern in listed(told) if told != NONE else ():
        own = [pattern] if pattern in table.names else [one for one in table.names if fnmatchcase(one, pattern)]
        own = own or [one for one in (table.called(pattern),) if one]
        if not own and not any(fnmatchcase(one, pattern) for one in options.offered):
            raise UserError(f"{name}: {unknown('column', pattern, table.names)}")
        found |= dict.fromkeys(own)
    return tuple(one for one in found if one not in (reading.speaker, reading.label, reading.key))


def _by_class(table: Table, reading: Reading) -> Iterator[tuple[str, Mapping[str, Sequence[str]]]]:
    """Each feature with what it tells in each class, gaps left out."""
    if not reading.label:
        return
    labels = [class_text(row[reading.label]) for row in table.rows]
    for name in features_of(table, reading):
        values: dict[str, list[str]] = {label: [] for label in labels if label is not None}
        for label, row in zip(labels, table.rows, strict=True):
            text = row[name].strip()
            if label is not None and not is_gap(text) and number_of(text) is not None:
                values[label].append(text)
        yield name, values
