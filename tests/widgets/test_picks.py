"""Selection over a list as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from widgets.picks import Picks


def picks(rows: list[int]) -> Picks:
    made = Picks()
    made.set_rows(np.array(rows, np.int64))
    return made


def test_click_shift_and_control() -> None:
    made = picks([5, 3, 9, 1, 7])
    assert made.pick(1)
    assert made.current == 3
    made.pick(3, extend=True)
    assert made.selected().tolist() == [3, 9, 1]
    made.pick(0, extend=True)
    assert made.selected().tolist() == [5, 3]
    made.pick(4, toggle=True)
    assert made.selected().tolist() == [5, 3, 7]
    made.pick(1, toggle=True)
    assert made.selected().tolist() == [5, 7]
    assert not made.pick(9)


def test_current_and_selection_outlive_another_order() -> None:
    made = picks([5, 3, 9, 1])
    made.pick(1)
    made.pick(2, extend=True)
    made.set_rows(np.array([1, 9, 3, 12]))
    assert made.current == 9
    assert made.position == 1
    assert made.selected().tolist() == [9, 3]
    made.set_rows(np.array([1]))
    assert made.position == -1
    assert made.count() == 0


def test_show_takes_over_rows_beyond_the_list() -> None:
    made = picks([0, 1])
    made.show(1, np.array([1, 50]))
    assert made.selected().tolist() == [1]
    made.show(-1, None)
    assert made.count() == 0
    assert made.position == -1


def test_all_none_and_frames() -> None:
    made = picks([4, 2, 6])
    made.pick(0)
    made.pick_all()
    assert made.count() == 3
    made.pick_none()
    assert made.selected().tolist() == [4]
    made.pick_positions(np.array([2]), add=True)
    assert made.selected().tolist() == [4, 6]
    made.pick_positions(np.array([1]))
    assert made.selected().tolist() == [2]


@pytest.mark.parametrize("rows", [[], [3]])
def test_small_lists(rows: list[int]) -> None:
    made = picks(rows)
    assert len(made) == len(rows)
    assert made.selected().tolist() == []


def test_an_extended_selection_that_is_handed_back_can_be_extended_further() -> None:
    picks = Picks()
    picks.set_rows(np.arange(10, dtype=np.int64))
    picks.pick(3)
    for place in (4, 5, 6):
        picks.pick(place, extend=True)
        picks.show(picks.current, picks.selected())
    assert picks.selected().tolist() == [3, 4, 5, 6]
    picks.show(8, None)
    picks.pick(9, extend=True)
    assert picks.selected().tolist() == [8, 9]
