"""The formats that only this domain writes: a tidy table of cells, and HDF5 with a `labels` group."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.traces import container
from models.domains.traces.blocks import Address, Places, places, read_traces, selection
from models.domains.traces.container import Broken
from models.domains.traces.metadata import COMPUTED
from models.errors import UserError
from models.job import Progress
from models.sample import Samples
from models.store.atomic import whole
from models.store.sheet import write_sheet

Array = npt.NDArray[Any]
Steps = Generator[Progress, None, dict[str, Any]]
#: Rows read and written at once.
CHUNK = 500
_STIM = {"stimMag": "stimulusMagnitude", "stimulusDuration": "stimulusDuration", "stimulusTime": "stimulusTime"}
_TIDY = ("simulation_id", "sample_key", "cell_id", "time_trace", "dis_to_target", "cMax", "cVariance", "noise")
_GIVEN = ("label", "by", "at", "kind", "prediction", "confidence")


@contextlib.contextmanager
def _written(path: Path) -> Iterator[Path]:
    """A place to write the file or folder at; it becomes `path` when it is whole. UserError where it can't be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as beside:
            yield beside
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or container.short(str(error))}") from error


def _present(samples: Samples) -> tuple[npt.NDArray[np.int64], list[dict[str, str]]]:
    """Rows whose source is there, and one entry for each source that is not."""
    numbers = samples.table.column("source").to_numpy()
    lost = {number for number in np.unique(numbers) if not Path(samples.sources[int(number)]).exists()}
    rows = np.flatnonzero(~np.isin(numbers, list(lost))) if lost else np.arange(len(samples))
    skipped = [
        {
            "source": samples.sources[int(number)],
            "where": f"{int((numbers == number).sum())} samples",
            "reason": "the file is missing; if it was moved, run: winnow locate PROJECT OLD NEW",
        }
        for number in sorted(lost)
    ]
    return rows.astype(np.int64), skipped


def _needed(written: int, skipped: list[dict[str, str]]) -> None:
    """Raise UserError where nothing at all can be written."""
    if not written and skipped:
        first = skipped[0]
        raise UserError(f"nothing could be written. {first['source']}, {first['where']}: {first['reason']}")


# The tidy table


def write_cells(view: ExportView, path: Path) -> Steps:
    """One row a cell with its trace as JSON text (CSV) or a list (Parquet, by the suffix).

    Columns: simulation_id, sample_key, cell_id, time_trace, dis_to_target, cMax, cVariance, noise,
    simulation_file, then label, by, at, kind, prediction, confidence. Raises UserError when the
    place cannot be written.
    """
    rows, skipped = _present(view.samples)
    _needed(len(rows), skipped)
    with _written(path) as beside:
        write = _parquet if path.suffix.lower() in (".parquet", ".pq") else _csv
        yield from write(view, rows, beside)
    return {"written": len(rows), "files": [str(path)], "skipped": skipped}


def _tidy(view: ExportView, rows: npt.NDArray[np.int64]) -> Iterator[tuple[int, dict[str, list[Any]], list[Array]]]:
    """The rows in pieces: how many are done, all columns but the trace, the traces."""
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        samples = view.samples.take(part)
        table = samples.table
        count = len(part)
        names = [name for name in _TIDY if name != "time_trace"]
        columns = {name: table.column(name).to_pylist() if name in samples.names else [None] * count for name in names}
        keys = table.column("key").to_pylist()
        ids = columns["simulation_id"]
        columns["simulation_id"] = [key if one is None else one for one, key in zip(ids, keys, strict=True)]
        columns["simulation_file"] = [
            Path(samples.sources[number]).name for number in table.column("source").to_pylist()
        ]
        for name, values in _given(view).items():
            columns[name] = [values[row] for row in part]
        yield start + count, columns, read_traces(samples)


def _given(view: ExportView) -> dict[str, Sequence[Any]]:
    nothing: list[Any] = [None] * len(view.samples)
    confidence = nothing if view.confidence is None else [_number(value) for value in view.confidence]
    given = (view.labels, view.by, view.at, view.kind, view.predictions or nothing, confidence)
    return dict(zip(_GIVEN, given, strict=True))


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _order() -> tuple[str, ...]:
    return (*_TIDY, "simulation_file", *_GIVEN)


def _csv(view: ExportView, rows: npt.NDArray[np.int64], path: Path) -> Generator[Progress, None, None]:
    with path.open("w", newline="", encoding="utf-8") as stream:
        write_sheet(stream, [_order()])
        for done, columns, traces in _tidy(view, rows):
            columns["time_trace"] = [trace_text(trace) for trace in traces]
            write_sheet(stream, zip(*(columns[name] for name in _order()), strict=True))
            yield Progress(done, len(rows), "Writing cells")


def trace_text(trace: Array) -> str:
    """A trace as a JSON list in the fewest digits that give the same numbers again; null where not finite."""
    words = np.where(np.isfinite(trace), trace.astype("U32"), "null")
    return f"[{','.join(words.tolist())}]"


