"""Where in the picture of a cell a network saw what made it decide: Grad-CAM of any of its stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models.domains.smears.pictures import preparer
from models.errors import UserError
from models.learn.gradcam import class_maps, mapping_stages, randomised
from models.params import unknown

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
#: Pictures looked at in one go.
STEP = 16


@dataclass(frozen=True)
class Looked:
    """A network with the names of its stages, as they are called inside it, and the size of its pictures.

    finely: whether these are of fine density.
    """

    net: nn.Module
    stages: Mapping[str, str]
    size: int
    finely: bool = False

    def part(self, layer: str) -> nn.Module:
        """The stage of this name. Raises UserError with the known ones."""
        if layer not in self.stages:
            raise UserError(unknown("layer", layer, self.stages))
        return self.net.get_submodule(self.stages[layer])


def layers(looked: Looked) -> tuple[str, ...]:
    """The stages that give maps, from the first to the last."""
    return mapping_stages(looked.net, looked.stages, torch.zeros(1, 3, looked.size, looked.size))


def maps(
    looked: Looked, cells: Bytes, layer: str = "", classes: Sequence[int] | None = None, device: str = "cpu"
) -> Floats:
    """How much each place of crops (n, size, size, 3) speaks for a class, (n, size, size), each with maximum 1.

    layer: one of `layers`, "" for the last. classes: one a crop, the decided one by default. A crop in which
    nothing speaks for its class is 0 all over.
    """
    part = looked.part(layer or layers(looked)[-1])
    net = looked.net.to(device).eval()
    out = np.zeros(cells.shape[:3], np.float32)
    for start in range(0, len(cells), STEP):
        batch = _batch(looked, cells, start, device)
        wanted = None if classes is None else torch.tensor(classes[start : start + STEP], device=device)
        out[start : start + STEP] = class_maps(net, part, batch, wanted)
    return out


def check(looked: Looked, cells: Bytes, layer: str = "", device: str = "cpu", draws: int = 3) -> dict[str, float]:
    """Compare the maps with those of the same network with random weights, of the same classes: similarity, passed."""
    net, decided = looked.net.to(device).eval(), []
    with torch.inference_mode():
        for start in range(0, len(cells), STEP):
            decided += net(_batch(looked, cells, start, device)).argmax(1).tolist()

    def explain(other: nn.Module) -> Floats:
        return maps(replace(looked, net=other), cells, layer, decided, device)

    return randomised(explain, looked.net, explain(looked.net), draws)


def _batch(looked: Looked, cells: Bytes, start: int, device: str) -> torch.Tensor:
    prepare = preparer(augmented=False, finely=looked.finely)
    return prepare(torch.from_numpy(np.ascontiguousarray(cells[start : start + STEP])).to(device), False)
