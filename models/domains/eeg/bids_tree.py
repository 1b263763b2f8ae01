"""A BIDS tree of recordings: signals by subject, the annotations of now as tables of events, channels, people."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from models.domain import ExportView
from models.domains.eeg import bids, identity, outgoing
from models.domains.eeg.annotations import Note, write_events
from models.domains.eeg.broken import DAMAGE, Broken
from models.domains.eeg.edf import BadRecording, Edf
from models.domains.eeg.outgoing import Outgoing, Wanted
from models.domains.eeg.recording import Recording
from models.electrodes import EEG, EKG, EMG, EOG, OTHER
from models.job import Progress
from models.store.atomic import whole

Steps = Generator[Progress, None, dict[str, Any]]
_VERSION = "1.9.0"
#: What the table of channels calls our kinds, and the key that counts them.
_TYPES = {
    EEG: ("EEG", "EEGChannelCount"),
    EKG: ("ECG", "ECGChannelCount"),
    EOG: ("EOG", "EOGChannelCount"),
    EMG: ("EMG", "EMGChannelCount"),
    OTHER: ("MISC", "MiscChannelCount"),
}
_README = (
    "Recordings of EEG with the annotations of a curator, written by Winnow.\n\n"
    'events.tsv holds the annotations; a row of the kind "window" is the label of a window, of the part that was '
    "judged, with the votes of its raters.\n"
)


@dataclass(frozen=True)
class _Placed:
    """A recording with its subject and the words of its name behind that: session, task, run."""

    one: Outgoing
    subject: str
    session: str
    task: str
    run: str

    @property
    def folder(self) -> PurePosixPath:
        return PurePosixPath(f"sub-{self.subject}", *([f"ses-{self.session}"] if self.session else []), "eeg")

    @property
    def stem(self) -> str:
        words = (("sub", self.subject), ("ses", self.session), ("task", self.task), ("run", self.run))
        return "_".join(f"{key}-{value}" for key, value in words if value)


def export(view: ExportView, path: Path) -> Steps:
    """Write the tree. Raises UserError where no recording can be written."""
    asked = outgoing.wanted(view.settings)
    found, skipped = outgoing.gather(view, asked)
    files: list[Path] = []
    notes: list[Mapping[str, str]] = []
    people: dict[str, str] = {}
    written = 0
    with whole(path) as folder:
        folder.mkdir()
        placed = _places(found, _subjects(view, found, asked))
        for number, one in enumerate(placed):
            yield Progress(number, len(placed), f"Writing {one.stem}")
            try:
                recording = outgoing.open_one(view.samples, one.one.row)
                made, told = yield from _write(folder, one, recording, asked)
            except (BadRecording, Broken, *DAMAGE) as error:
                skipped.append({"source": one.one.name, "where": "", "reason": outgoing.told_error(error)})
                continue
            people.setdefault(one.subject, identity.read_patient(recording.patient).sex)
            files += made
            written += one.one.count
            notes += [{"source": one.one.name, "where": "", "text": text} for text in (*told, *one.one.lost())]
        outgoing.refuse_empty(written, skipped)
        files += _write_root(folder, people, view.project)
    names = [str(path / file.relative_to(folder)) for file in files]
    return {"written": written, "files": names, "skipped": skipped, "notes": notes}


# Names


def _places(found: Sequence[Outgoing], subjects: Mapping[str, str]) -> list[_Placed]:
    """Where each goes; several of one subject and task are numbered."""
    placed = []
    for one in found:
        known = bids.place_of(Path(one.name))
        words = (known.session, known.task, known.run) if known else ("", "", "")
        placed.append(_Placed(one, subjects[one.group], words[0], words[1] or "eeg", words[2]))
    counts = Counter((one.folder, one.stem) for one in placed)
    taken = {key for key, count in counts.items() if count == 1}
    made = []
    for plain in placed:
        numbered = (replace(plain, run=f"{number:02d}") for number in itertools.count(1))
        several = counts[plain.folder, plain.stem] > 1
        made.append(next(it for it in numbered if (it.folder, it.stem) not in taken) if several else plain)
        taken.add((made[-1].folder, made[-1].stem))
    return made


def _subjects(view: ExportView, found: Sequence[Outgoing], asked: Wanted) -> dict[str, str]:
    """The label of each group: its letters and digits, numbered where two would be the same."""
    labels: dict[str, str] = {}
    patients = outgoing.patients_of(view.samples, found)
    for group in dict.fromkeys(one.group for one in found):
        # A subject of a tree was named for others to see.
        of_tree = group.startswith("sub-")
        name = group[4:] if of_tree else outgoing.name_for(patients.get(group, ""), group, asked)
        plain = re.sub(r"[^A-Za-z0-9]", "", name) or "unknown"
        label, number = plain, 1
        while label in labels.values():
            number += 1
            label = f"{plain}x{number}"
        labels[group] = label
    return labels


# One recording


def _write(
    folder: Path, placed: _Placed, recording: Recording, asked: Wanted
) -> Generator[Progress, None, tuple[list[Path], list[str]]]:
    home = folder / placed.folder
    home.mkdir(parents=True, exist_ok=True)
    signals = home / f"{placed.stem}_eeg{outgoing.suffix_of(recording)}"
    told = yield from outgoing.write_signals(recording, signals, asked)
    labels = dict(zip(recording.names, recording.labels, strict=True))
    notes = [_on_labels(one, labels) for one in placed.one.notes]
    events = write_events(home / f"{placed.stem}_events.tsv", notes, placed.one.judged)
    channels = home / f"{placed.stem}_channels.tsv"
    channels.write_text(_channels(recording, placed.one.bad), "utf-8")
    sidecar = home / f"{placed.stem}_eeg.json"
    _write_json(sidecar, _sidecar(recording, placed.task))
    return [signals, sidecar, channels, *events], told


def _on_labels(note: Note, labels: Mapping[str, str]) -> Note:
    """On channels as the file calls them."""
    return replace(note, channels=tuple(labels.get(name, name) for name in note.channels))


def _channels(recording: Recording, bad: Sequence[str] | None) -> str:
    """The table of channels. bad: what a person said of them, None where that stands as the file has it."""
    marked = recording.bad if bad is None else bad
    rows = ["name\ttype\tunits\tsampling_frequency\tstatus"]
    rates = _rates(recording)
    for place, (one, unit) in enumerate(zip(recording.named, recording.units, strict=True)):
        status = "bad" if one.name in marked else "good"
        rows.append("\t".join((one.label or "n/a", _TYPES[one.kind][0], unit or "n/a", f"{rates[place]:g}", status)))
    return "\n".join(rows) + "\n"


def _rates(recording: Recording) -> list[float]:
    """The rate of each channel as its file has it."""
    file = recording.file
    if isinstance(file, Edf):
        return [one.samples / file.seconds for one in file.signals]
    return [recording.rate] * recording.channels


def _sidecar(recording: Recording, task: str) -> dict[str, Any]:
    kinds = Counter(recording.kinds)
    return {
        "TaskName": task,
        "SamplingFrequency": recording.rate,
        "EEGReference": "n/a",
        "PowerLineFrequency": "n/a",
        "SoftwareFilters": "n/a",
        **{key: kinds[kind] for kind, (_, key) in _TYPES.items()},
        "RecordingDuration": round(recording.seconds, 9),
        "RecordingType": "discontinuous" if recording.gaps else "continuous",
    }


# The root


def _write_root(folder: Path, people: Mapping[str, str], project: str) -> list[Path]:
    from importlib.metadata import PackageNotFoundError, version

    try:
        made_by = {"Name": "Winnow", "Version": version("winnow")}
    except PackageNotFoundError:
        made_by = {"Name": "Winnow"}
    files = [folder / name for name in ("dataset_description.json", "participants.json", "participants.tsv", "README")]
    description = {"Name": project, "BIDSVersion": _VERSION, "DatasetType": "raw", "GeneratedBy": [made_by]}
    _write_json(files[0], description)
    _write_json(files[1], {"sex": {"Description": "As the recording tells it", "Levels": {"F": "female", "M": "male"}}})
    rows = ["participant_id\tsex", *(f"sub-{name}\t{sex or 'n/a'}" for name, sex in sorted(people.items()))]
    files[2].write_text("\n".join(rows) + "\n", "utf-8")
    files[3].write_text(_README, "utf-8")
    return files


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")
