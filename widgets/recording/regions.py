"""Annotations over the rows: many thousand of them found by time, drawn as spans with their words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.region import Region
from widgets import paint, theme
from widgets.recording.rows import Lanes
from widgets.traces.marks import MOST_TEXTS
from widgets.traces.plot import SPAN_Z, Plot

Index = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
RegionMark = tuple[float, float, int]
#: More of them on one page are drawn as columns of pixels, without edges and words.
_SINGLE = 150
#: No annotation, not even one without a class (−1).
NOTHING = -2
#: Of a column a moment takes so much.
_SLIVER = 0.02
#: How strong the colour of a class is in an annotation, and in the line above it.
_BODY, _HEAD = 0.13, 0.9
#: A moment is drawn so many pixels wide.
_LEAST = 2.0


class RegionTable:
    """Annotations in order of time, so that a page finds its own in a few steps."""

    def __init__(
        self, regions: Sequence[Region], colours: Mapping[str, int], titles: Mapping[str, str] | None = None
    ) -> None:
        self.regions = tuple(sorted(regions, key=lambda one: (one.start, one.stop)))
        self.starts = np.array([one.start for one in self.regions], np.float64)
        self.stops = np.array([one.stop for one in self.regions], np.float64)
        self.colours = np.array([colours.get(one.text, -1) for one in self.regions], np.int64)
        self._titles = titles or {}
        self._reach = np.maximum.accumulate(self.stops) if self.regions else self.stops
        self._places = {one.name: place for place, one in enumerate(self.regions)}

    def __len__(self) -> int:
        return len(self.regions)

    def visible(self, left: float, right: float) -> Index:
        """Numbers of those that touch [left, right]."""
        first = int(np.searchsorted(self._reach, left))
        last = int(np.searchsorted(self.starts, right, side="right"))
        inside = np.arange(first, last, dtype=np.int64)
        return inside[self.stops[inside] >= left]

    def outside(self, bounds: tuple[float, float]) -> npt.NDArray[np.bool_]:
        """Which of them have nothing between these times: they are on no page."""
        low, high = bounds
        return np.asarray((self.starts > high) | (self.stops < low))

    def words(self, region: Region) -> str:
        """What stands on an annotation."""
        return self._titles.get(region.text, region.text)

    def named(self, name: str) -> Region | None:
        """The one of this name."""
        place = self.place(name)
        return self.regions[place] if place >= 0 else None

    def place(self, name: str) -> int:
        """The number of the one of this name, −1 for none."""
        return self._places.get(name, -1)

    def marks(self) -> list[RegionMark]:
        """Start, stop and colour index of all."""
        return list(zip(self.starts.tolist(), self.stops.tolist(), self.colours.tolist(), strict=True))


def main_classes(
    starts: Floats, stops: Floats, colours: Index, span: tuple[float, float], columns: int
) -> npt.NDArray[np.int64]:
    """The colour index that takes most of each column of a span, (columns,); NOTHING where no annotation is."""
    low, high = span
    scale = columns / max(high - low, 1e-9)
    first = np.clip((starts - low) * scale, 0, columns - _SLIVER)
    last = np.clip(np.maximum((stops - low) * scale, first + _SLIVER), 0, columns)
    out, most = np.full(columns, NOTHING, np.int64), np.zeros(columns)
    for index in _kinds(colours):
        some = colours == index
        taken = np.diff(_passed(first[some], columns) - _passed(last[some], columns))
        more = taken > most + 1e-9
        out[more], most[more] = index, taken[more]
    return out


def _kinds(colours: Index) -> list[int]:
    """The colour indices that occur, −1 among them, in order: they are few, and need no sorting."""
    found: list[int] = (np.flatnonzero(np.bincount(colours + 1)) - 1).tolist()
    return found


def _passed(at: Floats, columns: int) -> Floats:
    """How far each edge of a column lies beyond all of these places, summed up, (columns + 1,)."""
    edges, ordered = np.arange(columns + 1, dtype=np.float64), np.sort(at)
    count = np.searchsorted(ordered, edges)
    return np.asarray(count * edges - np.concatenate([[0.0], np.cumsum(ordered)])[count])


def tint(index: int, part: float) -> QColor:
    """The colour of a class mixed into the well; grey without one."""
    return theme.mix(theme.class_colour(index).fill if index >= 0 else theme.token("bar"), theme.token("well"), part)


def _tiled(colours: npt.NDArray[np.uint32]) -> QImage:
    rows = np.ascontiguousarray(np.broadcast_to(colours, (8, len(colours))))
    return QImage(rows.data, len(colours), 8, 4 * len(colours), QImage.Format.Format_RGB32).copy()


class RegionItem(pg.GraphicsObject):
    """Draws the annotations behind the rows.

    lanes: of the rows, for those of single channels. ground: the colours of so many columns of the page without them.
    """

    def __init__(
        self,
        plot: Plot,
        table: Callable[[], RegionTable],
        lanes: Callable[[], Lanes | None],
        ground: Callable[[int], npt.NDArray[np.uint32]],
    ) -> None:
        super().__init__()
        self._plot, self._table, self._lanes, self._ground = plot, table, lanes, ground
        self.setParentItem(plot.plotItem)
        self.setZValue(SPAN_Z)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Few one by one, many as columns of pixels."""
        table, (left, right) = self._table(), self._plot.x_range()
        found = table.visible(left, right)
        if len(found) > _SINGLE:
            self._draw_columns(painter, table, found)
            return
        area = self._plot.area()
        for low, high, index in self._runs(table, found):
            painter.fillRect(QRectF(low, area.top(), high - low, area.height()), tint(index, _BODY))
            painter.fillRect(QRectF(low, area.top(), high - low, 3), tint(index, _HEAD))
        for number in found.tolist():
            if table.regions[number].channels:
                index = int(table.colours[number])
                for place in self.places(table.regions[number]):
                    painter.fillRect(place, tint(index, _BODY))
                    painter.fillRect(QRectF(place.left(), place.top(), place.width(), 3), tint(index, _HEAD))

    def _runs(self, table: RegionTable, found: Index) -> list[tuple[float, float, int]]:
        """Where annotations of all channels are seen, the later over the earlier: left, right, colour index.

        Each pixel once: many that lie over each other would cost a frame.
        """
        area, (left, right) = self._plot.area(), self._plot.x_range()
        row = np.full(max(round(area.width()), 1), NOTHING, np.int64)
        whole = np.array([number for number in found.tolist() if not table.regions[number].channels], np.int64)
        scale = area.width() / (right - left)
        begins = np.clip((table.starts[whole] - left) * scale, 0, len(row) - _LEAST)
        ends = np.clip(np.maximum((table.stops[whole] - left) * scale, begins + _LEAST), 0, len(row))
        for number, low, high in zip(whole, np.rint(begins).astype(int), np.rint(ends).astype(int), strict=True):
            row[low:high] = table.colours[number]
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
        runs = [(area.left() + low, area.left() + high, int(row[low])) for low, high in itertools.pairwise(edges)]
        return [run for run in runs if run[2] != NOTHING]

    def _draw_columns(self, painter: QPainter, table: RegionTable, found: Index) -> None:
        """One picture of a few rows, repeated downwards and opaque: blending all of the page would cost a frame."""
        area, (left, right) = self._plot.area(), self._plot.x_range()
        columns = round(area.width())
        body = self._ground(columns)
        head = body.copy()
        classes = main_classes(table.starts[found], table.stops[found], table.colours[found], (left, right), columns)
        for index in _kinds(classes[classes > NOTHING]):
            on = classes == index
            body[on], head[on] = tint(index, _BODY).rgba(), tint(index, _HEAD).rgba()
        painter.save()
        painter.setBrushOrigin(area.topLeft())
        painter.fillRect(area, QBrush(_tiled(body)))
        painter.fillRect(QRectF(area.left(), area.top(), area.width(), 3), QBrush(_tiled(head)))
        painter.restore()

    def place(self, region: Region) -> QRectF:
        """Where an annotation is drawn: from its first row to its last, or over all."""
        found = self.places(region)
        return QRectF(found[0].topLeft(), found[-1].bottomRight())

    def edges(self, region: Region) -> tuple[float, float]:
        """Where it begins and ends, beyond the page too."""
        area, (left, right) = self._plot.area(), self._plot.x_range()
        scale = area.width() / (right - left)
        return area.left() + (region.start - left) * scale, area.left() + (region.stop - left) * scale

    def places(self, region: Region) -> list[QRectF]:
        """The same without the rows between that are none of its own."""
        area, (low, high) = self._plot.area(), self.edges(region)
        high = max(high, low + _LEAST)
        # A moment at the very end of the page stands before it.
        low = min(low, area.right() - _LEAST) if low <= area.right() else low
        low, high = max(low, area.left()), min(high, area.right())
        wide = max(high - low, 0.0)
        lanes = self._lanes()
        rows = rows_of(lanes, region) if lanes is not None and region.channels else []
        if lanes is None or not rows:
            return [QRectF(low, area.top(), wide, area.height())]
        runs = np.split(np.array(rows), np.flatnonzero(np.diff(rows) > 1) + 1)
        tops = [area.top() - lanes.middles[run[0]] - lanes.tall / 2 for run in runs]
        feet = [area.top() - lanes.middles[run[-1]] + lanes.tall / 2 for run in runs]
        return [QRectF(low, top, wide, foot - top) for top, foot in zip(tops, feet, strict=True)]


