"""The colours of units that are seen together: the shown one in the pen's, the others in three of their own."""

from __future__ import annotations

from PySide6.QtGui import QColor

from widgets import theme

#: Units that are compared at once, the shown one among them.
MOST = 4
_PLACES = (4, 3, 9)


def tint(place: int) -> QColor:
    """The colour of the unit at a place, 0 for the shown one."""
    return theme.token("pen") if place == 0 else theme.class_colour(_PLACES[(place - 1) % len(_PLACES)]).stroke
