"""What stands behind and over the rows: the judged part, gaps, the time cursor, bars of the scale, words."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from widgets import paint, theme
from widgets.recording.regions import BODY, NOTHING, kinds, tint
from widgets.recording.scale import page_words, round_bar
from widgets.traces.over import OverPlot
from widgets.traces.plot import SPAN_Z, Plot, clock_text, nice_step
from widgets.traces.raster import VECTOR, Backdrop

Span = tuple[float, float]
#: Values and seconds that a bar of the scale may stand for, and how long it is at least, in pixels.
_BARS = tuple(power * part for power in (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0) for part in (1, 2, 5))
#: Rows of the ground that are painted at once.
_ROWS = 32
#: Up to so many changes of colour are painted as rectangles instead.
_FEW = 40
_USUAL, _TALLEST, _SHORTEST, _TALL, _LONG = 100.0, 120.0, 16.0, 40.0, 24.0
#: Height of rows with their own gain above whose names the value of the bar has room.
_CLEAR = 42.0
_LENGTHS = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    1800.0,
    3600.0,
    7200.0,
)


class Ground(OverPlot):
    """What is alike from the top of the page to its foot: the judged seconds and annotations tinted, stretches without
    a recording hatched, lines at the seconds. One row of colours is made of it, and repeated downwards: no pixel of a
    page is filled twice before the rows come.

    classes: the colour index of the annotation in each of so many columns, None where there is none on the page.
    covered: whether the rows are painted together with the ground, by their own item.
    """

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, SPAN_Z - 10)
        self.labelled: Span | None = None
        self.window: Span | None = None
        self.gaps: Sequence[Span] = ()
        self.classes: Callable[[int], npt.NDArray[np.int64] | None] = lambda count: None
        self.covered: Callable[[], bool] = lambda: False

    def backdrop(self, count: int) -> Backdrop:
        """The colours of so many columns of the page."""
        well, accent = theme.token("well"), theme.token("accent")
        out, colours = np.zeros(count, np.uint8), {well.rgb(): 0}

        def paint(part: slice | npt.NDArray[Any], colour: QColor) -> None:
            out[part] = colours.setdefault(colour.rgb(), len(colours))

        for span, share in ((self.window, 0.025), (self.labelled, 0.06)):
            if span is not None and (part := self._part(span, count)):
                paint(part, theme.mix(accent, well, share))
        left, right = self.plot.x_range()
        for span in self.gaps:
            if span[0] < right and span[1] > left and (part := self._part(span, count)):
                panel = theme.token("panel")
                paint(part, panel)
                paint(part.start + self._hatched(part, count), theme.mix(theme.token("text3"), panel, 0.35))
        classes = self.classes(count)
        for index in kinds(classes[classes > NOTHING]) if classes is not None else ():
            paint(np.flatnonzero(classes == index), tint(index, BODY))
        paint(self.plot.rim.lines(count), theme.token("line"))
        return Backdrop(tuple(colours), out)

    def columns(self, count: int) -> npt.NDArray[np.uint32]:
        """The colour of each of so many columns of the page."""
        backdrop = self.backdrop(count)
        return np.array(backdrop.colours, np.uint32)[backdrop.columns]

    def _part(self, span: Span, count: int) -> slice | None:
        """The columns of a stretch of time, None where it is not on the page."""
        left, right = self.plot.x_range()
        low, high = (round(min(max((at - left) / (right - left) * count, 0), count)) for at in span)
        return slice(low, high) if high > low else None

    def _hatched(self, part: slice, count: int) -> npt.NDArray[np.int64]:
        """Which columns of a stretch are those of its stripes, counted from its first."""
        stripe = max(3 * count / max(self.plot.area().width(), 1.0), 1.0)
        return np.flatnonzero(np.arange(part.stop - part.start) % (2 * stripe) < stripe)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The row of colours, where the rows do not bring it along."""
        area, ratio = self.plot.area(), painter.device().devicePixelRatioF()
        if area.width() < 1 or area.height() < 1:
            return
        shapes = painter.paintEngine().type() in VECTOR
        if not shapes and self.covered():
            if not ratio.is_integer():
                painter.fillRect(area, theme.token("well"))  # what of the rim is not whole pixels of the rows
            return
        colours = self.columns(max(round(area.width() * (1 if shapes else ratio)), 1))
        edges = np.flatnonzero(np.diff(colours)) + 1
        if shapes or len(edges) <= _FEW:
            _fill(painter, area, colours, edges)
        else:
            _repeat(painter, area, colours, ratio)


