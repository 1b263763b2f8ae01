"""Cells cut out of their images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.domain import Found
from models.domains.smears import cells
from models.sample import Samples


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    """Two images of one source: four flat cells in one, none in the other, and a third that is not there."""
    pixels = np.full((100, 160, 3), 255, np.uint8)
    pixels[10:30, 20:60] = (250, 10, 10)
    pixels[60:100, 120:160] = (10, 250, 10)
    (tmp_path / "in").mkdir()
    Image.fromarray(pixels).save(tmp_path / "in" / "a.png")
    Image.fromarray(np.full((30, 30, 3), 40, np.uint8)).save(tmp_path / "b.png")
    columns = {
        "_image": ["in/a.png", "b.png", "in/a.png", "gone.png", "/etc/hostname", "b.png"],
        "_box": ["20,10,60,30", None, "120,60,160,100", "0,0,5,5", "0,0,5,5", "90,90,95,95"],
    }
    names = [str(place) for place in range(6)]
    return Found(tmp_path / "list.json", "list.json", names, names, columns=columns).addresses()


def test_a_cell_is_its_box(samples: Samples) -> None:
    found = cells.crops(samples, np.arange(3), 16)
    assert found.shape == (3, 16, 16, 3)
    assert (found[0] == (250, 10, 10)).all()
    assert (found[1] == 40).all()
    assert (found[2] == (10, 250, 10)).all()
    again = cells.crops(samples, np.array([2, 0]), 16)
    np.testing.assert_array_equal(again, found[[2, 0]])


def test_a_margin_brings_the_ground_as_far_as_the_image_goes(samples: Samples) -> None:
    found = cells.crops(samples, np.array([0, 2]), 48, margin=0.1)
    assert (found[0, 0] == 255).all()
    assert (found[0, 24, 24] == (250, 10, 10)).all()
    assert (found[1, -1, -1] == (10, 250, 10)).all(), "the border of the image ends the cell"
    assert (found[1, 0] == 255).all()


def test_a_square_keeps_the_shape(samples: Samples) -> None:
    found = cells.crops(samples, np.array([0]), 40, square=True)
    red = (found[0] == (250, 10, 10)).all(axis=2)
    assert red.any(axis=0).sum() == 40
    assert red.any(axis=1).sum() in (20, 21)


def test_a_square_at_the_border_is_moved_and_not_cut(samples: Samples) -> None:
    found = cells.crops(samples, np.array([2]), 48, margin=0.1, square=True)[0]
    green = (found == (10, 250, 10)).all(axis=2)
    assert green.any(axis=0).sum() == green.any(axis=1).sum() == 40
    assert green[-1, -1]


def test_what_cannot_be_read_is_grey_and_never_from_elsewhere(samples: Samples) -> None:
    found = cells.crops(samples, np.arange(3, 6), 8)
    assert (found[:2] == cells.GREY).all()
    assert (found[2] == cells.GREY).all(), "a box outside its image"
    beside = cells.crops(samples, np.array([5, 1]), 8)
    assert (beside[0] == cells.GREY).all()
    assert (beside[1] == 40).all(), "a box outside costs no other cell of the image"
    seen = [places.tolist() for places, _ in cells.crops_by_image(samples, np.arange(4), 8)]
    assert sorted(place for places in seen for place in places) == [0, 1, 2]


def test_no_rows(samples: Samples) -> None:
    assert cells.crops(samples, np.zeros(0, np.int64), 8).shape == (0, 8, 8, 3)


def test_a_file_that_is_a_cell_keeps_its_shape(tmp_path: Path) -> None:
    """It cannot grow to a square: a rim in its outline's colour stands beside it instead."""
    pixels = np.full((20, 40, 3), 0, np.uint8)
    pixels[5:15, 15:25] = (250, 10, 10)
    Image.fromarray(pixels).save(tmp_path / "long.png")
    columns = {"_image": ["long.png"], "_box": [None]}
    samples = Found(tmp_path, "long", ["0"], ["0"], columns=columns).addresses()
    found = cells.crops(samples, np.array([0]), 80, square=True)[0]
    red = found[:, :, 0] > 125
    assert red.any(axis=0).sum() == red.any(axis=1).sum() == 20
    assert not found[:19].any()
    assert not found[-19:].any()
