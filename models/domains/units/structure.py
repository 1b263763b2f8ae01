"""Merging, splitting and removing units: what is made, and what a curation file asks for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import analyzer, curation, waveforms
from models.domains.units.analyzer import Analyzer
from models.domains.units.load import opened
from models.domains.units.metrics import is_feature
from models.domains.units.phy import Phy
from models.domains.units.pieces import SPIKES, Pieces, pieces_of, united, write_pieces
from models.domains.units.recordings import Recordings
from models.errors import UserError
from models.learn.words import plural
from models.sample import Sample, Samples
from models.structure import MERGE, PENDING, REMOVE, SPLIT, Edit, Made, Step, Taken

Index = npt.NDArray[np.int64]
#: Metadata that a made unit takes from its parents where they agree.
_KEPT = ("session", "animal", "probe", "region", "shank", "_rate")
_OWN = ("merges", "splits", "removals")
#: What only a curation file of another program has.
_FOREIGN = ("manual_labels", "label_definitions", "format_version", "labelsByUnit", "mergeGroups", "merge_unit_groups")


# What is made


def make_steps(samples: Samples, edits: Sequence[Edit], taken: Taken) -> list[Step]:
    """The steps of what is wanted. UserError for units of several recordings, or a split without spikes."""
    given: set[tuple[int, str]] = set()

    def used(row: int, key: str) -> bool:
        return (_source(samples, row), key) in given or taken(row, key)

    steps = []
    for edit in edits:
        step = _step(samples, edit, used)
        given.update((_source(samples, row), made.key) for row in edit.rows[:1] for made in step.made)
        steps.append(step)
    return steps


def _step(samples: Samples, edit: Edit, taken: Taken) -> Step:
    if edit.kind == REMOVE:
        return Step(REMOVE, edit.rows)
    return _merge(samples, edit, taken) if edit.kind == MERGE else _split(samples, edit, taken)


def _source(samples: Samples, row: int) -> int:
    return int(samples.table.column("source")[row].as_py())


def _merge(samples: Samples, edit: Edit, taken: Taken) -> Step:
    units = [samples.sample(row) for row in edit.rows]
    if len(units) < 2:
        raise UserError("a merge needs two units at least. Select more.")
    other = next((unit for unit in units if (unit.source, unit.group) != (units[0].source, units[0].group)), None)
    if other is not None:
        raise UserError(
            f"{units[0].id} and {other.id} are of different recordings. Only units of one recording can be merged."
        )
    pieces = united([pieces_of(unit.key, unit.meta) for unit in units])
    (key,) = _keys(samples, edit, taken, 1)
    return Step(MERGE, edit.rows, (Made(key, units[0].group, edit.rows, _columns(units, pieces), _label(edit, 0)),))


def _label(edit: Edit, place: int) -> str:
    """The class that a file gives to what is made, "" for none."""
    told = edit.values.get("labels", ())
    return told[place] or "" if place < len(told) else ""


def _split(samples: Samples, edit: Edit, taken: Taken) -> Step:
    if len(edit.rows) != 1:
        raise UserError("a split takes one unit. Select one.")
    unit = samples.sample(edit.rows[0])
    whole = unit_pieces(unit)
    if whole is None or not whole.timed:
        raise UserError(f"{unit.id} has no spike times here, so it cannot be split.")
    parts = split_parts(whole, edit.values, unit.id)
    groups = whole.split(parts)
    if len(groups) < 2 or not all(groups):
        raise UserError(f"the split of {unit.id} leaves all its spikes in one part. Choose others.")
    keys = _keys(samples, edit, taken, len(groups))
    made = tuple(
        Made(key, unit.group, edit.rows, _columns([unit], pieces), _label(edit, place))
        for place, (key, pieces) in enumerate(zip(keys, groups, strict=True))
    )
    return Step(SPLIT, edit.rows, made)


def unit_pieces(unit: Sample) -> Pieces | None:
    """The spikes of a unit of a sorting, made or not; None for a unit of a table."""
    one = opened(unit.source, unit.meta.get("_rate"))
    return None if one is None else Pieces(one, pieces_of(unit.key, unit.meta))


def split_parts(whole: Pieces, values: Mapping[str, Any], name: str) -> Index:
    """The part of each spike in order of time, numbered from 0 without gaps.

    values: ``parts`` (a number a spike), ``indices`` (the spikes of each part; those that are in none make
    one more), or ``isi`` (ms).
    """
    count = whole.count
    if values.get("parts") is not None:
        given = _numbers(values["parts"], name)
        if len(given) != count:
            raise UserError(f"the split of {name} tells a part for {plural(len(given), 'spike')}; it has {count}.")
        return np.unique(given, return_inverse=True)[1].astype(np.int64).ravel()
    if values.get("indices") is not None:
        return _of_indices(values["indices"], count, name)
    if values.get("isi") is not None:
        return isi_parts(whole.times(), whole.one.rate, _limit(values["isi"], name) / 1000)
    raise UserError(f"the split of {name} tells neither parts nor indices nor isi.")


def _limit(value: Any, name: str) -> float:
    """The interval of a split in ms. UserError for what is no time."""
    try:
        limit = float(value)
    except (TypeError, ValueError):
        limit = math.nan
    if not (math.isfinite(limit) and limit > 0):
        raise UserError(f"the split of {name} tells isi {value!r}; give an interval in ms above 0, such as 1.5.")
    return limit


def _numbers(value: Any, name: str) -> Index:
    """Whole numbers as they were given: a fraction or a word is not rounded to another spike. UserError for these."""
    try:
        found = np.asarray(value)
    except ValueError:
        found = np.array(None)
    if found.size and found.dtype.kind not in "iu":
        raise UserError(f"the split of {name} holds something that is no whole number. Number the spikes from 0.")
    return found.astype(np.int64).ravel()


def _of_indices(groups: Sequence[Sequence[int]], count: int, name: str) -> Index:
    if not _is_list(groups) or not all(map(_is_list, groups)):
        raise UserError(f"the split of {name} tells its indices as no list of lists: {curation.FLAT}.")
    parts = np.full(count, len(groups), np.int64)
    for number, group in enumerate(groups):
        chosen = _numbers(group, name)
        outside = chosen[(chosen < 0) | (chosen >= count)]
        if len(outside):
            raise UserError(f"the split of {name} names spike {int(outside[0])}; it has {count}, numbered from 0.")
        if (parts[chosen] < len(groups)).any():
            raise UserError(f"the split of {name} puts a spike into two parts.")
        parts[chosen] = number
    return np.unique(parts, return_inverse=True)[1].astype(np.int64).ravel()


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def isi_parts(times: Index, rate: float, limit: float) -> Index:
    """1 for a spike that follows one of part 0 within `limit` s, so that no interval of part 0 is shorter."""
    parts = np.zeros(len(times), np.int64)
    reach, last = limit * rate, 0
    for place in (np.flatnonzero(np.diff(times) < reach) + 1).tolist():
        if not parts[place - 1]:
            last = int(times[place - 1])
        parts[place] = int(times[place] - last < reach)
    return parts


# Names and metadata


def _keys(samples: Samples, edit: Edit, taken: Taken, count: int) -> list[str]:
    """Keys of what is made: those that are wished and free, else the next numbers, or words made of the parents'."""
    row, found = edit.rows[0], list[str]()
    wished = [str(key) for key in edit.values.get("keys", ())]
    head, own = _divided(samples, row)
    for place in range(count):
        key = f"{head}{wished[place]}" if place < len(wished) else ""
        if not key or (taken(row, key) and not _again(samples, row, key)):
            key = _next(samples, edit, head, own, place, count, lambda key: key in found or taken(row, key))
        found.append(key)
    return found


