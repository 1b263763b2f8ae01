"""A unit over the recording: the amplitude of each spike with its histogram, and the firing rate below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from widgets import numbers, paint, theme
from widgets.traces.plot import clock_step, nice_step
from widgets.unit.axes import Axes, draw_dotted_name, draw_grid, draw_plate, draw_titles, fill_outline
from widgets.unit.digest import MARGIN_BINS, Digest
from widgets.unit.lasso import Lasso
from widgets.unit.over_time import MARGIN, RIGHT, TOP, CloudField, TimeField, time_scale
from widgets.unit.tints import tint

Floats = npt.NDArray[np.floating[Any]]
#: Parts of the recording whose rates are shown, about.
PARTS = 120


class AmplitudeField(CloudField):
    """The amplitude of each spike over time as a density image; at the right the histogram of all."""

    bottom = 8

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_amplitude", "Amplitude over time", self._draw_spikes, parent)
        self.others: tuple[Digest, ...] = ()
        self.lasso = Lasso(self, self.axes, self.points)

    def show_digest(self, digest: Digest | None) -> None:
        super().show_digest(digest)
        self.others = ()
        self.lasso.clear()
        self.forget()
        if not self.empty[0] and digest is not None and not len(digest.amplitudes):
            offer = "spike_amplitudes" in digest.unit.computable
            self.say_empty("No amplitudes", "This source holds spike times only.", offer)

    def set_others(self, others: Sequence[Digest]) -> None:
        """Draw the spikes of other units in their colours behind."""
        self.others = tuple(one for one in others if len(one.amplitudes))
        self.forget()

    def points(self) -> Floats:
        """(spikes, 2): time in the unit of the axis, and amplitude."""
        assert self.digest is not None
        at = self.digest.times / self.digest.rate / time_scale(self.digest)[0]
        return np.stack([at, self.digest.amplitudes], axis=1)

    def axes(self) -> Axes:
        """Time to the right, amplitude upwards."""
        assert self.digest is not None
        extents = [one.extent for one in (self.digest, *self.others)]
        return self.time_axes(min(low for low, _ in extents), max(high for _, high in extents), TOP)

    def _draw_spikes(self, axes: Axes) -> QImage:
        """The others' spikes, and this unit's over them."""
        assert self.digest is not None
        own = self.cloud(self.digest, self.digest.amplitudes, axes, tint(0))
        if not self.others:
            return own
        drawn = QImage((axes.area.size() * self.devicePixelRatioF()).toSize(), own.format())
        drawn.fill(0)
        painter = QPainter(drawn)
        for place, one in enumerate(self.others, 1):
            painter.drawImage(drawn.rect(), self.cloud(one, one.amplitudes, axes, tint(place)))
        painter.setOpacity(0.6)
        painter.drawImage(drawn.rect(), own)
        painter.end()
        return drawn

    def draw(self, painter: QPainter) -> None:
        axes = self.axes()
        assert self.digest is not None
        draw_grid(painter, axes, [(at, "") for at, _words in self.time_ticks(axes)], axes.upright_ticks())
        painter.drawImage(axes.area, self.image(axes))
        unit = self.digest.unit.unit
        draw_titles(painter, axes, upright=f"Amplitude, {unit}" if unit else "Amplitude, sorter’s scale")
        self._draw_margin(painter, axes)
        words = self.shown_words()
        if words:
            draw_plate(painter, axes.title_end(), words)

    def _draw_margin(self, painter: QPainter, axes: Axes) -> None:
        """All spikes by amplitude, in the scale of the axis."""
        assert self.digest is not None
        top = float(self.digest.margin.max()) or 1.0
        left = axes.area.right() + 6
        low, high = self.digest.extent
        y = np.repeat(np.linspace(axes.y(low), axes.y(high), MARGIN_BINS + 1), 2)[1:-1]
        x = left + np.repeat(self.digest.margin / top * (MARGIN - 8), 2)
        fill_outline(painter, np.concatenate([[left], x, [left]]), np.concatenate([y[:1], y, y[-1:]]))
        painter.setPen(QPen(theme.token("pen"), 1.2))
        painter.drawPolyline(paint.polygon(x, y))
        painter.fillRect(QRectF(round(left), axes.area.top(), 1, axes.area.height()), theme.token("line2"))

    def shown_words(self) -> str:
        """How many of the spikes are drawn, where it is not all."""
        assert self.digest is not None
        drawn = len(self.digest.times[self.digest.shown])
        many = len(self.digest.times)
        return "" if drawn == many else f"{numbers.count(drawn)} of {numbers.count(many)} drawn"

    def words_at(self, value: float) -> str:
        assert self.digest is not None
        return f"{value:.3g} {self.digest.unit.unit}".rstrip()


class RateField(TimeField):
    """Spikes/s in parts of the recording, with the mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_rate", "Firing rate over time", parent)

    def part(self) -> float:
        """Length in s (samples without a rate) of one part: a round one, of which there are as many as can be told."""
        assert self.digest is not None
        return (clock_step if self.digest.unit.rate else nice_step)(self.digest.length, PARTS)

    def draw(self, painter: QPainter) -> None:
        digest, part = self.digest, self.part()
        assert digest is not None
        rates, edges = digest.firing(part)
        axes = self.time_axes(0.0, float(rates.max()) * 1.08 or 1.0, TOP)
        draw_grid(painter, axes, self.time_ticks(axes), axes.upright_ticks(24))
        x = axes.area.left() + np.repeat(edges / time_scale(digest)[0], 2)[1:-1] * axes.across
        y = axes.area.bottom() - np.repeat(rates, 2) * axes.up
        bottom = axes.area.bottom()
        fill_outline(painter, np.concatenate([x[:1], x, x[-1:]]), np.concatenate([[bottom], y, [bottom]]))
        painter.setPen(QPen(theme.token("pen"), 1.2))
        painter.drawPolyline(paint.polygon(x, y))
        mean = len(digest.times) / digest.length
        painter.setPen(QPen(theme.token("text2"), 1.2, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(axes.area.left(), axes.y(mean)), QPointF(axes.area.right(), axes.y(mean)))
        rate = digest.unit.rate
        draw_titles(painter, axes, time_scale(digest)[1], "Firing rate, Hz" if rate else "Spikes per sample")
        words = f"mean {mean:.3g} Hz · parts of {part:g} s" if rate else f"mean {mean:.3g} · parts of {part:g} samples"
        if self.width() > 300:
            draw_dotted_name(painter, QPointF(self.width() - RIGHT, axes.title_end().y()), words)
