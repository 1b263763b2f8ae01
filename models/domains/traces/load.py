"""What the viewers show of one sample: its traces, its tissue, its small line."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.traces import container, peaks, tissue
from models.domains.traces.blocks import Address, FileReader, address, block, by_file, places, selection
from models.domains.traces.container import WHOLE, Broken
from models.domains.traces.shorts import ending, name_of
from models.errors import UserError
from models.payload import ArrayReader, Mark, Payload, Tissue, TraceReader, Traces
from models.sample import Samples, portable_id

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]
#: What the simulations' traces measure.
UNIT = "ΔF/F₀"
#: Further traces drawn in grey, and marks drawn on one trace, at most.
OVERLAYS, MARKS = 8, 20_000
#: Facts beside the title: column, words, decimals.
_FACTS = (("noise", "noise", 3), ("beta", "β", 2), ("kcross", "k-cross", 3))
#: Parameters that must agree for two files to be the same simulation at another noise.
_SAME = ("stimMag", "beta", "kcross", "stimulusDuration", "stimulusTime")


def load(samples: Samples, row: int) -> tuple[Payload, ...]:
    """The payloads of one sample: traces and tissue of a simulation, or the traces of a recording.

    Raises UserError for a source that is missing or can no longer be read.
    """
    meta = {name: samples.table.column(name)[row].as_py() for name in samples.table.column_names}
    path = Path(samples.sources[meta["source"]])
    one = address(meta["key"], meta.get("_layout"))
    if not one.simulated:
        return (_recording(path, one, meta),)
    cells = block(path, one)
    cell = one.index[0]
    if cell >= len(cells):
        raise UserError(f"{path}: {one.dataset} has no cell {cell} any more")
    return _simulated(samples, meta, path, one, cells), _tissue(samples, row, path, one, cells, meta)


def _simulated(samples: Samples, meta: dict[str, Any], path: Path, one: Address, cells: Array) -> Traces:
    trace = cells[one.index[0]]
    name = name_of(meta, path)
    return Traces(
        reader=ArrayReader(trace[None, :]),
        names=(name,),
        unit=UNIT,
        title=name,
        facts=_facts(meta),
        marks=_peak(trace),
        overlays=tuple(_overlays(samples, meta, one)),
    )


def _facts(meta: dict[str, Any]) -> tuple[str, ...]:
    facts = [f"{word} {meta[name]:.{decimals}f}" for name, word, decimals in _FACTS if meta.get(name) is not None]
    count = meta.get("nSamples")
    return (*facts, *([f"{count:g} simulations"] if count is not None else []))


def _peak(trace: Array) -> tuple[Mark, ...]:
    known = np.where(np.isfinite(trace), trace, -np.inf)
    at = int(known.argmax()) if len(known) else 0
    return (Mark(float(at), f"cMax {trace[at]:.2f}"),) if len(known) and np.isfinite(known[at]) else ()


class _Key:
    """A table by its identity, so that it can be remembered."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __hash__(self) -> int:
        return id(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.table is self.table

    def column(self, name: str) -> Any:
        return self.table.column(name)

    @property
    def column_names(self) -> list[str]:
        return list(self.table.column_names)


@functools.lru_cache(maxsize=2)
def _sources(table: _Key) -> dict[int, dict[str, Any]]:
    """The parameters of each source, from the first of its samples."""
    numbers = table.column("source").to_numpy()
    unique, first = np.unique(numbers, return_index=True)
    names = [name for name in (*_SAME, "noise") if name in table.column_names]
    return {
        int(source): {name: table.column(name)[int(row)].as_py() for name in names}
        for source, row in zip(unique, first, strict=True)
    }


def _overlays(samples: Samples, meta: dict[str, Any], one: Address) -> list[tuple[str, TraceReader]]:
    """The same cell of the simulation of the same number at the other noises."""
    known = _sources(_Key(samples.table))
    here = known[meta["source"]]
    if here.get("noise") is None:
        return []
    alike = [
        (found["noise"], source)
        for source, found in known.items()
        if found.get("noise") not in (None, here["noise"]) and all(found.get(name) == here.get(name) for name in _SAME)
    ]
    shown: dict[float, TraceReader] = {}
    for noise, source in sorted(alike):
        if noise not in shown and len(shown) < OVERLAYS:
            trace = _same_cell(Path(samples.sources[source]), one)
            if trace is not None:
                shown[noise] = ArrayReader(trace[None, :])
    return [(f"noise {noise:.3f}", reader) for noise, reader in shown.items()]


def _same_cell(path: Path, one: Address) -> Array | None:
    try:
        cells = block(path, one)
    except UserError:
        return None
    return cells[one.index[0]] if one.index[0] < len(cells) else None


@functools.lru_cache(maxsize=256)
def _grid(path: str, stamp: int, count: int) -> tuple[Index, Index, Index]:
    """Columns, rows and rings of a file's cells; ring −1 where the file tells no distance."""
    columns = rows = 0
    rings = np.full(count, -1, np.int64)
    try:
        with container.opened(Path(path)) as h5:
            columns, rows = (int(container.scalar(h5, f"tissue/nTissue{part}") or 0) for part in ("Cols", "Rows"))
            distances = container.numbers(h5, "tissue/distanceToTarget", WHOLE)
    except Broken:
        distances = None
    if distances is not None and distances.size == count:
        flat = distances.reshape(-1)
        rings = np.where(np.isfinite(flat), np.round(flat), -1).astype(np.int64)
    column, row, _ = tissue.place(columns, rows, rings)
    return column, row, rings


def _tissue(samples: Samples, row: int, path: Path, one: Address, cells: Array, meta: dict[str, Any]) -> Tissue:
    column, line, rings = _grid(str(path), path.stat().st_mtime_ns, len(cells))
    sample = str(meta["key"]).rpartition("/")[0]
    source = str(meta["id"])[: -len(meta["key"]) - 1]
    wanted = [portable_id(source, f"{sample}/{cell}") for cell in range(len(cells))]
    present = _present(samples, row, one.index[0], wanted)
    title = name_of(meta, path).rpartition(":")[0]
    return Tissue(
        cells=tuple(name if name in present else "" for name in wanted),
        column=column,
        row=line,
        ring=rings,
        traces=cells,
        chosen=one.index[0],
        title=title,
    )


def _present(samples: Samples, row: int, cell: int, wanted: Sequence[str]) -> set[str]:
    """Which of these ids are in the project: the cells of a simulation mostly stand side by side."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = samples.table.column("id")
    start = max(0, row - cell)
    near = set(column.slice(start, len(wanted)).to_pylist())
    if near.issuperset(wanted):
        return near
    mask = pc.is_in(column, value_set=pa.array(list(wanted), pa.string()))
    return set(column.filter(mask).to_pylist())


def _recording(path: Path, one: Address, meta: dict[str, Any]) -> Traces:
    try:
        path.stat()
    except OSError as error:
        raise container.gone(path) from error
    rate = meta.get("rate") or None
    try:
        with container.opened(path) as h5:
            found = container.dataset(h5, one.dataset)
            if found is None:
                raise Broken(f"{one.dataset} is no longer in the file")
            length = int(found.shape[one.axis])
            reader = _reader(found, path, one, length)
            start = _start(h5, one) if rate else 0.0
            marks = _marks(h5, one, rate, start)
    except Broken as reason:
        raise UserError(f"{path}: {reason}") from reason
    title = ending(str(meta.get("trace_id") or meta["key"]))
    facts = [str(meta[name]) for name in ("dataset", "indicator") if meta.get(name)]
    facts += [f"{rate:.4g} Hz"] if rate else []
    unit = one.unit or ("ΔF/F" if "dff" in one.dataset.lower() else "")
    words = _mark_words([name for name, _scale in one.events], len(marks))
    return Traces(reader, (title,), rate, start, unit, title, tuple(facts), marks, mark_words=words)


def _reader(found: Any, path: Path, one: Address, length: int) -> TraceReader:
    if length > WHOLE:
        return FileReader(path, one, length)
    container.check_numbers(found, one.dataset)
    return ArrayReader(container.values(found, one.dataset, selection(found.ndim, one))[None, :])


def _start(h5: Any, one: Address) -> float:
    found = container.dataset(h5, one.time) if one.time else None
    return float(found[0]) if found is not None and found.ndim == 1 and found.shape[0] else 0.0


def _marks(h5: Any, one: Address, rate: float | None, start: float) -> tuple[Mark, ...]:
    """Event marks in the trace's own time: seconds, or samples where no rate is known."""
    marks: list[Mark] = []
    for path, scale in one.events:
        found = container.dataset(h5, path)
        if found is None or found.ndim != 1:
            continue
        times = container.values(found, path, slice(0, MARKS)).astype(np.float64) * scale
        marks += [Mark(float(at)) for at in times[np.isfinite(times)]]
    return tuple(marks[:MARKS])


def _mark_words(paths: Sequence[str], count: int) -> str:
    """What event marks are called, and the data sets that hold them."""
    names = [path.rpartition("/")[2] for path in paths]
    spikes = all("spike" in name.lower() or name.lower().endswith("_ap") for name in names)
    first = ", the first of them" if count == MARKS else ""
    return f"{'spikes' if spikes else 'events'} ({', '.join(names)}{first})" if count else ""


def sketch(samples: Samples, rows: Index, points: int) -> npt.NDArray[np.float32]:
    """A small line of each row, (rows, points): the extremes of points / 2 stretches; NaN where unreadable."""
    part = samples.take(np.asarray(rows, np.int64))
    lines = np.full((len(part), points), np.nan, np.float32)
    found = places(part)
    for path, sets in by_file(part, found):
        for name, members in sets.items():
            try:
                for place, trace in _quick(path, name, members, [found.at(place) for place in members]):
                    lines[place] = thin(trace, points)
            except (UserError, Broken, OSError):
                continue
    return lines


def _quick(path: Path, name: str, members: Sequence[int], addresses: Sequence[Address]) -> list[tuple[int, Array]]:
    if addresses[0].simulated:
        cells = block(path, addresses[0])
        pairs = zip(members, addresses, strict=True)
        return [(place, cells[one.index[0]]) for place, one in pairs if one.index[0] < len(cells)]
    stamp = path.stat().st_mtime_ns
    return [(place, _thinned(str(path), stamp, one)) for place, one in zip(members, addresses, strict=True)]


@functools.lru_cache(maxsize=512)
def _thinned(path: str, stamp: int, one: Address) -> Array:
    """A recording as its 2,000 extremes, kept: the table asks for it again and again."""
    with container.opened(Path(path)) as h5:
        found = container.dataset(h5, one.dataset)
        if found is None:
            raise Broken(f"{one.dataset} is no longer in the file")
        length = int(found.shape[one.axis])
        if length <= WHOLE:
            return thin(container.values(found, one.dataset, selection(found.ndim, one)), 2000)
    low, high = FileReader(Path(path), one, length).read(0, length, 1000)
    return np.stack([low[0], high[0]], axis=1).reshape(-1)


@peaks.quiet
def thin(trace: Array, points: int) -> npt.NDArray[np.float32]:
    """A trace as `points` values: extremes of stretches in the order they come, or stretched if shorter."""
    count = len(trace)
    if not count or points < 2:
        return np.full(points, trace[0] if count else np.nan, np.float32)
    if count <= points:
        return trace[(np.arange(points) * count) // points].astype(np.float32)
    bins = points // 2
    edges = (np.arange(bins + 1) * count) // bins
    steps = np.arange(int(np.diff(edges).max()))
    index = np.minimum(edges[:-1, None] + steps, edges[1:, None] - 1)
    body = trace[index]
    finite = np.isfinite(body)
    low = np.where(finite, body, np.inf).argmin(axis=1)
    high = np.where(finite, body, -np.inf).argmax(axis=1)
    pairs = np.stack([np.minimum(low, high), np.maximum(low, high)], axis=1)
    line = np.take_along_axis(body, pairs, axis=1).reshape(-1).astype(np.float32)
    return np.concatenate([line, np.full(points - len(line), trace[-1], np.float32)])
