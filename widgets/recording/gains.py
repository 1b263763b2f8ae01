"""How far the rows of a recording go up and down, by which they are laid out: measured once where the sample is."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.payload import Recording
from widgets.recording.reader import PagedReader
from widgets.recording.rows import extents, measure

Doubles = npt.NDArray[np.float64]
#: What rows with a gain of their own are measured on, in s.
MEASURED = 30.0


def sample_places(recording: Recording) -> tuple[int, int]:
    """The stretch that gains are measured on, in samples: the judged part, or the window, or the beginning."""
    low, high = recording.labelled or recording.window or (recording.start, recording.start + MEASURED)
    high = min(high, low + MEASURED)
    first = max(int((low - recording.start) * recording.rate), 0)
    return first, max(min(int((high - recording.start) * recording.rate), recording.reader.length), first)


def empty_channels(recording: Recording, lock: AbstractContextManager[object]) -> frozenset[str]:
    """Channels that hold nothing where the sample is; () where all do, or it cannot be read. lock: of the reader."""
    first, last = sample_places(recording)
    try:
        with lock:
            values = recording.reader.read(first, last)
    except UserError:
        return frozenset()  # told when the page is drawn
    empty = ~np.isfinite(values).any(1) if values.size else np.zeros(len(recording.names), bool)
    return frozenset() if empty.all() else frozenset(recording.names[at] for at in np.flatnonzero(empty).tolist())


class Gains:
    """What was measured of the rows of one reader, for narrow pages, which are filtered, and for wide ones."""

    def __init__(self) -> None:
        self._measured: dict[bool, tuple[Doubles, Doubles]] = {}
        self._wide: tuple[int, Doubles] | None = None

    def forget_extents(self) -> None:
        """More of the overview is there."""
        self._wide = None

    def of_page(
        self, reader: PagedReader, live: bool, recording: Recording, failed: Callable[[str], None]
    ) -> tuple[Doubles, Doubles]:
        """Spread and middle of each row as it is drawn on a narrow page (live), or on a wide one."""
        if live not in self._measured:
            rows = reader.rows if live else reader.rows.plain()
            self._measured[live] = measure(PagedReader(rows, rows, failed), *sample_places(recording))
        return self._measured[live]

    def extents(self, reader: PagedReader, per: float) -> Doubles:
        """How far rows go up and down where a column is of `per` samples; alike for all pages of about this width."""
        key = round(4 * math.log2(max(per, 1)))
        if self._wide is None or self._wide[0] != key:
            self._wide = key, extents(reader.unfiltered(), per)
        return self._wide[1]
