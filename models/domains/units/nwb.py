"""Units as tables of NWB files, one for each recording; written with pynwb, which the extra ``nwb`` brings."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.units import load, waveforms
from models.domains.units.metrics import BY_NAME
from models.domains.units.pieces import Pieces
from models.domains.units.sortings import Sorting, Unit, files_for, labels_of, many, noted, provenance, sortings
from models.errors import lacking
from models.job import Progress
from models.sample import FIXED
from models.store.atomic import whole

Floats = npt.NDArray[np.float32]
#: NWB asks when a recording began; where no source tells it, this stands for "unknown".
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
#: Channels of a mean waveform.
CHANNELS = 12
UNLABELLED = "unsorted"


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """A file for each recording: units with labels, who gave them, predictions, measures, spikes and waveforms.

    path: a file that ends in ``.nwb``, of one recording; or a new folder. UserError without pynwb.
    """
    library()
    written = sortings(view)
    places = files_for(view, written, path, ".nwb")
    alone = places[0] == path
    with whole(path) as beside:
        if not alone:
            beside.mkdir()
        for number, (one, place) in enumerate(zip(written, places, strict=True)):
            yield Progress(number, len(written), f"Writing {one.name}")
            yield from _write(view, one, beside if alone else beside / place.name)
    told = {"written": sum(len(one.present()) for one in written), "files": [str(place) for place in places]}
    text = "no source tells when its recording began: 1970-01-01 stands for it, as NWB asks for a time"
    return {**told, "skipped": [], "notes": noted(path, many(written, "a file"), text)}


def library() -> Any:
    """The module pynwb. Raises UserError where it is not installed."""
    try:
        import pynwb
    except ImportError:
        raise lacking("NWB needs", "nwb") from None
    return pynwb


@dataclass(frozen=True)
class _Source:
    """What a recording's folder holds: an open phy folder or analyzer, or None for a table."""

    opened: Any

    @property
    def positions(self) -> Floats:
        """Of the channels, (channels, 2)."""
        return np.zeros((0, 2), np.float32) if self.opened is None else self.opened.positions

    def template(self, unit: Unit) -> Floats:
        """The mean waveform, (channels, samples)."""
        return np.zeros((0, 0), np.float32) if self.opened is None else self._pieces(unit).template()

    def times(self, unit: Unit) -> npt.NDArray[np.float64] | None:
        """Spike times in s; None where the source holds none."""
        whole = None if self.opened is None else self._pieces(unit)
        return whole.times() / self.opened.rate if whole is not None and whole.timed else None

    def _pieces(self, unit: Unit) -> Pieces:
        return Pieces(self.opened, unit.pieces)


def _write(view: ExportView, one: Sorting, place: Path) -> Generator[Progress, None, None]:
    import h5py

    pynwb = library()
    file = pynwb.NWBFile(f"Curated units of {one.name}", f"{view.project}/{one.name}", UNKNOWN)
    file.notes = f"Labels of the project {view.project}; predictions of {view.run or 'no run'}. Written by Winnow."
    rows = [row for _, row in one.present()]
    animal = view.samples.column("animal")[rows[0]] if "animal" in view.samples.names else None
    if animal:
        file.subject = pynwb.file.Subject(subject_id=str(animal))
    source = _Source(load.opened(one.source, view.samples.sample(rows[0]).meta.get("_rate")))
    electrodes = _electrodes(file, source, one)
    columns = {**_told(view, one), **_measures(view, rows)}
    for name, (text, _) in columns.items():
        file.add_unit_column(name, text)
    yield from _units(file, one, source, electrodes, columns)
    # Opened here: pynwb warns of a name that does not end in .nwb, as that of a file in the making.
    with h5py.File(place, "w") as held, pynwb.NWBHDF5IO(mode="w", file=held) as io:
        io.write(file)


