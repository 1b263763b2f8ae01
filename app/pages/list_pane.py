"""The left pane of the curate page: queue, filter, table or grid, and the keys below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.chrome.menu import add_entry
from app.flaws import PREFIX, flaws_in, open_queue
from app.pages.columns import SessionColumns
from app.pages.reviewing import STRATEGIES
from models.change import Rows
from models.errors import UserError
from models.store.where import WhereError, exact, suggest
from widgets import numbers, tokens
from widgets.filter_bar import FilterBar
from widgets.parts.buttons import ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.keys import KeyHints
from widgets.parts.segments import SegmentedButtons
from widgets.sample_table import SampleTable
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

#: Points of a small line, pixels of a small picture's side.
POINTS, PIXELS = 60, 48
ALL = "all"
LIST_KEYS = [("Space", "next"), ("Shift+Space", "back"), (".", "next unlabelled"), ("X", "exclude")]
GRID_KEYS = [("1–9", "label selection"), ("Shift+Click", "extend"), ("A", "accept model"), ("S", "similar cells")]


class ListPane(QWidget):
    """The samples as a table or a grid, filtered, sorted, queued.

    broadened: a grid of pictures took the place of the table, or went.
    """

    broadened = Signal()

    def __init__(self, window: Window, reader: Reader) -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.reader = reader
        self.setObjectName("list")
        self.setProperty("ground", "panel")
        self.columns = SessionColumns(self.session)
        self._lane = 0
        self._grid: Any = None
        self._build_bar()
        self._build_body()

    def _build_bar(self) -> None:
        self.bar = QWidget()
        self.bar.setProperty("ground", "panel")
        self.bar.setFixedHeight(36)
        choices: list[str | tuple[str, Any]] = [("All samples", ALL)]
        choices += [(words, name) for name, (words, _key) in STRATEGIES.items()]
        self.queue = LabelledCombo("Queue", choices, "Which samples, in which order")
        self.queue.setObjectName("list.queue")
        self.queue.chosen.connect(self._choose_queue)
        self.faces = SegmentedButtons([("table", "", "table"), ("grid", "", "grid")], "List as")
        self.faces.setObjectName("list.faces")
        self.faces.chosen.connect(self.choose_face)
        self.chooser = ToolButton("columns", "Columns")
        self.chooser.setObjectName("list.columns")
        self.chooser.clicked.connect(self._choose_columns)
        self.density = ToolButton("rows", "Compact rows", True)
        self.density.setObjectName("list.density")
        self.density.toggled.connect(self._set_density)
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(8, 5, 8, 5)
        row.setSpacing(6)
        row.addWidget(self.queue)
        row.addStretch(1)
        for widget in (self.faces, self.chooser, self.density):
            row.addWidget(widget)
        self._bar_row = row

    def _build_body(self) -> None:
        self.filter = FilterBar()
        self.filter.setObjectName("list.filter")
        self.filter.filter_asked.connect(self._filter)
        self.filter.set_completer(self._complete)
        self.table = SampleTable(self.columns)
        self.table.setObjectName("list.table")
        self.filter.left.connect(self.focus_list)
        self._connect_list(self.table)
        self.table.sort_asked.connect(self._sort)
        self.table.columns_changed.connect(self._keep_columns)
        self.table.empty_asked.connect(self._empty_asked)
        self.table.sparklines_asked.connect(self._ask_lines)
        self.reader.arrived.connect(self._lines_came)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.hints = KeyHints(LIST_KEYS)
        self.hints.setObjectName("list.hints")
        filter_row = QHBoxLayout()
        filter_row.setContentsMargins(8, 4, 8, 8)
        filter_row.addWidget(self.filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(filter_row)
        column.addWidget(self.stack, 1)
        column.addWidget(self.hints)

    def _connect_list(self, face: Any) -> None:
        face.selection_asked.connect(self._select)
        face.current_asked.connect(self._choose)
        face.menu_asked.connect(self._menu)
        face.opened_asked.connect(self.session.go_to)

    # What a person does

    def _choose(self, row: int) -> None:
        self.session.choose(row, self.face().picks.selected())

    def _select(self, rows: Rows) -> None:
        current = self.face().picks.current
        self.session.choose(current if current >= 0 else self.session.current, rows)

    def _sort(self, column: str, descending: bool) -> None:
        name = "row" if column == "trace" else column
        self.session.sort(name, descending)

    def _filter(self, text: str) -> None:
        try:
            self.session.filter(text)
        except WhereError as error:
            self.filter.set_error(error.short, error.at, error.at + error.length)
        except UserError as error:
            self.filter.set_error(str(error))

    def _complete(self, before: str) -> list[tuple[str, str]]:
        return [(words, "") for words in suggest(before, len(before), self.session.view, self._values)[:12]]

    def _values(self, column: str) -> list[str]:
        values = self.session.view.column(column)
        if values.dtype == object:
            return sorted({str(value) for value in values[:20000] if value is not None})[:30]
        found = np.unique(values[np.isfinite(values)][:20000]) if values.dtype.kind == "f" else np.array([])
        return [exact(float(value)) for value in found[:12]]

    def _choose_queue(self, name: str) -> None:
        if name == ALL:
            self.session.leave_queue()
        elif name.startswith(PREFIX):
            open_queue(self.session, name)
        else:
            self.desk.run_command("queue.issues" if name == "label-issue" else f"queue.{name}")
            self._show_queue()

    def _choose_columns(self) -> None:
        menu = self.table.columns_menu(self)
        menu.popup(self.chooser.mapToGlobal(self.chooser.rect().bottomLeft()))

    def _set_density(self, compact: bool) -> None:
        self.table.set_row_height(tokens.ROW_COMPACT if compact else tokens.ROW)
        self.session.settings.set("compact", compact)

    def _menu(self, row: int, point: QPoint) -> None:
        if row not in self.session.selected:
            self.session.go_to(row)
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for command in self.desk.commands.all():
            if command.part() == "Label" and not command.hidden:
                add_entry(menu, self.desk, command)
        menu.popup(point)

    def _empty_asked(self, key: str) -> None:
        if key == "clear":
            self.clear_filter()
        elif key == "leave":
            self.session.leave_queue()
        else:
            self.desk.run_command("project.import")

    def focus_list(self) -> None:
        """Put the focus back into the list."""
        self.face().setFocus()

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.filter.field.setFocus()
        self.filter.field.selectAll()

    def clear_filter(self) -> bool:
        """Take the filter away; False when there was none."""
        had = bool(self.session.listing.where)
        if had:
            self.filter.set_text("")
            self.session.filter("")
        return had

    # What it shows

    def show_project(self) -> None:
        """Another project: columns, letters, kept columns."""
        session = self.session
        self.table.set_columns(self.columns)
        self.table.set_letters(tokens.propose_letters(session.classes))
        self.table.forget_sparklines()
        if session.project is not None:
            kept = session.settings.get("columns", {}).get(session.project.domain)
            if kept:
                self.table.set_state(kept)
        self.density.setChecked(bool(session.settings.get("compact", False)))
        if self._grid is not None:
            self._grid.show_project()
        if session.project is not None:
            usual = "grid" if self.is_pictured() else "table"
            self.show_face(session.settings.get("faces", {}).get(session.project.domain, usual))

    def show_columns(self) -> None:
        """Other columns are the main ones, as with a first model; what a person chose stays."""
        self.table.set_columns(self.columns)

    def show_rows(self) -> None:
        """The list has other rows or another order."""
        session = self.session
        listing = session.listing
        self._show_empty()
        self.table.set_rows(session.order)
        self.table.set_sort(listing.sort, listing.descending)
        self.filter.set_text(listing.where)
        if session.project is not None:
            self.filter.set_count(len(session.order), session.count)
        self._show_queue()
        self.show_selection()
        if self._grid is not None:
            self._grid.show_rows()

    def _show_queue(self) -> None:
        words = self.session.listing.queue
        known = {title: name for name, (title, _key) in STRATEGIES.items()}
        choices: list[str | tuple[str, Any]] = [("All samples", ALL)]
        choices += [(title, name) for name, (title, _key) in STRATEGIES.items()]
        flaws = flaws_in(self.session)
        choices += [(f"{flaw.title}, {numbers.count(count)}", f"{PREFIX}{flaw.name}") for flaw, count in flaws]
        known |= {flaw.title: f"{PREFIX}{flaw.name}" for flaw, _count in flaws}
        if words and words not in known:
            choices.append((words, words))
        self.queue.set_choices(choices)
        self.queue.set_value(known.get(words, words) or ALL)

    def _show_empty(self) -> None:
        session = self.session
        if session.project is None or not len(session.open_project.samples):
            self.table.set_empty(
                "No samples yet",
                "Import a folder; a dry run shows what would come in.",
                "import",
                [("import", "Import data")],
            )
        elif session.listing.where:
            total = session.count
            text = f"Remove `{session.listing.where}` to see {total}."
            self.table.set_empty("No sample matches", text, "filter", [("clear", "Clear filter")])
        else:
            self.table.set_empty(
                "Nothing in this queue", "All that waited here is done.", "check_circle", [("leave", "All samples")]
            )

    def show_selection(self) -> None:
        """The shown sample or the selection changed."""
        self.table.show_selection(self.session.current, self.session.selected)
        if self._grid is not None:
            self._grid.show_selection()

    def refresh(self) -> None:
        """Labels or predictions changed: read the visible rows anew."""
        self.table.refresh()
        if self._grid is not None:
            self._grid.refresh()

    def choose_face(self, face: str) -> None:
        """Table or grid, as a person wants it from now on."""
        project = self.session.project
        if project is not None:
            faces = {**self.session.settings.get("faces", {}), project.domain: face}
            self.session.settings.set("faces", faces)
        self.show_face(face)

    def is_pictured(self) -> bool:
        """Whether the samples of the open project are pictures, which are looked at many at a time."""
        return self.session.domain is not None and self.session.domain.gallery

    def is_broad(self) -> bool:
        """Whether a grid of pictures stands here, which takes most of the window."""
        return self.is_pictured() and self.faces.value() == "grid"

    def show_face(self, face: str) -> None:
        """Table or grid."""
        before = self.is_broad()
        self.faces.set_value(face)
        if face == "grid" and self._grid is None:
            from app.pages.grid_face import GridFace

            self._grid = GridFace(self)
            self.stack.addWidget(self._grid)
            self._connect_list(self._grid.grid)
            self._grid.show_project()
            self._grid.show_rows()
        focus = QApplication.focusWidget()
        focused = focus is None or self.stack.isAncestorOf(focus)
        self.stack.setCurrentWidget(self._grid if face == "grid" else self.table)
        self._place_tools()
        if focused:
            self.focus_list()
        if before != self.is_broad() or face == "grid":
            self.broadened.emit()

    def _place_tools(self) -> None:
        """Tools of the table and of the grid stand in the bar; in a narrow one the grid's have a line of their own."""
        gridded = self.faces.value() == "grid"
        for widget in (self.chooser, self.density):
            widget.setVisible(not gridded)
        if self._grid is not None:
            if self.is_broad():
                self._bar_row.insertWidget(1, self._grid.tools, 100)
            else:
                self._grid.take_tools()
        self.hints.set_hints(GRID_KEYS if self.is_broad() else LIST_KEYS)

    def face(self) -> Any:
        """What takes the keys: the table or the mosaic."""
        gridded = self._grid is not None and self.stack.currentWidget() is self._grid
        return self._grid.grid.mosaic if gridded else self.table

    def wanted_width(self) -> int:
        """The width in which the table shows all of its columns."""
        return self.table.wanted_width()

    # Small lines

    def _ask_lines(self, rows: Rows) -> None:
        session = self.session
        if session.project is None:
            return
        domain, samples, cache = session.open_domain, session.open_project.samples, session.open_project.cache
        self._lane = (self._lane + 1) % 4
        key = ("lines", tuple(int(row) for row in rows))
        self.reader.ask(key, lambda: domain.look(samples, rows, POINTS, PIXELS, cache), f"lines{self._lane}")

    def _lines_came(self, key: Any, lines: Any) -> None:
        if key[0] == "lines":
            self.table.give_sparklines(np.array(key[1], np.int64), lines)

    def _keep_columns(self, state: dict[str, Any]) -> None:
        if self.session.project is not None:
            kept = {**self.session.settings.get("columns", {}), self.session.project.domain: state}
            self.session.settings.set("columns", kept)
