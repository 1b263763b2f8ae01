"""Samples of an HDF5 file of any layout, by its mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted, Skipped
from models.domains.traces import container, peaks
from models.domains.traces.blocks import Address, selection
from models.domains.traces.container import Broken
from models.domains.traces.mapping import Mapping, attribute, beside, expand, guess, rate_of
from models.domains.traces.options import Options
from models.domains.traces.simulation import Counter, Marked, Rows
from models.domains.traces.walk import Listed
from models.errors import UserError
from models.job import Progress

Array = npt.NDArray[Any]
#: Traces longer than this are not read at import: their features stay empty.
MEASURED = 1 << 24
#: Columns that are made here or by the project, whatever attributes a file has.
RESERVED = ("rate", "length", "duration", "dataset", "trace_id", "id", "source", "key", "group", "label", "anomaly")
#: What an export adds to a recording: no facts of the recording itself.
GIVEN = ("by", "at", "kind", "prediction", "confidence", "winnow", "project", "run", *peaks.COMPUTED)


def scan_mapped(
    h5: Any, file: Listed, options: Options, asked: Mapping | None, told: set[str]
) -> Iterator[Progress | Finding]:
    """The samples of one file by the given mapping, or by a guessed one that is told in sentences."""
    mapping = asked or guess(h5)
    if asked is None:
        yield from _tell(file, mapping, told)
    found = list(expand(h5, mapping.traces))
    if not found:
        raise Broken(f"no data set in it is {mapping.traces}, as the mapping has it")
    rows, odd = Rows(), Counter()
    most = options.per_file if options.asked and options.per_file else None
    for place, (path, stars) in enumerate(found):
        if most is not None and len(rows.keys) >= most:
            break
        if place % 50 == 49:
            yield Progress(place, len(found), file.name)
        try:
            _add(h5, file, mapping, path, stars, rows, odd, most)
        except Broken as reason:
            yield Skipped(file.name, path, str(reason))
    yield from odd.notes(file.name)
    if rows.keys:
        yield rows.found(file)


def _tell(file: Listed, mapping: Mapping, told: set[str]) -> Iterator[Noted]:
    """The guessed mapping in words, once for files of one layout."""
    words = mapping.json()
    if words not in told:
        told.add(words)
        yield Noted(file.name, "mapping", f"read as {words}")
        for why in mapping.why:
            yield Noted(file.name, "mapping", why)


@dataclass(frozen=True)
class Timing:
    """Sampling rate in samples/s (0 unknown) and the path of a usable time vector or ""."""

    rate: float
    time: str


def _add(
    h5: Any,
    file: Listed,
    mapping: Mapping,
    path: str,
    stars: tuple[str, ...],
    rows: Rows,
    odd: Counter,
    most: int | None,
) -> None:
    found = container.dataset(h5, path)
    if found.dtype.kind not in "fiu" or not found.ndim:
        raise Broken(f"it holds no traces but {found.dtype} of shape {found.shape}")
    axis = mapping.axis % found.ndim if -found.ndim <= mapping.axis < found.ndim else -1
    if axis < 0 or not found.size:
        raise Broken(f"its shape {found.shape} has no axis {mapping.axis} with values")
    length = found.shape[axis]
    places = list(product(*(range(side) for place, side in enumerate(found.shape) if place != axis)))[:most]
    timing = _timing(h5, mapping, path, length, odd)
    whole = container.values(found, path) if found.ndim > 1 and found.size <= MEASURED else None
    labels, ids = _vector(h5, path, mapping.label), _vector(h5, path, mapping.ids)
    group = _group(h5, file, mapping, path, stars)
    events = tuple((beside(path, name), scale) for name, scale in mapping.events if beside(path, name) in h5)
    unit = attribute(h5, path, "unit") or attribute(h5, path, "units") or ""
    for number, index in enumerate(places):
        one = Address(path, axis, index, timing.time, events, str(unit))
        key = "/".join([path, *map(str, index)])
        if len(rows.keys) == most:
            return
        rows.keys.append(key)
        rows.groups.append(group)
        mark = Marked(_label(h5, mapping, path, labels, number) or "", _labeller(h5, path))
        rows.labels.append(mark.own())
        rows.votes.append(mark.votes())
        rows.put("dataset", [str(attribute(h5, path, "dataset") or PurePath(file.name).stem)])
        name = ids[number] if number < len(ids) else attribute(h5, path, "trace_id")
        rows.put("trace_id", [None if name is None else str(name)])
        for column, value in _columns(h5, mapping, path, number).items():
            rows.put(column, [value])
        rows.put("rate", [timing.rate or None])
        rows.put("length", [length])
        rows.put("duration", [length / timing.rate if timing.rate else None])
        trace = whole[selection(found.ndim, one)] if whole is not None else _read(found, path, one, length)
        _measure(rows, odd, key, trace)
        rows.put("_layout", [one.layout()])


def _read(found: Any, path: str, one: Address, length: int) -> Array | None:
    return container.values(found, path, selection(found.ndim, one)) if length <= MEASURED else None


def _measure(rows: Rows, odd: Counter, key: str, trace: Array | None) -> None:
    """Features and anomalies of one trace."""
    if trace is None:
        return
    line = trace.reshape(1, -1)
    for name, compute in peaks.COMPUTED.items():
        value = float(compute(line)[0])
        rows.put(name, [value if np.isfinite(value) else None])
    word = None
    if np.isnan(line).any():
        word = "NaN"
        odd.add("NaN in {traces}", key)
    elif np.isinf(line).any():
        word = "infinite"
        odd.add("infinite values in {traces}", key)
    elif np.ptp(line) == 0:
        word = "constant"
        odd.add("{traces} never change", key)
    rows.put("anomaly", [word])


def _timing(h5: Any, mapping: Mapping, path: str, length: int, odd: Counter) -> Timing:
    rate = rate_of(h5, path, mapping.rate)
    place = beside(path, mapping.time) if mapping.time else ""
    if not place:
        return Timing(rate, "")
    try:
        times = container.numbers(h5, place, MEASURED)
    except Broken as reason:
        odd.add(f"a time vector cannot be used for {{traces}} ({reason})", place)
        return Timing(rate, "")
    if times is None or times.shape != (length,):
        odd.add("the time vector is missing or of another length than {traces}", place)
        return Timing(rate, "")
    steps = np.diff(times)
    if not len(steps) or not np.isfinite(steps).all() or (steps <= 0).any():
        odd.add("time does not always rise in {traces}", place)
        return Timing(rate, "")
    middle = float(np.median(steps))
    if np.abs(steps - middle).max() > 0.5 * middle:
        odd.add("samples are not evenly spaced in {traces}: shown as if they were", place)
    return Timing(rate or 1 / middle, place)


def _vector(h5: Any, path: str, rule: str) -> list[str]:
    """The values of a data set that tells one thing of each trace, as text."""
    if not rule or rule.startswith("@"):
        return []
    found = container.dataset(h5, beside(path, rule))
    if found is None:
        return []
    words = container.texts(found)
    return [word[:-2] if found.dtype.kind == "f" and word.endswith(".0") else word for word in words]


def _labeller(h5: Any, path: str) -> str:
    """Who gave the label, in a file that this program wrote."""
    return str(attribute(h5, path, "by") or "") if "winnow" in h5.attrs else ""


def _label(h5: Any, mapping: Mapping, path: str, labels: list[str], number: int) -> str | None:
    value = attribute(h5, path, mapping.label[1:]) if mapping.label.startswith("@") else None
    if labels and number < len(labels):
        value = labels[number]
    if value is None or value in ("", "nan"):
        return None
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _group(h5: Any, file: Listed, mapping: Mapping, path: str, stars: tuple[str, ...]) -> str:
    stem = PurePath(file.name).with_suffix("").as_posix()
    if mapping.group.startswith("@"):
        value = attribute(h5, path, mapping.group[1:])
        return str(value) if value is not None else stem
    if mapping.group.startswith("*") and mapping.group[1:].isdigit():
        place = int(mapping.group[1:]) - 1
        return f"{stem}/{stars[place]}" if place < len(stars) else stem
    return stem


def _columns(h5: Any, mapping: Mapping, path: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rule in mapping.columns:
        name = rule.lstrip("@/").rpartition("/")[2]
        if rule.startswith("@"):
            value = attribute(h5, path, rule[1:])
        else:
            values = container.numbers(h5, beside(path, rule), MEASURED)
            value = float(values.reshape(-1)[number]) if values is not None and number < values.size else None
        if name not in RESERVED and not ("winnow" in h5.attrs and name in GIVEN):
            found[name] = value
    return found


@dataclass(frozen=True)
class Shown:
    """One trace of a preview: key, group, class or None, rate (0 unknown), length, up to 2,000 values."""

    key: str
    group: str
    label: str | None
    rate: float
    length: int
    values: Array


def preview(path: Path, mapping: Mapping, n: int = 6) -> list[Shown]:
    """The first traces as a mapping reads them. Raises UserError when it fits nothing in the file."""
    from models.domain import Found

    file = Listed(path, path.name)
    found: Found | None = None
    reasons: list[str] = []
    try:
        with container.opened(path) as h5:
            for step in scan_mapped(h5, file, Options(n, True), mapping, set()):
                found = step if isinstance(step, Found) else found
                reasons += [step.reason] if isinstance(step, Skipped) else []
            if found is None:
                raise Broken(reasons[0] if reasons else "the mapping finds no trace in it")
            return [_shown(h5, found, place) for place in range(min(n, len(found.keys)))]
    except Broken as reason:
        raise UserError(f"{path}: {reason}") from reason


def _shown(h5: Any, found: Any, place: int) -> Shown:
    from models.domains.traces.blocks import address

    columns = found.columns
    one = address(found.keys[place], columns["_layout"][place])
    block = container.dataset(h5, one.dataset)
    length = int(columns["length"][place])
    values = container.values(block, one.dataset, selection(block.ndim, one, slice(0, min(length, 2000))))
    rate = columns["rate"][place] if "rate" in columns else None
    return Shown(found.keys[place], found.groups[place], found.labels[place], rate or 0.0, length, values)
