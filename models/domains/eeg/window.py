"""The signals of windows as arrays: EEG on our channels, and regional spectrograms, NaN where there is nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg import exchanged, finding, iiic, parquet, session, spectrogram
from models.domains.eeg.broken import DAMAGE, Broken, short
from models.domains.eeg.carrier import carrier_of
from models.domains.eeg.constants import BINS, CHANNELS, COLUMNS, RATE, REGIONS, WINDOW
from models.domains.eeg.derived import Terms, mix, terms_of
from models.domains.eeg.inner import number_of, path_of, text_of
from models.domains.eeg.recording import BadRecording, Recording, open_recording
from models.domains.eeg.units import Voltages, factor_words, in_microvolts
from models.resampling import resample
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
LENGTH = WINDOW * RATE
#: Of so many bytes of files that were read last the values are kept.
_KEPT = 256 << 20


class _Files:
    """What was read of files last, by path and time of change: windows of one EEG come one after the other."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, int], Any] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: Path, what: str, reader: Callable[[Path], Any]) -> Any:
        """What a reader makes of a file. Raises Broken."""
        try:
            key = what, str(path), path.stat().st_mtime_ns
        except OSError as error:
            raise Broken(f"{path.name} is missing ({error.strerror})") from error
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            value = reader(path)
        except DAMAGE as error:
            raise Broken(f"{path.name} cannot be read ({short(error)})") from error
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > 1 and sum(_size(one) for one in self._kept.values()) > _KEPT:
                self._kept.popitem(last=False)
        return value


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, tuple):
        return sum(_size(part) for part in value)
    return sum(_size(part) for part in vars(value).values() if isinstance(part, np.ndarray))


_FILES = _Files()
_READERS: dict[str, Callable[[Path], Floats]] = {
    "hms": parquet.read_eeg,
    "iiic": iiic.read_segment,
    "spectro": iiic.read_segment,
}


def eeg(samples: Samples, rows: Index, seconds: int = WINDOW) -> Floats:
    """µV at 200 Hz, (n, 20, 10000) in the order of CHANNELS; the labelled part lies in the middle.

    NaN where a channel, a stretch or the whole file is missing; no broken file stops the others. seconds: of more or
    less around the same middle.
    """
    out = np.full((len(rows), len(CHANNELS), seconds * RATE), np.nan, np.float32)
    for place, row, _ in _in_order(samples, rows, finding.EEG):
        try:
            _eeg(samples, row, out[place])
        except Broken:
            continue
    return out


def regions(samples: Samples, rows: Index) -> Floats:
    """Power in µV²/Hz of the ten minutes around the labelled part, (n, 4, 100, 300) in the order of REGIONS.

    NaN where there is none: nothing is computed of the EEG here.
    """
    out = np.full((len(rows), len(REGIONS), BINS, COLUMNS), np.nan, np.float32)
    for place, row, path in _in_order(samples, rows, finding.SPECTROGRAM):
        try:
            if path is not None:
                _regions(samples, row, out[place])
        except Broken:
            continue
    return out


def remarks(samples: Samples, row: int) -> list[str]:
    """What is odd about the signals of a window, in words: what is missing, empty, flat, exchanged, in another unit."""
    out = np.full((len(CHANNELS), LENGTH), np.nan, np.float32)
    try:
        _eeg(samples, row, out)
    except Broken as reason:
        notes = [str(reason)]
    else:
        notes = [*_oddities(samples, row, out), *_remarks(out[:-1])]
    path = path_of(samples, row, finding.SPECTROGRAM)
    if path is not None:
        picture = np.full((len(REGIONS), BINS, COLUMNS), np.nan, np.float32)
        try:
            _regions(samples, row, picture)
            empty = int(np.isnan(picture).all(axis=(0, 1)).sum())
            notes += [f"{2 * empty} s of the spectrogram are missing"] if empty else []
        except Broken as reason:
            notes.append(str(reason))
    return notes


def _remarks(values: Floats) -> list[str]:
    """The same of an EEG without its EKG, (19, n)."""
    notes = []
    known = np.isfinite(values)
    there = np.count_nonzero(known, axis=1) > 0
    lacking = [name for name, any_ in zip(CHANNELS, there.tolist(), strict=False) if not any_]
    spread = np.where(known, values, -np.inf).max(axis=1) - np.where(known, values, np.inf).min(axis=1)
    flat = [name for name, width in zip(CHANNELS, spread.tolist(), strict=False) if width == 0]
    if lacking:
        notes.append(f"without {', '.join(lacking)}")
    if flat:
        notes.append(f"flat: {', '.join(flat)}")
    moments = np.flatnonzero(known.any(axis=0))
    told = slice(moments[0], moments[-1] + 1) if len(moments) else slice(0, 0)
    if 0 < told.stop - told.start < known.shape[1]:
        # What begins late or ends early is whole where it is: ten seconds that were cut out lack nothing.
        notes.append(f"{(told.stop - told.start) / RATE:.3g} of {known.shape[1] / RATE:g} s are there")
    share = 1 - known[there, told].mean() if there.any() else 0.0
    if share > 0:
        notes.append(f"{100 * share:.2g} % of the values are missing")
    return notes


def _oddities(samples: Samples, row: int, values: Floats) -> list[str]:
    """What is told of unit and electrodes of a window of a table; those of a recording are told with the recording."""
    if text_of(samples, row, finding.KIND) == "recording":
        return []
    unit, pair = factor_words(_voltages(samples, row).factor), exchanged.of_eeg(values, RATE)
    return [*([unit] if unit else []), *([exchanged.words(pair)] if pair is not None else [])]


