"""The score of a run class by class: confusion, whose cells open as lists, over recall, precision, F1 and AUC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages import figure_file
from app.pages.class_figures import show_classes, show_confusion
from models.orders.classing import fold_of
from models.orders.scores import PARTS
from models.store.runs import RunRecord
from widgets import numbers
from widgets.charts.class_table import ClassTable
from widgets.charts.confusion import ConfusionMatrix
from widgets.parts.buttons import Button
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.segments import SegmentedButtons
from widgets.parts.splitter import Splitter

if TYPE_CHECKING:
    from app.window import Window

SHORT = {"test": "test", "out_of_fold": "out of fold", "val": "validation"}


class ScorePart(Splitter):
    """page: what its controls' names begin with. `part_chosen(part)`: the score of another part is wanted."""

    part_chosen = Signal(str)

    def __init__(self, window: Window, page: str) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.desk, self.session = window, window.session
        self.record: RunRecord | None = None
        self.part = ""
        self.confusion: ConfusionMatrix = ConfusionMatrix()
        self.confusion_head = PaneHeader("Confusion", "")
        self.unit = SegmentedButtons([("share", "Row %", ""), ("count", "Counts", "")], "Unit of the confusion")
        self.unit.setObjectName(f"{page}.unit")
        self.unit.chosen.connect(lambda unit: self.confusion.set_shares(unit == "share"))
        self.open_cell = Button("Open as list")
        self.open_cell.setObjectName(f"{page}.open_cell")
        self.open_cell.setEnabled(False)
        self.open_cell.clicked.connect(self.open_list)
        self.parts = LabelledCombo("Scored", (), "Which samples the figures are of")
        self.parts.setObjectName(f"{page}.part")
        self.parts.chosen.connect(lambda part: self.part_chosen.emit(str(part)))
        self.confusion_head.add_tool(self.parts)
        self.confusion_head.add_tool(self.open_cell, keep=True)
        self.confusion_head.add_tool(self.unit, keep=True)
        self.confusion_head.add_entry(figure_file.SAVE, lambda: figure_file.ask(self.desk, self.confusion, "confusion"))
        self.confusion_head.more.setObjectName(f"{page}.confusion_more")
        self.confusion.setObjectName(f"{page}.confusion")
        self.confusion.cell_asked.connect(self._cell)
        self.confusion.cell_opened.connect(lambda _row, _column: self.open_list())
        self.classes_head = PaneHeader("Per class", "")
        self.classes = ClassTable()
        self.classes.setObjectName(f"{page}.classes")
        self.addWidget(make_pane(self.confusion_head, self.confusion))
        self.below = make_pane(self.classes_head, self.classes)
        self.addWidget(self.below)
        self.setStretchFactor(0, 1)
        self.setSizes([590, 300])

    def add_below(self, widget: QWidget) -> None:
        """Put something below the table of classes."""
        column = self.below.layout()
        assert isinstance(column, QVBoxLayout)
        column.addWidget(widget)

    def show_score(self, record: RunRecord, part: str, metrics: Mapping[str, Any], place: str) -> None:
        """Show the score of a run on a part of its samples. place: what that part is, in words."""
        self.record, self.part = record, part
        own = record.record.get("metrics") or {}
        known = [name for name in PARTS if own.get(name)]
        self.parts.setVisible(len(known) > 1)
        self.parts.set_choices([(SHORT[name], name) for name in known])
        self.parts.set_value(part)
        where = place.removeprefix("on the ").removeprefix("on ")
        words = f"Predicted, {where}" if where else "Predicted"
        count = show_confusion(self.confusion, self.session, self._names(), metrics, words)
        self.confusion_head.set_subtitle(f"{record.title}, {numbers.plural(count, 'sample')}")
        self.open_cell.setEnabled(False)
        show_classes(self.classes, self.session, self._names(), metrics)
        self.classes_head.set_subtitle(record.title)

    def _names(self) -> list[str]:
        return list(self.record.record.get("classes") or []) if self.record is not None else []

    def _cell(self, row: int, column: int) -> None:
        titles = [self.session.class_title(name) for name in self._names()]
        name = self.record.title if self.record is not None else ""
        count = len(self._rows())
        self.open_cell.setEnabled(count > 0)
        words = f"{titles[row]} as {titles[column]}: {numbers.plural(count, 'sample')}"
        self.confusion_head.set_subtitle(f"{name}, {words}")

    def _rows(self) -> Any:
        row, column = self.confusion.chosen()
        if self.record is None or row < 0:
            return np.zeros(0, np.int64)
        classes, view, session = self._names(), self.session.view, self.session
        # As they were scored: what labels stand for in this run, and what most say where all votes count.
        labels = fold_of(session.open_project, session.open_domain, self.record, view.fold).labels()
        mask = (labels == classes[row]) & (view.column("prediction") == classes[column])
        return np.flatnonzero(mask & (view.column("part") == self.part)).astype(np.int64)

    def open_list(self) -> None:
        """Show the samples of the chosen cell on the curate page."""
        rows, record = self._rows(), self.record
        if not len(rows) or record is None:
            return
        row, column = self.confusion.chosen()
        titles = [self.session.class_title(name) for name in self._names()]
        self.desk.show_page("curate")
        name = f"{titles[row]} as {titles[column]}"
        right = f"{record.title} gets {titles[row]} right here."
        wrong = f"{record.title} takes {titles[row]} for {titles[column]}."
        self.session.show_rows(rows, name, right if row == column else wrong)

    def step_back(self) -> bool:
        """Leave the chosen cell; False where none is."""
        if self.confusion.chosen()[0] >= 0:
            self.confusion.choose(-1, -1)
            self.open_cell.setEnabled(False)
            return True
        return False
