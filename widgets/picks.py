"""The list on show, its current row and its selection, as arrays: shared by table and grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.change import Rows

Bools = npt.NDArray[np.bool_]


class Picks:
    """Rows of the project in list order; a position is a place in that order.

    The current row and the selection are kept by project row, so they outlive sorting, filtering
    and relabelling.
    """

    def __init__(self) -> None:
        self.rows: Rows = np.zeros(0, np.int64)
        self.current = -1
        self._anchor = 0
        self._place = -1
        self._selected: Bools = np.zeros(0, bool)
        self._counted: int | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def set_rows(self, rows: Rows) -> None:
        """Show other rows; current row and selection stay by project row."""
        self.rows = np.ascontiguousarray(rows, np.int64)
        self._counted = None
        total = int(self.rows.max()) + 1 if len(self.rows) else 0
        if total > len(self._selected):
            grown = np.zeros(total, bool)
            grown[: len(self._selected)] = self._selected
            self._selected = grown
        self._find()
        self._anchor = max(self._place, 0)

    def _find(self) -> None:
        if 0 <= self._place < len(self.rows) and self.rows[self._place] == self.current:
            return
        found = np.flatnonzero(self.rows == self.current) if self.current >= 0 else np.zeros(0, np.int64)
        self._place = int(found[0]) if len(found) else -1

    @property
    def position(self) -> int:
        """Position of the current row in the list, −1 when it is not in it."""
        return self._place

    def is_selected(self, rows: Rows) -> Bools:
        """Which of these project rows are selected."""
        return self._selected[rows]

    def selected(self) -> Rows:
        """The selected project rows that the list shows, in its order."""
        return self.rows[self._selected[self.rows]]

    def count(self) -> int:
        """How many of the list are selected; counted once after each change."""
        if self._counted is None:
            self._counted = int(np.count_nonzero(self._selected[self.rows]))
        return self._counted

    def show(self, row: int, rows: Rows | None) -> None:
        """Take over a current row and a selection; None selects the current row alone."""
        self.current = row
        self._find()
        wanted = np.asarray([row] if rows is None else rows, np.int64)
        wanted = wanted[wanted >= 0]
        self._settle_anchor(wanted)
        self._selected[:] = False
        self._counted = None
        if len(wanted) and int(wanted.max()) >= len(self._selected):
            grown = np.zeros(int(wanted.max()) + 1, bool)
            grown[: len(self._selected)] = self._selected
            self._selected = grown
        self._selected[wanted] = True

    def _settle_anchor(self, wanted: Rows) -> None:
        """An extended selection that is handed back keeps its anchor, so that it can be extended further."""
        held = self._anchor < len(self.rows) and len(wanted) > 1 and bool(np.any(wanted == self.rows[self._anchor]))
        if not held:
            self._anchor = max(self._place, 0)

    def pick(self, position: int, extend: bool = False, toggle: bool = False) -> bool:
        """Move to a position: alone, extending from the anchor, or toggling; False outside the list."""
        if not 0 <= position < len(self.rows):
            return False
        row = int(self.rows[position])
        self._counted = None
        if extend:
            low, high = sorted((self._anchor, position))
            if not toggle:
                self._selected[:] = False
            self._selected[self.rows[low : high + 1]] = True
        elif toggle:
            self._selected[row] = not self._selected[row]
            self._anchor = position
        else:
            self._selected[:] = False
            self._selected[row] = True
            self._anchor = position
        self.current, self._place = row, position
        return True

    def pick_positions(self, positions: npt.NDArray[np.int64], add: bool = False) -> None:
        """Select the rows at these positions (a dragged frame), alone or besides the present ones."""
        self._counted = None
        if not add:
            self._selected[:] = False
        self._selected[self.rows[positions]] = True

    def pick_all(self) -> None:
        """Select the whole list."""
        self._counted = None
        self._selected[:] = False
        self._selected[self.rows] = True

    def pick_none(self) -> None:
        """Select the current row alone."""
        self.show(self.current, None)
