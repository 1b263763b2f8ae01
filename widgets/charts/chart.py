"""A small chart: lines, points with intervals, named reference lines. Text and grid as everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme

Floats = npt.NDArray[np.floating[Any]]
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 10, 38
#: Words at the x axis stand upright where they have less room than this and need more, in at most so much height;
#: each needs this much width then.
CLOSE, TALL, THICK = 120, 110, 15
#: What such words take where they lie.
LINE = 12
#: Room for a piece of the line before the name of a series.
SWATCH = 17
DASHES = {"solid": Qt.PenStyle.SolidLine, "dash": Qt.PenStyle.DashLine, "dot": Qt.PenStyle.DotLine}


@dataclass(frozen=True)
class Series:
    """One line of points. low, high: interval of each point. tone: a token, or ``class:2``.

    style: solid, dash, dot, or none for points without a line. marker: a sign of the classes ("●") or
    "". named: its name stands at its last point.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    tone: str = "accent"
    style: str = "solid"
    marker: str = ""
    width: float = 1.6
    named: bool = False

    def colour(self) -> QColor:
        """Its colour in this theme."""
        if self.tone.startswith("class:"):
            return theme.class_colour(int(self.tone.removeprefix("class:"))).stroke
        return theme.token(self.tone)


@dataclass(frozen=True)
class Reference:
    """A named line across the chart: a level (y) or an upright one (x); or the diagonal."""

    value: float
    name: str
    upright: bool = False
    style: str = "dash"
    diagonal: bool = False


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round positions between low and high, about `wanted` of them."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    raw = span / max(wanted, 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step - 1e-9)
    return [float(round(place * step, 10)) for place in range(first, math.floor(high / step + 1e-9) + 1)]


def plain_figures(marks: Sequence[float]) -> list[str]:
    """Marks of an axis in as few digits as tell each from the others, four at least: never ``1.794`` twice."""
    for digits in range(4, 9):
        figures = [_plain(value, digits) for value in marks]
        if len(set(figures)) == len(set(marks)):
            break
    return figures


