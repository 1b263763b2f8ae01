"""The plot that traces stand in: pyqtgraph's view with our own grid, labels and hands."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QSizePolicy, QStyleOptionGraphicsItem, QWidget

from widgets import paint, theme
from widgets.numbers import minus

Span = tuple[float, float]
#: pyqtgraph puts its view at −100: the grid stands under it, spans under the grid.
GRID_Z, SPAN_Z = -1000, -2000
#: Lines between the labels are at least so many pixels apart.
_FINEST = 12
_CLOCK = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def nice_step(span: float, most: float) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ that divides `span` into at most `most` parts."""
    raw = span / max(most, 1)
    power = 10.0 ** np.floor(np.log10(raw)) if raw > 0 else 1.0
    return float(next((power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999999), power * 10))


def clock_step(span: float, most: float) -> float:
    """The like in seconds, minutes and hours."""
    raw = span / max(most, 1)
    return nice_step(span, most) if raw < 1 else float(_CLOCK[min(bisect.bisect_left(_CLOCK, raw), len(_CLOCK) - 1)])


def ticks(low: float, high: float, step: float) -> list[float]:
    """Multiples of the step inside [low, high]."""
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [number * step for number in range(first, last + 1)] if last - first < 200 else []


def tick_text(value: float, step: float) -> str:
    """A value with as many decimals as its step needs."""
    decimals = max(int(np.ceil(-np.log10(step) - 1e-9)), 0)
    return minus(f"{value:.{decimals}f}") if abs(value) < 1e6 else minus(f"{value:.4g}")


def clock_text(seconds: float, step: float) -> str:
    """``00:04:37``, with decimals where the step is under a second."""
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    decimals = max(int(np.ceil(-np.log10(step) - 1e-9)), 0)
    # Rounded as a whole: 20.996 is 21.00, and not the 20 s with the .00 of its fraction.
    seconds = round(seconds, decimals) if decimals else seconds
    whole = int(seconds + 1e-9)
    rest = f"{seconds - whole:.{decimals}f}"[1:] if decimals else ""
    return f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{rest}"


class Rim(pg.GraphicsObject):
    """Major grid behind the data, and the labels and the caption of the time axis under it."""

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._plot = plot
        self.caption = ""
        self.unit = ""
        self.clock = False
        #: A line each so many s where there is room for them, 0 for lines at the labels alone.
        self.fine = 0.0
        #: Whether it draws the lines at times; else they are part of something else that stands behind the data.
        self.upright = True
        #: At the right end of the foot so many pixels are something else's; what is left of the data is as well.
        self.kept = 0.0
        self.setZValue(GRID_Z)

    def boundingRect(self) -> QRectF:
        """The data's place and what is below it."""
        area = self._plot.area()
        left = 0 if self.unit else area.left() - 1
        return QRectF(left, 0, self._plot.width() - left, self._plot.height())

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw lines of one device pixel and labels."""
        area, (left, right) = self._plot.area(), self._plot.x_range()
        if area.width() < 20 or area.height() < 20:
            return
        pixel, line = 1 / painter.device().devicePixelRatioF(), theme.token("line")
        for at, _words in self._plot.side.values():
            y = area.top() + (self._plot.y_range()[1] - at) * self._plot.side.per_value()
            painter.fillRect(QRectF(area.left(), _snap(y, pixel), area.width(), pixel), line)
        self._draw_times(painter, area, left, right, pixel)
        if self.unit:
            side = QRectF(0, area.bottom() + 4, area.left() - 6, 16)
            paint.text(painter, side, self.unit, "caption", "text3", paint.RIGHT)
        if self.caption:
            foot = QRectF(area.left(), area.bottom() + 22, area.width(), 16)
            paint.text(painter, foot, self.caption, "caption", "text3", paint.CENTRE)

    def _steps(self) -> tuple[float, float]:
        """From one label to the next, and from one line to the next between them, 0 for none."""
        area, (left, right) = self._plot.area(), self._plot.x_range()
        most = max(area.width() / (120 if self.clock else 110), min(area.width() / 45, 5))
        step = (clock_step if self.clock else nice_step)(right - left, most)
        return step, self.fine if self.fine < step and area.width() / (right - left) * self.fine >= _FINEST else 0.0

    def lines(self, count: int) -> npt.NDArray[np.int64]:
        """Which of so many columns of the data's place have a line."""
        left, right = self._plot.x_range()
        times = [at for step in self._steps() if step > 0 for at in ticks(left, right, step)]
        places = np.floor((np.array(times, np.float64) - left) * (count / (right - left))).astype(np.int64)
        return places[(places >= 0) & (places < count)]

    def _draw_times(self, painter: QPainter, area: QRectF, left: float, right: float, pixel: float) -> None:
        step, fine = self._steps()
        line, across = theme.token("line"), area.width() / (right - left)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.token("text3"))
        if self.upright and fine > 0:
            places = [_snap(area.left() + (at - left) * across, pixel) for at in ticks(left, right, fine)]
            painter.save()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(line)
            painter.drawRects([QRectF(x, area.top(), pixel, area.height()) for x in places])
            painter.restore()
        for at in ticks(left, right, step):
            x = area.left() + (at - left) * across
            if self.upright:
                painter.fillRect(QRectF(_snap(x, pixel), area.top(), pixel, area.height()), line)
            words = clock_text(at, step) if self.clock else tick_text(at, step)
            if self._has_room(x, paint.width(words, "caption") / 2):
                painter.drawText(QRectF(x - 60, area.bottom() + 4, 120, 16), paint.CENTRE, words)

    def _has_room(self, x: float, half: float) -> bool:
        """Whether a label as wide on each side of its middle stands off what is not its own."""
        area = self._plot.area()
        if self.kept:
            return bool(area.left() <= x - half and x + half <= area.right() - self.kept)
        return bool(area.left() + 4 < x < self._plot.width() - half - 1)


