"""What is drawn over a plot: it stays where the plot is, and knows where a time stands on it."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF

from widgets.traces.plot import Plot


class OverPlot(pg.GraphicsObject):
    """Something at the data's place of a plot, or over it. height: what stands higher is drawn over it."""

    def __init__(self, plot: Plot, height: float) -> None:
        super().__init__()
        self.plot = plot
        self.setParentItem(plot.plotItem)
        self.setZValue(height)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self.plot.area()

    def across(self, time: float) -> float:
        """Where a time stands."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        return area.left() + (time - left) * (area.width() / (right - left))

    def strip(self, start: float, stop: float) -> QRectF:
        """The place of a stretch of time, cut to the page; empty where it is not on it."""
        area = self.plot.area()
        low, high = max(self.across(start), area.left()), min(self.across(stop), area.right())
        return QRectF(low, area.top(), max(high - low, 0.0), area.height()) if high > low else QRectF()
