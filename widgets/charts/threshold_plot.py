"""One feature's distribution in each class with a threshold that is dragged; counts of what meets it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme
from widgets.charts.chart import nice_ticks

Floats = npt.NDArray[np.floating[Any]]
LEFT, RIGHT, TOP, BOTTOM = 14, 14, 54, 22
BINS = 60
#: A distribution is shown between these shares; what is beyond is told in the head.
INNER = (0.01, 0.98)
#: And no further from the quartiles than so many of their distances: a few huge values would squeeze all others.
FENCE = 3.0
#: Steps of an arrow key over the whole range; with Shift ten of them.
STEPS, LARGE = 200, 10


@dataclass(frozen=True)
class Distribution:
    """Of one feature: the shown range, bin counts by class (classes, BINS), share beyond the range, missing."""

    low: float
    high: float
    counts: npt.NDArray[np.int64]
    beyond: float = 0.0
    missing: int = 0


def distribution_of(values: Floats, places: npt.NDArray[np.int64], classes: int) -> Distribution:
    """Bin values (n,) by class place (n,), −1 for none; NaN and infinities are missing."""
    known = np.isfinite(values)
    inside = values[known].astype(np.float64)
    if not len(inside):
        return Distribution(0.0, 1.0, np.zeros((classes, BINS), np.int64), 0.0, len(values))
    first, quarter, three, last = (float(edge) for edge in np.quantile(inside, (INNER[0], 0.25, 0.75, INNER[1])))
    room = FENCE * (three - quarter)
    low, high = (max(first, quarter - room), min(last, three + room)) if room > 0 else (first, last)
    if high <= low:
        low, high = float(inside.min()), float(inside.max())
    if high <= low:
        low, high = low - 0.5, low + 0.5
    bins = np.clip((inside - low) / (high - low) * BINS, -1, BINS).astype(np.int64)
    bins[inside == high] = BINS - 1
    codes = places[known]
    seen = (bins >= 0) & (bins < BINS) & (codes >= 0) & (inside >= low)
    counts = np.bincount(codes[seen] * BINS + bins[seen], minlength=classes * BINS).reshape(classes, BINS)
    beyond = float(((inside < low) | (inside > high)).mean())
    return Distribution(low, high, counts, beyond, int((~known).sum()))


@dataclass
class Threshold:
    """The line in a plot: where, which side meets it, how many of each class do (place → count)."""

    value: float
    above: bool
    counts: Sequence[tuple[int, int]] = field(default_factory=tuple)


class ThresholdPlot(QWidget):
    """A press beside the line moves it there, a drag carries it on, arrow keys step.

    ``moved(value)`` comes while it is dragged, ``settled(value)`` when it is let go, ``picked()`` when this
    plot gets the focus.
    """

    moved = Signal(float)
    settled = Signal(float)
    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = self._unit = ""
        self._factor = 1.0
        self._letters: Sequence[str] = ()
        self._seen = Distribution(0.0, 1.0, np.zeros((0, BINS), np.int64))
        self._line: Threshold | None = None
        self._framed = self._dragging = False
        self.setMinimumSize(200, 150)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(360, 230)

    def set_feature(
        self, title: str, unit: str, letters: Sequence[str], seen: Distribution, factor: float = 1.0
    ) -> None:
        """Show a feature's distribution. factor: values times this are in the unit."""
        self._factor = factor
        self._title, self._unit, self._letters, self._seen = title, unit, letters, seen
        self.setAccessibleName(f"{title}, {unit}" if unit else title)
        self.update()

    def set_threshold(self, line: Threshold | None, framed: bool = False) -> None:
        """Show the line; framed: it is the one being moved."""
        self._line, self._framed = line, framed
        if line is not None:
            told = ", ".join(
                f"{self._letters[place]} {numbers.count(count)}" for place, count in line.counts if place >= 0
            )
            self.setAccessibleDescription(f"{self.value_words()}; {told}")
        self.update()

    def threshold(self) -> Threshold | None:
        """The line."""
        return self._line

    def value_words(self) -> str:
        """``> 0.30 ms``."""
        if self._line is None:
            return ""
        sign = ">" if self._line.above else "<"
        return f"{sign} {figure(self._line.value * self._factor)}{' ' + self._unit if self._unit else ''}"

    def x_of(self, value: float) -> float:
        """Where a value is; one beyond the range stands at its edge."""
        area = self._area()
        part = (value - self._seen.low) / ((self._seen.high - self._seen.low) or 1.0)
        return float(area.left() + min(max(part, 0.0), 1.0) * area.width())

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 10), max(self.height() - TOP - BOTTOM, 10))

    def _value_at(self, x: float) -> float:
        area, span = self._area(), self._seen.high - self._seen.low
        part = min(max((x - area.left()) / area.width(), 0.0), 1.0)
        return rounded(self._seen.low + part * span, span)

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.token("well"))
        self._draw_head(painter)
        self._draw_grid(painter)
        if self._line is not None:
            self._draw_side(painter, self._line)
        for place in range(len(self._seen.counts)):
            self._draw_class(painter, place)
        if self._line is not None:
            self._draw_line(painter, self._line)
        if self._framed:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.token("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 4, 4)

    def _draw_head(self, painter: QPainter) -> None:
        notes = []
        if self._seen.missing:
            notes.append(f"{numbers.count(self._seen.missing)} missing")
        if self._seen.beyond >= 0.005:
            notes.append(f"{100 * self._seen.beyond:.0f} % beyond")
        words = ", ".join(notes)
        right = paint.width(words, "body")
        box = QRectF(LEFT, 6, self.width() - LEFT - RIGHT - right - 10, 18)
        used = paint.text(painter, box, self._title, "strong", "text")
        paint.text(painter, box.adjusted(used + 8, 0, 0, 0), self._unit, "body", "text2")
        paint.text(painter, QRectF(LEFT, 6, self.width() - LEFT - RIGHT, 18), words, "body", "text2", paint.RIGHT)

    def _draw_grid(self, painter: QPainter) -> None:
        area = self._area()
        low, high = self._seen.low * self._factor, self._seen.high * self._factor
        for tick in nice_ticks(low, high, max(int(area.width() / 80), 2)):
            x = round(self.x_of(tick / self._factor)) + 0.5
            painter.setPen(QPen(theme.token("line"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            box = QRectF(x - 40, area.bottom() + 3, 80, 16)
            paint.text(painter, box, figure(tick), "caption", "text3", paint.CENTRE)
        painter.setPen(QPen(theme.token("line2"), 1))
        painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5))

    def _draw_class(self, painter: QPainter, place: int) -> None:
        """Each class to its own height, lightly smoothed: a rare one is seen too."""
        counts = self._seen.counts[place].astype(float)
        if not counts.any():
            return
        smooth = np.convolve(np.pad(counts, 2, mode="edge"), np.array([1, 4, 6, 4, 1]) / 16, "valid")
        area = self._area()
        y = area.bottom() - smooth / smooth.max() * area.height() * 0.94
        x = area.left() + (np.arange(BINS) + 0.5) / BINS * area.width()
        look = theme.class_colour(place)
        outline = paint.polygon(x, y)
        filled = QPolygonF(outline)
        filled.append(QPointF(x[-1], area.bottom()))
        filled.append(QPointF(x[0], area.bottom()))
        ground = look.stroke.toRgb()
        ground.setAlphaF(0.13)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(ground))
        painter.drawPolygon(filled)
        painter.setPen(QPen(look.stroke, 1.4))
        painter.drawPolyline(outline)

    def _draw_side(self, painter: QPainter, line: Threshold) -> None:
        area, x = self._area(), self.x_of(line.value)
        met = QRectF(x, area.top(), area.right() - x, area.height())
        if not line.above:
            met = QRectF(area.left(), area.top(), x - area.left(), area.height())
        painter.fillRect(met, theme.faded("accent", 0.10))

    def _draw_line(self, painter: QPainter, line: Threshold) -> None:
        area, x = self._area(), self.x_of(line.value)
        painter.setPen(QPen(theme.token("accent"), 2))
        painter.drawLine(QPointF(x, area.top() - 6), QPointF(x, area.bottom()))
        words = self.value_words()
        wide = paint.width(words, "strong") + 14
        left = min(max(x - wide / 2, 4), self.width() - wide - 4)
        box = QRectF(left, area.top() - 26, wide, 20)
        paint.plate(painter, box, theme.token("accent"), 4)
        paint.text(painter, box, words, "strong", "well", paint.CENTRE)
        self._draw_counts(painter, line, x)

    def _draw_counts(self, painter: QPainter, line: Threshold, x: float) -> None:
        """How many of each class meet it, on the side that meets it where there is room."""
        told = [(place, numbers.count(count)) for place, count in line.counts]
        wide = sum(22 + paint.width(words, "strong") + 10 for _place, words in told) + 4
        area = self._area()
        left = x + 8 if line.above else x - wide - 8
        left = min(max(left, area.left() + 2), area.right() - wide - 2)
        box = QRectF(left, area.top() + 4, wide, 24)
        paint.plate(painter, box, theme.faded("well", 0.88), 4)
        at = box.left() + 5
        for place, words in told:
            letter = self._letters[place] if 0 <= place < len(self._letters) else ""
            kind = "filled" if place >= 0 else "dashed"
            paint.chip(painter, QRectF(at, box.center().y() - 8, 16, 16), kind, letter, max(place, 0))
            at += 21
            at += paint.text(painter, QRectF(at, box.top(), 80, box.height()), words, "strong", "text") + 11

    # Moving

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self.picked.emit()
        if event.button() == Qt.MouseButton.LeftButton and self._line is not None and event.position().y() > 24:
            self._dragging = True
            self._move(self._value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._move(self._value_at(event.position().x()))
        elif self._line is not None:
            near = abs(event.position().x() - self.x_of(self._line.value)) < 8
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and self._line is not None:
            self._dragging = False
            self.settled.emit(self._line.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not way or self._line is None:
            super().keyPressEvent(event)
            return
        span = self._seen.high - self._seen.low
        step = span / STEPS * (LARGE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        self._move(rounded(self._line.value + way * step, span))
        self.settled.emit(self._line.value)

    def _move(self, value: float) -> None:
        if self._line is not None and value != self._line.value:
            self._line.value = value
            self.moved.emit(value)
            self.update()


def rounded(value: float, span: float) -> float:
    """A value with as many digits as the eye can set in a range."""
    if span <= 0 or not math.isfinite(span):
        return value
    digits = max(math.ceil(-math.log10(span)) + 2, 0) if span < 1e6 else 0
    return float(round(value, digits))


def figure(value: float) -> str:
    """A threshold or tick in few digits, without powers of ten where they can be helped."""
    if 1000 <= abs(value) < 1e7 and float(value).is_integer():
        return numbers.minus(f"{value:,.0f}".replace(",", numbers.THIN))
    text = f"{value:.4g}"
    if "e" in text:
        text = f"{value:.0f}" if abs(value) >= 1 and abs(value) < 1e7 else f"{value:.1e}"
    return numbers.minus(text)