def _in_order(samples: Samples, rows: Index, name: str) -> list[tuple[int, int, Path | None]]:
    """Place, row and file of each, those of one file one after the other."""
    found = [(place, int(row), path_of(samples, int(row), name)) for place, row in enumerate(rows)]
    return sorted(found, key=lambda one: (str(one[2]), one[0]))


def whole(samples: Samples, row: int) -> tuple[Floats, float]:
    """All of the EEG that a window of a table lies in, (20, n) µV at 200 Hz, and where in it the window begins, s.

    Raises Broken where it has none.
    """
    return _voltages(samples, row).values, number_of(samples, row, finding.START)


def _voltages(samples: Samples, row: int) -> Voltages:
    kind, path = text_of(samples, row, finding.KIND), path_of(samples, row)
    if path is None:
        raise Broken("its EEG is not here")
    reader = _READERS.get(kind)
    if reader is None:
        raise Broken("it has no EEG")
    found: Voltages = _FILES.read(path, "eeg", lambda file: in_microvolts(reader(file)))
    return found


def _eeg(samples: Samples, row: int, out: Floats) -> None:
    kind = text_of(samples, row, finding.KIND)
    if kind == "recording":
        _of_recording(samples, row, out)
        return
    values, start = whole(samples, row)
    seconds = number_of(samples, row, finding.SECONDS, WINDOW) if kind == "hms" else values.shape[1] / RATE
    put(values, int(start * RATE) - round((out.shape[1] - seconds * RATE) / 2), out)


def _of_recording(samples: Samples, row: int, out: Floats) -> None:
    """The window around the middle of the sample, brought to our rate, NaN before and behind the recording."""
    path = path_of(samples, row)
    if path is None:
        raise Broken("its recording is not here")
    try:
        recording = open_recording(path)
        ratio = Fraction(RATE) / Fraction(recording.rate).limit_denominator(10_000)
        middle = number_of(samples, row, finding.START) + number_of(samples, row, finding.SECONDS, WINDOW) / 2
        first = round(middle * RATE - out.shape[1] / 2)
        low, high = max(first, 0), min(first + out.shape[1], int(recording.length * ratio))
        out[:] = np.nan
        if low < high:
            made = terms_of(recording.names, bad_of(samples, row, recording))
            values = _resampled(recording, made, low, high, ratio)
            out[:, low - first : high - first] = values
    except (BadRecording, *DAMAGE) as error:
        raise Broken(f"{path.name} cannot be read ({short(error)})") from error


def bad_of(samples: Samples, row: int, recording: Recording) -> frozenset[str]:
    """The channels of the recording of a sample that are bad: as a person said, else as the recording tells."""
    said = samples.bad_channels.get(carrier_of(samples, row)) if samples.bad_channels else None
    return frozenset(recording.bad if said is None else said)


def _resampled(recording: Recording, made: Sequence[Terms], low: int, high: int, ratio: Fraction) -> Floats:
    """Samples low to before high at our rate of what is made of its channels, NaN where nothing is known."""
    blocks: dict[tuple[int, int], Floats] = {}

    def reader(place: int) -> Callable[[int, int], Floats]:
        def read(first: int, last: int) -> Floats:
            if (first, last) not in blocks:
                blocks[first, last] = recording.read(first, last)
            channel: Floats = blocks[first, last][place]
            return channel

        return read

    return mix(made, lambda place: resample(reader(place), recording.length, low, high, ratio), high - low)


def put(values: Floats, first: int, out: Floats) -> None:
    """Samples [first, first + length) of an EEG into a window, NaN where the EEG has none."""
    length = out.shape[1]
    start, stop = max(first, 0), min(first + length, values.shape[1])
    out[:] = np.nan
    if stop > start:
        out[:, start - first : stop - first] = values[:, start:stop]


def spectra(samples: Samples, row: int) -> tuple[npt.NDArray[np.float64], Floats, float]:
    """Times in s of all columns of the spectrogram that a window lies in, power (4, 100, n), the window's first time.

    Raises Broken where it has none.
    """
    kind, path = text_of(samples, row, finding.KIND), path_of(samples, row, finding.SPECTROGRAM)
    if path is None:
        raise Broken("its spectrogram is not here")
    if kind == "spectro":
        power: Floats = _FILES.read(path, "strips", iiic.read_spectro)
        return np.arange(power.shape[2], dtype=np.float64) * 2 + 1, power, 1.0
    begin = number_of(samples, row, finding.SPECTROGRAM_START)
    if kind == "session":
        times, power = _FILES.read(path, "session", session.read_spectra)
        return times, power, begin
    found = _FILES.read(path, "spectra", parquet.read_spectra)
    return np.asarray(found.times, np.float64), found.power, float(spectrogram.window_of(begin))


def _regions(samples: Samples, row: int, out: Floats) -> None:
    times, power, begin = spectra(samples, row)
    cut(times, power, begin, out)


def cut(times: npt.NDArray[np.float64], power: Floats, begin: float, out: Floats) -> None:
    """Columns of times from `begin` to 598 s later, one in two seconds; NaN where there is none."""
    inside = np.flatnonzero((times >= begin - 1e-6) & (times <= begin + 2 * (COLUMNS - 1) + 1e-6))
    places = np.round((times[inside] - begin) / 2).astype(np.int64)
    out[:, :, places] = power[:, :, inside]
