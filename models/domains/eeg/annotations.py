"""What people and devices wrote onto a recording, read from every format, written to EDF+ and BIDS without loss.

A moment or an interval with a text. Times are seconds from the first sample. Where a header tells another start than
the first sample has (EDF+ with a start between two seconds), what the file counts from that start is moved.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.domains.eeg import bids, tal
from models.domains.eeg.edf import Edf, open_edf, read_signals, texts
from models.domains.eeg.foreign import Foreign
from models.domains.eeg.recording import Recording
from models.store.atomic import whole

#: What stands between the text of an annotation and the channel that it is on.
ON = "@@"
#: Digits behind the point of a second that are kept.
_DIGITS = 9
#: Columns that may hold the text of an event, the first that is there.
_TEXT = ("trial_type", "eventType", "event_type", "type", "event", "description", "value")
_CHANNEL = ("channel", "channels", "Channel")
#: In the sidecar: tabs and ends of lines inside texts are written as \\t and \\n.
_ESCAPED = "TextEscaped"
#: No sidecar is longer, in bytes.
_SIDECAR = 1 << 20
#: Records of which triggers are looked for at a time, and how many triggers are read at most.
_STRETCH, _TRIGGERS = 256, 100_000


@dataclass(frozen=True)
class Note:
    """One annotation: onset and duration in s (0: a moment), text, and the channels that it is on, () for all."""

    onset: float
    duration: float = 0.0
    text: str = ""
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Channels have no order; so that notes compare, they get one."""
        object.__setattr__(self, "channels", tuple(sorted(set(self.channels))))


@dataclass(frozen=True)
class Notes:
    """Annotations in the order of time, and what is to be told of them."""

    notes: tuple[Note, ...] = ()
    remarks: tuple[str, ...] = ()


# Reading


def read_notes(recording: Recording) -> Notes:
    """The annotations of a recording: those in it, and those of an events.tsv beside it that are not in it."""
    remarks: list[str] = []
    names = dict(zip(recording.labels, recording.names, strict=True))
    own = _stored(recording, remarks)
    found = [Note(one.onset, one.duration, one.text, tuple(names.get(it, it) for it in one.channels)) for one in own]
    table = bids.events_of(recording.path)
    if table is not None:
        known = {(round(one.onset, 3), one.text) for one in found}
        found += [one for one in read_events(table, remarks) if (round(one.onset, 3), one.text) not in known]
    late = sum(1 for one in found if one.onset + one.duration > recording.seconds + 0.5 / recording.rate)
    if late:
        remarks.append(f"{late} {_annotations(late)} past its end")
    early = sum(1 for one in found if one.onset < 0)
    if early:
        remarks.append(f"{early} {_annotations(early)} before its start")
    return Notes(tuple(sorted(found, key=lambda one: one.onset)), tuple(remarks))


def read_alone(path: Path) -> Notes:
    """The annotations of an EDF+ file, also of one that holds nothing else. Raises BadRecording or OSError."""
    remarks: list[str] = []
    return Notes(tuple(_listed(open_edf(path), remarks)), tuple(remarks))


def _annotations(count: int) -> str:
    return "annotation stands" if count == 1 else "annotations stand"


def _stored(recording: Recording, remarks: list[str]) -> list[Note]:
    if isinstance(recording.file, Edf):
        return _listed(recording.file, remarks) or _triggers(recording.file, remarks)
    if isinstance(recording.file, Foreign):
        return [
            Note(round(onset, _DIGITS), max(0.0, duration), text, channels)
            for onset, duration, text, channels in recording.file.marks
            if math.isfinite(onset) and math.isfinite(duration)
        ]
    return []


def _listed(edf: Edf, remarks: list[str]) -> list[Note]:
    """The lists of an EDF+ file. One text on several channels stands there once for each: these are one note."""
    found: list[Note] = []
    damaged = 0
    for signal in edf.annotations:
        for block in texts(edf, signal):
            stamps, wrong = tal.parse(block)
            damaged += wrong
            for one in stamps:
                _add(found, one, edf.offset)
    if damaged:
        remarks.append(f"{damaged} {'annotation is' if damaged == 1 else 'annotations are'} damaged and left out")
    return found


def _add(found: list[Note], stamp: tal.Stamp, offset: float) -> None:
    text, sign, channel = stamp.text.rpartition(ON)
    onset, duration = round(stamp.onset - offset, _DIGITS), stamp.duration or 0.0
    if not (sign and channel):
        # A sign with nothing behind it tells that what stands before it is all text.
        found.append(Note(onset, duration, text if sign else stamp.text))
        return
    last = found[-1] if found else None
    if last and last.channels and (last.onset, last.duration, last.text) == (onset, duration, text):
        found[-1] = Note(onset, duration, text, (*last.channels, channel))
    else:
        found.append(Note(onset, duration, text, (channel,)))


