"""The list as a grid of thumbnails, grouped, sorted and sized by the person; classes are bins to drop them into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.pages.grid_groups import FALLING, counted, grouping_choices, groups_of, sort_choices
from app.pages.staged import Staging
from app.pages.thumbs import Thumbs
from widgets import tokens
from widgets.mosaic.layout import Group
from widgets.parts.buttons import ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.text import Text
from widgets.thumbnail_grid import ThumbnailGrid

if TYPE_CHECKING:
    from app.pages.list_pane import ListPane


class GridFace(QWidget):
    """Thumbnails of the list's samples. Pictures are read by the pane's reader and kept."""

    def __init__(self, pane: ListPane) -> None:
        super().__init__()
        self.pane = pane
        self.session = pane.session
        self.thumbs = Thumbs(self.session, pane.reader)
        self._staging = Staging(self.session)
        self._groups: list[Group] = []
        self._build_tools()
        self.grid = ThumbnailGrid(self.thumbs)
        self.grid.setObjectName("list.grid")
        self.grid.class_asked.connect(self._label)
        self.grid.dropped.connect(self._label)
        self.grid.size_changed.connect(lambda size: self.session.settings.set("thumbs", size))
        self.thumbs.came.connect(self.grid.refresh)
        self._tool_row.insertWidget(self._tool_row.count() - 1, Text("Size", "body", "text2"))
        self._tool_row.insertWidget(self._tool_row.count() - 1, self.grid.size_slider)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(8, 0, 8, 6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._row)
        column.addWidget(self.grid, 1)
        self.take_tools()
        self.grid.set_size(int(self.session.settings.get("thumbs", 86)))
        self._border(bool(self.session.settings.get("thumb_borders", True)))

    def _build_tools(self) -> None:
        self.grouping = LabelledCombo("Group", [("nothing", "")], "Headings of the grid")
        self.grouping.setObjectName("grid.group")
        self.grouping.chosen.connect(self._group)
        self.sorting = LabelledCombo("Sort", [("order", "")], "Order of the thumbnails")
        self.sorting.setObjectName("grid.sort")
        self.sorting.chosen.connect(self._sort)
        self.turn = ToolButton("sort", "Turn the order round")
        self.turn.setObjectName("grid.turn")
        self.turn.clicked.connect(self._turn)
        self.borders = ToolButton("label", "Borders in the colour of the label", True)
        self.borders.setObjectName("grid.borders")
        self.borders.toggled.connect(self._border)
        self.tools = QWidget()
        self.tools.setProperty("ground", "panel")
        self._tool_row = QHBoxLayout(self.tools)
        self._tool_row.setContentsMargins(0, 0, 0, 0)
        self._tool_row.setSpacing(6)
        for combo in (self.grouping, self.sorting):
            # Names of columns may be long: they give way where room is short.
            combo.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            combo.setMinimumWidth(70)
            self._tool_row.addWidget(combo)
        self._tool_row.addWidget(self.turn)
        self._tool_row.addStretch(1)
        self._tool_row.addWidget(self.borders)

    def take_tools(self) -> None:
        """The tools stand above the thumbnails."""
        self._row.addWidget(self.tools)

    # What a person does

    def _label(self, name: str) -> None:
        self.pane.desk.run_command(f"label.class.{name}")

    def _group(self, column: str) -> None:
        project = self.session.open_project
        kept = {**self.session.settings.get("grid_groups", {}), project.domain: column}
        self.session.settings.set("grid_groups", kept)
        self.show_rows()

    def _sort(self, column: str) -> None:
        self.session.sort(column, column in FALLING)

    def _turn(self) -> None:
        listing = self.session.listing
        if listing.sort:
            self.session.sort(listing.sort, not listing.descending)

    def _border(self, on: bool) -> None:
        self.borders.setChecked(on)
        self.grid.mosaic.set_bordered(on)
        self.session.settings.set("thumb_borders", on)

    # What it shows

    def show_project(self) -> None:
        """Another project: forget its pictures, take its classes."""
        self.thumbs.forget()
        self._groups = []
        session = self.session
        names = session.classes
        letters = tokens.propose_letters(names)
        keys = [tokens.key_of(place, names) for place in range(len(names))]
        self.grid.set_classes(names, letters, keys, {name: session.class_title(name) for name in names})
        self.grid.mosaic.forget()
        if session.project is not None:
            self.grouping.set_choices(grouping_choices(session))
            kept = session.settings.get("grid_groups", {}).get(session.project.domain, "")
            self.grouping.set_value(kept)
            self._staging.begin()

    def show_rows(self) -> None:
        """The list has other rows or another grouping."""
        session = self.session
        column, order = self.grouping.value(), session.order
        if session.project is not None:
            self.sorting.set_choices(sort_choices(session))
            self.sorting.set_value(session.listing.sort)
            self.turn.setEnabled(bool(session.listing.sort))
        self._groups = groups_of(session, column, order) if column and len(order) else []
        if self._groups:
            self.grid.set_groups(self._groups)
        else:
            self.grid.set_rows(order)
        self.show_selection()

    def show_selection(self) -> None:
        """The shown sample or the selection changed."""
        self.grid.show_selection(self.session.current, self.session.selected)

    def refresh(self) -> None:
        """Labels or predictions changed: nothing moves, headings count anew."""
        if self._groups and self.session.project is not None:
            self._groups = counted(self.session, self.grouping.value(), self._groups)
            self.grid.mosaic.set_headings(self._groups)
        self.grid.refresh()
