"""Where a unit is over the recording: the depth of each of its spikes over the density of those of all units."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from models.payload import Drift
from widgets import numbers, paint, theme
from widgets.unit.activity import RIGHT, TOP, TimeField, cell_of, ink, raster, time_scale
from widgets.unit.axes import Axes, draw_grid, draw_titles
from widgets.unit.digest import Digest
from widgets.unit.nearby import Nearby

#: µm above and below the unit that are seen.
REACH = 120.0
#: Levels of the density, and how strong the strongest is.
_LEVELS, _STRONG = 64, 0.55


class DriftField(TimeField):
    """Depth upwards, time to the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_drift", "Depth over time", parent)
        self.nearby = Nearby()
        self._image: tuple[tuple[int, int, float], QImage] | None = None
        self._ground: QImage | None = None
        theme.changed.connect(self._forget)

    def show_nearby(self, digest: Digest | None, nearby: Nearby) -> None:
        """Show a unit, once its depths were read."""
        self.show_digest(digest)
        self.nearby = nearby
        self._forget()
        if self.empty[0]:
            return
        if nearby.trouble:
            self.say_empty("Depths cannot be read", nearby.trouble)
        elif digest is None or nearby.drift is None or len(nearby.depths) != len(digest.times):
            self.say_empty("No depths", "The source tells no places of channels or spikes.")
        elif not np.isfinite(nearby.depths).any():
            self.say_empty("No depths", "None of its spikes has a place.")

    def _forget(self) -> None:
        self._image = self._ground = None
        self.update()

    def axes(self) -> Axes:
        """Around the middle of the unit, as far as there are spikes."""
        drift = self.nearby.drift
        assert drift is not None
        middle = float(np.nanmedian(self.nearby.depths))
        low, high = float(drift.depths[0]), float(drift.depths[-1])
        return self.time_axes(max(middle - REACH, low), min(middle + REACH, high), TOP)

    def draw(self, painter: QPainter) -> None:
        axes, drift = self.axes(), self.nearby.drift
        assert drift is not None
        assert self.digest is not None
        self._draw_ground(painter, axes, drift)
        draw_grid(painter, axes, self.time_ticks(axes), axes.upright_ticks())
        painter.drawImage(axes.area, self.image(axes))
        draw_titles(painter, axes, time_scale(self.digest)[1], "Depth on the probe, µm")
        words = "grey: spikes of all units"
        if axes.area.width() > 260:
            wide = paint.width(words, "caption")
            paint.text(painter, QRectF(axes.area.right() - wide, 4, wide + 2, 16), words, "caption", "text3")

    def image(self, axes: Axes) -> QImage:
        """The unit's own spikes in device pixels, made once for a size."""
        ratio = self.devicePixelRatioF()
        wanted = (round(axes.area.width() * ratio), round(axes.area.height() * ratio), ratio)
        if self._image is None or self._image[0] != wanted:
            assert self.digest is not None
            cell = cell_of(len(self.digest.times))
            columns, rows = max(wanted[0] // cell, 1), max(wanted[1] // cell, 1)
            part = self.digest.shown
            x = self.digest.times[part] * (1 / (self.digest.rate * self.digest.length))
            y = (self.nearby.depths[part] - axes.low) / ((axes.high - axes.low) or 1)
            y = np.where(np.isfinite(y), np.clip(y, -1, 2), -1)
            self._image = wanted, ink(raster(x, y, columns, rows), theme.token("accent"))
        return self._image[1]

    def _draw_ground(self, painter: QPainter, axes: Axes, drift: Drift) -> None:
        if self._ground is None:
            strong = float(np.quantile(drift.counts[drift.counts > 0], 0.98)) or 1.0
            level = np.log1p(drift.counts) / np.log1p(strong)
            alpha = (np.clip(level, 0, 1) * 255 * _STRONG).astype(np.uint32)
            pen = theme.token("bar")
            pixels = alpha << 24
            for value, shift in ((pen.red(), 16), (pen.green(), 8), (pen.blue(), 0)):
                pixels |= (np.uint32(value) * alpha // 255) << shift
            held = np.ascontiguousarray(pixels[::-1].astype(np.uint32))
            rows, columns = held.shape
            kind = QImage.Format.Format_ARGB32_Premultiplied
            self._ground = QImage(held.data, columns, rows, columns * 4, kind).copy()
        assert self.digest is not None
        whole = float(drift.times[-1]) / self.digest.rate / (self.digest.length or 1)
        tall = float(drift.depths[-1] - drift.depths[0]) * axes.up
        top = axes.y(float(drift.depths[-1]))
        painter.save()
        painter.setClipRect(axes.area)
        painter.drawImage(QRectF(axes.area.left(), top, axes.area.width() * whole, tall), self._ground)
        painter.restore()

    def time_axes(self, low: float, high: float, top: float) -> Axes:
        axes = super().time_axes(low, high, top)
        return Axes(axes.area.adjusted(0, 0, self.width() - axes.area.right() - RIGHT, 0), axes.left, axes.right,
                    axes.low, axes.high)  # fmt: skip

    def _told(self, position: QPointF) -> str:
        axes = self.axes()
        if not axes.area.contains(position):
            return ""
        assert self.digest is not None
        at = axes.left + (position.x() - axes.area.left()) / axes.across
        depth = axes.low + (axes.area.bottom() - position.y()) / axes.up
        unit = time_scale(self.digest)[1].partition(", ")[2]
        return numbers.minus(f"{at:.4g} {unit} · {depth:.0f} µm")
