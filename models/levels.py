"""Levels of detail of a spectrogram of any length: a byte of dB a place, each level the highest of four columns.

So that what is short is seen at any width. What a domain transforms, and into which bins, is its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.payload import Strip
from models.store.atomic import whole

Bytes = npt.NDArray[np.uint8]
#: Columns of a level in one of the next.
FACTOR = 4
_FORMAT = 1
#: Rows of a stretch up to which they are gathered.
_GATHERED = 8


@cache
def _table(floor: float, top: float) -> Bytes:
    """The level of each value of the upper half of a float32, which tells it to 0.03 dB; NaN and below 0: nothing."""
    upper = np.arange(1 << 16, dtype=np.uint32) << 16
    with np.errstate(all="ignore"):
        # The middle of the values that share an upper half.
        values = upper.view(np.float32).astype(np.float64) * (1 + 2**-8)
        steps = (10 * np.log10(values) - floor) * (254 / (top - floor)) + 1
    levels = np.where(values > 0, np.clip(np.rint(np.nan_to_num(steps, nan=-1, posinf=255)), 1, 255), 0)
    # 0 itself is as low as it goes, which is not the same as nothing there.
    levels[0] = 1
    return np.asarray(levels, np.uint8)


def levels_of(power: npt.NDArray[Any], floor: float, top: float) -> Bytes:
    """Levels 1 to 255 of power whose dB lie between two limits, of the same shape; 0 where it is NaN."""
    bits = np.ascontiguousarray(power, np.float32).view(np.uint32)
    return np.asarray(_table(floor, top)[bits >> 16])


def pooled(values: Bytes, size: int) -> Bytes:
    """The highest of each `size` columns, (…, columns, bins)."""
    whole = values.shape[-2] // size * size
    # Column for column of the groups: a reduction costs a call for each group.
    out = values[..., :whole:size, :]
    for place in range(1, size):
        out = np.maximum(out, values[..., place:whole:size, :])
    if whole == values.shape[-2]:
        return np.asarray(out)
    return np.concatenate([out, values[..., whole:, :].max(axis=-2, keepdims=True)], axis=-2)


@dataclass(frozen=True)
class StripReader:
    """A LevelReader over the levels of one strip, each (columns, bins), the finest first."""

    levels: tuple[Bytes, ...]

    @property
    def bins(self) -> int:
        return int(self.levels[0].shape[1])

    @property
    def length(self) -> int:
        return int(self.levels[0].shape[0])

    def read(self, first: int, last: int, columns: int) -> Bytes:
        """Columns [first, last) as (bins, columns) at most, each the highest of those that it stands for."""
        first, last = max(first, 0), min(last, self.length)
        count = max(last - first, 0)
        if count <= columns or columns < 1:
            return np.ascontiguousarray(self.levels[0][first : first + count].T)
        level, size = 0, 1
        while level + 1 < len(self.levels) and size * FACTOR * columns <= count:
            level, size = level + 1, size * FACTOR
        starts = (first + (np.arange(columns) * count) // columns) // size
        part = self.levels[level][starts[0] : -(-last // size)]
        return np.ascontiguousarray(_highest(part, starts - starts[0]).T)


def _highest(values: Bytes, starts: npt.NDArray[np.int64]) -> Bytes:
    """The highest of the rows from each start to the next, (starts, bins).

    A reduction costs a call for each start; gathering costs one for each row of the longest stretch.
    """
    ends = np.append(starts[1:], len(values))
    longest = int((ends - starts).max())
    if longest > _GATHERED:
        return np.asarray(np.maximum.reduceat(values, starts, axis=0))
    last = np.maximum(ends - 1, starts)
    out = values[starts]
    for step in range(1, longest):
        np.maximum(out, values[np.minimum(starts + step, last)], out=out)
    return np.asarray(out)


class Levels:
    """The levels of detail of the strips of a recording; `done` columns are in them.

    grid: a dataclass that tells `columns`, `bins` (the first and the one behind the last), `floor` and `top` in dB; it
    is kept beside the levels, and levels of another grid are none of its own. Made in memory, or in a folder as memory
    maps so that they are there at the next start. What is not reached yet is 0: nothing there.
    """

    def __init__(self, names: Sequence[str], grid: Any, folder: Path | None = None) -> None:
        self.names, self.grid, self.folder, self.done = tuple(names), grid, folder, 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "levels.json").unlink(missing_ok=True)
        first, last = grid.bins
        self.values = [self._make(level, size, last - first) for level, size in enumerate(_sizes(grid.columns))]

    def _make(self, level: int, columns: int, bins: int) -> Bytes:
        shape = (len(self.names), columns, bins)
        if self.folder is None or not columns:
            return np.zeros(shape, np.uint8)
        return np.lib.format.open_memmap(self.folder / f"level-{level}.npy", mode="w+", dtype=np.uint8, shape=shape)

    @classmethod
    def open(cls, names: Sequence[str], grid: Any, folder: Path) -> Levels | None:
        """The finished levels of this folder, or None where there are none such."""
        self = cls.__new__(cls)
        self.names, self.grid, self.folder, self.done = tuple(names), grid, folder, grid.columns
        try:
            if json.loads((folder / "levels.json").read_text("utf-8")) != self._record():
                return None
            count = len(_sizes(grid.columns))
            self.values = [np.load(folder / f"level-{level}.npy", mmap_mode="r") for level in range(count)]
        except (OSError, ValueError):
            return None
        return self

    def _record(self) -> dict[str, Any]:
        grid = asdict(self.grid)
        ends = {"floor": self.grid.floor, "top": self.grid.top}
        return {"format": _FORMAT, "names": list(self.names), **ends, "factor": FACTOR, **grid}

    def take_in(self, first: int, found: Bytes) -> None:
        """Write columns (strips, n, bins) from a place on, and what stands for them in each further level."""
        last = first + found.shape[1]
        self.values[0][:, first:last] = found
        for level in range(1, len(self.values)):
            # A coarse column that is only begun is made again with the next columns.
            finer = first // FACTOR * FACTOR
            part = pooled(self.values[level - 1][:, finer:last], FACTOR)
            first, last = finer // FACTOR, finer // FACTOR + part.shape[1]
            self.values[level][:, first:last] = part

    def close(self) -> None:
        """Keep what was made: it is whole."""
        if self.folder is None:
            return
        for values in self.values:
            if isinstance(values, np.memmap):
                values.flush()
        (self.folder / "levels.json").write_text(json.dumps(self._record()), "utf-8")

    def keep(self, folder: Path) -> None:
        """Write levels in memory that are whole into a folder, where others may look at what stands there."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with whole(folder, sync=False) as place:
            other = Levels(self.names, self.grid, place)
            for mine, theirs in zip(self.values, other.values, strict=True):
                theirs[...] = mine
            other.close()

    @cached_property
    def strips(self) -> tuple[Strip, ...]:
        """What a viewer shows."""
        return tuple(
            Strip(name, StripReader(tuple(level[number] for level in self.values)))
            for number, name in enumerate(self.names)
        )


def _sizes(columns: int) -> list[int]:
    """Columns of each level, the finest first."""
    sizes = [columns]
    while sizes[-1] > FACTOR**2:
        sizes.append(-(-sizes[-1] // FACTOR))
    return sizes
