"""The hand on annotations: drawn, moved and stretched on the page. Each act is told; somebody else keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from models.region import Region

#: Which ends of an annotation an act takes along.
FIRST, LAST, BOTH = (True, False), (False, True), (True, True)


@dataclass
class Hand:
    """What is done to one annotation between a press and a release.

    held: as it was before, None for a new one; now: as it would be. ends: which of start and stop follow. least: an
    annotation that is shorter, in s, was a click. bounds: of the recording.
    """

    held: Region | None
    now: Region
    ends: tuple[bool, bool]
    origin: float
    least: float
    bounds: tuple[float, float]
    snap: Callable[[float], float]

    def move(self, time: float) -> None:
        """Follow the pointer to a time."""
        low, high = self.bounds
        if self.held is None:
            start, stop = sorted((self.snap(self.origin), self.snap(time)))
            self.now = replace(self.now, start=max(start, low), stop=min(stop, high))
            return
        by = time - self.origin
        if self.ends == BOTH:
            start = self.snap(min(max(self.held.start + by, low), high - self.held.seconds))
            self.now = replace(self.held, start=start, stop=start + self.held.seconds)
            return
        start = self.snap(self.held.start + by) if self.ends[0] else self.held.start
        stop = self.snap(self.held.stop + by) if self.ends[1] else self.held.stop
        start, stop = sorted((min(max(start, low), high), min(max(stop, low), high)))
        self.now = replace(self.held, start=start, stop=stop)

    def release(self) -> Region | None:
        """What came of it; None where nothing did."""
        if self.held is not None:
            return self.now if self.now != self.held else None
        return self.now if self.now.seconds >= self.least else None


def snapper(edges: Sequence[float], reach: float, step: float, start: float) -> Callable[[float], float]:
    """Puts a time onto an edge within reach, else onto the nearest sample."""

    def snap(time: float) -> float:
        near = min(edges, key=lambda edge: abs(edge - time), default=None)
        if near is not None and abs(near - time) <= reach:
            return near
        return start + round((time - start) / step) * step

    return snap
