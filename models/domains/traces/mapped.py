"""Samples of an HDF5 file of any layout, by its mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import PurePath
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted, Skipped
from models.domains.traces import container, peaks
from models.domains.traces.blocks import Address, pick, selection
from models.domains.traces.container import Broken
from models.domains.traces.guess import guess
from models.domains.traces.known import Known, known_mapping
from models.domains.traces.labelgroup import Marked
from models.domains.traces.mapping import Mapping, attribute, beside, expand, rate_of
from models.domains.traces.options import Options
from models.domains.traces.rows import Counter, Rows
from models.domains.traces.walk import Listed
from models.job import Progress

Array = npt.NDArray[Any]
#: Traces longer than this are not read at import: their features stay empty.
MEASURED = 1 << 24
#: More traces than this in one data set are not believed.
MOST_ROWS = 1_000_000
#: Columns that are made here or by the project, whatever attributes a file has.
RESERVED = ("rate", "length", "duration", "dataset", "trace_id", "id", "source", "key", "group", "label", "anomaly")
#: What an export adds to a recording: no facts of the recording itself.
GIVEN = ("by", "at", "kind", "prediction", "confidence", "winnow", "project", "run", *peaks.COMPUTED)


def scan_mapped(
    h5: Any, file: Listed, options: Options, asked: Mapping | None, told: set[str], known: Sequence[Known] = ()
) -> Iterator[Progress | Finding]:
    """The samples of one file by the given mapping, a known one that fits, or a guess; the last two are told."""
    kept = known_mapping(h5, file.name, known) if asked is None else None
    mapping = asked or (kept.mapping if kept else guess(h5))
    if asked is None:
        yield from _tell(file, mapping, told, kept)
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
        except container.DAMAGE as error:
            yield Skipped(file.name, path, f"it is damaged ({container.short(str(error))})")
    yield from odd.notes(file.name)
    if rows.keys:
        yield replace(rows.found(file), settings={"mapping": mapping.json()})


def _tell(file: Listed, mapping: Mapping, told: set[str], kept: Known | None) -> Iterator[Noted]:
    """The mapping in words, once for files of one layout: the project's own, or a guess with its reasons."""
    words = mapping.json()
    if words not in told:
        told.add(words)
        like = "" if kept is None else "before: " if kept.source == file.name else f"{kept.source}, of its layout: "
        yield Noted(file.name, "mapping", f"read as {like}{words}")
        for why in mapping.why:
            yield Noted(file.name, "mapping", why)


@dataclass(frozen=True)
class Timing:
    """Sampling rate in samples/s (0 unknown) and the path of a usable time vector or ""."""

    rate: float
    time: str


@dataclass(frozen=True)
class _Block:
    """One data set of traces, with what holds for all of them.

    whole: its values where it is small enough, else None. facts: columns of one value. vectors:
    columns with a value a trace. labels, ids: the same as text, empty without.
    """

    found: Any
    path: str
    axis: int
    whole: Array | None
    group: str
    by: str
    label: str | None
    labels: list[str]
    ids: list[str]
    facts: dict[str, Any]
    vectors: dict[str, Array]
    timing: Timing
    events: tuple[tuple[str, float], ...]
    unit: str

    @property
    def length(self) -> int:
        return int(self.found.shape[self.axis])

    def places(self) -> Iterator[tuple[int, ...]]:
        """Place of each trace on the other axes."""
        return product(*(range(side) for place, side in enumerate(self.found.shape) if place != self.axis))

    def trace(self, one: Address) -> Array | None:
        """One trace, or None where it is too long to be read at import."""
        if self.whole is not None:
            return pick(self.whole, one)
        if self.length > MEASURED:
            return None
        return container.values(self.found, self.path, selection(self.found.ndim, one))


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
    """The traces of one data set; a row is added when all of it is known."""
    block = _block(h5, file, mapping, path, stars, odd)
    timing = block.timing
    for number, index in enumerate(block.places()):
        if len(rows.keys) == most:
            return
        one = Address(path, block.axis, index, timing.time, block.events, block.unit)
        key = "/".join([path, *map(str, index)])
        label = class_text(block.labels[number] if number < len(block.labels) else block.label)
        name = block.ids[number] if number < len(block.ids) else block.facts.get("trace_id")
        columns = {**block.facts, "trace_id": name}
        columns |= {title: _at(values, number) for title, values in block.vectors.items()}
        columns |= {"rate": timing.rate or None, "length": block.length}
        columns["duration"] = block.length / timing.rate if timing.rate else None
        columns |= _measured(block.trace(one), key, odd)
        rows.add(key, block.group, Marked(label or "", block.by), {**columns, "_layout": one.layout()})


