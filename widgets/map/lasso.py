"""Which points lie inside a drawn line: whole cells at once, one by one only where the line runs. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widgets.map.cloud import CELLS, Cloud, Floats, Index, spans

Bools = npt.NDArray[np.bool_]
#: The line is taken this much thicker, in cells, so that rounding never lets it slip past one.
_THICK = 1e-3
_BATCH = 1 << 18


@dataclass(frozen=True)
class Sides:
    """The sides of a polygon, each from its lower to its upper end.

    So the two polygons on either side of a line agree on which of them has a point upon it.
    """

    low_x: Floats
    low_y: Floats
    high_x: Floats
    high_y: Floats

    def crossed(self, side: Index, x: Floats, y: Floats) -> Bools:
        """Whether the ray from each point to the right crosses the side named with it (even-odd rule)."""
        low_x, low_y = self.low_x[side], self.low_y[side]
        rise = self.high_y[side] - low_y
        beside = (x - low_x) * rise < (self.high_x[side] - low_x) * (y - low_y)
        return np.asarray(beside & (low_y <= y) & (y < self.high_y[side]))

    def at(self, side: Index, y: Floats) -> Floats:
        """Where each named side passes a height; its nearer end where it does not reach it."""
        low_x, low_y, high_y = self.low_x[side], self.low_y[side], self.high_y[side]
        rise = high_y - low_y
        share = (np.clip(y, low_y, high_y) - low_y) / np.where(rise > 0, rise, 1.0)
        return np.asarray(low_x + (self.high_x[side] - low_x) * share)


def sides_of(corners: Floats) -> Sides:
    """Of a closed polygon, (k, 2)."""
    one, two = np.asarray(corners, np.float64), np.roll(np.asarray(corners, np.float64), -1, axis=0)
    # Of two ends at one height the left one counts as the lower: both ways round a side is the same.
    turned = (one[:, 1] > two[:, 1]) | ((one[:, 1] == two[:, 1]) & (one[:, 0] > two[:, 0]))
    low, high = np.where(turned[:, None], two, one), np.where(turned[:, None], one, two)
    return Sides(low[:, 0], low[:, 1], high[:, 0], high[:, 1])


@dataclass(frozen=True)
class Raster:
    """A polygon on a cloud's grid: cells wholly inside, cells where its line may run (CELLS, CELLS).

    side and row: each side with each row of cells that it may pass, row by row.
    """

    inside: Bools
    edge: Bools
    side: Index
    row: Index


def rasterise(cloud: Cloud, corners: Floats) -> Raster:
    """A polygon in data, (k, 2), laid on the grid."""
    sides = sides_of((corners - cloud.low) / cloud.cell)
    first = np.clip(np.floor(sides.low_y - _THICK), 0, CELLS).astype(np.int64)
    last = np.clip(np.floor(sides.high_y + _THICK), -1, CELLS - 1).astype(np.int64)
    counts = np.maximum(last - first + 1, 0)
    side, row = np.repeat(np.arange(len(first)), counts), spans(first, counts)
    order = np.argsort(row, kind="stable")
    side, row = side[order], row[order]
    edge = _edge(sides, side, row)
    return Raster(_inside(sides, side, row) & ~edge, edge, side, row)


def _edge(sides: Sides, side: Index, row: Index) -> Bools:
    """Cells that a side touches or nearly touches: in each row one stretch of columns a side."""
    level = sides.high_y[side] - sides.low_y[side] <= 0
    one = sides.at(side, row - _THICK)
    two = np.where(level, sides.high_x[side], sides.at(side, row + 1 + _THICK))
    low = np.clip(np.floor(np.minimum(one, two) - _THICK), 0, CELLS).astype(np.int64)
    high = np.clip(np.floor(np.maximum(one, two) + _THICK), -1, CELLS - 1).astype(np.int64)
    low = np.minimum(low, high + 1)
    change = np.zeros((CELLS, CELLS + 1), np.int32)
    np.add.at(change, (row, low), 1)
    np.add.at(change, (row, high + 1), -1)
    return np.asarray(np.cumsum(change, axis=1)[:, :CELLS] > 0)


def _inside(sides: Sides, side: Index, row: Index) -> Bools:
    """Cells whose middle is inside: an odd number of sides passes to the right of it."""
    middle = row + 0.5
    passed = (sides.low_y[side] <= middle) & (middle < sides.high_y[side])
    place = sides.at(side[passed], middle[passed])
    left = np.clip(np.ceil(place - 0.5), 0, CELLS).astype(np.int64)
    change = np.zeros((CELLS, CELLS + 1), np.int32)
    np.add.at(change, (row[passed], left), 1)
    return np.asarray(np.cumsum(change[:, ::-1], axis=1)[:, ::-1][:, 1:] & 1 > 0)


def rows_inside(cloud: Cloud, corners: Floats) -> Index:
    """Rows of the points inside a closed polygon in data, (k, 2), ascending; exact by the even-odd rule."""
    chosen = np.zeros(cloud.count, bool)
    if len(cloud) and len(corners) > 2:
        raster = rasterise(cloud, corners)
        edges = np.flatnonzero(np.diff(raster.inside.ravel(), prepend=False, append=False))
        for start, stop in zip(cloud.first[edges[::2]].tolist(), cloud.first[edges[1::2]].tolist(), strict=True):
            chosen[cloud.order[start:stop]] = True
        chosen[cloud.order[_edge_points(cloud, sides_of(corners), raster)]] = True
    return np.flatnonzero(chosen)


def _edge_points(cloud: Cloud, sides: Sides, raster: Raster) -> Index:
    """Those of the edge cells' points that are inside: each tested against the sides in its row of cells."""
    cells = np.flatnonzero(raster.edge)
    counts = cloud.first[cells + 1] - cloud.first[cells]
    points = spans(cloud.first[cells], counts)
    in_row = np.bincount(cells // CELLS, weights=counts, minlength=CELLS).astype(np.int64)
    x, y = cloud.x[points].astype(np.float64), cloud.y[points].astype(np.float64)
    odd = np.zeros(len(points), bool)
    begins, many = (np.cumsum(in_row) - in_row)[raster.row], in_row[raster.row]
    for part in _batches(many):
        place = spans(begins[part], many[part])
        crossed = sides.crossed(np.repeat(raster.side[part], many[part]), x[place], y[place])
        odd ^= (np.bincount(place[crossed], minlength=len(points)) & 1).astype(bool)
    return points[odd]


def _batches(counts: Index) -> list[slice]:
    """Slices of about so many tests each, so that a long scribble over a dense place keeps memory flat."""
    ends = np.cumsum(counts)
    if not len(ends):
        return []
    cuts = np.searchsorted(ends, np.arange(_BATCH, int(ends[-1]), _BATCH), "right")
    bounds = np.unique(np.concatenate(([0], cuts, [len(counts)])))
    return [slice(one, two) for one, two in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]