def _parquet(view: ExportView, rows: npt.NDArray[np.int64], path: Path) -> Generator[Progress, None, None]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, number = pa.string(), pa.float64()
    kinds = {name: text if name in ("simulation_id", "simulation_file", *_GIVEN[:-1]) else number for name in _order()}
    kinds |= {"sample_key": pa.int64(), "cell_id": pa.int64(), "time_trace": pa.list_(number)}
    schema = pa.schema(list(kinds.items()))
    with pq.ParquetWriter(path, schema) as writer:
        for done, columns, traces in _tidy(view, rows):
            columns["time_trace"] = [trace.astype(np.float64) for trace in traces]
            writer.write_table(pa.table({name: pa.array(columns[name], kinds[name]) for name in kinds}, schema=schema))
            yield Progress(done, len(rows), "Writing cells")


# HDF5


@dataclass
class Simulation:
    """One simulation to write: its source, its key there and here, and the rows of its cells."""

    path: Path
    name: str
    rows: list[int]
    key: str = ""


@dataclass
class Plan:
    """What goes into which file: simulations by target file, and recordings."""

    simulations: dict[Path, list[Simulation]] = field(default_factory=dict)
    recordings: dict[Path, list[int]] = field(default_factory=dict)


def write_hdf5(view: ExportView, path: Path) -> Steps:
    """HDF5 that imports back: the simulations as they were, and who labelled what in `labels`.

    A path with a suffix becomes one file (simulations are then numbered anew; parameters that
    differ are vectors over them), any other a folder with a file of its own for each source.
    Recordings are written as ``recordings/<n>`` with their facts as attributes. Raises UserError
    when the place cannot be written, or when one file cannot hold simulations of different tissues.
    """
    import h5py

    rows, skipped = _present(view.samples)
    found = places(view.samples)
    single = path.suffix.lower() in (".h5", ".hdf5")
    written = 0
    with _written(path) as beside:
        plan = _plan(view.samples, found, rows, beside, single)
        files = sorted({*plan.simulations, *plan.recordings})
        for target in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            with h5py.File(target, "w") as h5:
                h5.attrs["winnow"] = 1
                h5.attrs["project"], h5.attrs["run"] = view.project, view.run
                writer = _Writer(view, found, h5, single, skipped)
                for step in writer.steps(plan.simulations.get(target, []), plan.recordings.get(target, [])):
                    yield Progress(written + step, len(rows), "Writing HDF5")
            written += writer.done
        _needed(written, skipped)
    return {"written": written, "files": [str(path / file.relative_to(beside)) for file in files], "skipped": skipped}


def _plan(samples: Samples, found: Places, rows: npt.NDArray[np.int64], path: Path, single: bool) -> Plan:
    plan = Plan()
    known: dict[tuple[int, str], Simulation] = {}
    ids = samples.table.column("id").to_pylist()
    for row in rows.tolist():
        one = found.at(row)
        if not one.simulated:
            plan.recordings.setdefault(path if single else path / "recordings.h5", []).append(row)
            continue
        name = one.dataset.partition("/")[2]
        place = known.get((found.sources[row], name))
        if place is None:
            source = Path(samples.sources[found.sources[row]])
            place = known[found.sources[row], name] = Simulation(source, name, [], name)
            file = path if single else path / _relative(ids[row], found.keys[row], source)
            plan.simulations.setdefault(file, []).append(place)
        place.rows.append(row)
    if single:
        for number, place in enumerate(plan.simulations.get(path, []), 1):
            place.key = str(number)
    return plan


def _relative(name: str, key: str, source: Path) -> Path:
    """The portable name of the source, so that ids stay the same; never a way out of the folder."""
    relative = Path(name[: -len(key) - 1])
    return (
        relative if not relative.is_absolute() and ".." not in relative.parts and relative.name else Path(source.name)
    )


