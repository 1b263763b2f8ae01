"""A unit over the recording: the amplitude of each spike with its histogram, and the firing rate below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from widgets import numbers, paint, theme
from widgets.traces.plot import clock_step, nice_step, tick_text, ticks
from widgets.unit.axes import Axes, Field, draw_dotted_name, draw_grid, draw_plate, draw_titles, fill_outline
from widgets.unit.digest import MARGIN_BINS, Digest
from widgets.unit.lasso import Lasso
from widgets.unit.tints import tint

Floats = npt.NDArray[np.floating[Any]]
Counts = npt.NDArray[np.int64]
LEFT, TOP = 46, 26
#: Right of the data: the marginal histogram, and the margin.
MARGIN, RIGHT = 52, 10
#: Spikes up to which each is a square of three, and of two pixels, so that one alone is seen.
FEW, SOME = 2_000, 20_000
#: How strongly one spike alone is drawn.
FAINT = 0.4
#: Parts of the recording whose rates are shown, about.
PARTS = 120


def time_scale(digest: Digest) -> tuple[float, str]:
    """How many s (samples without a rate) one unit of the time axis has, and its title."""
    if not digest.unit.rate:
        return (1e6, "Time, million samples") if digest.length > 3e6 else (1.0, "Time, samples")
    if digest.length >= 3 * 3600:
        return 3600.0, "Time, h"
    return (60.0, "Time, min") if digest.length >= 180 else (1.0, "Time, s")


def cell_of(many: int) -> int:
    """Pixels of the square of a spike, so that one alone is seen among few."""
    return 3 if many <= FEW else 2 if many <= SOME else 1


def raster(x: Floats, y: Floats, columns: int, rows: int) -> Counts:
    """How many points (n,) in [0, 1) fall into each cell, (rows, columns); y goes up, others are left out."""
    across = np.floor(x * columns).astype(np.int64)
    down = rows - 1 - np.floor(y * rows).astype(np.int64)
    inside = (across >= 0) & (across < columns) & (down >= 0) & (down < rows)
    return np.bincount((down * columns + across)[inside], minlength=rows * columns).reshape(rows, columns)


def ink(counts: Counts, pen: QColor) -> QImage:
    """Counts as a picture over any ground: the more spikes in a cell, by their logarithm, the stronger the pen."""
    # One colour for each number of spikes, not for each pixel.
    often = np.bincount(counts.ravel())
    often[0] = 0
    strong = np.log1p(max(int(np.searchsorted(np.cumsum(often), 0.995 * often.sum())), 1))
    share = FAINT + (1 - FAINT) * np.minimum(np.log1p(np.arange(len(often))) / strong, 1)
    share[0] = 0.0
    alpha = (share * 255).astype(np.uint32)
    table = alpha << 24
    for value, shift in ((pen.red(), 16), (pen.green(), 8), (pen.blue(), 0)):
        table |= (np.uint32(value) * alpha // 255) << shift
    pixels = np.ascontiguousarray(table.astype(np.uint32)[counts])
    rows, columns = pixels.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, columns, rows, columns * 4, kind).copy()


class TimeField(Field):
    """A field over the time of the recording. bottom: room below for times and their title."""

    bottom = 36

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(name, words, parent)
        self.digest: Digest | None = None
        self.readout = self._told

    def show_digest(self, digest: Digest | None) -> None:
        """Show the spikes of a unit."""
        self.digest = digest
        if digest is None or digest.unit.spikes is None:
            self.say_empty("No spikes", "This source holds no spike times.")
        elif digest.trouble:
            self.say_empty("The spikes cannot be read", digest.trouble)
        elif not len(digest.times):
            self.say_empty("No spikes", "The sorting has none of this unit.")
        else:
            self.say_empty("")
        self.update()

    def time_axes(self, low: float, high: float, top: float) -> Axes:
        """Time in its unit to the right, from `low` to `high` upwards."""
        assert self.digest is not None
        right = max(self.width() - LEFT - MARGIN - RIGHT, 20)
        area = QRectF(LEFT, top, right, max(self.height() - top - self.bottom, 12))
        return Axes(area, 0.0, self.digest.length / time_scale(self.digest)[0] or 1.0, low, high)

    def time_ticks(self, axes: Axes) -> list[tuple[float, str]]:
        """Round times."""
        assert self.digest is not None
        scale, _title = time_scale(self.digest)
        most = max(axes.area.width() / 64, 2)
        round_step = clock_step if scale in (60.0, 3600.0) else nice_step
        step = round_step((axes.right - axes.left) * scale, most) / scale
        return [(at, tick_text(at, min(step, 1.0) if step < 1 else 1.0)) for at in ticks(axes.left, axes.right, step)]

    def _told(self, position: QPointF) -> str:
        return ""


class AmplitudeField(TimeField):
    """The amplitude of each spike over time as a density image; at the right the histogram of all."""

    bottom = 8

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_amplitude", "Amplitude over time", parent)
        self.others: tuple[Digest, ...] = ()
        self._image: tuple[tuple[int, int, float], QImage] | None = None
        self.lasso = Lasso(self, self.axes, self.points)
        theme.changed.connect(self._forget)

    def show_digest(self, digest: Digest | None) -> None:
        super().show_digest(digest)
        self.others = ()
        self.lasso.clear()
        self._image = None
        if not self.empty[0] and digest is not None and not len(digest.amplitudes):
            self.say_empty("No amplitudes", "This source holds spike times only.")

    def _forget(self) -> None:
        self._image = None
        self.update()

    def set_others(self, others: Sequence[Digest]) -> None:
        """Draw the spikes of other units in their colours behind."""
        self.others = tuple(one for one in others if len(one.amplitudes))
        self._forget()

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

    def image(self, axes: Axes) -> QImage:
        """The spikes in device pixels, made once for a size."""
        ratio = self.devicePixelRatioF()
        wanted = (round(axes.area.width() * ratio), round(axes.area.height() * ratio), ratio)
        if self._image is None or self._image[0] != wanted:
            assert self.digest is not None
            drawn = self._spots(self.digest, 0, axes, wanted)
            if self.others:
                drawn = self._layers(drawn, axes, wanted)
            self._image = wanted, drawn
        return self._image[1]

    def _layers(self, own: QImage, axes: Axes, size: tuple[int, int, float]) -> QImage:
        """The others' spikes, and this unit's over them."""
        drawn = QImage(size[0], size[1], QImage.Format.Format_ARGB32_Premultiplied)
        drawn.fill(0)
        painter = QPainter(drawn)
        for place, one in enumerate(self.others, 1):
            painter.drawImage(drawn.rect(), self._spots(one, place, axes, size))
        painter.setOpacity(0.6)
        painter.drawImage(drawn.rect(), own)
        painter.end()
        return drawn

    def _spots(self, one: Digest, place: int, axes: Axes, size: tuple[int, int, float]) -> QImage:
        """The spikes of one of the units, in its colour."""
        assert self.digest is not None
        cell = cell_of(len(one.times))
        part = one.shown
        x = one.times[part] * (1 / (one.rate * self.digest.length))
        y = (one.amplitudes[part] - np.float32(axes.low)) * np.float32(1 / ((axes.high - axes.low) or 1))
        y = np.where(np.isfinite(y), np.clip(y, -1, 2), -1)
        return ink(raster(x, y, max(size[0] // cell, 1), max(size[1] // cell, 1)), tint(place))

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
            draw_plate(painter, QPointF(axes.area.right(), 4), words)

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

    def _told(self, position: QPointF) -> str:
        axes = self.axes()
        if not axes.area.contains(position):
            return ""
        assert self.digest is not None
        at = axes.left + (position.x() - axes.area.left()) / axes.across
        value = axes.low + (axes.area.bottom() - position.y()) / axes.up
        unit = time_scale(self.digest)[1].partition(", ")[2]
        return numbers.minus(f"{at:.4g} {unit} · {value:.3g} {self.digest.unit.unit}".rstrip())


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
            draw_dotted_name(painter, QPointF(self.width() - RIGHT, 4), words)
