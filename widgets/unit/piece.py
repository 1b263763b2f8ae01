"""A piece of the recording around one spike of the unit, with all of its spikes marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from models.payload import Stretch
from widgets import numbers, paint, theme
from widgets.traces.plot import nice_step
from widgets.unit.axes import Axes, Field, draw_grid, draw_plate
from widgets.unit.digest import Digest
from widgets.unit.nearby import Nearby, View

Floats = npt.NDArray[np.floating[Any]]
LEFT, TOP, RIGHT, BOTTOM = 40, 8, 10, 36
#: Samples on each side of a spike that are drawn as its own.
_OWN_MS = 0.7
#: A trace may be so many rows high.
_TALL = 2.2


class PieceField(Field):
    """Traces of the channels near the unit, the deepest below. asked(view): another piece is wanted."""

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_piece", "The recording around a spike", parent)
        self.digest: Digest | None = None
        self.stretch: Stretch | None = None
        self.view = View()
        self.readout = self._told

    def show_nearby(self, digest: Digest | None, nearby: Nearby) -> None:
        """Show the piece that was read."""
        self.digest, self.stretch = digest, nearby.stretch
        if nearby.trouble:
            self.say_empty("The recording cannot be read", nearby.trouble)
        elif self.stretch is None:
            self.say_empty("No recording", "The sorting names no file of it, or it is not where it is named.")
        else:
            self.say_empty("")
        self.update()

    def step(self, by: int) -> None:
        """Go so many spikes on."""
        if self.digest is not None and len(self.digest.times):
            spike = min(max(self.view.spike + by, 0), len(self.digest.times) - 1)
            self.look(View(spike, self.view.seconds, self.view.way))

    def look(self, view: View) -> None:
        """Ask for another piece."""
        self.view = view
        self.asked.emit(view)

    def words(self) -> str:
        """Which spike stands in the middle, and when."""
        if self.digest is None or not len(self.digest.times) or self.stretch is None:
            return ""
        place = min(self.view.spike, len(self.digest.times) - 1)
        at = float(self.digest.times[place]) / self.digest.rate
        return f"spike {numbers.count(place + 1)} of {numbers.count(len(self.digest.times))}, at {at:.3f} s"

    def _rows(self) -> list[int]:
        """The channels of the piece from the top."""
        assert self.stretch is not None
        assert self.digest is not None
        places = self.digest.unit.positions
        channels = self.stretch.channels
        if len(places) <= max(channels, default=0):
            return list(range(len(channels)))
        return sorted(range(len(channels)), key=lambda row: (-places[channels[row], 1], places[channels[row], 0]))

    def axes(self) -> Axes:
        """Time in ms from the start of the piece to the right, rows from below."""
        assert self.stretch is not None
        assert self.digest is not None
        area = QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 20), max(self.height() - TOP - BOTTOM, 20))
        rows, samples = self.stretch.values.shape
        return Axes(area, 0.0, samples / self.digest.rate * 1000, 0.0, float(rows))

    def scale(self) -> float:
        """Pixels for a unit of the values."""
        assert self.stretch is not None
        spread = float(np.quantile(np.abs(self.stretch.values - self._middles()), 0.999)) or 1.0
        return self.axes().up * _TALL / 2 / spread

    def _middles(self) -> Floats:
        assert self.stretch is not None
        return np.asarray(np.median(self.stretch.values, axis=1, keepdims=True))

    def draw(self, painter: QPainter) -> None:
        axes, stretch, digest = self.axes(), self.stretch, self.digest
        assert stretch is not None
        assert digest is not None
        rows, scale = self._rows(), self.scale()
        names = digest.unit.channels
        every = max(int(np.ceil(14 / max(axes.up, 1))), 1)
        draw_grid(painter, axes, axes.level_ticks(), [])
        x = axes.area.left() + np.arange(stretch.values.shape[1]) / digest.rate * 1000 * axes.across
        own = self._own()
        painter.save()
        painter.setClipRect(axes.area.adjusted(-1, -4, 1, 4))
        values = stretch.values - self._middles()
        for place, row in enumerate(rows):
            middle = axes.area.top() + (place + 0.5) * axes.up
            self._draw_line(painter, x, middle - values[row] * scale, own)
        painter.restore()
        for place, row in enumerate(rows):
            if place % every == 0:
                channel = stretch.channels[row]
                box = QRectF(0, axes.area.top() + (place + 0.5) * axes.up - 8, LEFT - 5, 16)
                words = names[channel] if channel < len(names) else str(channel)
                strong = channel in digest.unit.best[:1]
                role, tone = ("caption_strong", "text") if strong else ("caption", "text3")
                paint.text(painter, box, words, role, tone, paint.RIGHT)
        line = QRectF(axes.area.left(), axes.area.bottom() + 17, axes.area.width(), 16)
        paint.text(
            painter, line, f"Time from {stretch.start / digest.rate:.3f} s, ms", "caption", "text3", paint.CENTRE
        )
        self._draw_scale(painter, axes, scale)

    def _own(self) -> list[tuple[int, int]]:
        """The samples around each of the unit's spikes in the piece."""
        assert self.stretch is not None
        assert self.digest is not None
        count, reach = self.stretch.values.shape[1], round(_OWN_MS / 1000 * self.digest.rate)
        times = self.digest.times
        low, high = np.searchsorted(times, [self.stretch.start, self.stretch.start + count])
        at = (times[low:high] - self.stretch.start).tolist()
        return [(max(one - reach, 0), min(one + reach + 1, count)) for one in at]

    def _draw_line(self, painter: QPainter, x: Floats, y: Floats, own: list[tuple[int, int]]) -> None:
        painter.setPen(QPen(theme.token("bar"), 1))
        step = max(len(x) // 6000, 1)
        painter.drawPolyline(paint.polygon(x[::step], y[::step]))
        painter.setPen(QPen(theme.token("accent"), 1.4))
        for low, high in own:
            painter.drawPolyline(paint.polygon(x[low:high], y[low:high]))

    def _draw_scale(self, painter: QPainter, axes: Axes, scale: float) -> None:
        """How high a round value is."""
        assert self.stretch is not None
        high = nice_step(axes.up / scale, 1.2)
        x = axes.area.right() - 3
        painter.setPen(QPen(theme.token("text2"), 2))
        painter.drawLine(QPointF(x, axes.area.bottom()), QPointF(x, axes.area.bottom() - high * scale))
        words = f"{high:.3g} {self.stretch.unit}" if self.stretch.unit else f"{high:.3g}, as recorded"
        draw_plate(painter, QPointF(x - 5, axes.area.bottom() - 18), words)

    def _told(self, position: QPointF) -> str:
        if self.stretch is None or not self.axes().area.contains(position):
            return ""
        assert self.digest is not None
        axes = self.axes()
        at = self.stretch.start / self.digest.rate + (position.x() - axes.area.left()) / axes.across / 1000
        row = min(int((position.y() - axes.area.top()) / axes.up), len(self.stretch.channels) - 1)
        channel = self.stretch.channels[self._rows()[row]]
        names = self.digest.unit.channels
        return f"channel {names[channel] if channel < len(names) else channel} · {at:.4f} s"
