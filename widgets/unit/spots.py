"""Points as pictures: counted into cells, each the stronger the more points it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage

from widgets.unit.axes import Axes

Floats = npt.NDArray[np.floating[Any]]
Counts = npt.NDArray[np.int64]
#: Points up to which each is a square of three, and of two pixels, so that one alone is seen.
FEW, SOME = 2_000, 20_000
#: How strongly one point alone is drawn.
FAINT = 0.4


def cell_of(many: int) -> int:
    """Pixels of the square of a point, so that one alone is seen among few."""
    return 3 if many <= FEW else 2 if many <= SOME else 1


def raster(x: Floats, y: Floats, columns: int, rows: int) -> Counts:
    """How many points (n,) in [0, 1) fall into each cell, (rows, columns); y goes up, others are left out."""
    across = np.floor(x * columns).astype(np.int64)
    down = rows - 1 - np.floor(y * rows).astype(np.int64)
    inside = (across >= 0) & (across < columns) & (down >= 0) & (down < rows)
    return np.bincount((down * columns + across)[inside], minlength=rows * columns).reshape(rows, columns)


def ink(counts: Counts, pen: QColor) -> QImage:
    """Counts as a picture over any ground: the more points in a cell, by their logarithm, the stronger the pen."""
    # One colour for each number of points, not for each pixel.
    often = np.bincount(counts.ravel())
    often[0] = 0
    strong = np.log1p(max(int(np.searchsorted(np.cumsum(often), 0.995 * often.sum())), 1))
    share = FAINT + (1 - FAINT) * np.minimum(np.log1p(np.arange(len(often))) / strong, 1)
    share[0] = 0.0
    return shade(counts, share, pen)


def shade(levels: Counts, share: Floats, pen: QColor) -> QImage:
    """Levels (rows, columns) as a picture: the pen as strong as the `share` of each level, 0 to 1."""
    alpha = (share * 255).astype(np.uint32)
    table = alpha << 24
    for value, shift in ((pen.red(), 16), (pen.green(), 8), (pen.blue(), 0)):
        table |= (np.uint32(value) * alpha // 255) << shift
    pixels = np.ascontiguousarray(table.astype(np.uint32)[levels])
    rows, columns = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, columns, rows, columns * 4, kind).copy()


def spots(x: Floats, y: Floats, axes: Axes, ratio: float, pen: QColor, many: int) -> QImage:
    """Points (n,) in the units of the axes as a picture of their area; many: how many there are to be drawn in all.

    Those that are no numbers are left out.
    """
    cell = cell_of(many)
    columns, rows = (max(round(side * ratio) // cell, 1) for side in (axes.area.width(), axes.area.height()))
    return ink(raster(_share(x, axes.left, axes.right), _share(y, axes.low, axes.high), columns, rows), pen)


def _share(values: Floats, low: float, high: float) -> Floats:
    """Where values stand between two, 0 to 1; those far outside and those that are no numbers just outside."""
    share = (values - float(low)) * (1 / ((float(high) - float(low)) or 1.0))
    return np.where(np.isfinite(share), np.clip(share, -1, 2), -1)
