"""Agreement of two opinions against scikit-learn's, and its interval."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from models.learn.agreement import agree, fleiss, kappas


def test_kappa_is_that_of_scikit_learn_and_its_interval_holds_it() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(0, 3, 600)
    second = np.where(rng.random(600) < 0.8, first, rng.integers(0, 3, 600))
    second[:30] = -1
    found = agree(first, second, np.arange(600) // 60, 3)
    known = second >= 0
    assert found.n == 570
    assert found.kappa == pytest.approx(cohen_kappa_score(first[known], second[known]))
    assert found.share == pytest.approx((first == second)[known].mean())
    assert found.interval is not None
    assert found.interval[0] < (found.kappa or 0) < found.interval[1]
    assert found.groups == 10


def test_what_cannot_be_said_is_none() -> None:
    nothing = agree(np.array([-1, 0]), np.array([0, -1]), np.zeros(2, np.int64), 2)
    assert (nothing.n, nothing.share, nothing.kappa, nothing.interval) == (0, None, None, None)
    same = agree(np.zeros(5, np.int64), np.zeros(5, np.int64), np.zeros(5, np.int64), 2)
    assert (same.share, same.kappa) == (1.0, None)
    assert same.per_class == (1.0, None)


def test_specific_agreement_counts_both_opinions() -> None:
    found = agree(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), np.zeros(4, np.int64), 2)
    assert found.per_class == (pytest.approx(0.8), pytest.approx(2 / 3))
    assert found.confusion.tolist() == [[2, 1], [0, 1]]


def test_fleiss_of_two_voters_is_near_cohens() -> None:
    rng = np.random.default_rng(2)
    first = rng.integers(0, 3, 2000)
    second = np.where(rng.random(2000) < 0.7, first, rng.integers(0, 3, 2000))
    counts = np.zeros((2000, 3), np.int64)
    for codes in (first, second):
        counts[np.arange(2000), codes] += 1
    confusion = np.zeros((1, 3, 3))
    np.add.at(confusion[0], (first, second), 1)
    assert fleiss(counts) == pytest.approx(float(kappas(confusion)[0]), abs=0.01)
    assert fleiss(np.eye(3, dtype=np.int64)) is None


def test_fleiss_of_equal_numbers_is_that_of_fleiss() -> None:
    told = """0 0 0 0 14  0 2 6 4 2  0 0 3 5 6  0 3 9 2 0  2 2 8 1 1
              7 7 0 0 0  3 2 6 3 0  2 5 3 2 2  6 5 2 1 0  0 2 2 3 7"""
    counts = np.array(told.split(), np.int64).reshape(10, 5)
    assert fleiss(counts) == pytest.approx(0.20993070442195522), "as statsmodels has it"


def test_fleiss_of_unequal_numbers_counts_each_sample_by_its_votes() -> None:
    counts = np.array([[2, 0], [1, 1], [0, 3], [1, 0]], np.int64)
    # Of 2, 2 and 3 votes, 3 of 7 are of the first class: 1 - 2 * (0 + 1/2 + 0) / (4 * (1 - (3/7)² - (4/7)²)).
    assert fleiss(counts) == pytest.approx(1 - 1 / (4 * 24 / 49))
    rng = np.random.default_rng(3)
    votes = np.array([rng.multinomial(size, (0.5, 0.3, 0.2)) for size in rng.integers(2, 15, 4000)])
    assert fleiss(votes) == pytest.approx(0, abs=0.01), "what is said by chance agrees by chance"
    # Many votes that differ on some samples, few that agree on others.
    torn = np.array([[6, 6]] * 10 + [[2, 0]] * 10 + [[0, 2]] * 10)
    assert fleiss(torn) == pytest.approx(1 - 10 * 12 * 0.5 / ((10 * 11 + 20) * 0.5))
