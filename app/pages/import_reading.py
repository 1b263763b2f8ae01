"""How a list of another layout was read: the mapping, to be changed, and the first samples that come of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from widgets import numbers, theme, tokens
from widgets.parts.buttons import Button
from widgets.parts.header import PaneHeader
from widgets.parts.notice import keep_clear
from widgets.parts.text import Rule

HEIGHT, WIDEST = 232, 200


class ReadingPane(QWidget):
    """The mapping at the left, the first samples at the right. ``read_asked(mapping)``: read so instead."""

    read_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("import.reading")
        self.setFixedHeight(HEIGHT)
        self.head = PaneHeader("Read as", "")
        self.again = Button("Read so", "refresh", "Read the source by the mapping as it stands here")
        self.again.setObjectName("import.read_so")
        self.again.clicked.connect(lambda: self.read_asked.emit(self.mapping()))
        self.again.setEnabled(False)
        self.head.add_tool(self.again, keep=True)
        self.text = QPlainTextEdit()
        self.text.setObjectName("import.mapping")
        self.text.setAccessibleName("Mapping as JSON")
        self.text.setFont(theme.font("mono"))
        self.text.setTabChangesFocus(True)
        self.text.setFixedWidth(330)
        self.text.textChanged.connect(self._follow)
        keep_clear(self.text)
        self.rows = _make_table()
        self._shown = ""
        line = QHBoxLayout()
        line.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 8)
        line.setSpacing(tokens.GUTTER)
        line.addWidget(self.text)
        line.addWidget(self.rows, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Rule())
        column.addWidget(self.head)
        column.addLayout(line, 1)
        self.hide()

    def show_ways(self, ways: Sequence[Mapping[str, Any]]) -> None:
        """The ways in which sources were read; the first that has a mapping stands here, nothing without one."""
        mapped = [way for way in ways if str(way.get("mapping", "")).startswith("{")]
        self.setVisible(bool(mapped))
        if not mapped:
            return
        way = mapped[0]
        whose = "as you say" if way.get("given") else "as guessed; kept with the project on import"
        others = f", and {numbers.plural(way['sources'] - 1, 'other list')} like it" if way["sources"] > 1 else ""
        layouts = f"; 1 of {len(mapped)} layouts" if len(mapped) > 1 else ""
        self.head.set_subtitle(f"{way['first']}{others}{layouts}, {whose}")
        self._shown = plain(str(way["mapping"]))
        self.text.setPlainText(spread(self._shown))
        self._follow()
        self._fill(way.get("rows") or [])

    def begin(self) -> None:
        """A reading begins: until it ends well, what stands here has not been read."""
        self._shown = ""
        self._follow()

    def mapping(self) -> str:
        """What stands there, on one line where it is JSON."""
        return plain(self.text.toPlainText())

    def _follow(self) -> None:
        self.again.setEnabled(self.mapping() != self._shown)

    def _fill(self, rows: Sequence[Mapping[str, str]]) -> None:
        names = list(rows[0]) if rows else []
        self.rows.setColumnCount(len(names))
        self.rows.setHorizontalHeaderLabels(names)
        self.rows.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, name in enumerate(names):
                item = QTableWidgetItem(row[name])
                item.setToolTip(row[name])
                self.rows.setItem(place, column, item)
        self.rows.resizeColumnsToContents()
        for column in range(len(names)):
            self.rows.setColumnWidth(column, min(self.rows.columnWidth(column), WIDEST))


def plain(text: str) -> str:
    """A mapping on one line; text that is no JSON as it is, for the import to say what is wrong."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text.strip()


def spread(text: str) -> str:
    """A mapping with each of its parts on a line."""
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(parts, dict):
        return text
    lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in parts.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _make_table() -> QTableWidget:
    table = QTableWidget(0, 0)
    table.setObjectName("import.first")
    table.setAccessibleName("The first samples")
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(tokens.ROW)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.setWordWrap(False)
    table.setFrameShape(QTableWidget.Shape.NoFrame)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return table
