"""The lasso takes exactly the points inside, whatever line is drawn: against a test of every point."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.map.cloud import CELLS, Cloud
from widgets.map.lasso import rasterise, rows_inside

Corner = tuple[float, float]


def inside(x: Any, y: Any, corners: list[tuple[Any, Any]]) -> bool:
    """The even-odd rule: a ray to the right; a side holds its lower end, not its upper."""
    odd = False
    for one, two in zip(corners, corners[1:] + corners[:1], strict=True):
        (low_y, low_x), (high_y, high_x) = sorted((one[::-1], two[::-1]))
        if low_y <= y < high_y:
            odd ^= (x - low_x) * (high_y - low_y) < (high_x - low_x) * (y - low_y)
    return odd


def check(places: np.ndarray, corners: list[Corner], number: Callable[[float], Any] = float) -> None:
    """`number`: Fraction for coordinates whose products floats would round."""
    cloud = Cloud(places)
    line = [(number(x), number(y)) for x, y in corners]
    points = zip(cloud.order.tolist(), cloud.x.tolist(), cloud.y.tolist(), strict=True)
    brute = sorted(row for row, x, y in points if inside(number(x), number(y), line))
    assert rows_inside(cloud, np.array(corners, float).reshape(-1, 2)).tolist() == brute


grid = st.integers(-3, 12)
corner = st.tuples(grid, grid)
free = st.floats(-4, 14, allow_nan=False, width=32)


@given(st.lists(corner, min_size=3, max_size=9))
@settings(max_examples=120, deadline=None)
def test_points_on_corners_and_sides_are_told_exactly(corners: list[tuple[int, int]]) -> None:
    """All corners and many points lie on one lattice: crossing, double and level sides, no area at all."""
    lattice = np.array([[x, y] for x in np.arange(0, 10.5, 0.5) for y in np.arange(0, 10.5, 0.5)])
    check(lattice, [(float(x), float(y)) for x, y in corners])


@given(st.lists(st.tuples(free, free), min_size=3, max_size=14), st.integers(0, 10_000))
@settings(max_examples=80, deadline=None)
def test_any_line_chooses_what_a_test_of_every_point_does(corners: list[Corner], seed: int) -> None:
    rng = np.random.default_rng(seed)
    check(rng.uniform(0, 10, (60, 2)), corners, Fraction)


@pytest.mark.parametrize("seed", range(6))
def test_a_line_drawn_by_hand(seed: int) -> None:
    """Hundreds of corners, nearer to each other than a cell is wide, round half of many points."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, 400)
    reach = 3 + 0.4 * np.sin(5 * turn) + rng.normal(0, 0.02, 400)
    corners = np.stack([5 + reach * np.cos(turn), 5 + reach * np.sin(turn)], axis=1)
    check(rng.uniform(0, 10, (1500, 2)), [(x, y) for x, y in corners.tolist()])


def test_two_lassos_that_share_a_line_share_no_point() -> None:
    """A point on the line between them belongs to one of the two, whichever way round each was drawn."""
    steps = np.arange(0, 10.25, 0.25)
    cloud = Cloud(np.array([[x, y] for x in steps for y in steps]))
    line = [(3.0, 0.0), (5.0, 2.0), (5.0, 6.0), (2.0, 6.0), (7.0, 9.0), (6.0, 11.0)]
    left = [(-1.0, 0.0), *line, (-1.0, 11.0)]
    right = [(11.0, 0.0), *line, (11.0, 11.0)]
    for one, two in ((left, right), (left[::-1], right), (left, right[::-1])):
        parts = [rows_inside(cloud, np.array(corners)) for corners in (one, two)]
        assert len(np.intersect1d(*parts)) == 0
        assert len(np.union1d(*parts)) == cloud.count


def test_most_points_are_settled_without_a_test_of_their_own() -> None:
    rng = np.random.default_rng(0)
    cloud = Cloud(rng.uniform(0, 10, (20_000, 2)))
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    raster = rasterise(cloud, np.stack([5 + 4 * np.cos(turn), 5 + 4 * np.sin(turn)], axis=1))
    assert raster.inside.shape == (CELLS, CELLS)
    assert 0.47 < raster.inside.mean() < 0.51
    assert raster.edge.mean() < 0.03


def test_a_scribble_over_a_dense_place_is_worked_off_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    places, corners = rng.normal(5, 0.2, (400, 2)), rng.normal(5, 0.2, (40, 2))
    monkeypatch.setattr("widgets.map.lasso._BATCH", 50)
    check(places, [(x, y) for x, y in corners.tolist()])


@pytest.mark.parametrize(
    "places",
    [
        np.zeros((0, 2)),
        np.full((3, 2), np.nan),
        np.full((5, 2), 2.0),
        np.array([[0.0, 1.0], [4.0, 1.0], [2.0, 1.0]]),
        np.array([[1e6, 1e6], [1e6 + 1, 1e6 + 1], [1e6 + 0.5, 1e6 + 0.5]]),
    ],
    ids=["none", "nowhere", "one place", "one line", "far off"],
)
def test_odd_clouds(places: np.ndarray) -> None:
    middle = np.nan_to_num(places).mean(axis=0) if len(places) else np.zeros(2)
    around = [(middle[0] - 1.0, middle[1] - 1.0), (middle[0] + 1.5, middle[1] - 1.0), (middle[0], middle[1] + 3.0)]
    check(places, [(float(x), float(y)) for x, y in around])


@pytest.mark.parametrize("corners", [[], [(1.0, 1.0)], [(1.0, 1.0), (4.0, 4.0)], [(2.0, 2.0)] * 5])
def test_a_line_without_area_chooses_nothing(corners: list[Corner]) -> None:
    check(np.random.default_rng(0).uniform(0, 5, (200, 2)), corners)
