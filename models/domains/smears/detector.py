"""Cells in an image without boxes: stain against light, threshold, and touching cells parted by their distance.

Classical: no network and no training. How large cells are is estimated from the image itself.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from models.job import Progress
from models.params import Note
from models.payload import PictureReader

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
#: Cells are looked at so large at least, in px across; larger ones are reduced by halves. Sides of a window and a tile.
ENOUGH, WINDOW, TILE = 34, 1600, 1200
#: Blocks to the longer side in which the light is looked for.
BLOCKS = 8
#: Optical depth under which nothing is stained: what differs less from the light is its noise.
FAINT = 0.05
#: Parts of a red cell's area: what is less is debris, what is more is a clump; and the least of a cell's nucleus.
LEAST, MOST, NUCLEUS = 0.3, 4.5, 0.2
#: A share of the image under which what is dark are nuclei, not cells.
FEW = 0.12
#: Of two kinds, so much of the variance lies between them.
TWO = 0.8
#: The nucleus of a white cell takes so much more red light than red cells do; cytoplasm around it, in diameters.
DARKER, AROUND = 2.6, 0.16


@dataclass(frozen=True)
class DetectorParams:
    """What a person may tell of the cells."""

    diameter: Annotated[
        float, Note("Diameter of a red cell; 0 estimates it from the image", low=0, high=5000, unit="px")
    ] = 0.0
    strength: Annotated[
        float, Note("How much stain makes a cell: under 1 finds paler ones, over 1 only strong ones", low=0.2, high=3)
    ] = 1.0
    parting: Annotated[
        float, Note("How deep the waist between two cells must be, as a share of a radius", low=0.005, high=1)
    ] = 0.03
    margin: Annotated[float, Note("Room of a box around its cell, as a share of a diameter", low=0, high=0.5)] = 0.03
    border: Annotated[bool, Note("Also cells that the border of the image cuts")] = False


@dataclass(frozen=True)
class Detected:
    """Boxes (n, 4), left, top, right, bottom in pixels of the image; how sure each is, 0 to 1, and whether it is a
    white cell, (n,). diameter: of a red cell, in pixels, 0 where there are none."""

    boxes: Floats
    scores: Floats
    white: Mask
    diameter: float


NOTHING = Detected(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, bool), 0.0)


def detect(reader: PictureReader, params: DetectorParams | None = None) -> Generator[Progress, None, Detected]:
    """The cells of an image of any size, looked at in tiles. Raises what the reader raises."""
    asked = params or DetectorParams()
    diameter = asked.diameter or estimate(_middle(reader), asked.strength)
    if not diameter:
        return NOTHING
    scale = 1
    while diameter / (scale * 2) >= ENOUGH:
        scale *= 2
    found: list[Detected] = []
    tiles = list(_tiles(reader, scale, diameter))
    for number, (core, room) in enumerate(tiles):
        yield Progress(number, len(tiles), "Finding cells")
        pixels = reader.read(*room, scale)
        if pixels.size:
            part = find_cells(pixels, diameter / scale, asked)
            found.append(_inside(_placed(part, scale, room), core))
    return _whole(reader, found, replace(asked, diameter=diameter))


def _middle(reader: PictureReader) -> npt.NDArray[np.uint8]:
    """A window of the image that tells how large its cells are."""
    left, top = (max((side - WINDOW) // 2, 0) for side in (reader.width, reader.height))
    return reader.read(left, top, min(left + WINDOW, reader.width), min(top + WINDOW, reader.height), 1)


def _tiles(reader: PictureReader, scale: int, diameter: float) -> Iterator[tuple[Any, tuple[int, int, int, int]]]:
    """Tiles of the image: which centres are of each, and what is read for it, so much more that none is cut."""
    step, more = TILE * scale, int(np.ceil(2 * diameter / scale)) * scale
    for top in range(0, reader.height, step):
        for left in range(0, reader.width, step):
            right, bottom = min(left + step, reader.width), min(top + step, reader.height)
            room = (
                max(left - more, 0),
                max(top - more, 0),
                min(right + more, reader.width),
                min(bottom + more, reader.height),
            )
            yield (left, top, right, bottom), room


def _placed(part: Detected, scale: int, room: tuple[int, int, int, int]) -> Detected:
    shift = np.array([room[0], room[1]] * 2, np.float32)
    return replace(part, boxes=part.boxes * scale + shift)


def _inside(part: Detected, core: tuple[int, int, int, int]) -> Detected:
    """Those whose centre lies in the tile, so that none is found twice."""
    x, y = (part.boxes[:, :2] + part.boxes[:, 2:]).T / 2
    keep: Mask = np.asarray((x >= core[0]) & (x < core[2]) & (y >= core[1]) & (y < core[3]), bool)
    return _chosen(part, keep)


def _chosen(part: Detected, keep: Mask) -> Detected:
    return replace(part, boxes=part.boxes[keep], scores=part.scores[keep], white=part.white[keep])


def _whole(reader: PictureReader, parts: list[Detected], asked: DetectorParams) -> Detected:
    """All tiles together, cut at the border of the image, from top to bottom."""
    joined = Detected(
        np.concatenate([NOTHING.boxes, *(part.boxes for part in parts)]),
        np.concatenate([NOTHING.scores, *(part.scores for part in parts)]),
        np.concatenate([NOTHING.white, *(part.white for part in parts)]),
        asked.diameter,
    )
    boxes, near = joined.boxes, 0.02 * asked.diameter
    sides = np.array([reader.width, reader.height], np.float32)
    cut = (boxes[:, :2] <= near).any(1) | (boxes[:, 2:] >= sides - near).any(1)
    room = asked.margin * asked.diameter
    grown = np.concatenate([np.maximum(boxes[:, :2] - room, 0), np.minimum(boxes[:, 2:] + room, sides)], 1)
    kept = _chosen(replace(joined, boxes=np.round(grown)), np.asarray(~cut | asked.border, bool))
    order = np.lexsort([kept.boxes[:, 0], kept.boxes[:, 1] // max(asked.diameter, 1)])
    return replace(kept, boxes=kept.boxes[order], scores=kept.scores[order], white=kept.white[order])


# One piece of an image


def stain(pixels: npt.NDArray[np.uint8]) -> Floats:
    """Optical depth of each channel, (h, w, 3): what is taken of the light, which may fall unevenly."""
    values = pixels.astype(np.float32) + 1
    high, wide = values.shape[:2]
    rows, columns = (max(1, round(BLOCKS * side / max(high, wide))) for side in (high, wide))
    bright = np.empty((rows, columns, 3), np.float64)
    for row in range(rows):
        for column in range(columns):
            down = slice(row * high // rows, (row + 1) * high // rows)
            across = slice(column * wide // columns, (column + 1) * wide // columns)
            bright[row, column] = np.percentile(values[down, across].reshape(-1, 3)[::5], 93, axis=0)
    light = _light(np.log(bright), high, wide)
    return np.asarray(np.maximum(light - np.log(values), 0), np.float32)


def _light(bright: npt.NDArray[np.float64], high: int, wide: int) -> Floats:
    """A smooth surface through the brightest of each block, (high, wide, 3), above those that are full of cells."""
    rows, columns = bright.shape[:2]
    terms = _terms((np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns).reshape(rows * columns, -1)
    out = np.empty((high, wide, 3), np.float32)
    shape = _terms((np.arange(high) + 0.5) / high, (np.arange(wide) + 0.5) / wide)
    for channel in range(3):
        told, weight = bright[..., channel].ravel(), np.ones(rows * columns)
        for _ in range(6):
            # A slight pull to an even light keeps few blocks from bending it.
            pull = np.diag([0.0, *[0.05] * (terms.shape[1] - 1)])
            square = (terms * weight[:, None]).T @ terms + pull
            found = np.linalg.solve(square, (terms * weight[:, None]).T @ told)
            weight = np.where(told - terms @ found < -0.03, 0.05, 1.0)
        out[..., channel] = shape @ found
    return out


def _terms(down: npt.NDArray[np.float64], across: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Polynomials of the second degree over a grid of places, (rows, columns, 6)."""
    y, x = np.meshgrid(2 * down - 1, 2 * across - 1, indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)


