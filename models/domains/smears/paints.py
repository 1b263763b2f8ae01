"""Pictures of cells as another light, stain or camera would show them: without their ground, brought to a source.

A painting is a text that travels with a sample as an inner column, so that whatever cuts the cell out paints it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.domains.smears.cells import PAINT
from models.domains.smears.features import to_lab
from models.domains.smears.masks import BLACK, cell_masks
from models.sample import Samples

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
MASKED, LIT, REINHARD, MACENKO = "masked", "lit", "reinhard", "macenko"
#: Pixels under this optical density are no stain; directions of stain lie inside these percentiles.
CLEAR, EDGES = 0.15, (1.0, 99.0)
#: Pixels that the statistics of a source are taken from.
MOST = 200_000
#: How strong each stain is, is told by this percentile.
STRONG = 99.0


def painted(samples: Samples, painting: dict[str, Any]) -> Samples:
    """The same samples, whose cells are painted so whenever they are cut out."""
    words = pa.array([json.dumps(painting)] * len(samples), pa.string())
    return Samples(samples.table.append_column(PAINT, words), samples.sources)


def paint(cells: Bytes, text: str) -> Bytes:
    """Cells (n, h, w, 3) under a painting; `black`: what is not the cell as if it was cut out."""
    told = json.loads(text)
    kind, black = told["kind"], told.get("black", False)
    if kind == MASKED:
        return cut_out(cells) if black else without_ground(cells)
    if kind == LIT:
        return evenly_lit(cells)
    masks = cell_masks(cells)
    if kind == REINHARD:
        new = _to_rgb(_moved(to_lab(cells), told["here"], told["there"]))
    else:
        new = _restained(cells, told["here"], told["there"])
    return _blackened(new, masks) if black else _inside(cells, masks, new)


def without_ground(cells: Bytes) -> Bytes:
    """What is not the cell in the cell's own mean colour, so that it tells nothing."""
    inside = cell_masks(cells)[..., None]
    mean = (cells * inside).sum((1, 2), keepdims=True) / np.maximum(inside.sum((1, 2), keepdims=True), 1)
    return np.where(inside, cells, mean).astype(np.uint8)


def cut_out(cells: Bytes) -> Bytes:
    """What is not the cell in black, so that who looks for the cell finds it again."""
    return _blackened(cells, cell_masks(cells))


def _blackened(cells: Bytes, masks: npt.NDArray[np.bool_]) -> Bytes:
    # Inside, nothing is so dark that it counts as cut away.
    return np.where(masks[..., None], np.maximum(cells, BLACK), 0).astype(np.uint8)


def evenly_lit(cells: Bytes) -> Bytes:
    """Each cell's slope of light taken out, and its channels brought to one brightness (grey world)."""
    masks = cell_masks(cells)
    high, wide = cells.shape[1:3]
    down, across = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    terms = np.stack([np.ones_like(down), down, across], -1)
    out = np.empty_like(cells)
    for place, cell in enumerate(cells.astype(np.float64)):
        inside = masks[place]
        slope = np.linalg.lstsq(terms[inside], np.log1p(cell[inside]), rcond=None)[0]
        flat = np.log1p(cell) - terms[..., 1:] @ slope[1:]
        colour = np.expm1(flat)
        gain = 150 / np.maximum(colour[inside].mean(0), 1)
        out[place] = np.clip(colour * gain, 0, 255)
    return out


def look_of(cells: Bytes, kind: str) -> list[list[float]]:
    """What a source looks like: mean and spread in L*a*b* (Reinhard 2001), or its two stains (Macenko 2009)."""
    masks = cell_masks(cells)
    if kind == REINHARD:
        values = to_lab(cells)[masks].astype(np.float64)
        return [values.mean(0).tolist(), np.maximum(values.std(0), 1e-3).tolist()]
    density = _density(cells[masks])
    step = max(len(density) // MOST, 1)
    found: list[list[float]] = _stains(density[::step]).tolist()
    return found


def _inside(cells: Bytes, masks: npt.NDArray[np.bool_], new: Bytes) -> Bytes:
    """The new colours inside the cells, and their mean around them."""
    return without_ground(np.where(masks[..., None], new, cells).astype(np.uint8))


def _moved(lab: Floats, here: Sequence[Any], there: Sequence[Any]) -> Floats:
    (mean, spread), (other, wanted) = (np.asarray(part, np.float32) for part in (here, there))
    return np.asarray((lab - mean) / spread * wanted + other, np.float32)


def _density(pixels: Bytes) -> Numbers:
    return -np.log((pixels.astype(np.float64) + 1) / 256)


def _stains(density: Numbers) -> Numbers:
    """Three rows: the directions of two stains in optical density, and how strong each is, (3, 3) with a 0."""
    seen = density[(density > CLEAR).all(1)]
    if len(seen) < 100:
        seen = density
    _, axes = np.linalg.eigh(np.cov(seen.T))
    plane = axes[:, [2, 1]] * np.where(axes[:, [2, 1]].sum(0) < 0, -1, 1)
    angles = np.arctan2(*(seen @ plane).T[::-1])
    ends = [plane @ np.array([np.cos(angle), np.sin(angle)]) for angle in np.percentile(angles, EDGES)]
    # The one that takes more red is first, in each source.
    stains = np.array(sorted(ends, key=lambda end: -float(end[0])))
    stains /= np.linalg.norm(stains, axis=1, keepdims=True)
    strengths = np.percentile(seen @ np.linalg.pinv(stains), STRONG, axis=0)
    return np.vstack([stains, [*np.maximum(strengths, 1e-3), 0.0]])


def _restained(cells: Bytes, here: Sequence[Any], there: Sequence[Any]) -> Bytes:
    own, other = np.asarray(here), np.asarray(there)
    amounts = _density(cells) @ np.linalg.pinv(own[:2]) * (other[2, :2] / own[2, :2])
    return np.asarray(np.clip(256 * np.exp(-(amounts @ other[:2])) - 1, 0, 255), np.uint8)


def _to_rgb(lab: Floats) -> Bytes:
    """sRGB bytes of CIE L*a*b* under D65."""
    from skimage.color import lab2rgb

    held = np.stack([np.clip(lab[..., 0], 0, 100), lab[..., 1], lab[..., 2]], -1)
    return np.asarray(np.clip(lab2rgb(held) * 255 + 0.5, 0, 255), np.uint8)