def _triggers(edf: Edf, remarks: list[str]) -> list[Note]:
    """What a BDF file has instead of annotations: the moments at which the lower bits of its status change."""
    signal = next((one for one in edf.signals if one.label.strip().lower() == "status"), None)
    if edf.width != 3 or signal is None or edf.annotations:
        return []
    rate = signal.samples / edf.seconds
    found: list[Note] = []
    last: int | None = None
    for first in range(0, edf.records, _STRETCH):
        stored = read_signals(edf, (signal,), first, first + _STRETCH)[0]
        codes = np.nan_to_num((stored - signal.shift) / signal.gain).astype(np.int64) & 0xFFFF
        before = np.concatenate(([codes[0] if last is None else last], codes[:-1]))
        for place in np.flatnonzero((codes != before) & (codes != 0)):
            at = (first * signal.samples + int(place)) / rate
            found.append(Note(round(at, _DIGITS), 0.0, f"trigger {codes[place]}"))
        last = int(codes[-1])
        if len(found) > _TRIGGERS:
            remarks.append(f"only the first {_TRIGGERS:,} triggers are read")
            return found[:_TRIGGERS]
    return found


def read_events(path: Path, remarks: list[str]) -> list[Note]:
    """The events of a BIDS tree; rows without a time are told in `remarks`."""
    try:
        rows = bids.read_table(path)
    except OSError as error:
        remarks.append(f"{path.name} cannot be read ({error.strerror})")
        return []
    escaped = _sidecar(path.with_suffix(".json")).get(_ESCAPED) is True
    found = []
    for row in rows:
        onset, duration = _seconds(row.get("onset")), _seconds(row.get("duration"))
        if onset is None:
            continue
        text = next((row[name] for name in _TEXT if row.get(name)), "")
        told = next((row[name] for name in _CHANNEL if row.get(name)), "")
        channels = tuple(part.strip() for part in told.split(",") if part.strip()) if told.lower() != "all" else ()
        found.append(Note(onset, max(0.0, duration or 0.0), _unescape(text) if escaped else text, channels))
    if len(found) < len(rows):
        remarks.append(f"{len(rows) - len(found)} rows of {path.name} tell no onset and are left out")
    return found


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _sidecar(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8")) if path.stat().st_size < _SIDECAR else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


# Writing


def write_events(path: Path, notes: Iterable[Note]) -> tuple[Path, Path]:
    """An events.tsv and the JSON beside it that tells its columns."""
    rows = ["onset\tduration\ttrial_type\tchannel"]
    rows += [
        "\t".join((tal.plain(one.onset), tal.plain(one.duration), _escape(one.text), ",".join(one.channels) or "n/a"))
        for one in sorted(notes, key=lambda one: one.onset)
    ]
    told = {
        "onset": {"Description": "Start, from the first sample of the recording", "Units": "s"},
        "duration": {"Description": "Length, 0 for a moment", "Units": "s"},
        "trial_type": {"Description": "What was annotated; \\t, \\n and \\\\ stand for a tab, an end of line and \\"},
        "channel": {"Description": "Channels that it is on, with commas; n/a for all"},
        _ESCAPED: True,
    }
    beside = path.with_suffix(".json")
    with whole(path) as part:
        part.write_text("\n".join(rows) + "\n", "utf-8")
    with whole(beside) as part:
        part.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path, beside


def _escape(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\r", "\\r").replace("\n", "\\n")
    # Blanks at the ends, and a text that reads as "none", would be lost.
    return plain if plain == plain.strip() and plain.lower() not in ("", "n/a") else f"\\ {plain}\\ "


def _unescape(text: str) -> str:
    signs = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", " ": ""}
    out, rest = [], iter(text)
    for letter in rest:
        out.append(signs.get(following := next(rest, ""), following) if letter == "\\" else letter)
    return "".join(out)


def stamps(notes: Iterable[Note], offset: float = 0.0, labels: Mapping[str, str] | None = None) -> list[bytes]:
    """Notes as the lists of EDF+, one for each channel that they are on. labels: of the file, by our names."""
    lists = []
    for one in sorted(notes, key=lambda one: one.onset):
        onset = round(one.onset + offset, _DIGITS)
        for text in _with_channels(one, labels or {}):
            lists.append(tal.compose(onset, one.duration, text))
    return lists


def _with_channels(note: Note, labels: Mapping[str, str]) -> list[str]:
    if not note.channels:
        return [note.text if note.text and ON not in note.text else f"{note.text}{ON}"]
    return [f"{note.text}{ON}{labels.get(name, name)}" for name in note.channels]


def write_alone(path: Path, notes: Sequence[Note], start: dt.datetime | None = None) -> Path:
    """An EDF+ file of annotations alone, as scorings of sleep are kept. start: when the first sample was taken."""
    from edfio import Edf as Written
    from edfio import EdfAnnotation, Patient
    from edfio import Recording as Header

    lists = [
        EdfAnnotation(round(one.onset, _DIGITS), one.duration or None, text)
        for one in notes
        for text in _with_channels(one, {})
    ]
    file = Written(
        [],
        patient=Patient(),
        recording=Header(startdate=start.date() if start else None),
        starttime=start.time() if start else None,
        annotations=lists,
    )
    with whole(path) as part:
        file.write(part)
    return path
