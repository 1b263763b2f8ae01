"""Where a unit is over the recording: the depth of each of its spikes over the density of those of all units."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from models.payload import Drift
from widgets import theme
from widgets.unit.axes import Axes, draw_grid, draw_legend, draw_titles
from widgets.unit.digest import Digest
from widgets.unit.nearby import Nearby
from widgets.unit.over_time import TOP, CloudField, time_scale
from widgets.unit.spots import shade

#: µm above and below the unit that are seen.
REACH = 120.0
#: Of the range that is seen, room above and below it: a unit at the end of the probe does not stand on the rim.
ROOM = 0.04
#: What is told where the source places units, and no single spikes.
FIXED = "each spike at its unit’s depth"
#: How strong the strongest density is, and the levels that are told apart.
_STRONG, _LEVELS = 0.55, 64


class DriftField(CloudField):
    """Depth upwards, time to the right."""

    margin = 0

    def __init__(self, parent: QWidget | None = None) -> None:
        self._ground: QImage | None = None
        super().__init__("unit_drift", "Depth over time", self._draw_spikes, parent)
        self.nearby = Nearby()
        self._fixed = False

    def show_nearby(self, digest: Digest | None, nearby: Nearby) -> None:
        """Show a unit, once its depths were read."""
        self.show_digest(digest)
        self.nearby = nearby
        self.forget()
        if self.empty[0]:
            return
        if nearby.trouble:
            self.say_empty("Depths cannot be read", nearby.trouble)
        elif digest is None or nearby.drift is None or len(nearby.depths) != len(digest.times):
            self.say_empty("No depths", "The source tells no places of channels or spikes.")
        elif not np.isfinite(nearby.depths).any():
            self.say_empty("No depths", "None of its spikes has a place.")
        else:
            self._fixed = len(nearby.depths) > 1 and bool(np.nanmin(nearby.depths) == np.nanmax(nearby.depths))

    def forget(self) -> None:
        self._ground = None
        super().forget()

    def axes(self) -> Axes:
        """Around the middle of the unit, as far as there are spikes."""
        drift = self.nearby.drift
        assert drift is not None
        middle = float(np.nanmedian(self.nearby.depths))
        low, high = float(drift.depths[0]), float(drift.depths[-1])
        low, high = max(middle - REACH, low), min(middle + REACH, high)
        room = (high - low) * ROOM
        return self.time_axes(low - room, high + room, TOP)

    def draw(self, painter: QPainter) -> None:
        axes, drift = self.axes(), self.nearby.drift
        assert drift is not None
        assert self.digest is not None
        self._draw_ground(painter, axes, drift)
        draw_grid(painter, axes, self.time_ticks(axes), axes.upright_ticks())
        painter.drawImage(axes.area, self.image(axes))
        draw_titles(painter, axes, self.level_words(), "Depth on the probe, µm")
        draw_legend(painter, axes, "grey: spikes of all units", 260)

    def level_words(self) -> str:
        """The title of the time axis; that no drift is seen where single spikes have no depth of their own."""
        assert self.digest is not None
        title = time_scale(self.digest)[1]
        return f"{title} · {FIXED}" if self._fixed else title

    def _draw_spikes(self, axes: Axes) -> QImage:
        assert self.digest is not None
        return self.cloud(self.digest, self.nearby.depths, axes, theme.token("accent"))

    def _draw_ground(self, painter: QPainter, axes: Axes, drift: Drift) -> None:
        if self._ground is None:
            strong = float(np.quantile(drift.counts[drift.counts > 0], 0.98)) or 1.0
            share = np.clip(np.log1p(drift.counts) / np.log1p(strong), 0, 1)
            levels = np.ceil(share * _LEVELS).astype(np.int64)[::-1]
            self._ground = shade(levels, np.linspace(0, _STRONG, _LEVELS + 1), theme.token("bar"))
        assert self.digest is not None
        whole = float(drift.times[-1]) / self.digest.rate / (self.digest.length or 1)
        tall = float(drift.depths[-1] - drift.depths[0]) * axes.up
        top = axes.y(float(drift.depths[-1]))
        painter.save()
        painter.setClipRect(axes.area)
        painter.drawImage(QRectF(axes.area.left(), top, axes.area.width() * whole, tall), self._ground)
        painter.restore()

    def words_at(self, value: float) -> str:
        return f"{value:.0f} µm"
