"""The list as a grid of thumbnails, grouped and sized by the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from models.change import Rows
from widgets import numbers, tokens
from widgets.parts.combo import LabelledCombo
from widgets.thumbnail_grid import Group, ThumbMark, ThumbnailGrid

if TYPE_CHECKING:
    from app.pages.list_pane import ListPane

GROUPINGS = (
    ("nothing", ""),
    ("label", "label"),
    ("predicted class", "prediction"),
    ("labelled by", "by"),
    ("group", "group"),
)
POINTS = 80
KEPT = 20_000


class GridFace(QWidget):
    """Thumbnails of the list's samples. Pictures are read by the pane's reader and kept."""

    def __init__(self, pane: ListPane) -> None:
        super().__init__()
        self.pane = pane
        self.session = pane.session
        self._lines: dict[int, Any] = {}
        self._asked: set[int] = set()
        self._lane = 0
        self.grouping = LabelledCombo("Group", list(GROUPINGS), "Headings of the grid")
        self.grouping.setObjectName("grid.group")
        self.grouping.chosen.connect(lambda _value: self.show_rows())
        self.grid = ThumbnailGrid(self)
        self.grid.setObjectName("list.grid")
        self.grid.class_asked.connect(lambda name: pane.desk.run_command(f"label.class.{name}"))
        self.grid.size_changed.connect(lambda size: self.session.settings.set("thumbs", size))
        pane.reader.arrived.connect(self._came)
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
        self.grid.set_thumbs(self)
        self.grid.set_size(int(self.session.settings.get("thumbs", 86)))

    # What the mosaic reads

    def pixels(self, rows: Rows, size: int) -> Sequence[Any]:
        """Small lines of the samples; those to come are asked for."""
        wanted = [int(row) for row in rows if int(row) not in self._lines and int(row) not in self._asked]
        if wanted:
            self._ask(wanted)
        return [self._lines.get(int(row)) for row in rows]

    def _ask(self, rows: list[int]) -> None:
        domain, samples = self.session.open_domain, self.session.open_project.samples
        self._asked.update(rows)
        self._lane = (self._lane + 1) % 8
        index = np.array(rows, np.int64)
        key = ("thumbs", tuple(rows))
        self.pane.reader.ask(key, lambda: domain.sketch(samples, index, POINTS), f"thumbs{self._lane}")

    def _came(self, key: Any, lines: Any) -> None:
        if key[0] != "thumbs":
            return
        if len(self._lines) > KEPT:
            self._lines.clear()
        for row, line in zip(key[1], lines, strict=True):
            self._lines[row] = line
            self._asked.discard(row)
        self.grid.refresh(np.array(key[1], np.int64))

    def marks(self, rows: Rows) -> Sequence[ThumbMark]:
        """Label, model, p, by a person."""
        session = self.session
        labels, predicted = session.places()[rows], session.predicted_places()[rows]
        human = session.open_project.journal.fold.human()[rows]
        sure = session.view.column("confidence")[rows]
        marks = zip(labels, predicted, sure, human, strict=True)
        return [ThumbMark(int(a), int(b), float(p), bool(person)) for a, b, p, person in marks]

    # What it shows

    def show_project(self) -> None:
        """Another project: forget its pictures, take its classes."""
        self._lines.clear()
        self._asked.clear()
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
