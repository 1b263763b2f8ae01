"""160 numbers of a cell, all relative to the cell itself, so that stain, light and camera count little.

Optical density is taken against the cell's own median colour; nothing is a colour as the camera gave it.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from models.domains.smears import textures
from models.domains.smears.cells import crops_by_image, drawable
from models.domains.smears.kept import keep
from models.domains.smears.masks import CROSS, cell_masks, shrunk
from models.job import Progress
from models.sample import Samples

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Named = dict[str, npt.NDArray[np.floating]]
#: A cell is looked at with this much around its box, at this size.
MARGIN, SIDE = 0.05, 72
#: Raised whenever a number changes its meaning, so that older ones are made anew.
VERSION = 1
COUNT = 160
#: Densities that a stained spot rises above.
SPOTS = (0.15, 0.3, 0.5)
RINGS = 6
#: Spots and grain are looked for so many pixels inside the border, whose step would count as one.
RIM = 2


def measure(samples: Samples, rows: Index, cache: Path) -> Generator[Progress, None, Floats]:
    """The features of the cells at these rows, (n, 160), NaN where the image cannot be read; kept in the cache."""

    def make(part: Index) -> Floats:
        out = np.full((len(part), COUNT), np.nan, np.float32)
        for places, cells in crops_by_image(samples, part, SIDE, MARGIN):
            out[places] = describe(cells)
        return out

    folder = cache / "smears" / f"features-{VERSION}"
    return (yield from keep(samples, rows, folder, COUNT, make, "Measuring cells"))


def tabulate(samples: Samples, cache: Path) -> Generator[Progress, None, Floats]:
    """The features of all samples, (n, 160), NaN for those without an image."""
    out = np.full((len(samples), COUNT), np.nan, np.float32)
    rows = np.flatnonzero(drawable(samples))
    out[rows] = yield from measure(samples, rows, cache)
    return out


def describe(crops: Bytes) -> Floats:
    """The features of crops (n, h, w, 3), (n, 160), in the order of `names`."""
    return np.stack(list(_measures(crops).values()), 1).astype(np.float32)


def names() -> tuple[str, ...]:
    """What each feature is called."""
    grey = np.full((1, SIDE, SIDE, 3), 128, np.uint8)
    return tuple(_measures(grey))


def _measures(crops: Bytes) -> Named:
    masks = cell_masks(crops)
    inside, inner = Inside(masks), Inside(shrunk(masks, RIM))
    density = densities(crops, inside)
    red, green, blue = (density[..., channel] for channel in range(3))
    found: Named = {}
    for name, values in (("red", red), ("green", green), ("blue", blue)):
        found |= _spread(name, values, inside)
    found |= _colours(crops, inside)
    sums = {"green": green, "red": red, "green_red": green + red, "red_blue": red - blue, "green_blue": green - blue}
    for name, values in sums.items():
        found |= _heights(name, textures.smooth(values, 1), inner)
    found |= _spots(textures.smooth(green, 1), inner.masks)
    for name in ("green", "green_blue"):
        found |= _blobs(name, sums[name], inner)
    found |= _hats(green, inner)
    found |= _grain(green, inner.masks)
    found |= _rings(green, sums["green_blue"], masks)
    found |= _shape(masks)
    return found | _together(density, inside)


class Inside:
    """The pixels of each mask as a sorted row, and moments over them."""

    def __init__(self, masks: Mask) -> None:
        self.masks = masks
        self.count = np.maximum(masks.sum((1, 2)), 1)

    def sort(self, values: Floats) -> Floats:
        """Values inside, ascending; the rest of each row is infinite."""
        rows = np.where(self.masks, values, np.float32(np.inf)).reshape(len(values), -1)
        rows.sort(1)
        return rows

    def level(self, ranked: Floats, share: float) -> Floats:
        """The value that this share of the pixels lies under, (n,)."""
        place = np.rint(share * (self.count - 1)).astype(np.int64)
        return np.asarray(np.nan_to_num(np.take_along_axis(ranked, place[:, None], 1)[:, 0], posinf=0), np.float32)

    def top(self, ranked: Floats, most: int) -> Floats:
        """The mean of the so many highest pixels, (n,)."""
        first = np.maximum(self.count - most, 0)
        place = np.minimum(first[:, None] + np.arange(most), self.count[:, None] - 1)
        return np.asarray(np.nan_to_num(np.take_along_axis(ranked, place, 1).mean(1), posinf=0), np.float32)

    def mean(self, values: Floats) -> Floats:
        return np.asarray(np.where(self.masks, values, 0).sum((1, 2)) / self.count, np.float32)

    def moments(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Standard deviation, skewness and kurtosis, (n,) each."""
        off = np.where(self.masks, values - self.mean(values)[:, None, None], 0)
        square = off * off
        deviation = np.sqrt(square.sum((1, 2)) / self.count)
        scale = np.maximum(deviation, 1e-3)
        third, fourth = ((square * other).sum((1, 2)) / self.count for other in (off, square))
        return deviation, third / scale**3, fourth / scale**4


