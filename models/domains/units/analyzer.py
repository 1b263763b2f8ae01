"""SortingAnalyzers of spikeinterface: a binary folder is read as it lies, a zarr folder through spikeinterface."""

from __future__ import annotations

import functools
import json
import os
import warnings
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted
from models.domains.units import curation, tables, waveforms
from models.domains.units.guard import guarded
from models.domains.units.tables import BrokenTable, Sheet, Table
from models.domains.units.trains import Spikes, Train, guard, open_array, train_measures
from models.domains.units.zarr_arrays import Arrays
from models.errors import UserError
from models.job import Progress
from models.learn.words import plural

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
INFO = "spikeinterface_info.json"
#: Where SpikeInterface's own window keeps its curation, inside the analyzer: in a file, of a zarr folder among the
#: attributes of a group under this name.
GUI = Path("spikeinterface_gui") / "curation_data.json"
ZARR_GUI = Path("spikeinterface_gui") / ".zattrs"


@dataclass
class Analyzer:
    """An open analyzer. templates, spread: (units, samples, channels) or None; locations: (units, 2 or 3) or None.

    keys: unit ids as text; numbered: whether the sorting has them as numbers. before: samples of a
    template before the spike. metrics, properties: tables by name.
    """

    folder: Path
    keys: list[str]
    rate: float
    seconds: float
    spikes: Spikes | None
    channels: tuple[str, ...]
    positions: Floats
    unit: str = ""
    templates: Array | None = None
    spread: Array | None = None
    before: int = 0
    locations: Array | None = None
    metrics: dict[str, Table] = field(default_factory=dict)
    properties: dict[str, list[str]] = field(default_factory=dict)
    numbered: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)
    #: Of a zarr folder.
    arrays: Arrays | None = field(default=None, repr=False)
    #: What readers of it keep for as long as it is open.
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @functools.cached_property
    def codes(self) -> dict[str, int]:
        """The number of each unit."""
        return {key: code for code, key in enumerate(self.keys)}

    def array(self, name: str) -> Array | None:
        """An array by its place in the analyzer, such as ``extensions/waveforms/waveforms``.

        None where there is none, or a broken one. Of a zarr folder a large one reads the rows that are asked for.
        """
        try:
            return self.arrays.get(name) if self.arrays is not None else open_array(self.folder / f"{name}.npy")
        except UserError:
            return None

    def train(self, key: str) -> Train | None:
        """The spikes of a unit, None for an unknown one."""
        if self.spikes is None or key not in self.codes:
            return None
        return Train(self.spikes, self.codes[key], self.codes)

    def template(self, key: str, rough: bool = False) -> Floats:
        """The mean waveform (channels, samples), (0, 0) where the analyzer holds none; a rough one is the same."""
        return self._of(self.templates, key)

    def deviation(self, key: str) -> Floats | None:
        """The standard deviation of the waveforms, (channels, samples)."""
        return None if self.spread is None else self._of(self.spread, key)

    @functools.cached_property
    def peaks(self) -> npt.NDArray[np.int64]:
        """The largest channel of each unit, in the order of keys; −1 for none."""
        found = np.full(len(self.keys), -1, np.int64)
        for place in range(len(self.keys) if self.templates is not None else 0):
            best = waveforms.best_channels(self.template(self.keys[place]), 1)
            found[place] = best[0] if best else -1
        return found

    def _of(self, values: Array | None, key: str) -> Floats:
        if values is None or key not in self.codes:
            return np.zeros((0, 0), np.float32)
        guard(values)
        found = np.asarray(values[self.codes[key]], np.float32)
        return np.ascontiguousarray(np.where(np.isfinite(found), found, 0).T)


def gui_file(folder: Path) -> Path:
    """Where SpikeInterface's own window keeps its curation of an analyzer."""
    return folder / (GUI if (folder / INFO).is_file() else ZARR_GUI)


def is_analyzer(folder: Path) -> bool:
    """Whether a folder is an analyzer, in either form."""
    return _says(folder / INFO) or (folder.suffix == ".zarr" and _says(folder / ".zattrs"))


def _says(path: Path) -> bool:
    try:
        return '"SortingAnalyzer"' in path.read_text("utf-8", errors="replace")
    except OSError:
        return False


# Opening


def open_analyzer(folder: Path) -> Analyzer:
    """Open an analyzer. Raises UserError, with the file, for one whose sorting cannot be read."""
    if not folder.is_dir():
        raise UserError(f"{folder} is not there any more. Give the place where the folder is now.")
    if (folder / INFO).is_file():
        return _binary(folder)
    return _zarr(folder)


