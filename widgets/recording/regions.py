"""Annotations over the rows: many thousand of them found by time, drawn as spans with their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from models.region import Region
from widgets import paint, theme
from widgets.recording.rows import Lanes
from widgets.traces.marks import MOST_TEXTS
from widgets.traces.plot import SPAN_Z, Plot
from widgets.traces.raster import VECTOR

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
BODY, _HEAD = 0.13, 0.9
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
        #: Which are of single channels.
        self.narrow = np.array([bool(one.channels) for one in self.regions], bool)
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
    for index, taken in enumerate(_beyond(first, colours, columns) - _beyond(last, colours, columns), -1):
        more = taken > most + 1e-9
        out[more], most[more] = index, taken[more]
    return out


def _beyond(at: Floats, colours: Index, columns: int) -> Floats:
    """How much of each column lies beyond places of each colour from −1 on, summed up, (colours, columns)."""
    place = at.astype(np.int64)
    count, wide = int(colours.max(initial=-1)) + 2, columns + 1
    index = (colours + 1) * wide + place
    # Of its own column a place leaves the rest, of all further ones everything.
    rest = np.bincount(index, place + 1 - at, count * wide).reshape(count, wide)
    passed = np.bincount(index, minlength=count * wide).reshape(count, wide)
    return np.asarray((rest + np.cumsum(passed, axis=1) - passed)[:, :columns])


def kinds(colours: Index) -> list[int]:
    """The colour indices that occur, −1 among them, in order: they are few, and need no sorting."""
    found: list[int] = (np.flatnonzero(np.bincount(colours + 1)) - 1).tolist()
    return found


def tint(index: int, part: float) -> QColor:
    """The colour of a class mixed into the well; grey without one."""
    return theme.mix(theme.class_colour(index).fill if index >= 0 else theme.token("bar"), theme.token("well"), part)


class RegionItem(pg.GraphicsObject):
    """Knows which annotation each column of the page is of, and draws those of single channels.

    lanes: of the rows, for those of single channels.
    """

    def __init__(self, plot: Plot, table: Callable[[], RegionTable], lanes: Callable[[], Lanes | None]) -> None:
        super().__init__()
        self._plot, self._table, self._lanes = plot, table, lanes
        self._known: tuple[object, Index | None] = (None, None)
        self.setParentItem(plot.plotItem)
        self.setZValue(SPAN_Z)

    def boundingRect(self) -> QRectF:
        """The data's place."""
        return self._plot.area()

    def classes(self, columns: int) -> Index | None:
        """The colour index of what is seen in each of so many columns of the page, NOTHING where no annotation is.

        Of few the later lies over the earlier; of many it is what takes most of a column. None where none is seen.
        """
        table, (left, right) = self._table(), self._plot.x_range()
        key = (table, left, right, columns)
        if self._known[0] != key:
            found = table.visible(left, right)
            if not len(found):
                self._known = key, None
            elif len(found) > _SINGLE:
                parts = table.starts[found], table.stops[found], table.colours[found]
                self._known = key, main_classes(*parts, (left, right), columns)
            else:
                self._known = key, self._latest(table, found, columns)
        return self._known[1]

    def _latest(self, table: RegionTable, found: Index, columns: int) -> Index:
        """The colour index of the last of those of all channels in each column."""
        row = np.full(columns, NOTHING, np.int64)
        whole = found[~table.narrow[found]]
        if not len(whole):
            return row
        left, right = self._plot.x_range()
        scale, least = columns / (right - left), _LEAST * columns / max(self._plot.area().width(), 1.0)
        begins = np.clip((table.starts[whole] - left) * scale, 0, columns - least)
        ends = np.clip(np.maximum((table.stops[whole] - left) * scale, begins + least), 0, columns)
        for number, low, high in zip(whole, np.rint(begins).astype(int), np.rint(ends).astype(int), strict=True):
            row[low:high] = table.colours[number]
        return row

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Few of single channels, one by one."""
        table = self._table()
        for number in self.singles():
            self._draw_single(painter, self.places(table.regions[number]), int(table.colours[number]))

    def singles(self) -> list[int]:
        """Numbers of those of single channels on the page; none where there are too many on it."""
        table = self._table()
        if not table.narrow.any():
            return []
        found = table.visible(*self._plot.x_range())
        return found[table.narrow[found]].tolist() if len(found) <= _SINGLE else []

    def _draw_single(self, painter: QPainter, places: Sequence[QRectF], index: int) -> None:
        """One of single channels, under the lines of the time as those of all channels are."""
        left, pixel = self._plot.area().left(), 1 / painter.device().devicePixelRatioF()
        lines = left + self._plot.rim.lines(round(self._plot.area().width() / pixel)) * pixel
        for place in places:
            painter.fillRect(place, tint(index, BODY))
            for x in lines[(lines >= place.left()) & (lines < place.right())].tolist():
                painter.fillRect(QRectF(x, place.top(), pixel, place.height()), theme.token("line"))
            painter.fillRect(QRectF(place.left(), place.top(), place.width(), 3), tint(index, _HEAD))

    def draw_heads(self, painter: QPainter) -> None:
        """The line above each annotation, in the colour of its class."""
        area, ratio = self._plot.area(), painter.device().devicePixelRatioF()
        classes = self.classes(max(round(area.width() * ratio), 1))
        if classes is None:
            return
        row = np.zeros(len(classes), np.uint32)
        for index in kinds(classes[classes > NOTHING]):
            row[classes == index] = tint(index, _HEAD).rgba()
        image = QImage(row.data, len(row), 1, 4 * len(row), QImage.Format.Format_ARGB32_Premultiplied)
        painter.drawImage(QRectF(area.left(), area.top(), area.width(), 3), image)

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
    """Over the rows: heads and words of the annotations, the chosen one framed, the one that is drawn just now."""

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
        """Heads, words where there is room for all, then the frames."""
        table, (left, right) = self._table(), self._plot.x_range()
        if len(table):
            self._ground.draw_heads(painter)
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
        """Words on a plate, off the others."""
        area = self._plot.area()
        place = QRectF(corner.x(), corner.y(), min(paint.width(words, "caption_strong") + 8, area.width() / 3), 18)
        place.moveLeft(min(place.left(), area.right() - place.width()))
        if any(place.intersects(other) for other in taken):
            return
        taken.append(place)
        if painter.paintEngine().type() in VECTOR:
            draw_plate(painter, place, words)
            return
        ratio = painter.device().devicePixelRatioF()
        painter.drawImage(place.topLeft(), plate_picture(words, place.width(), ratio, theme.is_dark()))

    def _draw_frame(self, painter: QPainter, place: QRectF, edges: tuple[float, float]) -> None:
        accent = theme.token("accent")
        painter.fillRect(place, theme.faded("accent", 0.10))
        painter.setPen(QPen(accent, 1.5))
        painter.setBrush(QBrush())
        painter.drawRect(place.adjusted(0.5, 1, -0.5, -1))
        for x in edges:
            if place.left() - 1 <= x <= place.right() + 1:
                paint.plate(painter, QRectF(x - 3, place.center().y() - 11, 6, 22), accent)


def draw_plate(painter: QPainter, place: QRectF, words: str) -> None:
    """Words on a plain plate: a rounded one costs a tenth of the page."""
    painter.fillRect(place, theme.faded("well", 0.9))
    paint.text(painter, place.adjusted(4, 0, 0, 0), words, "caption_strong", "text")


@lru_cache(256)
def plate_picture(words: str, width: float, ratio: float, dark: bool) -> QImage:
    """The same as a picture, which is kept: on most pages the same few words stand again and again.

    dark: of the theme, which its colours are taken from.
    """
    size = QSizeF(width, 18)
    picture = QImage((size * ratio).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(0)
    painter = QPainter(picture)
    draw_plate(painter, QRectF(QPointF(), size), words)
    painter.end()
    return picture
