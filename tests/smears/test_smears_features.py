"""Masks and features of cells: what is the cell, what is measured in it, and that it is measured once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domains.smears import features, kept, masks, textures
from models.job import Progress, finish
from models.learn import kept as core
from tests.smears.blood import drawn, slide


@pytest.mark.parametrize("black", [False, True])
def test_a_mask_is_the_cell_and_not_its_ground(black: bool) -> None:
    cells, _ = drawn(6, black=black)
    down, across = np.mgrid[:72, :72] / 72 - 0.5
    far = np.hypot(down, across)
    found = masks.cell_masks(cells)
    assert masks.cut_out(cells).all() == black
    assert found[:, far < 0.33].all(), "spots are part of the cell"
    assert not found[:, far > 0.47].any()


def test_a_neighbour_in_the_corner_is_not_the_cell() -> None:
    cells, _ = drawn(1)
    cells[0, :10, :10] = (120, 80, 100)
    assert not masks.cell_masks(cells)[0, :8, :8].any()


def test_a_crop_without_anything_has_a_disc_for_a_mask() -> None:
    flat = np.full((2, 40, 40, 3), 200, np.uint8)
    flat[1] = 0
    found = masks.cell_masks(flat)
    assert (found.mean((1, 2)) > 0.4).all()
    assert masks.cell_masks(flat[:0]).shape == (0, 40, 40)


def test_there_are_160_features_each_with_a_name_of_its_own() -> None:
    cells, _ = drawn(4)
    names = features.names()
    assert len(names) == len(set(names)) == features.COUNT
    found = features.describe(cells)
    assert found.shape == (4, features.COUNT)
    assert np.isfinite(found).all()
    assert np.isfinite(features.describe(np.zeros((1, 72, 72, 3), np.uint8))).all()


def test_a_cell_is_measured_alike_alone_and_among_others() -> None:
    cells, _ = drawn(5, seed=3)
    together = features.describe(cells)
    for place in range(5):
        np.testing.assert_allclose(
            features.describe(cells[place : place + 1])[0], together[place], rtol=1e-4, atol=1e-5
        )


def test_a_spot_shows_whatever_the_light() -> None:
    cells, codes = drawn(20, seed=4)
    darker = (cells * np.array([0.9, 0.6, 0.7])).astype(np.uint8)
    spots = list(features.names()).index("spot_area_0.3")
    blob = list(features.names()).index("green_blob2_max")
    for found in (features.describe(cells), features.describe(darker)):
        assert found[codes == 1, spots].min() > found[codes == 0, spots].max()
        assert found[codes == 1, blob].min() > found[codes == 0, blob].max()


def test_grain_tells_stripes_from_flat_ground() -> None:
    flat = np.zeros((1, 40, 40), np.float32)
    stripes = flat.copy()
    stripes[:, :, ::4] = 0.5
    inside = np.ones(flat.shape, bool)
    assert textures.pairs(stripes, inside, 1)["contrast"] > textures.pairs(flat, inside, 1)["contrast"]
    assert textures.entropy(stripes, inside) > textures.entropy(flat, inside)
    assert textures.local_patterns(flat, inside, 1)[0, 0] == 1
    assert textures.top_hat(stripes, 2).max() == pytest.approx(0.5)
    assert textures.top_hat(np.full((1, 9, 9), 3, np.float32), 2).max() == 0


def test_lab_is_that_of_known_colours() -> None:
    colours = np.array([[[[255, 255, 255], [255, 0, 0], [0, 0, 0]]]], np.uint8)
    known = [[100, 0, 0], [53.24, 80.09, 67.20], [0, 0, 0]]
    np.testing.assert_allclose(features.to_lab(colours)[0, 0], known, atol=0.1)


def test_cells_are_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, _ = slide(tmp_path)
    rows = np.arange(len(samples))
    first = finish(features.measure(samples, rows, tmp_path / "cache"))
    assert np.isfinite(first[:-1]).all()
    assert np.isnan(first[-1]).all(), "its image is not there"
    monkeypatch.setattr(features, "describe", None)
    again = finish(features.measure(samples, rows[:-1][::-1], tmp_path / "cache"))
    np.testing.assert_array_equal(again, first[:-1][::-1])


def test_a_stop_keeps_what_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "STEP", 4)
    samples, _ = slide(tmp_path)
    made: list[int] = []

    def make(rows: np.ndarray) -> np.ndarray:
        made.extend(rows.tolist())
        return np.repeat(rows[:, None], 3, 1).astype(np.float32)

    steps = kept.keep(samples, np.arange(40), tmp_path / "kept", 3, make, "Counting")
    for _ in range(4):
        assert isinstance(next(steps), Progress)
    steps.close()
    assert made == list(range(12))
    found = finish(kept.keep(samples, np.arange(40), tmp_path / "kept", 3, make, "Counting"))
    assert made == list(range(40)), "what was made before the stop is not made again"
    np.testing.assert_array_equal(found[:, 0], np.arange(40))


def test_a_changed_image_a_broken_part_and_another_width_are_made_anew(tmp_path: Path) -> None:
    samples, _ = slide(tmp_path)
    calls: list[int] = []

    def make(rows: np.ndarray) -> np.ndarray:
        calls.append(len(rows))
        return np.zeros((len(rows), 3), np.float32)

    def count() -> int:
        calls.clear()
        finish(kept.keep(samples, np.arange(24), tmp_path / "kept", 3, make, ""))
        return sum(calls)

    assert count() == 24
    assert count() == 0
    image = tmp_path / "image1.png"
    image.write_bytes(image.read_bytes() + b"\0")
    assert count() == 12, "the cells of the other image are as they were"
    for part in (tmp_path / "kept").iterdir():
        part.write_bytes(b"broken")
    assert count() == 24
