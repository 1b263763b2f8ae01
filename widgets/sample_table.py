"""The table of samples: a million rows from a numpy index, only the visible ones are ever read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from models.change import Rows
from widgets import theme, tokens
from widgets.pick_view import PickView
from widgets.table_cells import Cells, ChipMark, Columns, Floats, Lines, face_of, fitted
from widgets.table_header import HEADER, Head, HeaderRow

__all__ = ["ChipMark", "Columns", "Head", "SampleTable"]

_PAD = 6
#: Kinds of columns whose cells are words that may be cut.
WORDED = ("text", "soft", "mono", "letters")


class SampleTable(PickView):
    """The list of samples.

    Besides what every list asks: ``sort_asked(column, descending)``, ``sparklines_asked(rows)``
    (answer with `give_sparklines`), ``columns_changed(state)``.
    """

    sort_asked = Signal(str, bool)
    sparklines_asked = Signal(object)
    columns_changed = Signal(object)

    def __init__(self, columns: Columns | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = HeaderRow(self)
        self._columns: Columns | None = None
        self._letters: list[str] = []
        self._row = tokens.ROW
        self._hover = -1
        self._lines = Lines()
        self._asked: set[int] = set()
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.timeout.connect(self._ask_lines)
        self._dress()
        self._connect()
        if columns is not None:
            self.set_columns(columns)

    def _dress(self) -> None:
        self.setAccessibleName("Samples")
        self.setViewportMargins(0, HEADER, 0, 0)
        self.viewport().setMouseTracking(True)
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
        self._lines.forget()
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

    def set_sort(self, column: str, descending: bool) -> None:
        """Mark the sorted column."""
        self.header.set_sort(column, descending)

    def refresh(self) -> None:
        """Read the visible rows anew: labels or predictions changed."""
        self.viewport().update()

    def give_sparklines(self, rows: Rows, lines: Sequence[Floats | None] | Floats) -> None:
        """Hand over the small lines asked for, one array (points,) each; None: there is none."""
        self._lines.give(rows, lines)
        self._asked.difference_update(rows.tolist())
        self.viewport().update()

    def forget_sparklines(self) -> None:
        """The samples changed: ask for all lines again."""
        self._lines.forget()
        self._asked.clear()
        self.viewport().update()

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

    def wanted_width(self) -> int:
        """The width in which all shown columns have theirs."""
        return self.header.wanted_width() + self.verticalScrollBar().sizeHint().width()

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
        bar.setRange(0, max(len(self.picks) * self._row - height, 0))
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

    def _paint_rows(self, painter: QPainter, columns: Columns, first: int, last: int) -> None:
        rows = self.picks.rows[first:last]
        top = first * self._row - self.verticalScrollBar().value()
        self._paint_grounds(painter, rows, first, top)
        shift = self.horizontalScrollBar().value()
        cells = Cells(columns, self._letters, self._lines, self._row, self.devicePixelRatioF())
        for head, left, wide in self.header.spans():
            if left - shift + wide < 0 or left - shift > self.viewport().width():
                continue
            box = QRectF(left - shift + _PAD, top, wide - 2 * _PAD, self._row)
            cells.paint(painter, head, rows, box)
            if head.kind == "sparkline" and not self._asking.isActive() and self._missing(rows):
                self._asking.start(0)

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

    def _forget_pictures(self) -> None:
        self._lines.forget_pictures()
        self.viewport().update()

    def _missing(self, rows: Rows) -> list[int]:
        return [row for row in rows.tolist() if row not in self._lines]

    def _ask_lines(self) -> None:
        first = self.verticalScrollBar().value() // self._row
        shown = self.viewport().height() // self._row + 2
        missing = [row for row in self._missing(self.picks.rows[first : first + 2 * shown]) if row not in self._asked]
        if missing:
            self._asked = set(missing)
            self.sparklines_asked.emit(np.asarray(missing, np.int64))

    # ---- the person's hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press(self.position_at(event.position().y()), event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.position_at(event.position().y())
        if event.buttons() & Qt.MouseButton.LeftButton and place >= 0 and place != self.picks.position:
            self._pick(place, extend=True)
        self._set_hover(place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._open(self.position_at(event.position().y()), event)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(-1)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._set_hover(-1)
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words, box = self.told_at(event.pos())
            QToolTip.showText(event.globalPos(), words, self.viewport(), box)
            return True
        return super().viewportEvent(event)

    def told_at(self, point: QPoint) -> tuple[str, QRect]:
        """What the cell at a point of the viewport tells in full, where it is cut or in letters; and where that is."""
        place, x = self.position_at(point.y()), point.x() + self.horizontalScrollBar().value()
        found = next((span for span in self.header.spans() if span[1] <= x < span[1] + span[2]), None)
        if place < 0 or found is None or self._columns is None or found[0].kind not in WORDED:
            return "", QRect()
        head, left, wide = found
        row = self.picks.rows[place : place + 1]
        shown, whole = self._columns.text(row, head.name)[0], self._columns.whole(int(row[0]), head.name)
        cut = fitted(shown, head.kind, QFontMetrics(face_of(head.kind)), wide - 2 * _PAD) != whole
        box = QRect(left - self.horizontalScrollBar().value(), self.rect_of(place).top(), wide, self._row)
        return (whole, box) if cut else ("", box)

    def _set_hover(self, place: int) -> None:
        if place != self._hover:
            for position in (self._hover, place):
                if position >= 0:
                    self.viewport().update(self.rect_of(position))
            self._hover = place

    def _step(self, key: Qt.Key) -> int | None:
        here, page = self.picks.position, max(self.viewport().height() // self._row - 1, 1)
        steps = {
            Qt.Key.Key_Up: here - 1,
            Qt.Key.Key_Down: here + 1,
            Qt.Key.Key_PageUp: here - page,
            Qt.Key.Key_PageDown: here + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self.picks) - 1,
        }
        return steps.get(key)

    def _place_words(self, place: int, total: int) -> str:
        return f"row {place} of {total}" if place else f"{total} rows"
