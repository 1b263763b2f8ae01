"""The column rasteriser: vertical runs of many channels as an antialiased coverage mask, in numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.uint8]
#: Coverage of a full pixel. Runs add up in int16, so at most 128 channels may overlap before they wrap.
FULL = 255
_MOST_AT_ONCE = 100


def join(top: Floats, bottom: Floats) -> tuple[Floats, Floats]:
    """Make neighbouring runs meet half-way where there is a gap, so that a steep line stays whole.

    top ≤ bottom, (channels, columns) in pixels; NaN is a gap that is not bridged.
    """
    top, bottom = top.copy(), bottom.copy()
    below = (top[:, 1:] - bottom[:, :-1]) / 2
    above = (top[:, :-1] - bottom[:, 1:]) / 2
    np.clip(below, 0, None, out=below)
    np.clip(above, 0, None, out=above)
    np.nan_to_num(below, copy=False)
    np.nan_to_num(above, copy=False)
    top[:, 1:] -= below
    bottom[:, :-1] += below
    bottom[:, 1:] += above
    top[:, :-1] -= above
    return top, bottom


class Drawer:
    """Draws runs into a mask that it keeps: fresh memory costs more than the drawing."""

    def __init__(self) -> None:
        self._steps = np.zeros((0, 0), np.int16)
        self._mask: Mask = np.zeros((0, 0), np.uint8)

    def draw(self, top: Floats, bottom: Floats, height: int, pen: float) -> Mask:
        """Coverage 0 … 255, (height, columns), of runs from `top` to `bottom` drawn `pen` pixels wide.

        The run of a column covers [top − pen/2, bottom + pen/2]; its two ends count by the share of
        the pixel they cover. Channels add up to full coverage. NaN columns stay empty. The mask is
        this drawer's own and is overwritten by the next call.
        """
        shape = (height, top.shape[1])
        if self._mask.shape != shape:
            self._mask = np.zeros(shape, np.uint8)
            self._steps = np.zeros((height + 2, shape[1]), np.int16)
        top, bottom = join(top, bottom)
        top -= pen / 2
        bottom += pen / 2
        parts = [slice(first, first + _MOST_AT_ONCE) for first in range(0, len(top), _MOST_AT_ONCE)]
        if len(parts) != 1:
            self._mask.fill(0)
        for part in parts:
            self._add(top[part], bottom[part], len(parts) == 1)
        return self._mask

    def _add(self, top: Floats, bottom: Floats, alone: bool) -> None:
        """Draw some channels over those that are there; alone: there are none, and nothing is kept."""
        height = len(self._mask)
        seen = (bottom > 0) & (top < height)
        if not seen.any():
            if alone:
                self._mask.fill(0)
            return
        top, bottom = np.where(seen, top, height), np.where(seen, bottom, 0)
        first = int(max(np.floor(top.min()), 0))
        last = int(min(np.ceil(bottom.max()), height))
        steps = self._steps[: last - first + 2]
        steps.fill(0)
        add_steps(steps, top - first, np.maximum(bottom, top) - first)
        above = steps[0]
        for row in steps[1:]:
            np.add(row, above, row)
            above = row
        np.clip(steps, 0, FULL, out=steps)  # np.minimum with a number is eight times slower
        shown, found = self._mask[first:last], steps[: last - first]
        if alone:
            self._mask[:first], self._mask[last:] = 0, 0
            np.copyto(shown, found, casting="unsafe")
        else:
            np.maximum(shown, found.astype(np.uint8), out=shown)


def add_steps(steps: npt.NDArray[np.int16], top: Floats, bottom: Floats) -> None:
    """Add to `steps`, (height + 2, columns), how coverage changes from each row to the next."""
    height, columns = steps.shape[0] - 2, steps.shape[1]
    flat, here = steps.reshape(-1), np.arange(columns, dtype=np.int64)
    for edge, sign in ((np.clip(top, 0, height), 1), (np.clip(bottom, 0, height), -1)):
        place = edge.astype(np.int64)
        share = np.rint((edge - place) * (sign * FULL)).astype(np.int16)
        index = (place * columns + here).reshape(-1)
        rest = share.reshape(-1)
        np.add.at(flat, index, np.int16(sign * FULL) - rest)
        np.add.at(flat, index + columns, rest)


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
