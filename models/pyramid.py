"""The min/max pyramid of a long recording: what a page of any width needs, in a few thousand reads."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
#: Samples in a bin of the finest level, and bins of a level in a bin of the next: +4.2 % storage.
BASE, FACTOR = 64, 4
_FORMAT = 1
#: Values of a stretch that are gathered; longer ones are reduced.
_GATHERED = 18


class Source(Protocol):
    """What a pyramid is built of: values (channels, length), read as envelopes."""

    @property
    def channels(self) -> int: ...

    @property
    def length(self) -> int: ...

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]: ...


def level_sizes(length: int) -> list[int]:
    """Bins of each level, finest first, until one level has at most FACTOR bins."""
    sizes = [-(-length // BASE)]
    while sizes[-1] > FACTOR:
        sizes.append(-(-sizes[-1] // FACTOR))
    return sizes


def fold_bins(values: Floats, size: int, lowest: bool) -> Floats:
    """Smallest (or largest) of each `size` values along time, (channels, ceil(n / size)); NaN only where all are."""
    whole = values.shape[1] // size * size
    reduce = np.minimum.reduce if lowest else np.maximum.reduce
    careful = np.fmin.reduce if lowest else np.fmax.reduce
    body = values[:, :whole].reshape(values.shape[0], -1, size)
    folded = reduce(body, axis=2)
    if np.isnan(folded).any():
        folded = careful(body, axis=2)
    if whole < values.shape[1]:
        folded = np.concatenate([folded, careful(values[:, whole:], axis=1)[:, None]], axis=1)
    return np.asarray(folded)


def envelope(low: Floats, high: Floats, edges: npt.NDArray[np.int64], stop: int) -> tuple[Floats, Floats]:
    """Smallest of `low` and largest of `high` from each edge to the next (the last to `stop`).

    Equal edges give that one value. Short stretches are gathered, long ones reduced: a reduction
    costs a call per stretch, a gather one per value of the longest stretch.
    """
    ends = np.append(edges[1:], stop)
    longest = int((ends - edges).max(initial=1))
    if longest > _GATHERED:
        return (
            np.asarray(np.minimum.reduceat(low[:, :stop], edges, axis=1)),
            np.asarray(np.maximum.reduceat(high[:, :stop], edges, axis=1)),
        )
    last = np.maximum(ends - 1, edges)
    lower, upper = low.take(edges, axis=1), high.take(edges, axis=1)
    for step in range(1, longest):
        place = np.minimum(edges + step, last)
        found = low.take(place, axis=1)
        np.fmin(lower, found, out=lower)
        np.fmax(upper, found if high is low else high.take(place, axis=1), out=upper)
    return lower, upper


class Pyramid:
    """Min and max of a recording at bins of 64, 256, 1024 … samples; `done` samples are in it.

    Made in memory, or in a folder as memory maps so that it is there at the next start.
    """

    def __init__(self, channels: int, length: int, folder: Path | None = None) -> None:
        self.channels, self.length, self.folder = channels, length, folder
        self.done = 0
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "pyramid.json").unlink(missing_ok=True)
        for level, bins in enumerate(level_sizes(length)):
            self.low.append(self._make(f"low-{level}", bins))
            self.high.append(self._make(f"high-{level}", bins))

    def _make(self, name: str, bins: int) -> Floats:
        if self.folder is None:
            return np.full((self.channels, bins), np.nan, dtype=np.float32)
        path = self.folder / f"{name}.npy"
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(self.channels, bins))

    @classmethod
    def open(cls, folder: Path, channels: int, length: int) -> Pyramid | None:
        """The finished pyramid of this folder, or None where there is none of this shape."""
        try:
            told = json.loads((folder / "pyramid.json").read_text("utf-8"))
            if told != _record(channels, length):
                return None
            self = cls.__new__(cls)
            self.channels, self.length, self.folder, self.done = channels, length, folder, length
            levels = range(len(level_sizes(length)))
            self.low = [np.load(folder / f"low-{level}.npy", mmap_mode="r") for level in levels]
            self.high = [np.load(folder / f"high-{level}.npy", mmap_mode="r") for level in levels]
        except (OSError, ValueError):
            return None
        return self

    def grow(self, source: Source, chunk: int = 1 << 18) -> Iterator[int]:
        """Take in the source chunk by chunk; yields the samples done after each. May be left and gone on with."""
        chunk = max(chunk // BASE, 1) * BASE
        while self.done < self.length:
            stop = min(self.done + chunk, self.length)
            part, _ = source.read(self.done, stop, stop - self.done)
            self._take_in(self.done, np.asarray(part))
            self.done = stop
            yield stop
        self._close_file()

    def _take_in(self, start: int, part: Floats) -> None:
        """Fold one chunk into each level; a coarse bin that it only begins is folded again with the next."""
        first, size = start // BASE, BASE
        low, high = fold_bins(part, BASE, True), fold_bins(part, BASE, False)
        last = first + low.shape[1]
        self.low[0][:, first:last], self.high[0][:, first:last] = low, high
        for level in range(1, len(self.low)):
            size *= FACTOR
            finer = first // FACTOR * FACTOR
            low = fold_bins(self.low[level - 1][:, finer:last], FACTOR, True)
            high = fold_bins(self.high[level - 1][:, finer:last], FACTOR, False)
            first, last = finer // FACTOR, finer // FACTOR + low.shape[1]
            self.low[level][:, first:last], self.high[level][:, first:last] = low, high

    def _close_file(self) -> None:
        if self.folder is None:
            return
        for values in (*self.low, *self.high):
            if isinstance(values, np.memmap):
                values.flush()
        (self.folder / "pyramid.json").write_text(json.dumps(_record(self.channels, self.length)), "utf-8")

    @property
    def size(self) -> int:
        """Bytes of all levels."""
        return sum(values.nbytes for values in (*self.low, *self.high))

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats] | None:
        """The envelope of [start, stop) in `columns` from the coarsest level that is fine enough.

        Each bin stands in the one column in which it begins, so that no extreme is lost and none
        is more than a column away from its place. None: a column is finer than the finest level.
        """
        per, level, size = (stop - start) / columns, -1, BASE
        while level + 1 < len(self.low) and size <= per:
            level, size = level + 1, size * FACTOR
        if level < 0:
            return None
        size //= FACTOR
        first, last = start // size, -(-stop // size)
        edges = (start + (np.arange(columns) * (stop - start)) // columns) // size - first
        return envelope(self.low[level][:, first:last], self.high[level][:, first:last], edges, last - first)


def _record(channels: int, length: int) -> dict[str, int]:
    return {"format": _FORMAT, "channels": channels, "length": length, "base": BASE, "factor": FACTOR}


@dataclass(frozen=True)
class PyramidReader:
    """A TraceReader that answers wide pages from a pyramid and narrow ones from the source.

    While the pyramid grows, what it has not reached yet is NaN on wide pages.
    """

    source: Source
    pyramid: Pyramid

    @property
    def channels(self) -> int:
        return self.source.channels

    @property
    def length(self) -> int:
        return self.source.length

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """Lower and upper envelope, each (channels, columns); the samples themselves when they are fewer."""
        start, stop = max(start, 0), min(stop, self.length)
        found = self.pyramid.read(start, stop, columns) if stop - start > columns else None
        return self.source.read(start, stop, columns) if found is None else _hide_unread(self, found, start, stop)


def _hide_unread(reader: PyramidReader, found: tuple[Floats, Floats], start: int, stop: int) -> tuple[Floats, Floats]:
    """A memory map that is still growing holds zeros where nothing was written: show them as missing."""
    done, columns = reader.pyramid.done, found[0].shape[1]
    if done < stop:
        known = max(done - start, 0) * columns // (stop - start)
        found[0][:, known:], found[1][:, known:] = np.nan, np.nan
    return found


class MappedReader:
    """A TraceReader over a raw binary file (channels, length), told to the kernel as random access.

    A default map reads ahead what a jump never uses (139 ms a cold page against 0.6).
    """

    def __init__(self, path: Path, channels: int, length: int, dtype: str = "<f4", offset: int = 0) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        kind = np.dtype(dtype)
        if len(self._map) < offset + channels * length * kind.itemsize:
            raise ValueError(f"{path} is shorter than {channels} × {length} values")
        if hasattr(mmap, "MADV_RANDOM"):
            self._map.madvise(mmap.MADV_RANDOM)
        flat = np.frombuffer(self._map, kind, channels * length, offset)
        self.values: Floats = flat.reshape(channels, length)
        self._offset = offset

    @property
    def channels(self) -> int:
        return int(self.values.shape[0])

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """Lower and upper envelope of [start, stop), or the samples themselves when they are at most `columns`."""
        start, stop = max(start, 0), min(stop, self.length)
        self._will_need(start, stop)
        part = self.values[:, start:stop]
        if stop - start <= columns:
            return part, part
        edges = (np.arange(columns) * (stop - start)) // columns
        return envelope(part, part, edges, stop - start)

    def _will_need(self, start: int, stop: int) -> None:
        if not hasattr(mmap, "MADV_WILLNEED"):
            return
        item, page = self.values.itemsize, mmap.PAGESIZE
        for channel in range(self.channels):
            first = (self._offset + (channel * self.length + start) * item) // page * page
            self._map.madvise(mmap.MADV_WILLNEED, first, max((stop - start) * item, 1))
