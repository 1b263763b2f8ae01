"""A table of figures that may grow while one looks: sorted by a click on a head, place and selection kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPen
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

Index = QModelIndex | QPersistentModelIndex
Row = Mapping[str, Any]
#: Kinds of columns that hold words; all others are figures.
WORDS = ("text", "prose", "mono", "class")
#: An interval whose whole value is (value, low, high); its bar stands left of it.
INTERVAL = "interval"
#: How much of each class; its bar takes the whole cell.
STACK = "stack"
#: How words over several lines stand in their cell.
PROSE = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
#: And how a sentence stands where there are no rows.
SENTENCE = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True)
class FigureColumn:
    """One column: key in the rows, title, kind, width (0: shares what is left), decimals of amounts.

    kind: text, prose (over as many lines as it needs), mono, class (the place of a class: its chip), count, share,
    signed, amount, seconds, bar (a share with its bar), interval (value, low, high: on a scale common to the column),
    stack (how much of each class: parts of one bar in the classes' colours, with their letters).
    """

    name: str
    title: str
    kind: str = "text"
    width: int = 84
    decimals: int = 3


class _Model(QAbstractTableModel):
    def __init__(self, columns: Sequence[FigureColumn]) -> None:
        super().__init__()
        self.columns = list(columns)
        self.given: list[Row] = []
        self.rows: list[Row] = []
        self.sorted_by, self.descending = -1, False

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            arrow = ("  ↓" if self.descending else "  ↑") if section == self.sorted_by else ""
            return self.columns[section].title + arrow
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return paint.LEFT if self.columns[section].kind in (*WORDS, INTERVAL, STACK) else paint.RIGHT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell_words(row.get(column.name), column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(row.get("tip") or row.get("note") or cell_words(row.get(column.name), column))
        return None

    def arrange(self) -> None:
        """The given rows in the chosen order; what has no value comes last."""
        self.beginResetModel()
        self.rows = list(self.given)
        if self.sorted_by >= 0:
            name = self.columns[self.sorted_by].name
            known = [row for row in self.given if _rank(row.get(name)) is not None]
            rest = [row for row in self.given if _rank(row.get(name)) is None]
            self.rows = sorted(known, key=lambda row: _rank(row.get(name)) or (0, 0.0, ""), reverse=self.descending)
            self.rows += rest
        self.endResetModel()


def _rank(value: Any) -> tuple[int, float, str] | None:
    """By what a value is sorted; None for one that is not there."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return 1, 0.0, value.casefold()
    return (0, float(value), "") if math.isfinite(float(value)) else None


def cell_words(value: Any, column: FigureColumn) -> str:
    """What a cell says."""
    if column.kind in ("text", "prose", "mono"):
        return "" if value is None else str(value)
    if column.kind == STACK:
        parts = tuple(value or ())
        if any(part != int(part) for part in parts):
            return ", ".join(numbers.share(part / sum(parts), 2) for part in parts)
        return ", ".join(numbers.count(round(part)) for part in parts)
    if isinstance(value, tuple):
        value = value[0]
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return numbers.NONE
    return _figure(float(value), column)


def _figure(value: float, column: FigureColumn) -> str:
    if column.kind in ("count", "class"):
        return numbers.count(round(value))
    if column.kind in ("share", "bar", INTERVAL):
        return numbers.share(value, column.decimals)
    if column.kind == "signed":
        sign = "+" if value > 0 else numbers.MINUS if value < 0 else ""
        return sign + numbers.share(abs(value), column.decimals)
    if column.kind == "seconds":
        return numbers.amount(value, 1 if value >= 1 else 2, "s")
    return numbers.amount(value, column.decimals)


class FigureTable(QTableView):
    """Rows are mappings by the columns' names; ``id`` tells them apart, ``note`` says why figures are missing.

    A row with ``best`` is strong, one with ``note`` is quiet and its note stands where its figures would.
    ``picked(id)`` tells a chosen row, ``opened(id)`` a double click or Enter on it.
    """

    picked = Signal(str)
    opened = Signal(str)

    def __init__(self, columns: Sequence[FigureColumn], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(columns)
        self._quiet = False
        self._empty = ""
        self.letters: Sequence[str] = ()
        self.lines: Sequence[float] = ()
        self.setAccessibleName(name)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self._dress()
        self.doubleClicked.connect(lambda index: self.opened.emit(self._id(index.row())))

    def _dress(self) -> None:
        header = dress_table(self, QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        header.setMinimumSectionSize(36)
        for place, column in enumerate(self._model.columns):
            fixed = QHeaderView.ResizeMode.Fixed if column.width else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(place, fixed)
            if column.width:
                self.setColumnWidth(place, column.width)
        header.sectionClicked.connect(self._sort)

    def columns(self) -> list[FigureColumn]:
        """What it shows of each row."""
        return list(self._model.columns)

    def set_title(self, name: str, title: str) -> None:
        """Other words over a column."""
        place = next(place for place, column in enumerate(self._model.columns) if column.name == name)
        self._model.columns[place] = replace(self._model.columns[place], title=title)
        self._model.headerDataChanged.emit(Qt.Orientation.Horizontal, place, place)

    def rows(self) -> list[Row]:
        """The rows in the order of the table."""
        return list(self._model.rows)

    def set_rows(self, rows: Sequence[Row], empty: str = "") -> None:
        """Show these rows; the chosen one stays chosen, the place stays. empty: words while there is none."""
        self.setAccessibleDescription("" if rows else empty)
        self._empty = empty
        if list(rows) == self._model.given:
            self.viewport().update()
            return
        self._model.given = list(rows)
        self._renew()

    def sort_by(self, name: str, descending: bool = True) -> None:
        """Sort by a column."""
        place = next(place for place, column in enumerate(self._model.columns) if column.name == name)
        self._model.sorted_by, self._model.descending = place, descending
        self._renew()

    def _sort(self, place: int) -> None:
        same = self._model.sorted_by == place
        down = not self._model.descending if same else self._model.columns[place].kind not in WORDS
        self._model.sorted_by, self._model.descending = place, down
        self._renew()

    def _renew(self) -> None:
        chosen, at = self.chosen(), self.verticalScrollBar().value()
        self._model.arrange()
        self.choose(chosen)
        self._fit_rows()
        self.verticalScrollBar().setValue(at)
        self.viewport().update()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit_rows()

    def _fit_rows(self) -> None:
        """Each row as high as its longest words, where a column has such."""
        prose = [place for place, column in enumerate(self._model.columns) if column.kind == "prose"]
        for row in range(len(self._model.rows)) if prose else ():
            tall = 0.0
            for place in prose:
                words = cell_words(
                    self._model.rows[row].get(self._model.columns[place].name), self._model.columns[place]
                )
                room = QRectF(0, 0, max(self.columnWidth(place) - 14 - tokens.GUTTER, 40), 10_000)
                tall = max(tall, paint.metrics("body").boundingRect(room, PROSE, words).height())
            self.setRowHeight(row, max(round(tall) + 10, tokens.ROW))

    def _id(self, row: int) -> str:
        return str(self._model.rows[row].get("id", row)) if 0 <= row < len(self._model.rows) else ""

    def chosen(self) -> str:
        """The id of the chosen row, "" for none."""
        found = self.selectionModel().selectedRows()
        return self._id(found[0].row()) if found else ""

    def choose(self, name: str) -> None:
        """Choose a row without telling."""
        self._quiet = True
        self.clearSelection()
        for row in range(len(self._model.rows)) if name else ():
            if self._id(row) == name:
                self.selectRow(row)
        self._quiet = False

    def row_rect(self, name: str) -> QRectF:
        """Where a row is in the viewport, for tests and tours."""
        place = next(row for row in range(len(self._model.rows)) if self._id(row) == name)
        return QRectF(self.visualRect(self._model.index(place, 0)))

    def scale(self, place: int) -> tuple[float, float]:
        """The common scale of a column of intervals."""
        name = self._model.columns[place].name
        cells = [row[name] for row in self._model.rows if isinstance(row.get(name), tuple)]
        known = [float(v) for cell in cells for v in cell if v is not None and math.isfinite(v)] + list(self.lines)
        if not known:
            return 0.0, 1.0
        room = max(max(known) - min(known), 0.05) * 0.06
        return min(known) - room, max(known) + room

    def selectionChanged(self, selected: Any, deselected: Any) -> None:
        super().selectionChanged(selected, deselected)
        if not self._quiet and self.chosen():
            self.picked.emit(self.chosen())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen():
            self.opened.emit(self.chosen())
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        if not self._model.rows and self._empty:
            painter = QPainter(self.viewport())
            area = QRectF(self.viewport().rect()).adjusted(12, 0, -12, 0)
            painter.setFont(theme.font("body"))
            painter.setPen(theme.token("text3"))
            painter.drawText(area, SENTENCE, self._empty)

    def copy_all(self) -> None:
        """Put the table on the clipboard, columns parted by tabs."""
        lines = ["\t".join(column.title for column in self._model.columns)]
        for row in self._model.rows:
            lines.append("\t".join(cell_words(row.get(column.name), column) for column in self._model.columns))
        QGuiApplication.clipboard().setText("\n".join(lines))


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: FigureTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box: Any = option  # its stub lacks the public fields
        row, column = self._table._model.rows[index.row()], self._table._model.columns[index.column()]
        rect = QRectF(box.rect)
        chosen = bool(box.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(rect, theme.token("selection" if chosen else "well"))
        if index.column() == 0 and chosen:
            painter.fillRect(QRectF(rect.left(), rect.top(), 2, rect.height()), theme.token("accent"))
        if not chosen:
            painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), theme.token("line"))
        inner = rect.adjusted(tokens.GUTTER if index.column() == 0 else 6, 0, -8, 0)
        self._cell(painter, inner, row, column, index.column())
        painter.restore()

    def _cell(self, painter: QPainter, inner: QRectF, row: Row, column: FigureColumn, place: int) -> None:
        value = row.get(column.name)
        if column.kind == "class":
            letter = self._table.letters[value] if value is not None and value < len(self._table.letters) else ""
            at = QRectF(inner.left(), inner.center().y() - 8.5, paint.CHIP, paint.CHIP)
            paint.chip(painter, at, "filled" if value is not None else "dashed", letter, int(value or 0))
            return
        if column.kind == STACK:
            self._stack(painter, inner, value or ())
            return
        words = cell_words(value, column)
        tone = "text2" if row.get("note") else "text"
        if column.kind == "prose":
            painter.setFont(theme.font("body"))
            painter.setPen(theme.token(tone))
            painter.drawText(inner, PROSE, words)
            return
        if column.kind in ("text", "mono"):
            role = "strong" if row.get("best") and place == 0 else "mono" if column.kind == "mono" else "body"
            paint.text(painter, inner, words, role, "warn" if column.name == "note" else tone)
            return
        if column.kind == INTERVAL:
            inner = self._bar(painter, inner, value, place, bool(row.get("best")))
        elif column.kind == "bar" and words != numbers.NONE:
            track = QRectF(inner.left(), inner.center().y() - 3, max(inner.width() - 46, 0), 6)
            paint.bar(painter, track, float(value or 0), theme.token("accent" if row.get("best") else "bar"))
        paint.text(painter, inner, words, "strong" if row.get("best") else "body", tone, paint.RIGHT)

    def _stack(self, painter: QPainter, inner: QRectF, parts: Sequence[float]) -> None:
        """The parts one after the other, each with its letter where that has room."""
        total, x = sum(parts), inner.left()
        for place, part in enumerate(parts):
            if not part:
                continue
            look, wide = theme.class_colour(place), inner.width() * part / total
            box = QRectF(x, inner.center().y() - 7, max(wide - 1, 1), 14)
            painter.fillRect(box, look.fill)
            if wide > 13 and place < len(self._table.letters):
                painter.setPen(look.ink)
                painter.setFont(theme.font("caption"))
                painter.drawText(box, paint.CENTRE, self._table.letters[place])
            x += wide

    def _bar(self, painter: QPainter, inner: QRectF, value: Any, place: int, best: bool) -> QRectF:
        """The interval on the column's scale; what is left of the cell for its figure."""
        left, wide = inner.left() + 4, inner.width() - 54
        low, high = self._table.scale(place)

        def x(at: float) -> float:
            return left + (at - low) / ((high - low) or 1.0) * wide

        for line in self._table.lines:
            painter.setPen(QPen(theme.token("line2"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(round(x(line)) + 0.5, inner.top()), QPointF(round(x(line)) + 0.5, inner.bottom()))
        if isinstance(value, tuple) and value[0] is not None and math.isfinite(value[0]):
            ends = [at if at is not None and math.isfinite(at) else value[0] for at in value[1:3]]
            draw_interval(
                painter, x(value[0]), x(ends[0]), x(ends[1]), inner.center().y(), "accent" if best else "text2"
            )
        return inner.adjusted(wide + 10, 0, 0, 0)
