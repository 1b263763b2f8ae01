"""What each value of its input adds to a network's answer: integrated gradients (Sundararajan, Taly & Yan 2017).

The gradient is integrated along the straight way from nothing to the input, so that what all values add sums to the
answer for the input less the answer for nothing ("completeness"). How far a finite sum is off is told with it.
Imports torch; import it inside functions of recipes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Floats = npt.NDArray[np.float32]
#: Places on the way at which the gradient is taken, and how many of them in one go.
NODES, TOGETHER = 64, 16


class Answer(Protocol):
    """What a network says of scaled copies (m, …) of the input at a place, (m,)."""

    def __call__(self, copies: Tensor, place: int) -> Tensor: ...


def integrated(answer: Answer, x: Tensor, nodes: int = NODES) -> tuple[Floats, npt.NDArray[np.float64]]:
    """What each value of some inputs (n, …) adds to the answer for them, against zeros; and how far each sum is off.

    answer(copies, place): the answer for scaled copies (m, …) of the input at that place, (m,).
    off (n,): the sum less what it should be, as a share of that.
    """
    places, weights = (torch.as_tensor(part, dtype=x.dtype, device=x.device) for part in _rule(nodes))
    values, off = [], []
    # Recurrent layers on a GPU have gradients in training mode alone, unless they are computed plainly.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        for place, one in enumerate(x):
            own = partial(answer, place=place)
            added = one * _mean_slope(own, one, places, weights)
            ends = own(torch.stack([torch.zeros_like(one), one])).detach()
            rise = float(ends[1] - ends[0])
            values.append(added.float().cpu().numpy())
            off.append((float(added.sum()) - rise) / max(abs(rise), 1e-6))
    shape = tuple(x.shape)
    return np.asarray(np.stack(values) if values else np.zeros(shape), np.float32), np.asarray(off, np.float64)


def _mean_slope(answer: Callable[..., Tensor], one: Tensor, places: Tensor, weights: Tensor) -> Tensor:
    """The gradient of the answer, averaged along the way to an input."""
    total = torch.zeros_like(one)
    for start in range(0, len(places), TOGETHER):
        here = slice(start, start + TOGETHER)
        steps = [-1, *[1] * one.ndim]
        batch = (places[here].reshape(steps) * one).detach().requires_grad_(True)
        slope = torch.autograd.grad(answer(batch).sum(), batch)[0]
        total += (weights[here].reshape(steps) * slope).sum(0)
    return total


def _rule(nodes: int) -> tuple[Any, Any]:
    """Places between 0 and 1 and their weights: those of Gauss and Legendre, exact for smooth ways."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    return (places + 1) / 2, weights / 2
