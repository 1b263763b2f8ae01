"""phy folders, as Kilosort 2 to 4 and exports write them."""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted, Skipped
from models.domains.units import tables, waveforms
from models.domains.units.phy_spikes import Notes, array_of, read_spikes
from models.domains.units.tables import BrokenTable, Sheet
from models.domains.units.trains import Spikes, Train, flat, guard, train_measures
from models.domains.units.waveforms import Templates
from models.errors import UserError
from models.job import Progress

Index = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

#: Files of which one makes a folder a phy folder.
SIGNS = ("spike_clusters.npy", "spike_times.npy", "spike_templates.npy")
#: The rate that is taken where no params.py tells one.
RATE = 30_000.0
_CHUNK = 8_000_000
#: Nobody records longer than so many seconds, and no whitening has larger numbers.
_LONGEST, _LARGEST = 100 * 86_400, 1e15
#: From how many spikes a rough template is made.
_ROUGH = 1000
#: Spikes from which the main template of each unit is told.
_SAMPLED = 2_000_000


@dataclass
class Phy:
    """An open phy folder: memory maps and what was noted while they were opened.

    spikes: None where neither spike_clusters nor spike_templates can be read. keys: ids with spikes.
    problems: notes on what is not as the folder has it, since it could not be read.
    """

    folder: Path
    rate: float
    seconds: float
    keys: list[str]
    spikes: Spikes | None
    templates: Templates | None
    owners: Array | None
    positions: npt.NDArray[np.float32]
    channels: tuple[str, ...]
    shanks: Array | None
    timed: bool
    notes: Notes = field(default_factory=list)
    problems: Notes = field(default_factory=list)
    #: What readers of it keep for as long as it is open.
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def codes(self) -> dict[str, int]:
        """The number of each unit: a phy id is its own number."""
        return {key: int(key) for key in self.keys}

    def train(self, key: str) -> Train | None:
        """The spikes of a unit, None where the folder has no times or no such unit."""
        if self.spikes is None or not self.timed or key not in self.codes:
            return None
        return Train(self.spikes, self.codes[key], self.codes)

    def template(self, key: str, rough: bool = False) -> npt.NDArray[np.float32]:
        """The mean of the templates that found the unit's spikes, (channels, samples); (0, 0) for none.

        rough: of the first spikes only, which is enough for a small line and much faster.
        """
        if self.templates is None or self.owners is None or self.spikes is None or key not in self.codes:
            return np.zeros((0, 0), np.float32)
        code = self.codes[key]
        return self.template_at(self.spikes.some(code)[:_ROUGH] if rough else self.spikes.places(code))

    def template_at(self, places: Index) -> npt.NDArray[np.float32]:
        """The mean of the templates that found these spikes, by their places among all."""
        if self.templates is None or self.owners is None:
            return np.zeros((0, 0), np.float32)
        guard(self.owners)
        found = np.asarray(self.owners[places]).astype(np.int64)
        numbers, counts = np.unique(found, return_counts=True)
        return self.templates.mean(numbers, counts.astype(np.float64))

    def spikes_of(self, key: str) -> Index:
        """The places of a unit's spikes among all."""
        return np.zeros(0, np.int64) if self.spikes is None else self.spikes.places(self.codes[key])

    @functools.cached_property
    def peaks(self) -> Index:
        """The largest channel of the main template of each unit, in the order of keys; −1 for none."""
        found = np.full(len(self.keys), -1, np.int64)
        if self.templates is None or self.owners is None or self.spikes is None:
            return found
        largest = np.full(len(self.templates), -1, np.int64)
        for start, size, columns in self.templates.sizes():
            best = columns[np.arange(len(size)), size.argmax(axis=1)]
            largest[start : start + len(size)] = np.where(best < self.templates.channels, best, -1)
        guard(self.owners, self.spikes.codes)
        step = -(-len(self.spikes) // _SAMPLED) or 1
        codes = np.asarray(self.spikes.codes[::step]).astype(np.int64)
        owners = np.asarray(self.owners[::step]).astype(np.int64)
        pairs, counts = np.unique(codes * (len(largest) + 1) + owners.clip(0, len(largest)), return_counts=True)
        order = np.argsort(counts, kind="stable")
        main = np.full(self.spikes.units, len(largest), np.int64)
        main[pairs[order] // (len(largest) + 1)] = pairs[order] % (len(largest) + 1)
        return np.append(largest, -1)[main[[self.codes[key] for key in self.keys]]]


def is_phy(folder: Path) -> bool:
    """Whether a folder holds the arrays of a sorting for phy."""
    return any((folder / name).is_file() for name in SIGNS)


def read_params(path: Path) -> dict[str, Any]:
    """The plain assignments of a params.py; nothing of it is run. {} for a file that cannot be read."""
    try:
        tree = ast.parse(path.read_text("utf-8", errors="replace"))
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError):
                continue
    return found


# Opening


def open_phy(folder: Path, rate: float | None = None) -> Phy:
    """Open a phy folder. rate: samples/s where no params.py tells it; 30 kHz unless given.

    What cannot be read is noted and left out. Raises UserError for a folder that is gone.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not there any more. Give the place where the folder is now.")
    notes: Notes = []
    params = read_params(folder / "params.py")
    told = _rate(params)
    if told is None and rate is None:
        notes.append(("params.py", "no sampling rate is told: 30 kHz is taken (another one with rate=HZ)"))
    used = told or rate or RATE
    problems = Notes()
    spikes, owners, timed = read_spikes(folder, notes, problems)
    positions, channels, shanks = _probe(folder, notes)
    templates = _templates(folder, len(channels), notes)
    if templates is not None and not len(channels):
        channels = tuple(str(number) for number in range(templates.channels))
    # The last number is that of the spikes of no unit.
    keys = [str(code) for code in np.flatnonzero(spikes.counts[:-1]).tolist()] if spikes is not None else []
    if timed and spikes is not None and len(spikes) and not 0 <= int(spikes.times[-1]) < _LONGEST * used:
        notes.append(("spike_times.npy", "its last time is years away: the times are left out"))
        timed = False
    seconds = _seconds(folder, params, spikes, used) if timed else 0.0
    return Phy(
        folder, used, seconds, keys, spikes, templates, owners, positions, channels, shanks, timed, notes, problems
    )


def _rate(params: Mapping[str, Any]) -> float | None:
    try:
        rate = float(params.get("sample_rate", 0))
    except (TypeError, ValueError):
        return None
    return rate if 0 < rate < 1e7 else None


def _probe(folder: Path, notes: Notes) -> tuple[npt.NDArray[np.float32], tuple[str, ...], Array | None]:
    """Positions (channels, 2), names and shanks of the channels."""
    places = array_of(folder, "channel_positions.npy", notes)
    names = array_of(folder, "channel_map.npy", notes)
    shanks = array_of(folder, "channel_shanks.npy", notes)
    positions = np.zeros((0, 2), np.float32)
    if places is not None and places.ndim == 2 and places.shape[1] >= 2:
        positions = np.asarray(places[:, :2], np.float32)
    count = len(positions) or (names.size if names is not None else 0)
    told = [str(name) for name in flat(names).tolist()] if names is not None else []
    channels = tuple(told if len(told) == count else map(str, range(count)))
    return positions, channels, flat(shanks) if shanks is not None and shanks.size == count else None


def _templates(folder: Path, channels: int, notes: Notes) -> Templates | None:
    values = array_of(folder, "templates.npy", notes)
    if values is None:
        return None
    if values.ndim != 3 or values.dtype.kind != "f":
        notes.append(("templates.npy", f"its shape {values.shape} is not (templates, samples, channels)"))
        return None
    index = array_of(folder, "template_ind.npy", notes)
    if index is None:
        index = array_of(folder, "templates_ind.npy", notes)
    if index is not None and index.shape != (values.shape[0], values.shape[2]):
        notes.append(("template_ind.npy", f"its shape {index.shape} does not fit templates of {values.shape}"))
        index = None
    count = channels or values.shape[2]
    unmix = array_of(folder, "whitening_mat_inv.npy", notes)
    if unmix is not None and (unmix.shape != (count, count) or not (np.abs(unmix) < _LARGEST).all()):
        notes.append(("whitening_mat_inv.npy", "it does not fit the channels: waveforms are shown as they are saved"))
        unmix = None
    if unmix is not None and np.array_equal(unmix, np.eye(count)):
        unmix = None
    return Templates(values, count, index, unmix)


def _seconds(folder: Path, params: Mapping[str, Any], spikes: Spikes | None, rate: float) -> float:
    """Length of the recording: of its file where it is there, else until the last spike."""
    last = (int(spikes.times[-1]) + 1) / rate if spikes is not None and len(spikes) else 0.0
    names = params.get("dat_path")
    for name in names if isinstance(names, list | tuple) else [names]:
        raw = folder / name if isinstance(name, str) and name not in ("", "None") else None
        if raw is not None and raw.is_file():
            try:
                width = int(params["n_channels_dat"]) * np.dtype(params.get("dtype", "int16")).itemsize
                return max(last, float(raw.stat().st_size / width / rate))
            except (KeyError, TypeError, ValueError, ZeroDivisionError):
                continue
    return last


# Reading all units


def read_phy(
    folder: Path, name: str, settings: Mapping[str, str], rate: float | None
) -> Generator[Progress | Finding, None, Sheet]:
    """All units of a folder with labels, opinions and columns; the tables' own values before computed ones.

    Raises UserError for a folder in which no unit can be found.
    """
    one = open_phy(folder, rate)
    for where, text in one.notes:
        yield Noted(name, where, text)
    sheets = []
    for item in _tables(folder, name, settings):
        if isinstance(item, tables.Table):
            sheets.append(item)
        else:
            yield item
    keys = one.keys or _listed(sheets)
    if not keys:
        raise UserError(f"{folder} holds no unit that can be read: {_reasons([*one.problems, *one.notes])}")
    for where, text in one.problems:
        yield Skipped(name, where, text)
    units = Sheet(keys, [None] * len(keys), [{} for _ in keys])
    told: list[Finding] = []
    for table in sheets:
        tables.join(units, table, settings, told)
    yield from told
    computed = yield from _computed(one, keys)
    for column, values in computed.items():
        units.columns.setdefault(column, values)
    return tables.settle(units)


def _reasons(notes: Notes) -> str:
    return "; ".join(f"{where}: {text}" for where, text in notes[:3]) or "it has no spikes"


def _listed(sheets: list[tables.Table]) -> list[str]:
    """Units that only tables name, where the spikes cannot be read."""
    return list(dict.fromkeys(key for table in sheets for key in table.ids))


def _tables(folder: Path, name: str, settings: Mapping[str, str]) -> Iterator[tables.Table | Finding]:
    """The tables of a folder, those with the labels of people last: they hold over others."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".tsv", ".csv") and file.is_file())
    for file in sorted(files, key=lambda file: (file.stem.startswith("cluster_group"), file.stem != "cluster_info")):
        own = f"{name}/{file.name}"
        try:
            table, told = tables.read_table(file, own, settings)
        except BrokenTable as error:
            # phy makes a table with nothing but its head before the first label is given.
            if "no row below" not in str(error):
                yield Noted(own, "", f"left out: {error}")
            continue
        yield from told
        yield table


def _computed(one: Phy, keys: list[str]) -> Generator[Progress, None, dict[str, list[Any]]]:
    """What spikes and templates tell, by column, in the order of the keys."""
    if one.spikes is None or not one.keys:
        return {}
    codes = np.array([one.codes[key] for key in keys])
    if one.timed and one.seconds > 0:
        every = train_measures(one.spikes, one.rate, one.seconds)
    else:
        every = {"num_spikes": one.spikes.counts.astype(np.float64)}
    columns = {name: values[codes].tolist() for name, values in every.items()}
    shapes = yield from _shapes(one, keys)
    columns.update(shapes)
    return columns


def _shapes(one: Phy, keys: list[str]) -> Generator[Progress, None, dict[str, list[Any]]]:
    if one.templates is None or one.owners is None or one.spikes is None:
        return {}
    shares = _shares(one.spikes, one.owners, len(one.templates))
    columns: dict[str, list[Any]] = {}
    for place, key in enumerate(keys):
        if place % 200 == 0:
            yield Progress(place, len(keys), f"{one.folder.name}: waveforms")
        row = slice(int(shares.indptr[one.codes[key]]), int(shares.indptr[one.codes[key] + 1]))
        template = one.templates.mean(shares.indices[row].astype(np.int64), shares.data[row].astype(np.float64))
        found: dict[str, Any] = dict(waveforms.shape(template, one.positions, one.rate))
        best = waveforms.best_channels(template, 1)
        if best and best[0] < len(one.channels):
            found["channel"] = _number(one.channels[best[0]])
            if one.shanks is not None:
                found["shank"] = int(one.shanks[best[0]])
        for name, value in found.items():
            columns.setdefault(name, [None] * len(keys))[place] = value
    return columns


def _number(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdigit() else text


def _shares(spikes: Spikes, owners: Array, count: int) -> Any:
    """How many spikes of each unit each template found: a sparse (units, templates) matrix."""
    from scipy.sparse import coo_array, csr_array

    guard(owners)
    total = csr_array((max(spikes.units, 1), max(count, 1)), dtype=np.int64)
    for start in range(0, len(spikes), _CHUNK):
        codes = np.asarray(spikes.codes[start : start + _CHUNK]).astype(np.int64)
        found = np.asarray(owners[start : start + _CHUNK]).astype(np.int64)
        known = (found >= 0) & (found < count)
        ones = np.ones(int(known.sum()), np.int64)
        total = total + coo_array((ones, (codes[known], found[known])), total.shape).tocsr()
    return total


# Kept open


def opened(folder: Path, rate: float | None = None) -> Phy:
    """A phy folder, kept open for as long as its arrays stay as they are."""
    return _opened(str(folder), rate, _stamp(folder))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    names = (*SIGNS, "amplitudes.npy", "templates.npy", "params.py")
    facts = []
    for name in names:
        try:
            found = os.stat(folder / name)
        except OSError:
            continue
        facts.append((name, found.st_size, found.st_mtime_ns))
    return tuple(facts)


@functools.lru_cache(maxsize=8)
def _opened(folder: str, rate: float | None, stamp: tuple[tuple[str, int, int], ...]) -> Phy:
    return open_phy(Path(folder), rate)