def _json(path: Path) -> dict[str, Any]:
    """A JSON object; {} for a file that is not there. Raises UserError for one that is broken."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): it may still be written") from error
    return found if isinstance(found, dict) else {}


def _binary(folder: Path) -> Analyzer:
    notes: list[tuple[str, str]] = []
    sorting = _json(folder / "sorting" / "numpysorting_info.json")
    if "unit_ids" not in sorting:
        raise UserError(f"{folder}/sorting/numpysorting_info.json names no units: the analyzer is not whole")
    attributes = _json(folder / "recording_info" / "recording_attributes.json")
    channels = tuple(str(name) for name in attributes.get("channel_ids", ()))
    rate = float(sorting.get("sampling_frequency") or attributes.get("sampling_frequency") or 0) or 30_000.0
    lengths = [int(count) for count in attributes.get("num_samples", ())]
    amplitudes = _extension(folder, "spike_amplitudes", "amplitudes", notes)
    keys = [str(key) for key in sorting["unit_ids"]]
    spikes = _spikes(folder / "sorting" / "spikes.npy", len(keys), lengths, amplitudes, notes)
    scaled = _json(folder / "settings.json")
    one = Analyzer(
        folder,
        keys,
        rate,
        sum(lengths) / rate if lengths else _until(spikes, rate),
        spikes,
        channels,
        _positions(folder / "recording_info" / "probegroup.json", len(channels)),
        "µV" if scaled.get("return_in_uV", scaled.get("return_scaled", False)) else "",
        numbered=all(isinstance(key, int) for key in sorting["unit_ids"]),
        notes=notes,
    )
    _fill_templates(one, _extension(folder, "templates", "average", notes), _extension(folder, "templates", "std", []))
    one.before = round(float(_json(folder / "extensions/templates/params.json").get("ms_before", 1)) * rate / 1000)
    one.locations = _extension(folder, "unit_locations", "unit_locations", notes)
    one.metrics = _metric_tables(folder, notes)
    one.properties = _properties(folder / "sorting" / "properties", len(keys))
    return one


def _until(spikes: Spikes | None, rate: float) -> float:
    return (int(spikes.times[-1]) + 1) / rate if spikes is not None and len(spikes) else 0.0


def _fill_templates(one: Analyzer, average: Array | None, spread: Array | None) -> None:
    if average is not None and average.ndim == 3 and average.shape[0] == len(one.keys):
        one.templates = average
        one.channels = one.channels or tuple(str(number) for number in range(average.shape[2]))
        if spread is not None and spread.shape == average.shape:
            one.spread = spread


def _extension(folder: Path, name: str, array: str, notes: list[tuple[str, str]]) -> Array | None:
    """An array of an extension; None, with a note, where it is broken or its computing was cut off."""
    place = folder / "extensions" / name
    where = f"extensions/{name}"
    try:
        if _json(place / "run_info.json").get("run_completed") is False:
            notes.append((where, "its computing was not completed: left out"))
            return None
        return open_array(place / f"{array}.npy")
    except UserError as error:
        notes.append((where, f"left out: {error}"))
        return None


def _spikes(
    path: Path, units: int, lengths: Sequence[int], amplitudes: Array | None, notes: list[tuple[str, str]]
) -> Spikes | None:
    """The spikes, segments one after the other."""
    try:
        found = open_array(path)
    except UserError as error:
        notes.append(("sorting/spikes.npy", str(error)))
        return None
    if found is None or not {"sample_index", "unit_index"} <= set(found.dtype.names or ()):
        notes.append(("sorting/spikes.npy", "it is missing, or of another form: units come without spikes"))
        return None
    return _vector(found, units, lengths, amplitudes, notes)


def _vector(
    found: Array, units: int, lengths: Sequence[int], amplitudes: Array | None, notes: list[tuple[str, str]]
) -> Spikes | None:
    """Spikes of spikeinterface's structured vector, None where they are of units that are not there."""
    times: Array = found["sample_index"]
    owners = found["unit_index"]
    if len(found) and not (owners.min() >= 0 and owners.max() < units and times.min() >= 0):
        notes.append(("sorting/spikes.npy", "spikes before the start or of no unit: units come without spikes"))
        return None
    if len(lengths) > 1 and "segment_index" in (found.dtype.names or ()):
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        times = times + starts[found["segment_index"]]
    if amplitudes is not None and len(amplitudes) != len(found):
        notes.append(("extensions/spike_amplitudes", f"{len(amplitudes)} amplitudes for {len(found)} spikes: left out"))
        amplitudes = None
    return Spikes(times, found["unit_index"], units, amplitudes)


