"""What stands behind and over the rows: the judged part, gaps, the time cursor, bars of the scale, words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets import paint, theme
from widgets.recording.scale import page_words, round_bar
from widgets.traces.plot import SPAN_Z, Plot, clock_text, nice_step

Span = tuple[float, float]
#: Values and seconds that a bar of the scale may stand for, and how long it is at least, in pixels.
_BARS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0)
_USUAL, _TALLEST, _SHORTEST = 100.0, 120.0, 16.0
_LENGTHS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)


class _Item(pg.GraphicsObject):
    """Something over the data's place."""

    def __init__(self, plot: Plot, height: float) -> None:
        super().__init__()
        self.plot = plot
        self.setParentItem(plot.plotItem)
        self.setZValue(height)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self.plot.area()

    def across(self, time: float) -> float:
        """Where a time stands."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        return area.left() + (time - left) * (area.width() / (right - left))

    def strip(self, start: float, stop: float) -> QRectF:
        """The place of a stretch of time, cut to the page; empty where it is not on it."""
        area = self.plot.area()
        low, high = max(self.across(start), area.left()), min(self.across(stop), area.right())
        return QRectF(low, area.top(), max(high - low, 0.0), area.height()) if high > low else QRectF()


class Ground(_Item):
    """The judged seconds tinted behind the rows, stretches without a recording hatched."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, SPAN_Z - 10)
        self.labelled: Span | None = None
        self.window: Span | None = None
        self.gaps: Sequence[Span] = ()

    def columns(self, count: int) -> npt.NDArray[np.uint32]:
        """The colour of each of so many columns of the page, for what is drawn over all of it."""
        left, right = self.plot.x_range()
        out = np.full(count, theme.token("well").rgba(), np.uint32)
        for span, part in self._tints():
            low, high = ((at - left) / (right - left) * count for at in span)
            colour = theme.mix(theme.token("accent"), theme.token("well"), part)
            out[round(min(max(low, 0), count)) : round(min(max(high, 0), count))] = colour.rgba()
        return out

    def _tints(self) -> list[tuple[Span, float]]:
        return [(span, part) for span, part in ((self.window, 0.025), (self.labelled, 0.06)) if span is not None]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Tint and hatch."""
        well, accent = theme.token("well"), theme.token("accent")
        for span, part in self._tints():
            if not (place := self.strip(*span)).isEmpty():
                painter.fillRect(place, theme.mix(accent, well, part))
        if self.labelled is not None and not (place := self.strip(*self.labelled)).isEmpty():
            painter.fillRect(QRectF(place.left(), place.top(), place.width(), 3), theme.mix(accent, well, 0.55))
        left, right = self.plot.x_range()
        for start, stop in self.gaps:
            if start < right and stop > left and (place := self.strip(start, stop)).width() >= 1:
                painter.fillRect(place, theme.token("panel"))
                paint.hatch(painter, place)


class TimeCursor(_Item):
    """One moment that all views share: a line with its time; NaN for none."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 28)
        self.at = math.nan

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The line, and the time at its foot."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        if not left <= self.at <= right:
            return
        x = round(self.across(self.at))
        painter.fillRect(QRectF(x - 0.5, area.top(), 1.5, area.height()), theme.token("accent"))
        step = max(nice_step(right - left, 1000), 0.001)
        words = clock_text(self.at, min(step, 1.0))
        wide = paint.width(words, "caption_strong") + 8
        place = QRectF(min(max(x - wide / 2, area.left()), area.right() - wide), area.bottom() + 3, wide, 17)
        paint.plate(painter, place, theme.token("accent"))
        painter.setFont(theme.font("caption_strong"))
        painter.setPen(theme.token("on_accent"))
        painter.drawText(place, paint.CENTRE, words)

    def boundingRect(self) -> QRectF:
        """The data's place and the times under it."""
        return self.plot.area().adjusted(0, 0, 0, 24)


class ScaleBars(_Item):
    """An upright bar of 100 µV (another round value where that is too long or too short) on a bar of 1 s."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 12)
        self.per_value = 0.0
        self.unit = ""

    def values(self) -> tuple[float, float]:
        """The value and the seconds that the bars stand for."""
        left, right = self.plot.x_range()
        across = self.plot.area().width() / max(right - left, 1e-9)
        value, most = _USUAL, min(_TALLEST, max(0.2 * self.plot.area().height(), 40.0))
        if not _SHORTEST <= value * self.per_value <= most:
            value = round_bar(40 / self.per_value if self.per_value > 0 else _BARS[0], _BARS)
        return value, round_bar(36 / across, _LENGTHS) if across < 36 else 1.0

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Both bars at the right foot, on a plate."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        value, seconds = self.values()
        tall = min(value * self.per_value, area.height() / 2)
        long = min(seconds * area.width() / (right - left), area.width() / 2)
        words, under = f"{value:g} {self.unit}".strip(), page_words(seconds)
        room = paint.width(words, "caption_strong") + 12
        foot = QPointF(area.right() - 10, area.bottom() - 22)
        wide = max(room, long) + 14
        # A rounded plate of this size would cost half of the page.
        painter.fillRect(QRectF(foot.x() - wide, foot.y() - tall - 8, wide + 7, tall + 27), theme.faded("well", 0.75))
        ink = theme.token("text")
        painter.fillRect(QRectF(foot.x() - 1.5, foot.y() - tall, 1.5, tall), ink)
        painter.fillRect(QRectF(foot.x() - long, foot.y() - 1.5, long, 1.5), ink)
        high = QRectF(foot.x() - room, foot.y() - tall / 2 - 9, room - 7, 16)
        paint.text(painter, high, words, "caption_strong", "text", paint.RIGHT)
        low = QRectF(foot.x() - max(long, 40), foot.y() + 2, max(long, 40), 15)
        paint.text(painter, low, under, "caption_strong", "text", paint.RIGHT if long < 40 else paint.CENTRE)


class Words(_Item):
    """Lines at the head of the page: what is not as it would be thought, and what the cursors say."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 26)
        self.notes: tuple[str, ...] = ()
        self.readout: tuple[str, ...] = ()

    def tell(self, notes: Sequence[str], readout: Sequence[str]) -> None:
        """Say other words."""
        if (tuple(notes), tuple(readout)) != (self.notes, self.readout):
            self.notes, self.readout = tuple(notes), tuple(readout)
            self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """On plates from the right."""
        area = self.plot.area()
        y = area.top() + (22 if self.readout else 6)  # under the handles of the cursors
        for parts, tone in ((self.readout, "text"), (self.notes, "text2")):
            for words in paint.folded(parts, "caption_strong", area.width() - 16):
                wide = min(paint.width(words, "caption_strong") + 12, area.width() - 4)
                place = QRectF(area.right() - wide - 4, y, wide, 18)
                paint.plate(painter, place, theme.faded("well", 0.9))
                paint.text(painter, place.adjusted(6, 0, -6, 0), words, "caption_strong", tone, paint.RIGHT)
                y += 20