def estimate(pixels: npt.NDArray[np.uint8], strength: float = 1.0) -> float:
    """The diameter of a red cell in pixels: the usual size of discs that fit into what is stained; 0 for none."""
    half = 1
    while max(pixels.shape[:2]) / half > WINDOW / 2:
        half *= 2
    small = pixels[: pixels.shape[0] // half * half, : pixels.shape[1] // half * half]
    small = small.reshape(small.shape[0] // half, half, -1, half, 3).mean((1, 3))
    mask = _clear(_filled(_stained(stain(small.astype(np.uint8))[..., 1], strength), np.inf))
    distance = _distance(mask, 8)
    peaks = np.flatnonzero((ndimage.maximum_filter(distance, 9) == distance) & (distance > 3))
    if not len(peaks):
        return 0.0
    # Each disc weighs as much as its area: dust is much in number and little in area.
    radii = np.sort(distance.ravel()[peaks])
    weight = np.cumsum(radii**2)
    radius = float(radii[np.searchsorted(weight, weight[-1] / 2)])
    alone = _alone(mask, radius)
    return half * (float(np.median(alone)) if len(alone) >= 4 else 2.12 * radius)


def _clear(mask: Mask) -> Mask:
    """Without the pieces at the border, such as dark corners, where enough others are left."""
    pieces, count = ndimage.label(mask)
    rim = np.unique(np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]]))
    inner = mask & ~np.isin(pieces, rim)
    return inner if count and inner.sum() > 0.15 * mask.sum() else mask


