"""The template as a heat map: channels by depth, time to the right, blue below and vermillion above zero."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from models.payload import Unit
from widgets import paint, theme, tokens
from widgets.numbers import minus
from widgets.unit.axes import Axes, Field, draw_grid, draw_titles
from widgets.unit.probe import has_places, near_channels, spots

#: Channels of the map, and colours from the lowest to the highest value.
MOST, SHADES = 64, 255
LEFT, TOP, RIGHT, BOTTOM = 40, 26, 10, 36
#: Pixels between two names beside the rows.
CLEAR = 15.0
_NEGATIVE, _POSITIVE = tokens.CLASSES[0][0], tokens.CLASSES[5][0]


def shades() -> npt.NDArray[np.uint32]:
    """(SHADES,) colours of the theme from blue over the ground to vermillion, as 0xffRRGGBB."""
    ends = [QColor(_NEGATIVE), theme.token("well"), QColor(_POSITIVE)]
    stops = np.array([[end.red(), end.green(), end.blue()] for end in ends], np.float64)
    at = np.linspace(0, 2, SHADES)
    red, green, blue = (np.interp(at, [0, 1, 2], stops[:, part]).round().astype(np.uint32) for part in range(3))
    return np.asarray(0xFF000000 | red << 16 | green << 8 | blue, np.uint32)


class HeatField(Field):
    """The template of the channels near the best one, the deepest below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_heat", "Template as a heat map", parent)
        self.unit: Unit | None = None
        self.channels: list[int] = []
        self.known = False
        self._image: QImage | None = None
        self.readout = self._told
        theme.changed.connect(self._forget)

    def show_unit(self, unit: Unit | None) -> None:
        """Show the template of a unit."""
        self.unit, self._image, self.channels = unit, None, []
        if unit is None or not unit.template.size or not unit.best:
            self.say_empty("No template", "The heat map needs one.")
            return
        self.say_empty("")
        self.known, places = has_places(unit), spots(unit)
        near = near_channels(unit, MOST)
        self.channels = sorted(near, key=lambda channel: (-places[channel, 1], places[channel, 0]))

    def _forget(self) -> None:
        self._image = None
        self.update()

    @property
    def limit(self) -> float:
        """The value of the strongest colours."""
        assert self.unit is not None
        return float(np.abs(self.unit.template[self.channels]).max()) or 1.0

    def image(self) -> QImage:
        """One pixel a value, made once for a unit and a theme."""
        if self._image is None:
            assert self.unit is not None
            values = np.asarray(self.unit.template[self.channels], np.float64)
            codes = ((values / self.limit + 1) / 2 * (SHADES - 1)).round().astype(np.int64)
            pixels = np.ascontiguousarray(shades()[codes])
            rows, columns = pixels.shape
            self._image = QImage(pixels.data, columns, rows, columns * 4, QImage.Format.Format_RGB32).copy()
        return self._image

    def axes(self) -> Axes:
        """Time in ms (samples without a rate) to the right, number of the row from below."""
        assert self.unit is not None
        area = QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 20), max(self.height() - TOP - BOTTOM, 20))
        per = 1000 / self.unit.rate if self.unit.rate else 1.0
        samples = self.unit.template.shape[1]
        return Axes(area, -self.unit.before * per, (samples - self.unit.before) * per, 0, len(self.channels))

    def draw(self, painter: QPainter) -> None:
        unit, axes = self.unit, self.axes()
        assert unit is not None
        draw_grid(painter, axes, axes.level_ticks(), self._names(axes))
        painter.drawImage(axes.area, self.image())
        if axes.left < 0 < axes.right:
            painter.fillRect(QRectF(axes.x(0), axes.area.top(), 1, axes.area.height()), theme.faded("text3", 0.6))
        draw_titles(painter, axes, "Time from the spike, ms" if unit.rate else "Time from the spike, samples")
        paint.text(painter, QRectF(8, 4, 120, 16), "Depth, µm" if self.known else "Channel", "caption", "text3")
        self._draw_legend(painter, axes)

    def _names(self, axes: Axes) -> list[tuple[float, str]]:
        """A depth (or a channel) beside the rows that have it, as many as stand clear; the best one among them."""
        assert self.unit is not None
        rows = len(self.channels)
        words = [self._name(channel) for channel in self.channels]
        starts = [row for row in range(rows) if not row or words[row] != words[row - 1]]
        best = starts.index(words.index(self._name(self.unit.best[0]))) if self.unit.best[0] in self.channels else 0
        ends = [*starts[1:], rows]
        middles = np.array([rows - (start + end) / 2 for start, end in zip(starts, ends, strict=True)])
        # A depth with one channel has half the height of one with two: steps are not alike.
        shown = next(
            taken
            for every in range(1, len(starts) + 1)
            if (taken := np.arange(best % every, len(starts), every)).size < 2
            or float(-np.diff(middles[taken]).max()) * axes.up >= CLEAR
        )
        return [(float(middles[place]), words[starts[place]]) for place in shown.tolist()]

    def _name(self, channel: int) -> str:
        assert self.unit is not None
        if self.known:
            return minus(f"{float(self.unit.positions[channel, 1]):g}")
        return self.unit.channels[channel] if channel < len(self.unit.channels) else str(channel)

    def _draw_legend(self, painter: QPainter, axes: Axes) -> None:
        """The colours from lowest to highest, with their limits."""
        assert self.unit is not None
        limit = f"{self.limit:.3g}"
        words = [f"−{limit}", f"+{limit}{f' {self.unit.unit}' if self.unit.unit else ''}"]
        wide = [paint.width(word, "caption") for word in words]
        left = axes.area.right() - wide[0] - wide[1] - 60
        if left < 90:
            return
        paint.text(painter, QRectF(left, 4, wide[0] + 2, 16), words[0], "caption", "text3")
        colours, bar = shades(), QRectF(left + wide[0] + 5, 8, 48, 8)
        strip = QImage(np.ascontiguousarray(colours).data, SHADES, 1, SHADES * 4, QImage.Format.Format_RGB32)
        painter.drawImage(bar, strip)
        paint.text(painter, QRectF(bar.right() + 5, 4, wide[1] + 2, 16), words[1], "caption", "text3")

    def _told(self, position: QPointF) -> str:
        axes = self.axes()
        if self.unit is None or not axes.area.contains(position):
            return ""
        row = int((position.y() - axes.area.top()) / axes.area.height() * len(self.channels))
        samples = self.unit.template.shape[1]
        column = int((position.x() - axes.area.left()) / axes.area.width() * samples)
        channel = self.channels[min(row, len(self.channels) - 1)]
        value = float(self.unit.template[channel, min(column, samples - 1)])
        per = 1000 / self.unit.rate if self.unit.rate else 1.0
        when = f"{(column - self.unit.before) * per:.2f} ms" if self.unit.rate else f"{column - self.unit.before}"
        name = self.unit.channels[channel] if channel < len(self.unit.channels) else str(channel)
        return minus(f"channel {name} · {when} · {value:.3g}{f' {self.unit.unit}' if self.unit.unit else ''}")