def _positions(path: Path, channels: int) -> Floats:
    """Positions of the channels in their order in the recording, (channels, 2); (0, 2) for no probe."""
    probes = _json(path).get("probes", ())
    places = [place for probe in probes for place in probe.get("contact_positions", ())]
    wired = [index for probe in probes for index in probe.get("device_channel_indices", ())]
    if not places:
        return np.zeros((0, 2), np.float32)
    array = np.asarray(places, np.float32)[:, :2]
    if len(wired) == len(array):
        order = np.argsort(wired, kind="stable")
        array = array[order[np.asarray(wired)[order] >= 0]]
    return array if len(array) == channels else np.zeros((0, 2), np.float32)


def _metric_tables(folder: Path, notes: list[tuple[str, str]]) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for file in sorted((folder / "extensions").glob("*_metrics/metrics.csv")):
        name = file.parent.name
        if _json(file.parent / "run_info.json").get("run_completed") is False:
            notes.append((f"extensions/{name}", "its computing was not completed: left out"))
            continue
        try:
            found[name], _ = tables.read_table(file, f"extensions/{name}/metrics.csv", {})
        except BrokenTable as error:
            notes.append((f"extensions/{name}/metrics.csv", f"left out: {error}"))
    return found


def _properties(folder: Path, units: int) -> dict[str, list[str]]:
    """Properties of the units that are one word or number each."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.npy")):
        try:
            values = open_array(file)
        except UserError:
            continue
        if values is not None:
            found.update(_texts(file.stem, values, units))
    return found


def _texts(name: str, values: Array, units: int) -> dict[str, list[str]]:
    if values.shape != (units,) or values.dtype.kind not in "iufbU":
        return {}
    if name == "group" and values.dtype.kind != "U":
        # spikeinterface's own `group` is that of the channels, phy's is the label.
        name = "channel_group"
    return {name: [str(value) for value in values.tolist()]}


def _zarr(folder: Path) -> Analyzer:
    """Through spikeinterface. Raises UserError with its reason when it cannot open the folder."""
    try:
        with warnings.catch_warnings(), guarded():
            warnings.simplefilter("ignore")
            import spikeinterface as si

            # Extensions one by one: one with Python objects, which spikeinterface may refuse, costs the others nothing.
            one = si.load_sorting_analyzer(folder, load_extensions=False)
            return _of_spikeinterface(folder, one)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{folder} cannot be opened by spikeinterface: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """The first line of what a foreign reader says."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def _of_spikeinterface(folder: Path, one: Any) -> Analyzer:
    notes: list[tuple[str, str]] = []
    keys = [str(key) for key in one.unit_ids]
    rate = float(one.sampling_frequency)
    lengths = [int(one.get_num_samples(segment)) for segment in range(one.get_num_segments())]
    held = _held(one, notes)
    arrays = Arrays(folder)
    vector = np.asarray(one.sorting.to_spike_vector())
    amplitudes = _told_array(arrays, "spike_amplitudes", "amplitudes", notes)
    spikes = _vector(vector, len(keys), lengths, amplitudes, notes)
    positions = np.asarray(one.get_channel_locations(), np.float32)[:, :2]
    channels = tuple(str(name) for name in one.channel_ids)
    unit = "µV" if getattr(one, "return_in_uV", False) else ""
    result = Analyzer(folder, keys, rate, sum(lengths) / rate, spikes, channels, positions, unit, notes=notes)
    result.numbered = np.asarray(one.unit_ids).dtype.kind in "iu"
    result.arrays = arrays
    average = _told_array(arrays, "templates", "average", notes)
    _fill_templates(result, average, _told_array(arrays, "templates", "std", []))
    result.before = int(getattr(held.get("templates"), "nbefore", 0) or 0)
    result.locations = _told_array(arrays, "unit_locations", "unit_locations", notes)
    for metrics, extension in sorted(held.items()):
        if "metrics" in extension.data:
            result.metrics[metrics] = _frame(extension.data["metrics"], metrics, keys)
    for name in one.sorting.get_property_keys():
        result.properties.update(_texts(str(name), np.asarray(one.sorting.get_property(name)), len(keys)))
    return result


