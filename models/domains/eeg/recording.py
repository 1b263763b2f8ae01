"""A recording of any format: what its channels are, how long it is, and any stretch of it in µV, read when asked."""

from __future__ import annotations

import datetime as dt
import os
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models.domains.eeg import bids, foreign
from models.domains.eeg.edf import (
    EDF_SUFFIXES,
    BadRecording,
    Edf,
    Run,
    Signal,
    fill_signals,
    open_edf,
    read_signals,
    sniff,
    span,
)
from models.domains.eeg.units import doubt_words, factor_words, unit_factor
from models.electrodes import EEG, OTHER, Named, name_channels
from models.resampling import resample

__all__ = ["BadRecording", "Recording", "open_recording", "span"]

Floats = npt.NDArray[np.float32]
#: Seconds that are looked at to see whether the unit can be what the file says.
_LOOK = 10.0
#: Slowest and fastest rate in Hz that EEG is recorded at.
_SLOWEST, _FASTEST = 50, 50_000
#: Share of samples at the limits of the amplifier that is told.
_CLIPPED = 0.02


class Source(Protocol):
    """Lazy samples: first to before last, (channels, n), voltages in µV, NaN in gaps."""

    def read(self, first: int, last: int) -> Floats: ...


@dataclass(frozen=True)
class Recording:
    """One recording; nothing of its samples is held.

    named: the channels. rate: of all of them, in Hz. length: samples from the first to the last one, gaps included.
    start: when the first sample was taken. offset: how many s the first sample is behind the time that the header
    tells, from which the file counts its annotations. gaps: (start, stop) in s. patient: as the file tells it,
    identifiers and all; it goes nowhere but through `identity`. scale: what the samples of each channel are
    multiplied with, for a unit that the file has wrong. bad: names of channels that somebody marked as bad.
    """

    path: Path
    form: str
    named: tuple[Named, ...]
    units: tuple[str, ...]
    rate: float
    length: int
    start: dt.datetime | None
    source: Source = field(repr=False)
    offset: float = 0.0
    gaps: tuple[tuple[float, float], ...] = ()
    patient: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()
    scale: tuple[float, ...] = ()
    bad: tuple[str, ...] = ()
    file: Edf | foreign.Foreign | None = field(default=None, repr=False)

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return len(self.named)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the channels as they are used here, each once."""
        return tuple(one.name for one in self.named)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the channels as the file has them."""
        return tuple(one.label for one in self.named)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each channel, of `names.KINDS`."""
        return tuple(one.kind for one in self.named)

    @property
    def seconds(self) -> float:
        """How long it is, gaps included."""
        return self.length / self.rate

    @property
    def clock(self) -> str:
        """When the first sample was taken, ISO 8601; "" where that is not known."""
        return self.start.isoformat() if self.start else ""

    def read(self, first: int, last: int) -> Floats:
        """Samples first to before last of all channels, (channels, n); only what the recording has. NaN in gaps."""
        first, last = max(0, first), min(last, self.length)
        if first >= last:
            return np.zeros((self.channels, 0), np.float32)
        # A header may tell limits that no number of a sample can hold.
        with np.errstate(over="ignore", invalid="ignore"):
            values = self.source.read(first, last)
            if any(factor != 1 for factor in self.scale):
                values *= np.array(self.scale, np.float32)[:, None]
        endless = np.isinf(values)
        if endless.any():
            values[endless] = np.nan
        return values


# EDF and BDF


@dataclass(frozen=True)
class _Records:
    """The signals of an EDF or BDF file on one grid of `lead` samples a record."""

    edf: Edf
    lead: int
    begins: tuple[int, ...]
    factors: tuple[float, ...]

    def read(self, first: int, last: int) -> Floats:
        values = np.empty((len(self.edf.signals), last - first), np.float32)
        # Of thousands of runs only those that are in view.
        near = slice(max(bisect_right(self.begins, first) - 1, 0), bisect_left(self.begins, last))
        if near.stop - near.start != 1 or last > self._end(near.start):
            values.fill(np.nan)
        for run, begin in zip(self.edf.runs[near], self.begins[near], strict=True):
            low, high = max(first, begin), min(last, begin + run.count * self.lead)
            if low < high:
                self._fill(values[:, low - first : high - first], run, low - begin, high - begin)
        return values

    def _end(self, place: int) -> int:
        """The first sample behind a run."""
        return self.begins[place] + self.edf.runs[place].count * self.lead

    def _fill(self, out: Floats, run: Run, first: int, last: int) -> None:
        plain = [place for place, one in enumerate(self.edf.signals) if one.samples == self.lead]
        record = first // self.lead
        part = first - record * self.lead, last - record * self.lead
        signals = [self.edf.signals[place] for place in plain]
        fill_signals(self.edf, signals, run.first + record, [out[place] for place in plain], [part] * len(plain))
        for place, one in enumerate(self.edf.signals):
            if one.samples != self.lead:
                out[place] = self._resampled(one, run, first, last)
            if self.factors[place] != 1:
                out[place] *= self.factors[place]

    def _resampled(self, one: Signal, run: Run, first: int, last: int) -> Floats:
        def read(low: int, high: int) -> Floats:
            record = low // one.samples
            values = read_signals(self.edf, (one,), run.first + record, run.first - (-high // one.samples))[0]
            return values[low - record * one.samples : high - record * one.samples]

        return resample(read, run.count * one.samples, first, last, Fraction(self.lead, one.samples))


def _of_edf(path: Path) -> Recording:
    edf = open_edf(path)
    if not edf.signals:
        raise BadRecording("it holds annotations and no signals")
    if not edf.records:
        raise BadRecording(f"it holds a header and no samples ({'; '.join(edf.notes)})")
    channels = name_channels([one.label for one in edf.signals])
    lead = max(one.samples for one, told in _of_scalp(edf.signals, channels))
    rate = lead / edf.seconds
    begins = tuple(round(run.start * rate) for run in edf.runs)
    gaps = tuple(
        (one.start + one.count * edf.seconds, other.start)
        for one, other in zip(edf.runs[:-1], edf.runs[1:], strict=True)
    )
    form = ("BDF" if edf.width == 3 else "EDF") + ("+" if edf.plus else "")
    return Recording(
        path, form, channels,
        tuple("µV" if one.micro else one.unit for one in edf.signals),
        rate, begins[-1] + edf.runs[-1].count * lead,
        edf.start + dt.timedelta(seconds=edf.offset) if edf.start else None,
        _Records(edf, lead, begins, tuple(one.micro or 1.0 for one in edf.signals)),
        edf.offset, gaps, edf.patient,
        (*edf.notes, *_rates(edf, channels, lead)),
        file=edf,
    )  # fmt: skip


def _of_scalp(signals: Sequence[Signal], channels: Sequence[Named]) -> list[tuple[Signal, Named]]:
    """The signals of EEG; all of them where none is."""
    pairs = list(zip(signals, channels, strict=True))
    return [pair for pair in pairs if pair[1].kind == EEG] or pairs


def _rates(edf: Edf, channels: Sequence[Named], lead: int) -> list[str]:
    """What is told of channels of another rate."""
    other: dict[int, list[str]] = {}
    for signal, named in zip(edf.signals, channels, strict=True):
        if signal.samples != lead:
            other.setdefault(signal.samples, []).append(named.name)
    if not other:
        return []
    told = [f"{_few(names)} from {samples / edf.seconds:g} Hz" for samples, names in sorted(other.items())]
    return [f"resampled to {lead / edf.seconds:g} Hz: {', '.join(told)}"]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"


# Others


def _of_foreign(path: Path) -> Recording:
    found = foreign.open_foreign(path)
    units = tuple("µV" if micro else "" for micro in found.micro)
    named = name_channels(found.labels)
    return Recording(
        path, found.form, named, units, found.rate, found.length, found.start, found,
        patient=found.patient, notes=found.notes, file=found,
        bad=tuple(one.name for one in named if one.label in found.raw.info["bads"]),
    )  # fmt: skip


# Opening


def open_recording(path: Path) -> Recording:
    """Open a recording of any format; the last few stay open, as long as neither the file nor what a BIDS tree tells of
    its channels changed. Raises BadRecording or OSError."""
    main = foreign.main_file(Path(os.path.abspath(path)))
    return _open(main, _stamp(main), _table_stamp(main))


#: What tells that a file changed: its path, when it was written last, in ns, and its bytes.
Stamp = tuple[Path, int, int]


def _stamp(path: Path) -> Stamp:
    held = path.stat()
    return path, held.st_mtime_ns, held.st_size


def _table_stamp(path: Path) -> Stamp | None:
    """That of the channels.tsv of a recording; None without one, or where it cannot be reached."""
    try:
        table = bids.channel_table(path)
        return _stamp(table) if table is not None else None
    except OSError:
        return None  # told where it is read


@lru_cache(8)
def _open(path: Path, stamp: Stamp, _table: Stamp | None) -> Recording:
    if not stamp[2]:
        raise BadRecording("it is empty")
    found = _described(_of_edf(path) if sniff(path) or path.suffix.lower() in EDF_SUFFIXES else _of_foreign(path))
    if not any(kind == EEG for kind in found.kinds):
        found = replace(found, notes=(*found.notes, "none of its channels is EEG by its name"))
    return _looked_at(found)


def _described(found: Recording) -> Recording:
    """With what a channels.tsv of a BIDS tree tells of its channels."""
    try:
        told = bids.channels_of(found.path)
    except OSError as error:
        words = f"channels.tsv beside it cannot be read ({error.strerror}), so it is left aside"
        return replace(found, notes=(*found.notes, words))
    if not told:
        return found
    if set(told) != set(found.labels):
        words = "channels.tsv beside it tells other channels, so it is left aside"
        return replace(found, notes=(*found.notes, words))
    named = tuple(replace(one, kind=told[one.label].kind or one.kind) for one in found.named)
    bad = tuple(one.name for one in named if told[one.label].bad)
    return replace(found, named=named, bad=bad)


def _looked_at(found: Recording) -> Recording:
    """With the unit put right where it cannot be what the file says, and channels at their limits told."""
    middle, half = found.length // 2, max(1, int(_LOOK * found.rate / 2))
    piece = found.read(middle - half, middle + half)
    voltages = [place for place, kind in enumerate(found.kinds) if kind != OTHER and found.units[place] in ("µV", "")]
    scalp = [place for place in voltages if found.kinds[place] == EEG]
    factor = unit_factor(piece[scalp])
    heads = [place for place, kind in enumerate(found.kinds) if kind == EEG]
    odd = {found.units[place] for place in heads} - {"µV", ""}
    notes = [*found.notes, *_at_limits(found, piece), *doubt_words(piece[heads], odd)]
    if scalp and not _SLOWEST <= found.rate <= _FASTEST:
        notes.append(f"{found.rate:.4g} samples a second can't be right for EEG: its times may be wrong throughout")
    if factor == 1:
        return replace(found, notes=tuple(notes))
    notes.append(factor_words(factor))
    scale = tuple(factor if place in voltages else 1.0 for place in range(found.channels))
    return replace(found, notes=tuple(notes), scale=scale)


def _at_limits(found: Recording, piece: Floats) -> list[str]:
    """Channels of which much stands at the limits of the amplifier."""
    if not isinstance(found.file, Edf) or not piece.size:
        return []
    names = []
    for one, row, name, kind in zip(found.file.signals, piece, found.names, found.kinds, strict=True):
        ends = np.array([limit * one.gain + one.shift for limit in one.limits]) * (one.micro or 1.0)
        reach = 0.5 * abs(one.gain) * (one.micro or 1.0)
        if kind != OTHER and (np.abs(row[None] - ends[:, None]) < reach).any(0).mean() > _CLIPPED and np.ptp(row) > 0:
            names.append(name)
    return [f"much of {_few(names)} stands at the limits of the amplifier"] if names else []
