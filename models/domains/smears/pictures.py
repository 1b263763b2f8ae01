"""Cells as a network sees them: each picture standardised or by its fine density, changed at random in training."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.domains.smears import fine
from models.domains.smears.cells import boxes_of, crops, crops_by_image, images_of, region
from models.domains.smears.fine import uniform as _uniform
from models.domains.smears.images import BadImage, open_image
from models.domains.smears.kept import marks
from models.domains.smears.paints import without_ground
from models.job import Progress
from models.sample import Samples

Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
#: Share of the box that comes along on each side.
MARGIN = 0.1
#: Cells cut out between two signs of life, and arrays of them that stay on disk: the oldest go first.
STEP, KEPT = 128, 4


def cut(samples: Samples, rows: Index, size: int, masked: bool, finely: bool = False) -> Bytes:
    """The cells at these rows, (n, size, size, 3); finely: only what is finer than the cell."""
    return _shown(crops(samples, rows, _side(size, finely), MARGIN), masked, finely)


def cut_readable(samples: Samples, rows: Index, size: int, masked: bool, finely: bool = False) -> tuple[Bytes, Index]:
    """Those of them that can be read, and their places among `rows`."""
    found = list(crops_by_image(samples, rows, _side(size, finely), MARGIN))
    if not found:
        return np.zeros((0, size, size, 3), np.uint8), np.zeros(0, np.int64)
    cells = np.concatenate([part for _, part in found])
    return _shown(cells, masked, finely), np.concatenate([places for places, _ in found])


def _side(size: int, finely: bool) -> int:
    return fine.FINER * size if finely else size


def _shown(cells: Bytes, masked: bool, finely: bool) -> Bytes:
    if finely:
        return fine.show(cells)
    return without_ground(cells) if masked else cells


def regions(samples: Samples) -> npt.NDArray[np.float32]:
    """Where in its image each sample is cut from, (n, 4), NaN where the image cannot be read."""
    out = np.full((len(samples), 4), np.nan, np.float32)
    every = np.arange(len(samples), dtype=np.int64)
    boxes = boxes_of(samples, every)
    for path, places in images_of(samples, every):
        with contextlib.suppress(BadImage):
            reader = open_image(path)
            for place in places.tolist():
                out[place] = region(reader, boxes[place], MARGIN, square=False)
    return out


def stage(
    samples: Samples, rows: Index, size: int, masked: bool, cache: Path, finely: bool = False
) -> Generator[Progress, None, npt.NDArray[Any]]:
    """The cells at these rows as one array on disk, (n, size, size, 3), cut out once."""
    digest = hashlib.blake2b(marks(samples, rows).tobytes() + f"{size} {masked} {finely}".encode(), digest_size=12)
    path = cache / "smears" / f"pictures-{digest.hexdigest()}.npy"
    shape = (len(rows), size, size, 3)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.stem}.{os.getpid()}.partial")
        try:
            out = np.lib.format.open_memmap(beside, "w+", np.uint8, shape)
            for start in range(0, len(rows), STEP):
                yield Progress(start, len(rows), "Cutting out cells")
                out[start : start + STEP] = cut(samples, rows[start : start + STEP], size, masked, finely)
            out.flush()
            _prune(path.parent)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    staged: npt.NDArray[Any] = np.load(path, mmap_mode="r")
    return staged


def _prune(folder: Path) -> None:
    """Take out the oldest arrays beyond those that are kept, with room for one more."""
    made = sorted(folder.glob("pictures-*.npy"), key=lambda path: path.stat().st_mtime)
    for old in made[: max(0, len(made) - KEPT + 1)]:
        old.unlink(missing_ok=True)


class Part:
    """Some rows of an array on disk, which may be too large for the memory; read when asked for."""

    def __init__(self, cells: npt.NDArray[Any], rows: Index) -> None:
        self.cells, self.rows = cells, rows

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.cells.shape[1:])

    def __getitem__(self, index: Any) -> npt.NDArray[Any]:
        return np.asarray(self.cells[self.rows[index]])


def standardise(x: Tensor) -> Tensor:
    """Each channel of each picture with mean 0 and deviation 1; flat ones stay 0."""
    deviation, mean = torch.std_mean(x, (2, 3), keepdim=True, correction=0)
    return (x - mean) / deviation.clamp_min(1e-2)


def preparer(augmented: bool, colour: float = 1.0, finely: bool = False) -> Callable[[Tensor, bool], Tensor]:
    """Bytes (n, h, w, 3) → standardised (n, 3, h, w), channels last; changed at random in training if asked for.

    colour: how many times as much colours vary as they do by default. finely: bytes are fine densities, which keep
    their scale.
    """
    if finely:
        return lambda batch, training: fine.prepare(batch, colour if training and augmented else None)

    def prepare(batch: Tensor, training: bool) -> Tensor:
        x = batch.permute(0, 3, 1, 2).float() / 255
        if training and augmented:
            x = vary(x, colour)
        return standardise(x).contiguous(memory_format=torch.channels_last)

    return prepare


def vary(x: Tensor, colour: float = 1.0) -> Tensor:
    """Each picture (n, 3, h, w) in 0…1 cropped, turned, mirrored, coloured, blurred and partly erased by chance."""
    x = _colour(_move(x), colour)
    blurred = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = _uniform(x, 0, 1) * (_uniform(x, 0, 1) < 0.3)
    return _erase(torch.lerp(x, blurred, share))


def _move(x: Tensor) -> Tensor:
    """A part of .75 to 1 of the area, turned by up to 15°, mirrored either way."""
    size = _uniform(x, 0.75, 1).sqrt()[:, 0, 0, 0]
    angle = torch.deg2rad(_uniform(x, -15, 15))[:, 0, 0, 0]
    mirror = 1 - 2 * torch.randint(0, 2, (len(x), 2), device=x.device)
    shift = (2 * torch.rand(len(x), 2, device=x.device) - 1) * (1 - size)[:, None]
    down, across = torch.sin(angle) * size, torch.cos(angle) * size
    first = torch.stack([across * mirror[:, 0], -down * mirror[:, 1], shift[:, 0]], 1)
    second = torch.stack([down * mirror[:, 0], across * mirror[:, 1], shift[:, 1]], 1)
    grid = functional.affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid.to(x.dtype), padding_mode="border", align_corners=False)


def _colour(x: Tensor, strength: float) -> Tensor:
    """Brightness, contrast, saturation, and the balance of the channels."""
    wide = 0.2 * min(strength, 3.0)
    x = x * _uniform(x, 1 - wide, 1 + wide)
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * _uniform(x, 1 - wide, 1 + wide)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * _uniform(x, max(1 - 1.5 * wide, 0), 1 + 1.5 * wide)
    tint = 1 + 0.1 * strength * (torch.rand(len(x), 3, 1, 1, device=x.device) - 0.5)
    return (x * tint).clamp(0, 1)


def _erase(x: Tensor, often: float = 0.25) -> Tensor:
    """A rectangle of up to a third of the sides in the picture's mean colour, in some of them."""
    height, width = x.shape[2:]
    down = torch.arange(height, device=x.device).view(1, 1, -1, 1) / height
    across = torch.arange(width, device=x.device).view(1, 1, 1, -1) / width
    top, left = _uniform(x, 0, 0.9), _uniform(x, 0, 0.9)
    inside = (down >= top) & (down < top + _uniform(x, 0.08, 0.33))
    inside = inside & (across >= left) & (across < left + _uniform(x, 0.08, 0.33))
    inside = inside & (_uniform(x, 0, 1) < often)
    return torch.where(inside, x.mean((2, 3), keepdim=True), x)
