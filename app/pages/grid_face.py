"""The list as a grid of thumbnails, grouped and sized by the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.pages.thumbs import Thumbs
from models.change import Rows
from widgets import numbers, tokens
from widgets.mosaic.layout import Group
from widgets.parts.combo import LabelledCombo
from widgets.thumbnail_grid import ThumbnailGrid

if TYPE_CHECKING:
    from app.pages.list_pane import ListPane

GROUPINGS = (
    ("nothing", ""),
    ("label", "label"),
    ("predicted class", "prediction"),
    ("labelled by", "by"),
    ("group", "group"),
)


class GridFace(QWidget):
    """Thumbnails of the list's samples. Pictures are read by the pane's reader and kept."""

    def __init__(self, pane: ListPane) -> None:
        super().__init__()
        self.pane = pane
        self.session = pane.session
        self.thumbs = Thumbs(self.session, pane.reader)
        self.grouping = LabelledCombo("Group", list(GROUPINGS), "Headings of the grid")
        self.grouping.setObjectName("grid.group")
        self.grouping.chosen.connect(lambda _value: self.show_rows())
        self.grid = ThumbnailGrid(self.thumbs)
        self.grid.setObjectName("list.grid")
        self.grid.class_asked.connect(lambda name: pane.desk.run_command(f"label.class.{name}"))
        self.grid.size_changed.connect(lambda size: self.session.settings.set("thumbs", size))
        self.thumbs.came.connect(self.grid.refresh)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 6)
        row.addWidget(self.grouping)
        row.addStretch(1)
        row.addWidget(self.grid.size_slider)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        self.grid.set_size(int(self.session.settings.get("thumbs", 86)))

    # What it shows

    def show_project(self) -> None:
        """Another project: forget its pictures, take its classes."""
        self.thumbs.forget()
        session = self.session
        names = session.classes
        letters = tokens.propose_letters(names)
        keys = [tokens.key_of(place, names) for place in range(len(names))]
        self.grid.set_classes(names, letters, keys, {name: session.class_title(name) for name in names})
        self.grid.mosaic.forget()

    def show_rows(self) -> None:
        """The list has other rows or another grouping."""
        column = self.grouping.value()
        order = self.session.order
        if not column or not len(order):
            self.grid.set_rows(order)
        else:
            self.grid.set_groups(self._groups(column, order))
        self.show_selection()

    def _groups(self, column: str, order: Rows) -> list[Group]:
        session = self.session
        values = session.view.column(column)[order]
        names = np.array(["" if value is None else str(value) for value in values])
        conflict = session.view.column("conflict")[order]
        human = session.open_project.journal.fold.human()[order]
        classes = session.classes
        letters = tokens.propose_letters(classes)
        first = {name: place for place, name in enumerate(classes)}
        found = sorted(set(names.tolist()), key=lambda name: (name == "", first.get(name, 99), name))
        groups = []
        for name in found:
            mine = names == name
            chip = (letters[first[name]], first[name]) if column in ("label", "prediction") and name in first else None
            title = (session.class_title(name) if chip else name) or "none"
            facts = (numbers.count(int(mine.sum())), f"{numbers.count(int(human[mine].sum()))} by hand")
            groups.append(Group(title, order[mine], chip, facts, int(conflict[mine].sum())))
        return groups

    def show_selection(self) -> None:
        """The shown sample or the selection changed."""
        self.grid.show_selection(self.session.current, self.session.selected)

    def refresh(self) -> None:
        """Labels or predictions changed."""
        self.grid.refresh()
