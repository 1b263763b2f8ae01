"""How an HDF5 file of any layout is read: which data sets are traces, and where the rest comes from.

A mapping is guessed from the structure of the file, told in sentences, and can be given as JSON::

    {"traces": "cells/*/rec*/dff", "axis": -1, "time": "time_s", "rate": "@fs_hz", "label": "@cell_type",
     "group": "*1", "ids": "", "events": {"events_AP": 0.0001}, "columns": ["@indicator"]}

``traces`` is a path with wildcards. ``time`` and ``events`` are names beside the trace, or full
paths with a leading "/". ``@name`` is an attribute of the trace, of a group around it or of the
file. ``*1`` is what the first wildcard stands for. ``label`` and ``ids`` may also name a data set
with one value a trace. ``rate`` may be a number in samples/s. ``group`` "" is the file.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.traces import container
from models.domains.traces.container import Broken
from models.errors import UserError
from models.mapping_text import parts_of, text_of
from models.natural import natural

Array = npt.NDArray[Any]
#: Names of what is a step in s, not a rate.
STEP = re.compile(r"^(dt|delta_?t|sampling_interval|frame_period)(_?s)?$", re.I)


@dataclass(frozen=True)
class Mapping:
    """See the module. axis: of time, negative from the last. why: how each part was found."""

    traces: str
    axis: int = -1
    time: str = ""
    rate: str = ""
    label: str = ""
    group: str = ""
    ids: str = ""
    events: tuple[tuple[str, float], ...] = ()
    columns: tuple[str, ...] = ()
    why: tuple[str, ...] = field(default=(), compare=False)

    def inside(self, group: str) -> Mapping:
        """The same mapping, of a file in which all this lies in a group."""

        def moved(rule: str) -> str:
            return f"/{group}{rule}" if rule.startswith("/") else rule

        return replace(
            self,
            traces=f"{group}/{self.traces}",
            time=moved(self.time),
            rate=moved(self.rate),
            label=moved(self.label),
            ids=moved(self.ids),
            columns=tuple(moved(rule) for rule in self.columns),
        )

    def json(self) -> str:
        """The mapping as one line of JSON, without what is empty."""
        return text_of(self, events=dict(self.events))


def read_mapping(words: str) -> Mapping:
    """The mapping from JSON text or from a JSON file. Raises UserError for what is wrong in it."""
    source, parts = parts_of(words, ("traces",), Mapping.__dataclass_fields__)
    try:
        if not isinstance(parts["traces"], str):
            raise TypeError("traces is no path")
        parts["events"] = tuple((str(name), float(scale)) for name, scale in dict(parts.get("events", {})).items())
        parts["columns"] = tuple(str(name) for name in parts.get("columns", ()))
        parts["axis"] = int(parts.get("axis", -1))
    except (TypeError, ValueError) as error:
        raise UserError(f"{source} has a wrong value: {error}") from error
    for name in ("traces", "time", "rate", "label", "group", "ids"):
        parts[name] = str(parts.get(name, ""))
    return Mapping(**parts)


def expand(h5: Any, pattern: str, most: int = 1_000_000) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Paths of the data sets that a pattern means, in natural order, with what each wildcard stands for."""
    yield from _expand(h5, [part for part in pattern.split("/") if part], "", (), [most])


def _expand(
    group: Any, parts: Sequence[str], path: str, stars: tuple[str, ...], left: list[int]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    import h5py

    wild = any(sign in parts[0] for sign in "*?[")
    names = sorted(fnmatch.filter(container.own_names(group), parts[0]), key=natural) if wild else [parts[0]]
    for name in names:
        try:
            here = container.member(group, name)
        except Broken:
            continue
        place, met = f"{path}/{name}".lstrip("/"), (*stars, name) if wild else stars
        if len(parts) > 1 and isinstance(here, h5py.Group):
            yield from _expand(here, parts[1:], place, met, left)
        elif len(parts) == 1 and isinstance(here, h5py.Dataset) and left[0] > 0:
            left[0] -= 1
            yield place, met


def matches(h5: Any, mapping: Mapping) -> bool:
    """Whether the mapping finds any trace in this file."""
    return next(expand(h5, mapping.traces), None) is not None


def beside(path: str, name: str) -> str:
    """The full path of a name that stands beside a trace."""
    return name.lstrip("/") if name.startswith("/") else f"{path.rpartition('/')[0]}/{name}".lstrip("/")


def attribute(h5: Any, path: str, name: str) -> Any:
    """An attribute of a data set, or of the nearest group around it that has it; None without."""
    parts = path.split("/")
    for depth in range(len(parts), -1, -1):
        here = h5["/".join(parts[:depth])] if depth else h5
        if name in here.attrs:
            return simple(here.attrs[name])
    return None


def simple(value: Any) -> Any:
    """An attribute's value as text, bool, int or float; None for anything larger."""
    array = np.asarray(value)
    if array.size != 1:
        return None
    item = array.reshape(-1)[0]
    if isinstance(item, (bytes, str, np.bytes_, np.str_)):
        return container.text(item)
    if array.dtype.kind == "b":
        return bool(item)
    if array.dtype.kind in "iu":
        return int(item)
    return float(item) if array.dtype.kind == "f" else None


def rate_of(h5: Any, path: str, rate: str) -> float:
    """The sampling rate of a trace in samples/s by the mapping's rule, 0 where unknown."""
    if not rate:
        return 0.0
    if rate.startswith("@"):
        value, name = attribute(h5, path, rate[1:]), rate[1:]
    elif rate.replace(".", "", 1).isdigit():
        value, name = float(rate), ""
    else:
        value, name = container.scalar(h5, beside(path, rate)), rate.rpartition("/")[2]
    if not isinstance(value, (int, float)) or not np.isfinite(value) or value <= 0:
        return 0.0
    return 1 / value if STEP.match(name) else float(value)