def densities(crops: Bytes, inside: Inside) -> Floats:
    """−ln of the colour over the cell's median colour, 0 outside the cell, (n, h, w, 3)."""
    light = (crops / np.float32(255) + np.float32(0.02)).astype(np.float32)
    middle = np.stack([inside.level(inside.sort(light[..., channel]), 0.5) for channel in range(3)], 1)
    density = -np.log(light / np.maximum(middle, 0.02)[:, None, None])
    return np.asarray(np.where(inside.masks[..., None], density, 0), np.float32)


def _spread(name: str, values: Floats, inside: Inside) -> Named:
    ranked = inside.sort(values)
    found: Named = {f"{name}_p{share}": inside.level(ranked, share / 100) for share in (5, 25, 75, 95, 99)}
    deviation, skew, tail = inside.moments(values)
    return found | {f"{name}_sd": deviation, f"{name}_skew": skew, f"{name}_kurtosis": tail}


def _colours(crops: Bytes, inside: Inside) -> Named:
    """L*, a* and b* against the cell's median."""
    found: Named = {}
    lab = to_lab(crops)
    for place, name in enumerate("Lab"):
        ranked = inside.sort(lab[..., place])
        middle = inside.level(ranked, 0.5)
        for share in (5, 25, 75, 95):
            found[f"{name}_p{share}"] = inside.level(ranked, share / 100) - middle
        found[f"{name}_sd"] = inside.moments(lab[..., place])[0]
    return found


def _heights(name: str, values: Floats, inside: Inside) -> Named:
    """How high a smoothed density rises, and how much of it is usual."""
    ranked = inside.sort(values)
    middle = inside.level(ranked, 0.5)
    off = inside.sort(np.abs(values - middle[:, None, None]))
    return {
        f"{name}_max": inside.level(ranked, 1),
        f"{name}_top20": inside.top(ranked, 20),
        f"{name}_top100": inside.top(ranked, 100),
        f"{name}_p98": inside.level(ranked, 0.98),
        f"{name}_mad": inside.level(off, 0.5),
    }


def _spots(values: Floats, masks: Mask) -> Named:
    """How many dark spots there are, their area and that of the largest, as shares of the cell."""
    found: Named = {}
    cell = np.maximum(masks.sum((1, 2)), 1)
    for level in SPOTS:
        pieces, count = ndimage.label((values > level) & masks, CROSS)
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
        plane = np.zeros(count + 1, np.int64)
        plane[pieces] = np.arange(len(masks))[:, None, None]
        largest = np.zeros(len(masks))
        np.maximum.at(largest, plane[1:], sizes)
        # Single pixels are noise of the camera.
        found[f"spots_{level}"] = np.log1p(np.bincount(plane[1:][sizes > 2], minlength=len(masks)))
        found[f"spot_area_{level}"] = np.bincount(plane[1:], sizes, len(masks)) / cell
        found[f"spot_largest_{level}"] = largest / cell
    return found


def _blobs(name: str, values: Floats, inside: Inside) -> Named:
    found: Named = {}
    for sigma in (1, 2, 4):
        raised = textures.blobs(values, sigma)
        ranked = inside.sort(raised)
        found[f"{name}_blob{sigma}_max"] = inside.level(ranked, 1)
        found[f"{name}_blob{sigma}_min"] = inside.level(ranked, 0)
        found[f"{name}_blob{sigma}_sd"] = inside.moments(raised)[0]
    return found


def _hats(values: Floats, inside: Inside) -> Named:
    found: Named = {}
    for radius in (1, 2, 4, 7):
        raised = textures.top_hat(values, radius)
        ranked = inside.sort(raised)
        found[f"hat{radius}_max"] = inside.level(ranked, 1)
        found[f"hat{radius}_p98"] = inside.level(ranked, 0.98)
        found[f"hat{radius}_mean"] = inside.mean(raised)
    return found