def _units(
    file: Any, one: Sorting, source: _Source, electrodes: int, columns: Mapping[str, tuple[str, Sequence[Any]]]
) -> Generator[Progress, None, None]:
    units = [unit for unit in one.units if unit.row >= 0]
    shape = next((t.shape for unit in units if (t := source.template(unit)).size), (0, 0))
    for number, unit in enumerate(units):
        if number % 100 == 0:
            yield Progress(number, len(units), f"{one.name}: units")
        given: dict[str, Any] = {name: values[number] for name, (_, values) in columns.items()}
        times = source.times(unit)
        if times is not None:
            given["spike_times"] = times
        if shape[1] and electrodes:
            given |= _waveform(source.template(unit), shape)
        file.add_unit(id=unit.id if isinstance(unit.id, int) else number, **given)


def _waveform(template: Floats, shape: tuple[int, int]) -> dict[str, Any]:
    """The mean on the largest channels, (samples, channels), and which these are; NaN for a unit without one."""
    count = min(CHANNELS, shape[0])
    if template.shape != shape:
        return {"waveform_mean": np.full((shape[1], count), np.nan, np.float32), "electrodes": list(range(count))}
    best = np.sort(np.argsort(-waveforms.sizes(template), kind="stable")[:count])
    return {"waveform_mean": np.ascontiguousarray(template[best].T), "electrodes": best.tolist()}


def _electrodes(file: Any, source: _Source, one: Sorting) -> int:
    """A row for each channel with its place on the probe in µm; how many there are."""
    if not len(source.positions):
        return 0
    device = file.create_device("probe")
    group = file.create_electrode_group("probe", f"Channels of {one.name}", "unknown", device)
    for x, y in source.positions.tolist():
        file.add_electrode(group=group, location="unknown", rel_x=x, rel_y=y)
    return len(source.positions)


def _told(view: ExportView, one: Sorting) -> dict[str, tuple[str, list[Any]]]:
    """Name, label with its provenance, and prediction of each unit; what each column is."""
    labels, facts = labels_of(view, one.present()), provenance(view, one.present())
    chosen = one.present()
    columns: dict[str, tuple[str, list[Any]]] = {
        "unit_name": ("Id of the unit in its sorting", [str(own) for own, _ in chosen]),
        "quality": ("Class that people gave; unsorted: none", [labels.get(own, UNLABELLED) for own, _ in chosen]),
    }
    for name, text in (("by", "Who gave the class"), ("at", "When the class was given"),
                       ("kind", "Whether a person gave the class or the file that was read")):  # fmt: skip
        columns[f"quality_{name}"] = (text, [facts.get(own, {}).get(name, "") for own, _ in chosen])
    if view.run and view.confidence is not None:
        sure = view.confidence
        columns["prediction"] = (f"Class that {view.run} predicts", [view.predictions[row] or "" for _, row in chosen])
        columns["prediction_probability"] = ("How sure the model is", [float(sure[row]) for _, row in chosen])
    return columns


def _measures(view: ExportView, rows: Sequence[int]) -> dict[str, tuple[str, list[Any]]]:
    """The metadata columns as they are: numbers with NaN and words with "" where missing; empty ones left out."""
    found: dict[str, tuple[str, list[Any]]] = {}
    for name in view.samples.names:
        plain = name.replace("/", "_").replace(":", "_")
        if name.startswith("_") or plain in {*FIXED, *_TAKEN}:
            continue
        values = view.samples.column(name)[rows]
        metric = BY_NAME.get(name)
        text = f"{metric.title}{f' ({metric.unit})' if metric and metric.unit else ''}" if metric else name
        if values.dtype.kind == "f":
            if np.isfinite(values).any():
                found[plain] = (text, values.tolist())
        elif any(value is not None for value in values):
            found[plain] = (text, ["" if value is None else str(value) for value in values])
    return found


#: Columns that NWB or this table has under the same name for something else.
_TAKEN = frozenset(
    (
        *("spike_times", "obs_intervals", "electrodes", "electrode_group", "waveform_mean", "waveform_sd", "waveforms"),
        *("unit_name", "quality", "quality_by", "quality_at", "quality_kind", "prediction", "prediction_probability"),
    )
)
