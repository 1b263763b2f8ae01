"""Spikes grouped by unit: memory-mapped arrays with an order in which the spikes of each unit stand together."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from models.errors import UserError

Index = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Array = npt.NDArray[Any]

#: A file above so many bytes is mapped and not read whole.
MAPPED = 32 * 2**20
#: Spikes that are taken at once.
_CHUNK = 8_000_000
#: From so many spikes on, those of a unit are looked for before the order of all is made.
_LARGE = 2_000_000
#: Units whose places are kept before then.
_KEPT = 8
#: What spikeinterface's measures take unless told otherwise: s.
_REFRACTORY = 0.0015
_BIN = 60.0
#: Units times minutes, above which nobody's presence is counted.
_CELLS = 500_000_000


@dataclass(frozen=True)
class Spikes:
    """All spikes of a sorting, rising in time.

    times: samples (n,). codes: the unit of each, a number from 0 to units − 1. amplitudes: (n,) or
    None. All may be memory maps; they are read in stretches of `_CHUNK`.
    """

    times: Array
    codes: Array
    units: int
    amplitudes: Array | None = None

    def __len__(self) -> int:
        return len(self.times)

    def stretches(self) -> Iterator[tuple[int, Index]]:
        """Where each stretch begins, and its codes."""
        guard(self.codes)
        for start in range(0, len(self), _CHUNK):
            yield start, np.asarray(self.codes[start : start + _CHUNK]).astype(np.int64)

    @functools.cached_property
    def counts(self) -> Index:
        """Spikes of each unit, (units,)."""
        guard(self.codes)
        total = np.zeros(self.units, np.int64)
        for start in range(0, len(self), _CHUNK):
            total += np.bincount(self.codes[start : start + _CHUNK], minlength=self.units)
        return total

    @functools.cached_property
    def orders(self) -> tuple[tuple[Array, Array], ...]:
        """For each stretch the places in it by unit, rising inside each, and where each unit begins, (units + 1,)."""
        return tuple(_order(codes, self.units) for _, codes in self.stretches())

    @functools.cached_property
    def _beside(self) -> threading.Thread:
        """Makes the order of all spikes, which takes seconds for very many."""
        made = threading.Thread(target=self._make_orders, name="spikes by unit", daemon=True)
        made.start()
        return made

    def _make_orders(self) -> None:
        # A file that another program writes now is told to who asks for a unit.
        with contextlib.suppress(UserError):
            _ = self.orders

    @functools.cached_property
    def _looked(self) -> OrderedDict[int, Index]:
        return OrderedDict()

    def places(self, code: int) -> Index:
        """Where the spikes of one unit stand, rising."""
        if len(self) > _LARGE and "orders" not in self.__dict__:
            _ = self._beside
            return self._look(code)
        parts = [
            order[starts[code] : starts[code + 1]].astype(np.int64) + number * _CHUNK
            for number, (order, starts) in enumerate(self.orders)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def wait(self) -> None:
        """Wait until the spikes of many units can be found without going through all of them for each."""
        if len(self) > _LARGE and "orders" not in self.__dict__:
            self._beside.join()

    def some(self, code: int) -> Index:
        """The first places of a unit, all of one stretch: found without the order of all spikes."""
        if len(self) <= _LARGE or "orders" in self.__dict__:
            return self.places(code)
        guard(self.codes)
        for start in range(0, len(self), _LARGE):
            found = np.flatnonzero(self.codes[start : start + _LARGE] == code)
            if len(found):
                return found + start
        return np.zeros(0, np.int64)

    def _look(self, code: int) -> Index:
        """The places of a unit by going through all codes; the last few are kept."""
        kept = self._looked.get(code)
        if kept is None:
            guard(self.codes)
            steps = range(0, len(self), _CHUNK)
            kept = np.concatenate([np.flatnonzero(self.codes[at : at + _CHUNK] == code) + at for at in steps])
            self._looked[code] = kept
            while len(self._looked) > _KEPT:
                with contextlib.suppress(KeyError):
                    self._looked.popitem(last=False)
        return kept

    def mean(self, values: Array, power: int = 1) -> Numbers:
        """The mean of a power of a value of each spike by unit, NaN for a unit without spikes."""
        guard(values)
        total = np.zeros(self.units)
        for start, codes in self.stretches():
            with np.errstate(over="ignore", invalid="ignore"):
                weights = np.asarray(values[start : start + _CHUNK], np.float64) ** power
            total += np.bincount(codes, weights, self.units)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.counts > 0, total / self.counts, np.nan)


def one_unit(times: Array, amplitudes: Array | None) -> Spikes:
    """Spikes that are all of one unit, so that nothing has to be brought in order."""
    found = Spikes(times, np.zeros(len(times), np.uint8), 1, amplitudes)
    sizes = [min(_CHUNK, len(times) - start) for start in range(0, len(times), _CHUNK)]
    # Set beforehand, as Python 3.11 computes a cached property of all instances under one lock: it would wait
    # until the order of a whole sorting is made beside.
    found.__dict__["orders"] = tuple((np.arange(size, dtype=np.int32), np.array([0, size])) for size in sizes)
    return found


def _order(codes: Index, units: int) -> tuple[Array, Array]:
    """Places of a stretch by unit. Of short numbers NumPy's stable sorting is linear in time."""
    short = codes.astype(np.uint16) if units <= np.iinfo(np.uint16).max else codes
    starts = np.zeros(units + 1, np.int64)
    np.cumsum(np.bincount(codes, minlength=units), out=starts[1:])
    return np.argsort(short, kind="stable").astype(np.int32), starts


