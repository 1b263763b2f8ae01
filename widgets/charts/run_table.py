"""The table of runs: name, recipe, score with its interval on one common scale, its loss, when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from widgets import numbers, paint, theme, tokens
from widgets.parts.bars import draw_interval
from widgets.parts.table import dress_table

NAME, WORDS, BAR, VALUE, LOSS, AT = range(6)
TITLES = ("Run", "Recipe, and what differs", "Balanced accuracy, 95 %", "", "Log loss", "At")
#: What the loss is where samples are voted on.
KL = "KL, nats"
WIDTHS = (86, 168, 200, 64, 74, 72)
#: Share of the table's width for the words, between its limits.
WORDS_SHARE, WORDS_MOST = 0.34, 420
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class RunRow:
    """One run of the table. value, low, high: balanced accuracy with its interval, NaN where undefined.

    words: its recipe; differs: what tells it from others of that recipe. loss: the log loss, or the divergence from
    votes. at: ISO 8601. part: what it was scored on. unlike: why its score can't be compared with the shown run's, ""
    when it can.
    """

    id: str
    name: str
    words: str
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    loss: float = math.nan
    at: str = ""
    best: bool = False
    note: str = ""
    part: str = ""
    differs: str = ""
    unlike: str = ""


class _Model(QAbstractTableModel):
    renamed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[RunRow] = []
        self.sorted_by, self.descending = AT, True
        self.titles: tuple[str, ...] = TITLES

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            arrow = ("  ↓" if self.descending else "  ↑") if section == self.sorted_by else ""
            return self.titles[section] + arrow
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return paint.LEFT if section in (NAME, WORDS, BAR) else paint.RIGHT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(row)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(row, index.column())
        return (row.name or row.id) if role == Qt.ItemDataRole.EditRole and index.column() == NAME else None

    def _text(self, row: RunRow, column: int) -> str:
        if column == NAME:
            return row.name or row.id
        if column == WORDS:
            return ", ".join(part for part in (row.words, row.differs, "best" if row.best else "") if part)
        if column == BAR:
            return numbers.bounds(row.low, row.high) if math.isfinite(row.low) else ""
        if column == VALUE:
            return f"≠ {numbers.share(row.value)}" if row.unlike else numbers.share(row.value)
        if column == LOSS:
            return numbers.amount(row.loss, 2)
        return numbers.clock(row.at) if row.at else numbers.NONE

    def flags(self, index: Index) -> Qt.ItemFlag:
        editable = Qt.ItemFlag.ItemIsEditable if index.column() == NAME else Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | editable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row, text = self.rows[index.row()], str(value).strip()
        if role != Qt.ItemDataRole.EditRole or text == (row.name or row.id):
            return False
        # Later: the table may change by it, and the editor is still being closed.
        QTimer.singleShot(0, self, partial(self.renamed.emit, row.id, text))
        return True

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sorted_by, self.descending = column, order == Qt.SortOrder.DescendingOrder
        self.arrange(self.rows)

    def arrange(self, rows: Sequence[RunRow]) -> None:
        """Show these in the chosen order; the same ones again change nothing, so an open editor stays."""
        wanted = sorted(rows, key=self._key, reverse=self.descending)
        if [repr(row) for row in wanted] != [repr(row) for row in self.rows]:  # NaN is not equal to itself
            self.beginResetModel()
            self.rows = wanted
            self.endResetModel()

    def _key(self, row: RunRow) -> tuple[float, str]:
        worst = -math.inf if self.descending else math.inf
        figures = {BAR: row.value, VALUE: row.value, LOSS: row.loss}
        if self.sorted_by in figures:
            value = figures[self.sorted_by]
            return (value if math.isfinite(value) else worst, "")
        return (0.0, {NAME: row.name or row.id, WORDS: row.words, AT: row.at}[self.sorted_by])


def _tip(row: RunRow) -> str:
    """All of a row that its cells have no room for."""
    lines = [f"{row.name or row.id}: {row.words}", row.differs, f"Not comparable. {row.unlike}" if row.unlike else ""]
    return "\n".join(line for line in [*lines, row.note] if line)


class RunTable(QTableView):
    """Runs with their scores; one or two may be selected.

    ``picked(list of ids)`` tells the selection, the run that was clicked first; ``opened(id)`` a
    double click or Enter; ``renamed(id, text)``, ``delete_asked(id)``, ``menu_asked(id, point)``.
    """

    picked = Signal(list)
    opened = Signal(str)
    renamed = Signal(str, str)
    delete_asked = Signal(str)
    menu_asked = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model()
        self._order: list[str] = []
        self._quiet = False
        self.shown = ""
        self.chance = math.nan
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self._dress()
        self._model.renamed.connect(self.renamed)
        self._model.modelReset.connect(self._restore)
        self.doubleClicked.connect(lambda index: self.opened.emit(self._model.rows[index.row()].id))
        self.customContextMenuRequested.connect(self._ask_menu)

    def _dress(self) -> None:
        self.setAccessibleName("Runs")
        header = dress_table(self, QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)
        header.setMinimumSectionSize(40)
        for column, width in enumerate(WIDTHS):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(BAR, QHeaderView.ResizeMode.Stretch)
        header.sectionClicked.connect(self._sort)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = round(self.viewport().width() * WORDS_SHARE)
        self.setColumnWidth(WORDS, min(max(wide, WIDTHS[WORDS]), WORDS_MOST))

    def _sort(self, column: int) -> None:
        column = BAR if column == VALUE else column
        same = self._model.sorted_by == column
        down = not self._model.descending if same else column in (BAR, AT)
        self._model.sort(column, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)

    def set_runs(self, rows: Sequence[RunRow], shown: str = "", chance: float = math.nan, voted: bool = False) -> None:
        """Show these runs; `shown` is the one whose figures stand around, chance the named line. voted: loss is KL."""
        self.shown, self.chance = shown, chance
        self._model.titles = tuple(KL if voted and place == LOSS else title for place, title in enumerate(TITLES))
        self._model.arrange(rows)
        self.viewport().update()

    def rows(self) -> list[RunRow]:
        """The runs in the order of the table."""
        return list(self._model.rows)

    def scale(self) -> tuple[float, float]:
        """The common scale of the interval bars."""
        values = [v for row in self._model.rows for v in (row.value, row.low, row.high) if math.isfinite(v)]
        if math.isfinite(self.chance):
            values.append(self.chance)
        if not values:
            return 0.0, 1.0
        room = max(max(values) - min(values), 0.1) * 0.06
        return min(values) - room, max(values) + room

    def row_rect(self, run: str) -> QRectF:
        """Where a run's row is in the viewport, for tests and tours."""
        place = next(place for place, row in enumerate(self._model.rows) if row.id == run)
        return QRectF(self.visualRect(self._model.index(place, NAME)))

    def selected(self) -> list[str]:
        """Ids of the selected runs, in order of their selection."""
        return list(self._order)

    def select(self, runs: Sequence[str]) -> None:
        """Select these runs without telling."""
        self._order = [run for run in runs if any(row.id == run for row in self._model.rows)]
        self._restore()

    def edit_name(self, run: str) -> None:
        """Begin to rename a run in its row."""
        for place, row in enumerate(self._model.rows):
            if row.id == run:
                self.edit(self._model.index(place, NAME))

    def _restore(self) -> None:
        self._quiet = True
        shown = next((place for place, row in enumerate(self._model.rows) if row.id == self.shown), -1)
        if shown >= 0:
            self.scrollTo(self._model.index(shown, NAME))
        choice = self.selectionModel()
        choice.clearSelection()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for place, row in enumerate(self._model.rows):
            if row.id in self._order:
                choice.select(self._model.index(place, 0), flags)
                if row.id == self._order[0]:
                    choice.setCurrentIndex(self._model.index(place, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        self._quiet = False
        self.viewport().update()

    def selectionChanged(self, selected: Any, deselected: Any) -> None:
        super().selectionChanged(selected, deselected)
        if self._quiet:
            return
        now = [self._model.rows[index.row()].id for index in self.selectionModel().selectedRows()]
        self._order = [run for run in self._order if run in now] + [run for run in now if run not in self._order]
        self.picked.emit(self.selected())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        run = self._model.rows[index.row()].id if index.isValid() else ""
        if run and event.key() == Qt.Key.Key_F2:
            self.edit_name(run)
        elif run and event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit(run)
        elif run and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(run)
        else:
            super().keyPressEvent(event)

    def _ask_menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self.menu_asked.emit(self._model.rows[index.row()].id, self.viewport().mapToGlobal(point))


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: RunTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box: Any = option  # its stub lacks the public fields
        table = self._table
        row = table.rows()[index.row()]
        rect = QRectF(box.rect)
        chosen = bool(box.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, theme.token("selection" if chosen else "well"))
        if index.column() == NAME and chosen:
            painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height()), theme.token("accent"))
        if not chosen:
            painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.token("line"))
        self._cell(painter, rect, row, index)
        painter.restore()

    def _cell(self, painter: QPainter, rect: QRectF, row: RunRow, index: Index) -> None:
        column, model = index.column(), index.model()
        inner = rect.adjusted(tokens.GUTTER if column == NAME else 6, 0, -10 if column >= VALUE else -6, 0)
        if column == BAR:
            self._bar(painter, rect, row)
        elif column == WORDS:
            self._words(painter, rect, inner, row)
        else:
            role = "strong" if column in (NAME, VALUE) else "body"
            words = str(model.data(index, Qt.ItemDataRole.DisplayRole))
            align = paint.LEFT if column == NAME else paint.RIGHT
            tone = "warn" if column == VALUE and row.unlike else "text2" if column == AT else "text"
            paint.text(painter, inner, words, role, tone, align)

    def _words(self, painter: QPainter, rect: QRectF, inner: QRectF, row: RunRow) -> None:
        """The recipe, what differs, the mark of the best; what differs gives way."""
        badge = 44 if row.best else 0
        area = inner.adjusted(0, 0, -badge, 0)
        used = paint.text(painter, area, row.words, "body", "text")
        if row.differs:
            used += 8
            used += paint.text(painter, area.adjusted(used, 0, 0, 0), row.differs, "body", "text2")
        if row.best:
            self._badge(painter, QRectF(inner.left() + used + 8, rect.center().y() - 9, 36, 18))

    def _badge(self, painter: QPainter, rect: QRectF) -> None:
        paint.plate(painter, rect, theme.token("ok_bg"))
        paint.text(painter, rect, "best", "caption", "ok", paint.CENTRE)

    def _bar(self, painter: QPainter, rect: QRectF, row: RunRow) -> None:
        low, high = self._table.scale()
        left, wide = rect.left() + 8, rect.width() - 20

        def x(value: float) -> float:
            return left + (value - low) / ((high - low) or 1.0) * wide

        if math.isfinite(self._table.chance):
            painter.setPen(QPen(QColor(theme.token("line2")), 1, Qt.PenStyle.DashLine))
            at = round(x(self._table.chance)) + 0.5
            painter.drawLine(QPointF(at, rect.top() + 4), QPointF(at, rect.bottom() - 4))
        if not math.isfinite(row.value):
            paint.text(painter, rect.adjusted(8, 0, 0, 0), "not scored", "caption", "text3")
            return
        tone = "accent" if row.id == self._table.shown else "text2"
        ends = (row.low, row.high) if math.isfinite(row.low) else (row.value, row.value)
        draw_interval(painter, x(row.value), x(ends[0]), x(ends[1]), rect.center().y(), tone)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        model.setData(index, editor.property("text"), Qt.ItemDataRole.EditRole)
