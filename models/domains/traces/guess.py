"""A guess how an HDF5 file of any layout is read, from its structure, and told in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.traces import container
from models.domains.traces.container import Broken
from models.domains.traces.mapping import STEP, Mapping, attribute, beside, rate_of, simple
from models.natural import natural

Array = npt.NDArray[Any]
#: Traces have at least this many values; a data set has at most so many traces (else it is images).
SHORTEST, MOST_TRACES = 16, 100_000
#: The same of a data set with three axes, such as trials × cells × time.
MOST_TRIALS = 5_000
_TIME = re.compile(r"^(time|times|t|ts|timestamps?|time_?axis|time_?vector)(_?(s|ms|sec|seconds))?$", re.I)
_RATE = re.compile(r"^(fs|sr|hz|rate|(sampling|sample|frame|scan|imaging)_?(rate|freq\w*)|fps|framerate)(_?hz)?$", re.I)
_LABEL = (
    r"^labels?$", r"^class(es)?(_?(name|label|id))?$", r"^(cell|neuron)_?(type|class)s?$", r"^target$", r"^y$",
    r"^(type|category|diagnosis|condition|genotype|phenotype|stimulus_?type)s?$",
)  # fmt: skip
_GROUP = re.compile(
    r"^(group|subject|animal|mouse|rat|patient|donor|session|recording|experiment)(_?(id|name))?$", re.I
)
_IDS = re.compile(r"(^|_)(ids?|names?)$", re.I)
_TRACE = re.compile(r"(dff|df_f|trace|fluo|signal|calcium|\bca\b|voltage|activity|^f$|^data$|^x$)", re.I)
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-4, "0.1 ms"), (1e-6, "µs"))


@dataclass(frozen=True)
class _Set:
    path: str
    shape: tuple[int, ...]
    kind: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        return self.path.rpartition("/")[0]


def guess(h5: Any) -> Mapping:
    """The likely mapping of an open file. Raises Broken when nothing looks like traces."""
    sets = _survey(h5)
    family = _family(h5, sets)
    if not family:
        raise Broken("nothing in it looks like traces; give a mapping (which data set holds the traces)")
    pattern = _pattern([item.path for item in family])
    first = family[0]
    near = [item for item in sets if item.parent == first.parent and item not in family]
    times = [item.name for item in near if _is_time(h5, item, first)]
    time = min(times, key=lambda name: not _TIME.match(name), default="")
    axis, axis_why = _axis(h5, first, sets, time)
    count = int(np.prod(first.shape)) // first.shape[axis]
    vectors = [item for item in sets if item.shape == (count,) and count > 1 and item not in family]
    rate, rate_why = _rate(h5, first, sets, time)
    label, label_why = _label(h5, family, vectors, first)
    ids = next((item for item in vectors if item.kind in "SO" and (_IDS.search(item.name) or not label)), None)
    ids = None if ids is not None and ids.path == label.lstrip("/") else ids
    group, group_why = _group(h5, family, pattern, count)
    events = _events(h5, family, near, time, rate)
    taken = {label, group}
    columns = tuple(f"@{name}" for name in _attributes(h5, first.path) if f"@{name}" not in taken)
    columns += tuple(f"/{item.path}" for item in vectors if item.kind in "fiu" and f"/{item.path}" not in taken)[:20]
    sides = " × ".join(str(side) for side in first.shape)
    why = [
        f"traces are {pattern} ({len(family)} data set{'s' * (len(family) > 1)}, the first {sides})",
        axis_why,
        rate_why,
        label_why,
    ]
    why += [f"ids are the values of {ids.path}"] if ids is not None else []
    why += [group_why, *(words for _, _, words in events)]
    kept = tuple((name, scale) for name, scale, _ in events)
    return Mapping(
        pattern, axis - len(first.shape), time, rate, label, group, f"/{ids.path}" if ids is not None else "", kept,
        columns, tuple(item for item in why if item),
    )  # fmt: skip


def _survey(h5: Any) -> list[_Set]:
    """All data sets of the file (links to other files are not followed), in natural order."""
    import h5py

    found: list[_Set] = []

    def visit(name: str, item: Any) -> bool | None:
        if isinstance(name, str) and isinstance(item, h5py.Dataset) and item.shape is not None:
            found.append(_Set(name, tuple(int(side) for side in item.shape), item.dtype.kind))
        return True if len(found) >= 200_000 else None

    h5.visititems(visit)
    return sorted(found, key=lambda item: natural(item.path))


def _family(h5: Any, sets: Sequence[_Set]) -> list[_Set]:
    """The data sets that look most like traces, all of one kind."""
    families: dict[tuple[int, str, int], list[_Set]] = {}
    for item in sets:
        if item.kind in "fiu" and 1 <= len(item.shape) <= 3 and max(item.shape) >= SHORTEST and min(item.shape) > 0:
            stem = re.sub(r"\d+", "#", item.name)
            families.setdefault((item.path.count("/"), stem, len(item.shape)), []).append(item)
    best: list[_Set] = []
    score = 0.0
    for members in _with_siblings(families):
        value = _score(h5, members)
        if value > score:
            best, score = members, value
    return best


def _with_siblings(families: dict[tuple[int, str, int], list[_Set]]) -> list[list[_Set]]:
    """The families, and those of 1-D data sets with any names and one length under one parent."""
    joined: dict[tuple[str, int], list[_Set]] = {}
    for members in families.values():
        for item in members:
            if len(item.shape) == 1 and item.kind == "f" and not _TIME.match(item.name):
                joined.setdefault((item.parent, item.shape[0]), []).append(item)
    wide = [members for members in joined.values() if len(members) >= 3]
    return [*families.values(), *wide]


def _score(h5: Any, members: Sequence[_Set]) -> float:
    first = members[0]
    most = MOST_TRACES if len(first.shape) < 3 else MOST_TRIALS
    if _TIME.match(first.name) or int(np.prod(first.shape, dtype=float)) // max(first.shape) > most:
        return 0.0
    if len(first.shape) == 1 and _monotonic(h5, first):
        return 0.0
    size = float(sum(np.prod(item.shape, dtype=float) for item in members))
    hint = 8.0 if _TRACE.search(first.name) or _TRACE.search(first.parent.rpartition("/")[2]) else 1.0
    return size * hint * (1.0 if first.kind == "f" else 0.3)


def _start(h5: Any, item: _Set, most: int = 100_000) -> Array:
    """Up to `most` first values of a 1-D data set; none when they cannot be read."""
    try:
        found = container.dataset(h5, item.path)
        return container.values(found, item.path, (slice(0, most),)).astype(np.float64)
    except Broken:
        return np.zeros(0)


def _monotonic(h5: Any, item: _Set) -> bool:
    values = _start(h5, item)
    return len(values) > 1 and bool((np.diff(values) >= 0).all()) and bool(values[-1] > values[0])


def _is_time(h5: Any, item: _Set, first: _Set) -> bool:
    if len(item.shape) != 1 or item.kind not in "fiu" or item.shape[0] not in first.shape:
        return False
    if _TIME.match(item.name):
        return _monotonic(h5, item)
    return item.shape[0] == max(first.shape) and _monotonic(h5, item) and _even(_start(h5, item))


def _even(values: Array) -> bool:
    steps = np.diff(values)
    return bool(len(steps)) and bool((np.abs(steps - np.median(steps)) < 0.01 * abs(np.median(steps))).all())


def _pattern(paths: Sequence[str]) -> str:
    """The path of all these with a wildcard where they differ, keeping the words in front of a number."""
    return "/".join(_joined(sorted(set(parts))) for parts in zip(*(path.split("/") for path in paths), strict=True))


def _joined(names: Sequence[str]) -> str:
    if len(names) == 1:
        lone = re.fullmatch(r"([A-Za-z_]+)\d+", names[0])
        # A lone "rec1" is one of a series of which this file has only the first.
        return f"{lone[1]}*" if lone else _escaped(names[0])
    stems = {re.sub(r"\d+$", "", name) for name in names}
    return f"{stems.pop()}*" if len(stems) == 1 else "*"


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _axis(h5: Any, first: _Set, sets: Sequence[_Set], time: str) -> tuple[int, str]:
    """The axis of time and what tells it."""
    if len(first.shape) == 1:
        return 0, ""
    if time:
        length = h5[beside(first.path, time)].shape[0]
        fits = [axis for axis, side in enumerate(first.shape) if side == length]
        if len(fits) == 1:
            return fits[0], f"time runs along axis {fits[0] + 1}, as long as {time}"
    sizes = {item.shape[0] for item in sets if item.kind in "SO" and len(item.shape) == 1}
    others = [axis for axis, side in enumerate(first.shape) if side not in sizes]
    if len(first.shape) == 2 and len(others) == 1:
        return others[0], f"time runs along axis {others[0] + 1}: the other one is as long as the list of names"
    longest = int(np.argmax(first.shape))
    return longest, f"time is taken along axis {longest + 1}, the longest"


def _attributes(h5: Any, path: str) -> list[str]:
    """Names of the simple attributes on a data set, the groups around it and the file."""
    parts = path.split("/")
    names: list[str] = []
    for depth in range(len(parts), -1, -1):
        here = h5["/".join(parts[:depth])] if depth else h5
        names += [name for name in here.attrs if name not in names and simple(here.attrs[name]) is not None]
    return [
        name for name in names if not name.startswith(("MATLAB_", "CLASS", "_")) and name != "PYTABLES_FORMAT_VERSION"
    ]


def _rate(h5: Any, first: _Set, sets: Sequence[_Set], time: str) -> tuple[str, str]:
    for name in _attributes(h5, first.path):
        value = attribute(h5, first.path, name)
        if isinstance(value, (int, float)) and value > 0 and (_RATE.match(name) or STEP.match(name)):
            return f"@{name}", f"the sampling rate is the attribute {name} ({value:.6g} in the first)"
    for item in sets:
        if item.shape in ((), (1,), (1, 1)) and (_RATE.match(item.name) or STEP.match(item.name)):
            return f"/{item.path}", f"the sampling rate is {item.path}"
    return "", f"the sampling rate follows from {time}" if time else "no sampling rate is known"


def _label(h5: Any, family: Sequence[_Set], vectors: Sequence[_Set], first: _Set) -> tuple[str, str]:
    names = _attributes(h5, first.path)
    for word in _LABEL:
        for name in names:
            if re.match(word, name, re.I):
                return f"@{name}", f"the label is the attribute {name} ({attribute(h5, first.path, name)} in the first)"
        for item in vectors:
            if re.match(word, item.name, re.I) and item.kind in "SOiuf":
                return f"/{item.path}", f"the label is one value of {item.path} for each trace"
    return "", f"no labels are known: {'all' if len(family) > 1 else 'the'} traces come in unlabelled"


def _group(h5: Any, family: Sequence[_Set], pattern: str, count: int) -> tuple[str, str]:
    for name in _attributes(h5, family[0].path):
        if _GROUP.match(name):
            return f"@{name}", f"traces of the same {name} are one group"
    if "*" in pattern and len(family) > 1:
        parts = pattern.split("/")
        upto = next(place for place, part in enumerate(parts) if "*" in part) + 1
        return "*1", f"each {'/'.join(parts[:upto])} is one group, never split between training and test"
    if count > 1:
        return "", "all traces of the file are one group: they were recorded together"
    return "", "each file is one group"


def _events(
    h5: Any, family: Sequence[_Set], near: Sequence[_Set], time: str, rate: str
) -> list[tuple[str, float, str]]:
    """Names of event times beside the traces, seconds a unit, and the sentence on it."""
    found: list[tuple[str, float, str]] = []
    for item in near:
        if item.name == time or len(item.shape) != 1 or item.kind not in "fiu" or not _is_events(h5, item, family[0]):
            continue
        scale, unit = _event_unit(h5, family, item.name, time, rate)
        if scale:
            found.append(
                (item.name, scale, f"event marks are {item.name}, taken to be in {unit}: they then span the time axis")
            )
    return found


def _is_events(h5: Any, item: _Set, first: _Set) -> bool:
    values = _start(h5, item)
    return (
        item.shape[0] not in first.shape and len(values) > 0 and bool((np.diff(values) >= 0).all()) and values[0] >= 0
    )


def _event_unit(h5: Any, family: Sequence[_Set], name: str, time: str, rate: str) -> tuple[float, str]:
    """The largest unit in which no event lies after the end of its trace; 0 when none fits."""
    reach = 0.0
    pace = 0.0
    for member in family[:: max(1, len(family) // 40)]:
        place = beside(member.path, name)
        found = h5.get(place)
        if found is None or found.ndim != 1 or not found.shape[0]:
            continue
        last = float(found[-1])
        end, pace = _end(h5, member, time, rate)
        if end > 0:
            reach = max(reach, last / end)
    if not reach or not pace:
        return 0.0, ""
    units = sorted([*_UNITS, (1 / pace, "samples")], reverse=True)
    return next(((scale, unit) for scale, unit in units if reach * scale <= 1.02), (0.0, ""))


def _end(h5: Any, member: _Set, time: str, rate: str) -> tuple[float, float]:
    """The time of the last sample in s, and the sampling rate."""
    length = max(member.shape)
    pace = rate_of(h5, member.path, rate)
    place = beside(member.path, time) if time else ""
    if place and place in h5 and len(h5[place]) > 1:
        last, first = float(h5[place][-1]), float(h5[place][0])
        return last, pace or (len(h5[place]) - 1) / max(last - first, 1e-12)
    return (length / pace if pace else 0.0), pace
