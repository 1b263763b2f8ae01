"""The column rasteriser: vertical runs of many channels as an antialiased coverage mask, in numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.uint8]
#: Coverage of a full pixel.
FULL = 255
#: Rows that are summed up side by side: a call for each row alone costs more than its sum.
_BLOCK = 16
#: Turns of swapping neighbours before all are sorted.
_SWAPS = 4


def join(top: Floats, bottom: Floats) -> tuple[Floats, Floats]:
    """Make neighbouring runs meet half-way where there is a gap, so that a steep line stays whole.

    top ≤ bottom, (channels, columns) in pixels; NaN is a gap that is not bridged.
    """
    # fmax with NaN gives the other one, 0.
    below = np.fmax((top[:, 1:] - bottom[:, :-1]) / 2, 0)
    above = np.fmax((top[:, :-1] - bottom[:, 1:]) / 2, 0)
    top, bottom = top.copy(), bottom.copy()
    top[:, 1:] -= below
    bottom[:, :-1] += below
    bottom[:, 1:] += above
    top[:, :-1] -= above
    return top, bottom


class Drawer:
    """Draws runs into a mask that it keeps: fresh memory costs more than the drawing."""

    def __init__(self) -> None:
        self._steps: Mask = np.zeros((0, 0), np.uint8)

    def draw(
        self, top: Floats, bottom: Floats, height: int, pen: float, full: int = FULL, base: Mask | None = None
    ) -> Mask:
        """Coverage 0 … full, (height, columns), of runs from `top` to `bottom` drawn `pen` pixels wide.

        The run of a column covers [top − pen/2, bottom + pen/2]; its two ends count by the share of
        the pixel they cover. Where channels lie over each other a pixel is as covered as by all of
        them together. NaN columns stay empty. base: what is added to all of a column, (columns,), at most
        255 − full. The mask is this drawer's own and is overwritten by the next call.
        """
        rows = -(-(height + 2) // _BLOCK) * _BLOCK
        if self._steps.shape != (rows, top.shape[1]):
            self._steps = np.zeros((rows, top.shape[1]), np.uint8)
        top, bottom = join(top, bottom)
        top -= pen / 2
        bottom += pen / 2
        lost = np.isnan(top) | np.isnan(bottom)
        # What is missing goes below the foot, what lies beyond an edge to that edge: no run is left of either.
        for edge in (top, bottom):
            if lost.any():
                np.putmask(edge, lost, height)
            np.clip(edge, 0, height, out=edge)
        self._steps.fill(0)
        add_steps(self._steps, *part(top, bottom, height), full)
        if base is not None:
            self._steps[0] += base
        sum_down(self._steps)
        return self._steps[:height]


def part(top: Floats, bottom: Floats, height: int) -> tuple[Floats, Floats]:
    """Runs (channels, columns) of which none lies over another one of its column; they cover the same.

    Then the steps of coverage add up to what a byte holds. What is over goes to `height`, out of the picture.
    """
    if (top[1:] >= bottom[:-1]).all():
        return top, bottom
    put_in_order(top)
    put_in_order(bottom)
    # In order, a run begins alone where as many have ended as have begun before it.
    over = top[1:] < bottom[:-1]
    np.putmask(top[1:], over, height)
    np.putmask(bottom[:-1], over, height)
    return top, bottom


def put_in_order(edges: Floats) -> None:
    """Sort each column, (channels, columns), in place.

    Few channels reach further than their neighbour: swaps of neighbours are then half of the work of sorting.
    """
    for _turn in range(_SWAPS):
        if (edges[1:] >= edges[:-1]).all():
            return
        for first in (0, 1):
            count = (len(edges) - first) // 2 * 2
            upper, lower = edges[first : first + count : 2], edges[first + 1 : first + count : 2]
            least = np.minimum(upper, lower)
            np.maximum(upper, lower, out=lower)
            upper[...] = least
    edges.sort(axis=0)


def add_steps(steps: Mask, top: Floats, bottom: Floats, full: int = FULL) -> None:
    """Add to `steps`, (rows, columns), how coverage changes from each row to the next, modulo 256."""
    flat, here, whole = steps.reshape(-1), np.arange(steps.shape[1]), np.uint8(full)
    for edge, change in ((top, np.add), (bottom, np.subtract)):
        row = np.floor(edge)
        share = np.rint((edge - row) * full).astype(np.uint8).reshape(-1)
        place = row.astype(np.int64)
        place *= len(here)
        place += here
        first = place.reshape(-1)
        change.at(flat, first, whole - share)
        first += len(here)
        change.at(flat, first, share)


def sum_down(steps: Mask) -> None:
    """Sum each column up from the top, in place; the rows are a multiple of a block of them."""
    blocks = steps.reshape(-1, _BLOCK, steps.shape[1])
    for row in range(1, _BLOCK):
        np.add(blocks[:, row], blocks[:, row - 1], blocks[:, row])
    above = blocks[0, -1]
    for block in blocks[1:]:
        np.add(block, above, block)
        above = block[-1]


def cross_columns(values: Floats, places: Floats, columns: int) -> tuple[Floats, Floats]:
    """Runs of a line through points that lie further apart than the columns, each (channels, columns).

    values: (channels, n); places: (n,) ascending column coordinates of the points. A column spans
    what the line does between its two edges, a point inside it included. Outside the points NaN.
    """
    edges = np.arange(columns + 1, dtype=np.float64)
    left = np.clip(np.searchsorted(places, edges, side="right") - 1, 0, max(len(places) - 2, 0))
    right = np.minimum(left + 1, len(places) - 1)
    gap = np.maximum(places[right] - places[left], 1e-12)
    share = ((edges - places[left]) / gap).astype(values.dtype)
    outside = (edges < places[0]) | (edges > places[-1])
    line = values[:, left] * (1 - share) + values[:, right] * share
    line[:, outside] = np.nan
    low, high = np.fmin(line[:, :-1], line[:, 1:]), np.fmax(line[:, :-1], line[:, 1:])
    inside = np.floor(places).astype(np.int64)
    kept = (inside >= 0) & (inside < columns)
    for offset in _rounds(inside[kept]):
        at = inside[kept][offset]
        point = values[:, kept][:, offset]
        low[:, at], high[:, at] = np.fmin(low[:, at], point), np.fmax(high[:, at], point)
    return low, high


def _rounds(columns: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Split points into rounds in which no column comes twice."""
    order = np.arange(len(columns))
    starts = np.flatnonzero(np.append(True, columns[1:] != columns[:-1])) if len(columns) else order
    turn = order - np.repeat(starts, np.diff(np.append(starts, len(columns))))
    return [np.flatnonzero(turn == number) for number in range(int(turn.max(initial=-1)) + 1)]
