"""The right side of the train page: head, curves or what was tried and reached, and the strip below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.pages.train_curves import Curves
from app.pages.train_head import TrainHead
from app.pages.train_outcome import Outcome
from app.pages.train_run import Training
from app.pages.train_strip import BottomStrip
from app.pages.tried_pane import TriedPane
from widgets.parts.splitter import Splitter

if TYPE_CHECKING:
    from app.window import Window


class TrainFigures(QWidget):
    """Head, curves (for a search its configurations, for a recipe without epochs what it reached), the strip below."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.setProperty("ground", "well")
        self.head = TrainHead()
        self.curves = Curves(window)
        self.tried = TriedPane("train.tried")
        self.upper = QStackedWidget()
        self.upper.addWidget(self.curves)
        self.upper.addWidget(self.tried)
        self.bottom = BottomStrip(window)
        self.split = Splitter(Qt.Orientation.Vertical)
        self.outcome = Outcome(window)
        self.upper.insertWidget(0, self.outcome)
        self.upper.setCurrentIndex(0)
        self.split.addWidget(self.upper)
        self.split.addWidget(self.bottom)
        self.split.setStretchFactor(0, 5)
        self.split.setStretchFactor(1, 3)
        self.split.setSizes([560, 330])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.split, 1)
        self._before: QWidget | None = None

    def put_before(self, pane: QWidget | None) -> None:
        """Show a pane in the place of curves and outcome, None for these again."""
        if pane is not None and self._before is not pane:
            self.split.insertWidget(0, pane)
            self.split.setStretchFactor(0, 5)
        self._before = pane or self._before
        self.upper.setVisible(pane is None)
        if self._before is not None:
            self._before.setVisible(pane is not None)

    def show_training(self, training: Training | None) -> None:
        """Show a training, running or ended."""
        self.head.show_training(training)
        if training is not None and training.tried:
            self.upper.setCurrentWidget(self.tried)
            self.tried.show_rows(training.tried, training.running)
        elif training is not None and training.by_epochs and (training.running or training.epochs):
            self.upper.setCurrentWidget(self.curves)
            self.curves.show_training(training)
        else:
            self.upper.setCurrentWidget(self.outcome)
            self.outcome.show_training(training)
        self.bottom.show_training(training)
