"""The results page: key figures, confusion, classes; runs, their comparison, and one figure at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.commands import Command
from app.nouns import group_noun
from app.pages import figure_file
from app.pages.class_figures import show_classes, show_confusion
from app.pages.page import Page
from app.pages.results_figures import FigurePane
from app.pages.results_runs import RunsPane
from app.pages.run_scores import Scores, labels_told
from models.change import Change, LabelsChanged, RunsChanged, RunShown
from models.orders.scores import PARTS, Score
from models.store.runs import RunRecord
from widgets import numbers, tokens
from widgets.charts.class_table import ClassTable
from widgets.charts.confusion import ConfusionMatrix
from widgets.parts.buttons import Button
from widgets.parts.combo import LabelledCombo
from widgets.parts.head import PageHead
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.segments import SegmentedButtons
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule, Text
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

SHORT = {"test": "test", "out_of_fold": "out of fold", "val": "validation"}
#: From this width on two figures stand beside each other.
NARROW = 1500
#: Below this width the head shows fewer figures.
SLIM = 1240
#: Caption and least width of each key figure.
FIGURES = {
    "balanced": ("Balanced accuracy", 0),
    "accuracy": ("Accuracy", 0),
    "error": ("Mean error", 0),
    "within": ("Within one", 0),
    "kappa": ("Quadratic κ", 0),
    "weakest": ("Weakest class", 0),
}


class ResultsPage(Page):
    """Everything about the shown run, beside the others."""

    name = "results"
    title = "Results"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.part = self._wanted = ""
        self.metrics: dict[str, Any] = {}
        self.scores = Scores()
        self.score: Score | None = None
        self._sized = False
        self.reader = Reader(threads=1, count=24, parent=self)
        self.confusion: ConfusionMatrix = ConfusionMatrix()
        # From the outside in: each part is dressed by the style sheet once, where it stays.
        self.stack = QStackedLayout(self)
        self.empty = EmptyState(
            "No run yet", "Train a model; its score and its mistakes stand here.", "chart", [("train", "Train")]
        )
        self.empty.setObjectName("results.empty")
        self.empty.action_asked.connect(lambda _key: window.show_page("train"))
        self.stack.addWidget(self.empty)
        body = QWidget()
        self.stack.addWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head, self.split = PageHead("results", FIGURES), Splitter()
        self.blocks = self.head.figures
        column.addWidget(self.head)
        column.addWidget(Rule())
        column.addWidget(self.split, 1)
        self.left: Splitter = Splitter(Qt.Orientation.Vertical)
        self.right: Splitter = Splitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.left)
        self.split.addWidget(self.right)
        self.split.setSizes([700, 900])
        self._build_left()
        self._build_right()

    def _build_right(self) -> None:
        self.runs = RunsPane(self.desk, self.scores)
        self.runs.table.picked.connect(lambda _runs: self._show_figures())
        pair = Splitter()
        self.right.addWidget(self.runs)
        self.right.addWidget(pair)
        self.right.setStretchFactor(1, 1)
        self.figures = FigurePane(self.desk, self.reader)
        self.second = FigurePane(self.desk, self.reader, "2", "reliability")
        self.second.setVisible(False)
        pair.addWidget(self.figures)
        pair.addWidget(self.second)
        pair.setSizes([520, 440])

    def _build_left(self) -> None:
        self.confusion_head = PaneHeader("Confusion", "")
        self.unit = SegmentedButtons([("share", "Row %", ""), ("count", "Counts", "")], "Unit of the confusion")
        self.unit.setObjectName("results.unit")
        self.unit.chosen.connect(lambda unit: self.confusion.set_shares(unit == "share"))
        self.open_cell = Button("Open as list")
        self.open_cell.setObjectName("results.open_cell")
        self.open_cell.setEnabled(False)
        self.open_cell.clicked.connect(self.open_list)
        self.parts = LabelledCombo("Scored", (), "Which samples the figures are of")
        self.parts.setObjectName("results.part")
        self.parts.chosen.connect(self._choose_part)
        self.confusion_head.add_tool(self.parts)
        self.confusion_head.add_tool(self.open_cell, keep=True)
        self.confusion_head.add_tool(self.unit, keep=True)
        self.confusion_head.add_entry(figure_file.SAVE, lambda: figure_file.ask(self.desk, self.confusion, "confusion"))
        self.confusion_head.more.setObjectName("results.confusion_more")
        self.confusion.setObjectName("results.confusion")
        self.confusion.cell_asked.connect(self._cell)
        self.confusion.cell_opened.connect(lambda _row, _column: self.open_list())
        self.classes_head = PaneHeader("Per class", "")
        self.classes = ClassTable()
        self.classes.setObjectName("results.classes")
        self.alone = Text("", "body", "text2", wrap=True)
        self.alone.setObjectName("results.alone")
        self.alone.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 8)
        self.left.addWidget(make_pane(self.confusion_head, self.confusion))
        self.left.addWidget(make_pane(self.classes_head, self.classes, self.alone))
        self.left.setStretchFactor(0, 1)
        self.left.setSizes([590, 300])

    def commands(self) -> list[Command]:
        on = ("results",)

        def chosen() -> bool:
            return self.confusion.chosen()[0] >= 0

        return [
            Command(
                "results.open_cell",
                "Open the cell's samples",
                self.open_list,
                (),
                "Review",
                chosen,
                on,
                "list",
            ),
            *self.runs.commands(),
        ]

    # What it shows

    def opened(self) -> None:
        self.reader.forget()
        self.runs.forget()
        for pane in (self.figures, self.second):
            pane.forget()

    def refresh(self) -> None:
        record = self.session.record()
        runs = self.session.open_project.runs.list()
        if record is None and runs:
            self.session.show_run(runs[0].id)
            record = runs[0]
        self.stack.setCurrentIndex(1 if record is not None else 0)
        if record is not None:
            self.score = self.scores.of(record, self._wanted)
            self.part, self.metrics = self.score.part, dict(self.score.metrics)
            self._show_parts(record)
            self._show_head(record)
            self._show_confusion(record)
            self._show_classes(record)
            self._show_alone(record)
            self.runs.refresh(record, self.part)
            self._show_figures()

    def _show_parts(self, record: RunRecord) -> None:
        """The choice of the part, only where there is one."""
        metrics = record.record.get("metrics") or {}
        known = [name for name in PARTS if metrics.get(name)]
        self.parts.setVisible(len(known) > 1)
        self.parts.set_choices([(SHORT[name], name) for name in known])
        self.parts.set_value(self.part)

    def _choose_part(self, part: str) -> None:
        self._wanted = part
        self.refresh()

    def _show_figures(self) -> None:
        record = self.session.record()
        if record is None:
            return
        known = {run.id: run for run in self.session.open_project.runs.list()}
        beside = [known[run] for run in self.runs.table.selected() if run in known and run != record.id]
        for pane in (self.figures, self.second):
            if pane is self.figures or not pane.isHidden():
                pane.show_run(record, self.part, self.metrics, beside)

    def follow(self, change: Change) -> None:
        if isinstance(change, RunShown | RunsChanged):
            self.refresh()
        elif isinstance(change, LabelsChanged):
            self.runs.refresh(self.session.record(), self.part)

    def _show_head(self, record: RunRecord) -> None:
        metrics, run = self.metrics, record.record
        snapshot = run.get("snapshot") or {}
        split = (run.get("split") or {}).get("by", "")
        by = group_noun(self.session) if split == "group" else split
        independent = "" if (run.get("split") or {}).get("independent", True) else ", not independent"
        told = (
            f"{numbers.count(snapshot.get('labels', 0))} labels at event {numbers.count(snapshot.get('position', 0))}"
        )
        anew = f" again at event {numbers.count(self.score.position)}" if self.score and self.score.again else ""
        scored = f"scored{anew} {self._place()}"
        source = f"{told}, split by {by}{independent}, {scored}"
        if split == "none":
            source = f"taken in from another program, {scored if metrics else 'not scored here'}"
        self.head.show_words(f"{record.title}, {record.recipe}", source)
        low, high = (metrics.get("intervals") or {}).get("balanced_accuracy") or (None, None)
        chance = metrics.get("chance") or {}
        bounds = numbers.bounds(low, high) if low is not None and high is not None else ""
        self.blocks["balanced"].set_figure(numbers.share(metrics.get("balanced_accuracy")), bounds)
        frequent = (
            f"most frequent {numbers.share(chance.get('accuracy'))}" if chance.get("accuracy") is not None else ""
        )
        self.blocks["accuracy"].set_figure(numbers.share(metrics.get("accuracy")), frequent)
        self._fit_head()
        if metrics.get("mae") is not None:
            self.blocks["error"].set_figure(numbers.amount(metrics["mae"], 2), "classes")
            self.blocks["within"].set_figure(numbers.share(metrics.get("within_one")), "")
            self.blocks["kappa"].set_figure(numbers.share(metrics.get("quadratic_kappa"), 2), "chance 0")
        known = {
            name: item["recall"]
            for name, item in (metrics.get("per_class") or {}).items()
            if item.get("recall") is not None
        }
        weakest = min(known, key=lambda name: known[name]) if known else ""
        words = f"recall {numbers.share(known[weakest], 2)}" if weakest else ""
        self.blocks["weakest"].set_figure(self.session.class_title(weakest) if weakest else "–", words)

    def _place(self) -> str:
        """What it was scored on."""
        if self.part == "test" and self.score is not None and not self.score.version:
            return "on a test set of its own"
        return PARTS.get(self.part, "")

    def _show_confusion(self, record: RunRecord) -> None:
        where = self._place().removeprefix("on the ").removeprefix("on ")
        words = f"Predicted, {where}" if where else "Predicted"
        count = show_confusion(self.confusion, self.session, _classes(record), self.metrics, words)
        self.confusion_head.set_subtitle(f"{record.title}, {numbers.plural(count, 'sample')}")
        self.open_cell.setEnabled(False)

    def _show_classes(self, record: RunRecord) -> None:
        show_classes(self.classes, self.session, _classes(record), self.metrics)
        self.classes_head.set_subtitle(record.title)

    def _show_alone(self, record: RunRecord) -> None:
        told = []
        metrics = record.record.get("metrics") or {}
        for key, words in (("metadata_only", "Metadata alone"), ("baseline", "the baseline")):
            item = metrics.get(key) or {}
            value = item.get("balanced_accuracy")
            if value is not None:
                low, high = (item.get("intervals") or {}).get("balanced_accuracy") or (None, None)
                told.append(
                    f"{words} reach {numbers.interval(value, low, high)}"
                    if key == "metadata_only"
                    else f"{words} reaches {numbers.interval(value, low, high)}"
                )
        chance = (self.metrics.get("chance") or {}).get("balanced_accuracy")
        if chance is not None:
            told.append(f"chance is {numbers.share(chance)}")
        fitted = str((record.record.get("calibration") or {}).get("words", ""))
        words = "; ".join(told)
        sentences = [*([f"{words[:1].upper()}{words[1:]}."] if told else []), *([fitted] if fitted else [])]
        self.alone.setText(" ".join([*sentences, labels_told(record, self.session.open_project.runs.list())]))

    # What a person does

    def _cell(self, row: int, column: int) -> None:
        record = self.session.record()
        classes = _classes(record) if record else []
        titles = [self.session.class_title(name) for name in classes]
        name = record.title if record else ""
        count = len(self._rows())
        self.open_cell.setEnabled(count > 0)
        words = f"{titles[row]} as {titles[column]}: {numbers.plural(count, 'sample')}"
        self.confusion_head.set_subtitle(f"{name}, {words}")

    def _rows(self) -> Any:
        record = self.session.record()
        row, column = self.confusion.chosen()
        if record is None or row < 0:
            return np.zeros(0, np.int64)
        classes = record.record["classes"]
        view = self.session.view
        mask = (view.column("label") == classes[row]) & (view.column("prediction") == classes[column])
        return np.flatnonzero(mask & (view.column("part") == self.part)).astype(np.int64)

    def open_list(self) -> None:
        """Show the samples of the chosen cell on the curate page."""
        rows = self._rows()
        record = self.session.record()
        if not len(rows) or record is None:
            return
        row, column = self.confusion.chosen()
        titles = [self.session.class_title(name) for name in record.record["classes"]]
        self.desk.show_page("curate")
        name = f"{titles[row]} as {titles[column]}"
        right = f"{record.title} gets {titles[row]} right here."
        wrong = f"{record.title} takes {titles[row]} for {titles[column]}."
        self.session.show_rows(rows, name, right if row == column else wrong)

    def step_back(self) -> bool:
        if self.confusion.chosen()[0] >= 0:
            self.confusion.choose(-1, -1)
            self.open_cell.setEnabled(False)
            return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_head()
        both = self.width() >= NARROW
        if both == self.second.isHidden():
            self.second.setVisible(both)
            self._show_figures()
        if not self._sized and self.width() > 400:
            self._sized = True
            upper = min(380, max(337, round(self.height() * 0.44)))
            self.right.setSizes([upper, self.height() - upper])
            self.split.setSizes([round(self.width() * 0.44), round(self.width() * 0.56)])

    def _fit_head(self) -> None:
        """Ordered classes have three figures more; where it is narrow two of them give way."""
        ordinal = self.metrics.get("mae") is not None
        self.blocks["error"].setVisible(ordinal)
        for key in ("within", "kappa"):
            self.blocks[key].setVisible(ordinal and self.width() >= SLIM)

    def busy(self) -> bool:
        return self.runs.waiting or self.figures.busy() or (self.second.isVisible() and self.second.busy())

    def keep(self) -> None:
        self.reader.close()

    def panes(self) -> list[QWidget]:
        return [self.confusion, self.runs.table, self.figures.choice]

    def first_focus(self) -> QWidget:
        return self.runs.table


def _classes(record: RunRecord) -> list[str]:
    return list(record.record.get("classes") or [])
