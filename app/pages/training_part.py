"""The training part of the dashboard: the running or last training as it goes, its learning rate and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.pages.train import DRAW_MS, TrainPage
from app.pages.train_curves import Curves, reach
from app.pages.train_head import TrainHead
from app.pages.train_outcome import Outcome
from app.pages.train_run import Training, from_record
from widgets import numbers
from widgets.charts.chart import Chart, Series
from widgets.charts.log_view import LogView
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.splitter import Splitter
from widgets.parts.text import Rule

if TYPE_CHECKING:
    from app.window import Window


class TrainingPart(QWidget):
    """What the train page knows of its training, drawn here as it goes."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk, self.session = window, window.session
        self.head = TrainHead("dashboard.training")
        self.curves = Curves(window, "dashboard.training")
        self.rate = Chart("epoch")
        self.rate.setObjectName("dashboard.training.rate")
        self.rate.setAccessibleName("Learning rate")
        self.rate_head = PaneHeader("Learning rate", "")
        self.log = LogView()
        self.log.setObjectName("dashboard.training.log")
        self.log_head = PaneHeader("Log", "")
        below = Splitter()
        below.addWidget(make_pane(self.rate_head, self.rate))
        below.addWidget(make_pane(self.log_head, self.log))
        below.setSizes([500, 500])
        split = Splitter(Qt.Orientation.Vertical)
        split.addWidget(self.curves)
        split.addWidget(below)
        split.setSizes([440, 300])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(Rule())
        self.outcome = Outcome(window, "dashboard.training")
        self.stack = QStackedWidget()
        self.stack.addWidget(split)
        self.stack.addWidget(self.outcome)
        column.addWidget(self.stack, 1)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(DRAW_MS)
        self._soon.timeout.connect(self.redraw)
        self._page: TrainPage | None = None

    def _training(self) -> Training | None:
        """The one that the train page shows, else the newest run."""
        if self._page is None:
            page = self.desk.page("train")
            assert isinstance(page, TrainPage)
            self._page = page
            page.moved.connect(self._moved)
        if self._page.training is not None:
            return self._page.training
        newest = next(iter(self.session.open_project.runs.list()), None)
        return from_record(newest) if newest is not None else None

    def _moved(self) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def redraw(self) -> None:
        """Draw what is known now."""
        if self.session.project is None:
            return
        training = self._training()
        self.head.show_training(training)
        self.log.set_lines(training.log if training else [])
        self.log_head.set_subtitle(numbers.plural(len(training.log), "line") if training else "nothing yet")
        by_epochs = training is not None and training.by_epochs
        self.stack.setCurrentIndex(0 if by_epochs else 1)
        if training is None or not by_epochs:
            self.outcome.show_training(training)
            return
        self.curves.show_training(training)
        x, y = training.line("learning_rate")
        last = reach(len(training.epochs), training.planned)
        self.rate.set_axes(x_range=(0.6, last + 0.4))
        self.rate.set_series([Series("learning rate", x, y)] if x else [], words="This training tells none")
        self.rate_head.set_subtitle(f"now {y[-1]:.2g}" if y else "")
