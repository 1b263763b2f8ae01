"""Draws of whole groups for figures that are no sums, and intervals that lie around what they are of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.learn.bootstrap import bounds, can_bound, centred, draw_rows, draw_units, interval


def test_groups_are_drawn_whole_as_often_as_the_sums_have_them() -> None:
    groups = np.array([0, 1, 1, 2, 2, 2])
    drawn, lots = draw_rows(groups, 6, 40, 3), draw_units(groups, 6, 40, 3)
    for rows, times in zip(drawn, lots.times, strict=True):
        counts = np.bincount(rows, minlength=6)
        assert counts.tolist() == times[groups].tolist()
    assert len({tuple(rows.tolist()) for rows in drawn}) > 3
    values = np.arange(6.0)
    assert [values[rows].sum() for rows in drawn] == pytest.approx(lots.sums(values).tolist())


def test_of_one_group_nothing_is_drawn_and_nothing_bounds_it() -> None:
    assert draw_rows(np.zeros(5), 5, 40, 3) == []
    assert interval(centred([], 0.7)) is None


def about(values: npt.ArrayLike, middle: float, low: float = 0.0) -> list[float]:
    found = interval(centred(values, middle, low))
    assert found is not None
    return found


def test_an_interval_is_moved_to_its_figure_and_stays_inside_its_limits() -> None:
    values = np.linspace(0.4, 0.6, 101)
    assert about(values, 0.7) == pytest.approx([0.605, 0.795])
    assert about(values, 0.95) == pytest.approx([0.855, 1.0])
    assert about(values - 0.5, -0.97, -1.0) == pytest.approx([-1.0, -0.875])
    gaps = np.where(np.arange(101) % 10 == 0, np.nan, values)
    assert np.mean(about(gaps, 0.7)) == pytest.approx(0.7, abs=0.01), "draws without a figure count nothing"
    assert interval(centred(np.full(5, np.nan), 0.7)) is None


def test_what_no_draw_changes_is_a_point_and_no_interval() -> None:
    same = np.ones(100)
    assert interval(same) == [1.0, 1.0], "a difference of two runs may be the same in all draws"
    assert bounds(same) is None
    assert bounds(same + np.linspace(0, 1e-12, 100)) is None, "but for the last bits"
    assert bounds(np.full(100, np.nan)) is None
    moving = np.linspace(0.2, 0.4, 101)
    assert bounds(moving) == interval(moving)


def test_a_class_of_one_of_few_groups_bounds_no_mean_over_classes() -> None:
    groups = np.arange(8)
    assert can_bound([0, 0, 1, 1, 1, 1, 1, 1], groups)
    assert not can_bound([0, 1, 1, 1, 1, 1, 1, 1], groups)
    assert not can_bound([0, 0, 1, 1], [4, 4, 5, 6]), "two samples of one group are one"
    assert can_bound([0, *[1] * 19], np.arange(20)), "of many groups a rare class is one of several that count"
