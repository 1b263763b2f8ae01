"""What stands over and beside the two plots of a sound: frequencies, cursor, its words, the selection, curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.payload import Track
from models.sonogram import Scale
from widgets import paint, theme
from widgets.spectrogram.marks import Over
from widgets.traces.plot import Plot, nice_step, ticks

Span = tuple[float, float]
Doubles = npt.NDArray[np.float64]
#: At most so many points of a curve are drawn.
_POINTS = 4000
#: From one point to the next a curve that goes further than this share of its value leaps: nothing is drawn between.
_LEAP = 0.15
#: Frequencies that a logarithmic axis names.
_ROUND = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)


def hertz_labels(scale: Scale, height: float) -> list[float]:
    """Frequencies that are named beside a picture of this height, in Hz."""
    most = max(height / 44, 1)
    if scale.name == "linear":
        step = nice_step(scale.high, most)
        return [at for at in ticks(0, scale.high, step) if scale.share(at) <= 1]
    if scale.name == "log":
        return [at for at in _ROUND if 0 <= scale.share(at) <= 1]
    even = [float(f"{scale.hertz(number / most):.1g}") for number in range(1, math.ceil(most))]
    return [0.0, *dict.fromkeys(at for at in even if at > 0)]


def hertz_words(hertz: float, kilo: bool) -> str:
    """``250``, or ``0.25`` in kHz."""
    return f"{hertz / 1000:g}" if kilo else f"{hertz:g}"


class HertzSide(Over):
    """Frequencies left of the spectrogram."""

    def __init__(self, plot: Plot, scale: Callable[[], Scale]) -> None:
        super().__init__(plot, -90)
        self._scale = scale

    def boundingRect(self) -> QRectF:
        """Left of the data's place."""
        return QRectF(0, 0, self.plot.area().left(), self.plot.height())

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """No two labels over each other; the unit in the corner."""
        area, scale = self.plot.area(), self._scale()
        kilo, last, named = scale.high >= 2000, math.inf, hertz_labels(scale, area.height())
        for at in named:
            y = area.bottom() - scale.share(at) * area.height()
            if last - y >= 14 and y <= area.bottom() + 1:
                painter.fillRect(QRectF(area.left() - 4, round(y), 3, 1), theme.token("line2"))
                place = QRectF(0, min(max(y - 8, 0), area.bottom() - 12), area.left() - 8, 16)
                words = hertz_words(at, kilo)
                unit = (" kHz" if kilo else " Hz") if at == named[-1] else ""
                paint.text(painter, place, words + unit, "caption", "text3", paint.RIGHT)
                last = y


class Cursor(Over):
    """One moment of the sound on both plots, NaN for none: a light line between dark ones, seen on any colour."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, 28)
        self.at = math.nan

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self.plot.area().adjusted(-2, 0, 2, 0)

    def near(self, position: QPointF) -> bool:
        """Whether a point of the plot is on its line."""
        inside = self.plot.area().contains(position)
        return inside and math.isfinite(self.at) and abs(self.across(self.at) - position.x()) <= 4

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """A line of two pixels."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        if left <= self.at <= right:
            x = round(self.across(self.at))
            painter.fillRect(QRectF(x - 2, area.top(), 4, area.height()), theme.faded("well", 0.55))
            painter.fillRect(QRectF(x - 1, area.top(), 2, area.height()), theme.token("accent"))


class CursorWords(Over):
    """What is known at the cursor, on a plate beside its line."""

    def __init__(self, plot: Plot, cursor: Cursor, words: Callable[[], str]) -> None:
        super().__init__(plot, 30)
        self._cursor, self._words = cursor, words

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Right of the line where there is room, else left of it."""
        area, (left, right) = self.plot.area(), self.plot.x_range()
        words = self._words() if left <= self._cursor.at <= right else ""
        if words:
            wide = paint.width(words, "caption_strong") + 14
            x = self.across(self._cursor.at) + 8
            x = x if x + wide <= area.right() - 2 else self.across(self._cursor.at) - wide - 8
            plate = QRectF(max(x, area.left() + 2), area.top() + 8, wide, 20)
            paint.plate(painter, plate, theme.faded("well", 0.92))
            paint.text(painter, plate.adjusted(7, 0, -6, 0), words, "caption_strong", "text")


class SelectionMark(Over):
    """The chosen stretch of time, tinted between two lines."""

    def __init__(self, plot: Plot, light: bool) -> None:
        super().__init__(plot, 16)
        self._light = light
        self.span: Span | None = None

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self.plot.area()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Light over a dark picture, in the accent over the well."""
        found = self.stretch(self.span, 1) if self.span is not None else None
        if found is None:
            return
        area = self.plot.area()
        tint = QColor(255, 255, 255, 44) if self._light else theme.faded("accent", 0.16)
        edge = QColor(255, 255, 255, 200) if self._light else theme.token("accent")
        painter.fillRect(QRectF(found[0], area.top(), found[1], area.height()), tint)
        for x in (found[0], found[0] + found[1] - 1):
            painter.fillRect(QRectF(round(x), area.top(), 1, area.height()), edge)


