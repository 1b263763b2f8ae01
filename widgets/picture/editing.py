"""Boxes by hand: drawn, moved, resized, deleted. Each act is a record that somebody else applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt

from widgets.picture.boxes import Boxes
from widgets.picture.view import Box

DRAW: Literal["draw"] = "draw"
MOVE: Literal["move"] = "move"
DELETE: Literal["delete"] = "delete"
#: A box is at least so many pixels of the image wide and high.
LEAST = 4
#: The eight handles: which of left, top, right, bottom each of them takes along.
HANDLES = (
    (True, True, False, False),
    (False, True, False, False),
    (False, True, True, False),
    (False, False, True, False),
    (False, False, True, True),
    (False, False, False, True),
    (True, False, False, True),
    (True, False, False, False),
)
_WHOLE = (True, True, True, True)
_CURSORS = (
    Qt.CursorShape.SizeFDiagCursor,
    Qt.CursorShape.SizeVerCursor,
    Qt.CursorShape.SizeBDiagCursor,
    Qt.CursorShape.SizeHorCursor,
)


@dataclass(frozen=True)
class BoxEdit:
    """One act on a box: `draw` (no id, no before), `move` (resizing too), or `delete` (no after)."""

    kind: Literal["draw", "move", "delete"]
    id: str
    before: Box | None
    after: Box | None


@dataclass
class Editor:
    """The hand on the boxes of one image. place: the box that is edited, −1 for none.

    A press takes a handle of the edited box, or the box under it, or begins a new one; a release makes the record.
    """

    boxes: Boxes
    across: int
    down: int
    place: int = -1
    sides: tuple[bool, bool, bool, bool] | None = None
    start: tuple[float, float] = (0.0, 0.0)
    held: Box | None = None  # the box before this act
    now: Box | None = None  # the box as it would be

    def taken(self) -> Box | None:
        """The box that is edited, None for none."""
        return self.boxes.box(self.place) if self.place >= 0 else None

    def handles(self) -> list[tuple[float, float]]:
        """Where the eight handles of the edited box are in the image."""
        if self.place < 0:
            return []
        left, top, right, bottom = self.now or self.boxes.box(self.place)
        across, down = (left + right) / 2, (top + bottom) / 2
        return [
            (left, top),
            (across, top),
            (right, top),
            (right, down),
            (right, bottom),
            (across, bottom),
            (left, bottom),
            (left, down),
        ]

    def handle_at(self, x: float, y: float, reach: float) -> int:
        """The handle near a place, −1 for none."""
        near = [max(abs(x - at[0]), abs(y - at[1])) for at in self.handles()]
        best = min(range(len(near)), key=near.__getitem__, default=-1)
        return best if best >= 0 and near[best] <= reach else -1

    def cursor(self, x: float, y: float, reach: float) -> Qt.CursorShape:
        """What the pointer looks like at a place."""
        handle = self.handle_at(x, y, reach)
        if handle >= 0:
            return _CURSORS[handle % 4]
        return Qt.CursorShape.SizeAllCursor if self.boxes.at(x, y) >= 0 else Qt.CursorShape.CrossCursor

    def press(self, x: float, y: float, reach: float, new: bool = False) -> None:
        """Take what is at a place; new: begin a box even inside another one."""
        self.start, self.held, self.now = (x, y), None, None
        handle = -1 if new else self.handle_at(x, y, reach)
        if handle < 0:
            self.place = -1 if new else self.boxes.at(x, y)
        self.sides = None
        if self.place >= 0:
            if self.boxes.ids[self.place]:  # one that has no sample yet waits for it
                self.held = self.boxes.box(self.place)
                self.sides = HANDLES[handle] if handle >= 0 else _WHOLE
        else:
            self.sides = HANDLES[0]

    def move(self, x: float, y: float) -> None:
        """Follow the pointer."""
        if self.sides is None:
            return
        if self.held is None:
            self.now = self._clipped((*self.start, x, y))
            return
        by = [round(x - self.start[0]), round(y - self.start[1])]
        left, top, right, bottom = self.held
        if self.sides == _WHOLE:
            by[0] = round(min(max(by[0], -left), self.across - right))
            by[1] = round(min(max(by[1], -top), self.down - bottom))
        moved = [value + by[side % 2] * self.sides[side] for side, value in enumerate(self.held)]
        self.now = self._clipped((moved[0], moved[1], moved[2], moved[3]))

    def release(self) -> BoxEdit | None:
        """What the person did; None where the box stayed, or was too small to be one."""
        held, now, self.held, self.now, self.sides = self.held, self.now, None, None, None
        if now is None or now == held or now[2] - now[0] < LEAST or now[3] - now[1] < LEAST:
            return None
        if held is None:
            self.boxes.add(now)
            self.place = len(self.boxes) - 1
            return BoxEdit(DRAW, "", None, now)
        self.boxes.put(self.place, now)
        return BoxEdit(MOVE, self.boxes.ids[self.place], held, now)

    def delete(self) -> BoxEdit | None:
        """Take the edited box away."""
        place, self.place = self.place, -1
        if place < 0 or not self.boxes.ids[place]:
            return None
        edit = BoxEdit(DELETE, self.boxes.ids[place], self.boxes.box(place), None)
        self.boxes.remove(place)
        return edit

    def step_back(self) -> bool:
        """Leave off what is being done, else let go of the box; False when there is nothing to leave."""
        if self.sides is not None:
            self.sides = self.held = self.now = None
            return True
        held, self.place = self.place >= 0, -1
        return held

    def _clipped(self, box: Box) -> Box:
        """A box of whole pixels inside the image, its corners in order."""
        left, right = sorted((box[0], box[2]))
        top, bottom = sorted((box[1], box[3]))
        return (
            float(max(round(left), 0)),
            float(max(round(top), 0)),
            float(min(round(right), self.across)),
            float(min(round(bottom), self.down)),
        )