def _alone(mask: Mask, radius: float) -> Floats:
    """Diameters of the cells that touch nothing, among pieces whose size may be right."""
    from skimage.measure import regionprops

    pieces, _ = ndimage.label(mask)
    high, wide = mask.shape
    found = []
    for part in regionprops(pieces):
        top, left, bottom, right = part.bbox
        whole = top > 0 and left > 0 and bottom < high and right < wide
        across = float(part.equivalent_diameter_area)
        if whole and 1.6 * radius <= across <= 3 * radius and part.solidity > 0.92 and part.eccentricity < 0.85:
            found.append(across)
    return np.array(found, np.float32)


def _stained(depth: Floats, strength: float) -> Mask:
    """Where there is stain rather than light."""
    from skimage.filters import threshold_otsu

    smooth = ndimage.gaussian_filter(depth, 1.0)
    parts = float(threshold_otsu(np.minimum(smooth, np.percentile(smooth, 99))))
    paler = smooth[smooth <= parts]
    if len(paler) > (1 - FEW) * smooth.size and float(np.ptp(paler)) > FAINT:
        # So few are the darkest: where the paler fall into two kinds, these are nuclei and the cells are among those.
        second = float(threshold_otsu(paler))
        if _apart(paler, second) > TWO:
            parts = second
    return np.asarray(smooth > max(0.75 * parts, FAINT) * strength, bool)


def _apart(values: Floats, threshold: float) -> float:
    """The share of the variance that lies between both sides of a threshold: .64 of one bell, 1 of two points."""
    over = values > threshold
    share = float(over.mean())
    if not 0 < share < 1:
        return 0.0
    gap = float(values[over].mean() - values[~over].mean())
    return share * (1 - share) * gap**2 / max(float(values.var()), 1e-12)


