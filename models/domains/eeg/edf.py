"""EDF, EDF+ and BDF: the header as far as it can be believed, and stretches of single signals read from the file.

A header says how many records there are and how long; what is there is decided by the size of the file. Nothing is
allocated before that.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg import tal

Floats = npt.NDArray[np.float32]
#: What files of these formats are called.
EDF_SUFFIXES = (".edf", ".bdf", ".rec")
#: No file has more signals, and no time line is longer, in seconds, than this.
_MOST, _LONGEST = 4096, 400 * 86_400.0
#: No signal has more samples a second.
_FASTEST = 1e6
_FIXED = 256
#: Date and time of a header that tells no start.
UNDATED = ("01.01.85", "00.00.00")
#: Length of a signal's fields in the header.
FIELDS = (
    *(("label", 16), ("transducer", 80), ("dimension", 8), ("low", 8), ("high", 8), ("least", 8), ("most", 8)),
    *(("filters", 80), ("samples", 8), ("reserved", 32)),
)
#: What a unit is in µV. The sign for micro comes in several encodings.
_MICRO = {"uv": 1.0, "µv": 1.0, "μv": 1.0, "microv": 1.0, "uvolt": 1.0, "microvolt": 1.0, "mv": 1e3, "v": 1e6}
_MICRO |= {"nv": 1e-3, "volt": 1e6, "millivolt": 1e3, "âµv": 1.0, "î¼v": 1.0}


class BadRecording(Exception):
    """Why a recording cannot be read, in words."""


@dataclass(frozen=True)
class Signal:
    """One signal: of which unit, how many samples a record, where they begin in it, value = digital · gain + shift.

    micro: what the unit is in µV, 0 for one that is no voltage. limits: digital ones.
    """

    label: str
    unit: str
    micro: float
    samples: int
    begin: int
    gain: float
    shift: float
    limits: tuple[int, int]
    filters: str = ""


@dataclass(frozen=True)
class Run:
    """Records that follow each other without a gap: the first one, how many, and when they begin, in s."""

    first: int
    count: int
    start: float


@dataclass(frozen=True)
class Edf:
    """A file as it is: width bytes a sample, `records` of `seconds` each behind `head` bytes.

    annotations: the signals of text. offset: what the first record says of its own start, in s. runs: in time
    order. complete: the header says EDF+ or BDF+.
    """

    path: Path
    width: int
    head: int
    records: int
    seconds: float
    signals: tuple[Signal, ...]
    annotations: tuple[Signal, ...]
    patient: str = field(repr=False)
    recording: str = field(repr=False)
    start: dt.datetime | None
    plus: bool
    offset: float
    runs: tuple[Run, ...]
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of a record."""
        return self.width * sum(one.samples for one in (*self.signals, *self.annotations))

    @property
    def length(self) -> float:
        """Seconds from the first sample to the end of the last, gaps included."""
        return self.runs[-1].start + self.runs[-1].count * self.seconds if self.runs else 0.0


def sniff(path: Path) -> int:
    """Bytes a sample of an EDF (2) or BDF (3) file, 0 for another one. Raises OSError."""
    with path.open("rb") as file:
        first = file.read(8)
    return 3 if first == b"\xffBIOSEMI" else 2 if first == b"0       " else 0


def labels_of(path: Path) -> list[str]:
    """The labels of the signals of a file, [] for one that is none or is damaged. Raises OSError."""
    with path.open("rb") as file:
        fixed = file.read(_FIXED)
        if not fixed.startswith((b"\xffBIOSEMI", b"0       ")):
            return []
        count = _whole(fixed[252:256], 1, _MOST) or 0
        content = file.read(16 * count)
    return [_text(content[at : at + 16]) for at in range(0, len(content) - 15, 16)]


def open_edf(path: Path) -> Edf:
    """Read the header. Raises BadRecording or OSError."""
    width = sniff(path)
    if not width:
        raise BadRecording("it does not begin as an EDF or BDF file does: another file under this name, or damaged")
    held = path.stat().st_size
    with path.open("rb") as file:
        fixed = file.read(_FIXED)
        count = _whole(fixed[252:256], 1, _MOST)
        if count is not None and held < _FIXED * (count + 1):
            raise BadRecording(f"it is cut off inside its header, which tells {count} signals: copy it again")
        if count is None:
            raise BadRecording(f"its header is damaged: it tells {_text(fixed[252:256]) or 'nothing'} as its signals")
        table = _table(file.read(_FIXED * count), count)
    notes: list[str] = []
    signals = _signals(table, notes, width)
    seconds = _number(fixed[244:252])
    if seconds is None or not 0 <= seconds <= _LONGEST:
        told = _text(fixed[244:252])
        raise BadRecording(
            f"a record lasts {told} s, which cannot be" if told else "it does not tell how long a record is"
        )
    voices = tuple(one for one in signals if is_text(one.label))
    waves = tuple(one for one in signals if not is_text(one.label) and one.samples)
    if waves and max(one.samples for one in waves) > _FASTEST * seconds:
        raise BadRecording(f"a record lasts {seconds:g} s, in which so many samples cannot be")
    head, size = _FIXED * (count + 1), width * sum(one.samples for one in signals)
    records = _records(_whole(fixed[236:244], -1, 1 << 40), held - head, size, seconds, notes)
    if records * seconds > _LONGEST:
        raise BadRecording(f"its records last {records * seconds / 86_400:.0f} days together, which cannot be")
    recording, reserved = _text(fixed[88:168]), _text(fixed[192:236])
    plus = reserved.startswith(("EDF+", "BDF+"))
    whole = Edf(
        path, width, head, records, seconds, waves, voices, _text(fixed[8:88]), recording,
        _start(_text(fixed[168:176]), _text(fixed[176:184]), recording), plus, 0.0, (), (),
    )  # fmt: skip
    offset, runs = _runs(whole, reserved[:5] in ("EDF+D", "BDF+D"), notes)
    return Edf(**{**vars(whole), "offset": offset, "runs": runs, "notes": tuple(notes)})


