"""Splits that came with the data: told as they are, and a sample that several folds judge has one answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from models.learn.given import Answered, Truth
from models.orders.given import answer_given, given_split
from models.recipe import Given

CODES = np.array([0, 1, 0, 1, 0, 1])
#: Six samples of three groups.
PLAN: Any = SimpleNamespace(codes=CODES, groups=np.array([0, 0, 1, 1, 2, 2]), split=SimpleNamespace(seed=0))


def given(fold: int, train: list[int], val: list[int], test: list[int]) -> Given:
    return Given("a", fold, *(np.array(rows, np.int64) for rows in (train, val, test)))


def test_a_group_on_two_sides_of_a_training_is_no_independent_test() -> None:
    assert given_split(PLAN, [given(0, [0, 1], [2, 3], [4, 5])]).independent
    for train, val, test in (([0, 1], [3], [2, 4, 5]), ([0], [2, 3], [1, 4, 5]), ([0, 1, 2], [3], [4, 5])):
        assert not given_split(PLAN, [given(0, train, val, test)]).independent


def test_a_sample_that_several_folds_judge_has_the_mean_of_what_they_say() -> None:
    one, two = given(0, [0, 1], [2, 3], [4, 5]), given(1, [2, 3], [0, 1], [4])
    said = [
        Answered(one, np.full((2, 2), 0.5, np.float32), np.array([[0.8, 0.2], [0.3, 0.7]], np.float32)),
        Answered(two, np.full((2, 2), 0.5, np.float32), np.array([[0.4, 0.6]], np.float32)),
    ]
    whole: Any = SimpleNamespace(truth=Truth(CODES, PLAN.groups, 2, 1), rule="mean")
    model, parts = np.full((6, 2), 0.5, np.float32), np.full(6, "train", object)
    p, told = answer_given(whole, {"a": said}, model, parts)
    np.testing.assert_allclose(p[4:], [[0.6, 0.4], [0.3, 0.7]], atol=1e-6)
    np.testing.assert_allclose(p[:4], 0.5)
    assert told.tolist() == ["train"] * 4 + ["out_of_fold"] * 2
    assert set(parts.tolist()) == {"train"}, "what came in stays as it was"