def _filled(mask: Mask, most: float) -> Mask:
    """Pale middles of cells are cell; gaps between cells, which are not round or larger than `most`, are not."""
    from skimage.measure import regionprops

    holes, _ = ndimage.label(~mask)
    high, wide = mask.shape
    out = mask.copy()
    for part in regionprops(holes):
        top, left, bottom, right = part.bbox
        if top == 0 or left == 0 or bottom == high or right == wide or part.area > most:
            continue
        if part.area < 12 or part.solidity > 0.85:
            out[top:bottom, left:right] |= part.image
    return out


def _distance(mask: Mask, pad: int) -> Floats:
    """How far each pixel is from what is not stained; beyond the border cells go on."""
    wide = np.pad(mask, pad, mode="edge")
    found = ndimage.distance_transform_edt(wide)[pad:-pad, pad:-pad]
    return np.asarray(ndimage.gaussian_filter(found, 1.0), np.float32)


def find_cells(pixels: npt.NDArray[np.uint8], diameter: float, asked: DetectorParams) -> Detected:
    """The cells of one piece, which may touch its border, in boxes without room around them."""
    from skimage.measure import regionprops
    from skimage.morphology import disk

    depth, area = stain(pixels), np.pi * diameter**2 / 4
    mask = _filled(_stained(depth[..., 1], asked.strength), 0.4 * area)
    mask = ndimage.binary_opening(mask, disk(max(1, round(diameter * 0.04))))
    nuclei = _nuclei(depth[..., 0], mask, area)
    reach = AROUND * diameter
    white = [(left - reach, top - reach, right + reach, bottom + reach) for left, top, right, bottom in nuclei]
    red, scores = [], []
    for part in regionprops(_parted(mask, diameter, asked.parting)):
        top, left, bottom, right = part.bbox
        y, x = part.centroid
        if not LEAST * area <= part.area <= MOST * area:
            continue
        if any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in nuclei):
            continue
        red.append((left, top, right, bottom))
        scores.append(float(part.solidity) * min(1.0, float(part.area) / area, 2 * area / float(part.area)))
    boxes = np.array([*red, *white], np.float32).reshape(-1, 4)
    high, wide = mask.shape
    boxes = np.clip(boxes, 0, np.array([wide, high, wide, high], np.float32))
    told = np.array([*scores, *[1.0] * len(white)], np.float32)
    return Detected(boxes, told, np.arange(len(boxes)) >= len(red), diameter)


def _parted(mask: Mask, diameter: float, parting: float) -> npt.NDArray[np.int32]:
    """Pieces parted where they have a waist, each with its number."""
    from skimage.morphology import h_maxima
    from skimage.segmentation import watershed

    distance = _distance(mask, int(diameter))
    distance = ndimage.gaussian_filter(distance, 0.04 * diameter)
    seeds, _ = ndimage.label(h_maxima(distance, parting * diameter / 2), np.ones((3, 3)))
    return np.asarray(watershed(-distance, seeds, mask=mask), np.int32)


def _nuclei(depth: Floats, mask: Mask, area: float) -> list[tuple[int, int, int, int]]:
    """Boxes of what takes far more red light than the cells do, and is large: nuclei of white cells, lobes together."""
    if not mask.any():
        return []
    smooth = ndimage.gaussian_filter(depth, 1.5)
    dark = smooth > max(DARKER * float(np.median(smooth[mask])), 4 * FAINT)
    # Lobes of one nucleus stand near each other.
    reach = max(1, round(0.06 * np.sqrt(area)))
    pieces, _ = ndimage.label(ndimage.binary_dilation(ndimage.binary_opening(dark, iterations=2), iterations=reach))
    sizes = ndimage.sum_labels(dark, pieces, np.arange(1, int(pieces.max()) + 1))
    found = []
    for size, place in zip(np.atleast_1d(sizes), ndimage.find_objects(pieces), strict=True):
        if size >= NUCLEUS * area:
            down, across = place
            found.append((across.start + reach, down.start + reach, across.stop - reach, down.stop - reach))
    return found