class _Writer:
    """Writes one file."""

    def __init__(self, view: ExportView, found: Places, h5: Any, single: bool, skipped: list[dict[str, str]]) -> None:
        self.view, self.found, self.h5, self.single, self.skipped = view, found, h5, single, skipped
        self.given = _given(view)
        self.done = 0

    def steps(self, simulations: list[Simulation], recordings: list[int]) -> Iterator[int]:
        good: list[Simulation] = []
        for one in simulations:
            try:
                with container.opened(one.path) as source:
                    self._simulation(source, one)
            except Broken as reason:
                self._skip(str(one.path), f"timeTraces/{one.name}", str(reason))
                continue
            good.append(one)
            self.done += len(one.rows)
            yield self.done
        if good:
            self._parameters(good)
            self._labels(good)
        for number, row in enumerate(recordings, 1):
            source_path = Path(self.view.samples.sources[self.found.sources[row]])
            try:
                with container.opened(source_path) as source:
                    self._recording(source, row, number)
            except Broken as reason:
                self._skip(str(source_path), self.found.keys[row], str(reason))
                continue
            self.done += 1
            yield self.done

    def _skip(self, source: str, where: str, reason: str) -> None:
        self.skipped.append({"source": source, "where": where, "reason": reason})

    def _simulation(self, source: Any, one: Simulation) -> None:
        block = container.dataset(source, f"timeTraces/{one.name}")
        if block is None:
            raise Broken("the traces are no longer in the file")
        container.check_numbers(block, one.name)
        self._tissue(source, one)
        self.h5[f"timeTraces/{one.key}"] = container.values(block, one.name)
        for feature in container.names(source, "features"):
            try:
                values = container.numbers(source, f"features/{feature}/{one.name}")
            except Broken:
                continue
            if values is not None:
                self.h5[f"features/{feature}/{one.key}"] = values

    def _tissue(self, source: Any, one: Simulation) -> None:
        """The tissue of the first simulation; the others must have the same."""
        for name in container.names(source, "tissue"):
            values = container.numbers(source, f"tissue/{name}", 1 << 20)
            target = f"tissue/{name}"
            if values is None:
                continue
            if target not in self.h5:
                self.h5[target] = values
            elif not np.array_equal(self.h5[target][()], values, equal_nan=True):
                raise UserError(
                    f"the simulations of {one.path.name} have another {name} than the first: "
                    "give a folder (a path without .h5) to get a file for each source"
                )

    def _parameters(self, simulations: list[Simulation]) -> None:
        samples = self.view.samples
        features = set(self.h5["features"]) if "features" in self.h5 else set()
        first = samples.take([one.rows[0] for one in simulations])
        ids = first.table.column("simulation_id").to_pylist() if "simulation_id" in first.names else []
        names = [one.key if one_id is None else str(one_id) for one, one_id in zip(simulations, ids, strict=True)]
        self.h5["sim_ids"] = np.array([name.encode() for name in names] or [b""])
        for name in first.names:
            if name in COMPUTED or name in features or name in ("length", "rate", "duration") or name.startswith("_"):
                continue
            values = first.column(name)
            if values.dtype != np.float64 or not np.isfinite(values).all():
                continue
            place = f"stim/{_STIM[name]}" if name in _STIM else f"params/{name}"
            self.h5[place] = float(values[0]) if (values == values[0]).all() else values

    def _labels(self, simulations: list[Simulation]) -> None:
        """Who gave which label to which cell, and the id that the cell had in the project."""
        rows = [row for one in simulations for row in one.rows]
        keys = [f"{one.key}/{self.found.at(row).index[0]}" for one in simulations for row in one.rows]
        original = self.view.samples.take(rows).ids()
        cells = sum(int(self._cells(one)) for one in simulations)
        group = self.h5.create_group("labels")
        group.attrs["subset"] = cells > len(rows)
        texts: dict[str, list[Any]] = {"ids": keys, "original": original}
        texts |= {name: [self.given[name][row] for row in rows] for name in _GIVEN[:-1]}
        for name, values in texts.items():
            group[name] = np.array([str(value or "").encode("utf-8") for value in values], "S")
        if self.view.confidence is not None:
            group["confidence"] = np.asarray(self.view.confidence, np.float64)[rows]
        if self.view.probabilities is not None:
            group["probabilities"] = np.asarray(self.view.probabilities)[rows]
            group["classes"] = np.array([name.encode("utf-8") for name in self.view.classes], "S")

    def _cells(self, one: Simulation) -> int:
        address = self.found.at(one.rows[0])
        block = self.h5[f"timeTraces/{one.key}"]
        return int(block.shape[1 - address.axis]) if block.ndim == 2 else 1

    def _recording(self, source: Any, row: int, number: int) -> None:
        one: Address = self.found.at(row)
        block = container.dataset(source, one.dataset)
        if block is None:
            raise Broken("the trace is no longer in the file")
        group = self.h5.create_group(f"recordings/{number}")
        group["trace"] = container.values(block, one.dataset, selection(block.ndim, one))
        if one.time:
            times = container.numbers(source, one.time)
            if times is not None:
                group["time"] = times
        for place, (path, scale) in enumerate(one.events):
            events = container.numbers(source, path)
            if events is not None:
                # In seconds: the unit need not be guessed again.
                group[f"events{place + 1}_s"] = events.astype(np.float64) * scale
        self._attributes(group, row, one)

    def _attributes(self, group: Any, row: int, one: Address) -> None:
        table = self.view.samples.table
        facts = {name: table.column(name)[row].as_py() for name in ("id", "group", *self.view.samples.names)}
        facts |= {name: self.given[name][row] for name in _GIVEN}
        if one.unit:
            facts["unit"] = one.unit
        for name, value in facts.items():
            if value not in (None, "") and not name.startswith("_") and name not in ("length", "duration"):
                group.attrs[name] = value
