"""Correlograms of up to four units with each other, as a matrix: each with itself on the diagonal."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from models.correlograms import Histogram
from widgets import numbers, paint, theme
from widgets.unit.axes import Field, draw_plate
from widgets.unit.digest import Digest
from widgets.unit.nearby import Crosses, name_unit
from widgets.unit.tints import tint

Floats = npt.NDArray[np.floating[Any]]
LEFT, TOP, RIGHT, BOTTOM, GAP = 34, 8, 10, 36, 8


class CrossField(Field):
    """A matrix of correlograms. refractory: in s."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit_crosses", "Correlograms of the chosen units", parent)
        self.units: tuple[Digest, ...] = ()
        self.crosses: Crosses = {}
        self.refractory = 0.0015
        self.readout = self._told

    def show_units(self, units: tuple[Digest, ...], crosses: Crosses, refractory: float) -> None:
        """Show units, the shown one first, and how they are correlated."""
        self.units, self.crosses, self.refractory = units, crosses, refractory
        rows = [f"{name_unit(one.unit)} with {name_unit(units[0].unit)}" for one in units[1:]] if units else []
        self.setAccessibleDescription(", ".join(rows))
        self.update()

    def box(self, row: int, column: int) -> QRectF:
        """Where one correlogram stands."""
        many = max(len(self.units), 1)
        wide = (self.width() - LEFT - RIGHT - GAP * (many - 1)) / many
        tall = (self.height() - TOP - BOTTOM - GAP * (many - 1)) / many
        return QRectF(LEFT + column * (wide + GAP), TOP + row * (tall + GAP), max(wide, 8), max(tall, 8))

    def heights(self, row: int, column: int) -> Floats:
        """Spikes/s of the column's unit around a spike of the row's."""
        found = self.crosses[row, column]
        width = float(found.edges[1] - found.edges[0])
        return np.asarray(found.counts / (max(len(self.units[row].stretch), 1) * width), np.float64)

    def draw(self, painter: QPainter) -> None:
        many = len(self.units)
        for row in range(many):
            box = self.box(row, 0)
            words = name_unit(self.units[row].unit)
            name = QRectF(0, box.center().y() - 8, LEFT - 6, 16)
            painter.fillRect(QRectF(LEFT - 5, box.top(), 3, box.height()), tint(row))
            paint.text(painter, name, words, "caption_strong", "text", paint.RIGHT)
            for column in range(many):
                self._draw_cell(painter, row, column)
        if self.crosses and many:
            self._draw_lags(painter)

    def _draw_cell(self, painter: QPainter, row: int, column: int) -> None:
        box, found = self.box(row, column), self.crosses.get((row, column))
        painter.fillRect(box, theme.token("panel"))
        if found is None:
            paint.text(painter, box, "…", "caption", "text3", paint.CENTRE)
            return
        heights = self.heights(row, column)
        top = float(heights.max(initial=0)) or 1.0
        self._draw_pause(painter, box, found)
        edges = box.left() + (found.edges - found.edges[0]) / (found.edges[-1] - found.edges[0]) * box.width()
        colour = tint(row) if row == column else theme.token("bar")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for place in np.flatnonzero(heights > 0).tolist():
            tall = heights[place] / (top * 1.06) * box.height()
            left, right = round(edges[place]), round(edges[place + 1])
            painter.fillRect(QRectF(left, box.bottom() - tall, max(right - left, 1), tall), colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if box.width() > 70 and box.height() > 34:
            draw_plate(painter, QPointF(box.right() - 2, box.top() + 2), reach_words(heights))

    def _draw_pause(self, painter: QPainter, box: QRectF, found: Histogram) -> None:
        """The refractory time on both sides of zero."""
        span = float(found.edges[-1] - found.edges[0])
        half = self.refractory / span * box.width()
        middle = box.left() - float(found.edges[0]) / span * box.width()
        painter.fillRect(QRectF(middle - half, box.top(), 2 * half, box.height()), theme.token("track"))
        painter.setPen(QPen(theme.token("accent"), 1, Qt.PenStyle.DashLine))
        for x in (middle - half, middle + half):
            if box.left() < x < box.right():
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))

    def _draw_lags(self, painter: QPainter) -> None:
        edge = float(next(iter(self.crosses.values())).edges[-1]) * 1000
        for column in range(len(self.units)):
            box = self.box(len(self.units) - 1, column)
            for at, words in ((0.0, f"−{edge:g}"), (0.5, "0"), (1.0, f"{edge:g}")):
                x = min(max(box.left() + at * box.width(), box.left() + 10), box.right() - 8)
                if at == 0.5 or box.width() > 90 or (column == 0 and not at) or (column == len(self.units) - 1 and at):
                    paint.text(
                        painter, QRectF(x - 30, box.bottom() + 2, 60, 15), words, "caption", "text3", paint.CENTRE
                    )
        line = QRectF(LEFT, self.height() - 18, self.width() - LEFT - RIGHT, 16)
        paint.text(painter, line, "Lag, ms", "caption", "text3", paint.CENTRE)

    def _told(self, position: QPointF) -> str:
        for row, column in self.crosses:
            box, found = self.box(row, column), self.crosses[row, column]
            if row < len(self.units) and column < len(self.units) and box.contains(position):
                place = min(int((position.x() - box.left()) / box.width() * len(found.counts)), len(found.counts) - 1)
                low, high = (float(edge) * 1000 for edge in found.edges[place : place + 2])
                pair = f"{name_unit(self.units[column].unit)} around {name_unit(self.units[row].unit)}"
                count = numbers.count(int(found.counts[place]))
                return numbers.minus(f"{pair} · {low:g} to {high:g} ms · {count}")
        return ""


def reach_words(heights: Floats) -> str:
    """What the height of a correlogram stands for."""
    return f"{float(heights.max()):.3g} Hz" if heights.any() else "no pairs"
