"""Cells drawn for tests: pink discs, the infected ones with a dark purple spot, on white or cut out on black."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.domain import Found, Task
from models.domains.smears.recipes import RECIPES
from models.params import build
from models.sample import Samples

CLASSES = ("uninfected", "infected")
GROUND, CELL, SPOT = (240, 238, 235), (225, 160, 175), (90, 40, 130)


def cell(infected: bool, rng: np.random.Generator, side: int = 72, black: bool = False) -> npt.NDArray[np.uint8]:
    """One cell, (side, side, 3), with a little noise."""
    down, across = np.mgrid[:side, :side] / side - 0.5
    picture = np.empty((side, side, 3))
    picture[:] = (0, 0, 0) if black else GROUND
    disc = down**2 + across**2 < rng.uniform(0.4, 0.46) ** 2
    picture[disc] = CELL
    if infected:
        y, x = rng.uniform(-0.15, 0.15, 2)
        picture[disc & ((down - y) ** 2 + (across - x) ** 2 < rng.uniform(0.07, 0.1) ** 2)] = SPOT
    noisy = picture + rng.normal(0, 3, picture.shape) * (disc[..., None] if black else 1)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def drawn(count: int, seed: int = 0, black: bool = False) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """So many cells and the class of each, every other one infected."""
    rng = np.random.default_rng(seed)
    codes = np.arange(count) % 2
    return np.stack([cell(bool(code), rng, black=black) for code in codes]), codes.astype(np.int64)


def slide(folder: Path, count: int = 48, seed: int = 0) -> tuple[Samples, npt.NDArray[np.int64]]:
    """Cells in boxes of images with twelve each, and one more whose image is not there; classes 0 and 1."""
    cells, codes = drawn(count, seed)
    names, boxes, groups = [], [], []
    for first in range(0, count, 12):
        name = f"image{first // 12}.png"
        whole = np.concatenate(
            [np.pad(part, ((6, 6), (6, 6), (0, 0)), "edge") for part in cells[first : first + 12]], 1
        )
        Image.fromarray(whole).save(folder / name)
        for place in range(len(cells[first : first + 12])):
            names.append(name)
            boxes.append(f"{6 + 84 * place},6,{78 + 84 * place},78")
            groups.append(name)
    names.append("gone.png")
    boxes.append("0,0,9,9")
    groups.append("gone.png")
    keys = [f"{name}#{place}" for place, name in enumerate(names)]
    found = Found(folder / "list.json", "list.json", keys, groups, columns={"_image": names, "_box": boxes})
    return found.addresses(), np.append(codes, 0)


def task(samples: Samples, codes: npt.NDArray[np.int64], folder: Path, recipe: str, **values: Any) -> Task:
    """A task on them: the last third validates, the last sample (without an image) trains."""
    rows = np.arange(len(codes))
    cut = len(codes) * 2 // 3
    made = next(item for item in RECIPES if item.name == recipe)
    folder.mkdir(exist_ok=True)
    return Task(
        samples=samples,
        classes=CLASSES,
        targets=np.eye(2, dtype=np.float32)[codes],
        train=np.append(rows[:cut], rows[-1]),
        val=rows[cut:-1],
        weights=np.ones(len(codes), np.float32),
        draw=None,
        params=build(made.params, values),
        seed=1,
        device="cpu",
        cache=folder / "cache",
        work=folder,
    )
