"""How windows lie along a recording, and what a probability along it amounts to: episodes, and burden by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models.params import Note

Floats = npt.NDArray[np.floating[Any]]
Rows = npt.NDArray[np.int64]
HOUR = 3600.0
#: Times are sums of decimal seconds: what differs by less is the same.
_SAME = 1e-6


@dataclass(frozen=True)
class Course:
    """The windows of one recording in order of time.

    name: of the recording, the same for every curator; title: as people call it; group: whose it is. rows: of the
    project's samples, (m,). starts, stops: s from the recording's begin; a window speaks for the time around its
    middle, up to halfway to its neighbours. whole: row of the sample that is all of it, −1 for none.
    """

    name: str
    title: str
    group: str
    rows: Rows
    starts: Floats
    stops: Floats
    whole: int = -1

    @property
    def end(self) -> float:
        """When the last window ends, in s."""
        return float(self.stops.max(initial=0.0))

    @property
    def recorded(self) -> float:
        """Seconds that windows speak for."""
        return float((self.stops - self.starts).sum())


@dataclass(frozen=True)
class EpisodeRule:
    """When windows make an episode."""

    threshold: Annotated[
        float, Note("A window belongs to an episode from this probability on", low=0.01, high=1, section="Episodes")
    ] = 0.5
    gap: Annotated[
        float,
        Note("What is not further apart than this is one episode", low=0, high=3600, unit="s", section="Episodes"),
    ] = 20.0
    least: Annotated[
        float, Note("What is shorter than this is no episode", low=0, high=3600, unit="s", section="Episodes")
    ] = 10.0

    def words(self, title: str) -> str:
        """The rule as one reads it."""
        share = f"{self.threshold:.2f}".lstrip("0") if self.threshold < 1 else "1"
        return (
            f"{title} from p ≥ {share} on; what is up to {self.gap:g} s apart is one, "
            f"what is shorter than {self.least:g} s is none"
        )


@dataclass(frozen=True)
class Episode:
    """From onset to offset in s; first, last, best: places of its first, last and surest window in its course."""

    start: float
    stop: float
    peak: float
    first: int
    last: int
    best: int

    @property
    def seconds(self) -> float:
        return self.stop - self.start


def find_episodes(starts: Floats, stops: Floats, p: Floats, rule: EpisodeRule) -> list[Episode]:
    """The episodes of a class along one recording, in order. p: its probability by window, (m,), NaN for none.

    Windows that reach the threshold are joined over gaps first, then what is too short is left out.
    """
    with np.errstate(invalid="ignore"):
        over = np.flatnonzero(np.asarray(p) >= rule.threshold)
    if not len(over):
        return []
    ends = np.maximum.accumulate(stops[over])
    breaks = np.flatnonzero(starts[over][1:] - ends[:-1] > rule.gap + _SAME) + 1
    found = []
    for part in np.split(over, breaks):
        best = int(part[np.argmax(p[part])])
        one = Episode(
            float(starts[part[0]]), float(stops[part].max()), float(p[best]), int(part[0]), int(part[-1]), best
        )
        if one.seconds >= rule.least - _SAME:
            found.append(one)
    return found


def hour_edges(end: float, offset: float = 0.0) -> Floats:
    """The hours that a recording reaches into, as times in it; offset: its begin in s after a full hour of day."""
    first = -(offset % HOUR)
    count = max(int(np.ceil((end - first) / HOUR - _SAME)), 1)
    return np.asarray(first + HOUR * np.arange(count + 1))


def seconds_between(spans: Sequence[tuple[float, float]], edges: Floats) -> Floats:
    """Seconds of spans that do not overlap between each two edges that follow each other."""
    if not len(spans):
        return np.zeros(len(edges) - 1)
    starts, stops = np.asarray(spans, np.float64).T
    until = np.clip(np.asarray(edges)[:, None] - starts, 0, stops - starts).sum(1)
    return np.asarray(np.diff(until))


def burden(course: Course, p: Floats, rule: EpisodeRule, edges: Floats) -> Floats:
    """Seconds of the episodes of each class in each hour, (hours, classes). p: (m, classes)."""
    columns = []
    for place in range(p.shape[1]):
        found = find_episodes(course.starts, course.stops, p[:, place], rule)
        columns.append(seconds_between([(one.start, one.stop) for one in found], edges))
    return np.stack(columns, 1) if columns else np.zeros((len(edges) - 1, 0))


def recorded_between(course: Course, edges: Floats) -> Floats:
    """Seconds that windows speak for in each hour."""
    return seconds_between(list(zip(course.starts.tolist(), course.stops.tolist(), strict=True)), edges)