def _block(h5: Any, file: Listed, mapping: Mapping, path: str, stars: tuple[str, ...], odd: Counter) -> _Block:
    found = container.dataset(h5, path)
    if found.dtype.kind not in "fiu" or not found.ndim or not found.size:
        raise Broken(f"it holds no traces but {found.dtype} of shape {found.shape}")
    if not -found.ndim <= mapping.axis < found.ndim:
        raise Broken(f"its shape {found.shape} has no axis {mapping.axis}")
    axis = mapping.axis % found.ndim
    if found.size // found.shape[axis] > MOST_ROWS or (found.size > MEASURED and not found.id.get_storage_size()):
        raise Broken(f"it claims {found.size} values, more than can be right")
    stem = PurePath(file.name).stem
    facts, vectors = _columns(h5, mapping, path)
    names = {"dataset": attribute(h5, path, "dataset") or stem, "trace_id": attribute(h5, path, "trace_id")}
    facts = {**{name: None if value is None else str(value) for name, value in names.items()}, **facts}
    by = attribute(h5, path, "by") if "winnow" in h5.attrs else ""
    label = attribute(h5, path, mapping.label[1:]) if mapping.label.startswith("@") else None
    events = tuple((beside(path, name), scale) for name, scale in mapping.events if beside(path, name) in h5)
    return _Block(
        found=found,
        path=path,
        axis=axis,
        whole=container.values(found, path) if found.size <= MEASURED else None,
        group=_group(h5, file, mapping, path, stars),
        by=str(by or ""),
        label=label,
        labels=_texts(h5, path, mapping.label),
        ids=_texts(h5, path, mapping.ids),
        facts=facts,
        vectors=vectors,
        timing=_timing(h5, mapping, path, found.shape[axis], odd),
        events=events,
        unit=str(attribute(h5, path, "unit") or attribute(h5, path, "units") or ""),
    )


def _at(values: Array, number: int) -> float | None:
    return float(values[number]) if number < len(values) and np.isfinite(values[number]) else None


def _measured(trace: Array | None, key: str, odd: Counter) -> dict[str, Any]:
    """Features and anomaly of one trace."""
    if trace is None:
        return {}
    line = trace.reshape(1, -1)
    found: dict[str, Any] = {}
    for name, compute in peaks.COMPUTED.items():
        value = float(compute(line)[0])
        found[name] = value if np.isfinite(value) else None
    if np.isnan(line).any():
        odd.add("NaN in {traces}", key)
        return {**found, "anomaly": "NaN"}
    if np.isinf(line).any():
        odd.add("infinite values in {traces}", key)
        return {**found, "anomaly": "infinite"}
    if np.ptp(line) == 0:
        odd.add("{traces} never change", key)
        return {**found, "anomaly": "constant"}
    return found


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


def _texts(h5: Any, path: str, rule: str) -> list[str]:
    """The values of a data set that tells one thing of each trace, as text; none for other rules."""
    found = container.dataset(h5, beside(path, rule)) if rule and not rule.startswith("@") else None
    return [] if found is None else container.texts(found)


def class_text(value: Any) -> str | None:
    """A class as text: "0" for 0.0, None for nothing."""
    if value is None or str(value).strip() in ("", "nan"):
        return None
    words = str(value).strip()
    return words[:-2] if re.fullmatch(r"-?\d+\.0", words) else words


def _group(h5: Any, file: Listed, mapping: Mapping, path: str, stars: tuple[str, ...]) -> str:
    stem = PurePath(file.name).with_suffix("").as_posix()
    if mapping.group.startswith("@"):
        value = attribute(h5, path, mapping.group[1:])
        return str(value) if value is not None else stem
    if mapping.group.startswith("*") and mapping.group[1:].isdigit():
        place = int(mapping.group[1:]) - 1
        return f"{stem}/{stars[place]}" if place < len(stars) else stem
    return stem


def _columns(h5: Any, mapping: Mapping, path: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """The mapping's further columns: those of one value, and those of a value a trace."""
    facts: dict[str, Any] = {}
    vectors: dict[str, Array] = {}
    for rule in mapping.columns:
        name = rule.lstrip("@/").rpartition("/")[2]
        if name in RESERVED or ("winnow" in h5.attrs and name in GIVEN):
            continue
        if rule.startswith("@"):
            facts[name] = attribute(h5, path, rule[1:])
            continue
        values = container.numbers(h5, beside(path, rule), MEASURED)
        if values is not None:
            vectors[name] = values.reshape(-1)
    return facts, vectors
