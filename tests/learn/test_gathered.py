"""Samples gathered by group: labels, the model's word on all of a group, intervals, orders."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.learn.fuse import by_unit
from models.learn.gathered import LEAST, Gathered, gather, sort_groups, weigh

NAN = float("nan")
#: Groups a (three samples), b (two), c (one), d (none that counts).
UNITS = np.array([0, 0, 0, 1, 1, 2, 3])
NAMES = ["a", "b", "c", "d"]
CODES = np.array([1, 1, 0, 0, -1, -1, 1])
P = np.array([[0.2, 0.8], [0.4, 0.6], [0.7, 0.3], [0.1, 0.9], [NAN, NAN], [NAN, NAN], [0.5, 0.5]])
LIVE = np.array([True] * 6 + [False])
FLAGGED = np.array([True, False, True, False, False, False, True])


def found(positive: int | None = 1) -> Gathered:
    return gather(UNITS, NAMES, CODES, weigh(UNITS, len(NAMES), P, positive), LIVE, FLAGGED)


def test_a_group_without_a_sample_that_counts_is_left_out() -> None:
    told = found()
    assert told.names.tolist() == ["a", "b", "c"]
    assert [told.of_group(place).tolist() for place in range(3)] == [[0, 1, 2], [3, 4], [5]]
    assert told.counts.tolist() == [3, 2, 1]


def test_labels_are_those_of_most_samples_and_several_are_told() -> None:
    told = found()
    assert told.label.tolist() == [1, 0, -1]
    assert told.mixed.tolist() == [True, False, False]
    assert told.flagged.tolist() == [2, 0, 0]


def test_the_word_on_a_group_is_its_mean_log_odds() -> None:
    told = found()
    joined, units = by_unit(P[:4], np.array(["a", "a", "a", "b"]))
    assert units.tolist() == ["a", "b"]
    assert told.p[:2] == pytest.approx(joined[:, 1])
    assert np.isnan(told.p[2])
    assert told.mean[0] == pytest.approx((0.8 + 0.6 + 0.3) / 3)
    assert told.vote[0] == pytest.approx(2 / 3)
    assert told.model.tolist() == [1, 1, -1]
    assert told.differs.tolist() == [False, True, False]


def test_who_is_all_too_sure_is_taken_as_sure_as_where_scores_join_groups() -> None:
    sure = np.array([[0.0, 1.0], [0.9, 0.1], [0.9, 0.1]])
    said = weigh(np.zeros(3, np.int64), 1, sure, 1)
    assert said.p == pytest.approx(by_unit(sure, np.zeros(3, np.int64))[0][:, 1])
    assert said.p[0] == pytest.approx(1 / (1 + np.exp(-(np.log(1e4) - 2 * np.log(9)) / 3)))
    other = weigh(np.zeros(3, np.int64), 1, sure[:, ::-1], 1)
    assert other.p[0] == pytest.approx(1 - said.p[0]), "in either way"


def test_the_interval_is_that_of_students_t_and_of_few_there_is_none() -> None:
    told = found()
    odds = np.log(P[:3, 1] / P[:3, 0])
    low, high = stats.t.interval(0.95, 2, odds.mean(), stats.sem(odds))
    assert (told.low[0], told.high[0]) == pytest.approx((1 / (1 + np.exp(-low)), 1 / (1 + np.exp(-high))))
    assert np.isnan(told.low[1])
    pair = weigh(np.zeros(2, np.int64), 1, P[:2], 1)
    assert np.isnan(pair.low[0]), "of two samples an interval would be nearly all there is"
    same = weigh(np.zeros(LEAST, np.int64), 1, np.tile([[0.3, 0.7]], (LEAST, 1)), 1)
    assert np.isnan(same.low[0]), "samples that do not differ tell nothing of how far they might"


def test_figures_of_more_than_two_classes_are_of_the_class_that_is_said() -> None:
    p = np.array([[0.6, 0.3, 0.1], [0.7, 0.2, 0.1]])
    told = gather(np.zeros(2, int), ["a"], np.array([1, 1]), weigh(np.zeros(2, int), 1, p), np.ones(2, bool), LIVE[:2])
    assert (told.model.tolist(), told.of.tolist()) == ([0], [0])
    assert told.doubt[0] == pytest.approx(told.p[0])
    assert 0.6 < told.p[0] < 0.7


def test_without_a_run_nothing_is_said() -> None:
    told = gather(UNITS, NAMES, CODES, weigh(UNITS, 4, np.zeros((7, 0))), LIVE, FLAGGED)
    assert told.said.sum() == 0
    assert np.isnan(told.p).all()
    assert not told.differs.any()
    assert np.isnan(told.doubt).all()


def test_nothing_at_all_is_gathered_of_no_sample() -> None:
    none = np.zeros(0, np.int64)
    told = gather(none, [], none, weigh(none, 0, np.zeros((0, 2)), 1), np.zeros(0, bool), np.zeros(0, bool))
    assert len(told) == 0
    assert sort_groups(told, "doubt").tolist() == []


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("name", "abc"),
        ("count", "abc"),
        ("doubt", "bac"),
        ("p", "bac"),
        ("label", "bac"),
        ("mixed", "abc"),
        ("flagged", "abc"),
    ],
)
def test_orders_put_what_is_missing_last(by: str, order: str) -> None:
    told = found()
    assert "".join(told.names[sort_groups(told, by)]) == order
