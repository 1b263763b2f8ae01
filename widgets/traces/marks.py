"""Marks on a trace: many thousand moments and spans, found by binary search and merged by pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.payload import Mark
from widgets import paint, theme
from widgets.traces.plot import SPAN_Z, Plot

Floats = npt.NDArray[np.floating[Any]]
Index = npt.NDArray[np.int64]
#: More visible texts than this are not written; their signs stay.
MOST_TEXTS = 24


class MarkTable:
    """Marks in order of time, so that a page asks for its own in a few steps."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        moments = sorted((mark for mark in marks if mark.end is None), key=lambda mark: mark.at)
        spans = sorted((mark for mark in marks if mark.end is not None), key=lambda mark: mark.at)
        self.at = np.array([mark.at for mark in moments], np.float64)
        self.texts = [mark.text for mark in moments]
        self.starts = np.array([mark.at for mark in spans], np.float64)
        self.ends = np.array([mark.end for mark in spans], np.float64)
        self.span_texts = [mark.text for mark in spans]
        self._reach = np.maximum.accumulate(self.ends) if spans else self.ends

    def __len__(self) -> int:
        return len(self.at) + len(self.starts)

    def moments(self, left: float, right: float) -> Index:
        """Numbers of the moments inside [left, right]."""
        return np.arange(*np.searchsorted(self.at, (left, right + 1e-12)), dtype=np.int64)

    def spans(self, left: float, right: float) -> Index:
        """Numbers of the spans that touch [left, right]."""
        first = int(np.searchsorted(self._reach, left))
        last = int(np.searchsorted(self.starts, right, side="right"))
        inside = np.arange(first, last, dtype=np.int64)
        return inside[self.ends[inside] >= left]


def covered(starts: Floats, ends: Floats, columns: int) -> npt.NDArray[np.bool_]:
    """Which pixel columns the intervals touch, (columns,); each interval at least one."""
    steps = np.zeros(columns + 2, np.int32)
    first = np.clip(np.floor(starts), 0, columns).astype(np.int64)
    last = np.clip(np.maximum(np.ceil(ends), np.floor(starts) + 1), 0, columns).astype(np.int64)
    np.add.at(steps, first, np.int32(1))
    np.add.at(steps, last, np.int32(-1))
    return np.asarray(np.cumsum(steps)[:columns] > 0)


def row_image(on: npt.NDArray[np.bool_], colour: QColor, other: QColor, height: int) -> QImage:
    """Columns in one of two colours as a picture `height` pixels tall.

    Thousands of marks cost one picture: a Qt object each would wake the garbage collector.
    """
    tone, ground = (np.uint32(qt.rgba() if qt.alpha() else 0) for qt in (colour, other))
    rows = np.ascontiguousarray(np.broadcast_to(np.where(on, tone, ground), (height, len(on))), np.uint32)
    image = QImage(rows.data, len(on), height, 4 * len(on), QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()


class SpanItem(pg.GraphicsObject):
    """The spans, tinted behind the data."""

    def __init__(self, plot: Plot, table: Callable[[], MarkTable]) -> None:
        super().__init__()
        self._plot, self._table = plot, table
        self.setParentItem(plot.plotItem)
        self.setZValue(SPAN_Z)  # opaque, under the grid: blending thousands of them would cost a frame

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Tint each column of pixels once, however many spans lie in it."""
        table, area, (left, right) = self._table(), self._plot.area(), self._plot.x_range()
        found = table.spans(left, right)
        if not len(found):
            return
        columns = round(area.width())
        scale = columns / (right - left)
        on = covered((table.starts[found] - left) * scale, (table.ends[found] - left) * scale, columns)
        warn, well = theme.token("warn"), theme.token("well")
        painter.save()
        painter.setBrushOrigin(area.topLeft())
        painter.fillRect(area, QBrush(row_image(on, theme.mix(warn, well, 0.12), well, 8)))
        painter.fillRect(
            QRectF(area.topLeft(), QSizeF(area.width(), 3)), QBrush(row_image(on, theme.mix(warn, well, 0.55), well, 8))
        )
        painter.restore()


class MarkItem(pg.GraphicsObject):
    """The moments: a ▼ with its words on the trace, or ticks at the foot where they have none."""

    def __init__(self, plot: Plot, table: Callable[[], MarkTable], height: Callable[[float], float]) -> None:
        super().__init__()
        self._plot, self._table, self._height = plot, table, height
        self.setParentItem(plot.plotItem)
        self.setZValue(20)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the visible ones, one a pixel at most."""
        table, (left, right) = self._table(), self._plot.x_range()
        found = table.moments(left, right)
        spans = table.spans(left, right) if len(table.starts) else found[:0]
        if not len(found) and not len(spans):
            return
        area = self._plot.area()
        across = area.left() + (table.at[found] - left) * (area.width() / (right - left))
        texts = [table.texts[number] for number in found[: MOST_TEXTS + 1]]
        if len(found) <= MOST_TEXTS and any(texts):
            self._draw_signs(painter, area, table.at[found], across, texts)
        else:
            self._draw_ticks(painter, area, across)
        if len(spans) <= MOST_TEXTS:
            self._draw_span_texts(painter, area, table, spans)

    def _draw_ticks(self, painter: QPainter, area: QRectF, across: Floats) -> None:
        columns = round(area.width())
        on = np.zeros(columns, bool)
        on[np.clip(np.floor(across - area.left()).astype(np.int64), 0, columns - 1)] = True
        image = row_image(on, theme.token("text2"), QColor(0, 0, 0, 0), 8)
        painter.drawImage(QPointF(area.left(), area.bottom() - 10), image)

    def _draw_signs(self, painter: QPainter, area: QRectF, at: Floats, across: Floats, texts: Sequence[str]) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        taken: list[QRectF] = []
        for moment, x, words in zip(at, across, texts, strict=True):
            y = self._plot.to_pixel(float(moment), self._height(float(moment))).y()
            y = min(max(y, area.top() + 12), area.bottom() - 2)
            sign(painter, QPointF(float(x), y), theme.token("text"))
            if words:
                label(painter, area, QPointF(float(x) + 10, y - 24), words, taken)

    def _draw_span_texts(self, painter: QPainter, area: QRectF, table: MarkTable, found: Index) -> None:
        left, right = self._plot.x_range()
        taken: list[QRectF] = []
        for number in found:
            x = area.left() + max((table.starts[number] - left) * (area.width() / (right - left)), 0)
            if table.span_texts[number]:
                label(painter, area, QPointF(float(x) + 2, area.top() + 5), table.span_texts[number], taken)


def sign(painter: QPainter, tip: QPointF, colour: QColor) -> None:
    """A ▼ that points at `tip`."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([tip, tip + QPointF(-5, -8), tip + QPointF(5, -8)]))


def label(painter: QPainter, area: QRectF, corner: QPointF, words: str, taken: list[QRectF]) -> None:
    """Words on a plate of the well, kept inside the area and off the other plates."""
    rect = QRectF(corner.x(), corner.y(), paint.width(words, "caption_strong") + 8, 18)
    rect.moveLeft(min(rect.left(), area.right() - rect.width()))
    rect.moveTop(max(rect.top(), area.top()))
    if any(rect.intersects(other) for other in taken):
        return
    taken.append(rect)
    paint.plate(painter, rect, theme.faded("well", 0.9))
    paint.text(painter, rect.adjusted(4, 0, 0, 0), words, "caption_strong", "text")
