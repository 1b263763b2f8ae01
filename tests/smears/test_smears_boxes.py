"""Boxes: what is none is told, what goes beyond the border is cut, and the text comes back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from models.domains.smears import boxes
from models.domains.smears.boxes import BadBox


def test_numbers_may_be_text() -> None:
    assert boxes.corners(["1", " 2.5 ", 3, 4.0]) == (1, 2.5, 3, 4)
    assert boxes.extent([10, "20", 5, 6]) == (10, 20, 15, 26)
    assert boxes.centred(["0.5", "0.5", "0.25", "0.5"], 200, 100) == (75, 25, 125, 75)


@pytest.mark.parametrize("value", [None, True, "", "ten", math.nan, math.inf, "1e400", [1], {}, 10**400])
def test_what_is_no_number_is_told(value: Any) -> None:
    with pytest.raises(BadBox):
        boxes.corners([value, 0, 1, 1])
    with pytest.raises(BadBox, match="3 numbers"):
        boxes.corners([0, 1, 1])


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((5, 5, 5, 9), "no area"),
        ((9, 5, 5, 9), "inverted"),
        ((100, 5, 120, 9), "outside the image of 100 × 80"),
        ((-9, 5, 0, 9), "outside"),
        ((5.1, 5, 5.4, 9), "less than a pixel"),
    ],
)
def test_a_box_without_a_pixel_is_told(box: boxes.Box, words: str) -> None:
    with pytest.raises(BadBox, match=words):
        boxes.judge(box, 100, 80)


def test_a_box_is_cut_at_the_border_where_that_is_known() -> None:
    assert boxes.judge((-3, 70, 20, 90), 100, 80) == (0, 70, 20, 80)
    assert boxes.judge((-3, 70, 20, 90), 0, 0) == (0, 70, 20, 90)
    assert boxes.touches((0, 70, 20, 75), 100, 80)
    assert boxes.touches((5, 70, 20, 80), 100, 80)
    assert not boxes.touches((5, 70, 20, 79), 100, 80)


def test_the_text_comes_back() -> None:
    for box in ((1.0, 2.0, 30.0, 44.0), (1.25, 2.0, 30.5, 44.0), (0.0, 0.0, 100.0, 10.0)):
        assert boxes.parse(boxes.plain(box)) == box
    assert boxes.plain((10, 0, 200, 1.5)) == "10,0,200,1.5"
    assert boxes.parse(None) is None
    found = boxes.table(["1,2,3,4", None, "a,b,c,d", "1,2,3"])
    assert found[0].tolist() == [1, 2, 3, 4]
    assert all(math.isnan(value) for value in found[1:].reshape(-1).tolist())


def test_boxes_of_many_samples_are_those_of_each_by_itself() -> None:
    texts = ["1,2,3,4", None, "", "0.25,1.5,300,44.75", "1,2,3", "1,2,3,nan", "1,2,3,1e12", "5,6,7,8"]
    found = boxes.table(texts)
    assert np.flatnonzero(~np.isnan(found).any(axis=1)).tolist() == [0, 3, 7]
    assert found[3].tolist() == [0.25, 1.5, 300, 44.75]
    assert np.array_equal(boxes.table([*texts, "1,2,three,4"])[:-1], found, equal_nan=True)
    assert boxes.table([]).shape == (0, 4)
