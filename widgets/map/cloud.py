"""Points of a map in numpy: found by region, binned into pixels, tested against a lasso. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Index = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
_CELLS = 256
_CHUNK = 1 << 15


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


class Cloud:
    """Points in an order in which neighbours stand together, so that a region is a few slices.

    places: (n, 2); points with a NaN are nowhere. `order[i]` is the row of the i-th kept point.
    """

    def __init__(self, places: Floats) -> None:
        places = np.asarray(places, np.float64).reshape(-1, 2)
        known = np.flatnonzero(np.isfinite(places).all(axis=1))
        kept = places[known]
        self.count = len(places)
        self.low = kept.min(axis=0) if len(kept) else np.zeros(2)
        self.high = kept.max(axis=0) if len(kept) else np.ones(2)
        self._cell = np.maximum((self.high - self.low) / _CELLS, 1e-12)
        cell = np.minimum(((kept - self.low) / self._cell).astype(np.int64), _CELLS - 1)
        number = cell[:, 1] * _CELLS + cell[:, 0]
        turn = np.argsort(number, kind="stable")
        self.order: Index = known[turn]
        self.x = kept[turn, 0].astype(np.float32)
        self.y = kept[turn, 1].astype(np.float32)
        self._first = np.searchsorted(number[turn], np.arange(_CELLS * _CELLS + 1))

    def __len__(self) -> int:
        return len(self.order)

    def slices(self, left: float, right: float, bottom: float, top: float) -> list[slice]:
        """Slices of the kept points that hold all points of a rectangle (and some beside it)."""
        if right < self.low[0] or left > self.high[0] or top < self.low[1] or bottom > self.high[1]:
            return []
        first_x, first_y = self._cell_of(left, bottom)
        last_x, last_y = self._cell_of(right, top)
        if (first_x, last_x) == (0, _CELLS - 1):
            return [slice(self._first[first_y * _CELLS], self._first[(last_y + 1) * _CELLS])]
        rows = np.arange(first_y, last_y + 1) * _CELLS
        starts, stops = self._first[rows + first_x], self._first[rows + last_x + 1]
        if (stops - starts).sum() * 2 > stops[-1] - starts[0]:
            return [slice(starts[0], stops[-1])]  # most of these rows: one run costs less than many
        return [slice(one, two) for one, two in zip(starts, stops, strict=True) if two > one]

    def _cell_of(self, x: float, y: float) -> tuple[int, int]:
        place = (np.array([x, y]) - self.low) / self._cell
        found = np.clip(place, 0, _CELLS - 1).astype(int)
        return int(found[0]), int(found[1])

    def visible(self, camera: Camera, margin: float = 0.0) -> list[slice]:
        """Slices of the points that the camera may see, with a margin in pixels."""
        left, top = camera.data(-margin, -margin)
        right, bottom = camera.data(camera.width + margin, camera.height + margin)
        return self.slices(left, right, bottom, top)

    def take(self, parts: list[slice]) -> Index:
        """The kept points of slices as indices."""
        if not parts:
            return np.zeros(0, np.int64)
        return np.concatenate([np.arange(part.start, part.stop) for part in parts])

    def nearest(self, camera: Camera, across: float, down: float, reach: float) -> int:
        """The kept point nearest to a pixel within `reach` pixels, −1 for none."""
        x, y = camera.data(across, down)
        room = reach / camera.scale
        found = self.take(self.slices(x - room, x + room, y - room, y + room))
        if not len(found):
            return -1
        away = np.hypot(self.x[found] - x, self.y[found] - y)
        best = int(away.argmin())
        return int(found[best]) if away[best] <= room else -1


class Binner:
    """Bins points into two pixel grids it keeps: the last code of each pixel and how many fell there."""

    def __init__(self) -> None:
        self._codes: Bytes = np.zeros(0, np.uint8)
        self._counts = np.zeros(0, np.uint16)

    def bin(self, cloud: Cloud, codes: Bytes, camera: Camera, parts: list[slice], count: bool) -> tuple[Bytes, Bytes]:
        """Codes and density levels, (height, width) each.

        codes: of the kept points, 1 … 255. A pixel's level is 0 … 7, the binary logarithm of how
        many points fell into it (all 0 unless `count`).
        """
        wide, high = camera.width + 2, camera.height + 2
        if len(self._codes) != wide * high:
            self._codes = np.zeros(wide * high, np.uint8)
            self._counts = np.zeros(wide * high, np.uint16)
        self._codes.fill(0)
        self._counts.fill(0)
        for part in parts:
            for first in range(part.start, part.stop, _CHUNK):
                here = slice(first, min(first + _CHUNK, part.stop))
                flat = _pixels(cloud, camera, here)
                self._codes[flat] = codes[here]
                if count:
                    np.add.at(self._counts, flat, np.uint16(1))
        inside = (slice(1, -1), slice(1, -1))
        shown = self._codes.reshape(high, wide)[inside]
        if not count:
            return shown, np.zeros_like(shown)
        return shown, _LEVELS[np.minimum(self._counts, 255)].reshape(high, wide)[inside]


_LEVELS = np.minimum(np.floor(np.log2(np.maximum(np.arange(256), 1))), 7).astype(np.uint8)


def spread(grid: Bytes, size: int) -> Bytes:
    """Every pixel of a grid grown to a dot of `size` pixels; where dots meet the greater code wins."""
    grown = grid.copy()
    for step in range(1, size):
        ahead = (step + 1) // 2
        if step % 2:
            grown[ahead:] = np.maximum(grown[ahead:], grid[:-ahead])
        else:
            grown[:-ahead] = np.maximum(grown[:-ahead], grid[ahead:])
    across = grown.copy()
    for step in range(1, size):
        ahead = (step + 1) // 2
        if step % 2:
            across[:, ahead:] = np.maximum(across[:, ahead:], grown[:, :-ahead])
        else:
            across[:, :-ahead] = np.maximum(across[:, :-ahead], grown[:, ahead:])
    return across


def inside_polygon(x: Floats, y: Floats, corners: Floats) -> npt.NDArray[np.bool_]:
    """Whether points lie inside a closed polygon, corners (k, 2), by the even-odd rule."""
    inside = np.zeros(len(x), bool)
    last_x, last_y = corners[-1]
    for corner_x, corner_y in corners:
        between = (corner_y > y) != (last_y > y)
        if corner_y != last_y:
            crossing = (last_x - corner_x) * (y - corner_y) / (last_y - corner_y) + corner_x
            inside ^= between & (x < crossing)
        last_x, last_y = corner_x, corner_y
    return inside


def choose(cloud: Cloud, camera: Camera, corners: Floats, mask: Bytes) -> Index:
    """Rows of the points inside a polygon of pixels, ascending; exact.

    mask: (height, width) of the camera, 0 outside the polygon, 1 inside, 2 where its edge runs.
    Pixels settle all points but those at the edge, which are tested one by one.
    """
    low, high = corners.min(axis=0), corners.max(axis=0)
    left, top = camera.data(low[0], low[1])
    right, bottom = camera.data(high[0], high[1])
    # Points beside the window fall on a rim of edge pixels: they are tested one by one.
    states = np.pad(mask, 1, constant_values=2).ravel()
    chosen = np.zeros(cloud.count, bool)
    unsure: list[Index] = []
    for part in cloud.slices(left, right, bottom, top):
        for first in range(part.start, part.stop, _CHUNK):
            here = slice(first, min(first + _CHUNK, part.stop))
            state = states[_pixels(cloud, camera, here)]
            chosen[cloud.order[here][state == 1]] = True
            unsure.append(np.flatnonzero(state == 2) + first)
    edge = np.concatenate(unsure) if unsure else np.zeros(0, np.int64)
    across, down = camera.across(cloud.x[edge].astype(np.float64)), camera.down(cloud.y[edge].astype(np.float64))
    chosen[cloud.order[edge[inside_polygon(across, down, corners)]]] = True
    return np.flatnonzero(chosen)


def _pixels(cloud: Cloud, camera: Camera, here: slice) -> Index:
    """Flat place of each point in a grid of the camera's size with a rim of one pixel."""
    wide, high, scale = camera.width + 2, camera.height + 2, np.float32(camera.scale)
    across = cloud.x[here] * scale + np.float32(1 - camera.left * camera.scale)
    down = np.float32(1 + camera.top * camera.scale) - cloud.y[here] * scale
    flat: Index = np.clip(down, 0, high - 1).astype(np.int64)
    flat *= wide
    flat += np.clip(across, 0, wide - 1).astype(np.int64)
    return flat
