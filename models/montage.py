"""Montages: which differences of channels are drawn as rows, in which groups. Own ones are JSON files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.electrodes import CHANNELS, OLDER, index, name_channel, recorded_pair
from models.errors import UserError
from models.wiring import Weights, Wiring, wiring_of

#: Montages that need no file, the one that is shown first in front.
MONTAGES = ("longitudinal", "transverse", "average", "laplacian", "referential", "neonatal")
#: In place of a second channel: the mean of all electrodes that are there.
AVERAGE = "average"
#: A file is no larger, in bytes, and a montage has no more rows.
_LARGEST, MOST_ROWS = 1 << 20, 256
_HEART = ("EKG", ("EKG",))
#: A sum of weights below it is none.
_ZERO = 1e-6


@dataclass(frozen=True)
class Row:
    """One row: the weighted sum of channels; with `average` the mean of all electrodes is taken off it."""

    label: str
    terms: tuple[tuple[str, float], ...]
    average: bool = False


@dataclass(frozen=True)
class Group:
    """Rows that stand together, with room to the next ones."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Montage:
    """name: short, for files and settings; title: for people. partial: a row of which something is missing is drawn
    of what is there (Laplacian); else it is left empty."""

    name: str
    title: str
    groups: tuple[Group, ...]
    partial: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all groups."""
        return tuple(row for group in self.groups for row in group.rows)


@dataclass(frozen=True)
class Applied:
    """A montage for the channels of a recording: matrix (rows × channels) gives the rows from samples.

    missing: labels of rows that cannot be drawn, all of which are 0 in the matrix. groups: the group of each row, as
    a number. kinds: of each row "eeg" or "ekg". joined: labels of rows that several recorded pairs make.
    """

    labels: tuple[str, ...]
    matrix: npt.NDArray[np.float32]
    missing: tuple[str, ...]
    groups: tuple[int, ...]
    kinds: tuple[str, ...]
    joined: tuple[str, ...] = ()


def rows(names: Sequence[str], montage: Montage, bad: Sequence[str] = ()) -> Applied:
    """The montage for channels of these names, old or new ones; bad: those that no mean is made with."""
    where = index(names)
    without = {_older(name) for name in bad}
    mean = _mean(names, without)
    every = montage.rows
    matrix = np.zeros((len(every), len(names)), np.float32)
    missing: list[str] = []
    joined: list[str] = []
    for place, row in enumerate(every):
        if (pair := _recorded(row, where)) is not None:
            matrix[place, pair[0]] = pair[1]
            continue
        terms = _present(row, where, without, montage.partial)
        if terms is None or (row.average and not mean.any()):
            single = [_older(names[channel]) for channel in np.flatnonzero(mean).tolist()]
            weights = _joined(row, wiring_of(tuple(names), frozenset(bad)), single)
            for channel, weight in weights.items():
                matrix[place, channel] = weight
            (joined if weights else missing).append(row.label)
            continue
        for name, weight in terms:
            matrix[place, where[name]] += weight
        if row.average:
            matrix[place] -= mean
    groups = tuple(number for number, group in enumerate(montage.groups) for _ in group.rows)
    kinds = tuple("ekg" if {name for name, _ in row.terms} == {"EKG"} else "eeg" for row in every)
    labels = tuple(row.label for row in every)
    return Applied(labels, matrix, tuple(missing), groups, kinds, tuple(joined))


def _older(name: str) -> str:
    return OLDER.get(name, name)


def _recorded(row: Row, where: Mapping[str, int]) -> tuple[int, int] | None:
    """Where a pair of electrodes stands that was recorded as a pair, and its sign; None where none does."""
    if len(row.terms) != 2 or row.average or [weight for _, weight in row.terms] != [1, -1]:
        return None
    first, second = (_older(name) for name, _ in row.terms)
    return None if first in where and second in where else recorded_pair(where, first, second)


def _mean(names: Sequence[str], without: set[str]) -> npt.NDArray[np.float32]:
    """The weights of the mean of all electrodes of the 10–20 system, ears left out."""
    chosen = np.array([_older(name) in CHANNELS[:-1] and _older(name) not in without for name in names], np.float32)
    return np.asarray(chosen / max(1.0, float(chosen.sum())), np.float32)


def _present(
    row: Row, where: Mapping[str, int], without: set[str], partial: bool
) -> tuple[tuple[str, float], ...] | None:
    """The terms of a row that can be drawn: all; of a partial montage the first one less the mean of what is left."""
    there = tuple((_older(name), weight) for name, weight in row.terms if _older(name) in where)
    if len(there) == len(row.terms) and not (partial and any(name in without for name, _ in there[1:])):
        return there
    first = _older(row.terms[0][0])
    rest = [term for term in there if term[0] != first and term[0] not in without]
    if not partial or first not in where or not rest:
        return None
    total = sum(weight for _, weight in rest)
    return ((first, row.terms[0][1]), *((name, -row.terms[0][1] * weight / total) for name, weight in rest))


def _joined(row: Row, wiring: Wiring, single: Sequence[str]) -> Weights:
    """A row of differences by the pairs that connect its electrodes; nothing where they do not connect all of them.

    single: the electrodes that were recorded by themselves, of which an average is one where there are any.
    """
    if not wiring.paired:
        return {}
    first, weight = _older(row.terms[0][0]), row.terms[0][1]
    others = [(_older(name), part) for name, part in row.terms[1:]]
    if row.average:
        heads = list(single) or wiring.heads
        if others or not (single or first in heads):
            return {}
        others = [(name, -weight / len(heads)) for name in heads if name != first]
        weight -= weight / len(heads) if first in heads else 0.0
    ways = [(part, wiring.between(first, name)) for name, part in others]
    if not ways or abs(weight + sum(part for part, _ in ways)) > _ZERO:
        return {}
    found: dict[int, float] = {}
    for part, way in ways:
        if way is None:
            return {}
        for place, sign in way.items():
            found[place] = found.get(place, 0.0) - part * sign
    return {place: value for place, value in found.items() if abs(value) > _ZERO}


# Those that need no file


def _chain(*names: str) -> tuple[Row, ...]:
    """Neighbours of a chain, each less the next."""
    return tuple(_pair(first, second) for first, second in pairwise(names))


def _pair(first: str, second: str) -> Row:
    return Row(f"{first}-{second}", ((first, 1.0), (second, -1.0)))


def _singles(names: Sequence[str], average: bool = False) -> tuple[Row, ...]:
    return tuple(Row(f"{name}-avg" if average else name, ((name, 1.0),), average) for name in names)


#: The chains in the order that raters of the public sets saw them in: sides next to each other, the midline last.
_SIDES = (
    ("left lateral", ("Fp1", "F7", "T3", "T5", "O1")),
    ("right lateral", ("Fp2", "F8", "T4", "T6", "O2")),
    ("left parasagittal", ("Fp1", "F3", "C3", "P3", "O1")),
    ("right parasagittal", ("Fp2", "F4", "C4", "P4", "O2")),
    ("midline", ("Fz", "Cz", "Pz")),
)
_ACROSS = (
    ("frontopolar", ("F7", "Fp1", "Fp2", "F8")),
    ("frontal", ("F7", "F3", "Fz", "F4", "F8")),
    ("central", ("T3", "C3", "Cz", "C4", "T4")),
    ("parietal", ("T5", "P3", "Pz", "P4", "T6")),
    ("occipital", ("T5", "O1", "O2", "T6")),
)
#: The nearest electrodes of each (Hjorth 1975).
NEIGHBOURS = {
    "Fp1": ("F7", "F3", "Fp2"), "Fp2": ("F8", "F4", "Fp1"), "F7": ("Fp1", "F3", "T3"), "F8": ("Fp2", "F4", "T4"),
    "F3": ("Fp1", "F7", "Fz", "C3"), "F4": ("Fp2", "F8", "Fz", "C4"), "Fz": ("F3", "F4", "Cz"),
    "T3": ("F7", "C3", "T5"), "T4": ("F8", "C4", "T6"), "C3": ("F3", "T3", "Cz", "P3"), "C4": ("F4", "T4", "Cz", "P4"),
    "Cz": ("Fz", "C3", "C4", "Pz"), "T5": ("T3", "P3", "O1"), "T6": ("T4", "P4", "O2"),
    "P3": ("C3", "T5", "Pz", "O1"), "P4": ("C4", "T6", "Pz", "O2"), "Pz": ("Cz", "P3", "P4"),
    "O1": ("T5", "P3", "O2"), "O2": ("T6", "P4", "O1"),
}  # fmt: skip
#: Electrodes by side, as rows of one electrode are drawn.
_BY_SIDE = (
    ("left", ("Fp1", "F3", "C3", "P3", "F7", "T3", "T5", "O1")),
    ("midline", ("Fz", "Cz", "Pz")),
    ("right", ("Fp2", "F4", "C4", "P4", "F8", "T4", "T6", "O2")),
)
_NEWBORN = (
    ("left", (("Fp1", "T3"), ("T3", "O1"), ("Fp1", "C3"), ("C3", "O1"))),
    ("across", (("T3", "C3"), ("C3", "Cz"), ("Cz", "C4"), ("C4", "T4"))),
    ("right", (("Fp2", "C4"), ("C4", "O2"), ("Fp2", "T4"), ("T4", "O2"))),
    ("midline", (("Fz", "Cz"), ("Cz", "Pz"))),
)


def _laplacian(names: Sequence[str]) -> tuple[Row, ...]:
    found = []
    for name in names:
        around = NEIGHBOURS[name]
        found.append(Row(f"{name}-lap", ((name, 1.0), *((other, -1 / len(around)) for other in around))))
    return tuple(found)


def _built() -> dict[str, Montage]:
    heart = Group(_HEART[0], _singles(_HEART[1]))
    groups = {
        "longitudinal": [Group(name, _chain(*chain)) for name, chain in _SIDES],
        "transverse": [Group(name, _chain(*chain)) for name, chain in _ACROSS],
        "average": [Group(name, _singles(side, True)) for name, side in _BY_SIDE],
        "laplacian": [Group(name, _laplacian(side)) for name, side in _BY_SIDE],
        "referential": [Group(name, _singles(side)) for name, side in _BY_SIDE],
        "neonatal": [Group(name, tuple(_pair(*pair) for pair in pairs)) for name, pairs in _NEWBORN],
    }
    titles = {
        "longitudinal": "Longitudinal bipolar (double banana)",
        "transverse": "Transverse bipolar",
        "average": "Average reference",
        "laplacian": "Laplacian",
        "referential": "As recorded",
        "neonatal": "Neonatal",
    }
    return {name: Montage(name, titles[name], (*groups[name], heart), name == "laplacian") for name in MONTAGES}


BUILT_IN: Mapping[str, Montage] = _built()


# Own ones


def read_montage(path: Path) -> Montage:
    """A montage that a person wrote. Raises UserError that tells what is wrong in which row."""
    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"{path.name} is longer than {_LARGEST >> 20} MB, so it is no montage")
        content = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read as a montage: {error}") from error
    return parse_montage(content, path.name)


def parse_montage(content: Any, where: str = "the montage") -> Montage:
    """A montage from what its JSON holds. Raises UserError."""
    if not isinstance(content, dict) or not isinstance(content.get("groups"), list):
        raise UserError(f'{where}: a montage is {{"name": …, "groups": [{{"name": …, "rows": ["Fp1-F7", …]}}, …]}}')
    name, title = _words(content, "name", where), _words(content, "title", where, content.get("name"))
    groups = tuple(_group(group, f"{where}, group {place}") for place, group in enumerate(content["groups"], 1))
    found = Montage(name, title, groups, content.get("partial") is True)
    if not 1 <= len(found.rows) <= MOST_ROWS:
        raise UserError(f"{where} has {len(found.rows)} rows: give 1 to {MOST_ROWS}")
    return found


def _words(content: Mapping[str, Any], key: str, where: str, default: Any = None) -> str:
    value = content.get(key, default)
    if not isinstance(value, str) or not value.strip() or len(value) > 80:
        raise UserError(f"{where}: {key} is to be a short text")
    return value.strip()


def _group(content: Any, where: str) -> Group:
    if not isinstance(content, dict) or not isinstance(content.get("rows"), list):
        raise UserError(f'{where}: a group is {{"name": …, "rows": ["Fp1-F7", …]}}')
    made = tuple(_row(row, f"{where}, row {place}") for place, row in enumerate(content["rows"][: MOST_ROWS + 1], 1))
    return Group(_words(content, "name", where, " "), made) if content.get("name") else Group("", made)


def _row(content: Any, where: str) -> Row:
    """``Fp1-F7``, ``Fp1-average``, ``Fp1``, or {"label": …, "terms": {"Fp1": 1, "F7": -0.5}, "average": true}."""
    if isinstance(content, str):
        return _written(content, where)
    if not isinstance(content, dict) or not isinstance(content.get("terms"), dict) or not content["terms"]:
        raise UserError(f'{where}: a row is "Fp1-F7", or {{"label": …, "terms": {{"Fp1": 1, "F7": -1}}}}')
    terms = tuple((_channel(name, where), _weight(value, where)) for name, value in content["terms"].items())
    return Row(_words(content, "label", where), terms, content.get("average") is True)


def _written(text: str, where: str) -> Row:
    parts = [part.strip() for part in text.split("-")]
    if not 1 <= len(parts) <= 2 or not all(parts):
        raise UserError(f"{where} is {text[:40]!r}: write Fp1-F7, Fp1-{AVERAGE} or Fp1")
    first = _channel(parts[0], where)
    if len(parts) == 1:
        return Row(text.strip(), ((first, 1.0),))
    if parts[1].lower() in (AVERAGE, "avg", "av"):
        return Row(text.strip(), ((first, 1.0),), True)
    return Row(text.strip(), ((first, 1.0), (_channel(parts[1], where), -1.0)))


def _channel(name: str, where: str) -> str:
    found = name_channel(name)
    if not name.strip() or len(name) > 40:
        raise UserError(f"{where} names {name[:40]!r}, which is no channel")
    return found.name


def _weight(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e3:
        raise UserError(f"{where} has the weight {str(value)[:40]}: give a number")
    return float(value)


def montage_json(montage: Montage) -> dict[str, Any]:
    """What `parse_montage` reads."""
    groups = [{"name": group.name, "rows": [_row_json(row) for row in group.rows]} for group in montage.groups]
    return {"name": montage.name, "title": montage.title, "partial": montage.partial, "groups": groups}


def _row_json(row: Row) -> Any:
    return {"label": row.label, "terms": dict(row.terms), "average": row.average}
