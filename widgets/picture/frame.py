"""The picture as it is painted: tiles and boxes in a frame that is moved along, mended in parts, seldom drawn anew."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QPixmap

from widgets import theme
from widgets.picture.boxes import Boxes
from widgets.picture.tiles import SIDE, Place, Tiles, part_of
from widgets.picture.view import View

#: How long mending may take in one painting; what is left follows in the next.
BUDGET = 0.006
#: Enlarged more than so, single pixels are seen as squares.
_SQUARES = 6.0
#: Tiles are enlarged by at most so much, and made smaller as much: larger than that they would look soft.
_SOFT = 1.42


class Frame:
    """Holds what was painted of one view. In a hurry tiles are drawn coarsely; `refine` has them drawn well."""

    def __init__(self, tiles: Tiles) -> None:
        self.tiles, self.boxes = tiles, Boxes()
        self.pixmap = QPixmap()
        self._view: View | None = None
        self._ratio = 1.0
        self._worn = True
        self._mending: dict[tuple[int, int], QRect] = {}

    def spoil(self) -> None:
        """All of it has to be drawn anew."""
        self._worn = True

    def refine(self) -> None:
        """Draw what was drawn coarsely once more, tile by tile."""
        if self._view is not None:
            self._mending = {(p.column, p.row): self._rect(self._view, p) for p in self.wanted(self._view)}

    def tell(self, place: Place) -> None:
        """A tile came: where it is seen has to be drawn anew."""
        if self._view is not None and place.level == self.level(self._view):
            self._mending[(place.column, place.row)] = self._rect(self._view, place)

    @property
    def unfinished(self) -> bool:
        """Whether something is left to mend."""
        return bool(self._mending)

    # -- tiles of a view

    def level(self, view: View) -> int:
        """The level whose tiles have about the pixels of the screen."""
        return min(max(math.ceil(-math.log2(view.scale * _SOFT) + 1e-9), 0), self.tiles.top)

    def wanted(self, view: View) -> list[Place]:
        """The tiles that are seen, those in the middle first; none where the overview is as fine."""
        level = self.level(view)
        if level >= self.tiles.top:
            return []
        side = SIDE << level
        left, top, right, bottom = view.seen()
        columns = range(int(left // side), max(math.ceil(right / side), 0))
        rows = range(int(top // side), max(math.ceil(bottom / side), 0))
        middle = (left + right) / 2 / side - 0.5, (top + bottom) / 2 / side - 0.5
        places = [Place(level, column, row) for row in rows for column in columns]
        return sorted(places, key=lambda p: abs(p.column - middle[0]) + abs(p.row - middle[1]))

    def _rect(self, view: View, place: Place) -> QRect:
        return view.whole(place.box(view.across, view.down))

    # -- painting

    def paint(self, view: View, ratio: float) -> QPixmap:
        """The picture of a view; when only the place changed, what was there is moved."""
        before, self._view = self._view, view
        size_kept = before is not None and self.pixmap.width() == view.width and self.pixmap.height() == view.height
        if self._worn or before is None or not size_kept or before.scale != view.scale or ratio != self._ratio:
            self._ratio = ratio
            self._draw_all(view, coarse=not self._worn and size_kept)
            return self.pixmap
        right, down = before.left - view.left, before.top - view.top
        if right or down:
            self.pixmap.scroll(right, down, self.pixmap.rect())
            self._mending = {key: rect.translated(right, down) for key, rect in self._mending.items()}
            for rect in exposed(self.pixmap.rect(), right, down):
                self._draw_part(view, rect)
        self._mend(view)
        return self.pixmap

    def _draw_all(self, view: View, coarse: bool) -> None:
        if self.pixmap.width() != view.width or self.pixmap.height() != view.height:
            self.pixmap = QPixmap(view.width, view.height)
        self._worn = False
        self._mending = {}
        self._draw_part(view, self.pixmap.rect(), coarse)

    def _mend(self, view: View) -> None:
        until = time.perf_counter() + BUDGET
        while self._mending and time.perf_counter() < until:
            key = next(iter(self._mending))
            rect = self._mending.pop(key) & self.pixmap.rect()
            if not rect.isEmpty():
                self._draw_part(view, rect)

    def _draw_part(self, view: View, rect: QRect, coarse: bool = False) -> None:
        painter = QPainter(self.pixmap)
        painter.setClipRect(rect)
        painter.fillRect(rect, theme.token("well"))
        level = self.level(view)
        smooth = not coarse and view.scale * (1 << level) < _SQUARES
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        places = self.wanted(view)
        if not places:
            self._draw_overview(painter, view, view.whole((0, 0, view.across, view.down)))
        for place in places:
            target = self._rect(view, place)
            if target.intersects(rect):
                self._draw_tile(painter, view, place, target)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        self.boxes.draw(painter, view, rect, self._ratio, self.tiles.bright)
        painter.end()

    def _draw_tile(self, painter: QPainter, view: View, place: Place, target: QRect) -> None:
        """The tile, or the next coarser one that is there and the finer ones over it."""
        tile = self.tiles.get(place)
        if tile is not None:
            painter.drawImage(target, tile.image)
            return
        if not self._draw_coarser(painter, place, target):
            self._draw_overview(painter, view, target)
        if place.level:
            for child in _children(place):
                finer = self.tiles.get(child)
                if finer is not None:
                    painter.drawImage(self._rect(view, child), finer.image)

    def _draw_coarser(self, painter: QPainter, place: Place, target: QRect) -> bool:
        for level in range(place.level + 1, self.tiles.top):
            steps = level - place.level
            above = Place(level, place.column >> steps, place.row >> steps)
            tile = self.tiles.get(above)
            if tile is not None:
                painter.drawImage(target, tile.image, part_of(place, above) & tile.image.rect())
                return True
        return False

    def _draw_overview(self, painter: QPainter, view: View, target: QRect) -> None:
        """A part of the small copy of the image, a grey ground before it is there."""
        small = self.tiles.overview
        if small is None:
            painter.fillRect(target, theme.token("track"))
            return
        left, top = view.to_image(target.left(), target.top())
        right, bottom = view.to_image(target.right() + 1, target.bottom() + 1)
        scale = small.width() / view.across
        part = QRectF(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale)
        painter.drawImage(QRectF(target), small, part & QRectF(small.rect()))


def exposed(room: QRect, right: int, down: int) -> list[QRect]:
    """The strips of a room that nothing is in after what it held was moved."""
    across, along = QRect(room), QRect(room)
    across.setLeft(room.right() + right + 1) if right < 0 else across.setRight(room.left() + right - 1)
    along.setTop(room.bottom() + down + 1) if down < 0 else along.setBottom(room.top() + down - 1)
    return [strip & room for strip in (across, along) if not (strip & room).isEmpty()]


def _children(place: Place) -> list[Place]:
    level, column, row = place.level - 1, 2 * place.column, 2 * place.row
    return [Place(level, column + right, row + down) for down in (0, 1) for right in (0, 1)]
