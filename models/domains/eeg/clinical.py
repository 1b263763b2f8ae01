"""Clinical recordings as samples: windows of one length at one step, and the whole of each recording."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Found, Noted, Skipped
from models.domains.eeg import bids, exchanged, identity
from models.domains.eeg.annotations import Note, Notes, read_notes
from models.domains.eeg.constants import CHANNELS, CLASSES, LABELLED
from models.domains.eeg.derived import count_derived, terms_of
from models.domains.eeg.edf import EDF_SUFFIXES, BadRecording, sniff
from models.domains.eeg.finding import counted
from models.domains.eeg.foreign import COMPANIONS, READERS, main_file
from models.domains.eeg.judged import Judged
from models.domains.eeg.options import Options
from models.domains.eeg.recording import Recording, open_recording
from models.job import Progress
from models.learn.words import plural
from models.region import named

Floats = npt.NDArray[np.float64]
#: Suffixes of files that are recordings.
SUFFIXES = (*EDF_SUFFIXES, *READERS)
#: No recording is cut into more windows.
_MOST = 2_000_000
#: What annotations call the classes, without case, blanks and signs.
_WORDS = {
    "seizure": (
        *("seizure", "seizures", "sz", "seiz", "electrographicseizure", "ictal", "seizureactivity", "esz"),
        *("fnsz", "gnsz", "cpsz", "spsz", "absz", "tnsz", "tcsz", "cnsz", "atsz", "mysz", "nesz"),
    ),
    "lpd": ("lpd", "lpds", "pled", "pleds", "lateralizedperiodicdischarges", "lateralisedperiodicdischarges"),
    "gpd": ("gpd", "gpds", "gped", "gpeds", "generalizedperiodicdischarges", "generalisedperiodicdischarges"),
    "lrda": ("lrda", "lateralizedrhythmicdeltaactivity", "lateralisedrhythmicdeltaactivity"),
    "grda": ("grda", "generalizedrhythmicdeltaactivity", "generalisedrhythmicdeltaactivity"),
    "other": ("other",),
}
_CLASS = {word: name for name, words in _WORDS.items() for word in words}


def class_of(text: str) -> str | None:
    """The class that the text of an annotation names; None for any other text."""
    plain = re.sub(r"[^a-z0-9]", "", text.casefold())
    # BIDS sets of seizures write sz_foc_ia, sz_gen and the like.
    return _CLASS.get(plain) or ("seizure" if text.casefold().startswith("sz_") else None)


def is_clinical(path: Path) -> bool:
    """Whether a file may be a recording, by its first bytes or its name; files beside one are none."""
    try:
        return path.suffix.lower() in SUFFIXES or bool(sniff(path))
    except OSError:
        return path.suffix.lower() in SUFFIXES


def belongs_to(path: Path) -> Path | None:
    """The recording that a file lies beside as a part of it; None for any other file."""
    main = main_file(path)
    return main if main != path else None


def scan_recording(
    path: Path,
    name: str,
    options: Options,
    layouts: set[tuple[str, ...]] | None = None,
    more: Notes | None = None,
) -> Iterator[Progress | Finding]:
    """The samples of one recording; name: its portable one. A file that cannot be read is told in one line.

    layouts: labels of channels whose names were told already, once for all files of an import. more: annotations
    that lie in a file of their own.
    """
    yield Progress(text=f"Reading {name}")
    try:
        recording = open_recording(path)
        told = read_notes(recording)
    except BadRecording as reason:
        yield Skipped(name, "", str(reason))
        return
    except OSError as error:
        yield Skipped(name, "", f"it cannot be read ({error.strerror or error})")
        return
    starts = window_starts(recording, options)
    if starts is None:
        yield Skipped(name, "step", f"more than {_MOST:,} windows come of it: give a longer step")
        return
    if not len(starts):
        yield Noted(name, "", "gaps take the greater part of each of its windows: none is a sample")
    place = bids.place_of(path)
    told, hidden = _joined(told, more, recording, options)
    yield from (Noted(name, "", text) for text in (*hidden, *recording.notes, *told.remarks))
    yield from _layout(recording, name, layouts)
    if place is not None:
        yield from _participant(place, name)
    found = _found(recording, name, options, starts, told, place, more is not None)
    yield from _with_exchanged(found, recording, name)


def _layout(recording: Recording, name: str, layouts: set[tuple[str, ...]] | None) -> Iterator[Noted]:
    """What is to be told of the channels, unless it was told of another file with the same ones."""
    if layouts is None or recording.labels not in layouts:
        yield from _channels(recording, name)
    if layouts is not None:
        layouts.add(recording.labels)


def _with_exchanged(found: Found, recording: Recording, name: str) -> Iterator[Noted | Found]:
    """The samples, and before them that two electrodes of their recording look exchanged, where they do."""
    pair = exchanged.of_recording(recording)
    if pair is None:
        yield found
        return
    yield Noted(name, "channels", f"{exchanged.words(pair)}: {exchanged.ADVICE}")
    yield replace(found, columns={**found.columns, **_exchanged(pair, len(found.keys))})


def _joined(told: Notes, more: Notes | None, recording: Recording, options: Options) -> tuple[Notes, list[str]]:
    """All annotations, in which nothing names the patient unless that is kept; and what is told of this."""
    notes = sorted((*told.notes, *(more.notes if more else ())), key=lambda one: one.onset)
    told = replace(told, notes=tuple(notes), judged=(*told.judged, *(more.judged if more else ())))
    words = frozenset() if options.keep_identifiers else identity.telling_words(recording.patient)
    naming = [one for one in told.notes if identity.names_patient(one.text, words)]
    hidden = []
    if naming:
        changed = {id(one): replace(one, text=identity.hide(one.text, words)) for one in naming}
        told = replace(told, notes=tuple(changed.get(id(one), one) for one in told.notes))
        hidden.append(f"{counted(len(naming), 'annotation')} told who the patient is: {identity.HIDDEN} stands there")
    if identity.names_patient(recording.path.stem, words):
        hidden.append("its name tells who the patient is, and stays as it is: rename the file, then import it")
    return told, hidden


def _participant(place: bids.Place, name: str) -> Iterator[Noted]:
    """What is odd about the table of the people of a tree."""
    try:
        known = bids.participants_of(place.root)
    except OSError as error:
        yield Noted(name, "", f"participants.tsv cannot be read ({error.strerror})")
        return
    if known and place.subject not in known:
        yield Noted(name, "", f"participants.tsv does not list sub-{place.subject}")


def _channels(recording: Recording, name: str) -> Iterator[Noted]:
    """How labels are read that are no 10–20 names themselves, and which channels of models are not there."""
    # Another case alone, as FP1 for Fp1, is none that anybody has to check.
    other = [one for one in recording.named if one.label.strip().casefold() != one.name.casefold()]
    read = [f"{one.label.strip()} → {one.name}" for one in other if "of the cap" not in one.note]
    if read:
        yield Noted(name, "channels", f"channels are read as: {', '.join(read)}")
    if len(read) < len(other):
        yield Noted(
            name,
            "channels",
            plural(
                len(other) - len(read),
                "label is a number of a cap, no 10–20 electrode",
                "labels are numbers of a cap, no 10–20 electrodes",
            ),
        )
    made = terms_of(recording.names, frozenset(recording.bad))
    if derived := count_derived(made):
        words = "made of the pairs that were recorded; what lies between electrodes that no pairs connect is not known"
        yield Noted(name, "channels", f"{counted(derived, 'electrode')} {words}")
    without = [channel for channel, terms in zip(CHANNELS, made, strict=True) if not terms]
    if 0 < len(without) <= 5:
        yield Noted(name, "channels", f"without {', '.join(without)}")
    elif without:
        there = len(CHANNELS) - len(without)
        yield Noted(name, "channels", f"{there} of the {len(CHANNELS)} channels that models learn from")
    twice = [one.label for one in recording.named if "more than once" in one.note]
    if twice:
        yield Noted(name, "channels", f"named more than once, so they are numbered: {', '.join(twice[:5])}")


def _exchanged(pair: exchanged.Pair, count: int) -> dict[str, list[str]]:
    return {exchanged.COLUMN: [exchanged.short(pair)] * count}


# Windows


def window_starts(recording: Recording, options: Options) -> Floats | None:
    """When the windows begin, in s: those that are not in a gap for their greater part; None for too many.

    A recording that is shorter than a window is one.
    """
    if recording.seconds <= options.window:
        return np.zeros(1)
    most = math.floor((recording.seconds - options.window) / options.step + 1e-9)
    parts = []
    for first, last in _stretches(recording, options.window):
        low = max(0, math.ceil(first / options.step - 1e-9))
        parts.append((low, min(most, math.floor(last / options.step + 1e-9)) + 1))
    if sum(max(0, stop - start) for start, stop in parts) > _MOST:
        return None
    numbers = np.unique(np.concatenate([np.arange(*part) for part in parts]))
    starts = np.round(numbers * options.step, 3)
    return np.asarray(starts[gap_share(recording, starts, options.window) <= 0.5])


def _stretches(recording: Recording, window: float) -> list[tuple[float, float]]:
    """Where windows with anything in them may begin: from, to, in s; those that meet are joined."""
    edges = [0.0, *(edge for gap in recording.gaps for edge in gap), recording.seconds]
    joined: list[tuple[float, float]] = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if joined and start - window <= joined[-1][1]:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start - window, stop))
    return joined


def gap_share(recording: Recording, starts: Floats, window: float) -> Floats:
    """Share of each window that lies in a gap."""
    return covered(recording.gaps, starts, starts + window) / window


def covered(spans: Sequence[tuple[float, float]], starts: Floats, stops: Floats) -> Floats:
    """Seconds of each interval (starts, stops) that the spans cover; what several cover counts once."""
    joined: list[tuple[float, float]] = []
    for start, stop in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    if not joined:
        return np.zeros(len(starts))
    edges = np.array(joined).reshape(-1)
    # Covered seconds up to a time are a line that rises inside spans alone.
    heights = np.concatenate(([0.0], np.cumsum(np.diff(edges) * (np.arange(len(edges) - 1) % 2 == 0))))
    return np.asarray(np.interp(stops, edges, heights) - np.interp(starts, edges, heights))


# Labels


def window_labels(notes: Sequence[Note], starts: Floats, window: float) -> list[str | None]:
    """The class that annotations give to the greater part of the central 10 s of each window."""
    central = min(float(LABELLED), window)
    first = starts + (window - central) / 2
    shares = np.zeros((len(CLASSES), len(starts)))
    for place, name in enumerate(CLASSES):
        spans = [(one.onset, one.onset + one.duration) for one in notes if one.duration and class_of(one.text) == name]
        shares[place] = covered(spans, first, first + central) / central if spans else 0.0
    best = shares.argmax(0)
    return [
        CLASSES[place] if share > 0.5 else None
        for place, share in zip(best.tolist(), shares.max(0).tolist(), strict=True)
    ]


def judged_windows(judged: Sequence[Judged], starts: Floats, window: float) -> dict[int, Judged]:
    """What windows were called before, by their place: those whose judged part lies as it did."""
    central = min(float(LABELLED), window)
    places = {round(first, 3): place for place, first in enumerate((starts + (window - central) / 2).tolist())}
    alike = [one for one in judged if abs(one.duration - central) < 1e-3]
    return {places[at]: one for one in alike if (at := round(one.onset, 3)) in places}


def _tallies(judged: Mapping[int, Judged], count: int) -> list[dict[str, float]]:
    """The votes that stood on windows; nothing where none did."""
    if not any(one.votes for one in judged.values()):
        return []
    return [dict(judged[row].votes) if row in judged else {} for row in range(count)]


def note_counts(notes: Sequence[Note], starts: Floats, window: float) -> list[int]:
    """How many annotations each window has anything of."""
    onsets = np.sort([one.onset for one in notes])
    # An interval that ends where a window begins has nothing in it; a moment there has.
    ends = np.sort([math.nextafter(one.onset + one.duration, one.onset) for one in notes])
    begun, over = np.searchsorted(onsets, starts + window, "left"), np.searchsorted(ends, starts, "left")
    return [int(count) for count in begun - over]


# Samples


def _found(
    recording: Recording,
    name: str,
    options: Options,
    starts: Floats,
    told: Notes,
    place: bids.Place | None,
    beside: bool,
) -> Found:
    notes, count = told.notes, len(starts) + 1
    window = min(options.window, recording.seconds)
    patient = f"sub-{place.subject}" if place else identity.patient_of(recording.patient, options.keep_identifiers)
    judged = judged_windows(told.judged, starts, window)
    alias = PurePath(name).with_suffix("").as_posix()
    alias = alias if options.keep_identifiers else identity.unnamed(alias, recording.patient)
    about = {"patient": patient or None, "recording": PurePath(name).name}
    return Found(
        recording.path, name, [*(f"{start:.3f}" for start in starts), ""], [patient or alias] * count,
        _labels(told, judged, starts, window),
        columns=_columns(recording, about, starts, window, notes),
        settings={"window": f"{options.window:g}", "step": f"{options.step:g}", "montage": options.montage},
        regions={"": named(name, ((one.onset, one.onset + one.duration, one.text, one.channels) for one in notes))},
        tallies=_tallies(judged, count),
        beside=beside or place is not None or recording.path.suffix.lower() in COMPANIONS.values(),
    )  # fmt: skip


def _labels(told: Notes, judged: Mapping[int, Judged], starts: Floats, window: float) -> list[str | None]:
    """The labels of all windows, and none for the whole recording."""
    # Windows of another cut than those that were judged: their labels count as annotations do.
    others = [Note(one.onset, one.duration, one.label) for one in told.judged] if not judged else []
    labels: list[str | None] = [*window_labels([*told.notes, *others], starts, window), None]
    for row, one in judged.items():
        labels[row] = one.label or None
    return labels


def _columns(
    recording: Recording, about: Mapping[str, Any], starts: Floats, window: float, notes: Sequence[Note]
) -> dict[str, list[Any]]:
    """What is told of each window, and of the whole recording, which comes last; about: what is the same of all."""
    same = {
        "_kind": "recording",
        "_eeg": recording.path.name,
        **about,
        "rate": recording.rate,
        "channels": recording.channels,
    }
    columns: dict[str, list[Any]] = {key: [value] * (len(starts) + 1) for key, value in same.items()}
    columns |= {
        "_start": [*(f"{start:.3f}" for start in starts), "0.000"],
        "_seconds": [*[f"{window:.3f}"] * len(starts), f"{recording.seconds:.3f}"],
        "_whole": [*[None] * len(starts), "1"],
        "start": [*starts.tolist(), 0.0],
        "seconds": [*[round(window, 3)] * len(starts), round(recording.seconds, 3)],
        "annotations": [*note_counts(notes, starts, window), len(notes)],
    }
    if recording.gaps:
        shares = gap_share(recording, starts, window)
        whole = sum(stop - start for start, stop in recording.gaps) / recording.seconds
        columns["nan"] = [*np.round(shares, 4).tolist(), round(whole, 4)]
    return columns