def is_text(label: str) -> bool:
    """Whether a signal of this label holds annotations."""
    return label.strip().lower() in ("edf annotations", "bdf annotations")


# The header


def field_of(text: str, length: int) -> bytes:
    """Text of a header as it is written: ASCII, cut and filled to its length."""
    return text.encode("ascii", "replace")[:length].ljust(length)


def _text(part: bytes) -> str:
    """A field of the header; files of our days have UTF-8 in what was meant for ASCII."""
    cut = part.partition(b"\x00")[0]
    try:
        return cut.decode("utf-8").strip()
    except UnicodeDecodeError:
        return cut.decode("latin-1").strip()


def _number(part: bytes) -> float | None:
    try:
        value = float(_text(part).replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _whole(part: bytes, least: int, most: int) -> int | None:
    value = _number(part)
    return int(value) if value is not None and value == int(value) and least <= value <= most else None


def _table(content: bytes, count: int) -> list[dict[str, bytes]]:
    """The fields of each signal; in the file each field stands for all signals together."""
    rows: list[dict[str, bytes]] = [{} for _ in range(count)]
    at = 0
    for name, length in FIELDS:
        for place, row in enumerate(rows):
            row[name] = content[at + place * length : at + (place + 1) * length]
        at += count * length
    return rows


def _signals(table: list[dict[str, bytes]], notes: list[str], width: int) -> tuple[Signal, ...]:
    found = []
    begin = 0
    for place, row in enumerate(table, 1):
        label, unit = _text(row["label"]), _text(row["dimension"])
        samples = _whole(row["samples"], 0, 1 << 31)
        if samples is None:
            raise BadRecording(f"signal {place} ({label}) tells {_text(row['samples'])!r} as its samples a record")
        gain, shift, limits, odd = _scale(row, width)
        if odd and not is_text(label):
            notes.append(f"{label or f'signal {place}'}: {odd}")
        found.append(Signal(label, unit, _micro(unit), samples, begin, gain, shift, limits, _text(row["filters"])))
        begin += samples
    return tuple(found)


def _micro(unit: str) -> float:
    return _MICRO.get(unit.lower().replace(" ", ""), 0.0)


def _scale(row: dict[str, bytes], width: int) -> tuple[float, float, tuple[int, int], str]:
    """Gain, shift, digital limits, and what is wrong with them."""
    low, high, least, most = (_number(row[name]) for name in ("low", "high", "least", "most"))
    full = 1 << (8 * width - 1)
    if low is None or high is None or least is None or most is None or least == most or low == high:
        return 1.0, 0.0, (-full, full - 1), "its limits make no scale, so its values stand as they are stored"
    gain = (high - low) / (most - least)
    odd = "" if least < most and abs(least) <= full and abs(most) <= full else "its digital limits cannot be"
    return gain, low - gain * least, (int(min(least, most)), int(max(least, most))), odd


def _records(stated: int | None, held: int, size: int, seconds: float, notes: list[str]) -> int:
    """How many records there are, whatever the header says of them."""
    if not size:
        raise BadRecording("its signals have no samples")
    whole, rest = divmod(held, size)
    if stated is None or stated < 0:
        notes.append(f"the header does not tell how many records there are: {whole} are")
        return whole
    if stated > whole:
        left = f"{span(whole * seconds)} of {span(stated * seconds)}" if seconds else f"{whole} of {stated} records"
        notes.append(f"the file is cut short: {left} is there")
        return whole
    if stated < whole or rest:
        notes.append(f"{held - stated * size} bytes behind the last record that the header tells are left out")
    return stated


def span(seconds: float) -> str:
    """A length of time in words: "3 h 20 min", "4 min 10 s", "12.5 s"."""
    if seconds < 60:
        return f"{seconds:.4g} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def _start(day: str, time: str, recording: str) -> dt.datetime | None:
    """Date and time of the start; the field of the recording tells the century where it can."""
    try:
        hours, minutes, seconds = (int(part) for part in time.replace(":", ".").split("."))
        clock = dt.time(hours, minutes, seconds)
        words = recording.split()
        if len(words) > 1 and words[0].lower() == "startdate" and words[1].upper() != "X":
            full = tal.read_date(words[1])
            if full is not None:
                return dt.datetime.combine(full, clock)
        if words[1:2] == ["X"] and (day, time) == UNDATED:
            return None
        number, month, year = (int(part) for part in day.replace("/", ".").split("."))
        return dt.datetime.combine(dt.date(year + (1900 if year >= 85 else 2000), month, number), clock)
    except ValueError:
        return None


# Records in time


def _runs(edf: Edf, broken: bool, notes: list[str]) -> tuple[float, tuple[Run, ...]]:
    """What the first record tells of its start, and the stretches without a gap, relative to it."""
    whole = (Run(0, edf.records, 0.0),)
    if not edf.annotations or not edf.records:
        return 0.0, whole
    first = tal.clock_of(texts(edf, edf.annotations[0], 1)[0])
    offset = first if edf.plus and first is not None and abs(first) <= _LONGEST else 0.0
    if not broken or not edf.signals:
        return offset, whole
    clocks = [tal.clock_of(one) for one in texts(edf, edf.annotations[0])]
    times = np.array([math.nan if one is None else one for one in clocks]) - offset
    steps = np.diff(times)
    least = edf.seconds - 0.5 * edf.seconds / max(one.samples for one in edf.signals)
    if not np.isfinite(times).all() or (steps < least).any() or times[-1] > _LONGEST:
        notes.append("the times of its records do not rise as they must, so they are read without gaps")
        return offset, whole
    breaks = np.flatnonzero(steps > 2 * edf.seconds - least) + 1
    edges = [0, *breaks.tolist(), edf.records]
    runs = tuple(Run(a, b - a, float(times[a])) for a, b in pairwise(edges))
    if len(runs) > 1:
        lost = edf.seconds * (len(times) - 1) - float(times[-1])
        notes.append(f"{len(runs) - 1} {'gap' if len(runs) == 2 else 'gaps'} of {span(-lost)} together")
    return offset, runs


def texts(edf: Edf, signal: Signal, records: int | None = None) -> list[bytes]:
    """What a signal of text holds, record by record."""
    count = edf.records if records is None else min(records, edf.records)
    wide = signal.samples * edf.width
    if not count or not wide:
        return [b""] * count
    # Mapped for the moment: of a long file only the pages with text are touched.
    pages: Any = np.memmap(edf.path, np.uint8, "r", edf.head, (count, edf.size))
    begin = signal.begin * edf.width
    block = np.ascontiguousarray(pages[:, begin : begin + wide]).tobytes()
    return [block[at : at + wide] for at in range(0, len(block), wide)]


# Samples


def read_signals(edf: Edf, signals: tuple[Signal, ...], first: int, last: int) -> list[Floats]:
    """The samples of these signals in the records from first to before last, in their units.

    Read anew each time: a file that has become shorter gives NaN and no fault of memory.
    """
    count = max(0, min(last, edf.records) - first)
    found = [np.empty(count * one.samples, np.float32) for one in signals]
    fill_signals(edf, signals, first, found, [(0, count * one.samples) for one in signals])
    return found


def fill_signals(
    edf: Edf, signals: Sequence[Signal], first: int, out: Sequence[Floats], parts: Sequence[tuple[int, int]]
) -> None:
    """Fill `out` with a part of each signal, from which of its samples to before which; they count from a record.

    As `read_signals`, without a copy between.
    """
    wanted = [(one, values, *part) for one, values, part in zip(signals, out, parts, strict=True) if one.samples]
    count = max((-(-stop // one.samples) for one, _values, _start, stop in wanted), default=0)
    table = _records_of(edf, first, count)
    for one, values, start, stop in wanted:
        there = min(max(len(table) * one.samples - start, 0), stop - start)
        cut = table[: -(-stop // one.samples), one.begin * edf.width : (one.begin + one.samples) * edf.width]
        found = _digits(cut, edf.width) * np.float64(one.gain)
        found += one.shift
        values[:there] = found.reshape(-1)[start : start + there]
        values[there:] = np.nan


def _records_of(edf: Edf, first: int, count: int) -> npt.NDArray[np.uint8]:
    """The bytes of so many records from the first on, (records, bytes), as far as they are there."""
    with edf.path.open("rb") as file:
        file.seek(edf.head + first * edf.size)
        block = file.read(count * edf.size)
    there = len(block) // edf.size
    return np.frombuffer(block, np.uint8, there * edf.size).reshape(there, edf.size)


def _digits(cut: npt.NDArray[np.uint8], width: int) -> npt.NDArray[Any]:
    """Signed numbers of two or three bytes, the lowest first, of any shape."""
    if width == 2:
        return cut.view("<i2")
    wide = np.zeros((cut.size // 3, 4), np.uint8)
    wide[:, 1:] = np.ascontiguousarray(cut).reshape(-1, 3)
    return wide.reshape(-1).view("<i4") >> 8
