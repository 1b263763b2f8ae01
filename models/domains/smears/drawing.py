"""Drawn smears: light through stained cells, by the absorption of each, with parasites in some of them.

What a person could tell is written down as one of a few appearances, so that the best possible score is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

STAGES = ("ring", "trophozoite", "schizont", "gametocyte")
HEALTHY = "red blood cell"
#: Radius of a cell in px, mean and spread.
RADIUS, SPREAD = 26.0, 2.5


@dataclass(frozen=True)
class Look:
    """One laboratory: colour of the light, absorption of cells and of parasites, blur in px, noise, vignette."""

    light: tuple[float, float, float]
    cell: tuple[float, float, float]
    parasite: tuple[float, float, float]
    blur: float
    noise: float
    vignette: float


LOOKS = {
    "a": Look((228, 220, 214), (0.16, 0.34, 0.22), (0.85, 1.05, 0.35), 0.9, 3.0, 0.08),
    "b": Look((214, 190, 196), (0.10, 0.40, 0.26), (0.70, 1.00, 0.55), 1.4, 4.0, 0.18),
    "c": Look((205, 222, 226), (0.24, 0.30, 0.16), (1.00, 0.90, 0.30), 1.1, 5.0, 0.05),
    "d": Look((236, 216, 176), (0.12, 0.26, 0.34), (0.75, 0.95, 0.50), 1.9, 3.5, 0.25),
}


@dataclass(frozen=True)
class Cell:
    """A cell to draw: centre, radius, and the appearance of it: healthy, or that of a stage."""

    x: float
    y: float
    radius: float
    appearance: str


def draw_image(
    look: Look, cells: list[Cell], width: int, height: int, contrast: float, rng: np.random.Generator
) -> Pixels:
    """An image of cells, (height, width, 3), in the light of one laboratory, a little other each time."""
    depth = np.zeros((height, width, 3), np.float32)
    shade = rng.normal(1, 0.06, (2, 3)).astype(np.float32)
    for cell in cells:
        _lay(depth, cell, look, contrast, shade, rng)
    return _photograph(look, depth, rng)


def draw_few(side: int = 56) -> Pixels:
    """A cell of each appearance and one healthy more, (6, side, side, 3); the same each time."""
    rng, middle = np.random.default_rng(5), side / 2
    shown = (HEALTHY, STAGES[0], STAGES[2], STAGES[1], HEALTHY, STAGES[3])
    cells = [Cell(middle, middle, 0.42 * side, appearance) for appearance in shown]
    return np.stack([draw_image(LOOKS["a"], [cell], side, side, 1.6, rng) for cell in cells])


def draw_crop(look: Look, appearance: str, contrast: float, shade: Floats, rng: np.random.Generator) -> Pixels:
    """One cell cut out along its edge, black around it, as NIH's crops are."""
    radius = float(rng.normal(RADIUS, SPREAD)) * 1.8
    side = int(2 * radius + 14)
    cell = Cell(side / 2, side / 2, radius, appearance)
    depth = np.zeros((side, side, 3), np.float32)
    edge = _lay(depth, cell, look, contrast, shade, rng)
    pixels = _photograph(look, depth, rng)
    rows, columns = np.flatnonzero(edge.any(axis=1)), np.flatnonzero(edge.any(axis=0))
    pixels[~edge] = 0
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def box_of(cell: Cell, width: int, height: int) -> tuple[int, int, int, int]:
    """The box of a cell as a person draws it, inside the image: left, top, right, bottom."""
    reach = cell.radius * 1.08 + 1
    left, top = max(int(cell.x - reach), 0), max(int(cell.y - reach), 0)
    return left, top, min(int(cell.x + reach) + 1, width), min(int(cell.y + reach) + 1, height)


