"""The head of a table: titles, the sort arrow, columns that a person chooses, moves and resizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QWidget

from widgets import paint, theme

HEADER = 27
_PAD = 6
_GRIP = 4
#: The least width of a sparkline: its title fits.
_LINE = 54


@dataclass(frozen=True)
class Head:
    """One column that may be shown.

    kind: text, soft (grey text), letters (a few, grey), mono, number, chips, bar, sparkline.
    main: shown by default. least: the width in px that it may be narrowed to before another column has to go, 0 where
    it keeps its own.
    """

    name: str
    title: str
    kind: str = "text"
    width: int = 80
    main: bool = True
    tip: str = ""
    least: int = 0

    @property
    def align(self) -> Qt.AlignmentFlag:
        """Where the title stands, and the words below it."""
        return {"number": paint.RIGHT, "letters": paint.CENTRE}.get(self.kind, paint.LEFT)


class HeaderRow(QWidget):
    """Titles over a table. A click sorts, a drag moves a column, a drag of its edge resizes it.

    By keyboard: ← → choose a column, Enter sorts it, Shift+← → resizes, Ctrl+← → moves it.
    """

    sort_asked = Signal(str, bool)
    layout_changed = Signal()
    state_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heads: dict[str, Head] = {}
        self._shown: list[str] = []
        self._widths: dict[str, int] = {}
        self._sort = ("", False)
        self._room, self._offset = 0, 0
        self._drag: tuple[str, str, float] | None = None
        self._moved = False
        self._drop = -1
        self._focus = 0
        self._own = False
        self.setFixedHeight(HEADER)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Columns")
        self.setObjectName("table_header")

    def set_heads(self, heads: Sequence[Head]) -> None:
        """Offer these columns; what a person chose stays so, else the main ones show in their first widths."""
        before, self._heads = self._heads, {head.name: head for head in heads}
        kept = [name for name in self._shown if name in self._heads] if self._own else []
        self._shown = kept or [head.name for head in heads if head.main]
        for head in heads:
            was = before.get(head.name)
            if head.name not in self._widths or (was is not None and self._widths[head.name] == was.width):
                self._widths[head.name] = head.width
        self._changed(tell=False)

    def heads(self) -> list[Head]:
        """The shown columns in order."""
        return [self._heads[name] for name in self._shown]

    def show_columns(self, names: Sequence[str]) -> None:
        """Show these columns in this order."""
        self._shown = [name for name in names if name in self._heads]
        self._changed()

    def set_sort(self, column: str, descending: bool) -> None:
        """Mark the sorted column."""
        self._sort = (column, descending)
        self.update()

    def set_room(self, width: int) -> None:
        """The width that the table has."""
        self._room = width
        self.update()

    def set_offset(self, offset: int) -> None:
        """How far the table is scrolled to the right."""
        self._offset = offset
        self.update()

    def spans(self) -> Iterator[tuple[Head, int, int]]:
        """Each column on screen with its left edge and width.

        Spare room goes to the first sparkline or text column, want of room is taken from the
        sparkline down to 54 px, then from those that may be narrower; columns that then do not fit
        are left out from the end, unless the person arranged the columns: then the table scrolls.
        """
        names = self._fitting()
        widths = {name: self._widths[name] for name in names}
        spare = self._room - sum(widths.values())
        elastic = self._elastic(names)
        if elastic and spare > 0:
            widths[elastic] += spare
        elif elastic and spare < 0 and self._heads[elastic].kind == "sparkline":
            widths[elastic] = max(min(_LINE, widths[elastic]), widths[elastic] + spare)
        if not self._own and self._room:
            self._narrow(widths)
        left = 0
        for name in names:
            yield self._heads[name], left, widths[name]
            left += widths[name]

    def _fitting(self) -> list[str]:
        names = list(self._shown)
        if self._own or not self._room:
            return names
        while len(names) > 2 and sum(self._least(name) for name in names) > self._room:
            names.pop()
        return names

    def _least(self, name: str) -> int:
        """The width that a column can do with."""
        head, wide = self._heads[name], self._widths[name]
        least = _LINE if head.kind == "sparkline" else head.least
        return min(wide, least) if least else wide

    def _narrow(self, widths: dict[str, int]) -> None:
        """Take what is wanting from the columns that may be narrower, of each the same part of what it can give."""
        want = sum(widths.values()) - self._room
        gives = {name: wide - self._least(name) for name, wide in widths.items()}
        left = sum(gives.values())
        for name, give in gives.items():
            if want > 0 and give > 0:
                taken = min(give, -(-want * give // left))
                widths[name], want = widths[name] - taken, want - taken
            left -= give

    def _elastic(self, names: Sequence[str]) -> str:
        for kinds in (("sparkline",), ("text", "soft", "mono"), ("bar", "number", "chips")):
            for name in names:
                if self._heads[name].kind in kinds:
                    return name
        return ""

    def wanted_width(self) -> int:
        """Width of all columns to show, whether or not there is room for them."""
        return sum(self._widths[name] for name in self._shown)

    def total_width(self) -> int:
        """Width of all shown columns."""
        return sum(wide for _head, _left, wide in self.spans())

    def state(self) -> dict[str, Any]:
        """Shown columns in order, widths that a person gave, and whether a person arranged them."""
        own = {
            name: wide
            for name, wide in self._widths.items()
            if name not in self._heads or wide != self._heads[name].width
        }
        return {"shown": list(self._shown), "widths": own, "own": self._own}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up a state."""
        self._widths.update({str(name): max(int(width), 24) for name, width in state.get("widths", {}).items()})
        self._own = bool(state.get("own", False))
        shown = [name for name in state.get("shown", []) if name in self._heads or not self._heads]
        if shown and self._own:
            self._shown = shown
        self._changed(tell=False)

    def columns_menu(self, parent: QWidget) -> QMenu:
        """A check mark for each column; the last shown one cannot be hidden."""
        menu = QMenu(parent)
        for head in self._heads.values():
            action = menu.addAction(head.title)
            action.setCheckable(True)
            action.setChecked(head.name in self._shown)
            action.setEnabled(self._shown != [head.name])
            action.triggered.connect(lambda on, name=head.name: self._toggle(name, on))
        return menu

    def _toggle(self, name: str, on: bool) -> None:
        if on and name not in self._shown:
            order = list(self._heads)
            after = [other for other in self._shown if order.index(other) < order.index(name)]
            self._shown.insert(self._shown.index(after[-1]) + 1 if after else 0, name)
        elif not on and len(self._shown) > 1:
            self._shown.remove(name)
        self._changed()

    def _changed(self, tell: bool = True) -> None:
        self._own = self._own or tell
        self.update()
        self.layout_changed.emit()
        if tell:
            self.state_changed.emit()

    # ---- paint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("panel"))
        paint.rule(painter, self.rect(), "bottom")
        for place, (head, left, wide) in enumerate(self.spans()):
            box = QRectF(left - self._offset + _PAD, 0, wide - 2 * _PAD, HEADER)
            self._paint_title(painter, head, box)
            if self.hasFocus() and place == self._focus:
                painter.fillRect(round(box.left()), HEADER - 3, round(box.width()), 2, theme.token("accent"))
        if self._drop >= 0:
            painter.fillRect(self._drop - self._offset - 1, 2, 2, HEADER - 4, theme.token("accent"))

    def _paint_title(self, painter: QPainter, head: Head, box: QRectF) -> None:
        column, descending = self._sort
        sorts = column == head.name
        words = head.title
        if sorts:
            arrow = f" {'↓' if descending else '↑'}"
            room = box.width() - paint.width(arrow, "label") - 1
            metrics = QFontMetricsF(theme.font("label"))
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room) + arrow
        paint.text(painter, box, words, "label", "text" if sorts else "text2", head.align)

    # ---- hands

    def _at(self, x: float) -> tuple[str, str]:
        """What is at x: ("edge", column) or ("title", column)."""
        spans = list(self.spans())
        for head, left, wide in spans:
            if abs(x + self._offset - left - wide) <= _GRIP:
                return "edge", head.name
        for head, left, wide in spans:
            if left <= x + self._offset < left + wide:
                return "title", head.name
        return "", ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            what, name = self._at(event.position().x())
            self._drag = (what, name, event.position().x()) if what else None
            self._moved = False
            if what == "edge":
                self._widths[name] = next(wide for head, _left, wide in self.spans() if head.name == name)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._drag is None:
            what, name = self._at(x)
            self.setCursor(Qt.CursorShape.SplitHCursor if what == "edge" else Qt.CursorShape.ArrowCursor)
            self.setToolTip(self._heads[name].tip if name else "")
            return
        what, name, start = self._drag
        if what == "edge":
            self._widths[name] = max(self._widths[name] + round(x - start), 24)
            self._drag = (what, name, x)
            self._moved = True
            self._changed(tell=False)
        elif abs(x - start) > 6 or self._moved:
            self._moved = True
            self._drop = self._gap(x)
            self.update()

    def _gap(self, x: float) -> int:
        edges = [0, *(left + wide for _head, left, wide in self.spans())]
        return min(edges, key=lambda edge: abs(edge - x - self._offset))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is None:
            return
        what, name, _start = drag
        if what == "title" and not self._moved:
            self._ask(name)
        elif what == "title":
            self._move_to(name, self._drop)
        else:
            self._changed()
        self._drop = -1
        self.update()

    def _move_to(self, name: str, edge: int) -> None:
        before = [head.name for head, left, _wide in self.spans() if left < edge and head.name != name]
        after = [other for other in self._shown if other not in before and other != name]
        self.show_columns([*before, name, *after])

    def _ask(self, name: str) -> None:
        if self._heads[name].kind == "sparkline":
            return
        column, descending = self._sort
        large_first = self._heads[name].kind in ("number", "bar")
        self.sort_asked.emit(name, not descending if column == name else large_first)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.columns_menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if not self._shown or not (step or event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)):
            super().keyPressEvent(event)
            return
        self._focus = min(self._focus, len(self._shown) - 1)
        name = self._shown[self._focus]
        if not step:
            self._ask(name)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._widths[name] = max(self._widths[name] + 8 * step, 24)
            self._changed()
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            target = max(0, min(self._focus + step, len(self._shown) - 1))
            self._shown.insert(target, self._shown.pop(self._focus))
            self._focus = target
            self._changed()
        else:
            self._focus = max(0, min(self._focus + step, len(self._shown) - 1))
            self.update()

    def focusInEvent(self, event: Any) -> None:
        self.update()

    def focusOutEvent(self, event: Any) -> None:
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange:
            self.update()
        return super().event(event)
