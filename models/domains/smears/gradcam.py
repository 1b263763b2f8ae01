"""Where in the picture of a cell a network saw what made it decide: Grad-CAM of any of its stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.domains.smears.pictures import preparer
from models.errors import UserError
from models.learn.gradcam import class_maps, randomised
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
    found: dict[str, bool] = {}
    hooks = [looked.part(name).register_forward_hook(_noting(found, name)) for name in looked.stages]
    try:
        with torch.inference_mode():
            place = next(looked.net.parameters()).device
            looked.net.eval()(torch.zeros(1, 3, looked.size, looked.size, device=place))
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(name for name in looked.stages if found.get(name))


def _noting(found: dict[str, bool], name: str) -> Callable[[nn.Module, Any, Any], None]:
    """A hook that notes whether a stage gives a map."""

    def note(_part: nn.Module, _given: Any, out: Any) -> None:
        found[name] = isinstance(out, Tensor) and out.ndim == 4 and min(out.shape[2:]) > 1

    return note


def maps(
    looked: Looked, cells: Bytes, layer: str = "", classes: Sequence[int] | None = None, device: str = "cpu"
) -> Floats:
    """How much each place of crops (n, size, size, 3) speaks for a class, (n, size, size), each with maximum 1.

    layer: one of `layers`, "" for the last. classes: one a crop, the decided one by default. A crop in which
    nothing speaks for its class is 0 all over.
    """
    part = looked.part(layer or layers(looked)[-1])
    net = looked.net.to(device).eval()
    prepare = preparer(augmented=False, finely=looked.finely)
    out = np.zeros(cells.shape[:3], np.float32)
    for start in range(0, len(cells), STEP):
        batch = prepare(torch.from_numpy(np.ascontiguousarray(cells[start : start + STEP])).to(device), False)
        wanted = None if classes is None else torch.tensor(classes[start : start + STEP], device=device)
        out[start : start + STEP] = class_maps(net, part, batch, wanted)
    return out


def check(looked: Looked, cells: Bytes, layer: str = "", device: str = "cpu", draws: int = 3) -> dict[str, float]:
    """Compare the maps with those of the same network with random weights: similarity and passed."""

    def explain(net: nn.Module) -> Floats:
        return maps(replace(looked, net=net), cells, layer, device=device)

    return randomised(explain, looked.net, maps(looked, cells, layer, device=device), draws)
