"""What a model says along a recording: shares stacked over time, episodes above, burden by the hour below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme, tokens

Floats = npt.NDArray[np.floating[Any]]
LEFT, RIGHT, TOP, FOOT = 46, 14, 18, 40
#: Heights of the strip of quality and of what stands between it and the bars.
STRIP, BETWEEN = 9, 40
#: Of the height that is left, what the bars have.
BARS = 0.32
#: Seconds between two times that are told.
STEPS = (5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 21600)


@dataclass(frozen=True)
class Span:
    """An episode: from, to in s."""

    start: float
    stop: float


@dataclass(frozen=True)
class TimelineData:
    """A recording as it is drawn. starts, stops (m,) in s; p (m, k), NaN where nothing was said; titles (k,).

    colours: the place of each class among the window's. target: the class whose minutes are written over the bars,
    −1 for none. rest: the one of all that is none of the others, drawn quietly and without bars. edges (h + 1,): the
    hours; minutes (h, k): of episodes of each class in each. offset: seconds of the day at 0 s, None where the clock is
    not known. learnt: (m,) windows that the run was trained on.
    """

    starts: Floats
    stops: Floats
    p: Floats
    titles: Sequence[str]
    colours: Sequence[int]
    target: int
    edges: Floats
    minutes: Floats
    episodes: Sequence[Span] = ()
    offset: float | None = None
    learnt: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    rest: int = -1

    @property
    def span(self) -> tuple[float, float]:
        """From the first hour's begin to the end of what was recorded, but never before 0."""
        return 0.0, max(float(self.stops.max(initial=0.0)), 1.0)


def clock_words(seconds: float, offset: float | None, exact: bool = False) -> str:
    """A time of the recording: by the clock where that is known, else since its begin."""
    whole = round(seconds + (offset or 0.0))
    if offset is not None:
        whole %= 24 * 3600
    words = f"{whole // 3600:02}:{whole // 60 % 60:02}"
    return f"{words}:{whole % 60:02}" if exact else words


