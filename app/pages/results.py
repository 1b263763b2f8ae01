"""The results page: key figures, confusion, classes; runs, their comparison, and one figure at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.commands import Command
from app.nouns import group_noun, sample_noun
from app.pages.page import Page
from app.pages.results_figures import FigurePane
from app.pages.results_runs import RunsPane
from app.pages.run_scores import Scores, labels_told
from app.pages.score_part import ScorePart
from models.change import Change, LabelsChanged, RunsChanged, RunShown
from models.learn.words import is_lone, is_unbounded, lone_words, tell_beside, tell_few
from models.orders.scores import PARTS, Score
from models.store.runs import RunRecord
from widgets import numbers, tokens
from widgets.parts.head import PageHead
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule, Text
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

#: From this width on two figures stand beside each other.
NARROW = 1500
#: Below this width the head shows fewer figures.
SLIM = 1240
#: Caption and least width of each key figure.
FIGURES = {
    "balanced": ("Balanced accuracy", 0),
    "accuracy": ("Accuracy", 0),
    "kl": ("KL from the votes", 0),
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
        empty = EmptyState(
            "No run yet", "Train a model; its score and its mistakes stand here.", "chart", [("train", "Train")]
        )
        empty.action_asked.connect(lambda _key: window.show_page("train"))
        column = self.build_body(empty)
        self.head, self.split = PageHead("results", FIGURES), Splitter()
        self.blocks = self.head.figures
        column.addWidget(self.head)
        column.addWidget(Rule())
        column.addWidget(self.split, 1)
        self.left = ScorePart(self.desk, "results")
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
        for pane in (self.figures, self.second):
            pane.made.connect(self._tell_made)  # the words below the classes tell of the leak meter
        pair.addWidget(self.figures)
        pair.addWidget(self.second)
        pair.setSizes([520, 440])

    def _build_left(self) -> None:
        self.left.part_chosen.connect(self._choose_part)
        self.confusion, self.confusion_head = self.left.confusion, self.left.confusion_head
        self.open_cell, self.parts, self.classes = self.left.open_cell, self.left.parts, self.left.classes
        self.alone = Text("", "body", "text2", wrap=True)
        self.alone.setObjectName("results.alone")
        self.alone.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 8)
        self.left.add_below(self.alone)

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
            self.left.show_score(record, self.part, self.metrics, self._place())
            self._show_head(record)
            self._show_alone(record)
            self.runs.refresh(record, self.part)
            self._show_figures()

    def _tell_made(self) -> None:
        if (record := self.session.record()) is not None:
            self._show_alone(record)

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
        bounds = numbers.bounds(low, high) if low is not None and high is not None else self._alone_words()
        self.blocks["balanced"].set_figure(numbers.share(metrics.get("balanced_accuracy")), bounds)
        frequent = (
            f"most frequent {numbers.share(chance.get('accuracy'))}" if chance.get("accuracy") is not None else ""
        )
        self.blocks["accuracy"].set_figure(numbers.share(metrics.get("accuracy")), frequent)
        self._fit_head()
        if metrics.get("kl") is not None:
            low, high = (metrics.get("intervals") or {}).get("kl") or (None, None)
            bounds = numbers.bounds(low, high) if low is not None and high is not None else ""
            self.blocks["kl"].set_figure(numbers.amount(metrics["kl"], 3, "nats"), bounds)
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

    def _alone_words(self) -> str:
        """What stands in an interval's place where one group alone was scored."""
        if is_lone(self.metrics):
            return f"one {group_noun(self.session)}, no interval"
        return "no interval" if is_unbounded(self.metrics) else ""

    def _place(self) -> str:
        """What it was scored on."""
        if self.part == "test" and self.score is not None and not self.score.version:
            return "on a test set of its own"
        return PARTS.get(self.part, "")

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
        sentences = [f"{words[:1].upper()}{words[1:]}."] if told else []
        beside = tell_beside((self.metrics.get("votes") or {}).get("raters"), sample_noun(self.session))
        fold = self.session.view.stands()
        more = bool((fold.live & (fold.live_codes < 0)).any())
        labels = labels_told(record, self.session.open_project.runs.list(), more)
        few = tell_few(self.metrics, group_noun(self.session), self.part == "out_of_fold")
        lone = lone_words(self.metrics, group_noun(self.session), sample_noun(self.session))
        fused = str((metrics.get("given") or {}).get("words", ""))
        parts = (lone, *sentences, "" if lone else few, fused, self._leak_told(record), beside, fitted, labels)
        self.alone.setText(" ".join(part for part in parts if part))

    def _leak_told(self, record: RunRecord) -> str:
        """What a split by sample would flatter by; that it was not measured, where scores are known to rest on it."""
        told = record.added("leak")
        if told is not None:
            return str(told["words"])
        group, sample = group_noun(self.session), sample_noun(self.session)
        asked = f"What a split by {sample} instead of {group} would flatter by is not measured: Leak meter, Make."
        return asked if self.session.open_domain.confounders else ""

    # What a person does

    def open_list(self) -> None:
        """Show the samples of the chosen cell on the curate page."""
        self.left.open_list()

    def step_back(self) -> bool:
        return self.left.step_back()

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
        """Ordered classes have three figures more, of which two give way where it is narrow; votes have one."""
        self.blocks["kl"].setVisible(self.metrics.get("kl") is not None)
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
