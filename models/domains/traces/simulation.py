"""One file of simulated traces: sample by sample, cell by cell.

Layout: ``timeTraces/<k>`` (cells, length), or (length, cells) as MATLAB writes it;
``tissue/distanceToTarget`` (cells,); ``sim_ids`` or the older ``id``; ``features/<name>/<k>``;
``params/*``, ``stim/*``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted, Skipped
from models.domains.traces import container, peaks
from models.domains.traces.container import Broken
from models.domains.traces.labelgroup import read_label_group
from models.domains.traces.names import COUNTS, KNOWN, extra_parameters, file_parameters
from models.domains.traces.options import Options, classes_of
from models.domains.traces.rows import Counter, Rows
from models.domains.traces.walk import Listed
from models.job import Progress
from models.learn.words import plural
from models.natural import natural

Array = npt.NDArray[Any]
#: Orientation of a stored block, kept with each sample: time first or cells first.
TIME_FIRST, CELLS_FIRST = "sim:T", "sim:C"
#: More cells than this in one simulation are not believed.
MOST_CELLS = 200_000
#: Features of which a trace has several values: no columns.
RAGGED = ("cPeaks", "tPeaks", "fwhmPeaks", "tInterval")


@dataclass
class Memory:
    """What earlier files held: values (digest → group, file), ids (id → file, digest), what was told.

    cut: (file, simulations taken, simulations in it) of each file that was not taken whole.
    """

    values: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    ids: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    cut: list[tuple[str, int, int]] = field(default_factory=list)

    def limit_note(self) -> Iterator[Noted]:
        """One note on all files of which only the first simulations were taken."""
        if not self.cut:
            return
        taken, held = sum(item[1] for item in self.cut), sum(item[2] for item in self.cut)
        many = f"{len(self.cut)} files" if len(self.cut) > 1 else self.cut[0][0]
        each = f", the first {self.cut[0][1]} of each file" if len(self.cut) > 1 else ", the first of the file"
        told = (
            f"{taken} of {held} simulations come in{each}. Set simulations of each file (per_file) to all for the rest"
        )
        yield Noted(many, "", told)


def is_simulation(h5: Any) -> bool:
    """Whether a file has the simulations' layout, or enough of it to say what is missing."""
    if "timeTraces" in h5:
        return True
    return "tissue" in h5 and any(name in h5 for name in ("sim_ids", "id", "features", "stim"))


def read_distances(h5: Any) -> npt.NDArray[np.float64] | None:
    """Distance of each cell to the target, (cells,), or None where the file tells none."""
    found = container.numbers(h5, "tissue/distanceToTarget", MOST_CELLS)
    return None if found is None or not found.size else found.reshape(-1).astype(np.float64)


def scan_simulation(
    h5: Any, file: Listed, options: Options, edges: tuple[float, ...] | None, memory: Memory
) -> Iterator[Progress | Finding]:
    """The samples of one file; whatever is wrong with a part of it is told, the rest goes on."""
    reader = _Reader(h5, file, options, edges, memory)
    yield from reader.steps()


