"""The table of samples: a million rows from a numpy index, only the visible ones are ever read."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QWidget

from models.change import Rows
from widgets import paint, theme, tokens
from widgets.parts.states import EmptyState, LoadingFoot
from widgets.picks import Picks
from widgets.table_header import HEADER, Head, HeaderRow

__all__ = ["ChipMark", "Columns", "Head", "SampleTable"]

Floats = npt.NDArray[np.floating[Any]]
_KEPT = 4096
_PAD = 6


@dataclass(frozen=True)
class ChipMark:
    """The classes of one sample by their index, −1 for none: its label, the model's; by a person."""

    label: int = -1
    model: int = -1
    person: bool = False

    @property
    def conflict(self) -> bool:
        """Label and model differ."""
        return self.label >= 0 and self.model >= 0 and self.label != self.model


class Columns(Protocol):
    """What a table reads, always for a handful of project rows at once."""

    def names(self) -> Sequence[Head]:
        """All columns that may be shown, in their own order."""
        ...

    def text(self, rows: Rows, column: str) -> Sequence[str]:
        """The words of a column; for a bar the figure beside it."""
        ...

    def chip(self, rows: Rows) -> Sequence[ChipMark]:
        """Label and model of each row, for columns of kind "chips"."""
        ...

    def bar(self, rows: Rows, column: str) -> Floats:
        """The share (0 to 1, NaN none) of each row, for columns of kind "bar"."""
        ...


