"""The scale of stacked channels: an upright bar with its value."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets import paint, theme
from widgets.traces.lanes import Lanes
from widgets.traces.plot import Plot, nice_step, tick_text


class ScaleBar(pg.GraphicsObject):
    """A bar of a round value at the foot of the names."""

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._plot = plot
        self._lanes: Lanes | None = None
        self._unit = ""
        self.setParentItem(plot.plotItem)
        self.setZValue(5)
        self.setVisible(False)

    def show_scale(self, lanes: Lanes, unit: str) -> None:
        """The scale of these lanes; hidden where they are not stacked."""
        self.prepareGeometryChange()
        self._lanes, self._unit = lanes, unit
        self.setVisible(lanes.stacked)

    def boundingRect(self) -> QRectF:
        """Left of the data, at their foot."""
        area = self._plot.area()
        return QRectF(0, area.bottom() - 60, area.left(), 102)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The bar, and its value under it."""
        if self._lanes is None:
            return
        area, (low, high) = self._plot.area(), self._plot.y_range()
        pixels = area.height() / (high - low) / self._lanes.values_a_lane
        value = nice_step(40 / pixels, 1) if pixels > 0 else 1.0
        tall, foot, x = min(value * pixels, 110.0), area.bottom() + 4, 9.0
        ink = theme.token("text")
        painter.fillRect(QRectF(x, foot - tall, 1.5, tall), ink)
        painter.fillRect(QRectF(x - 2.5, foot - tall, 6.5, 1.5), ink)
        painter.fillRect(QRectF(x - 2.5, foot - 1.5, 6.5, 1.5), ink)
        words = f"{tick_text(value, value)} {self._unit}".strip()
        paint.text(painter, QRectF(x - 3, foot + 3, area.left() - x, 14), words, "caption_strong", "text")
