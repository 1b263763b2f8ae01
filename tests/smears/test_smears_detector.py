"""Cells are found in images without boxes: on drawn smears whose cells are known, of any size, in any light."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.optimize import linear_sum_assignment

from models.domains.smears.detector import Detected, DetectorParams, detect, estimate
from models.domains.smears.fake import fake
from models.domains.smears.layers import LayeredImage
from models.job import finish


def found_in(pixels: np.ndarray, **values: object) -> Detected:
    return finish(detect(LayeredImage(pixels), DetectorParams(**values)))  # type: ignore[arg-type]


def drawn(folder: Path, look: str = "a") -> tuple[np.ndarray, np.ndarray]:
    """One drawn image and the boxes of its cells."""
    finish(fake(folder, 100, seed=3, look=look))
    entry = json.loads((folder / "training.json").read_text())[0]
    pixels = np.asarray(Image.open(folder / entry["image"]["pathname"].lstrip("/")).convert("RGB"))
    boxes = [
        [one["bounding_box"][end][axis] for end in ("minimum", "maximum") for axis in "cr"] for one in entry["objects"]
    ]
    return pixels, np.array(boxes, float)


def whole(boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Boxes that no border cuts."""
    return boxes[(boxes[:, :2] > 2).all(1) & (boxes[:, 2] < width - 2) & (boxes[:, 3] < height - 2)]


def hits(found: np.ndarray, known: np.ndarray) -> int:
    """How many are the same at an overlap of one half."""
    corner = np.maximum(found[:, None, :2], known[None, :, :2]), np.minimum(found[:, None, 2:], known[None, :, 2:])
    common = np.clip(corner[1] - corner[0], 0, None).prod(-1)
    area = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (found, known)]
    share = common / (area[0][:, None] + area[1][None] - common)
    rows, columns = linear_sum_assignment(-share)
    return int((share[rows, columns] >= 0.5).sum())


@pytest.mark.parametrize("look", ["a", "c", "d"])
def test_cells_of_any_laboratory_are_found(tmp_path: Path, look: str) -> None:
    pixels, boxes = drawn(tmp_path, look)
    found, known = found_in(pixels), whole(boxes, 640, 480)
    same = hits(found.boxes, known)
    assert same >= 0.85 * len(known)
    assert same >= 0.8 * len(found.boxes)
    assert found.diameter == pytest.approx(54, rel=0.2)
    assert found.white.sum() <= 2, "a parasite that fills its cell may pass for a nucleus"
    assert ((found.scores > 0) & (found.scores <= 1)).all()
    more = found_in(pixels, border=True)
    assert len(more.boxes) > len(found.boxes)


def test_larger_cells_are_found_in_tiles_and_none_twice(tmp_path: Path) -> None:
    pixels, boxes = drawn(tmp_path)
    large = np.asarray(Image.fromarray(np.tile(pixels, (2, 3, 1))).resize((3840, 1920), Image.Resampling.BICUBIC))
    found = found_in(large, diameter=108.0)
    shifted = [boxes + np.tile([640 * x, 480 * y], 2) for y in range(2) for x in range(3)]
    same = hits(found.boxes, 2 * whole(np.concatenate(shifted), 1920, 960))
    assert same >= 0.8 * len(found.boxes)
    assert same >= 0.7 * sum(map(len, shifted))
    middle = (found.boxes[:, None, :2] + found.boxes[:, None, 2:]) / 2
    apart = np.hypot(*np.moveaxis(middle - middle.transpose(1, 0, 2), -1, 0))
    assert apart[~np.eye(len(apart), dtype=bool)].min() > 20


def test_a_white_cell_is_told_from_the_others(tmp_path: Path) -> None:
    pixels, _ = drawn(tmp_path)
    y, x = np.mgrid[:480, :640]
    there = pixels.copy()
    there[np.hypot(x - 300, y - 240) < 60] = (205, 190, 215)
    there[np.hypot(x - 300, y - 240) < 42] = (80, 55, 170)
    found = found_in(there)
    assert found.white.sum() == 1
    left, top, right, bottom = found.boxes[found.white][0]
    assert left < 258
    assert right > 342
    assert top < 198
    assert bottom > 282


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(225, 3, (300, 400, 3)).astype(np.uint8)
    for pixels in (np.full((300, 400, 3), 230, np.uint8), noise, np.zeros((40, 40, 3), np.uint8)):
        assert not len(found_in(pixels).boxes)
    assert estimate(np.full((300, 400, 3), 230, np.uint8)) == 0
    specks, _ = drawn(tmp_path)
    clean = len(found_in(specks, diameter=54.0).boxes)
    dusty = specks.copy()
    for at in range(20, 460, 40):
        dusty[at : at + 5, 20:25] = (60, 40, 90)
    assert abs(len(found_in(dusty, diameter=54.0).boxes) - clean) <= 1