class _Reader:
    """One pass over one file."""

    def __init__(
        self, h5: Any, file: Listed, options: Options, edges: tuple[float, ...] | None, memory: Memory
    ) -> None:
        self.h5, self.file, self.options, self.edges, self.memory = h5, file, options, edges, memory
        self.rows, self.odd = Rows(), Counter()
        self.notes: list[Finding] = []
        self.lengths: dict[int, int] = {}
        self.worst: dict[str, tuple[int, float]] = {}
        self.dropped: set[str] = set(RAGGED)
        self.extra: list[str] = []

    def steps(self) -> Iterator[Progress | Finding]:
        if "timeTraces" not in self.h5:
            raise Broken("the group timeTraces is missing: there are no traces in this file")
        names = sorted(container.names(self.h5, "timeTraces"), key=natural)
        self.numbered = {name: place for place, name in enumerate(names)}
        self.ids = self._simulation_ids(names)
        self.distances = self._distances()
        self.cells, self.why = self._cell_count(names)
        self.shared, self.vectors = self._parameters(len(names))
        self.marked = read_label_group(self.h5, self.notes, self.file.name)
        chosen = names[: self.options.per_file] if self.options.per_file else names
        yield from self._lacking()
        if len(chosen) < len(names) and not self.options.asked:
            self.memory.cut.append((self.file.name, len(chosen), len(names)))
        for place, name in enumerate(chosen):
            if place % 50 == 49:
                yield Progress(place, len(chosen), self.file.name)
            try:
                self._sample(name)
            except Broken as reason:
                yield Skipped(self.file.name, f"timeTraces/{name}", str(reason))
            except container.DAMAGE as error:
                yield Skipped(self.file.name, f"timeTraces/{name}", f"it is damaged ({container.short(str(error))})")
        yield from self.notes
        yield from self._told()
        if self.rows.keys:
            yield self.rows.found(self.file)
        elif not names:
            yield Skipped(self.file.name, "timeTraces", "the group is empty: there are no traces in this file")

    # What the file says of all its samples

    def _simulation_ids(self, names: list[str]) -> dict[str, str]:
        """Simulation id of each sample key: by the key's number, else by place."""
        found = None
        for name in ("sim_ids", "id"):
            try:
                found = container.dataset(self.h5, name) if found is None else found
            except Broken as reason:
                self._note(name, str(reason))
        if found is None:
            self._note("", "the file has no simulation ids (sim_ids): the sample keys stand for them")
            return {name: name for name in names}
        try:
            ids = container.texts(found, len(names))
        except Broken as reason:
            self._note("sim_ids", f"{reason}: the sample keys stand for the ids")
            return {name: name for name in names}
        whole = [int(name) for name in names if name.isdigit()]
        base = 0 if 0 in whole else 1
        if len(whole) == len(names) and names and max(whole) - base < len(ids):
            self.extra = [str(k + base) for k in range(len(ids)) if k + base not in set(whole)]
            return {name: ids[int(name) - base] for name in names}
        if len(ids) != len(names):
            self._note("sim_ids", f"there are {len(ids)} simulation ids for {len(names)} samples: they are not used")
            return {name: name for name in names}
        return dict(zip(names, ids, strict=True))

    def _lacking(self) -> Iterator[Finding]:
        extra = self.extra
        shown = [key for key in extra if not self.options.per_file or int(key) <= self.options.per_file]
        for key in shown[:20]:
            yield Skipped(self.file.name, f"timeTraces/{key}", "a simulation id is listed, but there is no trace")
        if len(extra) > len(shown[:20]):
            count = len(extra) - len(shown[:20])
            yield Noted(
                self.file.name,
                "sim_ids",
                f"{plural(count, 'more listed simulation has', 'more listed simulations have')} no trace",
            )

    def _distances(self) -> npt.NDArray[np.float64] | None:
        try:
            found = read_distances(self.h5)
        except Broken as reason:
            self._note("tissue/distanceToTarget", f"{reason}: the cells come in unlabelled")
            return None
        if found is None:
            self._note("tissue/distanceToTarget", "distances are missing: the cells come in unlabelled")
            return None
        wrong = int((~np.isfinite(found) | (found < 0)).sum())
        if wrong:
            self._note(
                "tissue/distanceToTarget", f"{plural(wrong, 'cell has', 'cells have')} no valid distance: unlabelled"
            )
        return found

    def _cell_count(self, names: list[str]) -> tuple[int | None, str]:
        """How many cells a sample has, and what tells it."""
        if self.distances is not None:
            return len(self.distances), "distanceToTarget"
        columns, rows = (container.scalar(self.h5, f"tissue/nTissue{part}") for part in ("Cols", "Rows"))
        if columns and rows and columns * rows < MOST_CELLS:
            return int(columns * rows), "nTissueCols × nTissueRows"
        for name in names[:1]:
            stored = container.member(self.h5, "features/cMax/" + name)
            if stored is not None and hasattr(stored, "size") and stored.size:
                return int(stored.size), "the length of cMax"
        return None, ""

    def _parameters(self, count: int) -> tuple[dict[str, Any], dict[str, list[float]]]:
        """Parameters that hold for the file, and those that differ by sample."""
        named: dict[str, Any] = dict(file_parameters(self.file.name))
        named.update({key: value for key, value in extra_parameters(self.file.name).items() if named})
        vectors: dict[str, list[float]] = {}
        for path, name, values in self._stored_parameters():
            value = float(values[0])
            if len(values) == count and count > 1:
                vectors[name] = [float(item) for item in values]
                named.pop(name, None)
            elif len(values) == 1 and name not in named:
                named[name] = int(value) if name in COUNTS and value == int(value) else value
            elif len(values) == 1 and not np.isclose(float(named[name]), value, rtol=1e-3):
                self._note(
                    path, f"{name} is {value:g} inside the file but {named[name]:g} in its name: the name counts"
                )
        return named, vectors

    def _stored_parameters(self) -> Iterator[tuple[str, str, Array]]:
        for place in ("params", "stim"):
            for key in sorted(container.names(self.h5, place)):
                try:
                    values = container.numbers(self.h5, f"{place}/{key}", MOST_CELLS)
                except Broken:
                    continue
                if values is not None and values.size and np.isfinite(values).all():
                    name = "stimMag" if key == "stimulusMagnitude" else KNOWN.get(key.lower(), key)
                    yield f"{place}/{key}", name, values.reshape(-1)

    # One sample

    def _sample(self, name: str) -> None:
        block = container.dataset(self.h5, f"timeTraces/{name}")
        if block is None:
            raise Broken("it is a group, not a table of traces")
        container.check_numbers(block, "the table of traces")
        shape = block.shape if block.ndim == 2 else (1, *block.shape)
        if len(shape) != 2 or not block.size:
            raise Broken(f"its shape {block.shape} is not (cells, time)")
        values = container.values(block, "the table of traces").reshape(shape)
        layout = self._orientation(name, shape, values)
        traces = values.T if layout == TIME_FIRST else values
        self._append(name, np.ascontiguousarray(traces), layout)

    def _orientation(self, name: str, shape: tuple[int, ...], values: Array) -> str:
        time_first, cells_first = shape[1] == self.cells, shape[0] == self.cells
        if self.cells is None:
            self.cells = min(shape)
            self.why = "the shorter side is taken as cells"
            self._note(f"timeTraces/{name}", f"nothing tells which axis is time; {self.why} ({min(shape)})")
            return self._orientation(name, shape, values)
        if time_first and cells_first:
            layout, reason = self._square(name, values)
            words = "the second" if layout == CELLS_FIRST else "the first"
            self.odd.add(
                f"{{count}} square tables {shape[0]} × {shape[1]} fit both ways; {words} axis is time: {reason}",
                f"timeTraces/{name}",
            )
            return layout
        if not time_first and not cells_first:
            sides = " × ".join(str(side) for side in shape)
            raise Broken(f"its shape {sides} fits neither way: {self.why} tells {self.cells} cells")
        return TIME_FIRST if time_first else CELLS_FIRST

    def _square(self, name: str, values: Array) -> tuple[str, str]:
        stored = self._vector("cMax", name, len(values))
        if stored is not None:
            by_row = np.allclose(peaks.largest(values), stored, rtol=1e-4, equal_nan=True)
            by_column = np.allclose(peaks.largest(values.T), stored, rtol=1e-4, equal_nan=True)
            if by_row != by_column:
                return (CELLS_FIRST if by_row else TIME_FIRST), "the stored cMax agrees with it"
        if self.lengths.get(0):
            return (TIME_FIRST if self.lengths[0] == 1 else CELLS_FIRST), "as in the samples before it"
        with np.errstate(all="ignore"):
            rough_rows = np.nanmean(np.diff(values, axis=1) ** 2)
            rough_columns = np.nanmean(np.diff(values, axis=0) ** 2)
        return (
            CELLS_FIRST if rough_rows <= rough_columns else TIME_FIRST
        ), "values change less from step to step along it"

    def _vector(self, feature: str, name: str, cells: int) -> Array | None:
        """A stored feature with one value a cell, or None; shapes that do not fit are told."""
        path = f"features/{feature}/{name}"
        try:
            stored = container.numbers(self.h5, path, 100 * MOST_CELLS)
        except Broken as reason:
            self.odd.add(f"a stored {feature} cannot be used in {{count}} samples ({reason})", path)
            return None
        if stored is None or stored.size == cells:
            return None if stored is None else stored.reshape(-1).astype(np.float64)
        if feature in peaks.COMPUTED:
            self.odd.add(f"the stored {feature} has another length than there are cells in {{count}} samples", path)
        else:
            self.dropped.add(feature)
        return None

    def _append(self, name: str, traces: Array, layout: str) -> None:
        cells, length = traces.shape
        self.lengths[0] = 1 if layout == TIME_FIRST else 2
        features = self._features(name, traces)
        digest = hashlib.blake2b(np.ascontiguousarray(traces).tobytes(), digest_size=12).digest()
        group = self._group(name, digest)
        odd = self._anomalies(name, traces)
        chosen, labels, votes = self._labels(name, cells)
        rows = self.rows
        rows.keys += [f"{name}/{cell}" for cell in chosen]
        rows.groups += [group] * len(chosen)
        rows.labels += labels
        rows.votes += votes
        same = len(chosen)
        rows.put("simulation_id", [self.ids[name]] * same)
        rows.put("sample_key", [int(name) if name.isdigit() else None] * same)
        rows.put("sample_name", [None if name.isdigit() else name] * same)
        rows.put("cell_id", list(chosen))
        if self.distances is not None:
            rows.put("dis_to_target", plain(self.distances[chosen]))
        for key, value in self.shared.items():
            rows.put(key, [value] * same)
        for key, vector in self.vectors.items():
            rows.put(key, [vector[self.numbered[name]]] * same)
        for key, values in features.items():
            rows.put(key, plain(values[chosen]))
        rows.put("length", [length] * same)
        rows.put("anomaly", [odd.get(cell) for cell in chosen])
        rows.put("_layout", [layout] * same)

    def _labels(self, name: str, cells: int) -> tuple[list[int], list[str | None], list[dict[str, str]]]:
        labels: list[str | None] = [None] * cells
        if self.distances is not None:
            labels = classes_of(self.distances, self.edges)
        if self.marked is None:
            return list(range(cells)), labels, [{} for _ in range(cells)]
        chosen = [cell for cell in range(cells) if not self.marked.subset or (name, cell) in self.marked.labels]
        given = [self.marked.labels.get((name, cell)) for cell in chosen]
        own = [labels[cell] if mark is None else mark.own() for cell, mark in zip(chosen, given, strict=True)]
        return chosen, own, [mark.votes() if mark else {} for mark in given]

    def _features(self, name: str, traces: Array) -> dict[str, Array]:
        """Stored features that are vectors over cells; the four that can be are computed where absent."""
        stored_names = sorted(container.names(self.h5, "features"))
        found: dict[str, Array] = {}
        for feature in (*peaks.COMPUTED, *(item for item in stored_names if item not in peaks.COMPUTED)):
            stored = self._vector(feature, name, len(traces)) if feature in stored_names else None
            if stored is not None and feature not in self.dropped:
                found[feature] = stored
            elif feature in peaks.COMPUTED:
                found[feature] = peaks.COMPUTED[feature](traces)
                if stored_names:
                    self.odd.add(
                        f"{feature} is not stored in {{count}} samples: computed", f"features/{feature}/{name}"
                    )
        for feature in set(found) & set(stored_names):
            self._compare(feature, found[feature], name, traces)
        return found

    def _compare(self, feature: str, stored: Array, name: str, traces: Array) -> None:
        """Count where a stored feature and the recomputed one differ."""
        if feature == "cMax":
            again = peaks.largest(traces)
        elif feature == "cVariance":
            again = peaks.variance(traces)
            population = again * (traces.shape[1] - 1) / traces.shape[1]
            again = np.where(_near(stored, population), population, again)
        elif feature == "tMax":
            again = peaks.largest_at(traces)
            one_based = _near(stored, again + 1)
            again = np.where(one_based, again + 1, again)
        elif feature == "nPeaks":
            times = self._table("tPeaks", name, len(traces))
            if times is None:
                return
            again = np.isfinite(times).sum(axis=1).astype(np.float64)
        else:
            return
        differ = ~_near(stored, again)
        if differ.any():
            count, worst = self.worst.get(feature, (0, 0.0))
            gap = np.abs(stored - again)[differ]
            largest = float(np.nanmax(gap)) if np.isfinite(gap).any() else float("nan")
            self.worst[feature] = (count + int(differ.sum()), max(worst, largest) if worst else largest)

    def _table(self, feature: str, name: str, cells: int) -> Array | None:
        """A stored feature with several values a cell as (cells, values), or None."""
        try:
            stored = container.numbers(self.h5, f"features/{feature}/{name}", 100 * MOST_CELLS)
        except Broken:
            return None
        if stored is None or stored.ndim != 2 or cells not in stored.shape:
            return None
        return stored.T if stored.shape[1] == cells else stored

    def _group(self, name: str, digest: bytes) -> str:
        """The group of a sample: its own, or that of the copy seen before, so that no split parts them."""
        group = f"{self.file.name}/{name}"
        identity = self.ids[name]
        before = self.memory.values.setdefault(digest, (group, self.file.name))
        other, known = self.memory.ids.setdefault(identity, (self.file.name, digest))
        if before[0] != group:
            self.odd.add(
                f"{{count}} samples hold the same values as in {before[1]}: they are kept, in the same groups",
                f"timeTraces/{name}",
            )
            return before[0]
        if known != digest and other != self.file.name and identity != name:
            self.odd.add(
                f"{{count}} samples have simulation ids of {other} but other values: both are kept",
                f"timeTraces/{name}",
            )
        return group

    def _anomalies(self, name: str, traces: Array) -> dict[int, str]:
        nan = np.isnan(traces).any(axis=1)
        infinite = np.isinf(traces).any(axis=1)
        with np.errstate(invalid="ignore"):
            constant = ~nan & ~infinite & (np.ptp(traces, axis=1) == 0)
        odd: dict[int, str] = {}
        length = self.lengths.setdefault(1, traces.shape[1])
        if traces.shape[1] != length:
            self.odd.add(f"{{traces}} of another length than the {length} of the first sample", name, len(traces))
            odd = dict.fromkeys(range(len(traces)), "length")
        for word, mask, words in (
            ("constant", constant, "{traces} never change"),
            ("infinite", infinite, "infinite values in {traces}"),
            ("NaN", nan, "NaN in {traces}"),
        ):
            hit = np.flatnonzero(mask)
            odd.update(dict.fromkeys(hit.tolist(), word))
            self.odd.add(words, f"{name}/{hit[0]}" if len(hit) else "", len(hit))
        return odd

    # What is told at the end

    def _told(self) -> Iterator[Noted]:
        yield from self.odd.notes(self.file.name)
        total = len(self.rows.keys)
        for feature, (count, worst) in self.worst.items():
            yield Noted(
                self.file.name,
                f"features/{feature}",
                f"the stored {feature} differs from the recomputed one in {count} of {total} cells, "
                f"by up to {worst:.3g}; the stored one is shown",
            )

    def _note(self, where: str, words: str) -> None:
        self.notes.append(Noted(self.file.name, where, words))


def _near(a: Array, b: Array) -> npt.NDArray[np.bool_]:
    return np.isclose(a, b, rtol=1e-4, atol=1e-9, equal_nan=True)


def plain(values: Array) -> list[float | None]:
    """Numbers as a list with None where not finite."""
    return [float(value) if np.isfinite(value) else None for value in values]
