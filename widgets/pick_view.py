"""What table and mosaic share: a scrolled list of samples with a current row and a selection, by mouse and key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from models.change import Rows
from widgets.parts.states import EmptyState
from widgets.picks import Picks


class PickView(QAbstractScrollArea):
    """A list that shows and asks. Not for use by itself.

    ``current_asked(row)``, ``selection_asked(rows)``, ``opened_asked(row)`` (Enter, double click),
    ``menu_asked(row, global point)``, ``empty_asked(key)`` (a button of the empty state); ``picked``
    when current row or selection changed here, whoever asked. `rows` are project rows, a position is
    a place in the list.
    """

    current_asked = Signal(int)
    selection_asked = Signal(object)
    opened_asked = Signal(int)
    menu_asked = Signal(int, QPoint)
    empty_asked = Signal(str)
    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picks = Picks()
        self._empty: EmptyState | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # ---- what each has of its own

    def rect_of(self, position: int) -> QRect:
        """Where a position stands in the viewport."""
        raise NotImplementedError

    def ensure_visible(self) -> None:
        """Scroll as little as needed to show the current position."""
        raise NotImplementedError

    def _step(self, key: Qt.Key) -> int | None:
        """The position to which a key leads, which may lie beyond the list; None for other keys."""
        raise NotImplementedError

    def _place_words(self, place: int, total: int) -> str:
        """Where the current row stands, counted from 1; 0 for none."""
        raise NotImplementedError

    # ---- what it shows

    def show_selection(self, row: int, rows: Rows | None = None) -> None:
        """Show another current row and selection without asking for them; scrolls to the row."""
        self.picks.show(row, rows)
        self.ensure_visible()
        self._show_picks()

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

    def _place_empty(self) -> None:
        if self._empty is not None:
            view = self.viewport()
            wide = min(view.width(), 440)
            self._empty.setGeometry((view.width() - wide) // 2, 0, wide, min(view.height(), 280))
            self._empty.setVisible(len(self.picks) == 0)

    def _describe(self) -> None:
        self.setAccessibleDescription(self._place_words(self.picks.position + 1, len(self.picks)))

    def _show_picks(self) -> None:
        self._describe()
        self.picked.emit()
        self.viewport().update()

    # ---- the person's hands

    def _press(self, place: int, event: QMouseEvent) -> None:
        """A button goes down on a position; any but the left one leaves a selection under it whole."""
        if place < 0:
            return
        keys = event.modifiers()
        if (
            event.button() != Qt.MouseButton.LeftButton
            and self.picks.is_selected(self.picks.rows[place : place + 1])[0]
        ):
            return
        shift = bool(keys & Qt.KeyboardModifier.ShiftModifier)
        self._pick(place, shift, bool(keys & Qt.KeyboardModifier.ControlModifier))

    def _open(self, place: int, event: QMouseEvent) -> None:
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened_asked.emit(int(self.picks.rows[place]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.picks.position >= 0:
            point = event.globalPos()
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                point = self.viewport().mapToGlobal(self.rect_of(self.picks.position).center())
            self.menu_asked.emit(self.picks.current, point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, keys = Qt.Key(event.key()), event.modifiers()
        held = bool(keys & Qt.KeyboardModifier.ControlModifier) and key in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        place = None if held else self._step(key)
        if place is not None and len(self.picks):
            self._pick(max(0, min(place, len(self.picks) - 1)), bool(keys & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_A and keys & Qt.KeyboardModifier.ControlModifier:
            self.picks.pick_all()
            self._tell(current=False)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.picks.position >= 0:
            self.opened_asked.emit(self.picks.current)
        elif held:
            event.ignore()  # of whoever shows the sample
        else:
            super().keyPressEvent(event)
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _pick(self, place: int, extend: bool = False, toggle: bool = False) -> None:
        before = self.picks.current
        if self.picks.pick(place, extend, toggle):
            self.ensure_visible()
            self._tell(current=before != self.picks.current)

    def _tell(self, current: bool) -> None:
        rows = self.picks.selected()
        self._show_picks()
        if current:
            self.current_asked.emit(self.picks.current)
        self.selection_asked.emit(rows)
