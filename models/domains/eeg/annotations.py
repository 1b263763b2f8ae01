"""What people and devices wrote onto a recording, read from every format, written to EDF+ and BIDS without loss.

A moment or an interval with a text. Times are seconds from the first sample. Where a header tells another start than
the first sample has (EDF+ with a start between two seconds), what the file counts from that start is moved.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from models import region
from models.domains.eeg import bids, tal
from models.domains.eeg.edf import Edf, open_edf, read_signals, texts
from models.domains.eeg.finding import counted
from models.domains.eeg.foreign import Foreign
from models.domains.eeg.judged import Judged, read_judged, read_votes, write_judged, write_votes
from models.domains.eeg.recording import Recording
from models.params import listed
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
#: Columns of a table that tells labels of windows too, and what the first of them says.
_KIND, _VOTES = "kind", "votes"
_NOTE, _WINDOW = "annotation", "window"
_OF_WINDOWS = {
    _KIND: {
        "Description": "Whether a row is an annotation, or the label of a window",
        "Levels": {_NOTE: "of the recording", _WINDOW: "trial_type is the label of the part that was judged"},
    },
    _VOTES: {"Description": "How many raters gave a window each class, such as lpd=1, seizure=3"},
}
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
    """Annotations in the order of time, what is to be told of them, and what windows were called."""

    notes: tuple[Note, ...] = ()
    remarks: tuple[str, ...] = ()
    judged: tuple[Judged, ...] = ()


# Reading


def read_notes(recording: Recording) -> Notes:
    """The annotations of a recording: those in it, and those of an events.tsv beside it that are not in it."""
    remarks: list[str] = []
    judged: list[Judged] = []
    names = dict(zip(recording.labels, recording.names, strict=True))
    own = _stored(recording, remarks, judged)
    found = [Note(one.onset, one.duration, one.text, tuple(names.get(it, it) for it in one.channels)) for one in own]
    table = bids.events_of(recording.path)
    if table is not None:
        known = {(round(one.onset, 3), one.text) for one in found}
        found += [
            replace(one, channels=tuple(names.get(it, it) for it in one.channels))
            for one in read_events(table, remarks, judged)
            if (round(one.onset, 3), one.text) not in known
        ]
    remarks += outside(found, recording)
    return Notes(tuple(sorted(found, key=lambda one: one.onset)), tuple(remarks), tuple(judged))


def read_alone(path: Path) -> Notes:
    """The annotations of an EDF+ file, also of one that holds nothing else. Raises BadRecording or OSError."""
    judged: list[Judged] = []
    edf = open_edf(path)
    remarks = [*edf.notes]
    return Notes(tuple(_listed(edf, remarks, judged)), tuple(remarks), tuple(judged))


def outside(notes: Sequence[Note], recording: Recording) -> list[str]:
    """What is told of annotations that lie past the end of a recording, or before its start; each is counted once."""
    spans = [(one.onset, one.onset + one.duration) for one in notes]
    return region.outside(spans, recording.seconds, 0.5 / recording.rate)


def _stored(recording: Recording, remarks: list[str], judged: list[Judged]) -> list[Note]:
    if isinstance(recording.file, Edf):
        return _listed(recording.file, remarks, judged) or _triggers(recording.file, remarks)
    if isinstance(recording.file, Foreign):
        return [
            Note(round(onset, _DIGITS), max(0.0, duration), text, channels)
            for onset, duration, text, channels in recording.file.marks
            if math.isfinite(onset) and math.isfinite(duration)
        ]
    return []


def _listed(edf: Edf, remarks: list[str], judged: list[Judged]) -> list[Note]:
    """The lists of an EDF+ file."""
    found = _Lists([], judged, edf.offset)
    damaged = 0
    for signal in edf.annotations:
        for block in texts(edf, signal):
            stamps, wrong = tal.parse(block)
            damaged += wrong
            for one in stamps:
                found.add(one)
    if damaged:
        remarks.append(f"{damaged} {'annotation is' if damaged == 1 else 'annotations are'} damaged and left out")
    return found.notes


@dataclass
class _Lists:
    """Texts of lists as notes. One text on several channels stands there once for each: these are one note.

    Other programs write each into a list of its own, we all into one; so a list of several is a note of its own.
    """

    notes: list[Note]
    judged: list[Judged]
    offset: float
    _open: bool = False

    def add(self, stamp: tal.Stamp) -> None:
        """One more text, in the order of the file."""
        text, sign, channel = stamp.text.rpartition(ON)
        onset, duration = round(stamp.onset - self.offset, _DIGITS), stamp.duration or 0.0
        of_window = None if sign else read_judged(onset, duration, stamp.text)
        if of_window is not None:
            self.judged.append(of_window)
        elif sign and channel:
            self._on_channel(stamp, Note(onset, duration, text, (channel,)))
        else:
            # A sign with nothing behind it tells that what stands before it is all text.
            self.notes.append(Note(onset, duration, text if sign else stamp.text))

    def _on_channel(self, stamp: tal.Stamp, note: Note) -> None:
        last = self.notes[-1] if self.notes else Note(math.nan)
        same = bool(last.channels) and (last.onset, last.duration, last.text) == (note.onset, note.duration, note.text)
        joins = stamp.place > 0 if stamp.mates > 1 else self._open
        if same and joins:
            self.notes[-1] = replace(last, channels=(*last.channels, *note.channels))
        else:
            self.notes.append(note)
        self._open = stamp.mates == 1


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


def read_events(path: Path, remarks: list[str], judged: list[Judged] | None = None) -> list[Note]:
    """The events of a BIDS tree; rows without a time are told in `remarks`. judged: gets what windows were called."""
    try:
        rows = bids.read_table(path)
    except OSError as error:
        remarks.append(f"{path.name} cannot be read ({error.strerror})")
        return []
    escaped = _sidecar(path.with_suffix(".json")).get(_ESCAPED) is True
    found, timeless = [], 0
    for row in rows:
        onset, duration = _seconds(row.get("onset")), _seconds(row.get("duration"))
        if onset is None:
            timeless += 1
            continue
        if escaped and row.get(_KIND) == _WINDOW:
            if judged is not None and duration:
                label = _unescape(row.get("trial_type", ""))
                judged.append(Judged(onset, duration, label, read_votes(row.get(_VOTES, "")) or {}))
            continue
        text = next((row[name] for name in _TEXT if row.get(name)), "")
        told = next((row[name] for name in _CHANNEL if row.get(name)), "")
        channels = tuple(listed(told)) if told.lower() != "all" else ()
        found.append(Note(onset, max(0.0, duration or 0.0), _unescape(text) if escaped else text, channels))
    if timeless:
        verbs = "tells no onset and is" if timeless == 1 else "tell no onset and are"
        remarks.append(f"{counted(timeless, 'row')} of {path.name} {verbs} left out")
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


def write_events(path: Path, notes: Iterable[Note], judged: Sequence[Judged] = ()) -> tuple[Path, Path]:
    """An events.tsv and the JSON beside it that tells its columns. judged: what windows were called."""
    lines = [
        (one.onset, one.duration, _escape(one.text), ",".join(one.channels) or "n/a", _NOTE, "n/a") for one in notes
    ]
    lines += [
        (one.onset, one.duration, _escape(one.label) if one.label else "n/a", "n/a", _WINDOW,
         write_votes(one.votes) or "n/a")
        for one in judged
    ]  # fmt: skip
    columns = ["onset", "duration", "trial_type", "channel", *((_KIND, _VOTES) if judged else ())]
    rows = ["\t".join(columns)]
    rows += [
        "\t".join((tal.plain(onset), tal.plain(duration), *words)[: len(columns)])
        for onset, duration, *words in sorted(lines, key=lambda one: one[0])
    ]
    told = {
        "onset": {"Description": "Start, from the first sample of the recording", "Units": "s"},
        "duration": {"Description": "Length, 0 for a moment", "Units": "s"},
        "trial_type": {"Description": "What was annotated; \\t, \\n and \\\\ stand for a tab, an end of line and \\"},
        "channel": {"Description": "Channels that it is on, with commas; n/a for all"},
        **(_OF_WINDOWS if judged else {}),
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


def stamps(
    notes: Sequence[Note],
    offset: float = 0.0,
    labels: Mapping[str, str] | None = None,
    judged: Sequence[Judged] = (),
) -> list[bytes]:
    """Notes as the lists of EDF+, one for each channel that they are on, and what windows were called.

    labels: of the file, by our names.
    """
    alike = Counter((one.onset, one.duration, one.text) for one in notes if one.channels)
    texts = []
    for one in notes:
        told = _with_channels(one, labels or {})
        # One on a single channel beside another that says the same would be read as one with it.
        alone = len(told) == 1 and one.channels and alike[one.onset, one.duration, one.text] > 1
        texts.append((one.onset, one.duration, told * 2 if alone else told))
    texts += [(one.onset, one.duration, [write_judged(one)]) for one in judged]
    return [
        tal.compose(round(onset + offset, _DIGITS), duration, *told)
        for onset, duration, told in sorted(texts, key=lambda one: one[0])
    ]


def _with_channels(note: Note, labels: Mapping[str, str]) -> list[str]:
    if not note.channels:
        plain = note.text and ON not in note.text and read_judged(note.onset, note.duration, note.text) is None
        return [note.text if plain else f"{note.text}{ON}"]
    return [f"{note.text}{ON}{labels.get(name, name)}" for name in note.channels]
