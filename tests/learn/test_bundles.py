"""Samples in bundles: stretches of recordings where they follow each other, else clusters; labels spread inside."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import sklearn.cluster
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UserError
from models.learn.bundles import Bundles, Line, bundle, cut, spread
from models.learn.review import Pool, queue


def stretches(*lengths: int, seed: int = 0, gap: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Points of one recording that jump at known places, and the stretch of each."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(lengths)), lengths)
    levels = gap * (np.arange(len(lengths)) % 3)
    return (levels[truth][:, None] + rng.normal(0, 0.4, (len(truth), 3))).astype(np.float32), truth


def line_of(count: int, recordings: int = 1) -> Line:
    return Line(np.arange(count) * recordings // count, np.arange(count, dtype=float))


def test_a_recording_is_cut_where_it_changes() -> None:
    points, truth = stretches(40, 3, 70, 25)
    found = bundle(points, np.ones(len(points), bool), 4, line_of(len(points)))
    assert found.codes.tolist() == truth.tolist()
    assert found.sizes.tolist() == [40, 3, 70, 25]
    assert [truth[row] for row in found.medoids] == [0, 1, 2, 3]


def test_samples_in_another_order_get_the_same_stretches() -> None:
    points, truth = stretches(30, 50, 20)
    turn = np.random.default_rng(1).permutation(100)
    line = Line(np.zeros(100, int), np.arange(100.0)[turn])
    assert bundle(points[turn], np.ones(100, bool), 3, line).codes.tolist() == truth[turn].tolist()


def test_no_stretch_goes_over_two_recordings() -> None:
    points = np.zeros((60, 2), np.float32)
    found = bundle(points, np.ones(60, bool), 1, line_of(60, 3))
    assert len(found) == 3, "a recording without a cut is one stretch"
    assert found.codes.tolist() == np.repeat([0, 1, 2], 20).tolist()


def test_many_short_recordings_leave_a_long_one_its_cuts() -> None:
    long, truth = stretches(20, 25, 15, 30, 20, 10, 20)
    points = np.concatenate([np.random.default_rng(1).normal(0, 4, (63, 3)).astype(np.float32), long])
    line = Line(np.minimum(np.arange(203), 63), np.arange(203, dtype=float))
    found = bundle(points, np.ones(203, bool), 50, line)
    own = found.codes[63:]
    # 50 of 203 are 4 each: none of the long one's stretches stands for more than 16 on the mean.
    assert len(np.unique(own)) == 9
    assert set(np.flatnonzero(np.diff(truth))) <= set(np.flatnonzero(np.diff(own)))
    assert len(np.unique(found.codes[:63])) == 63
    assert not set(found.codes[:63]) & set(own)


def test_of_many_long_recordings_some_are_cut_and_the_others_wait() -> None:
    points, _truth = stretches(*[30] * 120)
    line, known = line_of(3600, 10), np.ones(3600, bool)
    found = bundle(points, known, 8, line)
    hours = [np.unique(line.recordings[found.codes == code]) for code in range(len(found))]
    assert (len(found), found.left, found.in_time) == (8, 8, True)
    assert sorted(np.concatenate(hours).tolist()) == sorted([*set(np.concatenate(hours).tolist())] * 4), "four an hour"
    assert found.sizes.max() < 360, "no hour is one stretch"
    told = np.zeros(3600, bool)
    told[found.medoids] = True
    later = bundle(points, known, 8, line, told=told)
    assert (len(later), later.left) == (16, 6), "what has labels stays, and as many stretches come"
    for code in range(8):
        rows = np.flatnonzero(found.codes == code)
        same = np.flatnonzero(later.codes == later.codes[rows[0]])
        assert rows.tolist() == same.tolist(), "cut as it was"
        assert found.medoids[code] in later.medoids
    assert bundle(points, known, 40, line).left == 0, "four an hour for all of them"
    assert bundle(points[:3599], known[:3599], 2, line_of(3599, 1)).left == 0, "one recording is always taken"
    assert len(bundle(points[:3599], known[:3599], 2, line_of(3599, 1))) == 2


def test_of_very_many_short_recordings_some_clusters_are_made() -> None:
    points, truth = stretches(*[2] * 60)
    found = bundle(points, np.ones(120, bool), 10, line_of(120, 60))
    assert (len(found), found.in_time) == (10, False)
    assert all(len(np.unique(truth[found.codes == code] % 3)) == 1 for code in range(10)), "like to like"
    assert bundle(points, np.ones(120, bool), 15, line_of(120, 60)).in_time, "four recordings for each are few"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(1, 40), st.integers(1, 90), st.integers(1, 4), st.booleans())
def test_bundles_hold_each_known_sample_once(seed: int, wanted: int, count: int, recordings: int, timed: bool) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 2)).astype(np.float32).round(int(seed % 3))
    known = rng.random(count) < 0.9
    line = line_of(count, recordings) if timed else None
    found = bundle(points, known, wanted, line, seed)
    assert ((found.codes >= 0) == known).all()
    assert (found.sizes > 0).all()
    assert found.codes[found.medoids].tolist() == list(range(len(found)))
    if line is not None and known.any():
        present = len(np.unique(line.recordings[known]))
        assert len(found) == min(max(wanted, present), int(known.sum()))
        ordered = found.codes[known]
        assert (np.diff(ordered) >= 0).all(), "stretches follow each other in time"
    else:
        assert len(found) <= wanted


def test_more_stretches_only_cut_further() -> None:
    points, _ = stretches(20, 30, 10, 40, seed=3)
    recordings = np.zeros(100, int)
    few, many = cut(points, recordings, 4), cut(points, recordings, 9)
    assert set(np.flatnonzero(np.diff(few))) <= set(np.flatnonzero(np.diff(many)))


def wards_heights(points: np.ndarray) -> list[float]:
    """By definition: of all neighbours those are merged whose merging lets the squared distances rise least."""
    parts, heights = [([place], 0.0) for place in range(len(points))], [np.inf] * len(points)
    while len(parts) > 1:
        rises = []
        for (one, _), (other, _) in pairwise(parts):
            gap = points[one].mean(0) - points[other].mean(0)
            rises.append(2 * len(one) * len(other) / (len(one) + len(other)) * float(gap @ gap))
        at = int(np.argmin(rises))
        (one, low), (other, high) = parts[at : at + 2]
        reached = max(rises[at], low, high)
        heights[other[0]] = reached
        parts[at : at + 2] = [(one + other, reached)]
    return heights


@pytest.mark.parametrize("wanted", [2, 4, 9, 30])
def test_recordings_are_cut_by_wards_rule_in_one_pass(monkeypatch: pytest.MonkeyPatch, wanted: int) -> None:
    points = np.random.default_rng(wanted).normal(size=(50, 3)).astype(np.float32)
    recordings = np.repeat([3, 7, 8], [30, 1, 19])
    heights = np.concatenate([wards_heights(points[recordings == code].astype(float)) for code in (3, 7, 8)])
    chosen = np.argsort(-heights, kind="stable")[: max(wanted, 3)]
    monkeypatch.setattr(sklearn.cluster, "ward_tree", None)
    found = cut(points, recordings, wanted)
    assert np.flatnonzero(np.diff(found, prepend=-1)).tolist() == sorted(chosen.tolist())


def test_clusters_where_there_is_no_order() -> None:
    points, truth = stretches(20, 60, 30)
    found = bundle(points, np.ones(110, bool), 3)
    assert found.sizes.tolist() == [60, 30, 20], "the largest first"
    assert len({(code, truth[row]) for row, code in enumerate(found.codes.tolist())}) == 3
    with pytest.raises(UserError, match="from 1"):
        bundle(points, np.ones(110, bool), 0)


def test_labels_go_to_the_free_samples_of_their_bundle_alone() -> None:
    points, truth = stretches(30, 30, 30)
    found = bundle(points, np.ones(90, bool), 3, line_of(90))
    codes, free = np.full(90, -1), np.ones(90, bool)
    codes[[5, 40]] = [2, 1]
    free[[5, 40, 6]] = False
    told = spread(found, codes, free, points)
    assert set(told.rows.tolist()) == {*range(30), *range(30, 60)} - {5, 6, 40}
    assert (told.codes == np.where(truth[told.rows] == 0, 2, 1)).all()
    assert (told.seeds, told.judged) == (2, 0)


def test_a_bundle_with_two_classes_gives_each_sample_that_of_the_nearest() -> None:
    points = np.linspace(0, 1, 10, dtype=np.float32)[:, None]
    found = bundle(points, np.ones(10, bool), 1, line_of(10))
    codes = np.array([0, -1, -1, -1, -1, -1, -1, -1, 1, 1])
    told = spread(found, codes, codes < 0, points)
    assert told.codes.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert (told.agreed, told.judged) == (2, 3), "of three labels the first stands alone with its class"
    followed = np.arange(10) == 9
    assert spread(found, codes, codes < 0, points, followed).judged == 2, "what was spread itself judges nothing"


def rapid_pool(codes: np.ndarray, points: np.ndarray) -> Pool:
    return Pool(codes, ("a", "b", "c"), embedding=points, line=line_of(len(points)))


def test_no_sample_judges_itself_where_several_are_alike() -> None:
    found = spread(
        Bundles(np.zeros(6, int), np.zeros(1, int), False), np.arange(6), np.zeros(6, bool), np.zeros((6, 2))
    )
    assert (found.judged, found.agreed) == (6, 0)


def test_medoids_of_what_is_not_labelled_yet_come_largest_first() -> None:
    points, truth = stretches(30, 60, 20)
    codes = np.full(110, -1)
    found = queue(rapid_pool(codes, points), "medoids", 3)
    assert [truth[one.row] for one in found] == [1, 0, 2]
    assert found[0].reason == "Stands for a stretch of 60 samples; number 1 of 3."
    codes[50] = 0
    assert [truth[one.row] for one in queue(rapid_pool(codes, points), "medoids", 3)] == [0, 2]


def test_the_boundary_lies_between_two_classes() -> None:
    points = np.linspace(0, 1, 41, dtype=np.float32)[:, None]
    codes = np.full(41, -1)
    codes[[0, 40]] = [0, 2]
    first = queue(rapid_pool(codes, points), "boundary", 5)[0]
    assert first.row == 20
    assert first.reason == "Between a and c: as near to the one as 1.00 to the other."
    assert len(queue(rapid_pool(np.full(41, -1), points), "boundary", 5)) == 5, "before there are two, between bundles"


def test_medoids_of_the_rest_once_each_bundle_holds_a_label() -> None:
    points, _ = stretches(30, 60, 20)
    codes = np.full(110, -1)
    codes[[3, 50, 100]] = 0
    found = queue(rapid_pool(codes, points), "medoids", 3)
    assert len(found) == 3
    assert not {one.row for one in found} & {3, 50, 100}