@dataclass(frozen=True)
class Train:
    """The spikes of one unit; see `models.payload.SpikeReader`. codes: the number of each unit of the sorting."""

    spikes: Spikes
    code: int
    codes: dict[str, int]

    @property
    def count(self) -> int:
        return int(self.spikes.counts[self.code])

    @functools.cached_property
    def _places(self) -> Index:
        return self.spikes.places(self.code)

    def times(self) -> Index:
        places = self._places
        guard(self.spikes.times)
        return np.asarray(self.spikes.times[places]).astype(np.int64)

    def amplitudes(self) -> npt.NDArray[np.float32]:
        if self.spikes.amplitudes is None:
            return np.zeros(0, np.float32)
        places = self._places
        guard(self.spikes.amplitudes)
        return np.asarray(self.spikes.amplitudes[places]).astype(np.float32)

    def of(self, key: str) -> Train | None:
        code = self.codes.get(key)
        return None if code is None else Train(self.spikes, code, self.codes)


# What the spikes alone tell of each unit


def train_measures(spikes: Spikes, rate: float, seconds: float) -> dict[str, Numbers]:
    """Measures of each unit from its spikes alone, (units,) each, as spikeinterface defines them.

    rate: samples/s; seconds: length of the recording. Refractory measures take 1.5 ms, presence
    bins of a minute (Hill et al. 2011, J Neurosci 31:8699, for the violations).
    """
    counts = spikes.counts.astype(np.float64)
    found = {"num_spikes": counts, "firing_rate": counts / seconds}
    violations = _violations(spikes, rate)
    with np.errstate(invalid="ignore", divide="ignore"):
        exposed = 2 * counts * _REFRACTORY
        ratio = (violations / exposed) / (counts / seconds)
    found["isi_violations_count"] = np.where(counts > 0, violations, np.nan)
    found["isi_violations_ratio"] = np.where(counts > 0, ratio, np.nan)
    if seconds >= _BIN and spikes.units * (seconds / _BIN) < _CELLS:
        found["presence_ratio"] = np.where(counts > 0, _presence(spikes, rate, seconds), np.nan)
    if spikes.amplitudes is not None:
        mean = spikes.mean(spikes.amplitudes)
        square = spikes.mean(spikes.amplitudes, power=2)
        found["amplitude"] = mean
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found["amplitude_cv"] = np.sqrt(np.maximum(square - mean**2, 0)) / np.abs(mean)
    return found


def _violations(spikes: Spikes, rate: float) -> Numbers:
    """Intervals shorter than the refractory period, of each unit."""
    guard(spikes.times)
    limit = _REFRACTORY * rate
    total = np.zeros(spikes.units)
    last = np.full(spikes.units, -int(limit) - 2, np.int64)
    for number, (order, starts) in enumerate(spikes.orders):
        times = np.asarray(spikes.times[number * _CHUNK : (number + 1) * _CHUNK]).astype(np.int64)[order]
        sizes = np.diff(starts)
        owner = np.repeat(np.arange(spikes.units), sizes)
        short = (np.diff(times) < limit) & (owner[1:] == owner[:-1])
        total += np.bincount(owner[1:][short], minlength=spikes.units)
        # The first spike of a unit here may follow its last one of the stretch before.
        there = sizes > 0
        total[there] += times[starts[:-1][there]] - last[there] < limit
        last[there] = times[starts[1:][there] - 1]
    return total


def _presence(spikes: Spikes, rate: float, seconds: float) -> Numbers:
    """The share of whole minutes in which a unit fires."""
    guard(spikes.times)
    bins = int(seconds // _BIN)
    there = np.zeros((spikes.units, bins), bool)
    for start, codes in spikes.stretches():
        minute = np.asarray(spikes.times[start : start + _CHUNK]).astype(np.int64) // int(_BIN * rate)
        known = (minute < bins) & (minute >= 0)
        there[codes[known], minute[known]] = True
    return np.asarray(there.mean(axis=1))


# Arrays on the disk


def open_array(path: Path) -> Array | None:
    """A NumPy file, as a memory map where it is large; None where it is not there.

    Raises UserError with the file for one that is truncated, being written, or holds objects.
    """
    try:
        # Mapped first in any case: a damaged head may tell of more values than memory holds.
        found = cast(Array, np.load(path, mmap_mode="r", allow_pickle=False))
        return np.array(found) if path.stat().st_size <= MAPPED else found
    except FileNotFoundError:
        return None
    except (ValueError, EOFError, OSError, SyntaxError, TypeError, OverflowError, TokenError) as error:
        if path.stat().st_size == 0:
            raise UserError(f"{path} is empty: it may still be written, or its copy was cut off") from error
        raise UserError(f"{path} cannot be read: {_reason(path, str(error))}") from error


def _reason(path: Path, text: str) -> str:
    if "mmap length" in text or "reshape" in text or "EOF" in text or "No data left" in text:
        return f"it is shorter ({path.stat().st_size} bytes) than it says, so it was cut off or is still written"
    if "pickle" in text.lower() or "Object" in text or "object" in text:
        return "it holds Python objects, which could run code; save it as plain numbers"
    return text.splitlines()[0] if text else "it is no NumPy file"


def guard(*arrays: Array | None) -> None:
    """Raise UserError when the file of a memory map has become shorter: to read it would end the program.

    phy, for one, writes spike_clusters.npy in its place.
    """
    for values in arrays:
        held = getattr(values, "_mmap", None)
        if held is None:
            continue
        name = str(values.filename)  # type: ignore[union-attr]
        with contextlib.suppress(FileNotFoundError):
            if os.stat(name).st_size < len(held):
                raise UserError(f"{name} is being written by another program. Try again when it is done.")


def flat(values: Array) -> Array:
    """A vector saved as (n, 1) or (1, n) as (n,), still a memory map."""
    return values.reshape(-1) if values.ndim != 1 else values
