"""Relevance maps compared with each other: by the order of places that they tell apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.learn.explain import check, similarity, telling

RISING, FALLING, EVEN = np.arange(6.0), -np.arange(6.0), np.full(6, 0.3)


def test_a_map_that_is_the_same_everywhere_tells_nothing() -> None:
    maps = np.stack([RISING, EVEN, np.zeros(6), EVEN * (1 + 1e-9 * RISING)]).reshape(4, 2, 3)
    assert telling(maps).tolist() == [True, False, False, False]


def test_two_empty_maps_are_not_alike() -> None:
    assert math.isnan(similarity(np.zeros((2, 6)), np.zeros((2, 6))))
    assert check(np.zeros((1, 6)), [np.zeros((1, 6))])["passed"] == 0
    assert math.isnan(similarity(np.zeros((0, 6)), np.zeros((0, 6))))


def test_empty_maps_are_left_out_and_count_as_unlike_on_the_other_side() -> None:
    assert similarity(np.stack([RISING, EVEN]), np.stack([RISING, RISING])) == pytest.approx(1)
    assert similarity(np.stack([RISING, RISING]), np.stack([RISING, EVEN])) == pytest.approx(0.5)
    assert similarity(RISING[None], FALLING[None]) == pytest.approx(-1)


def test_places_of_the_same_relevance_share_their_rank() -> None:
    one, two = np.zeros((1, 100)), np.zeros((1, 100))
    one[0, 10], two[0, 90] = 1, 1
    assert abs(similarity(one, two)) < 0.05, "zeros in both are no order that both know"


def test_a_map_that_depends_on_what_was_learnt_passes() -> None:
    rng = np.random.default_rng(0)
    shown = rng.random((8, 10, 10))
    assert check(shown, [rng.random((8, 10, 10)) for _ in range(3)])["passed"] == 1
    assert check(shown, [shown**2])["similarity"] == pytest.approx(1)
