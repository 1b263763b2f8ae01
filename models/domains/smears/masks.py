"""Which pixels of a crop are the cell itself: crops cut out on black, and crops with their surroundings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
#: A pixel is cut away when no channel reaches this, and a crop is cut out when so large a share of it is.
BLACK, CUT = 10, 0.05
#: Under this share of the crop a mask has failed, and a disc stands in for it.
LEAST = 0.05
#: Neighbours within one crop of a stack of them; crops do not touch each other.
CROSS = np.zeros((3, 3, 3), bool)
CROSS[1] = ndimage.generate_binary_structure(2, 1)


def cell_masks(crops: Bytes) -> Mask:
    """The cell in each of (n, h, w, 3) crops, (n, h, w), a little inside its border.

    On black: all that is not black, filled. Else: what is darker in green than its surroundings (Otsu 1979),
    opened and filled, of it the central piece.
    """
    masks = np.zeros(crops.shape[:3], bool)
    if not len(crops):
        return masks
    cut = cut_out(crops)
    if cut.any():
        masks[cut] = _eroded(_filled(crops[cut].max(-1) >= BLACK), 2)
    if not cut.all():
        masks[~cut] = _in_surroundings(crops[~cut, :, :, 1])
    failed = masks.mean((1, 2)) < LEAST
    masks[failed] = disc(*crops.shape[1:3])
    return masks


def shrunk(masks: Mask, times: int) -> Mask:
    """The masks without their outermost pixels; one that would nearly vanish stays as it is."""
    inner = _eroded(masks, times)
    gone = inner.mean((1, 2)) < LEAST
    inner[gone] = masks[gone]
    return inner


def cut_out(crops: Bytes) -> Mask:
    """Whether each of the crops stands on black, (n,)."""
    return np.asarray((crops.max(-1) < BLACK).mean((1, 2)) > CUT, bool)


def otsu(values: Bytes) -> npt.NDArray[np.int64]:
    """The grey value of each picture (n, h, w) that parts it best: darker ones are under or at it, (n,)."""
    count = len(values)
    codes = values.reshape(count, -1).astype(np.int64) + 256 * np.arange(count)[:, None]
    histogram = np.bincount(codes.ravel(), minlength=256 * count).reshape(count, 256).astype(np.float64)
    below = np.cumsum(histogram, 1)
    moment = np.cumsum(histogram * np.arange(256), 1)
    above = below[:, -1:] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (moment / below - (moment[:, -1:] - moment) / above) ** 2
    return np.asarray(np.nan_to_num(apart, nan=0.0).argmax(1), np.int64)


def _in_surroundings(green: Bytes) -> Mask:
    dark = green <= otsu(green)[:, None, None]
    opened = ndimage.binary_dilation(_eroded(dark, 2), CROSS, 2)
    return _eroded(_central(_filled(opened)), 1)


def _central(masks: Mask) -> Mask:
    """Of each mask the piece that has most of the crop's middle."""
    pieces, count = ndimage.label(masks, CROSS)
    height, width = masks.shape[1:]
    middle = np.broadcast_to(disc(height, width, 0.5), masks.shape)
    weight = np.bincount(pieces[middle], minlength=count + 1)
    weight[0] = 0
    plane = np.zeros(count + 1, np.int64)
    place = np.broadcast_to(np.arange(len(masks))[:, None, None], masks.shape)
    plane[pieces] = place
    best = np.full(len(masks), -1)
    order = np.argsort(weight[1:], kind="stable") + 1
    best[plane[order]] = order
    return np.asarray(pieces == best[:, None, None], bool)


def _filled(masks: Mask) -> Mask:
    return np.asarray(ndimage.binary_fill_holes(masks, CROSS), bool)


def _eroded(masks: Mask, times: int) -> Mask:
    return np.asarray(ndimage.binary_erosion(masks, CROSS, times), bool)


def disc(height: int, width: int, share: float = 0.85) -> Mask:
    """A centred ellipse over this share of height and width."""
    down = (np.arange(height) - (height - 1) / 2) / (height * share / 2)
    across = (np.arange(width) - (width - 1) / 2) / (width * share / 2)
    return np.asarray(down[:, None] ** 2 + across[None, :] ** 2 <= 1, bool)
