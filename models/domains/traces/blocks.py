"""Reading traces by their addresses: each file opened once, each table of traces read once."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.domains.traces import container
from models.domains.traces.container import WHOLE, Broken
from models.domains.traces.simulation import TIME_FIRST
from models.errors import UserError
from models.payload import Floats
from models.sample import Samples

Array = npt.NDArray[Any]
#: A simulation's table of at most this many values is read whole and kept for its other cells.
TABLE = 1 << 22


@dataclass(frozen=True)
class Address:
    """Where one trace lies in its file.

    dataset: its path. axis: that of time. index: place on the other axes. time: path of the time
    vector or "". events: (path, seconds a unit) of event times. unit: of the values.
    """

    dataset: str
    axis: int = 0
    index: tuple[int, ...] = ()
    time: str = ""
    events: tuple[tuple[str, float], ...] = ()
    unit: str = ""
    simulated: bool = field(default=False, compare=False)

    def layout(self) -> str:
        """The address as text for the hidden column ``_layout``."""
        parts = {"d": self.dataset, "a": self.axis, "i": self.index, "t": self.time, "e": self.events, "u": self.unit}
        return json.dumps(
            {name: value for name, value in parts.items() if value not in ("", ())}, separators=(",", ":")
        )


@functools.lru_cache(maxsize=4096)
def address(key: str, layout: str | None) -> Address:
    """The address of a sample from its key and hidden layout."""
    if layout and layout.startswith("{"):
        parts = json.loads(layout)
        events = tuple((path, float(scale)) for path, scale in parts.get("e", ()))
        index = tuple(int(item) for item in parts.get("i", ()))
        return Address(parts["d"], int(parts["a"]), index, parts.get("t", ""), events, parts.get("u", ""))
    name, _, cell = key.rpartition("/")
    return Address(f"timeTraces/{name}", 0 if layout == TIME_FIRST else 1, (int(cell),), simulated=True)


@dataclass(frozen=True)
class Places:
    """Sources, keys and layouts of some samples, as lists."""

    sources: list[int]
    keys: list[str]
    layouts: list[str | None]

    def at(self, place: int) -> Address:
        return address(self.keys[place], self.layouts[place])


def places(samples: Samples) -> Places:
    """The addresses of all samples given."""
    table = samples.table
    names = table.column_names
    count = len(samples)
    layouts = table.column("_layout").to_pylist() if "_layout" in names else [None] * count
    return Places(table.column("source").to_pylist(), table.column("key").to_pylist(), layouts)


def by_file(samples: Samples, found: Places) -> Iterator[tuple[Path, dict[str, list[int]]]]:
    """Each source's path with its data sets, and the rows that lie in each."""
    files: dict[int, dict[str, list[int]]] = {}
    for place, source in enumerate(found.sources):
        files.setdefault(source, {}).setdefault(found.at(place).dataset, []).append(place)
    for source, sets in files.items():
        yield Path(samples.sources[source]), sets


def read_traces(samples: Samples) -> list[Array]:
    """The trace of each sample, (length,) float32 or float64 as stored.

    Raises UserError for a source that is missing or can no longer be read.
    """
    found = places(samples)
    traces: list[Array | None] = [None] * len(samples)
    for path, sets in by_file(samples, found):
        if not path.exists():
            raise container.gone(path)
        try:
            with container.opened(path) as h5:
                for name, rows in sets.items():
                    for row, trace in zip(rows, _read_set(h5, name, [found.at(row) for row in rows]), strict=True):
                        traces[row] = trace
        except Broken as reason:
            raise UserError(f"{path}: {reason}") from reason
    return cast("list[Array]", traces)


def _read_set(h5: Any, name: str, addresses: Sequence[Address]) -> Iterator[Array]:
    """Traces of one data set, read at once when most of it is wanted."""
    block = container.dataset(h5, name)
    if block is None:
        raise Broken(f"{name} is no longer in the file")
    if block.dtype.kind not in "fiub":
        raise Broken(f"{name} holds no numbers")
    if block.size <= TABLE or (len(addresses) * 2 > block.size // max(block.shape[addresses[0].axis], 1)):
        container.check_numbers(block, name)
        whole = container.values(block, name)
        for one in addresses:
            yield np.ascontiguousarray(pick(whole, one))
    else:
        for one in addresses:
            yield container.values(block, name, selection(block.ndim, one))


def selection(dimensions: int, one: Address, part: slice = slice(None)) -> tuple[Any, ...]:
    """The index that takes one trace, or a part of it, out of its data set."""
    index = list(one.index)
    if dimensions == 1:
        return (part,)
    index.insert(one.axis, part)  # type: ignore[arg-type]
    return tuple(index)


def pick(whole: Array, one: Address) -> Array:
    """One trace out of a data set in memory. Raises Broken when the address lies outside."""
    try:
        return cast(Array, whole[selection(whole.ndim, one)])
    except IndexError as error:
        raise Broken(f"{one.dataset} has no trace {'/'.join(map(str, one.index))} any more") from error


def rates(samples: Samples) -> npt.NDArray[np.float64]:
    """Sampling rate of each sample in samples/s, NaN where the source tells none."""
    if "rate" not in samples.names:
        return np.full(len(samples), np.nan)
    return np.asarray(samples.column("rate"), np.float64)


@functools.lru_cache(maxsize=96)
def _block(path: str, stamp: int, name: str, time_first: bool) -> Array:
    with container.opened(Path(path)) as h5:
        block = container.dataset(h5, name)
        if block is None:
            raise Broken(f"{name} is no longer in the file")
        container.check_numbers(block, name, TABLE)
        values = container.values(block, name)
    values = values.reshape(1, -1) if values.ndim == 1 else values
    values = np.ascontiguousarray(values.T if time_first else values)
    values.setflags(write=False)
    return values


def block(path: Path, one: Address) -> Array:
    """A simulation's whole table as (cells, length), kept for its other cells.

    Raises UserError for a source that is missing or can no longer be read.
    """
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise container.gone(path) from error
    try:
        return _block(str(path), stamp, one.dataset, one.axis == 0)
    except Broken as reason:
        raise UserError(f"{path}: {reason}") from reason


@dataclass(frozen=True)
class FileReader:
    """A TraceReader over one trace in a file, read piece by piece: (1, length)."""

    path: Path
    one: Address
    size: int

    @property
    def channels(self) -> int:
        return 1

    @property
    def length(self) -> int:
        return self.size

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        start, stop = max(start, 0), min(stop, self.size)
        count = stop - start
        try:
            with container.opened(self.path) as h5:
                found = container.dataset(h5, self.one.dataset)
                if count <= columns:
                    part = self._part(found, start, stop)[None, :]
                    return part, part
                return self._envelope(found, start, count, columns)
        except Broken as reason:
            raise UserError(f"{self.path}: {reason}") from reason

    def _part(self, found: Any, start: int, stop: int) -> Array:
        return container.values(found, self.one.dataset, selection(found.ndim, self.one, slice(start, stop)))

    def _envelope(self, found: Any, start: int, count: int, columns: int) -> tuple[Floats, Floats]:
        edges = start + (np.arange(columns + 1) * count) // columns
        low = np.empty((1, columns))
        high = np.empty((1, columns))
        step = max(1, int(WHOLE // max(1, count // columns)))
        for first in range(0, columns, step):
            last = min(first + step, columns)
            part = self._part(found, int(edges[first]), int(edges[last]))
            inner = edges[first:last] - edges[first]
            low[0, first:last] = np.minimum.reduceat(part, inner)
            high[0, first:last] = np.maximum.reduceat(part, inner)
        return low, high