def _grain(values: Floats, masks: Mask) -> Named:
    found: Named = {}
    for radius in (1, 2):
        shares = textures.local_patterns(textures.smooth(values, 0.7), masks, radius)
        found |= {f"pattern{radius}_{kind}": shares[:, kind] for kind in range(10)}
    for distance in (1, 3):
        found |= {f"pairs{distance}_{name}": part for name, part in textures.pairs(values, masks, distance).items()}
    return found


def _rings(green: Floats, tint: Floats, masks: Mask) -> Named:
    """Mean density in rings from the cell's border to its middle."""
    depth = ndimage.distance_transform_edt(np.pad(masks, ((0, 0), (1, 1), (1, 1))), sampling=(1e6, 1, 1))[:, 1:-1, 1:-1]
    deepest = np.maximum(depth.max((1, 2), keepdims=True), 1e-6)
    ring = np.minimum((depth / deepest * RINGS).astype(np.int64), RINGS - 1)
    place = (np.arange(len(masks))[:, None, None] * RINGS + ring)[masks]
    counts = np.maximum(np.bincount(place, minlength=len(masks) * RINGS), 1)
    found: Named = {}
    for name, values in (("green", green), ("green_blue", tint)):
        means = (np.bincount(place, values[masks], len(masks) * RINGS) / counts).reshape(-1, RINGS)
        found |= {f"{name}_ring{number}": means[:, number] for number in range(RINGS)}
    return found


def _shape(masks: Mask) -> Named:
    """Size in the crop, roundness, and Hu's first two moments of the outline."""
    area = np.maximum(masks.sum((1, 2)), 1).astype(np.float64)
    edge = (masks & ~ndimage.binary_erosion(masks, CROSS)).sum((1, 2))
    high, wide = masks.any(2).sum(1), masks.any(1).sum(1)
    down, across = np.mgrid[: masks.shape[1], : masks.shape[2]].astype(np.float64)
    y, x = (down * masks).sum((1, 2)) / area, (across * masks).sum((1, 2)) / area
    dy, dx = down - y[:, None, None], across - x[:, None, None]
    yy, xx, xy = ((part * masks).sum((1, 2)) / area for part in (dy * dy, dx * dx, dy * dx))
    apart = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    long, short = (xx + yy + apart) / 2, np.maximum((xx + yy - apart) / 2, 1e-6)
    return {
        "area": area / masks[0].size,
        "extent": area / np.maximum(high * wide, 1),
        "aspect": np.minimum(high, wide) / np.maximum(np.maximum(high, wide), 1),
        "elongation": np.sqrt(1 - short / np.maximum(long, 1e-6)),
        "roughness": edge**2 / (4 * np.pi * area),
        "hu1": (xx + yy) / area,
        "hu2": apart**2 / area**2,
    }


def _together(density: Floats, inside: Inside) -> Named:
    """How the channels go together, how mixed the densities are, and how far out the darkest place lies."""
    found: Named = {}
    for first, second, name in ((0, 1, "red_green"), (1, 2, "green_blue"), (0, 2, "red_blue")):
        a, b = (density[..., place] - inside.mean(density[..., place])[:, None, None] for place in (first, second))
        scale = np.sqrt(inside.mean(a * a) * inside.mean(b * b))
        found[f"{name}_correlation"] = inside.mean(a * b) / np.maximum(scale, 1e-5)
    smooth = np.where(inside.masks, textures.smooth(density[..., 1], 2), -np.inf).reshape(len(density), -1)
    top = smooth.argmax(1)
    height, width = density.shape[1:3]
    away = np.hypot(top // width - (height - 1) / 2, top % width - (width - 1) / 2)
    found["darkest_away"] = away / (height / 2)
    tint = textures.smooth(density[..., 1] - density[..., 2], 2).reshape(len(density), -1)
    found["darkest_tint"] = np.take_along_axis(tint, top[:, None], 1)[:, 0]
    found["entropy"] = textures.entropy(density[..., 1], inside.masks)
    return found


def to_lab(crops: Bytes) -> Floats:
    """CIE L*a*b* of sRGB bytes under D65."""
    steps = np.arange(256) / 255
    linear = np.where(steps > 0.04045, ((steps + 0.055) / 1.055) ** 2.4, steps / 12.92).astype(np.float32)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    white = np.array([0.95047, 1.0, 1.08883])
    xyz = linear[crops] @ (to_xyz / white[:, None]).T.astype(np.float32)
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = (bent[..., place] for place in range(3))
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1).astype(np.float32)
