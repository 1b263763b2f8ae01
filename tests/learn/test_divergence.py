"""How far predictions are from the shares of votes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.learn.divergence import beside_raters, divergences, score_votes


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


def test_the_model_is_held_against_each_vote_as_the_other_raters_are() -> None:
    votes = np.array([[2, 1, 0], [0, 4, 0], [1, 0, 0], [0.5, 0.5, 0]])
    p = np.array([[0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0, 0, 1], [0, 0, 1]])
    told = beside_raters(votes, p)
    assert told is not None
    assert told["n"] == 2, "a single vote and shares have no other vote to stand beside"
    # Of three votes two are alike: a vote of the pair meets its like once in two, the single one never.
    assert told["agreement"]["raters"] == pytest.approx((2 / 3 * 1 / 2 + 1) / 2)
    assert told["agreement"]["model"] == pytest.approx((2 / 3 + 1) / 2)
    mean = np.array([1 / 3, 2 / 3, 0])
    first = -(2 / 3 * math.log((1 + mean[0]) / 3) + 1 / 3 * math.log(mean[1] / 3))
    assert told["kl"]["raters"] == pytest.approx((first - math.log((3 + mean[1]) / 4)) / 2)
    one = -(2 / 3 * math.log(0.6) + 1 / 3 * math.log(0.3))
    assert told["kl"]["model"] == pytest.approx((one - math.log(0.8)) / 2)


def test_raters_who_guess_are_no_nearer_than_chance_and_the_interval_tells_the_better() -> None:
    rng = np.random.default_rng(1)
    truth = rng.dirichlet(np.full(4, 0.5), 600)
    votes = np.stack([rng.multinomial(6, shares) for shares in truth])
    told = beside_raters(votes, truth, np.repeat(np.arange(60), 10))
    assert told is not None
    assert told["kl"]["intervals"]["difference"][1] < 0, "who knows the shares is nearer than five votes are"
    assert told["agreement"]["intervals"]["difference"][0] > 0
    blind = beside_raters(votes, np.full((600, 4), 0.25))
    assert blind is not None
    assert blind["kl"]["model"] == pytest.approx(math.log(4))
    assert beside_raters(np.array([[1.0, 0.0]]), [[1.0, 0.0]]) is None


def test_shares_tell_no_number_of_votes() -> None:
    votes = np.array([[0.4, 0.6], [0.7, 0.3 - 1e-16], [1, 0], [3, 1]])
    told = score_votes(votes, np.full((4, 2), 0.5))
    assert told["n"] == 4
    assert [(one["value"], one["n"]) for one in told["by_votes"]] == [("3 to 4", 1)], "a whole share is one too"


def test_groups_of_any_size_weigh_by_their_samples() -> None:
    votes = np.ones((9, 2))
    told = score_votes(votes, np.full((9, 2), [0.25, 0.75]), groups=[0, 0, 0, 0, 0, 0, 1, 1, 2])
    assert told["interval"] == pytest.approx([told["kl"], told["kl"]]), "all alike, whatever groups are drawn"


def test_the_answer_by_chance_is_the_mean_of_shares_however_many_voted() -> None:
    votes = np.array([[1, 0], [0, 99]])
    told = score_votes(votes, np.full((2, 2), 0.5))
    assert told["chance"] == pytest.approx(math.log(2))


def test_intervals_beside_the_raters_are_drawn_by_group() -> None:
    rng = np.random.default_rng(5)
    votes = np.repeat(rng.multinomial(6, [0.5, 0.3, 0.2], 30), 20, axis=0)
    p = np.repeat(rng.dirichlet([2, 1, 1], 30), 20, axis=0)
    alone, together = beside_raters(votes, p), beside_raters(votes, p, np.repeat(np.arange(30), 20))
    assert alone is not None
    assert together is not None
    for name in ("agreement", "kl"):
        for of in ("model", "raters", "difference"):
            narrow, wide = (np.ptp(one[name]["intervals"][of]) for one in (alone, together))
            assert wide > 2 * narrow, (name, of)
