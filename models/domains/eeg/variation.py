"""Windows and their pictures changed at random while a network learns. Imports torch.

No class has a side: a pattern on the left is of the same class as its mirror image on the right, so that a flip changes
no class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from models.domains.eeg.constants import CHANNELS, REGIONS

Prepare = Callable[[Tensor, bool], Tensor]
Mix = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
#: What mirrors each electrode and each region.
_MIRRORED = {
    "Fp1": "Fp2", "F3": "F4", "C3": "C4", "P3": "P4", "F7": "F8", "T3": "T4", "T5": "T6", "O1": "O2",
    "LL": "RL", "LP": "RP",
}  # fmt: skip
_OTHER = _MIRRORED | {right: left for left, right in _MIRRORED.items()}
ELECTRODES, QUARTERS = (
    [names.index(_OTHER.get(name, name)) for name in names] for names in (list(CHANNELS), list(REGIONS))
)
#: How alike both shares of a mix are: the parameter of the beta distribution that they are drawn from.
_EVEN = 0.4


def windows(params: Any) -> Prepare:
    """How EEG (n, 20, t) is changed in training: mirrored, moved in time."""

    def prepare(x: Tensor, training: bool) -> Tensor:
        if not training:
            return x
        x = _mirror(x, torch.tensor(ELECTRODES, device=x.device)) if params.flip else x
        return _moved(x, round(params.shift * params.rate))

    return prepare


def pictures(params: Any) -> Prepare:
    """How pictures (n, 3, s, s), a quarter of the rows a region, are changed in training: mirrored, moved, dimmed."""

    def prepare(x: Tensor, training: bool) -> Tensor:
        if not training:
            return x
        count, channels, height, width = x.shape
        parts = x.reshape(count, channels, len(REGIONS), height // len(REGIONS), width).transpose(1, 2)
        parts = _mirror(parts, torch.tensor(QUARTERS, device=x.device)) if params.flip else parts
        if params.channel_drop:
            kept = torch.rand(count, len(REGIONS), 1, 1, 1, device=x.device) >= params.channel_drop
            parts = parts * kept.to(parts.dtype)
        # The middle of a picture of 50 s moves as far as that of the EEG would.
        return _moved(parts.transpose(1, 2).reshape(x.shape), round(params.shift / 50 * width))

    return prepare


def _mirror(x: Tensor, order: Tensor) -> Tensor:
    """Half of the rows with their second axis in this order."""
    chosen = torch.rand(len(x), device=x.device) < 0.5
    return torch.where(chosen.view(-1, *[1] * (x.ndim - 1)), x[:, order], x)


def _moved(x: Tensor, most: int) -> Tensor:
    """Each row moved along its last axis by up to so many places; what leaves on one side comes in on the other."""
    if not most:
        return x
    length = x.shape[-1]
    by = torch.randint(-most, most + 1, (len(x),), device=x.device)
    places = (torch.arange(length, device=x.device)[None] + by[:, None]) % length
    return torch.gather(x, -1, places.view(len(x), *[1] * (x.ndim - 2), length).expand(x.shape))


def mixing(rule: str, often: float = 0.5) -> Mix | None:
    """How windows of one class are joined: "mixup" adds two, "cutmix" takes a stretch of time of another; or not."""
    if rule == "none":
        return None

    def mix(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        other = partners(y)
        share = torch.distributions.Beta(_EVEN, _EVEN).sample((len(y),)).to(x.device)
        share = torch.maximum(share, 1 - share)
        share = torch.where(torch.rand(len(y), device=x.device) < often, share, torch.ones_like(share))
        wide = share.view(-1, *[1] * (x.ndim - 1))
        if rule == "mixup":
            kind = x.dtype
            mixed = (wide * x.float() + (1 - wide) * x[other].float()).to(kind)
        else:
            mixed, share = _cut(x, x[other], share)
        return mixed, share[:, None] * y + (1 - share[:, None]) * y[other]

    return mix


def partners(y: Tensor) -> Tensor:
    """For each row of targets (n, k) another one of the same class, or itself."""
    codes = y.argmax(1)
    order = torch.argsort(codes, stable=True)
    drawn = torch.argsort(codes + 0.5 * torch.rand(len(y), device=y.device))
    other = torch.empty_like(order)
    other[order] = drawn
    return other


def _cut(x: Tensor, other: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Rows with a stretch of 1 − share of the other's last axis, and the shares that they kept."""
    length = x.shape[-1]
    size = ((1 - share) * length).round()
    start = (torch.rand(len(x), device=x.device) * (length - size)).floor()
    place = torch.arange(length, device=x.device)[None]
    inside = (place >= start[:, None]) & (place < (start + size)[:, None])
    shaped = inside.view(len(x), *[1] * (x.ndim - 2), length)
    return torch.where(shaped, other, x), 1 - inside.float().mean(1)
