"""Files of annotations alone, as scorings of sleep are kept: whose recording each goes with, and at which time."""

from __future__ import annotations

import datetime as dt
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.domain import Noted
from models.domains.eeg.annotations import Note, Notes, outside, read_alone
from models.domains.eeg.edf import BadRecording, is_text, labels_of, open_edf
from models.domains.eeg.finding import Listed, can_wait, counted
from models.domains.eeg.foreign import main_file
from models.domains.eeg.recording import Recording, open_recording

#: So many letters at the begin of two names tell that their files belong together, where times alone do not.
_ALIKE = 4


@dataclass(frozen=True)
class Scoring:
    """One such file: what it holds, and when its time begins. near: it lies beside what a person pointed at."""

    item: Listed
    told: Notes
    start: dt.datetime | None
    near: bool = False


def is_alone(path: Path) -> bool:
    """Whether a file holds annotations and no signals."""
    labels = labels_of(path)
    return bool(labels) and all(is_text(label) for label in labels)


def part(items: Iterable[Listed]) -> tuple[list[Listed], list[Scoring]]:
    """The recordings among these files, and those of annotations alone; damaged ones stay among the recordings."""
    recordings, scorings = [], []
    for item in items:
        try:
            scoring = _read(item) if is_alone(item.path) else None
        except (BadRecording, OSError):
            scoring = None
        if scoring is None:
            recordings.append(item)
        else:
            scorings.append(scoring)
    return recordings, scorings


def beside(item: Listed) -> list[Scoring]:
    """The files of annotations alone in the folder of a recording that a person pointed at."""
    try:
        names = sorted(os.listdir(item.path.parent))
    except OSError:
        return []
    suffixes = (".edf", ".bdf", ".rec")
    listed = [Listed(item.path.parent / name, name) for name in names if name.lower().endswith(suffixes)]
    others = (one for one in listed if one.path != item.path and not can_wait(one.path))
    return [replace(one, near=True) for one in part(others)[1]]


def _read(item: Listed) -> Scoring:
    edf = open_edf(item.path)
    start = edf.start + dt.timedelta(seconds=edf.offset) if edf.start else None
    return Scoring(item, read_alone(item.path), start)


def join(recordings: Sequence[Listed], scorings: Sequence[Scoring]) -> tuple[Mapping[Path, Notes], list[Noted]]:
    """What each recording gets of them, at its own times, by its path; and what is told of each file."""
    folders: dict[Path, list[Recording]] = {}
    joined: dict[Path, list[Notes]] = defaultdict(list)
    notes = []
    for one in scorings:
        folder = one.item.path.parent
        if folder not in folders:
            folders[folder] = _opened(item for item in recordings if item.path.parent == folder)
        owner = _owner(one, folders[folder])
        if owner is None:
            # What lies beside may be of another recording there, which is not read.
            if not one.near and (not one.item.named or not folders[folder]):
                notes += [Noted(one.item.name, "", words) for words in (_without(one), *one.told.remarks)]
            continue
        moved = _moved(one, owner)
        joined[owner.path].append(moved)
        text = f"its {counted(len(one.told.notes), 'annotation')} stand with {owner.path.name}"
        text = "; ".join([text, *outside(moved.notes, owner)])
        notes += [Noted(one.item.name, "", words) for words in (text, *one.told.remarks)]
    return {path: _together(parts) for path, parts in joined.items()}, notes


def _opened(items: Iterable[Listed]) -> list[Recording]:
    found = []
    for item in items:
        try:
            found.append(open_recording(main_file(item.path)))
        except (BadRecording, OSError):
            continue
    return found


def _owner(one: Scoring, recordings: Sequence[Recording]) -> Recording | None:
    """The recording whose name this file's name begins with; else the one that began when it did."""
    stem = one.item.path.stem.casefold()
    named = [found for found in recordings if _begins(stem, found.path.stem.casefold())]
    if named:
        best = max(named, key=lambda found: len(found.path.stem))
        return best if _inside(one, best) else None
    same = [found for found in recordings if one.start and found.start and abs(_shift(one, found)) < 1]
    if len(same) > 1:
        same = _most_alike(stem, same)
    return same[0] if len(same) == 1 and _inside(one, same[0]) else None


def _begins(stem: str, other: str) -> bool:
    return stem.startswith(other) and not stem[len(other) :][:1].isalnum()


def _most_alike(stem: str, recordings: Sequence[Recording]) -> list[Recording]:
    """Those whose names share the longest begin with this one, if it is long enough."""
    shared = [_shared(stem, found.path.stem.casefold()) for found in recordings]
    longest = max(shared)
    return [found for found, count in zip(recordings, shared, strict=True) if count == longest >= _ALIKE]


def _shared(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _shift(one: Scoring, recording: Recording) -> float:
    """How many s the file's time begins after the recording; 0 where either does not tell."""
    return (one.start - recording.start).total_seconds() if one.start and recording.start else 0.0


def _inside(one: Scoring, recording: Recording) -> bool:
    """Whether any of its annotations concerns the recording."""
    shift = _shift(one, recording)
    found = [(note.onset, note.duration) for note in one.told.notes]
    found += [(window.onset, window.duration) for window in one.told.judged]
    return any(onset + shift <= recording.seconds and onset + duration + shift >= 0 for onset, duration in found)


def _moved(one: Scoring, recording: Recording) -> Notes:
    """Its annotations at times of the recording, on channels as these are named here."""
    shift = _shift(one, recording)
    names = dict(zip(recording.labels, recording.names, strict=True))
    notes = tuple(
        Note(round(note.onset + shift, 9), note.duration, note.text, tuple(names.get(it, it) for it in note.channels))
        for note in one.told.notes
    )
    return Notes(notes, (), tuple(replace(it, onset=round(it.onset + shift, 9)) for it in one.told.judged))


def _together(parts: Sequence[Notes]) -> Notes:
    return Notes(tuple(it for one in parts for it in one.notes), (), tuple(it for one in parts for it in one.judged))


def _without(one: Scoring) -> str:
    count = counted(len(one.told.notes), "annotation")
    if one.item.named:
        return f"{count} and no signals: import its recording, or the folder that holds both"
    return (
        f"{count} and no signals, and no recording in its folder began when it did. Put its recording beside it, "
        "under a name that this one begins with, and import again"
    )
