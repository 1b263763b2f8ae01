"""What the dashboard tells of a recording, without a window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from app.pages.patient_data import nearest, part_ranks, reviewed, show, telling_most, worst_hour
from models.course import HOUR, Course, EpisodeRule

CLASSES = ("seizure", "other")


def shown(high: list[tuple[float, float]], offset: float | None = None, gone: Sequence[float] = ()) -> Any:
    """Three hours of windows of ten seconds, of which those between these times are seizures. gone: starts of windows
    that are not there."""
    starts = np.setdiff1d(np.arange(0, 3 * HOUR, 10), gone)
    p = np.full((len(starts), 2), 0.1, np.float32)
    for low, top in high:
        p[(starts >= low) & (starts < top), 0] = 0.9
    course = Course("a.edf", "a.edf", "p1", np.arange(len(starts)), starts, starts + 10)
    watched: Any = SimpleNamespace(of=lambda _course: p, classes=CLASSES)
    watch: Any = SimpleNamespace(target="seizure", rest="other")
    return show(watched, course, watch, EpisodeRule(), offset)


def test_the_worst_hour_is_the_one_with_most_of_the_target_by_the_clock_of_the_day() -> None:
    spans = [(1000.0, 1100.0), (HOUR + 100, HOUR + 400), (2 * HOUR, 2 * HOUR + 200)]
    assert worst_hour(shown(spans)) == (1, 300)
    by_clock = shown(spans, 1800.0)
    assert by_clock.edges.tolist() == [-1800, 1800, 5400, 9000, 12600]
    assert worst_hour(by_clock) == (1, 300)
    assert worst_hour(shown([(1000.0, 1100.0)], 3000.0)) == (1, 100), "the first hour of the day ended after 600 s"
    assert worst_hour(shown([])) is None


def test_the_share_of_episodes_is_of_all_the_time_that_is_known() -> None:
    assert shown([(1000.0, 1100.0)]).share == 100 / (3 * HOUR)
    gap = shown([(1000.0, 1100.0)], gone=[1040.0])
    assert (gap.total, gap.course.recorded) == (100, 3 * HOUR - 10)
    assert gap.share == 100 / (3 * HOUR), "an episode goes on where no window speaks"
    assert shown([(0.0, 3 * HOUR)], gone=[1040.0, 2000.0]).share == 1
    assert shown([], gone=[1040.0]).share == 0
    assert math.isnan(shown([], gone=np.arange(0, 3 * HOUR, 10).tolist()).share)


def test_the_longest_recording_that_the_run_never_saw_is_looked_at_first() -> None:
    def course(name: str, rows: list[int]) -> Course:
        starts = 10.0 * np.arange(len(rows))
        return Course(name, name, "p", np.array(rows), starts, starts + 10)

    every = [course("test", [0]), course("new", [1, 2]), course("chosen by", [3, 4, 5]), course("learnt", [6] * 9)]
    parts = np.array(["test", "", "", "val", "val", "", "train"], object)
    assert part_ranks(parts).tolist() == [0, 0, 0, 1, 1, 0, 2]
    assert [telling_most(every[first:], part_ranks(parts)) for first in range(5)] == [*every[1:2] * 2, *every[2:], None]


def test_an_episode_is_reviewed_by_what_people_gave_to_most_of_its_windows() -> None:
    labels = np.array(["lpd", "seizure", "seizure", "gpd", "gpd", "gpd"], object)
    human = np.array([True, True, True, False, False, False])
    fold: Any = SimpleNamespace(labels=lambda: labels, human=lambda: human)
    assert reviewed(fold, np.arange(6)) == "seizure", "what a file tells was looked at by nobody"
    assert reviewed(fold, np.array([3, 4])) == ""


def test_the_nearest_window_to_a_time() -> None:
    course = shown([]).course
    assert [nearest(course, at) for at in (-5.0, 14.0, 16.0, 1e6)] == [0, 1, 1, len(course.rows) - 1]