class Side(pg.GraphicsObject):
    """Labels left of the data: values, or the names of lanes. Painted anew only when values move."""

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._plot = plot
        self.names: Sequence[tuple[float, str]] = ()
        #: The lane that a person picked, by its name.
        self.picked = ""
        self.setZValue(-90)

    def boundingRect(self) -> QRectF:
        """Left of the data's place."""
        return QRectF(0, 0, self._plot.area().left() - 1, self._plot.height())

    def show_names(self, names: Sequence[tuple[float, str]]) -> None:
        """Heights and names of lanes; the same as before cost nothing."""
        if names != self.names:
            self.names = names
            self.update()

    def pick(self, name: str) -> None:
        """Another lane is picked, "" for none."""
        if name != self.picked:
            self.picked = name
            self.update()

    def per_value(self) -> float:
        """Pixels to a unit of the values."""
        low, high = self._plot.y_range()
        return self._plot.area().height() / (high - low)

    def values(self) -> list[tuple[float, str]]:
        """Height and words of each value's label; none where lanes have names."""
        if self.names:
            return []
        low, high = self._plot.y_range()
        step = nice_step(high - low, max(self._plot.area().height() / 62, 5))  # never zero alone
        return [(at, tick_text(at, step)) for at in ticks(low, high, step)]

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Write the labels, no two over each other."""
        area, high, down, last = self._plot.area(), self._plot.y_range()[1], self.per_value(), -1e9
        if area.height() < 20:
            return
        room, tone = QRectF(0, 0, area.left() - 8, 16), "text2" if self.names else "text3"
        for at, words in self.names or self.values():
            y = area.top() + (high - at) * down
            if area.top() - 4 <= y <= area.bottom() + 4 and abs(y - last) >= 12:
                role, ink = ("caption_strong", "accent_text") if words == self.picked else ("caption", tone)
                paint.text(painter, room.translated(0, y - 8), words, role, ink, paint.RIGHT)
                last = y


def _snap(value: float, pixel: float) -> float:
    return float(np.floor(value / pixel) * pixel)


class Plot(pg.PlotWidget):
    """A pyqtgraph plot without its axes, menus and mouse: ranges change when asked, never by themselves.

    Pan: drag, wheel; zoom: Ctrl+wheel at the pointer, Shift+drag a box; Alt+drag moves up and down.
    `grab(position)` may take a drag for itself (a cursor's handle): it returns a mover or None.
    """

    range_changed = Signal(object)
    clicked = Signal(object)
    moved = Signal(object)
    left_plot = Signal()
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.box: pg.ViewBox = self.plotItem.getViewBox()
        self.plotItem.hideButtons()
        self.plotItem.setMenuEnabled(False)
        for side in ("left", "bottom", "top", "right"):
            self.plotItem.hideAxis(side)
            # Unseen as it is, it would write its label anew with each page.
            self.plotItem.getAxis(side).enableAutoSIPrefix(False)
        # One colour is filled faster than it is copied from a picture, and nothing shines through it.
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.box.setMouseEnabled(False, False)
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0)
        self.bounds: Span = (0.0, 1.0)
        self.shortest = 0.0
        self.vertical = True
        self.grab_at: Callable[[QPointF], Callable[[QPointF], None] | None] = lambda _position: None
        self._drag: Callable[[QPointF], None] | None = None
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._box_rect: QRectF | None = None
        self.rim = Rim(self)
        self.rim.setParentItem(self.plotItem)
        self.side = Side(self)
        self.side.setParentItem(self.plotItem)
        self._heights: Span = (0.0, 1.0)
        self.set_margins(46, 4, 10, 42)
        self.box.sigRangeChanged.connect(self._tell_range)
        self.setMouseTracking(True)
        self.dress()

    def dress(self) -> None:
        """Take the colours of the theme."""
        self.setBackground(theme.token("well"))
        self.viewport().update()

    def set_margins(self, left: float, top: float, right: float, bottom: float) -> None:
        """Room around the data for labels, in logical pixels."""
        self.plotItem.layout.setContentsMargins(left, top, right, bottom)

    def area(self) -> QRectF:
        """Where the data stand, in the widget's coordinates."""
        # The plot's item stands at the origin of the scene; to map the rectangle takes longer.
        return QRectF(self.box.geometry())

    def x_range(self) -> Span:
        """Visible times."""
        low, high = self.box.viewRange()[0]
        return float(low), float(high)

    def y_range(self) -> Span:
        """Visible values."""
        low, high = self.box.viewRange()[1]
        return float(low), float(high)

    def set_x(self, left: float, right: float) -> None:
        """Show times from left to right, kept inside the bounds and not shorter than `shortest`."""
        low, high = self.bounds
        span = min(max(right - left, self.shortest, 1e-9), high - low)
        middle = (left + right) / 2
        left = min(max(middle - span / 2, low), high - span)
        self.box.setXRange(float(left), float(left + span), padding=0)

    def set_y(self, low: float, high: float) -> None:
        """Show values from low to high."""
        if not np.isfinite([low, high]).all() or high - low <= 0:
            low, high = (low - 0.5, low + 0.5) if np.isfinite(low) else (-1.0, 1.0)
        self.box.setYRange(float(low), float(high), padding=0)

    def pan(self, share: float) -> None:
        """Move by a share of the visible time."""
        left, right = self.x_range()
        by = (right - left) * share
        self.set_x(left + by, right + by) if by else None

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Show `factor` of the visible time around a moment (the middle)."""
        left, right = self.x_range()
        at = (left + right) / 2 if at is None else at
        self.set_x(at - (at - left) * factor, at + (right - at) * factor)

    def zoom_y(self, factor: float) -> None:
        """Show `factor` of the visible values around their middle."""
        low, high = self.y_range()
        middle, half = (low + high) / 2, (high - low) / 2 * factor
        self.set_y(middle - half, middle + half)

    def to_data(self, position: QPointF) -> QPointF:
        """A point of the widget in times and values."""
        return QPointF(self.box.mapSceneToView(position))

    def to_pixel(self, time: float, value: float = 0.0) -> QPointF:
        """Times and values as a point of the widget."""
        return QPointF(self.box.mapViewToScene(QPointF(time, value)))

    def _tell_range(self, *_ignored: Any) -> None:
        self.rim.update()
        if self.y_range() != self._heights:
            self._heights = self.y_range()
            self.side.update()
        self.range_changed.emit(self.x_range())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "side"):
            self.rim.prepareGeometryChange()
            self.side.prepareGeometryChange()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if (owner := self.parentWidget()) is not None:
            owner.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pressed = self._last = event.position()
        self._drag = self.grab_at(event.position()) or self._choose_drag(event.modifiers())

    def _choose_drag(self, keys: Qt.KeyboardModifier) -> Callable[[QPointF], None]:
        if keys & Qt.KeyboardModifier.ShiftModifier:
            return self._stretch_box
        return self._move_up if keys & Qt.KeyboardModifier.AltModifier else self._move_along

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._drag is not None and self._pressed is not None:
            if (event.position() - self._pressed).manhattanLength() > 3 or self._last != self._pressed:
                self._drag(event.position())
                self._last = event.position()
            return
        self.moved.emit(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._pressed is not None and self._last == self._pressed:
            self.clicked.emit(event.position())
        box, self._box_rect = self._box_rect, None
        self._drag = self._pressed = None
        if box is not None:
            self._zoom_to(box)
        self.released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self.left_plot.emit()

    def _move_along(self, position: QPointF) -> None:
        self.pan((self._last.x() - position.x()) / max(self.area().width(), 1))

    def _move_up(self, position: QPointF) -> None:
        low, high = self.y_range()
        by = (position.y() - self._last.y()) / max(self.area().height(), 1) * (high - low)
        self.set_y(low + by, high + by)

    def _stretch_box(self, position: QPointF) -> None:
        if self._pressed is not None:
            self._box_rect = QRectF(self._pressed, position).normalized() & self.area()
            self.viewport().update()

    def _zoom_to(self, box: QRectF) -> None:
        self.viewport().update()
        if box.width() < 4:
            return
        first, last = self.to_data(box.topLeft()), self.to_data(box.bottomRight())
        self.set_x(first.x(), last.x())
        if self.vertical and box.height() > 12:
            self.set_y(last.y(), first.y())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turn = event.angleDelta()
        amount = (turn.y() if abs(turn.y()) >= abs(turn.x()) else turn.x()) / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(0.8**amount, self.to_data(event.position()).x())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.zoom_y(0.8**amount)
        else:
            self.pan(-0.1 * amount)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        if self._box_rect is not None:
            painter.setPen(QPen(theme.token("accent"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(theme.faded("accent", 0.08))
            painter.drawRect(self._box_rect)
