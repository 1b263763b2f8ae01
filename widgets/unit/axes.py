"""The frame that each pane draws its data in: area, grid, ticks and titles with their units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme
from widgets.parts import Button
from widgets.traces.plot import nice_step, tick_text, ticks

Floats = npt.NDArray[np.floating[Any]]
Ticks = Sequence[tuple[float, str]]
#: How high over the data the line of the title begins.
TITLE = 19


@dataclass(frozen=True)
class Axes:
    """Data from (left, low) to (right, high) in an area of a widget; y goes up."""

    area: QRectF
    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        """Where a value of the level axis stands, in pixels."""
        return self.area.left() + (value - self.left) * self.across

    def y(self, value: float) -> float:
        """Where a value of the upright axis stands, in pixels."""
        return self.area.bottom() - (value - self.low) * self.up

    @property
    def across(self) -> float:
        """Pixels for one unit of the level axis."""
        return self.area.width() / ((self.right - self.left) or 1.0)

    @property
    def up(self) -> float:
        """Pixels for one unit of the upright axis."""
        return self.area.height() / ((self.high - self.low) or 1.0)

    def title_end(self) -> QPointF:
        """The top right corner of the line over the data, in which the upright axis has its title."""
        return QPointF(self.area.right(), self.area.top() - TITLE)

    def level_ticks(self, room: float = 52) -> list[tuple[float, str]]:
        """Round values along the level axis, one for each `room` pixels at most."""
        return _round(self.left, self.right, max(self.area.width() / room, 2))

    def upright_ticks(self, room: float = 30) -> list[tuple[float, str]]:
        """Round values along the upright axis."""
        return _round(self.low, self.high, max(self.area.height() / room, 1))


def _round(low: float, high: float, most: float) -> list[tuple[float, str]]:
    step = nice_step(high - low, most)
    return [(at, tick_text(at, step)) for at in ticks(low, high, step)]


def draw_grid(painter: QPainter, axes: Axes, level: Ticks, upright: Ticks) -> None:
    """Lines of one pixel behind the data, and the values below and at the left."""
    line, area = theme.token("line"), axes.area
    for at, words in upright:
        y = axes.y(at)
        painter.fillRect(QRectF(area.left(), round(y), area.width(), 1), line)
        if words:
            paint.text(painter, QRectF(0, y - 8, area.left() - 5, 16), words, "caption", "text3", paint.RIGHT)
    last = -1e9
    right = painter.window().width()
    for at, words in level:
        x = axes.x(at)
        painter.fillRect(QRectF(round(x), area.top(), 1, area.height()), line)
        half = paint.width(words, "caption") / 2
        # A word at the very edge moves in; one that would touch the word before it is left out.
        middle = min(max(x, half + 1), right - half - 1)
        if words and middle - half > last + 4:
            box = QRectF(middle - half - 2, area.bottom() + 2, 2 * half + 4, 16)
            paint.text(painter, box, words, "caption", "text3", paint.CENTRE)
            last = middle + half


def draw_titles(painter: QPainter, axes: Axes, level: str = "", upright: str = "") -> None:
    """The titles: of the upright axis over it, of the level axis below its values."""
    area = axes.area
    if upright:
        paint.text(painter, QRectF(8, area.top() - TITLE, area.right() - 8, 16), upright, "caption", "text3")
    if level:
        box = QRectF(area.left(), area.bottom() + 17, area.width(), 16)
        paint.text(painter, box, level, "caption", "text3", paint.CENTRE)


def draw_legend(painter: QPainter, axes: Axes, words: str, least: float = 0) -> None:
    """What is drawn beside the unit itself, at the right of the title; left out below a width."""
    if axes.area.width() > least:
        wide = paint.width(words, "caption")
        box = QRectF(axes.area.right() - wide, axes.area.top() - TITLE, wide + 2, 16)
        paint.text(painter, box, words, "caption", "text3")


def draw_plate(painter: QPainter, corner: QPointF, words: str, tone: str = "text2", right: bool = True) -> QRectF:
    """Words over data on a plate of the ground's colour; `corner` is its top right (or left) one."""
    wide = paint.width(words, "caption") + 8
    box = QRectF(corner.x() - wide if right else corner.x(), corner.y(), wide, 17)
    paint.plate(painter, box, theme.token("well"))
    paint.text(painter, box, words, "caption", tone, paint.CENTRE)
    return box


