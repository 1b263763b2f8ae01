"""Regions of a sound: intervals with a head on the waveform, boxes of time and frequency on the spectrogram."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.region import Region
from models.sonogram import Scale
from widgets import paint, theme
from widgets.recording.region_model import length_words
from widgets.recording.regions import RegionFront, RegionItem, RegionTable
from widgets.traces.plot import Plot

#: More of them on one page have neither heads nor words, and beyond the second number they are columns of colour.
_HEADED, _SINGLE = 60, 150
HEAD = 17.0


def region_colour(index: int) -> QColor:
    """The colour of a class, of what has none the pen of bars."""
    return theme.class_colour(index).fill if index >= 0 else theme.token("bar")


class IntervalItem(RegionItem):
    """Behind the waveform: a tint for each, and its head with name and length."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Few of them one by one, many as columns."""
        table, (left, right) = self._table(), self._plot.x_range()
        found = table.visible(left, right).tolist()
        if len(found) > _SINGLE:
            self.draw_heads(painter)
            return
        for number in found:
            place, colour = self.place(table.regions[number]), region_colour(int(table.colours[number]))
            painter.fillRect(place, theme.mix(colour, theme.token("well"), 0.2))


class IntervalFront(RegionFront):
    """Over the waveform: edges, heads, and the frame of the chosen one."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Heads where there are few."""
        table, (left, right) = self._table(), self._plot.x_range()
        found = table.visible(left, right).tolist()
        if len(found) <= _HEADED:
            later = [*(table.regions[number].start for number in found[1:]), math.inf]
            for number, until in zip(found, later, strict=False):
                self._draw_head(painter, table.regions[number], int(table.colours[number]), table, until)
        frame = self.held or table.named(self.chosen)
        if frame is not None and frame.start <= right and frame.stop >= left:
            self._draw_frame(painter, self._ground.place(frame), self._ground.edges(frame))

    def _draw_head(self, painter: QPainter, region: Region, index: int, table: RegionTable, until: float) -> None:
        """until: when the next one begins, whose head may lie over this one: its words end there."""
        place, colour = self._ground.place(region), region_colour(index)
        for x in self._ground.edges(region):
            if place.left() - 1 <= x <= place.right() + 1:
                painter.fillRect(QRectF(round(x), place.top(), 1, place.height()), colour)
        head = QRectF(place.left(), place.top(), place.width(), HEAD)
        painter.fillRect(head, colour)
        ink = theme.class_colour(index).ink if index >= 0 else theme.token("well")
        name = table.words(region) or "no class"
        if until < region.stop:
            head.setRight(min(head.right(), self._ground.edges(replace(region, start=until))[0]))
        words = paint.folded((name, length_words(region.seconds)), "caption_strong", head.width() - 10, "  ")
        painter.setFont(theme.font("caption_strong"))
        painter.setPen(ink)
        if words and paint.width(words[0], "caption_strong") <= head.width() - 8:
            painter.drawText(head.adjusted(5, 0, -3, 0), paint.LEFT, words[0])


class BoxItem(RegionItem):
    """Over the spectrogram: where each box stands. What is drawn is drawn in front."""

    def __init__(self, plot: Plot, table: Callable[[], RegionTable], scale: Callable[[], Scale]) -> None:
        super().__init__(plot, table, lambda: None)
        self._scale = scale

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Nothing: it stands behind the picture."""

    def places(self, region: Region) -> list[QRectF]:
        """From its lowest frequency to its highest."""
        (found,) = super().places(region)
        area, scale = self._plot.area(), self._scale()
        low = max(scale.share(region.low), 0.0) if region.low is not None else 0.0
        high = min(scale.share(region.high), 1.0) if region.high is not None else 1.0
        foot = max(area.bottom() - area.height() * low, area.top() + 2)
        found.setTop(min(max(area.bottom() - area.height() * high, area.top()), foot - 2))
        found.setBottom(foot)
        return [found]


class BoxFront(RegionFront):
    """Over the spectrogram: the outline of each box, dark around so that it is seen on any colour."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Outlines, then the chosen one."""
        table, (left, right) = self._table(), self._plot.x_range()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for number in table.visible(left, right)[:_SINGLE].tolist():
            place = self._ground.place(table.regions[number])
            painter.setPen(QPen(QColor(0, 0, 0, 150), 4))
            painter.drawRect(place.adjusted(1, 1, -1, -1))
            painter.setPen(QPen(region_colour(int(table.colours[number])), 2))
            painter.drawRect(place.adjusted(1, 1, -1, -1))
        frame = self.held or table.named(self.chosen)
        if frame is not None and frame.start <= right and frame.stop >= left:
            self._draw_frame(painter, self._ground.place(frame), self._ground.edges(frame))
            if frame.banded:
                self._draw_bars(painter, self._ground.place(frame))

    def _draw_bars(self, painter: QPainter, place: QRectF) -> None:
        """Handles of its lowest and highest frequency."""
        accent = theme.token("accent")
        for y in (place.top(), place.bottom()):
            paint.plate(painter, QRectF(place.center().x() - 11, y - 3, 22, 6), accent)
