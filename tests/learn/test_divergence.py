"""How far predictions are from the shares of votes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.learn.divergence import divergences, score_votes


def test_the_divergence_is_that_of_the_formula() -> None:
    p, q = [0.5, 0.5, 0.0], [0.25, 0.5, 0.25]
    assert divergences([p], [q])[0] == pytest.approx(0.5 * math.log(2))
    assert divergences([p], [p])[0] == 0
    assert divergences([[1.0, 0.0]], [[0.0, 1.0]])[0] == pytest.approx(-math.log(1e-15))


def test_rows_without_a_vote_are_no_rows() -> None:
    votes = np.array([[2, 2], [0, 0], [3, 0]])
    told = score_votes(votes, np.array([[0.5, 0.5], [0, 1], [1, 0]]))
    assert (told["n"], told["kl"]) == (2, 0)
    assert told["uniform"] == pytest.approx(math.log(2) / 2)
    assert score_votes(votes[1:2], [[1, 0]])["kl"] is None


def test_the_interval_is_by_group_and_holds_the_mean() -> None:
    rng = np.random.default_rng(0)
    votes = rng.integers(0, 12, (400, 6)) + np.eye(6, dtype=int)[rng.integers(0, 6, 400)]
    p = rng.dirichlet(np.ones(6), 400)
    groups = np.repeat(np.arange(40), 10)
    told = score_votes(votes, p, groups)
    low, high = told["interval"]
    assert low < told["kl"] < high
    single = score_votes(votes, p, np.zeros(400))["interval"]
    assert single != told["interval"]
    assert told["chance"] < told["uniform"], "the shares of all are the best constant answer"


def test_few_votes_are_told_apart_from_many() -> None:
    votes = np.array([[1, 0], [2, 0], [3, 1], [9, 4], [20, 5]])
    told = score_votes(votes, np.full((5, 2), 0.5))
    assert [(one["value"], one["n"]) for one in told["by_votes"]] == [
        ("1", 1),
        ("2", 1),
        ("3 to 4", 1),
        ("10 to 19", 1),
        ("20 or more", 1),
    ]
    assert told["by_votes"][0]["kl"] == pytest.approx(math.log(2))
