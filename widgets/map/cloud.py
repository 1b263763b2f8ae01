"""Points of a map in numpy: in an order by cells of a grid, so that a region is found at once. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Index = npt.NDArray[np.int64]
#: The grid has this many cells along each side: its numbers fit 16 bits, which sort by radix.
CELLS = 256
_GAP = 1 << 11
#: A point is far when it lies so many times the middle half's spread beyond that half.
_FENCE = 6.0
#: An axis along which points spread less than this share of the other one is stretched, up to that share of it; one
#: of less than the first share is but rounding.
_NOISE, _FLAT, _EVEN = 1e-5, 0.2, 0.5
#: Between these percentiles lies what counts as spread.
_MOST = (2.0, 98.0)
#: Of more points every so many are looked at to find the middle half.
_ENOUGH = 1 << 16


@dataclass(frozen=True)
class Camera:
    """How the map is seen: pixel = (data − origin) · scale, y upwards in the data, size in pixels."""

    left: float
    top: float
    scale: float
    width: int
    height: int

    def across(self, x: Floats) -> Floats:
        """Pixel columns."""
        return np.asarray((x - self.left) * self.scale)

    def down(self, y: Floats) -> Floats:
        """Pixel rows."""
        return np.asarray((self.top - y) * self.scale)

    def data(self, across: float, down: float) -> tuple[float, float]:
        """The place of a pixel."""
        return self.left + across / self.scale, self.top - down / self.scale

    def corners(self, pixels: Floats) -> Floats:
        """The places of pixels, (k, 2) each."""
        return np.stack([self.left + pixels[:, 0] / self.scale, self.top - pixels[:, 1] / self.scale], axis=1)

    def enlarged(self, ratio: float) -> Camera:
        """The same view in the pixels of a finer screen."""
        size = (round(self.width * ratio), round(self.height * ratio))
        return Camera(self.left, self.top, self.scale * ratio, *size)


@dataclass(frozen=True)
class Runs:
    """Points as runs of their order: run i is starts[i] … stops[i] − 1; runs ascend and do not meet."""

    starts: Index
    stops: Index

    def __len__(self) -> int:
        return int((self.stops - self.starts).sum())

    def points(self) -> Index:
        """The points one by one."""
        return spans(self.starts, self.stops - self.starts)

    def joined(self) -> list[slice]:
        """As slices for work on many points: a small gap costs less than to begin anew behind it."""
        if not len(self.starts):
            return []
        ends = np.flatnonzero(self.starts[1:] - self.stops[:-1] > _GAP)
        starts, stops = self.starts[np.append(0, ends + 1)], self.stops[np.append(ends, -1)]
        return [slice(one, two) for one, two in zip(starts.tolist(), stops.tolist(), strict=True)]


class Cloud:
    """Points in an order in which neighbours stand together, so that a region is a few runs.

    places: (n, 2); points with a NaN are nowhere. `order[i]` is the row of the i-th kept point, `x`
    and `y` are the float32 places of the kept ones: by these they are drawn and chosen. `low` and
    `cell` are the corner and the sides of the grid's first cell; cell (row, column) holds the points
    first[row · CELLS + column] … first[row · CELLS + column + 1] − 1.
    """

    def __init__(self, places: Floats) -> None:
        kept = np.asarray(places, np.float32).reshape(-1, 2)
        self.count = len(kept)
        known = np.flatnonzero(np.isfinite(kept[:, 0]) & np.isfinite(kept[:, 1]))
        x, y = kept[known, 0], kept[known, 1]
        some = len(known) > 0
        self.low = np.array([x.min(), y.min()] if some else [0, 0], np.float64)
        self.high = np.array([x.max(), y.max()] if some else [1, 1], np.float64)
        self.cell = np.maximum((self.high - self.low) / CELLS, 1e-12)
        number = self._columns(y, 1) * np.uint16(CELLS) + self._columns(x, 0)
        turn = np.argsort(number, kind="stable")
        self.order: Index = known[turn]
        self.x, self.y = x[turn], y[turn]
        self.first = np.concatenate(([0], np.cumsum(np.bincount(number, minlength=CELLS * CELLS))))

    def far(self) -> Index:
        """The points far beside all others, in this order of points: outliers that would squeeze the rest."""
        if not len(self):
            return np.zeros(0, np.int64)
        beside = np.zeros(len(self), bool)
        step = -(-len(self) // _ENOUGH)  # neighbours stand together, so that every so many are like all
        for values in (self.x, self.y):
            low, high = np.percentile(values[::step], (25, 75))
            room = _FENCE * (high - low)
            beside |= (values < low - room) | (values > high + room)
        return np.flatnonzero(beside)

    def _columns(self, values: Floats, axis: int) -> npt.NDArray[np.uint16]:
        place = (values.astype(np.float64) - self.low[axis]) / self.cell[axis]
        column: npt.NDArray[np.uint16] = np.minimum(place, CELLS - 1).astype(np.uint16)
        return column

    def __len__(self) -> int:
        return len(self.order)

    def runs(self, left: float, right: float, bottom: float, top: float) -> Runs:
        """The points of all cells that a rectangle touches."""
        if right < self.low[0] or left > self.high[0] or top < self.low[1] or bottom > self.high[1]:
            return Runs(np.zeros(0, np.int64), np.zeros(0, np.int64))
        first_x, first_y = self._cell_of(left, bottom)
        last_x, last_y = self._cell_of(right, top)
        rows = np.arange(first_y, last_y + 1) * CELLS
        starts, stops = self.first[rows + first_x], self.first[rows + last_x + 1]
        filled = stops > starts
        return Runs(starts[filled], stops[filled])

    def _cell_of(self, x: float, y: float) -> tuple[int, int]:
        place = (np.array([x, y]) - self.low) / self.cell
        found = np.clip(place, 0, CELLS - 1).astype(int)
        return int(found[0]), int(found[1])

    def visible(self, camera: Camera, margin: float = 0.0) -> Runs:
        """The points that the camera may see, with a margin in pixels."""
        left, top = camera.data(-margin, -margin)
        right, bottom = camera.data(camera.width + margin, camera.height + margin)
        return self.runs(left, right, bottom, top)

    def nearest(self, camera: Camera, across: float, down: float, reach: float) -> int:
        """The kept point nearest to a pixel within `reach` pixels, −1 for none."""
        x, y = camera.data(across, down)
        room = reach / camera.scale
        found = self.runs(x - room, x + room, y - room, y + room).points()
        if not len(found):
            return -1
        away = np.hypot(self.x[found] - x, self.y[found] - y)
        best = int(away.argmin())
        return int(found[best]) if away[best] <= room else -1


def stretch_of(places: Floats) -> tuple[float, float]:
    """By how much either axis is to be stretched so that points that spread along one alone are no line."""
    known = places[np.isfinite(places).all(1)]
    if len(known) < 3:
        return 1.0, 1.0
    low, high = np.percentile(known[:: -(-len(known) // _ENOUGH)], _MOST, axis=0)
    spread = np.asarray(high - low, np.float64)
    if not _NOISE * spread.max() < spread.min() < _FLAT * spread.max():
        return 1.0, 1.0
    by = _EVEN * spread.max() / spread.min()
    return (by, 1.0) if spread[0] < spread[1] else (1.0, by)


def spans(starts: Index, counts: Index) -> Index:
    """start, start + 1 … of each of several spans, one after the other."""
    before = np.cumsum(counts) - counts
    result: Index = np.arange(int(counts.sum())) + np.repeat(starts - before, counts)
    return result
