"""Recordings as EDF+ with the annotations of now; their samples stay as they are."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from models.domain import ExportView
from models.domains.eeg import outgoing
from models.domains.eeg.broken import DAMAGE, Broken
from models.domains.eeg.edf import BadRecording, Edf
from models.domains.eeg.outgoing import Outgoing, Wanted
from models.domains.eeg.recording import Recording
from models.errors import UserError
from models.job import Progress
from models.store.atomic import whole

Steps = Generator[Progress, None, dict[str, Any]]
_SUFFIXES = (".edf", ".bdf")


def export(view: ExportView, path: Path) -> Steps:
    """A folder of them by the names of their sources; one alone where the path is that of a file.

    Raises UserError where none can be written.
    """
    asked = outgoing.wanted(view.settings)
    found, skipped = outgoing.gather(view, asked)
    if path.suffix.lower() in _SUFFIXES:
        return (yield from _one_file(view, path, found, skipped, asked))
    files: list[Path] = []
    notes: list[Mapping[str, str]] = []
    written = 0
    with whole(path) as folder:
        folder.mkdir()
        for place, one in enumerate(found):
            yield Progress(place, len(found), f"Writing {one.name}")
            try:
                recording = outgoing.open_one(view.samples, one.row)
                target = _place(folder, one, recording, asked)
                target.parent.mkdir(parents=True, exist_ok=True)
                told = yield from outgoing.write_signals(recording, target, asked, one.notes, one.judged)
            except (BadRecording, Broken, *DAMAGE) as error:
                skipped.append({"source": one.name, "where": "", "reason": outgoing.told_error(error)})
                continue
            files.append(path / target.relative_to(folder))
            written += one.count
            notes += [{"source": one.name, "where": "", "text": text} for text in (*told, *_lost(one))]
        outgoing.refuse_empty(len(files), skipped)
    return {"written": written, "files": [*map(str, files)], "skipped": skipped, "notes": notes}


def _place(folder: Path, one: Outgoing, recording: Recording, asked: Wanted) -> Path:
    """Where a recording goes: as its source is called, below the folder and in no other's place."""
    parts = [part for part in PurePosixPath(one.name).parts if part not in ("/", "..")]
    stem = outgoing.name_for(recording.patient, PurePosixPath(parts[-1]).stem, asked)
    own = PurePosixPath(parts[-1]).suffix
    suffix = own if isinstance(recording.file, Edf) and own else outgoing.suffix_of(recording)
    home = folder.joinpath(*parts[:-1])
    number, place = 1, home / f"{stem}{suffix}"
    while place.exists():
        number += 1
        place = home / f"{stem}-{number}{suffix}"
    return place


def _lost(one: Outgoing) -> list[str]:
    """What a person said of a recording that EDF+ has no place for."""
    told = f"bad channels stay here, as EDF+ cannot tell them: {', '.join(one.bad)}; BIDS can" if one.bad else ""
    return [*([told] if told else []), *one.lost()]


def _one_file(view: ExportView, path: Path, found: list[Outgoing], skipped: outgoing.Skips, asked: Wanted) -> Steps:
    outgoing.refuse_empty(len(found), skipped)
    if len(found) > 1:
        raise UserError(f"{path.name} is one file, and {len(found)} recordings are to be written: give a folder.")
    try:
        recording = outgoing.open_one(view.samples, found[0].row)
        suffix = outgoing.suffix_of(recording)
        if path.suffix.lower() != suffix:
            raise UserError(f"{found[0].name} has to be written with 24 bits: give a name that ends in {suffix}.")
        told = yield from outgoing.write_signals(recording, path, asked, found[0].notes, found[0].judged)
    except (BadRecording, Broken, *DAMAGE) as error:
        raise UserError(f"{found[0].name} can't be written: {outgoing.told_error(error)}.") from None
    notes = [{"source": found[0].name, "where": "", "text": text} for text in (*told, *_lost(found[0]))]
    return {"written": found[0].count, "files": [str(path)], "skipped": skipped, "notes": notes}