class Timeline(QWidget):
    """`time_asked(seconds)`: a moment was clicked. `episode_asked(place)`: the mark of an episode was."""

    time_asked = Signal(float)
    episode_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data: TimelineData | None = None
        self._box: tuple[float, float] | None = None
        self._chosen, self._hover = -1, -1.0
        self._picture: tuple[Any, QImage] | None = None
        self.setMinimumSize(320, 180)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(900, 400)

    def set_data(self, data: TimelineData | None) -> None:
        """Show a recording, None for none."""
        self._data, self._picture, self._box, self._chosen = data, None, None, -1
        count = len(data.episodes) if data is not None else 0
        self.setAccessibleDescription(numbers.plural(count, "episode") if data is not None else "nothing yet")
        self.update()

    def data(self) -> TimelineData | None:
        """What is shown."""
        return self._data

    def choose(self, place: int) -> None:
        """Frame an episode, −1 for none."""
        self._chosen = place
        known = self._data is not None and 0 <= place < len(self._data.episodes)
        span = self._data.episodes[place] if known and self._data is not None else None
        self._box = (span.start, span.stop) if span is not None else None
        self.update()

    def chosen(self) -> int:
        """The framed episode, −1 for none."""
        return self._chosen

    # Geometry

    def areas(self) -> tuple[QRectF, QRectF, QRectF]:
        """Where shares, bars and the strip of quality stand."""
        wide = max(self.width() - LEFT - RIGHT, 20)
        room = max(self.height() - TOP - BETWEEN - FOOT, 60)
        low = round(room * BARS)
        shares = QRectF(LEFT, TOP, wide, room - low)
        bars = QRectF(LEFT, shares.bottom() + BETWEEN, wide, low)
        return shares, bars, QRectF(LEFT, bars.bottom() + 22, wide, STRIP)

    def x_of(self, seconds: float) -> float:
        """Where a time stands."""
        area = self.areas()[0]
        low, high = self._data.span if self._data is not None else (0.0, 1.0)
        return area.left() + (seconds - low) / (high - low) * area.width()

    def time_at(self, x: float) -> float:
        """The time at a place."""
        area = self.areas()[0]
        low, high = self._data.span if self._data is not None else (0.0, 1.0)
        return low + min(max((x - area.left()) / area.width(), 0.0), 1.0) * (high - low)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        data = self._data
        if data is None or not len(data.starts):
            paint.text(painter, QRectF(self.rect()), "No windows here", "body", "text3", paint.CENTRE)
            return
        shares, bars, strip = self.areas()
        self._draw_shares(painter, shares, data)
        self._draw_grid(painter, shares, bars, data)
        self._draw_bars(painter, bars, data)
        self._draw_strip(painter, strip, data)
        self._draw_marks(painter, shares, bars, data)

    def _draw_shares(self, painter: QPainter, area: QRectF, data: TimelineData) -> None:
        ratio = self.devicePixelRatioF()
        key = (round(area.width() * ratio), round(area.height() * ratio), theme.is_dark())
        if self._picture is None or self._picture[0] != key:
            self._picture = (key, stacked(data, key[0], key[1]))
        painter.drawImage(area, self._picture[1])

    def _draw_grid(self, painter: QPainter, shares: QRectF, bars: QRectF, data: TimelineData) -> None:
        painter.setPen(QPen(theme.faded("line2", 0.6), 1))
        times = hour_ticks(data, int(shares.width() / 70))
        for seconds in times:
            x = round(self.x_of(seconds)) + 0.5
            painter.drawLine(QPointF(x, shares.top()), QPointF(x, shares.bottom()))
        exact = len(times) > 1 and times[1] - times[0] < 60
        for seconds in times:
            words = clock_words(seconds, data.offset, exact)
            # The first and the last one stand at the edges: their words begin and end with the picture.
            left = min(max(self.x_of(seconds) - 30, LEFT - 4.0), self.width() - 60.0)
            side = paint.LEFT if left > self.x_of(seconds) - 30 else paint.CENTRE
            paint.text(painter, QRectF(left, bars.bottom() + 3, 60, 16), words, "caption", "text3", side)
        for share, words in ((0.0, "0"), (0.5, ".5"), (1.0, "1")):
            y = shares.bottom() - share * shares.height()
            paint.text(painter, QRectF(0, y - 8, LEFT - 8, 16), words, "caption", "text3", paint.RIGHT)
        beside = QRectF(0, shares.top() + 0.75 * shares.height() - 8, LEFT - 8, 16)
        paint.text(painter, beside, "share", "caption", "text3", paint.RIGHT)
        paint.text(painter, QRectF(LEFT, shares.bottom() + 4, 220, 18), "Burden", "caption_strong", "text2")
        target = data.titles[data.target] if 0 <= data.target < len(data.titles) else ""
        told = f"min of episodes in each hour{f', number: {target}' if target else ''}"
        paint.text(painter, QRectF(LEFT + 52, shares.bottom() + 4, 420, 18), told, "caption", "text3")

    def _draw_bars(self, painter: QPainter, area: QRectF, data: TimelineData) -> None:
        counted = np.where(np.arange(data.minutes.shape[1]) == data.rest, 0.0, data.minutes)
        top = top_of(counted)
        for minutes in (0.0, top / 2, top):
            y = round(area.bottom() - minutes / top * area.height()) + 0.5
            painter.setPen(QPen(theme.token("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            paint.text(painter, QRectF(0, y - 8, LEFT - 8, 16), f"{minutes:g}", "caption", "text3", paint.RIGHT)
        low, high = data.span
        for hour, told in enumerate(counted):
            left = self.x_of(max(float(data.edges[hour]), low)) + 2
            right = self.x_of(min(float(data.edges[hour + 1]), high)) - 2
            y = area.bottom()
            for place in np.argsort([place != data.target for place in range(len(told))], kind="stable").tolist():
                high_of = float(told[place]) / top * area.height()
                painter.fillRect(QRectF(left, y - high_of, max(right - left, 1), high_of), fill_of(data, place))
                y -= high_of
            if data.target >= 0 and told[data.target] > 0 and right - left > 26:
                words = f"{float(told[data.target]):.1f}"
                box = QRectF(left, y - 16, right - left, 16)
                paint.text(painter, box, words, "caption_strong", "text", paint.CENTRE)

    def _draw_strip(self, painter: QPainter, area: QRectF, data: TimelineData) -> None:
        """Where nothing was recorded or said, and what the run was trained on."""
        paint.text(painter, QRectF(0, area.center().y() - 8, LEFT - 8, 16), "taught", "caption", "text3", paint.RIGHT)
        painter.fillRect(area, theme.token("track"))
        said = np.asarray(np.isfinite(data.p).all(1), bool)
        learnt = np.asarray(data.learnt & said, bool) if len(data.learnt) else np.zeros(len(said), bool)
        for mask, tone in ((said, "bar"), (learnt, "warn")):
            for first, last in runs_of(mask):
                left, right = self.x_of(float(data.starts[first])), self.x_of(float(data.stops[last]))
                painter.fillRect(QRectF(left, area.top(), max(right - left, 1), area.height()), theme.token(tone))

    def _draw_marks(self, painter: QPainter, shares: QRectF, bars: QRectF, data: TimelineData) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, one in enumerate(data.episodes):
            x = self.x_of((one.start + one.stop) / 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.token("accent" if place == self._chosen else "text"))
            painter.drawPath(paint.shape("▼", 8).translated(x, TOP - 8))
        if self._box is not None:
            left, right = (self.x_of(edge) for edge in self._box)
            box = QRectF(left - 2, shares.top(), max(right - left, 2) + 4, bars.bottom() - shares.top())
            painter.setPen(QPen(theme.token("accent"), 1.4))
            painter.setBrush(theme.faded("accent", 0.16))
            painter.drawRect(box)
        if self._hover >= 0:
            self._draw_hover(painter, shares, bars, data)

    def _draw_hover(self, painter: QPainter, shares: QRectF, bars: QRectF, data: TimelineData) -> None:
        x = self.x_of(self._hover)
        painter.setPen(QPen(theme.token("accent"), 1))
        painter.drawLine(QPointF(x, shares.top()), QPointF(x, bars.bottom()))
        words = hover_words(data, self._hover)
        wide = paint.width(words, "caption") + 14
        left = min(max(x - wide / 2, 2), self.width() - wide - 2)
        box = QRectF(left, shares.top() + 4, wide, 20)
        paint.plate(painter, box, theme.token("plate"), tokens.RADIUS)
        paint.text(painter, box, words, "caption", "plate_text", paint.CENTRE)

    # Hands

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._data is not None:
            self._hover = self.time_at(event.position().x())
            self.update()

    def leaveEvent(self, event: Any) -> None:
        self._hover = -1.0
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        data = self._data
        if data is None or event.button() != Qt.MouseButton.LeftButton:
            return
        at = self.time_at(event.position().x())
        near = 6 / max(self.areas()[0].width(), 1) * data.span[1]
        for place, one in enumerate(data.episodes):
            if one.start - near <= at <= one.stop + near:
                self.episode_asked.emit(place)
                return
        self.time_asked.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        data = self._data
        if step is None or data is None or not data.episodes:
            super().keyPressEvent(event)
            return
        self.episode_asked.emit(min(max(self._chosen + step, 0), len(data.episodes) - 1))


def stacked(data: TimelineData, wide: int, high: int) -> QImage:
    """The shares as a picture: the target on top, the last class below all; a column is the mean of its windows."""
    columns = shares_by_column(data, wide)
    order = stacking(len(data.titles), data.target)
    ground = _rgb(theme.token("well"))
    canvas = np.empty((high, wide, 4), np.uint8)
    canvas[:] = ground
    rows = (np.arange(high)[::-1, None] + 0.5) / high
    below = np.zeros(wide)
    for place in order:
        above = below + columns[:, place]
        with np.errstate(invalid="ignore"):
            inside = (rows >= below) & (rows < above)
        canvas[inside] = _rgb(fill_of(data, place))
        below = above
    return QImage(canvas.data, wide, high, 4 * wide, QImage.Format.Format_ARGB32).copy()


def fill_of(data: TimelineData, place: int) -> QColor:
    """The colour of a class here."""
    return theme.token("track") if place == data.rest else theme.class_colour(data.colours[place]).fill


def stacking(count: int, target: int) -> list[int]:
    """The classes from below: the last one first, the target last."""
    order = [place for place in range(count)[::-1] if place != target]
    return [*order, target] if 0 <= target < count else order


def shares_by_column(data: TimelineData, wide: int) -> Floats:
    """The mean shares of the windows in each column of pixels, (wide, k); NaN where there is none."""
    low, high = data.span
    edges = low + (high - low) * np.arange(wide + 1) / wide
    first = np.searchsorted(data.stops, edges[:-1], "right")
    last = np.maximum(np.searchsorted(data.starts, edges[1:], "left"), first)
    values = np.nan_to_num(data.p)
    sums = np.concatenate([np.zeros((1, data.p.shape[1])), np.cumsum(values, 0, np.float64)])
    told = np.concatenate([[0], np.cumsum(np.isfinite(data.p).all(1))])
    count = told[last] - told[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((sums[last] - sums[first]) / np.where(count > 0, count, np.nan)[:, None])


def top_of(minutes: Floats) -> float:
    """The top of the axis of minutes."""
    most = float(minutes.sum(1).max(initial=0.0)) if minutes.size else 0.0
    return next((top for top in (2.0, 4.0, 10.0, 20.0, 30.0) if most <= top), 60.0)


def hour_ticks(data: TimelineData, most: int) -> list[float]:
    """Round times, at most so many."""
    low, high = data.span
    span = high - low
    step = next((one for one in STEPS if span / one <= max(most, 2)), 86400)
    offset = data.offset or 0.0
    first = -((-(low + offset)) // step) * step - offset
    return [float(one) for one in np.arange(first, high + 1e-6, step)]


def runs_of(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last place of each stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.view(np.int8), [0]))))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def hover_words(data: TimelineData, seconds: float) -> str:
    """The time, and the class that is likeliest there."""
    at = clock_words(seconds, data.offset, exact=True)
    place = int(np.searchsorted(data.stops, seconds, "right"))
    inside = place < len(data.starts) and data.starts[place] <= seconds
    if not inside or not np.isfinite(data.p[place]).all():
        return at
    best = int(data.p[place].argmax())
    return f"{at}  {data.titles[best]} {numbers.p(float(data.p[place, best]))}"


def _rgb(colour: QColor) -> tuple[int, int, int, int]:
    return colour.blue(), colour.green(), colour.red(), 255
