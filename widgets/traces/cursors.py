"""Two cursors on a time axis: lines, handles, the tinted span between them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets import paint, theme
from widgets.traces.plot import Plot

NAMES = ("A", "B")
_NEAR = 6.0


class Cursors(pg.GraphicsObject):
    """Draws cursors A and B and lets them be dragged; `at` holds their times, NaN before they are first placed.

    settle(time) puts a time on a sample; `told` is called after each move.
    """

    def __init__(self, plot: Plot, settle: Callable[[float], float], told: Callable[[], None]) -> None:
        super().__init__()
        self._plot, self._settle, self._told = plot, settle, told
        self.at = [math.nan, math.nan]
        self.active = 0
        self.setParentItem(plot.plotItem)
        self.setZValue(30)
        self.setVisible(False)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def move(self, which: int, time: float) -> None:
        """Put one cursor at the sample nearest to a time."""
        self.active = which
        self.at[which] = self._settle(time)
        self.update()
        self._told()

    def place(self, left: float, right: float) -> None:
        """Put both at a third and two thirds of a range."""
        third = (right - left) / 3
        self.at = [self._settle(left + third), self._settle(right - third)]
        self.active = 0
        self.update()
        self._told()

    def grab(self, position: QPointF) -> Callable[[QPointF], None] | None:
        """A mover for the cursor at a point of the widget, or None."""
        which = self.near(position)
        if which is None:
            return None
        self.active = which
        return lambda point: self.move(which, self._plot.to_data(point).x())

    def near(self, position: QPointF) -> int | None:
        """The cursor at a point of the widget."""
        if not self.isVisible() or not self._plot.area().adjusted(-9, 0, 9, 0).contains(position):
            return None
        away = [abs(self._plot.to_pixel(time).x() - position.x()) for time in self.at]
        which = 0 if away[0] < away[1] else 1
        return which if away[which] <= _NEAR else None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the span, then lines and handles."""
        area = self._plot.area()
        xs = [self._plot.to_pixel(time).x() for time in self.at]
        span = QRectF(QPointF(min(xs), area.top()), QPointF(max(xs), area.bottom())) & area
        painter.fillRect(span, theme.faded("accent", 0.06))
        for which, x in enumerate(xs):
            if area.left() - 0.5 <= x <= area.right() + 0.5:
                self._draw_one(painter, area, which, x)

    def _draw_one(self, painter: QPainter, area: QRectF, which: int, x: float) -> None:
        accent = theme.token("accent")
        painter.fillRect(QRectF(round(x) - 0.5, area.top(), 1, area.height()), accent)
        handle = QRectF(round(x) - 6.5, area.top() + 3, 13, 14)
        paint.plate(painter, handle, accent, 2)
        painter.setFont(theme.font("chip"))
        painter.setPen(theme.token("on_accent"))
        painter.drawText(handle, Qt.AlignmentFlag.AlignCenter, NAMES[which])
