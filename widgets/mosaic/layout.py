"""Where the thumbnails of a mosaic stand: headings and lines below each other, by arithmetic on arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect

from models.change import Rows

HEADING, GAP, EDGE = 34, 6, 10
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """A part of the mosaic under one heading; an empty title has none.

    chip: (letter, class index). facts: soft words after the title; conflicts: how many ≠; note:
    words at the right.
    """

    title: str
    rows: Rows
    chip: tuple[str, int] | None = None
    facts: tuple[str, ...] = ()
    conflicts: int = 0
    note: str = ""


class Layout:
    """Groups of thumbnails of one size in a width; y counts from the top of the first group.

    groups: closed ones show their heading only. starts[g] … starts[g + 1] − 1 are the positions of
    group g, tops[g] … tops[g + 1] its room in px.
    """

    def __init__(self, groups: Sequence[Group], closed: Collection[str], width: int, side: int) -> None:
        self.groups = groups
        self.side = side
        self.step = side + GAP
        self.columns = max((width - 2 * EDGE + GAP) // self.step, 1)
        # What the last column leaves is spread between all.
        free = max(width - 2 * EDGE - side, 0)
        self.pitch = free // (self.columns - 1) if self.columns > 1 else self.step
        self.left = EDGE + (free - (self.columns - 1) * self.pitch) // 2 if self.columns > 1 else EDGE
        counts = np.array([0 if group.title in closed else len(group.rows) for group in groups], np.int64)
        # The ring of a chosen thumbnail reaches 3 px out: keep it clear of the heading.
        self.heads = np.array([HEADING + 4 if group.title else EDGE for group in groups], np.int64)
        heights = self.heads - (-counts // self.columns) * self.step + EDGE * (counts > 0)
        self.starts: Places = np.concatenate(([0], np.cumsum(counts)))
        self.tops: Places = np.concatenate(([0], np.cumsum(heights)))

    @property
    def height(self) -> int:
        """Of all groups."""
        return int(self.tops[-1])

    def corners(self, places: Places) -> tuple[Places, Places]:
        """The left upper corners (x, y) of positions."""
        group = np.searchsorted(self.starts, places, "right") - 1
        line, column = np.divmod(places - self.starts[group], self.columns)
        return self.left + column * self.pitch, self.tops[group] + self.heads[group] + line * self.step

    def rect(self, position: int) -> QRect:
        """Where a position stands."""
        x, y = self.corners(np.array([position]))
        return QRect(int(x[0]), int(y[0]), self.side, self.side)

    def places_in(self, area: QRect) -> Places:
        """Positions whose thumbnails meet an area."""
        first = max(int(np.searchsorted(self.tops, area.top(), "right")) - 1, 0)
        last = min(int(np.searchsorted(self.tops, area.bottom(), "right")), len(self.groups))
        left = max(-(-(area.left() - self.left - self.side + 1) // self.pitch), 0)
        right = min((area.right() - self.left) // self.pitch, self.columns - 1)
        across = np.arange(left, right + 1)[None, :]
        found = [np.zeros(0, np.int64)]
        found += [self._places_of(group, area, across) for group in range(first, last)]
        return np.concatenate(found)

    def _places_of(self, group: int, area: QRect, across: Places) -> Places:
        start, count = int(self.starts[group]), int(self.starts[group + 1] - self.starts[group])
        base = int(self.tops[group] + self.heads[group])
        upper = max(-(-(area.top() - base - self.side + 1) // self.step), 0)
        lower = min((area.bottom() - base) // self.step, (count - 1) // self.columns if count else -1)
        inside = (np.arange(upper, lower + 1)[:, None] * self.columns + across).ravel()
        return np.asarray(inside[inside < count] + start)

    def headings(self, upper: int, lower: int) -> Iterator[tuple[int, int]]:
        """Groups with a heading between two heights and its y; the topmost is pinned to the upper one."""
        first = max(int(np.searchsorted(self.tops, upper, "right")) - 1, 0)
        for group in range(first, len(self.groups)):
            top, end = int(self.tops[group]), int(self.tops[group + 1])
            if top > lower:
                return
            if self.groups[group].title:
                yield group, min(max(top, upper), end - HEADING)

    def line_step(self, place: int, by: int) -> int:
        """One line down (1) or up (−1), into the next group at its end, in the same column."""
        group = int(np.searchsorted(self.starts, place, "right")) - 1
        start, end = int(self.starts[group]), int(self.starts[group + 1])
        line, column = divmod(place - start, self.columns)
        line += by
        if 0 <= line <= (end - start - 1) // self.columns:
            return min(start + line * self.columns + column, end - 1)
        group += by
        while 0 <= group < len(self.groups) and self.starts[group] == self.starts[group + 1]:
            group += by
        if not 0 <= group < len(self.groups):
            return place
        start, end = int(self.starts[group]), int(self.starts[group + 1])
        last = start + (end - start - 1) // self.columns * self.columns
        return min((start if by > 0 else last) + column, end - 1)
