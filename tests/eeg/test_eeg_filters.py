"""Filters: what they take away, without phase, and the same wherever a page is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from models.errors import UserError
from models.filters import Filters, apply, margin, page

RATE = 200.0
TIME = np.arange(int(120 * RATE)) / RATE


def drift(seed: int = 0, offset: float = 2e4) -> npt.NDArray[np.float32]:
    """What amplifiers give: wandering channels, each with an offset of its own."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(0, 2, (4, len(TIME))), 1)
    return np.asarray(walk + rng.normal(0, offset, (4, 1)), np.float32)


def reader(values: npt.NDArray[np.float32]):
    return lambda first, last: values[:, max(0, first) : max(0, last)]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(0.5, 70, 60),
        Filters(0.1, 35, 50),
        Filters(high=1),
        Filters(low=15),
        Filters(notch=50),
        Filters(2, 8, None, 4),
    ],
)
def test_a_page_is_the_same_wherever_it_is_cut(filters: Filters) -> None:
    values = drift()
    whole = apply(values, RATE, filters)
    read = reader(values)
    for first, length in ((0, 100), (3000, 2000), (3999, 1), (7777, 2500), (len(TIME) - 900, 900)):
        got = page(read, first, first + length, RATE, filters)
        assert got.shape == (4, length)
        np.testing.assert_allclose(got, whole[:, first : first + length], atol=0.02)


def test_half_steps_of_a_scroll_show_the_same() -> None:
    read = reader(drift(1))
    filters = Filters(0.5, 35, 60)
    pages = [page(read, first, first + 2000, RATE, filters) for first in range(0, 8000, 1000)]
    for one, following in pairwise(pages):
        np.testing.assert_allclose(one[:, 1000:], following[:, :1000], atol=0.02)


def test_what_is_taken_away_and_what_stays_in_its_place() -> None:
    parts = {hertz: 50 * np.sin(2 * np.pi * hertz * TIME) for hertz in (0.05, 10.0, 60.0, 90.0)}
    values = (sum(parts.values()) + 5000)[None].astype(np.float32)
    got = page(reader(values), 8000, 12_000, RATE, Filters(0.5, 40, 60))[0]
    np.testing.assert_allclose(got, parts[10.0][8000:12_000], atol=2)
    assert page(reader(values), 8000, 12_000, RATE, Filters()).base is not None
    np.testing.assert_array_equal(page(reader(values), 5, 9, RATE, Filters()), values[:, 5:9])


def test_short_gaps_are_bridged_and_long_ones_part_the_recording() -> None:
    values = drift(2)
    full = apply(values, RATE, Filters(0.5, 40))
    holed = values.copy()
    holed[0, 5000:5050] = np.nan
    holed[1, 6000:9000] = np.nan
    holed[2] = np.nan
    whole = apply(holed, RATE, Filters(0.5, 40))
    np.testing.assert_array_equal(np.isnan(whole), np.isnan(holed))
    np.testing.assert_allclose(whole[3], full[3], atol=1e-3)
    np.testing.assert_allclose(whole[0, 5600:], full[0, 5600:], atol=2)
    for first in (4900, 5020, 5800, 7000, 8900):
        got = page(reader(holed), first, first + 400, RATE, Filters(0.5, 40))
        np.testing.assert_allclose(got, whole[:, first : first + 400], atol=0.02)


def test_pieces_of_any_length_can_be_filtered() -> None:
    for length in (0, 1, 2, 7, 40):
        got = page(reader(drift()[:, :length]), 0, length, RATE, Filters(0.5, 40, 60))
        assert got.shape == (4, length)
        assert np.isfinite(got).all()


def test_beyond_half_the_rate_there_is_nothing_to_take_away() -> None:
    values = drift()
    assert margin(Filters(low=70, notch=60), 100.0) == 0
    np.testing.assert_array_equal(page(reader(values), 0, 50, 100.0, Filters(low=70, notch=60)), values[:, :50])
    assert margin(Filters(notch=49.5), 100.0) == 0, "half of a notch is none"


def test_no_page_reads_more_than_two_minutes_around_it() -> None:
    assert margin(Filters(high=0.01), RATE) == 120 * RATE


def test_a_gap_of_a_second_is_bridged_and_a_longer_one_is_not() -> None:
    values = drift(3)
    bridged, parted = values.copy(), values.copy()
    bridged[0, 5000:5200], parted[0, 5000:5201] = np.nan, np.nan
    one, other = (apply(some, RATE, Filters(0.5, 40))[0] for some in (bridged, parted))
    left = apply(values[:1, :5000], RATE, Filters(0.5, 40))[0]
    np.testing.assert_allclose(other[:5000], left, atol=1e-3)
    assert np.abs(one[4900:5000] - left[-100:]).max() > 1


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (Filters(high=0), "at least 0.01"),
        (Filters(low=-5), "at least 0.01"),
        (Filters(notch=float("nan")), "at least 0.01"),
        (Filters(high=150), "less than 100"),
        (Filters(30, 20), "below the low-pass"),
        (Filters(1, order=0), "order"),
        (Filters(1, order=9), "order"),
    ],
)
def test_cut_offs_that_make_no_filter_are_told(filters: Filters, words: str) -> None:
    with pytest.raises(UserError, match=words):
        page(reader(drift()), 0, 100, RATE, filters)
