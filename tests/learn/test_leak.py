"""What a split by sample flatters by: labels dealt anew, groups matched, differences with intervals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learn.leak import flattery, match_groups, over_deals, permute, tell_leak
from models.learn.metrics import mean_auc


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 4)), min_size=1, max_size=40), st.integers(0, 50))
def test_dealing_anew_keeps_the_counts_and_what_is_unlabelled(rows: list[tuple[int, int]], seed: int) -> None:
    codes, groups = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    dealt = permute(codes, groups, seed)
    np.testing.assert_array_equal(dealt < 0, codes < 0)
    assert np.array_equal(dealt, permute(codes, groups, seed))
    one_each = all(len(set(codes[(groups == unit) & (codes >= 0)].tolist())) <= 1 for unit in np.unique(groups))
    if one_each:
        assert sorted(labels(dealt, groups)) == sorted(labels(codes, groups))
    else:
        np.testing.assert_array_equal(np.sort(dealt), np.sort(codes))


def labels(codes: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> list[int]:
    """The label of each group that has one; a group of one label keeps one."""
    found = []
    for unit in np.unique(groups[codes >= 0]):
        (label,) = set(codes[(groups == unit) & (codes >= 0)].tolist())
        found.append(int(label))
    return found


def test_labels_within_groups_are_dealt_within_them() -> None:
    codes, groups = np.tile([0, 1, 2], 20), np.repeat(np.arange(6), 10)
    dealt = permute(codes, groups, 1)
    for unit in range(6):
        np.testing.assert_array_equal(np.sort(dealt[groups == unit]), np.sort(codes[groups == unit]))
    assert (dealt != codes).any()


def test_labels_of_groups_are_dealt_among_them_so_that_nothing_is_left_of_the_tie() -> None:
    groups = np.repeat(np.arange(40), 3)
    codes = groups % 2
    alike = []
    for seed in range(30):
        dealt = permute(codes, groups, seed)
        assert sorted(labels(dealt, groups)) == [0] * 20 + [1] * 20, "a group has one label still"
        alike.append((dealt == codes).mean())
    assert 0.45 < np.mean(alike) < 0.55
    assert max(alike) < 0.9


def test_groups_are_matched_by_age_and_sex() -> None:
    # Ages 50 and 70 on both sides, sexes even; one young control and one without an age find nobody.
    ages = np.array([50, 70, 51, 69, 20, np.nan])
    sexes = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    codes = np.array([0, 0, 1, 1, 1, 1])
    unit = np.repeat(np.arange(6), 2)
    rows = match_groups(codes[unit], unit, np.stack([ages, sexes], axis=1)[unit])
    assert sorted(set(unit[rows].tolist())) == [0, 1, 2, 3]
    sites = np.array([0, 7, 0, 8, 30, 31])
    table = np.stack([ages, sites], axis=1)[unit]
    assert sorted(set(unit[match_groups(codes[unit], unit, table)].tolist())) == [0, 1, 2, 3]
    other = match_groups(codes[unit], unit, table, (False, True))
    assert sorted(set(unit[other].tolist())) == [0, 2], "kinds that differ are never a pair"


def test_groups_of_two_labels_and_one_class_alone_match_nobody() -> None:
    table = np.zeros((4, 1))
    assert len(match_groups([0, 1, 0, 0], [1, 1, 2, 2], table)) == 0
    assert len(match_groups([0, 1, 1, 1], [1, 1, 2, 3], table)) == 0, "a group of two labels is none of either class"
    assert len(match_groups([0, 0, 0, 0], [1, 2, 3, 4], table)) == 0
    assert len(match_groups([-1, -1, -1, -1], [1, 2, 3, 4], table)) == 0
    assert match_groups([0, 1, -1, 1], [1, 2, 3, 4], table).tolist() in ([0, 1], [0, 3])


def test_three_classes_are_matched_as_triples() -> None:
    codes, table = np.array([0, 0, 1, 1, 2, 2]), np.array([[1.0], [9.0], [1.0], [9.0], [9.0], [5.0]])
    rows = match_groups(codes, np.arange(6), table)
    assert rows.tolist() == [1, 3, 4]


def answers(truth: npt.NDArray[np.int64], share: float, seed: int) -> npt.NDArray[np.float64]:
    """Probabilities that lean to the truth by a share of their spread."""
    first = np.random.default_rng(seed).random(len(truth)) + share * (truth == 0)
    first = first / (1 + share)
    return np.stack([first, 1 - first], axis=1)


def test_a_leak_is_told_with_its_interval() -> None:
    groups = np.repeat(np.arange(30), 6)
    truth = (groups % 2).astype(np.int64)
    fair, leaky = answers(truth, 0.2, 1), answers(truth, 1.5, 2)
    told = flattery(truth, fair, leaky, groups)
    assert told["difference"] == pytest.approx(mean_auc(truth, leaky) - mean_auc(truth, fair))
    low, high = told["interval"]
    assert 0 < low < told["difference"] < high
    words = tell_leak({**told, "groups": 30, "shared": 29}, "speaker", "recording")
    assert words.startswith("A split by recording flatters by .")
    assert "29 of 30 speakers stand in training and in test there." in words


def test_a_split_that_is_worse_is_told_by_how_much_from_the_smaller_to_the_greater() -> None:
    told = {"difference": -0.1, "interval": [-0.2, -0.05], "groups": 10, "shared": 9}
    words = tell_leak(told, "speaker", "recording")
    assert words.startswith("A split by recording is worse by .10 [.05, .20].")


def test_the_same_answers_prove_nothing_and_one_class_is_undefined() -> None:
    groups, truth = np.repeat(np.arange(10), 3), np.tile([0, 1, 1], 10)
    p = answers(truth, 0.5, 3)
    told = flattery(truth, p, p, groups)
    assert told["difference"] == 0
    assert "nothing is proven" in tell_leak({**told, "groups": 10, "shared": 10}, "patient", "window")
    none = flattery(np.zeros(30, int), p, p, groups)
    assert none == {"difference": None, "interval": None}
    assert "undefined" in tell_leak({**none, "groups": 10, "shared": 10}, "patient", "window")


def deal(auc: float | None) -> dict[str, object]:
    return {"n": 20, "auc": auc, "balanced_accuracy": 0.5, "accuracy": 0.6, "chance": {"auc": 0.5}}


def test_several_deals_are_one_row_with_the_reach_of_a_single_one() -> None:
    told = over_deals([deal(value) for value in (0.4, 0.5, 0.6, 0.5)], 0.55)
    assert (told["auc"], told["n"], told["draws"]) == (pytest.approx(0.5), 20, [0.4, 0.5, 0.6, 0.5])
    low, high = told["intervals"]["auc"]
    # Student's t of three degrees of freedom, 3.182, times the deviation of .0816 and the root of 1.25.
    assert (low, high) == (pytest.approx(0.2095, abs=1e-3), pytest.approx(0.7905, abs=1e-3))
    assert told["share"] == pytest.approx(2 / 5), "one of four deals, and the true one"
    assert (told["interval_by"], told["interval_units"]) == ("draw", 4)
    assert told["intervals"]["balanced_accuracy"] == [0.5, 0.5]


def test_one_deal_has_no_interval_and_undefined_ones_are_passed_over() -> None:
    told = over_deals([deal(0.7)], 0.6)
    assert (told["auc"], told["intervals"]["auc"], told["share"]) == (0.7, None, 1.0)
    none = over_deals([deal(None), deal(None)], None)
    assert (none["auc"], none["intervals"]["auc"], none["share"], none["draws"]) == (None, None, None, [])
    high = over_deals([deal(0.95), deal(0.6)], 0.6)
    assert high["intervals"]["auc"][1] == 1.0


def test_no_difference_is_told_beyond_one() -> None:
    groups = np.repeat(np.arange(4), 3)
    truth = groups % 2
    right = np.stack([1 - truth, truth], axis=1).astype(float)
    half = np.where((groups >= 2)[:, None], right, right[:, ::-1])
    for first, second in ((half, right), (right, half)):
        found = flattery(truth, first, second, groups)
        assert -1 <= found["interval"][0] <= found["difference"] <= found["interval"][1] <= 1
