"""Draws of whole groups for figures that are no sums, and intervals that lie around what they are of."""

from __future__ import annotations

import numpy as np
import pytest

from models.learn.bootstrap import centred, draw_rows, draw_units


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
    assert centred([], 0.7) is None


def test_an_interval_is_moved_to_its_figure_and_stays_inside_its_limits() -> None:
    values = np.linspace(0.4, 0.6, 101)
    assert centred(values, 0.7) == pytest.approx([0.605, 0.795])
    assert centred(values, 0.95) == pytest.approx([0.855, 1.0])
    assert centred(values - 0.5, -0.97, -1.0) == pytest.approx([-1.0, -0.875])
    gaps = np.where(np.arange(101) % 10 == 0, np.nan, values)
    low, high = centred(gaps, 0.7) or (0.0, 0.0)
    assert (low + high) / 2 == pytest.approx(0.7, abs=0.01), "draws without a figure count nothing"
    assert centred(np.full(5, np.nan), 0.7) is None
