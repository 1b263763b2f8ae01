"""The mosaic of samples: grouped thumbnails painted from an index, a million of them at ease."""

from __future__ import annotations

import functools
import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSlider, QVBoxLayout, QWidget

from models.change import Rows
from widgets import numbers, paint, theme, tokens
from widgets.action_bar import ActionBar
from widgets.parts.states import EmptyState
from widgets.picks import Picks

HEADING, GAP, EDGE = 34, 6, 10
SMALLEST, LARGEST, DEFAULT = 48, 192, 86
_KEPT = 3000
Picture = QImage | npt.NDArray[Any] | None


@dataclass(frozen=True)
class ThumbMark:
    """What stands on a thumbnail: label and model by class index (−1 none), p, by a person or not."""

    label: int = -1
    model: int = -1
    p: float = math.nan
    person: bool = False

    @property
    def conflict(self) -> bool:
        """Label and model differ."""
        return self.label >= 0 and self.model >= 0 and self.label != self.model


class Thumbs(Protocol):
    """What a mosaic reads, for the visible rows at once."""

    def pixels(self, rows: Rows, size: int) -> Sequence[Picture]:
        """A picture each: QImage, uint8 (h, w) or (h, w, 3), a 1-D line for a small trace, or None
        while it is still to come (call `refresh` then). `size` is in device pixels."""
        ...

    def marks(self, rows: Rows) -> Sequence[ThumbMark]:
        """What stands on each."""
        ...


@dataclass(frozen=True)
class Group:
    """A part of the mosaic under one heading; an empty title has none.

    chip: (letter, class index). facts: soft words after the title; conflicts: how many ≠; note:
    words at the right.
    """

    title: str
    rows: Rows
    chip: tuple[str, int] | None = None
    facts: tuple[str, ...] = ()
    conflicts: int = 0
    note: str = ""


