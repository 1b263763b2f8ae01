"""Where in its input a network saw what made it decide: Grad-CAM (Selvaraju et al. 2017), over time or over a picture.

Imports torch; import it inside functions of recipes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.learn.explain import check
from models.learn.nets import shuffled

Floats = npt.NDArray[np.float32]
#: How a map is brought to the size of the input, by its dimensions.
_MODES = {1: "linear", 2: "bilinear"}


def class_maps(
    net: nn.Module, part: nn.Module, batch: Tensor, classes: Tensor | None = None, size: tuple[int, ...] | None = None
) -> Floats:
    """How much each place of a batch (n, c, …) speaks for a class, (n, …), each with maximum 1.

    part: the stage of the network that is looked into; it gives (n, c, …) of its own. classes: one a row, the decided
    ones by default. size: of the maps, that of the input by default. A row in which nothing speaks for its class is 0.
    """
    kept: list[Tensor] = []
    hook = part.register_forward_hook(lambda _part, _given, out: kept.append(out))
    try:
        # Recurrent layers on a GPU have gradients in training mode alone, unless they are computed plainly.
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            scores = net(batch.requires_grad_(batch.is_floating_point()))
            chosen = scores.argmax(1) if classes is None else classes
            slope = torch.autograd.grad(scores.gather(1, chosen[:, None]).sum(), kept[0])[0]
    finally:
        hook.remove()
    with torch.inference_mode():
        places = tuple(range(2, slope.ndim))
        speaks = (kept[0] * slope.mean(places, keepdim=True)).sum(1, keepdim=True).clamp_min(0)
        wanted = size or tuple(batch.shape[2:])
        wide = nn.functional.interpolate(speaks.float(), wanted, mode=_MODES[len(places)], align_corners=False)
        wide = wide / wide.amax(places, keepdim=True).clamp_min(1e-12)
    return np.asarray(wide[:, 0].cpu().numpy(), np.float32)


def mapping_stages(net: nn.Module, stages: Mapping[str, str], probe: Tensor) -> tuple[str, ...]:
    """The stages, by name and path, that give a map of more than one place of such an input (1, c, …), in order."""
    found: dict[str, bool] = {}
    hooks = [net.get_submodule(path).register_forward_hook(_noting(found, name)) for name, path in stages.items()]
    try:
        with torch.inference_mode():
            net.eval()(probe.to(next(net.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(name for name in stages if found.get(name))


def _noting(found: dict[str, bool], name: str) -> Callable[[nn.Module, Any, Any], None]:
    """A hook that notes whether a stage gives a map."""

    def note(_part: nn.Module, _given: Any, out: Any) -> None:
        found[name] = isinstance(out, Tensor) and out.ndim == 4 and min(out.shape[2:]) > 1

    return note


def randomised(
    explain: Callable[[nn.Module], npt.NDArray[Any]], net: nn.Module, shown: npt.NDArray[Any], draws: int = 3
) -> dict[str, float]:
    """Compare what is shown with what the same network with random weights shows (Adebayo et al. 2018): `check`."""
    return check(shown, (explain(shuffled(net, draw)) for draw in range(draws)))
