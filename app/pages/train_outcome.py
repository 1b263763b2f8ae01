"""What a training without epochs shows: what it does while it runs, then its confusion, classes and scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.pages import figure_file
from app.pages.class_figures import show_classes, show_confusion
from app.pages.train_run import SCORED, Training, reached
from widgets import tokens
from widgets.charts.class_table import ClassTable
from widgets.charts.confusion import ConfusionMatrix
from widgets.charts.interval_rows import IntervalRow, IntervalRows
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState

if TYPE_CHECKING:
    from app.window import Window


class Outcome(QStackedWidget):
    """Words until there is a score, then the confusion beside the classes and the scores on each part."""

    def __init__(self, window: Window, page: str = "train") -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.setProperty("ground", "well")
        self.words = EmptyState("")
        self.words.setObjectName(f"{page}.words")
        self.addWidget(self.words)
        self.confusion = ConfusionMatrix()
        self.confusion.setObjectName(f"{page}.confusion")
        self.confusion.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.confusion.cell_asked.connect(lambda _row, _column: self.confusion.choose(-1, -1))
        self.classes = ClassTable()
        self.classes.setObjectName(f"{page}.reached")
        self.confusion_head, self.classes_head = PaneHeader("Confusion", ""), PaneHeader("Per class", "")
        self.confusion_head.add_entry(figure_file.SAVE, lambda: figure_file.ask(self.desk, self.confusion, "confusion"))
        self.confusion_head.more.setObjectName(f"{page}.confusion_more")
        self.split = Splitter(Qt.Orientation.Horizontal)
        self.beside = IntervalRows()
        self.beside.setObjectName(f"{page}.beside")
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 10)
        column.addWidget(self.beside)
        self.split.addWidget(make_pane(self.confusion_head, self.confusion))
        pane = make_pane(
            self.classes_head, self.classes, PaneHeader("Balanced accuracy", "95 % interval"), holder, QWidget()
        )
        self.split.addWidget(pane)
        self.split.setSizes([500, 500])
        self.addWidget(self.split)

    def show_training(self, training: Training | None) -> None:
        """Show what it reached, or what it does."""
        counts = training.scores.get("confusion") if training is not None else None
        if training is None or counts is None:
            self.words.set_state(*_state(training))
            self.setCurrentWidget(self.words)
            return
        self.setCurrentWidget(self.split)
        words = SCORED.get(training.scored, "")
        self.confusion_head.set_subtitle(words)
        self.classes_head.set_subtitle(words)
        show_confusion(self.confusion, self.session, training.classes, training.scores, f"Predicted, {words}")
        rows = [
            IntervalRow(name, *figures, tone="accent" if name == words else "text2")
            for name, figures in reached(training.metrics).items()
        ]
        self.beside.set_rows(rows)
        show_classes(self.classes, self.session, training.classes, training.scores)
        self.classes.setMaximumHeight(self.classes.sizeHint().height())  # what follows stands close below


def _state(training: Training | None) -> tuple[str, str, str]:
    """Title, words and icon while there is no score."""
    if training is None:
        return "No training yet", "Its curves, or its confusion, stand here.", "chart"
    if training.running:
        return training.text or "Begins", "This recipe has no epochs; its score stands here at the end.", "spinner"
    if not training.run:
        return "Nothing was kept", training.log[-1][1] if training.log else "", "info"
    return "No score", "Nothing was held out that this run could be judged by.", "info"