class Mosaic(QAbstractScrollArea):
    """The scrolled picture; see `ThumbnailGrid`, which holds it, for what its signals mean."""

    current_asked = Signal(int)
    selection_asked = Signal(object)
    opened_asked = Signal(int)
    menu_asked = Signal(int, QPoint)
    side_asked = Signal(int)
    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picks = Picks()
        self.side = DEFAULT
        self._thumbs: Thumbs | None = None
        self._letters: list[str] = []
        self._groups: list[Group] = []
        self._closed: set[str] = set()
        self._starts = np.zeros(1, np.int64)
        self._tops = np.zeros(1, np.int64)
        self._cache: OrderedDict[tuple[int, int, bool], QPixmap] = OrderedDict()
        self._press: QPointF | None = None
        self._frame: QRect | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Thumbnails")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self.forget)

    # ---- what it shows

    def set_thumbs(self, thumbs: Thumbs) -> None:
        """Read from another provider."""
        self._thumbs = thumbs
        self.forget()

    def set_letters(self, letters: Sequence[str]) -> None:
        """The letters of the classes, by index."""
        self._letters = list(letters)
        self.viewport().update()

    def set_groups(self, groups: Sequence[Group]) -> None:
        """Show these groups in order; the current row keeps its place on screen where it can."""
        before = self.rect_of(self.picks.position).top() if self.picks.position >= 0 else None
        self._groups = [group for group in groups if len(group.rows) or group.title]
        self._lay_out()
        if before is not None and self.picks.position >= 0:
            shift = self.rect_of(self.picks.position).top() - before
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + shift)
        self.viewport().update()

    def set_side(self, side: int) -> None:
        """Thumbnails of this side, 48 to 192 px; the current one stays in view."""
        self.side = max(SMALLEST, min(side, LARGEST))
        self._lay_out()
        self.ensure_visible()
        self.viewport().update()

    def show_selection(self, row: int, rows: Rows | None = None) -> None:
        """Show another current row and selection without asking."""
        self.picks.show(row, rows)
        self.ensure_visible()
        self._describe()
        self.picked.emit()
        self.viewport().update()

    def refresh(self, rows: Rows | None = None) -> None:
        """Marks changed, or pictures that were to come are there; `rows` whose pictures changed."""
        if rows is not None:
            gone = set(rows.tolist())
            for key in [key for key in self._cache if key[0] in gone]:
                del self._cache[key]
        self.viewport().update()

    def forget(self) -> None:
        """Read all pictures anew."""
        self._cache.clear()
        self.viewport().update()

    # ---- geometry

    def columns(self) -> int:
        """How many thumbnails stand beside each other."""
        return max((self.viewport().width() - 2 * EDGE + GAP) // (self.side + GAP), 1)

    def _lay_out(self) -> None:
        shown = [np.zeros(0, np.int64) if group.title in self._closed else group.rows for group in self._groups]
        counts = np.array([len(rows) for rows in shown], np.int64)
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        lines = -(-counts // self.columns())
        heads = np.array([self._head(place) for place in range(len(self._groups))], np.int64)
        heights = heads + lines * (self.side + GAP) + EDGE * (counts > 0)
        self._tops = np.concatenate(([0], np.cumsum(heights)))
        rows = np.concatenate(shown) if shown else np.zeros(0, np.int64)
        if len(rows) != len(self.picks) or not np.array_equal(rows, self.picks.rows):
            self.picks.set_rows(rows)
        self._set_range()
        self._describe()

    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(int(self._tops[-1]) - self.viewport().height(), 0))
        bar.setPageStep(self.viewport().height())
        bar.setEnabled(bar.maximum() > 0)
        bar.setSingleStep((self.side + GAP) // 2)

    def _head(self, group: int) -> int:
        # The ring of a chosen thumbnail reaches 3 px out: keep it clear of the heading.
        return HEADING + 4 if self._groups[group].title else EDGE

    def rect_of(self, position: int) -> QRect:
        """Where a position's thumbnail stands in the viewport."""
        group = int(np.searchsorted(self._starts, position, "right")) - 1
        line, column = divmod(position - int(self._starts[group]), self.columns())
        step = self.side + GAP
        top = int(self._tops[group]) + self._head(group) + line * step - self.verticalScrollBar().value()
        return QRect(EDGE + column * step, top, self.side, self.side)

    def position_at(self, point: QPoint) -> int:
        """The position under a point of the viewport, −1 for none."""
        found = self._positions_in(QRect(point, point))
        return int(found[0]) if len(found) and self._heading_at(point) < 0 else -1

    def _heading_at(self, point: QPoint) -> int:
        for group, box in self._headings():
            if box.contains(point):
                return group
        return -1

    def _headings(self) -> Iterator[tuple[int, QRect]]:
        """Groups with a heading on screen and its place; the topmost is pinned to the upper edge."""
        scrolled, height = self.verticalScrollBar().value(), self.viewport().height()
        first = max(int(np.searchsorted(self._tops, scrolled, "right")) - 1, 0)
        for group in range(first, len(self._groups)):
            top, end = int(self._tops[group]) - scrolled, int(self._tops[group + 1]) - scrolled
            if top > height:
                return
            if self._groups[group].title:
                yield group, QRect(0, min(max(top, 0), end - HEADING), self.viewport().width(), HEADING)

    def _positions_in(self, area: QRect) -> npt.NDArray[np.int64]:
        """Positions whose thumbnails meet an area of the viewport."""
        scrolled, columns, step = self.verticalScrollBar().value(), self.columns(), self.side + GAP
        low, high = area.top() + scrolled, area.bottom() + scrolled
        first = max(int(np.searchsorted(self._tops, low, "right")) - 1, 0)
        last = min(int(np.searchsorted(self._tops, high, "right")), len(self._groups))
        left = max(-(-(area.left() - EDGE - self.side + 1) // step), 0)
        right = min((area.right() - EDGE) // step, columns - 1)
        found = [np.zeros(0, np.int64)]
        for group in range(first, last):
            count = int(self._starts[group + 1] - self._starts[group])
            base = int(self._tops[group]) + self._head(group)
            upper = max(-(-(low - base - self.side + 1) // step), 0)
            lower = min((high - base) // step, (count - 1) // columns if count else -1)
            grid = np.arange(upper, lower + 1)[:, None] * columns + np.arange(left, right + 1)[None, :]
            inside = grid.ravel()
            found.append(inside[inside < count] + int(self._starts[group]))
        return np.concatenate(found)

    def ensure_visible(self) -> None:
        """Scroll as little as needed to show the current thumbnail below the pinned heading."""
        if self.picks.position < 0:
            return
        box, bar = self.rect_of(self.picks.position), self.verticalScrollBar()
        over = box.top() - HEADING - 4
        if over < 0:
            bar.setValue(bar.value() + over)
        elif box.bottom() + 8 > self.viewport().height():
            bar.setValue(bar.value() + box.bottom() + 8 - self.viewport().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        keep = self.picks.position
        before = self.rect_of(keep).top() if keep >= 0 else 0
        visible = keep >= 0 and -self.side < before < self.viewport().height()
        self._lay_out()
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
            places = [self._positions_in(area.adjusted(-4, -4, 4, 4)) for area in areas]
            self._paint_thumbs(painter, self._thumbs, np.unique(np.concatenate(places)))
        for group, box in self._headings():
            if region.intersects(box):
                self._paint_heading(painter, self._groups[group], box)
        if self._frame is not None:
            painter.setPen(QPen(theme.token("accent"), 1))
            painter.setBrush(theme.faded("accent", 0.1))
            painter.drawRect(self._frame)

    def _paint_thumbs(self, painter: QPainter, thumbs: Thumbs, places: npt.NDArray[np.int64]) -> None:
        if not len(places):
            return
        rows = self.picks.rows[places]
        self._fetch(thumbs, rows)
        dark, side = theme.is_dark(), round(self.side * self.devicePixelRatioF())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corners = self._corners(places)
        for row, mark, (left, top) in zip(rows.tolist(), thumbs.marks(rows), corners, strict=True):
            picture = self._cache.get((row, side, dark))
            if picture is None:
                paint.plate(painter, QRectF(left, top, self.side, self.side), theme.token("track"), tokens.RADIUS)
            else:
                painter.drawPixmap(left, top, picture)
            self._paint_mark(painter, mark, left, top)
        several = self.picks.count() > 1
        chosen = self.picks.is_selected(rows) | (places == self.picks.position)
        for index in np.flatnonzero(chosen).tolist():
            current = int(places[index]) == self.picks.position
            self._paint_ring(painter, QRect(*corners[index], self.side, self.side), current and several)

    def _corners(self, places: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
        """The left upper corners of thumbnails, (x, y) each."""
        group = np.searchsorted(self._starts, places, "right") - 1
        line, column = np.divmod(places - self._starts[group], self.columns())
        heads = np.array([self._head(place) for place in group.tolist()] if len(self._groups) > 1 else self._head(0))
        step = self.side + GAP
        tops = self._tops[group] + heads + line * step - self.verticalScrollBar().value()
        return list(zip((EDGE + column * step).tolist(), tops.tolist(), strict=True))

    def _fetch(self, thumbs: Thumbs, rows: Rows) -> None:
        ratio, dark = self.devicePixelRatioF(), theme.is_dark()
        side = round(self.side * ratio)
        missing = [row for row in rows.tolist() if (row, side, dark) not in self._cache]
        if not missing:
            return
        for row, picture in zip(missing, thumbs.pixels(np.asarray(missing, np.int64), side), strict=True):
            if picture is not None:
                self._cache[row, side, dark] = tile(picture, side, ratio)
        while len(self._cache) > max(_KEPT, 2 * len(rows)):
            self._cache.popitem(last=False)

    def _paint_ring(self, painter: QPainter, box: QRect, current: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.token("accent"), 2.5))
        painter.drawRoundedRect(QRectF(box).adjusted(-1.5, -1.5, 1.5, 1.5), tokens.RADIUS + 1, tokens.RADIUS + 1)
        if current:
            painter.setPen(QPen(theme.token("well"), 1.5))
            painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), tokens.RADIUS, tokens.RADIUS)

    def _paint_mark(self, painter: QPainter, mark: ThumbMark, left: int, top: int) -> None:
        ratio, dark = self.devicePixelRatioF(), theme.is_dark()
        small = self.side < 64
        right, foot = left + self.side - 1, top + self.side - 20
        kind, index = ("filled", mark.label) if mark.label >= 0 else ("hollow", mark.model)
        if index >= 0:
            letter = self._letters[index] if index < len(self._letters) else str(index)
            painter.drawPixmap(left + 4, foot, paint.chip_pixmap(kind, letter, index, ratio, 16))
        if mark.person and not small:
            painter.drawPixmap(left + 23, foot, _plated("person", ratio, dark))
        if mark.conflict:
            painter.drawPixmap(right - 19, top + 4, _plated("conflict", ratio, dark))
        if math.isfinite(mark.p) and not small:
            plate = _figure(numbers.p(mark.p), ratio, dark)
            painter.drawPixmap(right - 3 - round(plate.width() / ratio), foot, plate)

    def _paint_heading(self, painter: QPainter, group: Group, box: QRect) -> None:
        painter.fillRect(box, theme.token("well"))
        ratio = self.devicePixelRatioF()
        sign = "caret_right" if group.title in self._closed else "caret_down"
        painter.drawPixmap(box.left() + EDGE - 1, box.top() + 11, theme.pixmap(sign, 12, "text2", ratio))
        x = float(box.left() + EDGE + 19)
        if group.chip is not None:
            letter, index = group.chip
            chip = paint.chip_pixmap("hollow", letter, index, ratio)
            painter.drawPixmap(round(x), box.top() + 9, chip)
            x += 25
        noted = paint.width(group.note, "caption") if group.note else 0
        end = box.right() - EDGE - noted - 10
        pieces = [(group.title, "strong", "text")]
        pieces += [(group.facts[0] if group.facts else numbers.count(len(group.rows)), "body", "text2")]
        if group.conflicts:
            pieces.append((f"≠ {numbers.count(group.conflicts)} disagree", "label", "warn"))
        pieces += [(fact, "body", "text2") for fact in group.facts[1:]]
        for words, role, tone in pieces:
            if x + 20 < end:
                x += paint.text(painter, QRectF(x, box.top(), end - x, box.height()), words, role, tone) + 12
        if group.note:
            area = QRectF(box).adjusted(0, 0, -EDGE, 0)
            paint.text(painter, area, group.note, "caption", "text2", paint.RIGHT)

    # ---- the person's hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        heading = self._heading_at(point)
        if heading >= 0:
            self.toggle_group(self._groups[heading].title)
            return
        place = self.position_at(point)
        keys = event.modifiers()
        if event.button() == Qt.MouseButton.LeftButton:
            self._press = event.position() + QPointF(0, self.verticalScrollBar().value())
        elif place < 0 or self.picks.is_selected(self.picks.rows[place : place + 1])[0]:
            return
        if place >= 0:
            shift = bool(keys & Qt.KeyboardModifier.ShiftModifier)
            self._pick(place, shift, bool(keys & Qt.KeyboardModifier.ControlModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        start = (self._press - QPointF(0, self.verticalScrollBar().value())).toPoint()
        if self._frame is None and (point - start).manhattanLength() < 8:
            return
        bar = self.verticalScrollBar()
        if point.y() < 0 or point.y() > self.viewport().height():
            bar.setValue(bar.value() + (point.y() if point.y() < 0 else point.y() - self.viewport().height()))
        self._frame = QRect(start, point).normalized()
        add = bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
        self.picks.pick_positions(self._positions_in(self._frame), add)
        self.picked.emit()
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        framed = self._frame is not None
        self._press = self._frame = None
        if framed:
            self._tell(current=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.position_at(event.position().toPoint())
        if place >= 0:
            self.opened_asked.emit(int(self.picks.rows[place]))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.side_asked.emit(self.side + (8 if event.angleDelta().y() > 0 else -8))
            event.accept()
        else:
            super().wheelEvent(event)

    def toggle_group(self, title: str) -> None:
        """Close or open a group."""
        self._closed ^= {title}
        self._lay_out()
        self.picked.emit()
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.picks.position >= 0:
            point = event.globalPos()
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                point = self.viewport().mapToGlobal(self.rect_of(self.picks.position).center())
            self.menu_asked.emit(self.picks.current, point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, keys = Qt.Key(event.key()), event.modifiers()
        place = self._step(key)
        if place is not None and len(self.picks):
            self._pick(max(0, min(place, len(self.picks) - 1)), bool(keys & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_A and keys & Qt.KeyboardModifier.ControlModifier:
            self.picks.pick_all()
            self._tell(current=False)
        elif key == Qt.Key.Key_Escape and self.picks.count() > 1:
            self.clear_selection()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.picks.position >= 0:
            self.opened_asked.emit(self.picks.current)
        else:
            super().keyPressEvent(event)
            event.ignore()

    def clear_selection(self) -> None:
        """Select the current thumbnail alone."""
        self.picks.pick_none()
        self._tell(current=False)

    def _step(self, key: Qt.Key) -> int | None:
        here = self.picks.position
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return here + (1 if key == Qt.Key.Key_Right else -1)
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            return self._line_step(max(here, 0), 1 if key == Qt.Key.Key_Down else -1)
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            place, lines = max(here, 0), max(self.viewport().height() // (self.side + GAP) - 1, 1)
            for _line in range(lines):
                place = self._line_step(place, 1 if key == Qt.Key.Key_PageDown else -1)
            return place
        return {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(self.picks) - 1}.get(key)

    def _line_step(self, place: int, by: int) -> int:
        """One line down or up, into the next group at its end, in the same column."""
        columns = self.columns()
        group = int(np.searchsorted(self._starts, place, "right")) - 1
        start, end = int(self._starts[group]), int(self._starts[group + 1])
        line, column = divmod(place - start, columns)
        line += by
        if 0 <= line <= (end - start - 1) // columns:
            return min(start + line * columns + column, end - 1)
        group += by
        while 0 <= group < len(self._groups) and self._starts[group] == self._starts[group + 1]:
            group += by
        if not 0 <= group < len(self._groups):
            return place
        start, end = int(self._starts[group]), int(self._starts[group + 1])
        last = start + (end - start - 1) // columns * columns
        return min((start if by > 0 else last) + column, end - 1)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def _pick(self, place: int, extend: bool = False, toggle: bool = False) -> None:
        before = self.picks.current
        if self.picks.pick(place, extend, toggle):
            self.ensure_visible()
            self._tell(current=before != self.picks.current)

    def _tell(self, current: bool) -> None:
        self._describe()
        self.viewport().update()
        rows = self.picks.selected()
        self.picked.emit()
        if current:
            self.current_asked.emit(self.picks.current)
        self.selection_asked.emit(rows)

    def _describe(self) -> None:
        place, total = self.picks.position, len(self.picks)
        self.setAccessibleDescription(f"{place + 1} of {total}" if place >= 0 else f"{total} thumbnails")


class ThumbnailGrid(QWidget):
    """The mosaic with its action bar; ``size_slider`` is for the page's head.

    ``current_asked(row)``, ``selection_asked(rows)``, ``opened_asked(row)``, ``menu_asked(row,
    point)`` as the table has them; ``class_asked(name)`` from the action bar for the selection.
    """

    current_asked = Signal(int)
    selection_asked = Signal(object)
    opened_asked = Signal(int)
    menu_asked = Signal(int, QPoint)
    class_asked = Signal(str)
    size_changed = Signal(int)
    empty_asked = Signal(str)

    def __init__(self, thumbs: Thumbs | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mosaic = Mosaic()
        self.mosaic.setObjectName("mosaic")
        self.action_bar = ActionBar()
        self.action_bar.setObjectName("action_bar")
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setObjectName("thumb_size")
        self.size_slider.setAccessibleName("Thumbnail size")
        self.size_slider.setToolTip("Thumbnail size")
        self.size_slider.setRange(SMALLEST, LARGEST)
        self.size_slider.setValue(DEFAULT)
        self.size_slider.setFixedWidth(90)
        self._empty: EmptyState | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.mosaic, 1)
        column.addWidget(self.action_bar)
        self._connect()
        if thumbs is not None:
            self.set_thumbs(thumbs)

    def _connect(self) -> None:
        for name in ("current_asked", "selection_asked", "opened_asked", "menu_asked"):
            getattr(self.mosaic, name).connect(getattr(self, name))
        self.mosaic.picked.connect(self._count)
        self.mosaic.side_asked.connect(self.size_slider.setValue)
        self.size_slider.valueChanged.connect(self._resize_thumbs)
        self.action_bar.class_asked.connect(self.class_asked)
        self.action_bar.clear_asked.connect(self.mosaic.clear_selection)

    def set_thumbs(self, thumbs: Thumbs) -> None:
        """Read from another provider."""
        self.mosaic.set_thumbs(thumbs)

    def set_classes(
        self,
        names: Sequence[str],
        letters: Sequence[str],
        keys: Sequence[str] = (),
        titles: dict[str, str] | None = None,
    ) -> None:
        """The classes, for chips and the action bar."""
        self.mosaic.set_letters(letters)
        self.action_bar.set_classes(names, letters, keys, titles)

    def set_rows(self, rows: Rows) -> None:
        """Show rows in this order without headings."""
        self.set_groups([Group("", np.asarray(rows, np.int64))])

    def set_groups(self, groups: Sequence[Group]) -> None:
        """Show rows under headings."""
        self.mosaic.set_groups(groups)
        self._count()
        self._place_empty()

    def show_selection(self, row: int, rows: Rows | None = None) -> None:
        """Show another current row and selection without asking."""
        self.mosaic.show_selection(row, rows)

    def refresh(self, rows: Rows | None = None) -> None:
        """Marks changed, or pictures came."""
        self.mosaic.refresh(rows)

    def set_size(self, side: int) -> None:
        """Thumbnails of this side."""
        self.size_slider.setValue(side)

    def set_empty(self, title: str, text: str = "", icon: str = "", actions: Sequence[tuple[str, str]] = ()) -> None:
        """What stands there without rows."""
        if self._empty is None:
            self._empty = EmptyState(title, text, icon, actions, parent=self.mosaic.viewport())
            self._empty.action_asked.connect(self.empty_asked)
        else:
            self._empty.set_state(title, text, icon, actions)
        self._place_empty()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_empty()

    def _place_empty(self) -> None:
        if self._empty is not None:
            view = self.mosaic.viewport()
            wide = min(view.width(), 440)
            self._empty.setGeometry((view.width() - wide) // 2, 0, wide, min(view.height(), 280))
            self._empty.setVisible(len(self.mosaic.picks) == 0)

    def _resize_thumbs(self, side: int) -> None:
        self.mosaic.set_side(side)
        self.size_changed.emit(side)

    def _count(self) -> None:
        self.action_bar.set_count(self.mosaic.picks.count())


def tile(picture: QImage | npt.NDArray[Any], side: int, ratio: float) -> QPixmap:
    """A picture as a square of `side` device pixels with round corners; a line as a small trace."""
    if isinstance(picture, np.ndarray) and picture.ndim == 1:
        result = _trace_tile(picture, side, ratio)
    else:
        result = QPixmap.fromImage(_square(as_image(picture), side))
    # The ground's colour over the corners: clipping each picture by a path takes ten times as long.
    painter = QPainter(result)
    painter.drawPixmap(0, 0, _round_corners(side, ratio, theme.token("well").rgb()))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def _trace_tile(line: npt.NDArray[Any], side: int, ratio: float) -> QPixmap:
    result = QPixmap(side, side)
    result.fill(theme.token("panel"))
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(6 * ratio, 14 * ratio, side - 12 * ratio, side - 40 * ratio)
    paint.sparkline(painter, box, line, theme.token("pen"), 1.1 * ratio)
    painter.setPen(QPen(theme.token("line"), ratio))
    inset = ratio / 2
    radius = tokens.RADIUS * ratio
    painter.drawRoundedRect(QRectF(0, 0, side, side).adjusted(inset, inset, -inset, -inset), radius, radius)
    painter.end()
    return result


def _square(image: QImage, side: int) -> QImage:
    """The middle square of an image, scaled to a side."""
    short = min(image.width(), image.height())
    if image.width() != image.height():
        image = image.copy((image.width() - short) // 2, (image.height() - short) // 2, short, short)
    if short != side:
        mode = Qt.TransformationMode.SmoothTransformation
        image = image.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    return image.convertToFormat(QImage.Format.Format_RGB32)


@functools.lru_cache(maxsize=16)
def _round_corners(side: int, ratio: float, colour: int) -> QPixmap:
    """Four corners of a colour round a clear middle."""
    result = QPixmap(side, side)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRect(QRectF(0, 0, side, side))
    path.addRoundedRect(QRectF(0, 0, side, side), tokens.RADIUS * ratio, tokens.RADIUS * ratio)
    painter.fillPath(path, QColor.fromRgb(colour))
    painter.end()
    return result


def as_image(picture: QImage | npt.NDArray[Any]) -> QImage:
    """uint8 (h, w) grey or (h, w, 3) colour as a QImage that owns its memory."""
    if isinstance(picture, QImage):
        return picture
    pixels = np.ascontiguousarray(picture, np.uint8)
    high, wide = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(pixels.data, wide, high, pixels.strides[0], kind).copy()


@functools.lru_cache(maxsize=64)
def _plated(sign: str, ratio: float, _dark: bool) -> QPixmap:
    """A small sign on its plate: white under ≠, dark under the person mark, in both themes."""
    bright = sign == "conflict"
    picture = _plate(16, ratio, bright)
    painter = QPainter(picture)
    ink = theme.token("plate") if bright else theme.token("plate_text")
    theme.draw_sign(painter, QRectF(2.5, 2.5, 11, 11), sign, ink)
    painter.end()
    return picture


@functools.lru_cache(maxsize=512)
def _figure(words: str, ratio: float, _dark: bool) -> QPixmap:
    """A probability on its dark plate."""
    wide = round(paint.width(words, "chip")) + 7
    picture = _plate(wide, ratio, False)
    painter = QPainter(picture)
    paint.text(painter, QRectF(0, 0, wide, 16), words, "chip", "plate_text", paint.CENTRE)
    painter.end()
    return picture


def _plate(wide: int, ratio: float, bright: bool) -> QPixmap:
    picture = QPixmap(round(wide * ratio), round(16 * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    ground = theme.token("plate_text") if bright else theme.faded("plate", 0.88)
    paint.plate(painter, QRectF(0, 0, wide, 16), ground)
    painter.end()
    return picture
