"""Where in its input a network saw what made it decide: Grad-CAM (Selvaraju et al. 2017), over time or over a picture.

Imports torch; import it inside functions of recipes.
"""

from __future__ import annotations

from collections.abc import Callable
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


def randomised(
    explain: Callable[[nn.Module], npt.NDArray[Any]], net: nn.Module, shown: npt.NDArray[Any], draws: int = 3
) -> dict[str, float]:
    """Compare what is shown with what the same network with random weights shows (Adebayo et al. 2018).

    similarity: mean rank correlation of both, NaN where nothing is shown; passed: 1 when it is under one half, so that
    the explanation depends on what was learnt.
    """
    return check(shown, (explain(shuffled(net, draw)) for draw in range(draws)))