def _again(samples: Samples, row: int, key: str) -> bool:
    """Whether a key is that of a made unit: the store tells whether it is the same and may be made again."""
    number = _source(samples, row)
    if SPIKES not in samples.names:
        return False
    sources, keys = samples.table.column("source").to_numpy(), samples.table.column("key").to_pylist()
    places = [place for place in np.flatnonzero(sources == number).tolist() if keys[place] == key]
    return any(samples.sample(place).meta.get(SPIKES) is not None for place in places)


def _divided(samples: Samples, row: int) -> tuple[str, str]:
    """A key as what stands before the unit's own id, and that id: a table of several recordings has both."""
    key = str(samples.table.column("key")[row].as_py())
    head, slash, own = key.rpartition("/")
    return f"{head}{slash}", own


def _next(samples: Samples, edit: Edit, head: str, own: str, place: int, count: int, taken: Any) -> str:
    sources = samples.table.column("source").to_numpy()
    keys = samples.table.column("key").to_pylist()
    number = _source(samples, edit.rows[0])
    mine = [keys[at].removeprefix(head) for at in np.flatnonzero(sources == number).tolist()]
    shape = re.fullmatch(r"(\D*)(\d+)", own)
    if shape is not None:
        numbers = [found[2] for key in mine if (found := re.fullmatch(r"(\D*)(\d+)", key)) and found[1] == shape[1]]
        at = max(map(int, numbers)) + 1
        while taken(f"{head}{shape[1]}{at}"):
            at += 1
        return f"{head}{shape[1]}{at}"
    base = own if count > 1 else "+".join(_divided(samples, row)[1] for row in edit.rows[:3])
    base = f"{base}.{place + 1}" if count > 1 else base
    at, key = 1, f"{head}{base}"
    while taken(key):
        at += 1
        key = f"{head}{base} ({at})"
    return key


