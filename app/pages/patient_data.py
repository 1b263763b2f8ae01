"""What the dashboard shows of a recording, computed of a run's word on its windows. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from models.course import (
    Course,
    Episode,
    EpisodeRule,
    burden,
    find_episodes,
    hour_edges,
    recorded_between,
    seconds_between,
)
from models.orders.alerting import Watched
from models.store.fold import Fold
from models.watch import Watch

#: What stands in the table where nobody looked at an episode yet.
PROPOSED = "proposed"


@dataclass(frozen=True)
class Shown:
    """One recording: its windows, what the run says, its episodes, the hours and the seconds of each class in them."""

    course: Course
    p: npt.NDArray[np.float32]
    classes: tuple[str, ...]
    target: str
    rule: EpisodeRule
    episodes: Sequence[Episode]
    edges: npt.NDArray[np.floating[Any]]
    seconds: npt.NDArray[np.floating[Any]]
    recorded: npt.NDArray[np.floating[Any]]
    offset: float | None = None
    rest: str = ""

    @property
    def place(self) -> int:
        """That of the target among the classes, −1 where the run does not know it."""
        return self.classes.index(self.target) if self.target in self.classes else -1

    @property
    def total(self) -> float:
        """Seconds of all episodes."""
        return sum(one.seconds for one in self.episodes)

    @property
    def share(self) -> float:
        """Which part of the time is of an episode, of all that windows speak for and that episodes join over gaps; NaN
        where nothing is."""
        inside = sum(_spoken_for(self.course, one) for one in self.episodes)
        known = self.course.recorded + self.total - inside
        return self.total / known if known else math.nan


def show(watched: Watched, course: Course, watch: Watch, rule: EpisodeRule, offset: float | None = None) -> Shown:
    """A recording as the dashboard shows it. offset: s of the day at its begin, None where that is not known."""
    p, target = watched.of(course), watch.target
    edges = hour_edges(course.end, offset or 0.0)
    known = target in watched.classes
    values = p[:, watched.classes.index(target)] if known else np.full(len(p), np.nan, np.float32)
    episodes = find_episodes(course.starts, course.stops, values, rule)
    return Shown(
        course, p, watched.classes, target, rule, episodes, edges, burden(course, p, rule, edges),
        recorded_between(course, edges), offset, watch.rest,
    )  # fmt: skip


def _spoken_for(course: Course, episode: Episode) -> float:
    """Seconds of an episode that windows speak for."""
    mine = slice(episode.first, episode.last + 1)
    spans = list(zip(course.starts[mine].tolist(), course.stops[mine].tolist(), strict=True))
    return float(seconds_between(spans, np.array([episode.start, episode.stop]))[0])


def seconds_of_day(clock: str) -> float | None:
    """Seconds after midnight of a wall time (ISO 8601); None for none."""
    try:
        at = datetime.fromisoformat(clock)
    except ValueError:
        return None
    return at.hour * 3600.0 + at.minute * 60 + at.second + at.microsecond / 1e6


def part_ranks(parts: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """(n,) how far a run's word on windows is from a test, by their parts in it: 0 for what it never saw, held out or
    new to it, 1 for what it was chosen by, 2 for what it learnt from."""
    told = parts.astype(str)
    return np.select([told == "train", told == "val"], [2, 1], 0)


def telling_most(courses: Sequence[Course], ranks: npt.NDArray[np.int64]) -> Course | None:
    """The recording that is looked at first, the longest of those whose windows are nearest to a test; None of none.

    ranks: of each row. A recording is as far from a test as its furthest window.
    """
    return min(courses, key=lambda one: (int(ranks[one.rows].max(initial=0)), -one.recorded), default=None)


def rows_in(shown: Shown, episode: Episode) -> npt.NDArray[np.int64]:
    """The project's rows of the windows of an episode, those that a gap joined among them."""
    return shown.course.rows[episode.first : episode.last + 1]


def reviewed(fold: Fold, rows: npt.NDArray[np.int64]) -> str:
    """The class that people gave to most windows of an episode; "" where nobody gave one."""
    labels = fold.labels()[rows][fold.human()[rows]]
    given = [str(label) for label in labels if label is not None]
    return max(dict.fromkeys(given), key=given.count) if given else ""


def worst_hour(shown: Shown) -> tuple[int, float] | None:
    """The hour with most of the target, and its seconds; None where there is none."""
    if shown.place < 0 or not shown.total:
        return None
    hour = int(shown.seconds[:, shown.place].argmax())
    return hour, float(shown.seconds[hour, shown.place])


def nearest(course: Course, seconds: float) -> int:
    """The row of the window that speaks for a time, or the nearest one."""
    middles = (course.starts + course.stops) / 2
    return int(course.rows[int(np.abs(middles - seconds).argmin())])


def around(shown: Shown, episode: Episode, seconds: float) -> tuple[list[float], list[float]]:
    """The probability of the target around an episode: minutes from its onset, and p; a gap is NaN."""
    course, low, high = shown.course, episode.start - seconds, episode.stop + seconds
    inside = np.flatnonzero((course.stops > low) & (course.starts < high))
    x = ((course.starts + course.stops) / 2)[inside] - episode.start
    return (x / 60).tolist(), shown.p[inside, shown.place].astype(float).tolist()
