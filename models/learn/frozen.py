"""A backbone that does not learn, looking at pictures: vectors that are worth computing once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.learn import backbones
from models.learn.fit import has_half, short_of_memory, use_cores
from models.learn.save import read_json, write_json
from models.learn.weights import RANDOM

Floats = npt.NDArray[np.float32]
#: Bytes (n, h, w, 3) on the device → (n, 3, h, w) as the backbone takes them.
Prepare = Callable[[Tensor], Tensor]
#: Mean and deviation of the channels of ImageNet, which torchvision's weights were learnt with.
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class Seer:
    """A frozen backbone, made when first needed. weights: a file name or "random"; size: of its pictures in pixels."""

    def __init__(self, backbone: str, weights: str, size: int, device: str, prepare: Prepare) -> None:
        self.backbone, self.weights, self.size, self.device = backbone, weights, size, device
        self.prepare = prepare
        self.net: torch.nn.Module | None = None
        self.kind = torch.float32
        self.width = 0

    def wake(self) -> torch.nn.Module:
        """The network, ready."""
        if self.net is None:
            use_cores()
            net = backbones.trunk(self.backbone, self.weights)
            self.width = backbones.width(net, self.size)
            self.net, self.kind = backbones.quick(net, self.device)
        return self.net

    def see(self, pictures: npt.NDArray[np.uint8]) -> Floats:
        """The vectors of pictures (n, h, w, 3), (n, d); half as many at a time when memory is short."""
        net = self.wake()
        if not len(pictures):
            return np.zeros((0, self.width), np.float32)
        mixed: Any = torch.autocast("cuda", torch.bfloat16) if self.device != "cpu" else nullcontext()
        try:
            with torch.inference_mode(), mixed:
                batch = self.prepare(torch.from_numpy(np.ascontiguousarray(pictures)).to(self.device))
                return np.asarray(net(batch.to(self.kind)).float().cpu().numpy(), np.float32)
        except RuntimeError as error:
            if not short_of_memory(error) or len(pictures) < 2:
                raise
        middle = len(pictures) // 2
        return np.concatenate([self.see(pictures[:middle]), self.see(pictures[middle:])])


def imagenet(batch: Tensor) -> Tensor:
    """Bytes (n, h, w, 3) → (n, 3, h, w) with the mean and deviation of ImageNet, channels last."""
    mean, deviation = (torch.tensor(values, device=batch.device).view(1, 3, 1, 1) for values in IMAGENET)
    x = (batch.permute(0, 3, 1, 2).float() / 255 - mean) / deviation
    return x.contiguous(memory_format=torch.channels_last)


def tag(weights: str, device: str, *parts: object) -> str:
    """A name of what tells vectors apart that must not be mixed: kind of number, weights, and all that is given."""
    kind = "bf16" if device != "cpu" or has_half() else "f32"
    # The same seed gives other random weights in another version of torch.
    told = (*parts, kind, torch.__version__ if weights == RANDOM else "")
    return hashlib.blake2b(repr(told).encode(), digest_size=12).hexdigest()


def width_in(folder: Path, seer: Seer) -> int:
    """The length of the vectors in a cache folder, without making the network where it is known."""
    about = folder / "about.json"
    if about.exists():
        return int(read_json(about)["width"])
    seer.wake()
    write_json(about, {"width": seer.width, "backbone": seer.backbone, "weights": seer.weights})
    return seer.width
