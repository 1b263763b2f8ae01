"""The relevance strip: an explanation over time as heat at the foot of the trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets import paint, theme
from widgets.heat import heat_colours
from widgets.traces.plot import Plot

Floats = npt.NDArray[np.floating[Any]]
HEIGHT = 12


class RelevanceStrip(pg.GraphicsObject):
    """Heat of |relevance| per pixel, the strongest of each pixel's samples."""

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._plot = plot
        self._values = np.zeros(0)
        self._start = self._step = 1.0
        self.words = "relevance"
        self.setParentItem(plot.plotItem)
        self.setZValue(10)
        self.setVisible(False)

    def boundingRect(self) -> QRectF:
        """The foot of the data's place."""
        area = self._plot.area()
        return QRectF(area.left(), area.bottom() - HEIGHT, area.width(), HEIGHT)

    def set_values(self, values: Floats | None, start: float, step: float, note: str = "") -> None:
        """Show (length,) values; None hides the strip. note: what stands behind the word relevance."""
        self.words = f"relevance, {note}" if note else "relevance"
        self.prepareGeometryChange()
        strength = np.abs(np.asarray(values, np.float64)) if values is not None else np.zeros(0)
        top = float(np.nanmax(strength)) if np.isfinite(strength).any() else 0.0
        self._values = strength / top if top > 0 else strength
        self._start, self._step = start, step
        self.setVisible(len(self._values) > 0)
        self.update()

    def shares(self, columns: int) -> Floats:
        """Strength 0 … 1 of each pixel column of the visible range; NaN outside the trace."""
        left, right = self._plot.x_range()
        edges = (left + np.arange(columns + 1) * ((right - left) / columns) - self._start) / self._step
        places = np.clip(np.floor(edges + 0.5), 0, len(self._values) - 1).astype(np.int64)
        first, last = places[:-1], max(int(places[-1]), int(places[-2]) + 1)
        peaks = np.fmax.reduceat(self._values[:last], first)
        outside = (edges[1:] < 0) | (edges[:-1] > len(self._values) - 1)
        return np.where(outside, np.nan, peaks)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """One row of colours, stretched upwards."""
        rect, ratio = self.boundingRect(), painter.device().devicePixelRatioF()
        columns = max(round(rect.width() * ratio), 1)
        row = heat_colours(self.shares(columns))
        image = QImage(row.data, columns, 1, columns * 4, QImage.Format.Format_RGB32)
        painter.drawImage(rect, image)
        plate = QRectF(rect.left() + 2, rect.top() - 1, paint.width(self.words, "caption") + 8, HEIGHT)
        paint.plate(painter, plate, theme.faded("well", 0.9))
        paint.text(painter, plate, self.words, "caption", "text3", paint.CENTRE)
