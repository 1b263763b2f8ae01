"""Temperature, decisions by cost, abstention, and numbers in words."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain import Task
from models.errors import UserError
from models.learn.decide import answered, decide
from models.learn.fitted import calibrate
from models.learn.metrics import score
from models.learn.reliability import calibration_error
from models.learn.settings import CommonParams
from models.learn.temperature import apply_temperature, fit_temperature, softened
from models.learn.words import interval, listing, plural, share, signed


def overconfident(factor: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Truth drawn from honest probabilities, and these sharpened by a factor."""
    rng = np.random.default_rng(0)
    honest = rng.dirichlet(np.ones(3), n)
    truth = (rng.random(n)[:, None] > honest.cumsum(axis=1)).sum(axis=1)
    sharp = honest**factor
    return truth, sharp / sharp.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_known_sharpening(factor: float) -> None:
    truth, p = overconfident(factor)
    temperature = fit_temperature(p, truth)
    assert temperature == pytest.approx(factor, rel=0.1)
    calmed = apply_temperature(p, temperature)
    assert calibration_error(truth, calmed) < 0.03
    assert np.array_equal(calmed.argmax(axis=1), p.argmax(axis=1))
    assert score(truth, calmed)["log_loss"] <= score(truth, p)["log_loss"] + 1e-3


def test_vote_shares_fit_like_codes_and_nothing_gives_one() -> None:
    truth, p = overconfident(2.0, 500)
    assert fit_temperature(p, np.eye(3)[truth]) == pytest.approx(fit_temperature(p, truth))
    assert fit_temperature(p[:4], np.full(4, -1)) == 1.0
    assert apply_temperature(np.zeros((0, 3)), 2.0).shape == (0, 3)


def test_rows_of_which_nothing_is_said_have_no_say_in_the_temperature() -> None:
    truth, p = overconfident(2.0, 500)
    unsaid = np.vstack([p, np.full((2, 3), np.nan)])
    for told, more in ((truth, [0, 1]), (np.eye(3)[truth], np.eye(3)[:2])):
        assert fit_temperature(unsaid, np.concatenate([told, more])) == fit_temperature(p, told)
    assert fit_temperature(unsaid[-2:], np.array([0, 1])) == 1.0


def test_a_few_samples_parted_without_error_do_not_make_a_model_certain() -> None:
    truth = np.repeat([0, 1], [200, 8])
    p = np.where(np.eye(2)[truth] == 1, 0.8, 0.2)
    told = apply_temperature(p, fit_temperature(p, truth))
    assert 0.9 < told[0, 0] < 0.999


def test_two_samples_of_no_certain_class_stand_among_those_of_each() -> None:
    found = softened(np.eye(4)[[0, 0, 0, 2]])
    assert found.sum(axis=1) == pytest.approx(1)
    assert found[0] == pytest.approx([3.5 / 5, 0.1, 0.1, 0.1])
    assert found[3] == pytest.approx([0.5 / 3, 0.5 / 3, 1.5 / 3, 0.5 / 3])
    assert softened(np.eye(2)[[0, 1, 1]])[:, 1] == pytest.approx([1 / 3, 3 / 4, 3 / 4]), "those of Platt"


def test_a_rare_class_that_counts_as_much_as_the_others_is_still_a_few_samples() -> None:
    truth = np.repeat([0, 1], [200, 3])
    p = np.where(np.eye(2)[truth] == 1, 0.8, 0.2).astype(np.float32)
    task = SimpleNamespace(params=CommonParams(balance="weights"), targets=np.eye(2)[truth], val=np.arange(203))
    told = apply_temperature(p, calibrate(p, cast("Task", task)))
    # 200 cells at 201/202 and 3 at 4/5 that weigh 50 each.
    assert told[0, 0] == pytest.approx((200 * 201 / 202 + 150 * 4 / 5) / 350, abs=1e-3)
    assert fit_temperature(p, truth, np.ones(203)) == pytest.approx(fit_temperature(p, truth))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.floats(0.1, 10))
def test_scaled_probabilities_sum_to_one(seed: int, temperature: float) -> None:
    p = np.random.default_rng(seed).dirichlet(np.full(4, 0.05), 20)
    assert np.allclose(apply_temperature(p, temperature).sum(axis=1), 1, atol=1e-5)


P = np.array([[0.7, 0.3], [0.85, 0.15], [0.4, 0.6]])


def test_without_costs_the_most_probable_and_below_the_confidence_none() -> None:
    assert list(decide(P)) == [0, 0, 1]
    assert list(decide(P, abstain=0.65)) == [0, 0, -1]


def test_a_costly_miss_moves_the_threshold() -> None:
    costs = [[0, 1], [4, 0]]
    assert list(decide(P, costs)) == [1, 0, 1]
    assert list(decide(P, np.ones((2, 2)) - np.eye(2))) == list(decide(P))
    assert list(decide(P, costs, abstain=0.5)) == [-1, 0, 1]


def test_wrong_costs_and_confidence_are_refused() -> None:
    for costs, words in [([[0, 1]], "2 × 2"), ([[0, -1], [1, 0]], "0 or more"), ([["a", 1], [1, 0]], "numbers")]:
        with pytest.raises(UserError, match=words):
            decide(P, costs)
    with pytest.raises(UserError, match="between 0 and 1"):
        decide(P, abstain=60)


def test_the_surest_answers_are_the_most_often_right() -> None:
    truth, p = overconfident(1.0)
    curve = answered(truth, p, 20)
    assert curve[-1]["answered"] == 1
    assert curve[-1]["accuracy"] == pytest.approx(score(truth, p, draws=2)["accuracy"])
    assert curve[2]["accuracy"] > curve[-1]["accuracy"] + 0.1
    assert answered([-1], P[:1]) == []


def test_numbers_read_without_leading_zero_and_with_a_true_minus() -> None:
    assert [share(value) for value in (0.605, 0.64, 1.0, -0.08, 0.0, -0.001, 2.31, None)] == [
        ".60", ".64", "1.00", "−.08", ".00", ".00", "2.31", "–",
    ]  # fmt: skip
    assert [signed(value) for value in (0.05, -0.08, 0.001, None)] == ["+.05", "−.08", ".00", "–"]
    assert (interval([-0.14, -0.03]), interval(None)) == ("[−.14, −.03]", "")
    assert share(math.inf) == "–"
    assert [plural(1, "fold"), plural(12_000, "class", "classes")] == ["1 fold", "12\u202f000 classes"]
    assert [listing(list(word), 3) for word in ("", "a", "ab", "abc", "abcde")] == [
        "", "a", "a and b", "a, b and c", "a, b, c and 2 more",
    ]  # fmt: skip