def rows_of(lanes: Lanes, region: Region) -> list[int]:
    """Rows that are made of nothing but the annotation's channels; where none is, those that any of them is part of."""
    channels = set(region.channels)
    inside = [row for row, names in enumerate(lanes.shown.made_of) if set(names) <= channels]
    return inside or [row for row, names in enumerate(lanes.shown.made_of) if set(names) & channels]


class RegionFront(pg.GraphicsObject):
    """Over the rows: the words of the annotations, the chosen one framed, the one that is drawn just now."""

    def __init__(self, plot: Plot, table: Callable[[], RegionTable], ground: RegionItem) -> None:
        super().__init__()
        self._plot, self._table, self._ground = plot, table, ground
        self.chosen = ""
        self.held: Region | None = None
        self.setParentItem(plot.plotItem)
        self.setZValue(22)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Words where there is room for all, then the frames."""
        table, (left, right) = self._table(), self._plot.x_range()
        found = table.visible(left, right)
        if len(found) <= MOST_TEXTS:
            taken: list[QRectF] = []
            for number in found.tolist():
                region = table.regions[number]
                place = self._ground.place(region)
                if region.text:
                    corner = QPointF(place.left() + 2, place.top() + 5)
                    self._write(painter, corner, table.words(region), taken)
        frame = self.held or table.named(self.chosen)
        if frame is not None and frame.start <= right and frame.stop >= left:
            self._draw_frame(painter, self._ground.place(frame), self._ground.edges(frame))

    def _write(self, painter: QPainter, corner: QPointF, words: str, taken: list[QRectF]) -> None:
        """Words on a plain plate (a rounded one costs a tenth of the page), off the others."""
        area = self._plot.area()
        place = QRectF(corner.x(), corner.y(), min(paint.width(words, "caption_strong") + 8, area.width() / 3), 18)
        place.moveLeft(min(place.left(), area.right() - place.width()))
        if any(place.intersects(other) for other in taken):
            return
        taken.append(place)
        painter.fillRect(place, theme.faded("well", 0.9))
        paint.text(painter, place.adjusted(4, 0, 0, 0), words, "caption_strong", "text")

    def _draw_frame(self, painter: QPainter, place: QRectF, edges: tuple[float, float]) -> None:
        accent = theme.token("accent")
        painter.fillRect(place, theme.faded("accent", 0.10))
        painter.setPen(QPen(accent, 1.5))
        painter.setBrush(QBrush())
        painter.drawRect(place.adjusted(0.5, 1, -0.5, -1))
        for x in edges:
            if place.left() - 1 <= x <= place.right() + 1:
                paint.plate(painter, QRectF(x - 3, place.center().y() - 11, 6, 22), accent)