class SampleTable(QAbstractScrollArea):
    """The list of samples.

    It asks and shows: ``current_asked(row)``, ``selection_asked(rows)``, ``opened_asked(row)``
    (Enter, double click), ``sort_asked(column, descending)``, ``menu_asked(row, global point)``,
    ``sparklines_asked(rows)`` (answer with `give_sparklines`), ``columns_changed(state)``,
    ``empty_asked(key)`` (a button of the empty state). `rows` are project rows.
    """

    current_asked = Signal(int)
    selection_asked = Signal(object)
    opened_asked = Signal(int)
    sort_asked = Signal(str, bool)
    menu_asked = Signal(int, QPoint)
    sparklines_asked = Signal(object)
    columns_changed = Signal(object)
    empty_asked = Signal(str)

    def __init__(self, columns: Columns | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picks = Picks()
        self.header = HeaderRow(self)
        self._columns: Columns | None = None
        self._letters: list[str] = []
        self._row = tokens.ROW
        self._expected = 0
        self._hover = -1
        self._lines: OrderedDict[int, Floats] = OrderedDict()
        self._pictures: OrderedDict[tuple[int, int, int, bool], QPixmap] = OrderedDict()
        self._asked: set[int] = set()
        self._empty: EmptyState | None = None
        self._foot = LoadingFoot(self)
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.timeout.connect(self._ask_lines)
        self._dress()
        self._connect()
        if columns is not None:
            self.set_columns(columns)

    def _dress(self) -> None:
        self.setAccessibleName("Samples")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setViewportMargins(0, HEADER, 0, 0)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().setSingleStep(self._row)

    def _connect(self) -> None:
        self.header.sort_asked.connect(self.sort_asked)
        self.header.layout_changed.connect(self._relayout)
        self.header.state_changed.connect(lambda: self.columns_changed.emit(self.header.state()))
        theme.changed.connect(self._forget_pictures)

    # ---- what it shows

    def set_columns(self, columns: Columns) -> None:
        """Read from another provider; the chosen columns stay where they exist."""
        self._columns = columns
        self._lines.clear()
        self._forget_pictures()
        self.header.set_heads(columns.names())

    def set_letters(self, letters: Sequence[str]) -> None:
        """The letters of the classes, by index."""
        self._letters = list(letters)
        self.viewport().update()

    def set_rows(self, rows: Rows) -> None:
        """Show these project rows in this order; the place on screen and the current row stay."""
        before = self.picks.position
        offset = before * self._row - self.verticalScrollBar().value() if before >= 0 else None
        self.picks.set_rows(rows)
        self._set_range()
        now = self.picks.position
        if offset is not None and now >= 0 and now != before:
            self.verticalScrollBar().setValue(now * self._row - offset)
        self._place_empty()
        self._describe()
        self.viewport().update()

    def rows(self) -> Rows:
        """The project rows on show, in order."""
        return self.picks.rows

    def show_selection(self, row: int, rows: Rows | None = None) -> None:
        """Show another current row and selection without asking for them; scrolls to the row."""
        self.picks.show(row, rows)
        self.ensure_visible()
        self._describe()
        self.viewport().update()

    def set_sort(self, column: str, descending: bool) -> None:
        """Mark the sorted column."""
        self.header.set_sort(column, descending)

    def refresh(self) -> None:
        """Read the visible rows anew: labels or predictions changed."""
        self.viewport().update()

    def give_sparklines(self, rows: Rows, lines: Sequence[Floats | None] | Floats) -> None:
        """Hand over the small lines asked for, one array (points,) each; None: there is none."""
        for row, line in zip(rows.tolist(), lines, strict=True):
            self._lines[row] = np.zeros(0, np.float32) if line is None else np.asarray(line)
            self._lines.move_to_end(row)
            self._asked.discard(row)
        while len(self._lines) > _KEPT:
            self._lines.popitem(last=False)
        self.viewport().update()

    def forget_sparklines(self) -> None:
        """The samples changed: ask for all lines again."""
        self._lines.clear()
        self._asked.clear()
        self._forget_pictures()

    def set_loading(self, done: int, total: int) -> None:
        """Show skeletons for the rows still to come, and the count in the foot."""
        self._expected = total if done < total else 0
        self._foot.set_progress(done, total)
        self.setViewportMargins(0, HEADER, 0, tokens.FOOT if self._expected else 0)
        self._set_range()
        self._place_empty()
        self.viewport().update()

    def set_empty(self, title: str, text: str = "", icon: str = "", actions: Sequence[tuple[str, str]] = ()) -> None:
        """What stands there while the list has no rows; ``empty_asked`` tells its buttons."""
        if self._empty is None:
            self._empty = EmptyState(title, text, icon, actions, parent=self.viewport())
            self._empty.action_asked.connect(self.empty_asked)
        else:
            self._empty.set_state(title, text, icon, actions)
        self._place_empty()

    def empty_state(self) -> EmptyState | None:
        """The empty state, once one was set."""
        return self._empty

    def set_row_height(self, height: int) -> None:
        """Rows of 26 px, or 22 compact."""
        self._row = height
        self.verticalScrollBar().setSingleStep(height)
        self._set_range()
        self.viewport().update()

    def state(self) -> dict[str, Any]:
        """Chosen columns, their order and widths, to be kept by settings."""
        return self.header.state()

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up a kept state; what no longer exists is left out."""
        self.header.set_state(state)

    def columns_menu(self, parent: QWidget) -> QMenu:
        """A menu with a check mark for each column."""
        return self.header.columns_menu(parent)

    # ---- geometry

    def rect_of(self, position: int) -> QRect:
        """Where a position's row stands in the viewport."""
        top = position * self._row - self.verticalScrollBar().value()
        return QRect(0, top, self.viewport().width(), self._row)

    def position_at(self, y: float) -> int:
        """The position under a y of the viewport, −1 below the last."""
        position = (int(y) + self.verticalScrollBar().value()) // self._row
        return position if 0 <= position < len(self.picks) else -1

    def ensure_visible(self) -> None:
        """Scroll as little as needed to show the current row, one row beyond it in view."""
        place = self.picks.position
        if place < 0:
            return
        bar, height = self.verticalScrollBar(), self.viewport().height()
        top = place * self._row
        if top - self._row < bar.value():
            bar.setValue(max(top - self._row, 0))
        elif top + 2 * self._row > bar.value() + height:
            bar.setValue(top + 2 * self._row - height)

    def _set_range(self) -> None:
        height = self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setRange(0, max(max(len(self.picks), self._expected) * self._row - height, 0))
        bar.setPageStep(height)
        bar.setEnabled(bar.maximum() > 0)
        level = self.horizontalScrollBar()
        level.setRange(0, max(self.header.total_width() - self.viewport().width(), 0))
        level.setPageStep(self.viewport().width())

    def _relayout(self) -> None:
        self._set_range()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        area = self.viewport().geometry()
        self.header.setGeometry(area.left(), area.top() - HEADER, self.width() - area.left(), HEADER)
        self.header.set_room(area.width())
        self._foot.setGeometry(0, self.height() - tokens.FOOT, self.width(), tokens.FOOT)
        self._set_range()
        self._place_empty()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if dx:
            self.header.set_offset(self.horizontalScrollBar().value())
        self._set_hover(-1)
        if self._empty is not None and self._empty.isVisible():
            self.viewport().update()
        else:
            self.viewport().scroll(dx, dy)

    def _place_empty(self) -> None:
        if self._empty is not None:
            self._empty.setVisible(len(self.picks) == 0 and not self._expected)
            wide = min(self.viewport().width(), 440)
            self._empty.setGeometry((self.viewport().width() - wide) // 2, 0, wide, min(self.viewport().height(), 260))

    # ---- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        area = event.rect()
        painter.fillRect(area, theme.token("well"))
        scrolled = self.verticalScrollBar().value()
        first = (area.top() + scrolled) // self._row
        last = min((area.bottom() + scrolled) // self._row + 1, len(self.picks))
        if self._columns is not None and last > first:
            self._paint_rows(painter, self._columns, first, last)
        if self._expected > len(self.picks):
            self._paint_skeletons(painter, max(first, len(self.picks)), area.bottom())

    def _paint_rows(self, painter: QPainter, columns: Columns, first: int, last: int) -> None:
        rows = self.picks.rows[first:last]
        top = first * self._row - self.verticalScrollBar().value()
        self._paint_grounds(painter, rows, first, top)
        shift = self.horizontalScrollBar().value()
        for head, left, wide in self.header.spans():
            if left - shift + wide < 0 or left - shift > self.viewport().width():
                continue
            box = QRectF(left - shift + _PAD, top, wide - 2 * _PAD, self._row)
            self._paint_column(painter, columns, head, rows, box)

    def _paint_grounds(self, painter: QPainter, rows: Rows, first: int, top: int) -> None:
        wide = self.viewport().width()
        line, fill, accent, hover = (theme.token(name) for name in ("line", "selection", "accent", "hover"))
        chosen = self.picks.is_selected(rows)
        for place in range(len(rows)):
            y = top + place * self._row
            current = first + place == self.picks.position
            if chosen[place]:
                painter.fillRect(0, y, wide, self._row, fill)
            elif first + place == self._hover:
                painter.fillRect(0, y, wide, self._row, hover)
            painter.fillRect(0, y + self._row - 1, wide, 1, line)
            if chosen[place] or current:
                painter.fillRect(0, y, 3 if current and self.hasFocus() else 2, self._row, accent)

    def _paint_column(self, painter: QPainter, columns: Columns, head: Head, rows: Rows, box: QRectF) -> None:
        if head.kind == "chips":
            for mark in columns.chip(rows):
                self._paint_chips(painter, mark, box)
                box.translate(0, self._row)
        elif head.kind == "sparkline":
            self._paint_lines(painter, rows, box)
        elif head.kind == "bar":
            self._paint_bars(painter, columns, head, rows, box)
        else:
            self._paint_words(painter, columns.text(rows, head.name), head, box)

    def _paint_words(self, painter: QPainter, words: Sequence[str], head: Head, box: QRectF) -> None:
        face = theme.font("mono" if head.kind == "mono" else "body")
        measure = QFontMetrics(face)
        flags = (paint.RIGHT if head.kind == "number" else paint.LEFT) | Qt.TextFlag.TextSingleLine
        painter.setFont(face)
        painter.setPen(theme.token("text2" if head.kind == "soft" else "text"))
        wide = int(box.width())
        # Every sign of a column takes at most this, so most texts need no measuring.
        safe = wide // max(measure.maxWidth() if len(words) < 2 else measure.horizontalAdvance("W"), 1)
        mode = Qt.TextElideMode.ElideMiddle if head.kind == "mono" else Qt.TextElideMode.ElideRight
        for text in words:
            shown = text if len(text) <= safe else measure.elidedText(text, mode, wide)
            painter.drawText(box, flags, shown)
            box.translate(0, self._row)

    def _paint_chips(self, painter: QPainter, mark: ChipMark, box: QRectF) -> None:
        x, y = round(box.left()), round(box.center().y() - paint.CHIP / 2)
        if mark.label >= 0:
            self._chip(painter, x, y, "filled", mark.label)
        elif mark.model < 0:
            self._chip(painter, x, y, "dashed", 0)
        else:
            self._chip(painter, x, y, "hollow", mark.model)
        if mark.conflict:
            paint.text(painter, QRectF(x + 17, box.top(), 18, self._row), "≠", "body", "text2", paint.CENTRE)
            self._chip(painter, x + 35, y, "hollow", mark.model)
        if mark.person and mark.label >= 0:
            after = x + (57 if mark.conflict else 22)
            painter.drawPixmap(after, y + 3, theme.pixmap("person", 11, "text2", self.devicePixelRatioF()))

    def _chip(self, painter: QPainter, x: int, y: int, kind: str, index: int) -> None:
        letter = self._letters[index] if index < len(self._letters) else str(index)
        painter.drawPixmap(x, y, paint.chip_pixmap(kind, letter, index, self.devicePixelRatioF()))

    def _paint_bars(self, painter: QPainter, columns: Columns, head: Head, rows: Rows, box: QRectF) -> None:
        words = columns.text(rows, head.name)
        wide = max(box.width() - 34, 0)
        fill = theme.token("label_bar")
        for part, text in zip(columns.bar(rows, head.name).tolist(), words, strict=True):
            if math.isfinite(part) and wide > 8:
                paint.bar(painter, QRectF(box.left(), round(box.center().y()) - 2, wide, 5), part, fill)
            paint.text(painter, box, text, "body", "text", paint.RIGHT)
            box.translate(0, self._row)

    def _paint_lines(self, painter: QPainter, rows: Rows, box: QRectF) -> None:
        missing = False
        for row in rows.tolist():
            line = self._lines.get(row)
            if line is None:
                missing = True
                paint.skeleton(painter, QRectF(box.left(), box.center().y() - 4, box.width() * 0.9, 8))
            elif len(line):
                painter.drawPixmap(round(box.left()), round(box.top()), self._line_picture(row, line, box))
            box.translate(0, self._row)
        if missing and not self._asking.isActive():
            self._asking.start(0)

    def _line_picture(self, row: int, line: Floats, box: QRectF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        wide, tall = round(box.width()), self._row - 1
        key = (row, wide, tall, theme.is_dark())
        picture = self._pictures.get(key)
        if picture is None or picture.devicePixelRatio() != ratio:
            picture = QPixmap(round(wide * ratio), round(tall * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            inside = QPainter(picture)
            paint.sparkline(inside, QRectF(0.5, 5, wide - 1, tall - 10), line, theme.token("text2"), 1.0)
            inside.end()
            self._pictures[key] = picture
            if len(self._pictures) > _KEPT:
                self._pictures.popitem(last=False)
        return picture

    def _paint_skeletons(self, painter: QPainter, first: int, bottom: int) -> None:
        shift = self.horizontalScrollBar().value()
        for position in range(first, self._expected):
            y = self.rect_of(position).top()
            if y > bottom:
                return
            for _head, left, wide in self.header.spans():
                area = QRectF(left - shift + _PAD, y + self._row / 2 - 5, max(wide * 0.7 - _PAD, 12), 10)
                paint.skeleton(painter, area)
            painter.fillRect(0, y + self._row - 1, self.viewport().width(), 1, theme.token("line"))

    def _forget_pictures(self) -> None:
        self._pictures.clear()
        self.viewport().update()

    def _ask_lines(self) -> None:
        first = self.verticalScrollBar().value() // self._row
        shown = self.viewport().height() // self._row + 2
        wanted = self.picks.rows[first : first + 2 * shown].tolist()
        missing = [row for row in wanted if row not in self._lines and row not in self._asked]
        if missing:
            self._asked = set(missing)
            self.sparklines_asked.emit(np.asarray(missing, np.int64))

    # ---- the person's hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.position_at(event.position().y())
        if place < 0:
            return
        keys = event.modifiers()
        if (
            event.button() == Qt.MouseButton.RightButton
            and self.picks.is_selected(self.picks.rows[place : place + 1])[0]
        ):
            return
        self._pick(
            place, bool(keys & Qt.KeyboardModifier.ShiftModifier), bool(keys & Qt.KeyboardModifier.ControlModifier)
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.position_at(event.position().y())
        if event.buttons() & Qt.MouseButton.LeftButton and place >= 0 and place != self.picks.position:
            self._pick(place, extend=True)
        self._set_hover(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.position_at(event.position().y())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened_asked.emit(int(self.picks.rows[place]))

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(-1)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._set_hover(-1)
        return super().viewportEvent(event)

    def _set_hover(self, place: int) -> None:
        if place != self._hover:
            for position in (self._hover, place):
                if position >= 0:
                    self.viewport().update(self.rect_of(position))
            self._hover = place

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.picks.position >= 0:
            point = event.globalPos()
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                point = self.viewport().mapToGlobal(self.rect_of(self.picks.position).center())
            self.menu_asked.emit(self.picks.current, point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        page = max(self.viewport().height() // self._row - 1, 1)
        last = len(self.picks) - 1
        here = self.picks.position
        steps = {
            Qt.Key.Key_Up: here - 1,
            Qt.Key.Key_Down: here + 1,
            Qt.Key.Key_PageUp: here - page,
            Qt.Key.Key_PageDown: here + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if key in steps and last >= 0:
            self._pick(max(0, min(steps[key], last)), extend=shift)
        elif key == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.picks.pick_all()
            self._tell(current=False)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and here >= 0:
            self.opened_asked.emit(self.picks.current)
        else:
            super().keyPressEvent(event)
            event.ignore()

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
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
        if current:
            self.current_asked.emit(self.picks.current)
        self.selection_asked.emit(rows)

    def _describe(self) -> None:
        place = self.picks.position
        words = f"row {place + 1} of {len(self.picks)}" if place >= 0 else f"{len(self.picks)} rows"
        self.setAccessibleDescription(words)
