"""The rows of a montage that is being written, as a table: written over, moved by drag or keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from models.errors import UserError
from models.montage_draft import Draft, DraftRow, lacking, read_row
from widgets import paint, theme, tokens

Index = QModelIndex | QPersistentModelIndex
GROUP, LABEL, TEXT, STATE = range(4)
TITLES = ("Group", "Name", "Channels", "In this recording")
_WIDTHS = {GROUP: 120, LABEL: 110, STATE: 190}


class MontageRows(QAbstractTableModel):
    """``written(Draft)``: a person wrote something; the rows change with the next `show`."""

    written = Signal(object)

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(names)
        self.draft = Draft("", ())
        self.states: list[tuple[str, str, str]] = []

    def show(self, draft: Draft) -> None:
        """Other rows."""
        self.beginResetModel()
        self.draft = draft
        self.states = [self._state(row) for row in draft.rows]
        self.endResetModel()

    def _state(self, row: DraftRow) -> tuple[str, str, str]:
        """A tone and words: what is wrong with a row, or which channels the recording lacks; and its name."""
        try:
            made = read_row(row)
        except UserError as error:
            words = str(error)
            return "error", words[:1].upper() + words[1:], ""
        found = lacking(made, self.names, self.draft.partial) if self.names else []
        return ("warn", f"no {', '.join(found)}", made.label) if found else ("text3", "", made.label)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self.draft.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        return {Qt.ItemDataRole.DisplayRole: TITLES[section], Qt.ItemDataRole.TextAlignmentRole: paint.LEFT}.get(
            Qt.ItemDataRole(role)
        )

    def flags(self, index: Index) -> Qt.ItemFlag:
        kept = super().flags(index)
        if self.draft.built_in or not index.isValid():
            return kept
        kept |= Qt.ItemFlag.ItemIsDragEnabled
        return kept | Qt.ItemFlag.ItemIsEditable if index.column() != STATE else kept

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.draft.rows):
            return None
        row, (tone, words, label) = self.draft.rows[index.row()], self.states[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.group, row.label or label, row.text, words)[index.column()]
        if role == Qt.ItemDataRole.EditRole:
            return (row.group, row.label, row.text, words)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole:
            quiet = self.draft.built_in or (index.column() == LABEL and not row.label)
            return theme.token(tone if index.column() == STATE else "text2" if quiet else "text")
        if role == Qt.ItemDataRole.FontRole:
            return theme.font("mono" if index.column() == TEXT else "body")
        return words or None if role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row, words = self.draft.rows[index.row()], str(value).strip()
        name = ("group", "label", "text")[index.column()]
        if role != Qt.ItemDataRole.EditRole or words == getattr(row, name):
            return False
        self.written.emit(self.draft.written(index.row(), replace(row, **{name: words})))
        return True


class MontageTable(QTableView):
    """``moved(places, before)``: rows are to stand before another one. ``added()``, ``removed()``: Insert, Delete."""

    moved = Signal(object, int)
    added = Signal()
    removed = Signal()

    def __init__(self, model: MontageRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("montages.rows")
        self.setAccessibleName("Rows of the montage")
        self._rows = model
        self.setModel(model)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(tokens.ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)
        for column, wide in _WIDTHS.items():
            self.setColumnWidth(column, wide)

    def chosen(self) -> list[int]:
        """The selected rows, in order."""
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def choose(self, places: Sequence[int]) -> None:
        """Select these rows alone."""
        self.clearSelection()
        mode, self_mode = self.selectionMode(), QAbstractItemView.SelectionMode.MultiSelection
        self.setSelectionMode(self_mode)
        for place in places:
            if 0 <= place < len(self._rows.draft.rows):
                self.selectRow(place)
        self.setSelectionMode(mode)

    def step(self, by: int) -> None:
        """The selected rows one up (−1) or down (1)."""
        chosen = self.chosen()
        if not chosen:
            return
        before = chosen[0] - 1 if by < 0 else chosen[-1] + 2
        if 0 <= before <= len(self._rows.draft.rows):
            self.moved.emit(chosen, before)

    def dropEvent(self, event: QDropEvent) -> None:
        """The dragged rows stand where they are let go; the model is told by whoever listens."""
        place, chosen = event.position().toPoint(), self.chosen()
        row = self.rowAt(place.y())
        before = len(self._rows.draft.rows) if row < 0 else row
        if row >= 0 and place.y() > self.visualRect(self._rows.index(row, 0)).center().y():
            before += 1
        # Qt would take the rows out itself after a move.
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if chosen and not self._rows.draft.built_in:
            self.moved.emit(chosen, before)

    def event(self, event: QEvent) -> bool:
        """Delete takes a row out here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._act(event):
            event.accept()
            return True
        return super().event(event)

    def _act(self, event: QKeyEvent) -> Any:
        plain, alt = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return {
            (Qt.Key.Key_Delete, plain): self.removed.emit,
            (Qt.Key.Key_Insert, plain): self.added.emit,
            (Qt.Key.Key_Up, alt): lambda: self.step(-1),
            (Qt.Key.Key_Down, alt): lambda: self.step(1),
        }.get((Qt.Key(event.key()), held))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = self._act(event)
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._rows.draft.rows:
            area = QRectF(self.viewport().rect())
            words = "No row yet: choose a channel at the right, or press Insert"
            paint.text(QPainter(self.viewport()), area, words, "body", "text3", paint.CENTRE)
