"""Where in a picture a network saw what made it decide: Grad-CAM (Selvaraju et al. 2017), of any of its stages."""

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
from models.learn import explain
from models.learn.nets import shuffled
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
        out[start : start + STEP] = _maps(net, part, batch, wanted)
    return out


def _maps(net: nn.Module, part: nn.Module, batch: Tensor, wanted: Tensor | None) -> Floats:
    kept: list[Tensor] = []
    hook = part.register_forward_hook(lambda _part, _given, out: kept.append(out))
    try:
        with torch.enable_grad():
            scores = net(batch.requires_grad_(True))
            chosen = scores.argmax(1) if wanted is None else wanted
            slope = torch.autograd.grad(scores.gather(1, chosen[:, None]).sum(), kept[0])[0]
    finally:
        hook.remove()
    with torch.inference_mode():
        speaks = (kept[0] * slope.mean((2, 3), keepdim=True)).sum(1, keepdim=True).clamp_min(0)
        wide = nn.functional.interpolate(speaks.float(), batch.shape[2:], mode="bilinear", align_corners=False)
        wide = wide / wide.amax((2, 3), keepdim=True).clamp_min(1e-12)
    return np.asarray(wide[:, 0].cpu().numpy(), np.float32)


def check(looked: Looked, cells: Bytes, layer: str = "", device: str = "cpu", draws: int = 3) -> dict[str, float]:
    """Compare the maps with those of the same network with random weights (Adebayo et al. 2018): similarity, passed."""
    others = (replace(looked, net=shuffled(looked.net, draw)) for draw in range(draws))
    shown = maps(looked, cells, layer, device=device)
    return explain.check(shown, (maps(other, cells, layer, device=device) for other in others))