class Chart(QWidget):
    """Series over common axes. ``point_asked(series name, index)`` tells a click near a point.

    Values from 0 to 1 on the y axis are written as shares (.605).
    """

    point_asked = Signal(str, int)

    def __init__(self, x_title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: list[Series] = []
        self._references: list[Reference] = []
        self._x_title = x_title
        self._x_ticks: list[tuple[float, str]] | None = None
        self._x_range: tuple[float, float] | None = None
        self._y_range: tuple[float, float] | None = None
        self._shares = self._x_shares = False
        self._words = ""
        self._hover: tuple[Series, int] | None = None
        self.setMinimumSize(160, 110)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_axes(
        self,
        x_range: tuple[float, float] | None = None,
        y_range: tuple[float, float] | None = None,
        x_ticks: Sequence[tuple[float, str]] | None = None,
        x_title: str | None = None,
        shares: bool = False,
        x_shares: bool = False,
    ) -> None:
        """Fix ranges (None: from the data), the words at the x axis, whether y (and x) are shares."""
        self._x_range, self._y_range, self._shares, self._x_shares = x_range, y_range, shares, x_shares
        self._x_ticks = list(x_ticks) if x_ticks is not None else None
        if x_title is not None:
            self._x_title = x_title
        self.update()

    def set_series(self, series: Sequence[Series], references: Sequence[Reference] = (), words: str = "") -> None:
        """Show these; `words` stand in the middle while there is nothing."""
        self._series, self._references, self._words = list(series), list(references), words
        self._hover = None
        told = [f"{item.name} {self._figure(float(item.y[-1]))}" for item in self._series if len(item.y)]
        self.setAccessibleDescription(", ".join(told) or words)
        self.update()

    def series(self) -> list[Series]:
        """What is shown."""
        return list(self._series)

    def sizeHint(self) -> QSize:
        return QSize(380, 240)

    # Geometry

    def _area(self) -> QRectF:
        right = RIGHT
        beside = [item.name for item in self._series if item.named] + [item.name for item in self._levels()]
        if beside:
            right += int(max(paint.width(name, "caption_strong") for name in beside)) + 4 + SWATCH
        wide = max(self.width() - LEFT - right, 20)
        bottom = (BOTTOM if self._x_title else 24) + max(self._tall(wide) - LINE, 0)
        return QRectF(LEFT, TOP, wide, max(self.height() - TOP - bottom, 20))

    def _room(self, wide: float) -> float:
        """How far apart the words at the x axis stand."""
        left, right = self.ranges()[:2]
        gaps = (abs(b[0] - a[0]) for a, b in pairwise(self._x_ticks or ()))
        return min(gaps, default=0) / ((right - left) or 1) * wide

    def _tall(self, wide: float) -> int:
        """The height that words at the x axis take where they must stand upright, 0 where they lie side by side."""
        words, room = [name for _, name in self._x_ticks or ()], self._room(wide)
        widest = max((paint.width(name, "caption") for name in words), default=0)
        upright = len(words) > 1 and room < CLOSE and widest > room - 4
        return int(min(widest + 4, TALL, self.height() / 3)) if upright else 0

    def ticks_shown(self) -> list[str]:
        """The words that are written at the x axis: of many that stand upright as many as have room."""
        wide = self._area().width()
        step = max(math.ceil(THICK / max(self._room(wide), 0.1)), 1) if self._tall(wide) else 1
        return [words for _, words in (self._x_ticks or ())[::step]]

    def _levels(self) -> list[Reference]:
        """Levels named beside the plot: inside it names or intervals would strike them through."""
        crowded = any(item.named or item.low is not None for item in self._series)
        return [item for item in self._references if crowded and not item.upright and not item.diagonal]

    def ranges(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top of the axes."""
        xs = [float(v) for item in self._series for v in item.x if math.isfinite(v)]
        ys = [
            float(v)
            for item in self._series
            for part in (item.y, item.low, item.high)
            if part is not None
            for v in part
        ]
        ys += [item.value for item in self._references if not item.upright and not item.diagonal]
        ys = [value for value in ys if math.isfinite(value)]
        left, right = self._x_range or _padded(xs, 0.02)
        low, high = self._y_range or _padded(ys, 0.08)
        return left, right, low, high

    def _at(self, area: QRectF, ranges: tuple[float, float, float, float], x: float, y: float) -> QPointF:
        left, right, low, high = ranges
        return QPointF(
            area.left() + (x - left) / ((right - left) or 1) * area.width(),
            area.bottom() - (y - low) / ((high - low) or 1) * area.height(),
        )

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        self._draw(painter)

    def _draw(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not any(math.isfinite(value) for item in self._series for value in item.y):
            paint.text(painter, QRectF(self.rect()), self._words or "Nothing yet", "body", "text3", paint.CENTRE)
            return
        area, ranges = self._area(), self.ranges()
        self._draw_grid(painter, area, ranges)
        for reference in self._references:
            self._draw_reference(painter, area, ranges, reference)
        for reference, box in self.names_inside(area, ranges):
            paint.plate(painter, box, theme.token("well"))
            paint.text(painter, box, reference.name, "caption", "text2", paint.CENTRE)
        painter.save()
        painter.setClipRect(area.adjusted(-6, -6, 6, 6))
        for item in self._series:
            self._draw_series(painter, area, ranges, item)
        painter.restore()
        self._draw_names(painter, area, ranges)
        if self._hover is not None:
            self._draw_plate(painter, area, ranges, *self._hover)

    def _draw_grid(self, painter: QPainter, area: QRectF, ranges: tuple[float, float, float, float]) -> None:
        left, right, low, high = ranges
        painter.setPen(QPen(theme.token("line"), 1))
        marks = nice_ticks(low, high, max(int(area.height() / 56), 3))
        digits = _digits(marks)
        figures = [_share(value, digits) for value in marks] if self._shares else plain_figures(marks)
        for value, words in zip(marks, figures, strict=True):
            y = round(self._at(area, ranges, left, value).y()) + 0.5
            painter.setPen(QPen(theme.token("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            paint.text(painter, QRectF(0, y - 9, LEFT - 8, 18), words, "caption", "text3", paint.RIGHT)
        ticks = self._x_ticks
        if ticks is None:
            places = nice_ticks(left, right, max(int(area.width() / 80), 2))
            ticks = [
                (value, _share(value, _digits(places)) if self._x_shares else _plain(value, 6)) for value in places
            ]
        half = min(max(self._room(area.width()), 80.0), 180.0) / 2 - 2
        tall, shown = self._tall(area.width()), set(self.ticks_shown())
        for value, words in ticks:
            if tall and words not in shown:
                continue
            x = round(self._at(area, ranges, value, low).x()) + 0.5
            painter.setPen(QPen(theme.token("line"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            if tall:
                _write_upright(painter, QPointF(x, area.bottom() + 4), tall, words)
                continue
            box = QRectF(x - half, area.bottom() + 3, 2 * half, 16)
            paint.text(painter, box, words, "caption", "text3", paint.CENTRE)
        if self._x_title:
            box = QRectF(area.left(), area.bottom() + 19 + max(tall - LINE, 0), area.width(), 16)
            paint.text(painter, box, self._x_title, "caption", "text2", paint.CENTRE)

    def _draw_reference(
        self, painter: QPainter, area: QRectF, ranges: tuple[float, float, float, float], item: Reference
    ) -> None:
        painter.setPen(QPen(theme.token("text2"), 1.2, DASHES[item.style]))
        left, right, low, high = ranges
        if item.diagonal:
            painter.drawLine(
                self._at(area, ranges, max(left, low), max(left, low)),
                self._at(area, ranges, min(right, high), min(right, high)),
            )
            return
        if item.upright:
            x = self._at(area, ranges, item.value, low).x()
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            return
        y = self._at(area, ranges, left, item.value).y()
        if area.top() - 1 <= y <= area.bottom() + 1:
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))

    def names_inside(self, area: QRectF, ranges: tuple[float, float, float, float]) -> list[tuple[Reference, QRectF]]:
        """The lines that are named inside the plot, and where, no name over another."""
        left, low = ranges[0], ranges[2]
        upright = [item for item in self._references if item.upright and not item.diagonal]
        lines = [self._at(area, ranges, item.value, low).x() for item in upright]
        found = [
            (item, named_beside(area, x, paint.width(item.name, "caption") + 8, lines))
            for item, x in zip(upright, lines, strict=True)
        ]
        beside = self._levels()
        for item in self._references:
            y = self._at(area, ranges, left, item.value).y()
            if item.upright or item.diagonal or item in beside or not area.top() - 1 <= y <= area.bottom() + 1:
                continue
            found.append((item, named_at(area, y, paint.width(item.name, "caption") + 8, [box for _, box in found])))
        return found

    def _draw_series(
        self, painter: QPainter, area: QRectF, ranges: tuple[float, float, float, float], item: Series
    ) -> None:
        colour = item.colour()
        points = [self._at(area, ranges, float(x), float(y)) for x, y in zip(item.x, item.y, strict=True)]
        good = [point for point in points if math.isfinite(point.y())]
        if item.low is not None and item.high is not None:
            painter.setPen(QPen(colour, 1.3))
            for x, low, high in zip(item.x, item.low, item.high, strict=True):
                if math.isfinite(low) and math.isfinite(high):
                    painter.drawLine(self._at(area, ranges, float(x), low), self._at(area, ranges, float(x), high))
        if item.style in DASHES:
            painter.setPen(QPen(colour, item.width, DASHES[item.style]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(good)
        if item.marker:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            for point in good:
                painter.drawPath(paint.shape(item.marker, 8).translated(point))
        elif good and item.width >= 1.6:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(good[-1], 3.2, 3.2)

    def _draw_names(self, painter: QPainter, area: QRectF, ranges: tuple[float, float, float, float]) -> None:
        """Names of series and levels at the right edge, each at its height, none over another."""
        for y, item in self._beside(area, ranges):
            x = area.right() + 8
            if isinstance(item, Series):
                self._draw_swatch(painter, item, x, y)
                x += SWATCH
            role = "caption_strong" if isinstance(item, Series) and item.tone == "accent" else "caption"
            tone = "text" if isinstance(item, Series) else "text2"
            paint.text(painter, QRectF(x, y - 9, self.width() - x - 2, 18), item.name, role, tone)

    def _draw_swatch(self, painter: QPainter, item: Series, x: float, y: float) -> None:
        """A piece of the line before its name."""
        painter.setPen(QPen(item.colour(), 2, DASHES.get(item.style, Qt.PenStyle.SolidLine)))
        if item.style in DASHES:
            painter.drawLine(QPointF(x, y), QPointF(x + SWATCH - 5, y))
        if item.marker:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(item.colour())
            painter.drawPath(paint.shape(item.marker, 7).translated(x + (SWATCH - 5) / 2, y))

    def _beside(
        self, area: QRectF, ranges: tuple[float, float, float, float]
    ) -> list[tuple[float, Series | Reference]]:
        """What is named beside the plot, and the height of each name, from above."""
        named = [item for item in self._series if item.named and len(item.x) and math.isfinite(item.y[-1])]
        ends: list[tuple[float, Series | Reference]] = [(float(item.y[-1]), item) for item in named]
        ends += [(item.value, item) for item in self._levels()]
        low, high = ranges[2:]
        found: list[tuple[float, Series | Reference]] = []
        for value, item in sorted((end for end in ends if low <= end[0] <= high), key=lambda end: -end[0]):
            height = self._at(area, ranges, ranges[0], value).y()
            found.append((max(height, found[-1][0] + 15) if found else height, item))
        return found

    def _draw_plate(
        self, painter: QPainter, area: QRectF, ranges: tuple[float, float, float, float], item: Series, index: int
    ) -> None:
        point = self._at(area, ranges, float(item.x[index]), float(item.y[index]))
        words = f"{item.name}  {self._figure(float(item.y[index]))}"
        if self._tall(area.width()):
            # Not each of so many is named at the axis.
            here = [name for place, name in self._x_ticks or () if round(item.x[index]) == place]
            words = "  ".join([*here, words])
        if item.low is not None and item.high is not None:
            words += f" [{self._figure(float(item.low[index]))}, {self._figure(float(item.high[index]))}]"
        wide = paint.width(words, "caption") + 12
        box = QRectF(min(max(point.x() - wide / 2, 2), self.width() - wide - 2), max(point.y() - 30, 2), wide, 20)
        paint.plate(painter, box, theme.token("plate"), 4)
        paint.text(painter, box, words, "caption", "plate_text", paint.CENTRE)

    def _figure(self, value: float) -> str:
        if not math.isfinite(value):
            return numbers.NONE
        if self._shares:
            return numbers.share(value, 2 if abs(value * 100 - round(value * 100)) < 1e-6 else 3)
        return _plain(value, 4)

    # Hands

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        before, self._hover = self._hover, self._near(event.position())
        if before != self._hover:
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        near = self._near(event.position())
        if near is not None:
            self.point_asked.emit(near[0].name, near[1])

    def _near(self, position: QPointF) -> tuple[Series, int] | None:
        if not self._series:
            return None
        area, ranges = self._area(), self.ranges()
        best: tuple[float, Series, int] | None = None
        for item in self._series:
            for index, (x, y) in enumerate(zip(item.x, item.y, strict=True)):
                if math.isfinite(y):
                    point = self._at(area, ranges, float(x), float(y)) - position
                    distance = math.hypot(point.x(), point.y())
                    if distance < 14 and (best is None or distance < best[0]):
                        best = (distance, item, index)
        return (best[1], best[2]) if best else None


def named_beside(area: QRectF, x: float, wide: float, lines: Sequence[float]) -> QRectF:
    """Where the name of an upright line stands: left of it, but right of it where another of the lines has its name."""
    taken = any(x - wide - 2 < line < x for line in lines)
    left = min(x + 2, area.right() - wide) if taken else max(x - wide - 2, area.left())
    return QRectF(left, area.top(), wide, 17)


def named_at(area: QRectF, y: float, wide: float, taken: Sequence[QRectF]) -> QRectF:
    """Where the name of a level stands: over its right end, else under it or at the left end, where none is taken."""
    tops = (y - 18, y + 2) if y + 19 <= area.bottom() else (y - 18,)
    places = [QRectF(x, top, wide, 17) for x in (area.right() - wide, area.left()) for top in tops]
    return next((box for box in places if not any(box.intersects(other) for other in taken)), places[0])


def _write_upright(painter: QPainter, end: QPointF, tall: int, words: str) -> None:
    """Words from below up to a point at the axis."""
    painter.save()
    painter.translate(end)
    painter.rotate(-90)
    paint.text(painter, QRectF(-tall, -8, tall, 16), words, "caption", "text3", paint.RIGHT)
    painter.restore()


def _digits(marks: Sequence[float]) -> int:
    """As few as tell all marks exactly, 3 at most."""
    exact = (n for n in (1, 2) if all(abs(value * 10**n - round(value * 10**n)) < 1e-6 for value in marks))
    return next(exact, 3)


def _plain(value: float, digits: int) -> str:
    """A value in so many digits; a large one as people write it: 40 000, not 4e+04."""
    words = f"{value:.{digits}g}"
    return numbers.count(round(float(words))) if "e+" in words and abs(value) < 1e7 else numbers.minus(words)


def _share(value: float, digits: int) -> str:
    """A share at an axis: 0, .2, .25, 1."""
    words = numbers.share(value, digits)
    return "1" if value == 1 else "0" if value == 0 else words


def _padded(values: Sequence[float], share: float) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = (high - low) * share or abs(high) * 0.1 or 1.0
    return low - room, high + room
