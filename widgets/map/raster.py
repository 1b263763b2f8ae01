"""Points as pixels: binned into a grid of the camera's size, grown to dots, coloured by kind and density. No Qt."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from widgets.map.cloud import Camera, Cloud, Floats, Runs

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.uint16]
Colours = npt.NDArray[np.uint32]
Grid = TypeVar("Grid", Bytes, Counts)
#: Densities that are told apart by opacity.
LEVELS = 8
_CHUNK = 1 << 15
_BAND = 64
#: A float32 holds whole numbers up to this.
_EXACT = 1 << 24
#: For a count of points up to 255 its binary logarithm, 0 … 7, above the eight bits of a code.
_LEVEL = np.minimum(np.floor(np.log2(np.maximum(np.arange(256), 1))), LEVELS - 1).astype(np.intp) << 8


class Binner:
    """Bins points into two pixel grids it keeps: the last code of each pixel and how many fell there."""

    def __init__(self) -> None:
        self._codes: Bytes = np.zeros(0, np.uint8)
        self._counts: Counts = np.zeros(0, np.uint16)
        self._across = np.empty(_CHUNK, np.float32)
        self._down = np.empty(_CHUNK, np.float32)
        self._flat = np.empty(_CHUNK, np.intp)

    def bin(self, cloud: Cloud, codes: Bytes, camera: Camera, runs: Runs, crowded: bool) -> tuple[Bytes, Counts | None]:
        """The last code in each pixel and, if `crowded`, how many points fell there, (height, width) each.

        codes: of the kept points, 1 … 255; 0 is a pixel without a point. Both hold until the next call.
        """
        wide, high = camera.width + 2, camera.height + 2
        if len(self._codes) != wide * high:
            self._codes, self._counts = np.zeros(wide * high, np.uint8), np.zeros(wide * high, np.uint16)
        self._codes.fill(0)
        self._counts.fill(0)
        for part in runs.joined():
            for first in range(part.start, part.stop, _CHUNK):
                here = slice(first, min(first + _CHUNK, part.stop))
                flat = self._pixels(cloud, camera, here)
                self._codes[flat] = codes[here]
                if crowded:
                    np.add.at(self._counts, flat, np.uint16(1))
        inside = (slice(1, -1), slice(1, -1))
        counts = self._counts.reshape(high, wide)[inside] if crowded else None
        return self._codes.reshape(high, wide)[inside], counts

    def _pixels(self, cloud: Cloud, camera: Camera, here: slice) -> npt.NDArray[np.intp]:
        """Flat place of each point in a grid with a rim of one pixel, where all points beside the window fall."""
        scale, count = np.float32(camera.scale), here.stop - here.start
        across, down, flat = self._across[:count], self._down[:count], self._flat[:count]
        np.multiply(cloud.x[here], scale, out=across)
        across += np.float32(1 - camera.left * camera.scale)
        np.multiply(cloud.y[here], -scale, out=down)
        down += np.float32(1 + camera.top * camera.scale)
        for values, size in ((across, camera.width), (down, camera.height)):
            np.clip(values, 0, size + 1, out=values)
            np.floor(values, out=values)
        if (camera.width + 2) * (camera.height + 2) <= _EXACT:
            # One turn of floats into whole numbers instead of two: it is the slowest step.
            down *= np.float32(camera.width + 2)
            down += across
            flat[:] = down
            return flat
        flat[:] = down
        flat *= camera.width + 2
        flat += across.astype(np.intp)
        return flat


def spread(grid: Grid, size: int) -> Grid:
    """Every pixel of a grid grown to a dot of `size` pixels; where dots meet the greater value wins."""
    for axis in (0, 1):
        grid = _smear(grid.swapaxes(0, axis), size).swapaxes(0, axis)
    return grid


def _smear(grid: Grid, size: int) -> Grid:
    grown = grid.copy()
    for step in range(1, size):
        ahead = (step + 1) // 2
        one, two = (slice(ahead, None), slice(None, -ahead))
        to, of = (one, two) if step % 2 else (two, one)
        np.maximum(grown[to], grid[of], out=grown[to])
    return grown


def opacities(crowded: bool) -> Floats:
    """How dense each level looks."""
    return np.array([0.34, 0.48, 0.6, 0.7, 0.8, 0.88, 0.95, 1.0]) if crowded else np.full(LEVELS, 0.85)


def palette(colours: npt.ArrayLike, crowded: bool) -> Colours:
    """Premultiplied ARGB of each code at each level, flat; colours: (k, 3) of the codes from 1."""
    tones = np.asarray(colours, np.float64).reshape(-1, 3)[:255]
    table = np.zeros((LEVELS, 256), np.uint32)
    for level, alpha in enumerate(opacities(crowded).tolist()):
        red, green, blue = np.rint(tones * alpha).astype(np.uint32).T
        table[level, 1 : len(tones) + 1] = round(alpha * 255) << 24 | red << 16 | green << 8 | blue
    return table.ravel()


def paint_pixels(codes: Bytes, counts: Counts | None, table: Colours, out: Colours) -> None:
    """The colour of each pixel, (height, width), a band at a time so that it stays in the processor's cache."""
    for first in range(0, len(codes), _BAND):
        band = slice(first, first + _BAND)
        index = codes[band].astype(np.intp)
        if counts is not None:
            index += np.take(_LEVEL, counts[band], mode="clip")
        np.take(table, index, out=out[band], mode="clip")
