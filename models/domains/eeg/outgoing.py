"""The recordings that some samples are windows of, with the annotations of now, as they go out to files."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from models.domain import ExportView
from models.domains.eeg import carrier, finding, identity, inner, window
from models.domains.eeg.annotations import Note
from models.domains.eeg.broken import DAMAGE, Broken, short
from models.domains.eeg.clinical import window_labels
from models.domains.eeg.constants import CHANNELS, LABELLED, RATE, WINDOW
from models.domains.eeg.edf import BadRecording, Edf
from models.domains.eeg.edf_copy import write_copy
from models.domains.eeg.edf_plain import write_plain
from models.domains.eeg.judged import Judged
from models.domains.eeg.options import choice
from models.domains.eeg.recording import Recording, open_recording
from models.electrodes import name_channels
from models.errors import UserError
from models.job import Progress
from models.region import Region
from models.sample import Samples

#: What was written of one recording, or why it was not.
Skips = list[dict[str, str]]
_KINDS = ("recording", "hms")


@dataclass(frozen=True)
class Outgoing:
    """One recording: its portable name, a row of it in the view, all its rows there, and what is annotated in it.

    bad: the names of channels that a person called bad, None where nobody said anything. label: of the recording as a
    whole, "" for none.
    """

    name: str
    row: int
    count: int
    group: str
    notes: tuple[Note, ...]
    judged: tuple[Judged, ...]
    bad: tuple[str, ...] | None = None
    label: str = ""

    def lost(self) -> list[str]:
        """What was said of it that neither EDF+ nor BIDS has a place for."""
        told = f"the label of the whole recording stays here: {self.label}; CSV and Parquet can tell it"
        return [told] if self.label else []


@dataclass(frozen=True)
class Wanted:
    """What the person asked for."""

    labels: bool
    keep: bool


def wanted(settings: Mapping[str, str]) -> Wanted:
    """The settings of an export of recordings. Raises UserError for a wrong one."""
    return Wanted(choice("labels", settings.get("labels", "yes")), choice("keep_identifiers", _kept(settings)))


def _kept(settings: Mapping[str, str]) -> str:
    return settings.get("keep_identifiers", "no")


def gather(view: ExportView, asked: Wanted) -> tuple[list[Outgoing], Skips]:
    """The recordings of a view in the order of their first sample, and what of it is of none."""
    samples = view.samples
    kinds, paths = (_column(samples, name) for name in (finding.KIND, finding.EEG))
    by_name: dict[str, list[int]] = {}
    left = 0
    for row, (kind, path) in enumerate(zip(kinds, paths, strict=True)):
        if kind in _KINDS and path:
            by_name.setdefault(_name(samples, row, path), []).append(row)
        else:
            left += 1
    reason = "no recording to write: export csv or parquet"
    skipped = [{"source": "", "where": finding.counted(left, "sample"), "reason": reason}] if left else []
    return [_outgoing(view, name, rows, asked) for name, rows in by_name.items()], skipped


def _column(samples: Samples, name: str) -> list[Any]:
    return samples.table.column(name).to_pylist() if name in samples.names else [None] * len(samples)


def _name(samples: Samples, row: int, path: str) -> str:
    """The file of a recording as its source tells it: below the folder that was imported."""
    sample, key = (str(samples.table.column(name)[row].as_py()) for name in ("id", "key"))
    source = PurePosixPath(sample.removesuffix(f"#{key}") if key else sample)
    return (source.parent / path).as_posix()


def _outgoing(view: ExportView, name: str, rows: Sequence[int], asked: Wanted) -> Outgoing:
    samples = view.samples
    whole = carrier.carrier_of(samples, rows[0])
    regions, bad = view.regions.get(whole, ()), view.bad.get(whole)
    notes = tuple(sorted(map(_note, regions), key=lambda one: (one.onset, one.duration, one.text, one.channels)))
    windows = [row for row in rows if not inner.text_of(samples, row, finding.WHOLE)]
    judged = tuple(_judged(view, windows, notes)) if asked.labels and windows else ()
    group = str(samples.table.column("group")[rows[0]].as_py())
    of_whole = [view.labels[row] or "" for row in rows if inner.text_of(samples, row, finding.WHOLE)]
    label = next(iter(of_whole), "") if asked.labels else ""
    return Outgoing(name, rows[0], len(rows), group, notes, judged, None if bad is None else tuple(bad), label)


def _note(region: Region) -> Note:
    return Note(region.start, max(0.0, round(region.stop - region.start, 9)), region.text, region.channels)


def _judged(view: ExportView, rows: Sequence[int], notes: Sequence[Note]) -> list[Judged]:
    """Labels and votes of windows that an import would not take from the annotations themselves."""
    starts = np.array([inner.number_of(view.samples, row, finding.START) for row in rows])
    seconds = inner.number_of(view.samples, rows[0], finding.SECONDS, WINDOW)
    central = min(float(LABELLED), seconds)
    derived = window_labels(notes, starts, seconds)
    found = []
    for row, start, told in zip(rows, starts.tolist(), derived, strict=True):
        label = view.labels[row]
        votes = {name: count for name, count in _votes(view, row).items() if count and name != "?"}
        alone = votes in ({}, {label: 1})
        if label != told or not alone:
            onset = round(start + (seconds - central) / 2, 3)
            found.append(Judged(onset, central, label or "", {} if alone else votes))
    return found


def _votes(view: ExportView, row: int) -> Mapping[str, float]:
    return view.votes[row] if row < len(view.votes) else {}


# Writing


def write_signals(
    recording: Recording, path: Path, asked: Wanted, notes: Sequence[Note] = (), judged: Sequence[Judged] = ()
) -> Generator[Progress, None, list[str]]:
    """Write the records of an EDF or BDF file as they are, others as BDF+; what could not be held is told.

    Raises BadRecording, Broken or OSError.
    """
    if isinstance(recording.file, Edf):
        yield from write_copy(recording, path, notes, asked.keep, judged)
        return []
    return (yield from write_plain(recording, path, notes, asked.keep, judged))


def suffix_of(recording: Recording) -> str:
    """That of the file which is written of a recording: 24 bits hold what is no EDF."""
    return ".edf" if isinstance(recording.file, Edf) and recording.file.width == 2 else ".bdf"


def open_one(samples: Samples, row: int) -> Recording:
    """The recording of a row. Raises BadRecording, Broken or OSError."""
    if inner.text_of(samples, row, finding.KIND) == "recording":
        path = inner.path_of(samples, row)
        if path is None:
            raise Broken("its recording is not here")
        return open_recording(path)
    values, _ = window.whole(samples, row)
    path = inner.path_of(samples, row) or Path("eeg")
    group = str(samples.table.column("group")[row].as_py())
    named = tuple(name_channels(CHANNELS))
    return Recording(
        path, "HMS", named, ("µV",) * len(named), float(RATE), values.shape[1], None, _Array(values), patient=group
    )


@dataclass(frozen=True)
class _Array:
    values: Any

    def read(self, first: int, last: int) -> Any:
        return self.values[:, first:last].copy()


def name_for(patient: str, name: str, asked: Wanted) -> str:
    """A name of a file or a subject, another one where it tells who the patient is, unless that is kept."""
    return name if asked.keep else identity.unnamed(name, patient)


def patients_of(samples: Samples, found: Sequence[Outgoing]) -> dict[str, str]:
    """What the first recording of each group that can be opened tells of its patient, by group."""
    told: dict[str, str] = {}
    for one in found:
        if one.group not in told:
            try:
                told[one.group] = open_one(samples, one.row).patient
            except (BadRecording, Broken, *DAMAGE):
                continue
    return told


def told_error(error: Exception) -> str:
    """Why a recording was not written."""
    return str(error) if isinstance(error, (Broken, BadRecording)) else f"it cannot be read ({short(error)})"


def refuse_empty(count: int, skipped: Skips) -> None:
    """Raise UserError where nothing was written."""
    if not count:
        first = skipped[0] if skipped else {"source": "", "where": "", "reason": "there is no recording"}
        parts = ", ".join(part for part in (first["source"], first["where"]) if part)
        raise UserError(f"nothing could be written: {parts}{': ' * bool(parts)}{first['reason']}")
