"""A line drawn around spikes in a field; what is inside is told as a mask over the unit's spikes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPen

from widgets import paint, theme
from widgets.map.cloud import Cloud
from widgets.map.lasso import rows_inside
from widgets.unit.axes import Axes, Field

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
#: Fewer corners than this, or a line shorter than this in pixels, is a click.
_CORNERS, _REACH = 3, 6.0


class Lasso(QObject):
    """Drawing on a field while it is on. axes, points: of the field; points are (n, 2) in data, NaN for none.

    drawn(mask): which of the points lie inside a line that was closed, (n,).
    """

    drawn = Signal(object)

    def __init__(self, field: Field, axes: Callable[[], Axes], points: Callable[[], Floats]) -> None:
        super().__init__(field)
        self._field, self._axes, self._points = field, axes, points
        self._corners: list[QPointF] = []
        self._down = False
        self.on = False
        field.installEventFilter(self)
        field.drawn_over = self.draw

    def set_on(self, on: bool) -> None:
        """Take the mouse, or leave it."""
        self.on = on
        self.clear()
        self._field.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def clear(self) -> None:
        """Forget the line."""
        self._corners, self._down = [], False
        self._field.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.on or self._field.empty[0] or not isinstance(event, QMouseEvent):
            return False
        if event.type() == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._corners, self._down = [event.position()], True
        elif event.type() == QEvent.Type.MouseMove and self._down:
            self._corners.append(event.position())
        elif event.type() == QEvent.Type.MouseButtonRelease and self._down:
            self._down = False
            self._close()
        else:
            return False
        self._field.update()
        return True

    def _close(self) -> None:
        spread = max(abs(at.x() - self._corners[0].x()) + abs(at.y() - self._corners[0].y()) for at in self._corners)
        if len(self._corners) < _CORNERS or spread < _REACH:
            self._corners = []
            return
        self.drawn.emit(self.inside())

    def inside(self) -> Bools:
        """Which points lie inside the line."""
        axes, points = self._axes(), self._points()
        area = axes.area
        corners = np.array(
            [
                [axes.left + (at.x() - area.left()) / axes.across, axes.low + (area.bottom() - at.y()) / axes.up]
                for at in self._corners
            ]
        )
        mask = np.zeros(len(points), bool)
        mask[rows_inside(Cloud(points), corners)] = True
        return mask

    def draw(self, painter: QPainter) -> None:
        """The line, over the data."""
        if len(self._corners) < 2:
            return
        x, y = np.array([[at.x(), at.y()] for at in self._corners]).T
        painter.setPen(QPen(theme.token("accent"), 1.6))
        painter.setBrush(theme.faded("accent", 0.12))
        painter.drawPolygon(paint.polygon(x, y))
        painter.setBrush(Qt.BrushStyle.NoBrush)
