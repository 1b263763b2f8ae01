"""Rows of a montage as a trace: true samples, differences, filters with what lies beyond the page, envelopes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.filters import Filters, page
from models.payload import SignalReader, TraceReader
from models.pyramid import envelope

Floats = npt.NDArray[np.floating[Any]]
#: Pages of up to so many seconds are filtered while a person looks at them; wider ones are drawn as recorded.
LIVE = 120.0
#: Samples of each channel that are read at once, so that a page never waits long for what is read in the background.
_PIECE = 1 << 15
#: Twice so many bytes are kept, which a filtered page does not reach.
_KEPT = 16 << 20


def prepare() -> None:
    """Import what filters need, off the window's thread: it takes most of a second."""
    import scipy.fft
    import scipy.signal  # noqa: F401

    keep_memory()


def keep_memory() -> None:
    """Have the C library keep the memory of pages: else each page of a minute asks the kernel for megabytes anew.

    glibc gives back what is free beyond twice the largest block that was mapped and given back (mallopt(3),
    M_MMAP_THRESHOLD); one that is never written to costs nothing.
    """
    block = np.empty(_KEPT, np.uint8)
    del block


def fitting(filters: Filters, rate: float) -> Filters:
    """The filters without a high-pass that makes no sense at this rate."""
    return replace(filters, high=None) if filters.high is not None and filters.high >= rate / 2 else filters


class MontageReader:
    """A TraceReader of the rows that a matrix (rows × channels) makes of a recording.

    A row is missing where a channel of it is. key: changes with the file and the rows, "" where they have none.
    """

    def __init__(
        self,
        source: SignalReader,
        matrix: npt.NDArray[np.float32],
        rate: float,
        filters: Filters = Filters(),  # noqa: B008  frozen
        lock: threading.Lock | None = None,
    ) -> None:
        self.source, self.matrix, self.rate, self.filters = source, matrix, rate, filters
        self._used = np.flatnonzero(matrix.any(0))
        self._few = np.ascontiguousarray(matrix[:, self._used])
        self._part = (self._few != 0).astype(np.float32)
        self._pairs = _pairs(matrix)
        self._lock = lock or threading.Lock()

    @property
    def key(self) -> str:
        """What a file of its overview is found by."""
        own = str(getattr(self.source, "key", ""))
        return f"{own}|{self.matrix.shape}|{self.matrix.tobytes().hex()}" if own else ""

    @property
    def channels(self) -> int:
        return len(self.matrix)

    @property
    def length(self) -> int:
        return self.source.length

    def plain(self) -> MontageReader:
        """The same rows as they were recorded."""
        return MontageReader(self.source, self.matrix, self.rate, lock=self._lock)

    def samples(self, first: int, last: int) -> npt.NDArray[np.float32]:
        """The rows of samples first to before last that are there, unfiltered."""
        first, last = max(first, 0), min(last, self.length)
        if last - first <= _PIECE:
            return self._rows(first, max(last, first))
        out = np.empty((self.channels, last - first), np.float32)
        for begin in range(first, last, _PIECE):
            end = min(begin + _PIECE, last)
            out[:, begin - first : end - first] = self._rows(begin, end)
        return out

    def _rows(self, first: int, last: int) -> npt.NDArray[np.float32]:
        with self._lock:
            values = self.source.read(first, last)
        rows = self._few @ self._few_of(values) if self._pairs is None else _differences(values, self._pairs)
        # One sum tells whether anything is missing: what is asked of every value costs more than the montage. Where it
        # is too large for its type, every value is asked.
        with np.errstate(over="ignore", invalid="ignore"):
            whole = bool(np.isfinite(rows.sum()))
        if not whole:
            values = self._few_of(values)
            lost = ~np.isfinite(values)
            rows = self._few @ np.where(lost, np.float32(0), values)
            rows[(self._part @ lost.astype(np.float32)) > 0] = np.nan
        return np.asarray(rows, np.float32)

    def _few_of(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The channels that any row is made of."""
        return values if len(self._used) == len(values) else values[self._used]

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """Lower and upper envelope of [start, stop), or the samples themselves where they are at most `columns`."""
        start, stop = max(start, 0), min(stop, self.length)
        if self.filters.idle:
            values = self.samples(start, stop)
        else:
            values = page(self.samples, start, stop, self.rate, self.filters)
        if stop - start <= columns:
            return values, values
        return envelope(values, values, (np.arange(columns) * (stop - start)) // columns, stop - start)


def _pairs(matrix: npt.NDArray[np.float32]) -> list[tuple[int, int]] | None:
    """The two channels of each row that is one less another, −1 for none; None where a row is made otherwise."""
    found = []
    for row in matrix:
        more, less = np.flatnonzero(row == 1).tolist(), np.flatnonzero(row == -1).tolist()
        if len(more) > 1 or len(less) > 1 or len(more) + len(less) != np.count_nonzero(row):
            return None
        found.append((more[0] if more else -1, less[0] if less else -1))
    return found


def _differences(values: npt.NDArray[np.float32], pairs: list[tuple[int, int]]) -> npt.NDArray[np.float32]:
    """The rows of such a matrix, in half the time of a product with it."""
    out = np.empty((len(pairs), values.shape[1]), np.float32)
    for row, (more, less) in zip(out, pairs, strict=True):
        np.subtract(values[more] if more >= 0 else 0, values[less] if less >= 0 else 0, out=row)
    return out


@dataclass(frozen=True)
class PagedReader:
    """Narrow pages filtered and live, wide ones as recorded, from an overview where there is one.

    What cannot be read is missing: a page is read while it is painted. tell: gets the reason.
    """

    rows: MontageReader
    wide: TraceReader
    tell: Callable[[str], None]

    @property
    def channels(self) -> int:
        return self.rows.channels

    @property
    def length(self) -> int:
        return self.rows.length

    def is_live(self, samples: float) -> bool:
        """Whether a page of so many samples is filtered."""
        return samples <= LIVE * self.rows.rate + 2

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """As `rows`, or as `wide` where the page is long."""
        reader: TraceReader = self.rows if self.is_live(stop - start) else self.wide
        try:
            return reader.read(start, stop, columns)
        except UserError as error:
            self.tell(str(error))
            count = max(min(columns, stop - start), 0)
            lost = np.full((self.channels, count), np.nan, np.float32)
            return lost, lost

    def unfiltered(self) -> PagedReader:
        """The rows as recorded at any width."""
        return replace(self, rows=self.rows.plain())

    def over(self, wide: TraceReader) -> PagedReader:
        """The same with another overview."""
        return replace(self, wide=wide)