def _repeat(painter: QPainter, area: QRectF, colours: npt.NDArray[np.uint32], ratio: float) -> None:
    """Some rows at once, down to the foot."""
    rows = np.empty((_ROWS, len(colours)), np.uint32)
    rows[:] = colours
    image = QImage(rows.data, len(colours), _ROWS, 4 * len(colours), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    whole, rest = divmod(round(area.height() * ratio), _ROWS)
    for number in range(whole):
        painter.drawImage(QPointF(area.left(), area.top() + number * _ROWS / ratio), image)
    if rest:
        foot = QPointF(area.left(), area.top() + whole * _ROWS / ratio)
        painter.drawImage(foot, image.copy(0, 0, len(colours), rest))


def _fill(painter: QPainter, area: QRectF, colours: npt.NDArray[np.uint32], edges: npt.NDArray[np.int64]) -> None:
    """The colour of the widest run, and rectangles of others on it; edges: where another colour begins."""
    begins = np.concatenate([[0], edges])
    usual = colours[begins[np.diff(begins, append=len(colours)).argmax()]]
    wide = area.width() / len(colours)
    painter.fillRect(area, QColor.fromRgb(int(usual)))
    for low, high in itertools.pairwise([*begins.tolist(), len(colours)]):
        if colours[low] != usual:
            place = QRectF(area.left() + low * wide, area.top(), (high - low) * wide, area.height())
            painter.fillRect(place, QColor.fromRgb(int(colours[low])))


class Head(OverPlot):
    """A line over the judged part."""

    def __init__(self, plot: Plot, ground: Ground) -> None:
        super().__init__(plot, 11)
        self._ground = ground

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """At the top of the page."""
        span = self._ground.labelled
        if span is not None and not (place := self.strip(*span)).isEmpty():
            tone = theme.mix(theme.token("accent"), theme.token("well"), 0.55)
            painter.fillRect(QRectF(place.left(), place.top(), place.width(), 3), tone)


class TimeCursor(OverPlot):
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


class ScaleBars(OverPlot):
    """How long 100 µV and 1 s are (other round values where these are too long or too short), beside the rows.

    The upright bar stands between their names and the rows, the other under them; neither lies over what was recorded.
    """

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 12)
        self.per_value = 0.0
        self.unit = ""
        #: Height of the rows at the foot that have gains of their own: the upright bar is no measure of them.
        self.below = 0.0
        self._under = QRectF()
        self.upright, self.level = QRectF(), QRectF()
        self._told = ("", "")

    def boundingRect(self) -> QRectF:
        """What is left of the rows, and below them."""
        return QRectF(0, 0, self.plot.width(), self.plot.height())

    def settle(self) -> None:
        """Follow the page, and keep the labels of times off the place of the bars."""
        area, (left, right), value, seconds = self.plot.area(), self.plot.x_range(), *self.values()
        tall, long = value * self.per_value, seconds * area.width() / max(right - left, 1e-9)
        foot = area.bottom() - self.below
        upright = QRectF(area.left() - 6, foot - tall, 5, tall)
        # Its value stands under it where that is clear of the next row's name, else under all rows.
        self._under = QRectF(0, foot if self.below >= _CLEAR else area.bottom() + 4, area.left() - 1, 16)
        level = QRectF(area.right() - long, area.bottom() + 9, long, 5)
        told = (f"{value:g} {self.unit}".strip(), page_words(seconds))
        if (upright, level, told) != (self.upright, self.level, self._told):
            self.upright, self.level, self._told = upright, level, told
            self.plot.rim.kept = long + paint.width(told[1], "caption_strong") + 14
            self.update()

    def values(self) -> tuple[float, float]:
        """The value and the seconds that the bars stand for."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        across, pixels = area.width() / max(right - left, 1e-9), self.per_value
        value, most = _USUAL, min(_TALLEST, max(0.2 * area.height(), _TALL))
        if not _SHORTEST <= value * pixels <= most:
            fitting = [one for one in _BARS if one * pixels <= most] or _BARS[:1]
            value = next((one for one in fitting if one * pixels >= _TALL), fitting[-1])
        seconds = 1.0 if _LONG <= across <= area.width() / 3 else round_bar(_LONG / across, _LENGTHS)
        return value, seconds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Both bars with what they stand for."""
        ink, area, high, low = theme.token("text"), self.plot.area(), self.upright, self.level
        painter.fillRect(QRectF(high.center().x() - 0.75, high.top(), 1.5, high.height()), ink)
        for y in (high.top(), high.bottom() - 1.5):
            painter.fillRect(QRectF(high.left(), y, high.width(), 1.5), ink)
        painter.fillRect(QRectF(low.left(), low.center().y() - 0.75, low.width(), 1.5), ink)
        for x in (low.left(), low.right() - 1.5):
            painter.fillRect(QRectF(x, low.top(), 1.5, low.height()), ink)
        paint.text(painter, self._under, self._told[0], "caption_strong", "text", paint.RIGHT)
        before = QRectF(area.left(), area.bottom() + 4, low.left() - 6 - area.left(), 16)
        paint.text(painter, before, self._told[1], "caption_strong", "text", paint.RIGHT)


class Words(OverPlot):
    """Lines at the head of the page: what is not as it would be thought, and what the cursors say."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 26)
        self.notes: tuple[str, ...] = ()
        self.readout: tuple[str, ...] = ()
        #: Whether annotations have their words in the first line.
        self.lowered = False

    def tell(self, notes: Sequence[str], readout: Sequence[str]) -> None:
        """Say other words."""
        if (tuple(notes), tuple(readout)) != (self.notes, self.readout):
            self.notes, self.readout = tuple(notes), tuple(readout)
            self.update()

    def top(self) -> float:
        """Where the first line begins: under the handles of the cursors, and under the words of annotations."""
        return self.plot.area().top() + (26 if self.lowered else 22 if self.readout else 6)

    def tall(self) -> float:
        """What the notes take of the head of the plot, in px."""
        return 6.0 + 20 * len(self._folded(self.notes)) if self.notes else 0.0

    def _folded(self, parts: Sequence[str]) -> list[str]:
        return paint.folded(parts, "caption_strong", self.plot.area().width() - 16)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """On plates from the right."""
        area = self.plot.area()
        y = self.top()
        for parts, tone in ((self.readout, "text"), (self.notes, "text2")):
            for words in self._folded(parts):
                wide = min(paint.width(words, "caption_strong") + 12, area.width() - 4)
                place = QRectF(area.right() - wide - 4, y, wide, 18)
                paint.plate(painter, place, theme.faded("well", 0.9))
                paint.text(painter, place.adjusted(6, 0, -6, 0), words, "caption_strong", tone, paint.RIGHT)
                y += 20
