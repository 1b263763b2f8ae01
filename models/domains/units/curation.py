"""Curation files of spikeinterface (formats 1 and 2) and of sortingview (format 0)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.domain import Finding, Noted
from models.domains.units.names import label_of
from models.domains.units.tables import Sheet
from models.errors import UserError
from models.learn.words import plural
from models.store.atomic import write_text

#: An id as a curation file has it.
Id = int | str
#: The kind of label that is the class of a unit.
QUALITY = "quality"
#: The attribute of a zarr folder under which SpikeInterface's own window keeps a curation.
HELD = "curation_data"
#: Where our files tell the labels of what merges and splits make, for which the formats have no place: their labels
#: are those of the units before. Other programs pass over it.
MADE = "labels_of_new_units"
#: The hidden column of what a curation file says of a unit beside its class, as JSON: kind → labels.
KINDS = "_kinds"
#: How the spikes of a split are told.
FLAT = "write a list for each part, such as [[0, 1, 5]]"
_SIGNS = ("manual_labels", "labelsByUnit", "label_definitions", "merge_unit_groups", "mergeGroups", "merges")


@dataclass(frozen=True)
class Definition:
    """A kind of label: its options, and whether a unit has only one of them."""

    options: tuple[str, ...]
    exclusive: bool = True


@dataclass(frozen=True)
class Merge:
    """Units that are one. new: the id of the whole, None where the file tells none."""

    units: tuple[Id, ...]
    new: Id | None = None


@dataclass(frozen=True)
class Split:
    """A unit that is several: spikes by group (``indices``), or a group for each spike (``labels``)."""

    unit: Id
    indices: tuple[tuple[int, ...], ...] | None = None
    labels: tuple[int, ...] | None = None
    new: tuple[Id, ...] = ()


@dataclass(frozen=True)
class Curation:
    """What a curation file says. format: "0", "1" or "2"; labels: unit → kind → labels, in the file's own spelling.

    made: the same of units that merges and splits make.
    """

    format: str
    units: tuple[Id, ...]
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    labels: Mapping[Id, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    splits: tuple[Split, ...] = ()
    removed: tuple[Id, ...] = ()
    made: Mapping[Id, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def class_of(self, unit: Id | None) -> str | None:
        """The class that the file gives to a unit that a merge or split makes, None for none."""
        words = self.made.get(unit, {}).get(quality_kind(self), ()) if unit is not None else ()
        return next((found for word in words if (found := label_of(word)) is not None), None)


def looks_like_curation(found: Any) -> bool:
    """Whether a JSON value has the parts of a curation file."""
    return isinstance(found, dict) and any(name in found for name in _SIGNS)


# Reading


def read_curation(path: Path) -> Curation:
    """Read any of the three formats, also among the attributes of a zarr folder.

    Raises UserError with the file and the place that is wrong.
    """
    found = read_json(path)
    if isinstance(found, dict) and isinstance(found.get(HELD), dict):
        found = found[HELD]
    if not looks_like_curation(found):
        raise UserError(f"{path} is no curation file: it has none of {', '.join(_SIGNS)}")
    try:
        return _old(found) if "format_version" not in found and _is_old(found) else _new(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UserError(f"{path} is no whole curation file: {reason}") from error


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises UserError for one that cannot be read, is cut off, or nests without end."""
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} is no whole JSON ({error}): it may be cut off or still be written") from error
    except RecursionError:
        raise UserError(f"{path} nests its brackets too deeply to be a file of edits or labels.") from None


def _is_old(found: Mapping[str, Any]) -> bool:
    return "labelsByUnit" in found or "mergeGroups" in found


def _id(value: Any) -> Id:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is no unit id")
    return value


def _old(found: Mapping[str, Any]) -> Curation:
    """sortingview: names of units are texts there even where the merge groups hold numbers."""
    merges = tuple(Merge(tuple(_id(unit) for unit in group)) for group in found.get("mergeGroups") or ())
    by_unit = found.get("labelsByUnit") or {}
    whole = all(str(unit).lstrip("-").isdigit() for unit in by_unit)
    whole = whole and not any(isinstance(unit, str) for merge in merges for unit in merge.units)
    given = {(int(unit) if whole else str(unit)): tuple(map(str, labels)) for unit, labels in by_unit.items()}
    units = tuple(dict.fromkeys([*given, *(unit for merge in merges for unit in merge.units)]))
    options = tuple(dict.fromkeys(label for labels in given.values() for label in labels))
    definitions = {QUALITY: Definition(options, False)} if options else {}
    return Curation("0", units, definitions, {unit: {QUALITY: labels} for unit, labels in given.items()}, merges)