class TrackLines(Over):
    """Curves such as F0 over the spectrogram: white between dark, so that they are seen on any colour."""

    def __init__(self, plot: Plot, scale: Callable[[], Scale]) -> None:
        super().__init__(plot, 12)
        self._scale = scale
        self.tracks: Mapping[str, Track] = {}
        #: What was drawn, of which curves, and as what: they are held, so that no other ones are taken for them.
        self._kept: tuple[object, tuple[Track, ...], QPixmap] | None = None

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self.plot.area()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The curves, drawn once for a view: while a sound plays all of the plot is painted again with each step."""
        area, ratio = self.plot.area(), self.plot.devicePixelRatioF()
        tracks = tuple(self.tracks.values())
        key = ([id(one) for one in tracks], area, self.plot.x_range(), self._scale(), ratio, theme.is_dark())
        if self._kept is None or self._kept[0] != key:
            self._kept = key, tracks, self._picture(area, ratio)
        painter.drawPixmap(area.topLeft(), self._kept[2])

    def _picture(self, area: QRectF, ratio: float) -> QPixmap:
        picture = QPixmap(math.ceil(area.width() * ratio), math.ceil(area.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.translate(-area.topLeft())
        self._draw(painter)
        painter.end()
        return picture

    def _draw(self, painter: QPainter) -> None:
        """Each one as a line, broken where there is none and where it leaps; names that do not lie on each other."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        taken: list[QRectF] = []
        found = {one.name: self._points(one) for one in self.tracks.values() if one.unit == "Hz"}
        for across, down, values in found.values():
            _draw_runs(painter, across, down, values)
        for name, (across, down, _values) in found.items():
            self._name(painter, name, across, down, taken)

    def _points(self, track: Track) -> tuple[Doubles, Doubles, Doubles]:
        """Where the points that are seen stand, and their values; no more of them than can be told apart."""
        area, scale, (left, right) = self.plot.area(), self._scale(), self.plot.x_range()
        first, last = (int(place) for place in np.searchsorted(track.times, (left, right)))
        first, last = max(first - 1, 0), min(last + 1, len(track.times))
        step = max((last - first) // _POINTS, 1)
        times, values = track.times[first:last:step], np.asarray(track.values[first:last:step], np.float64)
        across = area.left() + (times - left) * (area.width() / (right - left))
        shares = [scale.share(at) if math.isfinite(at) else math.nan for at in values.tolist()]
        return across, area.bottom() - np.array(shares, np.float64) * area.height(), values

    def _name(self, painter: QPainter, name: str, across: Doubles, down: Doubles, taken: list[QRectF]) -> None:
        """What it is, where it is last seen."""
        area = self.plot.area()
        with np.errstate(invalid="ignore"):
            inside = (down > area.top() + 8) & (down < area.bottom() - 2) & (across >= area.left())
        seen = np.flatnonzero(inside & (across <= area.right() - 4))
        if not len(seen):
            return
        wide = paint.width(name, "caption_strong") + 8
        x = min(float(across[seen[-1]]) + 4, area.right() - wide - 2)
        plate = QRectF(x, min(float(down[seen[-1]]) - 19, area.bottom() - 17), wide, 15)
        for other in taken:
            if plate.intersects(other):
                plate.moveBottom(other.top() - 1)
        taken.append(plate)
        paint.plate(painter, plate, theme.faded("well", 0.86))
        paint.text(painter, plate.adjusted(4, 0, -2, 0), name, "caption_strong", "text")


def _draw_runs(painter: QPainter, across: Doubles, down: Doubles, values: Doubles) -> None:
    """Lines through points that follow each other, dots for those that stand alone."""
    known = np.isfinite(down)
    if not known.any():
        return
    with np.errstate(invalid="ignore"):
        leaps = np.abs(np.diff(values)) > _LEAP * np.minimum(values[1:], values[:-1])
    follows = known[1:] & known[:-1] & ~leaps
    begins = known & ~np.concatenate([[False], follows])
    ends = known & ~np.concatenate([follows, [False]])
    runs = list(zip(np.flatnonzero(begins).tolist(), (np.flatnonzero(ends) + 1).tolist(), strict=True))
    for colour, wide in ((QColor(0, 0, 0, 170), 3.5), (QColor(255, 255, 255), 1.4)):
        painter.setPen(QPen(colour, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for begin, end in runs:
            if end - begin > 1:
                painter.drawPolyline(paint.polygon(across[begin:end], down[begin:end]))
            else:
                painter.drawPoint(QPointF(across[begin], down[begin]))


def value_at(track: Track, time: float) -> float:
    """A curve's value at a moment, NaN where it has none: of the nearest point, no further off than two steps."""
    if not len(track.times):
        return math.nan
    place = int(np.searchsorted(track.times, time))
    near = min(
        (at for at in (place - 1, place) if 0 <= at < len(track.times)), key=lambda at: abs(track.times[at] - time)
    )
    step = float(np.median(np.diff(track.times))) if len(track.times) > 1 else 0.05
    return float(track.values[near]) if abs(float(track.times[near]) - time) <= 2 * step else math.nan
