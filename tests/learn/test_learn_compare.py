"""Two runs compared: pairing, what flipped, and a verdict that a person can act on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.errors import UserError
from models.learn.compare import compare_runs, compare_votes
from models.learn.divergence import score_votes

CLASSES = ("0", "1", "2")
TITLES = {"0": "target", "1": "1 hop", "2": "2 hops"}


def answers(truth: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Probabilities that answer the truth where `right`, else the next class."""
    code = np.where(right, truth, (truth + 1) % 3)
    return np.where(np.arange(3) == code[:, None], 0.8, 0.1)


@pytest.fixture
def case() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth, groups = rng.integers(0, 3, 900), np.repeat(np.arange(60), 15)
    first = rng.random(900) < 0.6
    second = first & ~((truth == 2) & (rng.random(900) < 0.2))
    return truth, groups, answers(truth, first), answers(truth, second)


def test_a_class_that_became_worse_is_named_with_its_figures(case) -> None:
    truth, groups, first, second = case
    found = compare_runs(truth, first, second, groups, CLASSES, names=("run-3", "run-5"), titles=TITLES)
    assert found.worse_classes == ("2",)
    assert found.worse
    gap = found.per_class[2]
    assert gap.second == pytest.approx((second.argmax(1) == 2)[truth == 2].mean())
    assert f"run-5 is worse on 2 hops: {gap.words()}." in found.verdict
    assert ", difference −." in gap.words()
    assert "0." not in gap.words()


def test_a_run_against_itself_shows_no_difference(case) -> None:
    truth, groups, first, _ = case
    found = compare_runs(truth, first, first, groups, CLASSES)
    assert (found.difference, found.interval, len(found.flipped), found.worse) == (0.0, (0.0, 0.0), 0, False)
    assert found.verdict.startswith("No difference shown between the first run and the second run")


def test_flips_are_counted_and_sorted(case) -> None:
    truth, groups, first, second = case
    found = compare_runs(truth, second, first, groups, CLASSES)
    assert np.array_equal(found.flipped, np.flatnonzero(first.argmax(1) != second.argmax(1)))
    assert np.array_equal(found.now_right, found.flipped)
    assert len(found.now_wrong) == 0
    assert found.verdict.startswith("The second run is better")
    assert found.verdict.endswith(f"{len(found.flipped)} answers became right and 0 became wrong.")


def test_pairing_makes_the_interval_narrower_than_two_apart(case) -> None:
    truth, groups, first, second = case
    paired = compare_runs(truth, first, second, groups, CLASSES).interval
    assert paired is not None
    alone = compare_runs(truth, answers(truth, np.random.default_rng(5).random(900) < 0.6), second, groups, CLASSES)
    assert alone.interval is not None
    assert paired[1] - paired[0] < 0.8 * (alone.interval[1] - alone.interval[0])


def test_two_equally_good_runs_are_rarely_called_different() -> None:
    rng, called = np.random.default_rng(3), 0
    for seed in range(60):
        truth, groups = rng.integers(0, 3, 400), np.repeat(np.arange(40), 10)
        pair = [answers(truth, rng.random(400) < 0.6) for _ in range(2)]
        found = compare_runs(truth, *pair, groups, CLASSES, draws=200, seed=seed)
        called += found.overall.worse or found.overall.better
    assert called <= 9


def test_a_site_that_became_worse_is_named() -> None:
    rng = np.random.default_rng(1)
    truth, groups = rng.integers(0, 3, 600), np.repeat(np.arange(60), 10)
    site = np.where(groups < 30, "Basel", "Jena")
    second = rng.random(600) < np.where(site == "Jena", 0.5, 0.95)
    found = compare_runs(truth, answers(truth, rng.random(600) < 0.75), answers(truth, second), groups, CLASSES,
                         by={"site": site})  # fmt: skip
    assert found.worse_sites == ("site Jena",)
    assert "worse where site is Jena" in found.verdict


def test_undefined_stays_none_and_everything_is_json() -> None:
    truth = np.zeros(30, int)
    first = answers(truth, np.arange(30) % 2 == 0)
    found = compare_runs(truth, first, first, None, CLASSES)
    assert found.metric == "accuracy"
    assert found.per_class[1].difference is None
    plain = json.loads(json.dumps(found.plain(), allow_nan=False))
    assert {"difference", "interval", "flipped", "verdict"} <= set(plain)


def test_runs_that_cannot_be_compared_say_why(case) -> None:
    truth, groups, first, second = case
    with pytest.raises(UserError, match="share no labelled sample"):
        compare_runs(np.full(900, -1), first, second, groups, CLASSES)
    with pytest.raises(UserError, match="run-9 do not fit"):
        compare_runs(truth, first, second[:, :2], groups, CLASSES, names=("run-3", "run-9"))
    second[4] = np.nan
    with pytest.raises(UserError, match="1 of 900 rows"):
        compare_runs(truth, first, second, groups, CLASSES)


def test_what_is_nearer_to_the_votes_has_the_lesser_divergence() -> None:
    rng = np.random.default_rng(5)
    truth = rng.dirichlet(np.full(3, 0.5), 300)
    votes = np.stack([rng.multinomial(8, shares) for shares in truth])
    votes[:20] = 0
    flat, groups = np.full((300, 3), 1 / 3), np.repeat(np.arange(30), 10)
    gap = compare_votes(votes, flat, truth, groups)
    assert gap is not None
    assert gap.n == 280
    assert gap.first == pytest.approx(score_votes(votes, flat)["kl"])
    assert gap.second == pytest.approx(score_votes(votes, truth)["kl"])
    assert gap.worse, "the difference is below 0 beyond chance"
    same = compare_votes(votes, truth, truth, groups)
    assert same is not None
    assert (same.difference, same.interval) == (0, (0, 0))
    assert compare_votes(np.zeros((2, 3)), flat[:2], truth[:2], None) is None


def test_a_class_of_one_group_makes_no_run_worse_and_one_group_is_told() -> None:
    truth = np.array([0, 1, 0, 1, 0, 1, 2])
    groups = np.array([0, 0, 1, 1, 2, 2, 3])
    right = answers(truth, np.ones(7, bool))
    found = compare_runs(truth, right, answers(truth, truth != 2), groups, CLASSES)
    assert found.per_class[2].difference == -1.0
    assert found.per_class[2].interval is None
    assert found.worse_classes == ()
    assert "All of this is of one group" not in found.verdict
    assert "All of this is of one group" in compare_runs(truth, right, right, np.zeros(7), CLASSES).verdict