def _new(found: Mapping[str, Any]) -> Curation:
    version = str(found.get("format_version", "2"))
    if version not in ("1", "2"):
        raise ValueError(f"format_version is {version}; known are 1 and 2")
    definitions = {
        str(kind): Definition(tuple(map(str, told["label_options"])), bool(told.get("exclusive", True)))
        for kind, told in (found.get("label_definitions") or {}).items()
    }
    labels: dict[Id, dict[str, tuple[str, ...]]] = {}
    for item in found.get("manual_labels") or ():
        _add(labels.setdefault(_id(item["unit_id"]), {}), _kinds(item), item["unit_id"])
    units = tuple(_id(unit) for unit in found.get("unit_ids") or labels)
    made = {_id(item["unit_id"]): _kinds(item) for item in found.get(MADE) or ()}
    return Curation(version, units, definitions, labels, _merges(found), _splits(found), _removed(found), made)


def _add(given: dict[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]], unit: Any) -> None:
    """Labels of a unit that the file names again: further kinds are taken, and another label of a kind is an error."""
    for kind, words in more.items():
        if given.setdefault(kind, words) != words:
            both = f"{', '.join(given[kind])} and {', '.join(words)}"
            raise ValueError(f"unit {unit} has two entries in manual_labels, {kind} {both}: leave one")


