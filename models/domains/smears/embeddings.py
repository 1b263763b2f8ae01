"""Vectors of cells from a frozen backbone, computed once a cell and kept."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.smears import kept, pictures
from models.job import Progress
from models.learn.frozen import Seer, tag, width_in
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Raised when pictures reach the backbone otherwise than before.
VERSION = 1


@dataclass(frozen=True)
class Spec:
    """What makes an embedding: backbone, its weights (a file name or "random"), size and ground of the pictures."""

    backbone: str
    weights: str
    image_size: int = 224
    masked: bool = False

    def seer(self, device: str) -> Seer:
        """The backbone, not awake yet."""
        prepare = pictures.preparer(augmented=False)
        return Seer(self.backbone, self.weights, self.image_size, device, lambda batch: prepare(batch, False))


def folder_of(spec: Spec, cache: Path, device: str) -> Path:
    """Where such vectors are kept."""
    return cache / "smears" / f"embeddings-{tag(spec.weights, device, VERSION, spec, pictures.MARGIN)}"


def embed(samples: Samples, rows: Index, spec: Spec, cache: Path, device: str) -> Generator[Progress, None, Floats]:
    """The vectors of the cells at these rows, (n, d), NaN where the image cannot be read."""
    folder = folder_of(spec, cache, device)
    seer = spec.seer(device)
    count = width_in(folder, seer)

    def make(part: Index) -> Floats:
        out = np.full((len(part), count), np.nan, np.float32)
        cells, readable = pictures.cut_readable(samples, part, spec.image_size, spec.masked)
        out[readable] = seer.see(cells)
        return out

    return (yield from kept.keep(samples, rows, folder, count, make, f"Looking at cells with {spec.backbone}"))
