"""What a viewer shows; each kind has one viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]


class TraceReader(Protocol):
    """Lazy access to a long recording of shape (channels, length)."""

    @property
    def channels(self) -> int: ...

    @property
    def length(self) -> int: ...

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """Lower and upper envelope of samples [start, stop), each (channels, columns).

        With stop − start ≤ columns both are the samples themselves, (channels, stop − start).
        """
        ...


@dataclass(frozen=True)
class Mark:
    """A moment (or a span, with `end`) on a trace, in the trace's own time."""

    at: float
    text: str = ""
    end: float | None = None


@dataclass(frozen=True)
class Traces:
    """Traces on one time axis.

    reader: values (channels, length). rate: samples/s, or None when the source tells none (the
    axis is then in samples). start: time of the first sample in s. unit: of the values.
    overlays: further traces of the same axis drawn in grey (name, reader). mark_words: what the marks
    without a text of their own are, as in "spikes".
    """

    reader: TraceReader
    names: tuple[str, ...]
    rate: float | None = None
    start: float = 0.0
    unit: str = ""
    title: str = ""
    facts: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    overlays: tuple[tuple[str, TraceReader], ...] = ()
    note: str = ""
    mark_words: str = ""


@dataclass(frozen=True)
class Tissue:
    """The hexagonal tissue that a cell stands in.

    cells: ids of the samples in order, () text where a cell is not in the project. column, row:
    odd-q offset coordinates. ring: hops to the target of each cell. traces: (cells, length), for
    the plot by ring. chosen: index of the shown cell.
    """

    cells: tuple[str, ...]
    column: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    ring: npt.NDArray[np.int64]
    traces: Floats
    chosen: int
    title: str = ""


Payload = Traces | Tissue


@dataclass(frozen=True)
class ArrayReader:
    """A TraceReader over an array in memory or a memory map, (channels, length)."""

    values: Floats

    @property
    def channels(self) -> int:
        return int(self.values.shape[0])

    @property
    def length(self) -> int:
        return int(self.values.shape[1])

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        part = self.values[:, max(start, 0) : stop]
        count = part.shape[1]
        if count <= columns:
            return part, part
        edges = (np.arange(columns) * count) // columns
        return np.minimum.reduceat(part, edges, axis=1), np.maximum.reduceat(part, edges, axis=1)
