"""A BDF+ file of a recording that is none: 24 bits a sample over the range of each channel, with its annotations."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.eeg import identity, tal
from models.domains.eeg.annotations import Note, stamps
from models.domains.eeg.edf import FIELDS, UNDATED, BadRecording, field_of
from models.domains.eeg.judged import Judged
from models.domains.eeg.recording import Recording
from models.job import Progress
from models.learn.words import plural
from models.store.atomic import whole

Floats = npt.NDArray[np.float32]
#: The largest number of a sample, and samples of all channels that are read at a time.
_FULL, _STRETCH = (1 << 23) - 1, 1 << 22
#: A record is at least so long, in s, if its length fits the recording; else it is of about a second.
_SHORTEST, _LONGEST = 0.1, 60.0
#: Letters of a number in a header.
_LETTERS = 8


def write_plain(
    recording: Recording, path: Path, notes: Sequence[Note], keep: bool = False, judged: Sequence[Judged] = ()
) -> Generator[Progress, None, list[str]]:
    """Write it as BDF+; what could not be held is told. Raises BadRecording, and what reading it raises."""
    samples, seconds = _record(recording)
    records = -(-recording.length // samples)
    if not records:
        raise BadRecording("it holds no samples")
    yield Progress(0, records, path.name)
    tops, missing = _range(recording)
    begin = recording.start.microsecond / 1e6 if recording.start else 0.0
    labels = dict(zip(recording.names, recording.labels, strict=True))
    clocks = [round(begin + float(place * seconds), 9) for place in range(records)]
    room, blocks = tal.fill(stamps(notes, begin, labels, judged), clocks, 3)
    with whole(path) as part, part.open("xb") as file:
        file.write(_header(recording, tops, (records, samples, seconds), room, keep))
        step = max(1, _STRETCH // (samples * recording.channels))
        for first in range(0, records, step):
            yield Progress(first, records, path.name)
            count = min(step, records - first)
            values = recording.read(first * samples, (first + count) * samples)
            file.write(_records(values, tops, samples, blocks[first : first + count]))
    padding = records * samples - recording.length
    told = [f"{missing} missing values are written as 0"] if missing else []
    return told + (
        [plural(padding, "sample of 0 fills its last record", "samples of 0 fill its last record")] if padding else []
    )


def _record(recording: Recording) -> tuple[int, Fraction]:
    """Samples and seconds of a record: such as fit the length of the recording and 8 letters of a header."""
    rate = Fraction(recording.rate).limit_denominator(1_000_000)
    most = min(recording.length, int(rate * _LONGEST))
    lengths = {int(rate), *(number for number in range(1, math.isqrt(recording.length) + 1))}
    lengths |= {recording.length // number for number in lengths if number}
    fitting = [
        number
        for number in lengths
        if 0 < number <= most and recording.length % number == 0 and number / rate >= _SHORTEST
        if _fits(number / rate)
    ]
    if fitting:
        best = min(fitting, key=lambda number: abs(math.log(float(number / rate))))
        return best, best / rate
    number = next((number for number in range(max(1, int(rate)), int(rate) + 1001) if _fits(number / rate)), 0)
    if not number:
        raise BadRecording(f"no header can tell a rate of {recording.rate:g} Hz")
    return number, number / rate


def _fits(seconds: Fraction) -> bool:
    """Whether a header holds such a length to the last digit."""
    text = tal.plain(float(seconds))
    return len(text) <= _LETTERS and Fraction(Decimal(text)) == seconds


def _range(recording: Recording) -> tuple[npt.NDArray[np.float64], int]:
    """The greatest value of each channel as a whole number that holds it, and how many values are missing."""
    tops, missing = np.ones(recording.channels), 0
    step = max(1, _STRETCH // max(1, recording.channels))
    for first in range(0, recording.length, step):
        values = recording.read(first, first + step)
        known = np.isfinite(values)
        missing += int(values.size - known.sum())
        if values.size:
            tops = np.maximum(tops, np.where(known, np.abs(values), 0).max(axis=1))
    if (tops > 9_999_999).any():
        raise BadRecording("its values are larger than a header can tell")
    return np.ceil(tops), missing


def _records(values: Floats, tops: npt.NDArray[np.float64], samples: int, texts: Sequence[bytes]) -> bytes:
    """Stored samples of each record, and the text behind them."""
    digits = np.zeros((len(values), len(texts) * samples), "<i4")
    scaled = np.nan_to_num(values.astype(np.float64)) * (_FULL / tops[:, None])
    digits[:, : values.shape[1]] = np.rint(scaled)
    parts = digits.reshape(len(values), len(texts), samples).transpose(1, 0, 2)
    stored = np.ascontiguousarray(parts).view(np.uint8).reshape(len(texts), -1, 4)[:, :, :3].reshape(len(texts), -1)
    text = np.frombuffer(b"".join(texts), np.uint8).reshape(len(texts), -1)
    return np.concatenate([stored, text], 1).tobytes()


def _header(
    recording: Recording, tops: npt.NDArray[np.float64], records: tuple[int, int, Fraction], room: int, keep: bool
) -> bytes:
    count, samples, seconds = records
    start, signals = recording.start, recording.channels + 1
    code = identity.patient_of(recording.patient, keep)
    day = tal.write_date(start.date()) if start else "X"
    fixed = (
        b"\xffBIOSEMI",
        field_of(f"{'_'.join(code.split()) or 'X'} X X X", 80),
        field_of(f"Startdate {day} X X X", 80),
        field_of(start.strftime("%d.%m.%y%H.%M.%S") if start else "".join(UNDATED), 16),
        field_of(str(256 * (signals + 1)), 8),
        field_of("BDF+C", 44),
        field_of(str(count), 8),
        field_of(tal.plain(float(seconds)), 8),
        field_of(str(signals), 4),
    )
    columns = {
        "label": [*recording.labels, "BDF Annotations"],
        "dimension": [*("uV" if unit == "µV" else unit for unit in recording.units), ""],
        "low": [*(f"{-top:.0f}" for top in tops), "-1"],
        "high": [*(f"{top:.0f}" for top in tops), "1"],
        "least": [*[str(-_FULL)] * recording.channels, str(-_FULL - 1)],
        "most": [str(_FULL)] * signals,
        "samples": [*[str(samples)] * recording.channels, str(room)],
    }
    return b"".join([*fixed, *(field_of(text, n) for name, n in FIELDS for text in columns.get(name, [""] * signals))])