def _held(one: Any, notes: list[tuple[str, str]]) -> dict[str, Any]:
    """The extensions of which more than arrays is needed."""
    found = {}
    for name in one.get_saved_extension_names():
        if name != "templates" and not name.endswith("_metrics"):
            continue
        try:
            found[name] = one.get_extension(name)
        except Exception as error:  # noqa: BLE001 - a foreign reader of a broken extension can raise anything
            notes.append((f"extensions/{name}", f"left out: {first_line(error)}"))
    return {name: extension for name, extension in found.items() if extension is not None}


def _told_array(arrays: Arrays, extension: str, name: str, notes: list[tuple[str, str]]) -> Array | None:
    try:
        found = arrays.get(f"extensions/{extension}/{name}")
    except UserError as error:
        notes.append((f"extensions/{extension}", f"left out: {error}"))
        return None
    return None if found is None else np.asarray(found)


def _frame(frame: Any, name: str, keys: Sequence[str]) -> Table:
    """A table of pandas as texts, in the order of the units."""
    texts = {str(column): [str(value) for value in frame[column].tolist()] for column in frame.columns}
    ids = tuple(str(key) for key in frame.index)
    return Table(Path(name), name, ids or tuple(keys), tuple(range(2, len(ids) + 2)), texts)


# Reading all units


def read_analyzer(folder: Path, name: str, settings: Mapping[str, str]) -> Generator[Progress | Finding, None, Sheet]:
    """All units of an analyzer with its metrics, properties and the curation that lies in it.

    Raises UserError for one that cannot be opened.
    """
    one = opened(folder)
    for where, text in one.notes:
        yield Noted(name, where, text)
    units = Sheet(list(one.keys), [None] * len(one.keys), [{} for _ in one.keys])
    told: list[Finding] = []
    asked = {"label_column": settings["label_column"]} if settings.get("label_column") in one.properties else {}
    for held in one.metrics.values():
        tables.join(units, held, {}, told)
    if one.properties:
        own = Table(folder, name, tuple(one.keys), tuple(range(1, len(one.keys) + 1)), one.properties)
        tables.join(units, own, asked, told)
    # An analyzer's metrics are often all missing where their input was not computed: no news.
    yield from (item for item in told if not (isinstance(item, Noted) and "no number at all" in item.text))
    yield Progress(text=f"{name}: {plural(len(one.keys), 'unit')}")
    _add_computed(one, units)
    kept = gui_file(folder)
    if kept.is_file():
        inside = kept.relative_to(folder).as_posix()
        try:
            yield from curation.give(curation.read_curation(kept), units, f"{name}/{inside}")
        except UserError as error:
            yield Noted(name, inside, f"left out: {error}")
    return tables.settle(units)


def _add_computed(one: Analyzer, units: Sheet) -> None:
    """Places, and what spikes and templates tell where no extension tells it."""
    columns: dict[str, list[Any]] = {}
    if one.locations is not None and len(one.locations) == len(one.keys):
        for axis, column in enumerate(("x", "depth", "z")[: one.locations.shape[1]]):
            columns[column] = np.asarray(one.locations[:, axis], np.float64).tolist()
    if one.spikes is not None and one.seconds > 0:
        every = train_measures(one.spikes, one.rate, one.seconds)
        columns.update({column: values.tolist() for column, values in every.items()})
    for place, key in enumerate(one.keys):
        template = one.template(key)
        best = waveforms.best_channels(template, 1)
        if best:
            columns.setdefault("channel", [None] * len(one.keys))[place] = _number(one.channels[best[0]])
            for name, value in waveforms.shape(template, one.positions, one.rate).items():
                columns.setdefault(name, [None] * len(one.keys))[place] = value
    for column, values in columns.items():
        units.columns.setdefault(column, values)


def _number(text: str) -> int | str:
    return int(text) if text.isdigit() else text


# Kept open


def opened(folder: Path) -> Analyzer:
    """An analyzer, kept open for as long as its sorting and templates stay as they are."""
    return _opened(str(folder), _stamp(folder))


def _stamp(folder: Path) -> tuple[int, ...]:
    names = (INFO, ".zmetadata", "sorting/spikes.npy", "extensions", "extensions/templates/average.npy")
    facts = []
    for name in names:
        try:
            facts.append(os.stat(folder / name).st_mtime_ns)
        except OSError:
            facts.append(0)
    return tuple(facts)


@functools.lru_cache(maxsize=8)
def _opened(folder: str, stamp: tuple[int, ...]) -> Analyzer:
    return open_analyzer(Path(folder))
