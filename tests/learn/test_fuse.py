"""Late fusion: the mean, weights from validation, a stack; and what each does with too little to learn from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import UserError
from models.learn.fuse import LEAST, RULES, by_unit, learn_fusion
from models.learn.metrics import mean_auc


def member(truth: npt.NDArray[np.int64], strength: float, seed: int, k: int = 2) -> npt.NDArray[np.float64]:
    """What a model says that sees the truth through noise."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(len(truth), k)) + strength * np.eye(k)[truth]
    p = np.exp(scores)
    return np.asarray(p / p.sum(1, keepdims=True))


TRUTH = np.tile([0, 1], 200)
TABLES = np.stack([member(TRUTH, strength, seed) for seed, strength in enumerate((1.2, 0.8, 0.0))])


@pytest.mark.parametrize("rule", RULES)
def test_joined_answers_are_probabilities_and_better_than_the_best_member(rule: str) -> None:
    fusion = learn_fusion(rule, TABLES[:, :200], TRUTH[:200])
    joined = fusion.join(TABLES[:, 200:])
    np.testing.assert_allclose(joined.sum(1), 1)
    best = max(mean_auc(TRUTH[200:], table) for table in TABLES[:, 200:])
    assert mean_auc(TRUTH[200:], joined) > best - (0.05 if rule == "mean" else 0)
    assert fusion.rule == rule


def test_weights_follow_what_validation_tells() -> None:
    fusion = learn_fusion("weighted", TABLES, TRUTH)
    first, second, third = fusion.weights
    assert first > second > third
    assert sum(fusion.weights) == pytest.approx(1)
    assert fusion.facts["auc"][0] == pytest.approx(mean_auc(TRUTH, TABLES[0]))


def test_members_without_any_sense_count_alike() -> None:
    wrong = 1 - TABLES[:2]
    fusion = learn_fusion("weighted", wrong, TRUTH)
    assert fusion.weights == (0.5, 0.5)
    assert "above chance" in fusion.note


def test_a_stack_turns_a_member_round_that_is_always_wrong() -> None:
    tables = np.stack([TABLES[0], 1 - TABLES[1]])
    joined = learn_fusion("stacking", tables[:, :200], TRUTH[:200]).join(tables[:, 200:])
    assert mean_auc(TRUTH[200:], joined) > mean_auc(TRUTH[200:], TABLES[0, 200:])


def test_of_few_samples_a_stack_stays_near_the_mean_of_the_members() -> None:
    few = learn_fusion("stacking", TABLES[:, :12], TRUTH[:12]).stack
    assert few is not None
    assert np.abs(few[0] - np.tile(np.eye(2), (1, 3)) / 3).max() < 1


def test_too_little_to_stack_is_told() -> None:
    rows = [*range(1, 20, 2), 0]
    fusion = learn_fusion("stacking", TABLES[:, rows], TRUTH[rows])
    assert (fusion.rule, fusion.weights) == ("mean", (1 / 3,) * 3)
    assert f"fewer than {LEAST}" in fusion.note


def test_unlabelled_samples_teach_nothing_and_an_unknown_rule_names_the_known() -> None:
    codes = TRUTH.copy()
    codes[100:] = -1
    assert (
        learn_fusion("weighted", TABLES, codes).weights
        == learn_fusion("weighted", TABLES[:, :100], TRUTH[:100]).weights
    )
    assert learn_fusion("weighted", TABLES[:, :1], [-1]).weights == (1 / 3,) * 3
    with pytest.raises(UserError, match="stacking"):
        learn_fusion("stack", TABLES, TRUTH)


@given(st.integers(1, 4), st.integers(2, 4), st.integers(0, 99))
def test_one_member_alone_says_what_it_says(count: int, k: int, seed: int) -> None:
    truth = np.arange(8 * k) % k
    table = member(truth, 1.0, seed, k)
    for rule in ("mean", "weighted"):
        np.testing.assert_allclose(learn_fusion(rule, [table] * count, truth).join([table] * count), table)


def test_the_samples_of_a_speaker_are_one_answer() -> None:
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [1.0, 0.0]])
    found, names = by_unit(p, ["b", "b", "a", "c"])
    assert names.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(found[:2], [[0.2, 0.8], [0.9, 0.1]])
    assert found[2, 0] > 0.999
    even, _ = by_unit([[0.9, 0.1], [0.1, 0.9]], ["a", "a"])
    np.testing.assert_allclose(even, [[0.5, 0.5]])
