"""How far channels speak for a class over time: a coloured ground behind each row that a montage makes of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets.heat import signed_cover
from widgets.recording.rows import Lanes
from widgets.traces.plot import SPAN_Z, Plot

Floats = npt.NDArray[np.float64]
#: What is stronger than this share of all moments has the strongest colour: a few peaks would hide all else.
_STRONG = 0.98


class ChannelRelevance(pg.GraphicsObject):
    """Vermillion speaks for the class, blue against it; a row that is made otherwise stays as it is."""

    def __init__(self, plot: Plot, lanes: Callable[[], Lanes | None]) -> None:
        super().__init__()
        self._plot, self._lanes = plot, lanes
        self._images: dict[str, QImage] = {}
        self._span = (0.0, 1.0)
        self.setParentItem(plot.plotItem)
        self.setZValue(SPAN_Z - 5)
        self.setVisible(False)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def set_values(self, values: Floats | None, names: tuple[str, ...], span: tuple[float, float]) -> None:
        """Show (channels, n) values over a stretch of time in s, the names of the channels; None hides it."""
        most = _usual(np.abs(values)) if values is not None and values.size else 0.0
        self._images = {}
        self._span = span
        if values is not None and most > 0:
            for name, row in zip(names, values, strict=True):
                self._images[name] = _row(row / most)
        self.setVisible(bool(self._images))
        self.prepareGeometryChange()
        self.update()

    def rows(self) -> list[int]:
        """The rows of the page that have a value."""
        lanes = self._lanes()
        labels = lanes.shown.labels if lanes is not None else ()
        return [place for place, label in enumerate(labels) if label in self._images]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """A row's picture, stretched to its time and its height."""
        lanes = self._lanes()
        if lanes is None:
            return
        area, (left, right) = self._plot.area(), self._plot.x_range()
        across = area.width() / (right - left)
        begin, wide = area.left() + (self._span[0] - left) * across, (self._span[1] - self._span[0]) * across
        painter.save()
        painter.setClipRect(area)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place in self.rows():
            top = area.top() - lanes.middles[place] - lanes.tall / 2
            painter.drawImage(QRectF(begin, top, wide, lanes.tall), self._images[lanes.shown.labels[place]])
        painter.restore()


def _usual(strength: Floats) -> float:
    """The strength that has the strongest colour, 0 where there is none at all."""
    return float(np.quantile(strength, _STRONG)) or float(strength.max())


def _row(values: Floats) -> QImage:
    pixels = signed_cover(values[None])
    image = QImage(pixels.data, pixels.shape[1], 1, 4 * pixels.shape[1], QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()
