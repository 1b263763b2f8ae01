"""The scrolled mosaic: paints what is visible of a million thumbnails, takes mouse and keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, cast

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from models.change import Rows
from widgets import theme
from widgets.mosaic.carry import Carry, bin_at
from widgets.mosaic.heading import paint_heading
from widgets.mosaic.layout import HEADING, Group, Layout, Places
from widgets.mosaic.marks import ThumbMark, paint_border, paint_mark, paint_ring
from widgets.mosaic.pictured import PicturedView, Pictures

SMALLEST, LARGEST, DEFAULT = 48, 192, 86


class Thumbs(Pictures, Protocol):
    """What a mosaic reads, for the visible rows at once."""

    def marks(self, rows: Rows) -> Sequence[ThumbMark]:
        """What stands on each."""
        ...


class Mosaic(PicturedView):
    """Grouped thumbnails.

    ``side_asked(px)``: another size was asked for with the wheel. ``dropped(class)``: the selection was dragged
    onto a heading of that class, or onto what is marked as a bin elsewhere.
    """

    side_asked = Signal(int)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.side = DEFAULT
        self._thumbs: Thumbs | None = None
        self._groups: list[Group] = []
        self._closed: set[str] = set()
        self._layout = Layout([], (), 0, self.side)
        self._pressed: QPointF | None = None
        self._frame: QRect | None = None
        self._held = -1
        self._carry: Carry | None = None
        self._names: list[str] = []
        self._titles: list[str] = []
        self._bordered = False
        self._foot = 0
        self.setAccessibleName("Thumbnails")

    # ---- what it shows

    def set_thumbs(self, thumbs: Thumbs) -> None:
        """Read from another provider."""
        self._thumbs = thumbs
        self.forget()

    def set_bins(self, names: Sequence[str], titles: Sequence[str]) -> None:
        """The classes that a heading with a chip stands for, by index."""
        self._names, self._titles = list(names), list(titles)

    def set_bordered(self, on: bool) -> None:
        """Whether each thumbnail has a border in the colour of its label."""
        self._bordered = on
        self.viewport().update()

    def set_groups(self, groups: Sequence[Group]) -> None:
        """Show these groups in order; the current row keeps its place on screen where it can."""
        before = self.rect_of(self.picks.position).top() if self.picks.position >= 0 else None
        self._groups = [group for group in groups if len(group.rows) or group.title]
        self._show_rows()
        if before is not None and self.picks.position >= 0:
            shift = self.rect_of(self.picks.position).top() - before
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + shift)
        self._show_picks()

    def set_headings(self, groups: Sequence[Group]) -> None:
        """The same groups with other words over them: nothing moves."""
        self._groups = [group for group in groups if len(group.rows) or group.title]
        self.viewport().update()

    def toggle_group(self, title: str) -> None:
        """Close or open a group."""
        self._closed ^= {title}
        self._show_rows()
        self._show_picks()

    def _show_rows(self) -> None:
        shown = [group.rows for group in self._groups if group.title not in self._closed]
        rows = np.concatenate(shown) if shown else np.zeros(0, np.int64)
        if len(rows) != len(self.picks) or not np.array_equal(rows, self.picks.rows):
            self.picks.set_rows(rows)
        self._lay_out()
        self._place_empty()

    def set_side(self, side: int) -> None:
        """Thumbnails of this side, 48 to 192 px; the current one stays in view."""
        self.side = max(SMALLEST, min(side, LARGEST))
        self._lay_out()
        self.ensure_visible()
        self.viewport().update()

    def set_foot(self, height: int) -> None:
        """What floats over the lower edge: the last line can be scrolled above it, the current one does not hide."""
        if height != self._foot:
            self._foot = height
            self._lay_out()
            self.ensure_visible()

    # ---- geometry

    def _lay_out(self) -> None:
        self._layout = Layout(self._groups, self._closed, self.viewport().width(), self.side)
        height, bar = self.viewport().height(), self.verticalScrollBar()
        bar.setRange(0, max(self._layout.height + self._foot - height, 0))
        bar.setPageStep(height)
        bar.setEnabled(bar.maximum() > 0)
        bar.setSingleStep(self._layout.step // 2)

    def rect_of(self, position: int) -> QRect:
        """Where a position's thumbnail stands in the viewport."""
        return self._layout.rect(position).translated(0, -self.verticalScrollBar().value())

    def position_at(self, point: QPoint) -> int:
        """The position under a point of the viewport, −1 for none."""
        found = self._places_in(QRect(point, point))
        return int(found[0]) if len(found) and self._heading_at(point) < 0 else -1

    def _places_in(self, area: QRect) -> Places:
        return self._layout.places_in(area.translated(0, self.verticalScrollBar().value()))

    def _heading_at(self, point: QPoint) -> int:
        return next((group for group, box in self._headings() if box.contains(point)), -1)

    def _headings(self) -> Iterator[tuple[int, QRect]]:
        """Groups with a heading on screen and its place; the topmost is pinned to the upper edge."""
        scrolled, view = self.verticalScrollBar().value(), self.viewport()
        for group, top in self._layout.headings(scrolled, scrolled + view.height()):
            yield group, QRect(0, top - scrolled, view.width(), HEADING)

    def ensure_visible(self) -> None:
        """Scroll as little as needed to show the current thumbnail below the pinned heading."""
        if self.picks.position < 0:
            return
        box, bar = self.rect_of(self.picks.position), self.verticalScrollBar()
        over, below = box.top() - HEADING - 4, box.bottom() + 8 + self._foot - self.viewport().height()
        if over < 0:
            bar.setValue(bar.value() + over)
        elif below > 0:
            bar.setValue(bar.value() + below)

    def resizeEvent(self, event: QResizeEvent) -> None:
        keep = self.picks.position
        before = self.rect_of(keep).top() if keep >= 0 else 0
        visible = keep >= 0 and -self.side < before < self.viewport().height()
        self._lay_out()
        self._place_empty()
        if visible:
            self.ensure_visible()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        view = self.viewport()
        if abs(dy) >= view.height():
            view.update()
            return
        view.scroll(0, dy)
        if not any(group.title for group in self._groups[:1]):
            return
        # Pinned headings do not scroll along: paint where they were moved to, and where they belong.
        strip = QRect(0, 0, view.width(), HEADING + 1)
        view.update(strip)
        view.update(strip.translated(0, dy))

    # ---- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        # A small scroll asks for a strip at each end: their bounding box would be everything.
        region = event.region()
        areas = cast("Iterable[QRect]", region)
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.token("well"))
        if self._thumbs is not None:
            places = [self._places_in(area.adjusted(-4, -4, 4, 4)) for area in areas]
            self._paint_thumbs(painter, self._thumbs, np.unique(np.concatenate(places)))
        for place, box in self._headings():
            if region.intersects(box):
                group = self._groups[place]
                paint_heading(painter, group, group.title in self._closed, box, self.devicePixelRatioF())
        if self._frame is not None:
            painter.setPen(QPen(theme.token("accent"), 1))
            painter.setBrush(theme.faded("accent", 0.1))
            painter.drawRect(self._frame)

    def _paint_thumbs(self, painter: QPainter, thumbs: Thumbs, places: Places) -> None:
        if not len(places):
            return
        rows, ratio = self.picks.rows[places], self.devicePixelRatioF()
        self._make_tiles(thumbs, rows, self.side)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        boxes = self._boxes(places)
        for row, mark, box in zip(rows.tolist(), thumbs.marks(rows), boxes, strict=True):
            self._paint_tile(painter, row, QRectF(box))
            if self._bordered:
                paint_border(painter, mark, box)
            paint_mark(painter, mark, box, self._letters, ratio)
        several = self.picks.count() > 1
        chosen = self.picks.is_selected(rows) | (places == self.picks.position)
        for index in np.flatnonzero(chosen).tolist():
            paint_ring(painter, boxes[index], several and int(places[index]) == self.picks.position)

    def _boxes(self, places: Places) -> list[QRect]:
        x, y = self._layout.corners(places)
        tops = (y - self.verticalScrollBar().value()).tolist()
        return [QRect(left, top, self.side, self.side) for left, top in zip(x.tolist(), tops, strict=True)]

    # ---- the person's hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        heading = self._heading_at(point)
        if heading >= 0:
            self.toggle_group(self._groups[heading].title)
            return
        place = self.position_at(point)
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position() + QPointF(0, self.verticalScrollBar().value())
            if place >= 0 and not event.modifiers() and self.picks.is_selected(self.picks.rows[place : place + 1])[0]:
                # It may be the begin of a drag: the selection stays whole until the button is up.
                self._held = place
                return
        self._press(place, event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        start = (self._pressed - QPointF(0, self.verticalScrollBar().value())).toPoint()
        if self._frame is None and self._carry is None and (point - start).manhattanLength() < 8:
            return
        if self._held >= 0:
            self._bear(point)
            return
        bar = self.verticalScrollBar()
        if point.y() < 0 or point.y() > self.viewport().height():
            bar.setValue(bar.value() + (point.y() if point.y() < 0 else point.y() - self.viewport().height()))
        self._frame = QRect(start, point).normalized()
        add = bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
        self.picks.pick_positions(self._places_in(self._frame), add)
        self.picked.emit()
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        framed, held, carry = self._frame is not None, self._held, self._carry
        self._pressed = self._frame = self._carry = None
        self._held = -1
        if framed:
            self._tell(current=False)
        if carry is not None:
            carry.hide()
            carry.deleteLater()
            name = self._bin(event.position().toPoint())
            if name:
                self.dropped.emit(name)
        elif held >= 0:
            self._pick(held)

    def _bear(self, point: QPoint) -> None:
        """Carry the selection to a point of the viewport."""
        if self._carry is None:
            self._carry = Carry(self.window())
        name = self._bin(point)
        title = self._titles[self._names.index(name)] if name in self._names else name
        self._carry.follow(self.viewport().mapToGlobal(point), self.picks.count(), title)

    def _bin(self, point: QPoint) -> str:
        """The class that a drop at a point of the viewport gives, "" for none."""
        found = bin_at(self.viewport().mapToGlobal(point), self.window())
        if found or not self.viewport().rect().contains(point):
            return found
        heading = self._heading_at(point)
        chip = self._groups[heading].chip if heading >= 0 else None
        return self._names[chip[1]] if chip is not None and chip[1] < len(self._names) else ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._open(self.position_at(event.position().toPoint()), event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.side_asked.emit(self.side + (8 if event.angleDelta().y() > 0 else -8))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.picks.count() > 1:
            self.clear_selection()
        else:
            super().keyPressEvent(event)

    def clear_selection(self) -> None:
        """Select the current thumbnail alone."""
        self.picks.pick_none()
        self._tell(current=False)

    def _step(self, key: Qt.Key) -> int | None:
        here = self.picks.position
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return here + (1 if key == Qt.Key.Key_Right else -1)
        lines = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        page = max(self.viewport().height() // self._layout.step - 1, 1)
        lines |= {Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        if key in lines:
            return self._lines_on(max(here, 0), lines[key])
        return {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(self.picks) - 1}.get(key)

    def _lines_on(self, place: int, lines: int) -> int:
        for _line in range(abs(lines)):
            place = self._layout.line_step(place, 1 if lines > 0 else -1)
        return place

    def _place_words(self, place: int, total: int) -> str:
        return f"{place} of {total}" if place else f"{total} thumbnails"
