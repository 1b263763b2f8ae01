"""Vectors of cells from a frozen backbone, computed once a cell and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from models.domains.smears import kept, pictures
from models.job import Progress
from models.learn import backbones
from models.learn.fit import has_half, short_of_memory, use_cores
from models.learn.save import read_json, write_json
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


def embed(samples: Samples, rows: Index, spec: Spec, cache: Path, device: str) -> Generator[Progress, None, Floats]:
    """The vectors of the cells at these rows, (n, d), NaN where the image cannot be read."""
    folder = cache / "smears" / f"embeddings-{_name(spec, device)}"
    seer = Seer(spec, device)
    count = _width(folder, seer)

    def make(part: Index) -> Floats:
        out = np.full((len(part), count), np.nan, np.float32)
        cells, readable = pictures.cut_readable(samples, part, spec.image_size, spec.masked)
        out[readable] = seer.see(cells)
        return out

    return (yield from kept.keep(samples, rows, folder, count, make, f"Looking at cells with {spec.backbone}"))


class Seer:
    """A frozen backbone, made when first needed."""

    def __init__(self, spec: Spec, device: str) -> None:
        self.spec, self.device = spec, device
        self.prepare = pictures.preparer(augmented=False)
        self.net: torch.nn.Module | None = None
        self.kind = torch.float32
        self.width = 0

    def wake(self) -> torch.nn.Module:
        """The network, ready."""
        if self.net is None:
            use_cores()
            net = backbones.trunk(self.spec.backbone, self.spec.weights)
            self.width = backbones.width(net, self.spec.image_size)
            self.net, self.kind = backbones.quick(net, self.device)
        return self.net

    def see(self, cells: npt.NDArray[np.uint8]) -> Floats:
        """The vectors of crops (n, h, w, 3), (n, d); half as many at a time when memory is short."""
        net = self.wake()
        if not len(cells):
            return np.zeros((0, self.width), np.float32)
        mixed: Any = torch.autocast("cuda", torch.bfloat16) if self.device != "cpu" else nullcontext()
        try:
            with torch.inference_mode(), mixed:
                batch = self.prepare(torch.from_numpy(np.ascontiguousarray(cells)).to(self.device), False)
                return np.asarray(net(batch.to(self.kind)).float().cpu().numpy(), np.float32)
        except RuntimeError as error:
            if not short_of_memory(error) or len(cells) < 2:
                raise
        middle = len(cells) // 2
        return np.concatenate([self.see(cells[:middle]), self.see(cells[middle:])])


def _name(spec: Spec, device: str) -> str:
    """What tells embeddings apart that must not be mixed."""
    kind = "bf16" if device != "cpu" or has_half() else "f32"
    # The same seed gives other random weights in another version of torch.
    parts = (VERSION, spec, pictures.MARGIN, kind, torch.__version__ if spec.weights == "random" else "")
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def _width(folder: Path, seer: Seer) -> int:
    """The length of the vectors, without making the network where it is known."""
    about = folder / "about.json"
    if about.exists():
        return int(read_json(about)["width"])
    seer.wake()
    write_json(about, {"width": seer.width, "backbone": seer.spec.backbone, "weights": seer.spec.weights})
    return seer.width
