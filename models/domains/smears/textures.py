"""Grain of many pictures at once: blobs, bright spots, local patterns, pairs of grey levels. Stacks are (n, h, w)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
#: Grey levels that co-occurrences are counted on, between no and this optical density either way.
LEVELS, REACH = 16, 0.8
#: A neighbour counts as higher from this difference on, so that flat ground has no pattern of its noise.
STEP = 0.01
#: Neighbours in a circle.
AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
PAIR_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))


def smooth(values: Floats, sigma: float) -> Floats:
    """Gaussian smoothing of each picture."""
    return np.asarray(ndimage.gaussian_filter(values, (0, sigma, sigma), truncate=3), np.float32)


def blobs(values: Floats, sigma: float) -> Floats:
    """Difference of Gaussians: high on bright spots of about this size."""
    return smooth(values, sigma) - smooth(values, 1.6 * sigma)


def top_hat(values: Floats, radius: int) -> Floats:
    """What stands out brighter and is narrower than 2 · radius + 1 pixels."""
    size = (1, 2 * radius + 1, 2 * radius + 1)
    opened = ndimage.maximum_filter(ndimage.minimum_filter(values, size), size)
    return np.asarray(values - opened, np.float32)


def shifted(values: npt.NDArray[Any], down: int, across: int) -> npt.NDArray[Any]:
    """Each pixel's neighbour at this distance; beyond the border the nearest pixel."""
    height, width = values.shape[1:]
    rows = np.clip(np.arange(height) + down, 0, height - 1)
    columns = np.clip(np.arange(width) + across, 0, width - 1)
    return values[:, rows[:, None], columns[None, :]]


def _uniform() -> npt.NDArray[np.int64]:
    """Pattern of eight neighbours → its number of higher ones where they lie together (0–8), else 9."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    changes = (bits != np.roll(bits, 1, 1)).sum(1)
    return np.where(changes <= 2, bits.sum(1), 9).astype(np.int64)


_PATTERN = _uniform()


def local_patterns(values: Floats, masks: Mask, radius: int) -> Floats:
    """Shares of the ten rotation-free local binary patterns (Ojala et al. 2002), (n, 10)."""
    code = np.zeros(values.shape, np.uint8)
    for bit, (down, across) in enumerate(AROUND):
        higher = shifted(values, down * radius, across * radius) - values > STEP
        code |= higher.astype(np.uint8) << np.uint8(bit)
    return _shares(_PATTERN[code], masks, 10)


def _shares(codes: npt.NDArray[np.int64], masks: Mask, kinds: int) -> Floats:
    """How often each of so many codes is met inside the masks, rows sum to 1."""
    count = len(codes)
    place = np.broadcast_to(np.arange(count)[:, None, None], codes.shape)[masks]
    table = np.bincount(place * kinds + codes[masks], minlength=count * kinds).reshape(count, kinds)
    return np.asarray(table / np.maximum(table.sum(1, keepdims=True), 1), np.float32)


def pairs(values: Floats, masks: Mask, distance: int) -> dict[str, Floats]:
    """Haralick's measures of how grey levels meet at a distance, all directions together, (n,) each."""
    levels = _levels(values)
    count = len(values)
    table = np.zeros((count, LEVELS, LEVELS))
    for down, across in PAIR_DIRECTIONS:
        other = np.asarray(shifted(levels, down * distance, across * distance), np.int64)
        both = masks & np.asarray(shifted(masks, down * distance, across * distance), bool)
        table += _shares(levels * LEVELS + other, both, LEVELS**2).reshape(table.shape)
    table += table.transpose(0, 2, 1)
    table /= np.maximum(table.sum((1, 2), keepdims=True), 1e-12)
    return _haralick(table)


def entropy(values: Floats, masks: Mask) -> Floats:
    """How mixed the grey levels are, (n,)."""
    shares = _shares(_levels(values), masks, LEVELS)
    return np.asarray(-(shares * np.log(shares + 1e-12)).sum(1), np.float32)


def _levels(values: Floats) -> npt.NDArray[np.int64]:
    return np.asarray(np.clip((values + REACH) * (LEVELS / (2 * REACH)), 0, LEVELS - 1), np.int64)


def _haralick(p: npt.NDArray[np.float64]) -> dict[str, Floats]:
    at = np.arange(LEVELS)
    apart = np.abs(at[:, None] - at[None, :])
    mean = (p.sum(2) * at).sum(1)
    spread = (p.sum(2) * at**2).sum(1) - mean**2
    together = (p * np.outer(at, at)).sum((1, 2)) - mean**2
    measures = {
        "contrast": (p * apart**2).sum((1, 2)),
        "difference": (p * apart).sum((1, 2)),
        "evenness": (p / (1 + apart**2)).sum((1, 2)),
        "energy": np.sqrt((p**2).sum((1, 2))),
        "correlation": np.where(spread > 1e-6, together / np.maximum(spread, 1e-6), 1.0),
        "entropy": -(p * np.log(p + 1e-12)).sum((1, 2)),
    }
    return {name: values.astype(np.float32) for name, values in measures.items()}