def draw_dotted_name(painter: QPainter, corner: QPointF, words: str) -> None:
    """What a dotted line is, with a piece of it; `corner` is the top right one."""
    wide = paint.width(words, "caption")
    x = corner.x() - wide
    paint.text(painter, QRectF(x, corner.y(), wide + 2, 16), words, "caption", "text2")
    painter.setPen(QPen(theme.token("text2"), 1.2, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x - 20, corner.y() + 8), QPointF(x - 5, corner.y() + 8))


def fill_outline(painter: QPainter, x: Floats, y: Floats) -> None:
    """Fill an outline (n,) softly; its edges are hard: softening them costs most of the time of a pane."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.faded("bar", 0.35))
    painter.drawPolygon(paint.polygon(x, y))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


class Field(QWidget):
    """The ground of a pane: paints itself whole, says why it is empty, tells what stands under the pointer.

    readout(position): words for a point, "" for none; they stand on a plate beside the pointer.
    compute_asked: what is missing here is to be computed.
    """

    compute_asked = Signal()

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(words)
        self.setMouseTracking(True)
        self.setAutoFillBackground(False)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(60, 48)
        self.empty = ("", "")
        self._offer: Button | None = None
        self.readout: Callable[[QPointF], str] = lambda _position: ""
        #: Draws over the data, as a lasso does.
        self.drawn_over: Callable[[QPainter], None] = lambda _painter: None
        self._pointer: QPointF | None = None

    def sizeHint(self) -> QSize:
        return QSize(240, 180)

    def say_empty(self, title: str, text: str = "", offer: bool = False) -> None:
        """What stands here instead of data; "" for data. offer: it could be computed, which a button asks for."""
        self.empty = (title, text)
        self.setAccessibleDescription(f"{title}. {text}".strip() if title else "")
        if offer and self._offer is None:
            self._offer = Button("Compute missing measures…")
            self._offer.setParent(self)
            self._offer.setObjectName(f"{self.objectName()}_compute")
            self._offer.clicked.connect(self.compute_asked)
        if self._offer is not None:
            self._offer.setVisible(offer)
            self._place_offer()
        self.update()

    def _offered(self) -> bool:
        return self._offer is not None and not self._offer.isHidden()

    def _place_offer(self) -> None:
        """Below the words; where these find no room, below the title alone."""
        if self._offer is None or not self._offered():
            return
        size = self._offer.sizeHint()
        top, tall, said = self._empty_room()
        at = top + 20 + (tall if said else 0) + 8
        self._offer.setGeometry(round((self.width() - size.width()) / 2), round(at), size.width(), size.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_offer()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        if self.empty[0]:
            self._draw_empty(painter)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw(painter)
        self.drawn_over(painter)
        words = self.readout(self._pointer) if self._pointer is not None else ""
        if words and self._pointer is not None:
            self._draw_readout(painter, self._pointer, words)

    def draw(self, painter: QPainter) -> None:
        """Paint the data; for subclasses."""

    def _draw_empty(self, painter: QPainter) -> None:
        title, text = self.empty
        top, tall, said = self._empty_room()
        paint.text(painter, QRectF(12, top, self.width() - 24, 18), title, "strong", "text2", paint.CENTRE)
        if said:
            painter.setFont(theme.font("body"))
            painter.setPen(theme.token("text3"))
            painter.drawText(QRectF(12, top + 20, max(self.width() - 24, 40), tall), paint.WRAPPED, text)

    def _empty_room(self) -> tuple[float, float, bool]:
        """Where the title begins, how high the words below it are, and whether they find room."""
        text = self.empty[1]
        room = QRectF(0, 0, max(self.width() - 24, 40), 400)
        tall = paint.metrics("body").boundingRect(room, paint.WRAPPED, text).height() if text else 0.0
        offer = self._offer.sizeHint().height() + 8 if self._offer is not None and self._offered() else 0
        said = bool(text) and 22 + tall + offer <= self.height()
        top = (self.height() - 20 - (tall if said else 0) - offer) / 2
        return max(top, 2.0), tall, said

    def _draw_readout(self, painter: QPainter, at: QPointF, words: str) -> None:
        wide = paint.width(words, "caption") + 12
        x = min(max(at.x() - wide / 2, 2.0), max(self.width() - wide - 2, 2.0))
        y = at.y() - 28 if at.y() > 34 else at.y() + 18
        paint.plate(painter, QRectF(x, y, wide, 20), theme.token("plate"), 4)
        paint.text(painter, QRectF(x, y, wide, 20), words, "caption", "plate_text", paint.CENTRE)

    def mouseMoveEvent(self, event: object) -> None:
        self._pointer = event.position()  # type: ignore[attr-defined]
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._pointer = None
        self.update()
