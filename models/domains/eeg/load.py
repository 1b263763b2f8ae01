"""What the viewers show of one window: its recording, and the spectrogram around it; its small line and name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg import carrier, exchanged, finding, inner, levels, window
from models.domains.eeg.broken import DAMAGE, Broken, short
from models.domains.eeg.constants import CHANNELS, LABELLED, RATE, REGIONS, WINDOW
from models.domains.eeg.recording import BadRecording, open_recording
from models.errors import UserError
from models.job import Progress
from models.levels import Levels
from models.payload import Payload, Recording, SignalReader, Spectrogram, Strip
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Span = tuple[float, float]
#: Regions in the order that raters see them, by what they are called.
SHOWN = {"LL": "Left lateral", "RL": "Right lateral", "LP": "Left parasagittal", "RP": "Right parasagittal"}
#: Channel of the small line, and seconds of the window that it draws.
_LINE, _LINE_SECONDS = ("Cz", "C3", "Pz", "Fz"), float(LABELLED)


#: No spectrogram has more columns: two weeks of one in two seconds.
_MOST_COLUMNS = 604_800


class Held:
    """A SignalReader over an array (channels, n)."""

    def __init__(self, values: Floats) -> None:
        self.values = values

    @property
    def channels(self) -> int:
        return int(self.values.shape[0])

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    def read(self, first: int, last: int) -> Floats:
        """Values of samples [first, last) that are there."""
        return self.values[:, max(first, 0) : max(last, 0)]


class Filed:
    """A SignalReader over a recording of any length. key: changes with its file."""

    def __init__(self, source: Any, channels: int, length: int, key: str) -> None:
        self._source, self.channels, self.length, self.key = source, channels, length, key

    def read(self, first: int, last: int) -> Floats:
        """Values of samples [first, last) that are there; raises UserError when the file is gone."""
        try:
            values: Floats = self._source.read(first, last)
        except (BadRecording, OSError) as error:
            raise UserError(f"the recording cannot be read any more ({short(error)})") from None
        return values


def load(samples: Samples, row: int) -> tuple[Payload, ...]:
    """The payloads of one sample: the recording that it is a window of, and the spectrogram around it.

    Raises UserError where neither can be read.
    """
    reasons: list[str] = []
    found: list[Payload] = []
    for make in (_recording, _spectrogram):
        try:
            payload = make(samples, row)
        except (Broken, BadRecording) as reason:
            reasons.append(str(reason))
        except DAMAGE as error:
            reasons.append(short(error))
        else:
            found += [payload] if payload is not None else []
    if found:
        return tuple(found)
    raise UserError(reasons[0] if reasons else "this window has neither an EEG nor a spectrogram: votes alone")


def _recording(samples: Samples, row: int) -> Recording | None:
    kind = inner.text_of(samples, row, finding.KIND)
    if kind == "recording":
        return _of_file(samples, row)
    if inner.path_of(samples, row) is None:
        return None
    values, begin = window.whole(samples, row)
    span = begin, begin + inner.number_of(samples, row, finding.SECONDS, WINDOW)
    return Recording(
        Held(values),
        CHANNELS,
        float(RATE),
        kinds=tuple("ekg" if name == "EKG" else "eeg" for name in CHANNELS),
        window=span,
        labelled=_middle(span),
        bad=_empty(values),
        whole=carrier.carrier_of(samples, row),
        title=short_name(samples, row),
        facts=_facts(samples, row),
        note="; ".join(window.remarks(samples, row)[:2]),
    )


def _of_file(samples: Samples, row: int) -> Recording:
    path = inner.path_of(samples, row)
    if path is None:
        raise Broken("its recording is not here")
    found = open_recording(path)
    whole = bool(inner.text_of(samples, row, finding.WHOLE))
    start = inner.number_of(samples, row, finding.START)
    span = start, start + inner.number_of(samples, row, finding.SECONDS, WINDOW)
    return Recording(
        Filed(found, len(found.names), found.length, _key(path)),
        found.names,
        float(found.rate),
        kinds=found.kinds,
        clock=found.clock,
        window=None if whole else span,
        labelled=None if whole else _middle(span),
        gaps=tuple(found.gaps),
        bad=frozenset(found.bad),
        whole=carrier.carrier_of(samples, row),
        title=short_name(samples, row),
        facts=_facts(samples, row),
        note="; ".join([*_exchanged(samples, row), *found.notes][:2]),
    )


def _exchanged(samples: Samples, row: int) -> list[str]:
    """What the import found of two channels of a recording."""
    pair = inner.text_of(samples, row, exchanged.COLUMN)
    return [f"{pair} look exchanged"] if pair else []


def _spectrogram(samples: Samples, row: int) -> Spectrogram | None:
    """The one that the source has, on the time axis of the EEG; else one computed of the recording."""
    if inner.path_of(samples, row, finding.SPECTROGRAM) is None:
        return _computed(samples, row)
    times, power, begin = window.spectra(samples, row)
    start = inner.number_of(samples, row, finding.START)
    seconds = inner.number_of(samples, row, finding.SECONDS, WINDOW)
    # The middle of the ten minutes is the middle of the labelled part.
    shift = start + seconds / 2 - (begin - 1 + 300)
    order = [REGIONS.index(name) for name in SHOWN]
    step = float(np.median(np.diff(times))) if len(times) > 1 else 2.0
    hz = levels.hertz()
    span = start, start + seconds
    return Spectrogram(
        tuple(
            Strip(SHOWN[REGIONS[place]], levels.array_reader(_on_grid(times, power[place], step))) for place in order
        ),
        start=float(times[0]) + shift,
        step=step,
        low=float(hz[0]),
        high=float(hz[-1]),
        floor=levels.FLOOR,
        top=levels.TOP,
        window=span,
        labelled=_middle(span),
        title="Regional spectrogram",
    )


def _on_grid(times: npt.NDArray[np.float64], power: Floats, step: float) -> Floats:
    """Power (bins, n) on even steps, NaN where none was told."""
    places = np.round((times - times[0]) / step).astype(np.int64)
    if places[-1] + 1 == len(places):
        return power
    if places[-1] >= _MOST_COLUMNS:
        raise Broken("the times of its spectrogram lie further apart than can be right")
    out = np.full((power.shape[0], int(places[-1]) + 1), np.nan, np.float32)
    out[:, places] = power
    return out


def _computed(samples: Samples, row: int) -> Spectrogram | None:
    recording = _recording(samples, row)
    if recording is None:
        return None
    pairs = levels.regional_strips(recording.names)
    if not pairs:
        return None
    strips = {SHOWN[name]: pairs[name] for name in SHOWN if name in pairs}
    grid = levels.Grid(recording.rate, recording.reader.length)
    if grid.columns < 1:
        return None
    made = Levels([*strips], grid)
    frequencies = grid.frequencies
    return Spectrogram(
        made.strips,
        start=grid.start,
        step=grid.step / recording.rate,
        low=float(frequencies[0]),
        high=float(frequencies[-1]),
        floor=levels.FLOOR,
        top=levels.TOP,
        window=recording.window,
        labelled=recording.labelled,
        clock=recording.clock,
        title="Spectrogram",
        note="Computed from the EEG.",
        grow=partial(_grow, made, recording.reader, strips, getattr(recording.reader, "key", "")),
        key=getattr(recording.reader, "key", ""),
    )


def _grow(
    made: Levels, reader: SignalReader, strips: dict[str, levels.Pairs], key: str, folder: Path | None
) -> Iterator[Progress]:
    """Fill the levels, from the folder where they were kept before."""
    yield from levels.fill(made, reader, strips, folder if key else None, key)


def _middle(span: Span) -> Span:
    """The part of a window that was judged."""
    centre = (span[0] + span[1]) / 2
    half = min(LABELLED, span[1] - span[0]) / 2
    return centre - half, centre + half


def _empty(values: Floats) -> frozenset[str]:
    """Channels without any value."""
    lacking = np.asarray(np.isnan(values).all(axis=1), bool)
    return frozenset(name for name, none in zip(CHANNELS, lacking.tolist(), strict=False) if none)


def _key(path: Path) -> str:
    state = path.stat()
    return f"{path} {state.st_size} {state.st_mtime_ns}"


def _facts(samples: Samples, row: int) -> tuple[str, ...]:
    """What is told beside the name: nothing of votes, which may be hidden."""
    patient = samples.table.slice(row, 1).to_pylist()[0].get("patient")
    return (f"patient {patient}",) if patient else ()


def sketch(samples: Samples, rows: Index, points: int) -> Floats:
    """A midline channel over the judged part of each window, (rows, points), NaN where there is none."""
    out = np.full((len(rows), points), np.nan, np.float32)
    values = window.eeg(samples, rows)
    count = int(_LINE_SECONDS * RATE)
    first = (values.shape[2] - count) // 2
    for place, one in enumerate(values):
        lines = [one[CHANNELS.index(name), first : first + count] for name in _LINE]
        line = next((part for part in lines if np.isfinite(part).any()), None)
        if line is not None:
            out[place] = line[(np.arange(points) * count) // points]
    return out


def short_name(samples: Samples, row: int) -> str:
    """The patient and the window of a sample, as short as it stays clear."""
    key = str(samples.table.column("key")[row].as_py())
    # A recording that names no patient is called by its file.
    group = str(samples.table.column("group")[row].as_py()).rpartition("/")[2]
    if inner.text_of(samples, row, finding.WHOLE):
        return f"{group} whole"
    if inner.text_of(samples, row, finding.KIND) == "recording":
        seconds = int(inner.number_of(samples, row, finding.START))
        return f"{group} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return key or group
