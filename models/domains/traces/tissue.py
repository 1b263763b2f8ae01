"""The hexagonal tissue: where a cell stands, and how many hops it is from another."""

from __future__ import annotations

import functools
from itertools import product

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]


def hops(column: Index, row: Index, centre: int) -> Index:
    """Hops of each cell to the centre cell on a hexagonal grid in odd-q offset coordinates."""
    q = column
    r = row - (column - (column & 1)) // 2
    dq, dr = q - q[centre], r - r[centre]
    return np.asarray((np.abs(dq) + np.abs(dr) + np.abs(dq + dr)) // 2, np.int64)


def simulated(columns: int, rows: int) -> tuple[Index, Index]:
    """Odd-q offset coordinates of the simulated tissue's cells, in the order of the files.

    The files count cells down the columns (MATLAB) and shift every second row to the right, the
    first one included. Turned by a quarter that is the odd-q form: a row of the file becomes a
    column here, counted from the far end.
    """
    across, down = np.divmod(np.arange(columns * rows), rows)
    return down.astype(np.int64), (columns - 1 - across).astype(np.int64)


def _candidates(columns: int, rows: int) -> list[tuple[Index, Index]]:
    column_major = np.divmod(np.arange(columns * rows), rows)
    row_major = np.divmod(np.arange(columns * rows), columns)[::-1]
    found = [simulated(columns, rows)]
    for (across, down), turned, flipped in product((column_major, row_major), (True, False), (True, False)):
        column, row = (down, across) if turned else (across, down)
        found.append((column, row.max() - row if flipped else row))
    return [(column.astype(np.int64), row.astype(np.int64)) for column, row in found]


@functools.lru_cache(maxsize=64)
def _placed(columns: int, rows: int, rings: tuple[int, ...]) -> tuple[Index, Index, bool]:
    wanted = np.asarray(rings, np.int64)
    centres = np.flatnonzero(wanted == 0)
    for column, row in _candidates(columns, rows):
        if len(centres) == 1 and np.array_equal(hops(column, row, int(centres[0])), wanted):
            return column, row, True
    column, row = simulated(columns, rows)
    return column, row, False


def place(columns: int, rows: int, rings: Index) -> tuple[Index, Index, bool]:
    """Odd-q coordinates of the cells such that hops to the centre are the file's own distances.

    rings: hops of each cell as the file tells them. Both orders of counting and both shifts are
    tried; the last value says whether one of them reproduces the distances. Without a fitting
    grid the cells stand in a grid that is as square as it can be.
    """
    count = len(rings)
    if columns * rows != count or count == 0:
        rows = max(1, round(count**0.5))
        columns = -(-count // rows)
        column, row = simulated(columns, rows)
        return column[:count], row[:count], False
    return _placed(columns, rows, tuple(int(ring) for ring in rings))
