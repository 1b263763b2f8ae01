"""The list of annotations beside their recording: jumped to, filtered, written over, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCompleter,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from widgets import numbers, paint, theme, tokens
from widgets.parts import KeyHints, LabelledCombo, PaneHeader, ToolButton
from widgets.parts.table import dress_table
from widgets.recording.region_model import (
    BAND,
    BY,
    OTHERS,
    RECORDING,
    SECONDS,
    START,
    STOP,
    TEXT,
    UNNAMED,
    Names,
    RegionModel,
)  # fmt: skip
from widgets.recording.regions import RegionTable

Index = QModelIndex | QPersistentModelIndex
_WIDTHS = {START: 104, SECONDS: 76, STOP: 84, BAND: 104, BY: 150}
_HINTS = (("[ ]", "before, next"), ("F2", "write"), ("Delete", "delete"), ("Esc", "back"))
NOTHING = "No {} yet: press R and drag"
#: Of a lower list the rows have the room of the keys.
_HINTED = 148
_ROWS = QItemSelectionModel.SelectionFlag.Rows


class RegionView(QTableView):
    """``removed()``: Delete was pressed; ``opened()``: Enter; ``left()``: Esc."""

    removed = Signal()
    opened = Signal()
    left = Signal()

    def __init__(self, model: RegionModel, name: str = "recording_regions", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(f"{model.called}s".capitalize())
        self.setModel(model)
        self._rows = model
        self.empty = NOTHING.format(model.called)
        self.setItemDelegate(_Delegate(self, model))
        header = dress_table(self, QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(model.columns.index(TEXT), QHeaderView.ResizeMode.Stretch)
        for section, column in enumerate(model.columns):
            if column in _WIDTHS:
                self.setColumnWidth(section, _WIDTHS[column])

    def event(self, event: QEvent) -> bool:
        """F2 writes here and is no montage's key; Delete and Esc are the list's own."""
        own = (Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in own:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        acts = {Qt.Key.Key_Delete: self.removed, Qt.Key.Key_Escape: self.left}
        acts |= dict.fromkeys((Qt.Key.Key_Return, Qt.Key.Key_Enter), self.opened)
        act = acts.get(Qt.Key(event.key()))
        if act is not None:
            act.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not len(self._rows.rows):
            words = "None of them fits the filter" if len(self._rows.table) else self.empty
            area = QRectF(self.viewport().rect()).adjusted(12, 0, -12, 0)
            paint.text(QPainter(self.viewport()), area, words, "body", "text3", paint.CENTRE)


class RegionList(QWidget):
    """``picked(name)``: an annotation is to be seen. ``edited(Region, words)``. ``removed(names)``. ``refused(words)``:
    what was written is none. ``closed()``. ``left()``: the keyboard goes back to the recording."""

    picked = Signal(str)
    edited = Signal(object, str)
    removed = Signal(object)
    refused = Signal(str)
    closed = Signal()
    left = Signal()

    def __init__(
        self, parent: QWidget | None = None, kind: str = "recording", columns: Sequence[int] = RECORDING
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self.setObjectName(f"{kind}_region_list")
        self.setMinimumHeight(150)
        self.model = RegionModel(columns)
        self.setAccessibleName(f"List of {self.model.called}s")
        self.model.edited.connect(self.edited)
        self.model.refused.connect(self.refused)
        self._quiet = False
        self._build()

    def _build(self) -> None:
        several = f"{self.model.called}s"
        self.head = PaneHeader(several.capitalize(), "")
        self.kind = LabelledCombo("Class", [("All", "")], f"{several.capitalize()} of which class")
        self.kind.setObjectName(f"{self._kind}_regions_class")
        self.kind.chosen.connect(lambda _value: self._filter())
        self.words = QLineEdit()
        self.words.setObjectName(f"{self._kind}_regions_words")
        self.words.setAccessibleName(f"Words in {several}")
        self.words.setPlaceholderText("Find words")
        self.words.setFixedWidth(150)
        self.words.textChanged.connect(lambda _words: self._filter())
        self.delete = ToolButton("delete", f"Delete the chosen {several}", key="Delete")
        self.delete.setObjectName(f"{self._kind}_regions_delete")
        self.delete.clicked.connect(lambda _on=False: self._remove())
        close = ToolButton("close", f"Close the list of {several}")
        close.setObjectName(f"{self._kind}_regions_close")
        close.clicked.connect(lambda _on=False: self.closed.emit())
        for tool, keep in ((self.words, False), (self.kind, True), (self.delete, False), (close, True)):
            self.head.add_tool(tool, keep)
        self.view = RegionView(self.model, f"{self._kind}_regions")
        self.view.removed.connect(self._remove)
        self.view.opened.connect(self._open)
        self.view.left.connect(self.left)
        self.view.horizontalHeader().sectionClicked.connect(self._sort)
        self.view.selectionModel().currentRowChanged.connect(lambda now, _before: self._pick(now.row()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.hints = KeyHints(_HINTS)
        for part, share in ((self.head, 0), (self.view, 1), (self.hints, 0)):
            column.addWidget(part, share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.hints.setVisible(self.height() >= _HINTED)

    # -- what is shown

    def show_regions(self, table: RegionTable, names: Names, bounds: tuple[float, float]) -> None:
        """Show these annotations; the chosen ones stay chosen, and so does the place."""
        chosen, current = self.chosen(), self._current()
        row, at = self.view.currentIndex().row(), self.view.verticalScrollBar().value()
        self.model.bounds = bounds
        self._quiet = True
        self.model.show(table, names)
        self._offer_kinds()
        self.view.verticalScrollBar().setValue(at)
        self._choose(chosen, current)
        if current and not self._current() and row >= 0 and len(self.model.rows):
            # What was deleted makes room for the one below it.
            below = self.model.index(min(row, len(self.model.rows) - 1), 0)
            self.view.selectionModel().setCurrentIndex(below, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._quiet = False
        self._say()

    def _offer_kinds(self) -> None:
        now, names = self.kind.value(), self.model.names
        titles = {name: names.titles[place] for name, place in names.places.items()}
        titles |= {OTHERS: "Other words", UNNAMED: "Without words"}
        choices = [(f"{titles[name]} ({numbers.count(count)})", name) for name, count in self.model.kinds()]
        self.kind.set_choices([("All", ""), *choices])
        if not self.kind.set_value(now):
            self.model.filter("", self.words.text())

    def _filter(self) -> None:
        self._arrange(lambda: self.model.filter(str(self.kind.value() or ""), self.words.text()))

    def _sort(self, column: int) -> None:
        self._arrange(lambda: self.model.sort_by(self.model.columns[column]))

    def _arrange(self, act: Callable[[], None]) -> None:
        """Other rows, or in another order; what was chosen stays so where it is among them."""
        chosen, current = self.chosen(), self._current()
        self._quiet = True
        act()
        self._choose(chosen, current)
        self._quiet = False
        self._say()

    def _say(self) -> None:
        every, shown = len(self.model.table), len(self.model.rows)
        told = numbers.count(every) if shown == every else f"{numbers.count(shown)} of {numbers.count(every)}"
        lost = self.model.lost()
        self.head.set_subtitle(f"{told} · {numbers.count(lost)} outside the recording" if lost else told)
        self.delete.setEnabled(bool(self.chosen()))

    def show_chosen(self, name: str) -> None:
        """Mark the one that is chosen in the traces, "" for none."""
        if name == self._current() and (not name or name in self.chosen()):
            return
        self._quiet = True
        self._choose([name] if name else [], name)
        self._quiet = False
        self._say()

    # -- what is chosen

    def chosen(self) -> list[str]:
        """Names of the selected annotations."""
        rows = [index.row() for index in self.view.selectionModel().selectedRows()]
        return [region.name for row in rows if (region := self.model.region(row)) is not None]

    def _current(self) -> str:
        region = self.model.region(self.view.currentIndex().row())
        return region.name if region is not None else ""

    def _choose(self, names: Sequence[str], current: str) -> None:
        selection, last = QItemSelection(), self.model.columnCount() - 1
        for row in (self.model.row_of(name) for name in names):
            if row >= 0:
                selection.select(self.model.index(row, 0), self.model.index(row, last))
        chooser, row = self.view.selectionModel(), self.model.row_of(current) if current else -1
        chooser.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect | _ROWS)
        flag = QItemSelectionModel.SelectionFlag.NoUpdate
        chooser.setCurrentIndex(self.model.index(row, 0) if row >= 0 else QModelIndex(), flag)
        if row >= 0:
            self.view.scrollTo(self.model.index(row, 0))

    def _pick(self, row: int) -> None:
        region = self.model.region(row)
        if not self._quiet and region is not None:
            self.picked.emit(region.name)
            self._say()

    def _open(self) -> None:
        self._pick(self.view.currentIndex().row())
        self.left.emit()

    def _remove(self) -> None:
        if names := self.chosen():
            self.removed.emit(names)


class _Delegate(QStyledItemDelegate):
    """Chip and words; the name of a class is completed while it is written."""

    def __init__(self, view: RegionView, model: RegionModel) -> None:
        super().__init__(view)
        self._model, self._name = model, view.objectName()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = QLineEdit(parent)
        field.setObjectName(f"{self._name}_field")
        field.setAccessibleName(self._model.called.capitalize())
        if self._model.columns[index.column()] == TEXT:
            offer = QCompleter(list(self._model.names.titles), field)
            offer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            offer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)
            field.setCompleter(offer)
        return field

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box: Any = option  # its stub lacks the public fields
        region = self._model.region(index.row())
        if region is None:
            return
        rect, chosen = QRectF(box.rect), bool(box.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(rect, theme.token("selection" if chosen else "well"))
        if chosen and index.column() == 0:
            painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height()), theme.token("accent"))
        if not chosen:
            painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.token("line"))
        inner = rect.adjusted(tokens.GUTTER if index.column() == 0 else 6, 0, -8, 0)
        column = self._model.columns[index.column()]
        if column == TEXT:
            inner = self._chip(painter, inner, self._model.place_of(region), box.widget.devicePixelRatioF())
        words = self._model.cell(region, column)
        role = "mono" if column == START and not self._model.sounds else "body"
        side = paint.RIGHT if self._model.is_number(column) else paint.LEFT
        tone = "text" if words and not self._model.is_lost(region) else "text3"
        unnamed = "no class" if self._model.sounds else "no words"
        paint.text(painter, inner, words or (unnamed if column == TEXT else ""), role, tone, side)

    def _chip(self, painter: QPainter, inner: QRectF, place: int, ratio: float) -> QRectF:
        if place >= 0:
            letter = self._model.names.letters[place] if place < len(self._model.names.letters) else ""
            top = inner.center().y() - paint.CHIP / 2
            picture = paint.chip_pixmap("filled", letter, place, ratio)
            painter.drawPixmap(round(inner.left()), round(top), picture)
        return inner.adjusted(paint.CHIP + 8, 0, 0, 0)
