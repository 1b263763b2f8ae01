"""Cells as what is more purple than its surroundings inside them: what a parasite is in any laboratory.

Optical density is taken against the cell's own median colour, what is usual around each place is taken off, and of
what is left, how much more of green is missing than of red and blue: light, pallor, folds and ground are gone. It is
kept as bytes: `ZERO` is as purple as its surroundings.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from models.domains.smears.features import Inside, densities
from models.domains.smears.masks import cell_masks, cut_out, disc

Bytes = npt.NDArray[np.uint8]
#: The byte of a place as purple as its surroundings, and bytes to one unit of optical density.
ZERO, STEPS = 64, 160
#: A network gets densities as a multiple, near 1 for a spot.
GAIN = 4.0
#: Cells are cut out so many times as large as they are shown; the border of a cell is found better there.
FINER = 2
#: Neighbours are outside an ellipse of this share of the crop, which holds the box with its margin.
CENTRAL = 0.92
#: Surroundings are a normal distribution of this share of the side.
AROUND = 1 / 12
#: In training this share of the cells is seen through a round window, so that one spot must do.
WINDOWED = 0.6
#: How far densities vary as factors, and each channel by the others.
#: Noise of a camera, in optical density, reaches this.
NOISE = 0.1
WEAK, STRONG, MIXED = 0.4, 1.6, 0.05


def show(crops: Bytes) -> Bytes:
    """Crops (n, 2 s, 2 s, 3) as pictures of what is finer than the cell, (n, s, s, 3)."""
    masks = cell_masks(crops)
    # Where a crop shows its surroundings, a neighbour that touches the cell may belong to its mask.
    masks[~cut_out(crops)] &= disc(crops.shape[1], crops.shape[2], CENTRAL)
    inside = _halved(masks[..., None].astype(np.float32))
    # A place counts where all of it is the cell.
    whole = inside > 0.99
    dark = np.where(whole, _halved(densities(crops, Inside(masks))), np.float32(0))
    spread = (0, AROUND * dark.shape[1], AROUND * dark.shape[2], 0)
    weight = ndimage.gaussian_filter(whole.astype(np.float32), spread)
    usual = ndimage.gaussian_filter(dark, spread) / np.maximum(weight, 1e-3)
    red, green, blue = np.moveaxis(np.where(whole, dark - usual, 0), -1, 0)
    tint = np.stack([green - red, green - blue, green - np.maximum(red, blue)], -1)
    return np.asarray(np.clip(np.rint(ZERO + STEPS * tint), 0, 255), np.uint8)


def _halved(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    count, high, wide, channels = values.shape
    parts = values.reshape(count, high // FINER, FINER, wide // FINER, FINER, channels)
    return np.asarray(parts.mean((2, 4)), np.float32)


def prepare(batch: Tensor, colour: float | None) -> Tensor:
    """Bytes (n, h, w, 3) as a network takes them, (n, 3, h, w), channels last.

    colour: how many times as much strength and hue vary as they do by default, None for no change at all.
    """
    x = (batch.permute(0, 3, 1, 2).float() - ZERO) * (GAIN / STEPS)
    if colour is not None:
        x = vary(x, colour)
    return x.contiguous(memory_format=torch.channels_last)


def vary(x: Tensor, colour: float = 1.0) -> Tensor:
    """Each picture moved, seen in part, stained otherwise, blurred and made noisy by chance."""
    x = _coarser(_stained(_moved(_windowed(x)), min(colour, 3.0)))
    x = x + GAIN * NOISE * torch.randn_like(x) * uniform(x, 0, 1) * uniform(x, 0, 1)
    return _blurred(x, uniform(x, 0, 2.5) * (uniform(x, 0, 1) < 0.6))


def uniform(x: Tensor, low: float, high: float) -> Tensor:
    """One number for each picture, (n, 1, 1, 1)."""
    return low + (high - low) * torch.rand(len(x), 1, 1, 1, device=x.device)


def _windowed(x: Tensor) -> Tensor:
    """Nothing outside a disc somewhere in the cell, in some of them."""
    down = torch.linspace(-1, 1, x.shape[2], device=x.device)[None, None, :, None]
    across = torch.linspace(-1, 1, x.shape[3], device=x.device)[None, None, None, :]
    away = (down - uniform(x, -0.7, 0.7)) ** 2 + (across - uniform(x, -0.7, 0.7)) ** 2
    return x * ((away < uniform(x, 0.25, 0.9) ** 2) | (uniform(x, 0, 1) > WINDOWED))


def _moved(x: Tensor) -> Tensor:
    """Turned any way, mirrored, up to a third smaller or larger, and a little stretched."""
    count = len(x)
    size, stretch = 1 / uniform(x, 0.7, 1.3)[:, 0, 0, 0], torch.exp(uniform(x, -0.12, 0.12))[:, 0, 0, 0]
    angle = uniform(x, -math.pi, math.pi)[:, 0, 0, 0]
    mirror = 1 - 2 * torch.randint(0, 2, (count,), device=x.device)
    shift = 0.16 * (torch.rand(count, 2, device=x.device) - 0.5)
    cosine, sine = torch.cos(angle) * size, torch.sin(angle) * size
    first = torch.stack([cosine * mirror * stretch, -sine * stretch, shift[:, 0]], 1)
    second = torch.stack([sine * mirror / stretch, cosine / stretch, shift[:, 1]], 1)
    grid = functional.affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="zeros", align_corners=False)


def _stained(x: Tensor, colour: float) -> Tensor:
    """Each weaker or stronger, its channels mixed a little."""
    mixed = torch.eye(3, device=x.device) + MIXED * colour * torch.randn(len(x), 3, 3, device=x.device)
    strength = torch.exp(colour**0.5 * uniform(x, math.log(WEAK), math.log(STRONG)))
    return torch.einsum("nij,njhw->nihw", mixed, x).to(x.dtype) * strength


def _coarser(x: Tensor) -> Tensor:
    """Half of the batches as a coarser camera sees them."""
    if torch.rand(()) < 0.5:
        return x
    high, wide = x.shape[2:]
    share = 0.5 + 0.5 * float(torch.rand(()))
    small = functional.interpolate(
        x, (max(int(high * share), 2), max(int(wide * share), 2)), mode="bilinear", antialias=True
    )
    return functional.interpolate(small, (high, wide), mode="bilinear")


def _blurred(x: Tensor, often: Tensor) -> Tensor:
    """Each blurred so many times (n, 1, 1, 1), of up to 3, by the weights 1, 2, 1."""
    line = torch.tensor([0.25, 0.5, 0.25], device=x.device)
    weights = (line[:, None] * line).expand(x.shape[1], 1, 3, 3)
    for number in range(3):
        once = functional.conv2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), weights, groups=x.shape[1])
        x = torch.lerp(x, once.to(x.dtype), (often - number).clamp(0, 1))
    return x
