"""Episodes along a recording, and their burden by the hour."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.course import (
    Course,
    EpisodeRule,
    burden,
    find_episodes,
    hour_edges,
    recorded_between,
    seconds_between,
)
from models.params import build

STEP = 10.0


def times(count: int, gaps: dict[int, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Windows of ten seconds one after the other; gaps: place → seconds that nothing was recorded before it."""
    starts = np.arange(count) * STEP
    for place, seconds in (gaps or {}).items():
        starts[place:] += seconds
    return starts, starts + STEP


def course(count: int) -> Course:
    return Course("a.edf", "a.edf", "p1", np.arange(count), *times(count))


def spans(p: list[float], gaps: dict[int, float] | None = None, **rule: float) -> list[tuple[float, float]]:
    found = find_episodes(*times(len(p), gaps), np.array(p), EpisodeRule(**rule))
    return [(one.start, one.stop) for one in found]


def test_windows_over_the_threshold_make_one_episode_from_onset_to_offset() -> None:
    (one,) = find_episodes(*times(6), np.array([0.1, 0.5, 0.9, 0.7, 0.2, 0.1]), EpisodeRule(0.5, 0, 0))
    assert (one.start, one.stop, one.peak, one.first, one.last, one.best) == (10.0, 40.0, 0.9, 1, 3, 2)
    assert one.seconds == 30


def test_what_lies_not_further_apart_than_the_gap_is_one() -> None:
    p = [0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9]
    assert spans(p, threshold=0.5, gap=20, least=0) == [(0, 40), (70, 80)]
    assert spans(p, threshold=0.5, gap=30, least=0) == [(0, 80)]


def test_a_long_window_reaches_over_shorter_ones_inside_it() -> None:
    starts, stops = np.array([0.0, 10.0, 48.0]), np.array([45.0, 20.0, 60.0])
    rule = EpisodeRule(0.5, 5, 0)
    told = [(one.start, one.stop) for one in find_episodes(starts, stops, np.ones(3), rule)]
    assert told == [(0, 60)]
    (one,) = find_episodes(starts[:2], stops[:2], np.ones(2), rule)
    assert (one.start, one.stop) == (0, 45)


def test_what_is_too_short_is_left_out_after_joining() -> None:
    p = [0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.9]
    assert spans(p, threshold=0.5, gap=10, least=30) == [(0, 30)]
    assert spans(p, threshold=0.5, gap=0, least=30) == []


def test_a_stretch_that_nothing_was_recorded_in_parts_episodes() -> None:
    assert spans([0.9, 0.9], {1: 300.0}, threshold=0.5, gap=20, least=0) == [(0, 10), (310, 320)]


def test_a_window_without_a_prediction_is_over_no_threshold() -> None:
    assert spans([0.9, float("nan"), 0.9], threshold=0.5, gap=0, least=0) == [(0, 10), (20, 30)]
    assert spans([float("nan")] * 3, threshold=0.01) == []


chances = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(
    chances, st.floats(0.05, 1), st.integers(0, 12).map(lambda n: n * 5.0), st.integers(0, 8).map(lambda n: n * 10.0)
)
def test_episodes_lie_apart_are_long_enough_and_hold_all_that_is_over(
    p: list[float], threshold: float, gap: float, least: float
) -> None:
    values, (starts, stops) = np.array(p), times(len(p))
    found = find_episodes(starts, stops, values, EpisodeRule(threshold, gap, least))
    for one in found:
        assert one.seconds >= least
        assert values[one.first] >= threshold
        assert values[one.last] >= threshold
        assert one.peak == values[one.first : one.last + 1].max() == values[one.best]
    for one, other in pairwise(found):
        assert other.start - one.stop > gap
    every = find_episodes(starts, stops, values, EpisodeRule(threshold, gap, 0))
    inside = np.zeros(len(p), bool)
    for one in every:
        inside[one.first : one.last + 1] = True
    assert (inside | (values < threshold)).all()
    assert [one for one in every if one.seconds >= least] == found


@settings(max_examples=100, deadline=None)
@given(chances, st.floats(0.05, 1), st.integers(0, 10).map(lambda n: n * 5.0))
def test_a_wider_gap_never_makes_more_episodes_nor_shorter_ones(p: list[float], threshold: float, gap: float) -> None:
    values, (starts, stops) = np.array(p), times(len(p))
    narrow = find_episodes(starts, stops, values, EpisodeRule(threshold, gap, 0))
    wide = find_episodes(starts, stops, values, EpisodeRule(threshold, gap + 10, 0))
    assert len(wide) <= len(narrow)
    assert sum(one.seconds for one in wide) >= sum(one.seconds for one in narrow)


def test_hours_begin_where_the_clock_does() -> None:
    assert hour_edges(7200).tolist() == [0, 3600, 7200]
    assert hour_edges(7200, 1800).tolist() == [-1800, 1800, 5400, 9000]
    assert hour_edges(0).tolist() == [0, 3600]


def test_an_episode_over_a_full_hour_counts_in_both() -> None:
    assert seconds_between([(3590.0, 3620.0), (10.0, 20.0)], hour_edges(7200)).tolist() == [20, 20]
    assert seconds_between([], hour_edges(7200)).tolist() == [0, 0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=900), st.integers(0, 3599))
def test_the_burden_of_all_hours_is_that_of_all_episodes(p: list[float], offset: int) -> None:
    one, rule = course(len(p)), EpisodeRule(0.5, 20, 10)
    table = np.stack([np.array(p), 1 - np.array(p)], 1)
    edges = hour_edges(one.end, offset)
    found = burden(one, table, rule, edges)
    for place in range(2):
        told = sum(each.seconds for each in find_episodes(one.starts, one.stops, table[:, place], rule))
        assert found[:, place].sum() == pytest.approx(told)
    assert (found <= 3600 + 1e-6).all()
    assert recorded_between(one, edges).sum() == pytest.approx(one.recorded)


def test_the_rule_is_stated_in_words_and_its_values_have_limits() -> None:
    words = EpisodeRule().words("Seizure")
    assert words == "Seizure from p ≥ .50 on; what is up to 20 s apart is one, what is shorter than 10 s is none"
    with pytest.raises(Exception, match="threshold"):
        build(EpisodeRule, {"threshold": 1.5})
