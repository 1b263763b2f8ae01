"""Intervals between the spikes of a unit: autocorrelogram and histogram, with the refractory time marked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from models.correlograms import Histogram
from widgets import numbers, paint, theme
from widgets.unit.axes import Axes, Field, draw_dotted_name, draw_grid, draw_plate, draw_titles
from widgets.unit.digest import COUNTED, Digest, Lags

Floats = npt.NDArray[np.floating[Any]]
LEFT, TOP, RIGHT, BOTTOM = 36, 26, 8, 36
#: Share of intervals below the refractory time from which it is no longer small.
MUCH = 0.01


class LagField(Field):
    """Bars over lags in ms. refractory: in s."""

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(name, words, parent)
        self.digest: Digest | None = None
        self.lags, self.refractory = Lags(), 0.0015
        #: The colour of the bars, the usual one for None.
        self.tint: Callable[[], QColor] | None = None
        self.readout = self._told

    def show_digest(self, digest: Digest | None, lags: Lags, refractory: float) -> None:
        """Show the spikes of a unit, counted as the person chose."""
        self.digest, self.lags, self.refractory = digest, lags, refractory
        if digest is None or digest.unit.spikes is None:
            self.say_empty("No spikes", "This source holds no spike times.")
        elif digest.trouble:
            self.say_empty("The spikes cannot be read", digest.trouble)
        elif not digest.unit.rate:
            self.say_empty("No sampling rate", "Without one, lags have no milliseconds. Import again with rate=HZ.")
        elif len(digest.times) < 2:
            self.say_empty(
                "Too few spikes", f"It has {numbers.plural(len(digest.times), 'spike')}; an interval needs two."
            )
        else:
            self.say_empty("")
        self.update()

    def histogram(self) -> Histogram:
        """Counts over lags in s."""
        raise NotImplementedError

    def heights(self) -> Floats:
        """What the bars tell, (bins,)."""
        return np.asarray(self.histogram().counts, np.float64)

    def axes(self) -> Axes:
        """Lags in ms to the right, bars upwards."""
        area = QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 20), max(self.height() - TOP - BOTTOM, 12))
        edges, top = self.histogram().edges * 1000, float(self.heights().max(initial=0))
        return Axes(area, float(edges[0]), float(edges[-1]), 0.0, top * 1.06 or 1.0)

    def draw_bars(self, painter: QPainter, axes: Axes) -> None:
        """The bars without gaps where they are narrow; those within the refractory time stand out."""
        edges, heights = self.histogram().edges * 1000, self.heights()
        x = axes.area.left() + (edges - axes.left) * axes.across
        limit = self.refractory * 1000
        gap = 1.0 if len(heights) and (x[1] - x[0]) > 5 else 0.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, gap > 0)
        inside = (np.abs(edges[:-1] + edges[1:]) / 2) < limit
        tops = axes.area.bottom() - heights * axes.up
        pen, early = self.tint() if self.tint else theme.token("bar"), theme.token("error")
        for place in np.flatnonzero(heights > 0).tolist():
            box = QRectF(x[place], tops[place], x[place + 1] - x[place] - gap, axes.area.bottom() - tops[place])
            painter.fillRect(box, early if inside[place] else pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def draw_limit(self, painter: QPainter, axes: Axes, at: float) -> None:
        """The refractory line at a lag in ms."""
        if axes.left <= at <= axes.right:
            painter.setPen(QPen(theme.token("accent"), 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(axes.x(at), axes.area.top()), QPointF(axes.x(at), axes.area.bottom()))

    def _told(self, position: QPointF) -> str:
        axes = self.axes()
        if not axes.area.contains(position):
            return ""
        found = self.histogram()
        place = int((position.x() - axes.area.left()) / axes.area.width() * len(found.counts))
        place = min(place, len(found.counts) - 1)
        low, high = (float(edge) * 1000 for edge in found.edges[place : place + 2])
        return numbers.minus(f"{low:g} to {high:g} ms · {numbers.count(int(found.counts[place]))}")


class AutoField(LagField):
    """The autocorrelogram as a rate: spikes/s at a lag after (or before) a spike of the same unit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_auto", "Autocorrelogram", parent)

    def histogram(self) -> Histogram:
        assert self.digest is not None
        return self.digest.correlogram(self.lags)

    def heights(self) -> Floats:
        assert self.digest is not None
        found = self.histogram()
        width = float(found.edges[1] - found.edges[0])
        return np.asarray(found.counts / (len(self.digest.stretch) * width), np.float64)

    def mean(self) -> float:
        """Spikes/s of the whole train: what a train without memory would show at every lag."""
        assert self.digest is not None
        return len(self.digest.times) / self.digest.length if self.digest.length else math.nan

    def draw(self, painter: QPainter) -> None:
        axes = self.axes()
        draw_grid(painter, axes, axes.level_ticks(), axes.upright_ticks())
        self.draw_bars(painter, axes)
        for at in (-self.refractory * 1000, self.refractory * 1000):
            self.draw_limit(painter, axes, at)
        mean = self.mean()
        if mean < axes.high:
            painter.setPen(QPen(theme.token("text2"), 1.2, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(axes.area.left(), axes.y(mean)), QPointF(axes.area.right(), axes.y(mean)))
        draw_titles(painter, axes, "Lag, ms", "Rate, Hz")
        if axes.area.width() > 130:
            draw_dotted_name(painter, axes.title_end(), f"mean {mean:.3g} Hz")


class GapField(LagField):
    """The histogram of intervals between neighbouring spikes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_gaps", "Interspike intervals", parent)

    def histogram(self) -> Histogram:
        assert self.digest is not None
        return self.digest.gaps(self.lags)

    def words(self) -> tuple[str, str]:
        """The share of intervals within the refractory time, and its tone."""
        assert self.digest is not None
        share = self.digest.violations(self.refractory)
        told = f"{share * 100:.2f} %" if share < 0.1 else f"{share * 100:.1f} %"
        return f"{told} < {self.refractory * 1000:g} ms", "error" if share > MUCH else "text2"

    def draw(self, painter: QPainter) -> None:
        axes = self.axes()
        whole = [(at, numbers.count(round(at))) for at, _words in axes.upright_ticks() if abs(at - round(at)) < 1e-6]
        draw_grid(painter, axes, axes.level_ticks(), whole)
        self.draw_bars(painter, axes)
        self.draw_limit(painter, axes, self.refractory * 1000)
        words, tone = self.words()
        room = axes.area.right() - paint.width(words, "caption") - 24
        draw_titles(painter, axes, "Interval, ms", "Intervals" if room > paint.width("Intervals", "caption") else "")
        draw_plate(painter, axes.title_end(), words, tone)


def stretch_words(digest: Digest | None) -> str:
    """Of how many spikes intervals are counted, where it is not all of them."""
    if digest is None or len(digest.times) <= COUNTED:
        return ""
    return f"from the middle {numbers.count(COUNTED)} of {numbers.count(len(digest.times))} spikes"
