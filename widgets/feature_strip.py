"""Where one sample stands in a feature: a density for each class, the sample as an upright line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme

POINTS = 64
ROW = 42
#: Room for a value with its unit.
VALUE = 72
#: How a value reads.
Words = Callable[[float], str]
Floats = npt.NDArray[np.floating[Any]]


def density(values: Floats, low: float, high: float) -> Floats:
    """(POINTS,) smoothed histogram of the finite values between low and high, its top at 1."""
    good = values[np.isfinite(values)]
    if not len(good) or high <= low:
        return np.zeros(POINTS)
    counts, _edges = np.histogram(np.clip(good, low, high), POINTS, (low, high))
    width = max(POINTS * 0.9 * len(good) ** -0.2 / 8, 1.0)
    reach = np.arange(-int(3 * width), int(3 * width) + 1)
    kernel = np.exp(-0.5 * (reach / width) ** 2)
    smooth = np.convolve(counts.astype(float), kernel / kernel.sum(), "same")
    top = float(smooth.max())
    return smooth / top if top else smooth


class FeatureStrip(QWidget):
    """Rows of features; each names itself, shows its classes' densities and this sample's value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[str, Words, list[tuple[int, Floats]], float]] = []
        self._values: list[float] = []
        self._drawn: QPixmap | None = None
        theme.changed.connect(self._draw_anew)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Features by class")

    def set_features(self, features: Sequence[tuple[str, Words, Floats]], codes: npt.NDArray[np.int32]) -> None:
        """Tell the features: (title, how a value reads, values (n,)) each, and the class of each sample."""
        self._rows, self._bounds = [], []
        for title, words, values in features:
            good = values[np.isfinite(values)]
            low, high = np.quantile(good, [0.005, 0.995]) if len(good) else (0.0, 1.0)
            low, high = float(low), float(high if high > low else low + 1)
            curves = [
                (int(code), density(values[codes == code], low, high))
                for code in np.unique(codes[codes >= 0])
                if np.isfinite(values[codes == code]).sum() > 1
            ]
            self._rows.append((title, words, curves, 0.0))
            self._bounds.append((low, high))
        self._values = [np.nan] * len(self._rows)
        self.setFixedHeight(ROW * len(self._rows))
        self._draw_anew()

    def _draw_anew(self) -> None:
        self._drawn = None
        self.update()

    def set_sample(self, values: Sequence[float]) -> None:
        """Tell the shown sample's value of each feature (NaN for none)."""
        self._values = list(values)
        told = [f"{row[0]} {row[1](value)}" for row, value in zip(self._rows, self._values, strict=True)]
        self.setAccessibleDescription(", ".join(told))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, ROW * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._curves())
        for place, (_title, words, _curves, _spare) in enumerate(self._rows):
            top = place * ROW
            value = self._values[place]
            shown = QRectF(self.width() - VALUE - 10, top, VALUE, ROW)
            paint.text(painter, shown, words(value), "strong", "text", paint.RIGHT)
            self._draw_value(painter, self._area(place), value, self._bounds[place])

    def _area(self, place: int) -> QRectF:
        return QRectF(88, place * ROW + 5, max(self.width() - 88 - VALUE - 14, 20), ROW - 10)

    def _curves(self) -> QPixmap:
        """What all samples share, drawn once for a size: titles and densities."""
        ratio = self.devicePixelRatioF()
        wanted = self.size() * ratio
        if self._drawn is None or self._drawn.size() != wanted:
            drawn = QPixmap(wanted)
            drawn.setDevicePixelRatio(ratio)
            drawn.fill(Qt.GlobalColor.transparent)
            painter = QPainter(drawn)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, (title, _words, curves, _spare) in enumerate(self._rows):
                paint.text(painter, QRectF(12, place * ROW, 74, ROW), title, "body", "text2")
                self._draw_curves(painter, self._area(place), curves)
            painter.end()
            self._drawn = drawn
        return self._drawn

    def _draw_curves(self, painter: QPainter, area: QRectF, curves: list[tuple[int, Floats]]) -> None:
        x = area.left() + np.arange(POINTS) * (area.width() / (POINTS - 1))
        for code, curve in curves:
            look = theme.class_colour(code)
            y = area.bottom() - curve * area.height()
            outline = paint.polygon(
                np.concatenate(([x[0]], x, [x[-1]])), np.concatenate(([area.bottom()], y, [area.bottom()]))
            )
            fill = QColor(look.fill)
            fill.setAlphaF(0.12)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(outline)
            painter.setPen(QPen(look.stroke, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(paint.polygon(x, y))
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5))

    def _draw_value(self, painter: QPainter, area: QRectF, value: float, bounds: tuple[float, float]) -> None:
        if not np.isfinite(value):
            return
        share = min(max((value - bounds[0]) / (bounds[1] - bounds[0]), 0.0), 1.0)
        x = area.left() + share * area.width()
        painter.setPen(QPen(theme.token("text"), 1.6))
        painter.drawLine(QPointF(x, area.top() - 2), QPointF(x, area.bottom() + 2))
