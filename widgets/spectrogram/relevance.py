"""Where in the strips a model saw its class: what does not speak for it lies in the shade."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets import theme
from widgets.spectrogram.marks import Scales
from widgets.traces.plot import Plot

Floats = npt.NDArray[np.float64]
#: How dark the shade is, and how wide the column at the right is that sums up all times.
_SHADE, _COLUMN = 0.78, 14.0


@dataclass(frozen=True)
class Lit:
    """values (strips, bins, n) from 0 to 1, the lowest frequency first; names of the strips, s and Hz that they reach
    over."""

    values: Floats
    names: tuple[str, ...]
    span: tuple[float, float]
    hertz: tuple[float, float]


class StripRelevance(pg.GraphicsObject):
    """A shade with holes over each strip, and a column of bars: how much each frequency counts at all times."""

    def __init__(self, plot: Plot, scales: Scales, places: Callable[[], list[QRectF]]) -> None:
        super().__init__()
        self._plot, self._scales, self._places = plot, scales, places
        self.lit: Lit | None = None
        self._images: dict[str, QImage] = {}
        self._sums: dict[str, Floats] = {}
        self.setParentItem(plot.plotItem)
        self.setZValue(-30)
        self.setVisible(False)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def set_lit(self, lit: Lit | None) -> None:
        """Show this, None for nothing."""
        self.lit = lit
        self._images, self._sums = {}, {}
        if lit is not None and lit.values.size and lit.values.max() > 0:
            shares = np.clip(lit.values / lit.values.max(), 0, 1)
            means = shares.mean(axis=2)
            for name, strip, mean in zip(lit.names, shares, means, strict=True):
                self._images[name], self._sums[name] = _shade(strip), mean / max(float(means.max()), 1e-12)
        self.setVisible(bool(self._images))
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Each strip that has a value."""
        shown, axis = self._scales.spectrogram, self._scales.axis
        if shown is None or axis is None or self.lit is None:
            return
        area, (left, right) = self._plot.area(), self._plot.x_range()
        across = area.width() / (right - left)
        begin, wide = area.left() + (self.lit.span[0] - left) * across, (self.lit.span[1] - self.lit.span[0]) * across
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for strip, place in zip(shown.strips, self._places(), strict=False):
            if strip.name in self._images:
                painter.setClipRect(place)
                low, high = (place.bottom() - axis.share(at) * place.height() for at in self.lit.hertz)
                painter.drawImage(QRectF(begin, high, wide, low - high), self._images[strip.name])
                _draw_sums(painter, QRectF(place.right() - _COLUMN, high, _COLUMN, low - high), self._sums[strip.name])
        painter.restore()


def _shade(strip: Floats) -> QImage:
    """Black where nothing counts, clear where most does; the highest frequency on top."""
    alpha = np.rint((1 - np.sqrt(strip[::-1])) * 255 * _SHADE).astype(np.uint32)
    pixels = np.ascontiguousarray(alpha << 24, np.uint32)
    high, wide = pixels.shape
    return QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_ARGB32_Premultiplied).copy()


def _draw_sums(painter: QPainter, place: QRectF, sums: Floats) -> None:
    """A bar for each bin, from the right, on a plate."""
    painter.fillRect(place, theme.faded("well", 0.86))
    tall = place.height() / len(sums)
    colour = QColor(theme.token("accent"))
    for at, share in enumerate(sums.tolist()):
        wide = share * (place.width() - 2)
        painter.fillRect(QRectF(place.right() - wide, place.bottom() - (at + 1) * tall, wide, tall), colour)