def _columns(units: Sequence[Sample], pieces: Any) -> dict[str, Any]:
    """Metadata of a made unit: what its parents share, what its spikes and waveform tell, and what is to come."""
    columns: dict[str, Any] = {}
    for name in _KEPT:
        values = {unit.meta.get(name) for unit in units}
        if len(values) == 1 and None not in values:
            columns[name] = values.pop()
    columns[SPIKES] = write_pieces(pieces)
    one = opened(units[0].source, units[0].meta.get("_rate"))
    if one is None:
        return columns
    whole = Pieces(one, pieces)
    columns |= whole.measures()
    columns |= _shape(one, whole)
    wanted = {name for unit in units for name, value in unit.meta.items() if value is not None and is_feature(name)}
    if isinstance(one, Analyzer) and wanted - set(columns):
        columns[PENDING] = True
    return columns


def _shape(one: Phy | Analyzer, whole: Pieces) -> dict[str, Any]:
    """Place and figures of the waveform; of an analyzer that measured it itself the place alone."""
    template = whole.template()
    best = waveforms.best_channels(template, 1)
    if not best:
        return {}
    found: dict[str, Any] = dict(waveforms.shape(template, one.positions, one.rate))
    if isinstance(one, Analyzer) and one.metrics:
        found = {name: found[name] for name in ("x", "depth") if name in found}
    if best[0] < len(one.channels):
        channel = one.channels[best[0]]
        found["channel"] = int(channel) if channel.isdigit() else channel
    return found


# What a file asks for


def read_edits(path: Path, samples: Samples) -> list[Edit]:
    """Merges, splits and removals of a curation file, or of a plain JSON object {merges, splits, removals}.

    Units go by their ids in the recording, or by the samples' own. UserError for a file that is neither.
    """
    told = curation.read_json(path)
    if isinstance(told, dict) and any(name in told for name in _OWN) and not any(name in told for name in _FOREIGN):
        wishes, units = _own(told, path), []
    else:
        one = curation.read_curation(path)
        wishes, units = _of_curation(one), [str(unit) for unit in one.units]
    if not wishes:
        raise UserError(f"{path} asks for no merge, split or removal.")
    return _edits(path, samples, wishes, units)


#: A kind, the names of its units, what it needs to know.
Wish = tuple[str, list[str], dict[str, Any]]


def _of_curation(one: curation.Curation) -> list[Wish]:
    wishes: list[Wish] = []
    for merge in one.merges:
        told = {} if merge.new is None else {"keys": [merge.new], "labels": [one.class_of(merge.new)]}
        wishes.append((MERGE, [str(unit) for unit in merge.units], told))
    for split in one.splits:
        values: dict[str, Any] = {"keys": list(split.new), "labels": [one.class_of(unit) for unit in split.new]}
        values |= {"parts": split.labels} if split.indices is None else {"indices": split.indices}
        wishes.append((SPLIT, [str(split.unit)], values))
    if one.removed:
        wishes.append((REMOVE, [str(unit) for unit in one.removed], {}))
    return wishes


def _own(told: Mapping[str, Any], path: Path) -> list[Wish]:
    """``{"merges": [["3", "5"]], "splits": [{"unit": "7", "isi": 1.5}], "removals": ["9"]}``."""
    wishes: list[Wish] = []
    try:
        for item in told.get("merges") or ():
            plain = {"units": item} if isinstance(item, list) else item
            if not isinstance(plain, dict):
                raise TypeError(f"the merge {item!r} is no list of units")
            units = plain.get("units") or plain["unit_ids"]
            new = plain.get("new", plain.get("new_unit_id"))
            wishes.append((MERGE, [str(unit) for unit in units], {} if new is None else {"keys": [new]}))
        for item in told.get("splits") or ():
            keys = item.get("new") or item.get("new_unit_ids") or ()
            values = {name: item[name] for name in ("parts", "indices", "isi") if item.get(name) is not None}
            wishes.append((SPLIT, [str(item["unit"])], {"keys": list(keys), **values}))
        removed = [str(unit) for unit in (told.get("removals") or told.get("removed") or ())]
    except (KeyError, TypeError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UserError(f"{path} is no list of edits: {reason}") from error
    return [*wishes, (REMOVE, removed, {})] if removed else wishes


def _edits(path: Path, samples: Samples, wishes: Sequence[Wish], units: Sequence[str]) -> list[Edit]:
    names = [*units, *(unit for _, own, _ in wishes for unit in own)]
    by_id = {name: row for row, name in enumerate(samples.ids())}
    rows = by_id if all(name in by_id for name in names) else Recordings(samples).of(path, names)
    unknown = next((unit for _, own, _ in wishes for unit in own if unit not in rows), None)
    if unknown is not None:
        raise UserError(f"{path} names the unit {unknown}, which is not there. Nothing was changed.")
    return [Edit(kind, tuple(rows[unit] for unit in own), values) for kind, own, values in wishes]


def is_analyzer(unit: Sample) -> bool:
    """Whether a unit's measures can be computed anew by spikeinterface."""
    return unit.source.is_dir() and analyzer.is_analyzer(unit.source)