def _kinds(item: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Labels of one unit: under `labels` in format 2, beside its id in format 1."""
    told = item["labels"] if "labels" in item else {kind: given for kind, given in item.items() if kind != "unit_id"}
    return {
        str(kind): tuple(map(str, given)) if isinstance(given, list) else (str(given),)
        for kind, given in told.items()
        if given
    }


def _merges(found: Mapping[str, Any]) -> tuple[Merge, ...]:
    groups = [Merge(tuple(_id(unit) for unit in group)) for group in found.get("merge_unit_groups") or ()]
    merges = found.get("merges") or ()
    if isinstance(merges, dict):
        merges = [{"unit_ids": group, "new_unit_id": new} for new, group in merges.items()]
    for item in merges:
        if isinstance(item, list):
            groups.append(Merge(tuple(_id(unit) for unit in item)))
            continue
        new = item.get("new_unit_id")
        groups.append(Merge(tuple(_id(unit) for unit in item["unit_ids"]), None if new is None else _id(new)))
    return tuple(groups)


def _splits(found: Mapping[str, Any]) -> tuple[Split, ...]:
    return tuple(
        Split(
            _id(item["unit_id"]),
            None if item.get("indices") is None else _parts(item["indices"], item["unit_id"]),
            None if item.get("labels") is None else _numbers(item["labels"], item["unit_id"]),
            tuple(_id(unit) for unit in item.get("new_unit_ids") or ()),
        )
        for item in found.get("splits") or ()
    )


def _parts(given: Any, unit: Any) -> tuple[tuple[int, ...], ...]:
    """Spikes by part. A flat list would be as many parts as spikes: spikeinterface refuses it too."""
    if not isinstance(given, list) or not all(isinstance(part, list) for part in given):
        raise ValueError(f"the split of unit {unit} tells its indices as no list of lists: {FLAT}")
    return tuple(_numbers(part, unit) for part in given)


def _numbers(given: Any, unit: Any) -> tuple[int, ...]:
    """Whole numbers as they are: a fraction or a word is not made another spike or part."""
    if not isinstance(given, list) or any(isinstance(one, bool) or not isinstance(one, int) for one in given):
        raise ValueError(f"the split of unit {unit} holds something that is no whole number")
    return tuple(given)


def _removed(found: Mapping[str, Any]) -> tuple[Id, ...]:
    return tuple(_id(unit) for unit in [*(found.get("removed") or ()), *(found.get("removed_units") or ())])


# Writing


def write_curation(curation: Curation, path: Path, version: str = "2") -> None:
    """Write format 1 or 2. Raises UserError for what the format cannot hold, and when writing fails."""
    write_text(path, json.dumps(as_told(curation, version), indent=2, ensure_ascii=False) + "\n")


def as_told(curation: Curation, version: str = "2") -> dict[str, Any]:
    """The JSON object of format 1 or 2. Raises UserError for what the format cannot hold."""
    if version not in ("1", "2"):
        raise UserError(f"curation format {version!r} is not written: give 1 or 2")
    return _as_one(curation) if version == "1" else _as_two(curation)


def _definitions(curation: Curation) -> dict[str, Any]:
    """The kinds of labels with every option that occurs; spikeinterface wants two options at least."""
    kinds = dict.fromkeys([*curation.definitions, *(kind for given in curation.labels.values() for kind in given)])
    told: dict[str, Any] = {}
    for kind in kinds:
        known = curation.definitions.get(kind, Definition(()))
        used = [label for given in curation.labels.values() for label in given.get(kind, ())]
        options = list(dict.fromkeys([*known.options, *used]))
        spare = (word for word in ("good", "noise", "mua") if word not in options)
        while len(options) < 2:
            options.append(next(spare))
        many = any(len(given.get(kind, ())) > 1 for given in curation.labels.values())
        told[kind] = {"name": kind, "label_options": options, "exclusive": known.exclusive and not many}
    return told


def _as_two(curation: Curation) -> dict[str, Any]:
    told = {
        "supported_versions": ["1", "2"],
        "format_version": "2",
        "unit_ids": list(curation.units),
        "label_definitions": _definitions(curation),
        "manual_labels": [
            {"unit_id": unit, "labels": {kind: list(labels) for kind, labels in given.items()}}
            for unit, given in curation.labels.items()
        ],
        "removed": list(curation.removed),
        "merges": [{"unit_ids": list(merge.units), "new_unit_id": merge.new} for merge in curation.merges],
        "splits": [_split(split) for split in curation.splits],
    }
    return told | _made(curation)


def _made(curation: Curation) -> dict[str, Any]:
    if not curation.made:
        return {}
    return {MADE: [{"unit_id": unit, "labels": {kind: list(words) for kind, words in given.items()}}
                   for unit, given in curation.made.items()]}  # fmt: skip


def _split(split: Split) -> dict[str, Any]:
    return {
        "unit_id": split.unit,
        "mode": "labels" if split.indices is None else "indices",
        "indices": None if split.indices is None else [list(part) for part in split.indices],
        "labels": None if split.labels is None else list(split.labels),
        "new_unit_ids": list(split.new) or None,
    }


def _as_one(curation: Curation) -> dict[str, Any]:
    if curation.splits:
        raise UserError("curation format 1 cannot hold splits: write format 2")
    definitions = {
        kind: {k: v for k, v in told.items() if k != "name"} for kind, told in _definitions(curation).items()
    }
    return {
        "format_version": "1",
        "unit_ids": list(curation.units),
        "label_definitions": definitions,
        "manual_labels": [
            {"unit_id": unit, **{kind: list(labels) for kind, labels in given.items()}}
            for unit, given in curation.labels.items()
        ],
        "merge_unit_groups": [list(merge.units) for merge in curation.merges],
        "removed_units": list(curation.removed),
        **_made(curation),
    }


# Giving to units


def quality_kind(curation: Curation) -> str:
    """The kind of label that is the class: `quality`, else the first exclusive kind, else the first; "" for none."""
    kinds = list(
        dict.fromkeys([*curation.definitions, *(kind for given in curation.labels.values() for kind in given)])
    )
    if QUALITY in kinds:
        return QUALITY
    sole = [kind for kind in kinds if kind in curation.definitions and curation.definitions[kind].exclusive]
    return (sole or kinds or [""])[0]


def units_of(curation: Curation) -> Sheet:
    """The units of a curation file alone, with no measures."""
    keys = [str(unit) for unit in curation.units]
    return Sheet(keys, [None] * len(keys), [{} for _ in keys])


def give(curation: Curation, units: Sheet, name: str, opinion: str = "") -> Iterator[Finding]:
    """Give labels, further kinds, merges, splits and removals of a file to units, by id.

    opinion: not the label itself but a vote under this name. What names no unit is told.
    """
    where = {key: place for place, key in enumerate(units.keys)}
    kind = quality_kind(curation)
    unknown = [str(unit) for unit in curation.labels if str(unit) not in where]
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        yield Noted(
            name, f"unit {unknown[0]}", f"labelled there, but not among the {plural(len(units.keys), 'unit')}{more}"
        )
    several = 0
    for unit, given in curation.labels.items():
        place = where.get(str(unit))
        if place is None:
            continue
        several += len(given.get(kind, ())) > 1
        _label(units, place, given, kind, opinion)
    if several:
        have = f"{plural(several, 'unit')} {'has' if several == 1 else 'have'}"
        yield Noted(name, "", f"{have} several labels of {kind}: the first is the class, all are a column")
    if not opinion:
        _changes(curation, units, where)


def _label(units: Sheet, place: int, given: Mapping[str, Sequence[str]], kind: str, opinion: str) -> None:
    label = next((found for word in given.get(kind, ()) if (found := label_of(word)) is not None), None)
    if label is not None and opinion:
        units.votes[place][f"file:{opinion}"] = label
    elif label is not None:
        units.labels[place] = label
    if opinion:
        return
    beside = {other: list(words) for other, words in given.items() if words and (other != kind or len(words) > 1)}
    for other, words in beside.items():
        _set(units, other if other != kind else f"{kind} labels", place, ", ".join(words))
    if beside:
        _set(units, KINDS, place, json.dumps(beside, ensure_ascii=False))


def _changes(curation: Curation, units: Sheet, where: Mapping[str, int]) -> None:
    told = [(merge.units, "merged_into", _words([merge.new] if merge.new is not None else merge.units))
            for merge in curation.merges]  # fmt: skip
    told += [((split.unit,), "split_into", _words(split.new) or "yes") for split in curation.splits]
    told += [(curation.removed, "removed", "yes")]
    for members, column, text in told:
        for unit in members:
            if str(unit) in where:
                _set(units, column, where[str(unit)], text)


def _words(ids: Sequence[Id]) -> str:
    return " + ".join(map(str, ids))


def _set(units: Sheet, column: str, place: int, text: str) -> None:
    units.columns.setdefault(column, [None] * len(units.keys))[place] = text