def _photograph(look: Look, depth: Floats, rng: np.random.Generator) -> Pixels:
    """What a camera sees of stained matter of this depth."""
    from scipy.ndimage import gaussian_filter

    height, width = depth.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    away = (x - rng.uniform(-0.3, 0.3)) ** 2 + (y - rng.uniform(-0.3, 0.3)) ** 2
    light = np.array(look.light) * rng.normal(1, 0.02, 3) * (1 - look.vignette * away)[:, :, None]
    seen = light * np.exp(-depth)
    blurred = gaussian_filter(seen, (look.blur * rng.uniform(0.8, 1.25), look.blur, 0))
    noisy = blurred + rng.normal(0, look.noise, (height, width, 1)) + rng.normal(0, look.noise / 2, seen.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def _lay(
    depth: Floats, cell: Cell, look: Look, contrast: float, shade: Floats, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Add a cell to the depth of an image; returns where it is, in a region of it."""
    reach = int(cell.radius * 1.3) + 2
    height, width = depth.shape[:2]
    top, bottom = max(int(cell.y) - reach, 0), min(int(cell.y) + reach, height)
    left, right = max(int(cell.x) - reach, 0), min(int(cell.x) + reach, width)
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    dx, dy = (x - cell.x) / cell.radius, (y - cell.y) / cell.radius
    angle, away = np.arctan2(dy, dx), np.hypot(dx, dy)
    lobes = 1 + 0.05 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.03 * np.sin(3 * angle + rng.uniform(0, 6))
    inside = np.clip((lobes - away) * cell.radius / 1.5 + 0.5, 0, 1)
    pallor = rng.uniform(0.25, 0.6) * np.exp(-((away / 0.45) ** 2))
    body = inside * (1 - pallor) * rng.normal(1, 0.08)
    part = depth[top:bottom, left:right]
    part += body[:, :, None] * np.array(look.cell, np.float32) * shade[0]
    stain = _parasite(cell.appearance, dx, dy, rng) * np.minimum(inside, 1) * contrast * rng.uniform(0.55, 1.15)
    part += stain[:, :, None] * np.array(look.parasite, np.float32) * shade[1]
    found: npt.NDArray[np.bool_] = inside > 0.5
    return found


def _parasite(appearance: str, dx: Floats, dy: Floats, rng: np.random.Generator) -> Floats:
    """How deep the stain of a parasite is, by what it looks like; dx and dy from the centre of the cell, in radii."""
    if appearance == HEALTHY:
        # Dirt of the stain, fainter and smaller than any parasite.
        dirt = _spot(dx, dy, rng, 0.05, 0.6) * 0.35 if rng.random() < 0.3 else np.zeros_like(dx)
        return np.asarray(dirt, np.float32)
    x, y = rng.uniform(-0.3, 0.3, 2)
    away = np.hypot(dx - x, dy - y)
    if appearance == "ring":
        size = rng.uniform(0.2, 0.3)
        ring = 0.55 * np.exp(-(((away - size) / 0.06) ** 2))
        turn = rng.uniform(0, 2 * np.pi)
        dot = np.exp(-((np.hypot(dx - x - size * np.cos(turn), dy - y - size * np.sin(turn)) / 0.09) ** 2))
        return np.asarray(ring + dot, np.float32)
    if appearance == "trophozoite":
        blob = sum(_spot(dx - x, dy - y, rng, 0.2, 0.22) for _ in range(4))
        return np.asarray(np.minimum(blob, 1.0) * 0.8, np.float32)
    if appearance == "schizont":
        dots = sum(_spot(dx, dy, rng, 0.1, 0.5) for _ in range(int(rng.integers(8, 15))))
        return np.asarray(np.minimum(dots, 1.2) * 0.9, np.float32)
    return np.asarray(0.7 * np.exp(-((away / 0.62) ** 4)) + 0.5 * _spot(dx - x, dy - y, rng, 0.18, 0.2), np.float32)


def _spot(dx: Floats, dy: Floats, rng: np.random.Generator, size: float, reach: float) -> Floats:
    x, y = rng.uniform(-reach, reach, 2)
    return np.asarray(np.exp(-((np.hypot(dx - x, dy - y) / (size * rng.uniform(0.8, 1.2))) ** 2)), np.float32)
