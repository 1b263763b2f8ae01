"""The curves of a training: loss and balanced accuracy by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.pages import figure_file
from app.pages.train_run import Training
from widgets import numbers
from widgets.charts.chart import Chart, Reference, Series
from widgets.parts.chip import Legend
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.splitter import Splitter

if TYPE_CHECKING:
    from app.window import Window

#: More planned epochs than this would squeeze the first ones into a corner.
FEW = 60


class Curves(Splitter):
    """Loss and balanced accuracy by epoch, validation over training. page: what its controls' names begin with."""

    def __init__(self, window: Window, page: str = "train") -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.desk = window
        self.setObjectName(f"{page}.curves")
        self.loss = self._pane("Loss", "cross entropy, nats", f"{page}.loss")
        self.score = self._pane("Balanced accuracy", "validation part", f"{page}.score")
        self.setSizes([500, 500])

    def _pane(self, title: str, subtitle: str, name: str) -> Chart:
        head = PaneHeader(title, subtitle)
        head.setObjectName(f"{name}_head")
        legend = Legend([("accent", "validation"), ("text2", "training")])
        legend.setFixedWidth(legend.sizeHint().width())
        head.add_tool(legend)
        chart = Chart("epoch")
        chart.setObjectName(name)
        chart.setAccessibleName(title)
        head.add_entry(figure_file.SAVE, lambda: figure_file.ask(self.desk, chart, title.lower()))
        self.addWidget(make_pane(head, chart))
        return chart

    def show_training(self, training: Training) -> None:
        """Draw its curves, the epoch that is kept, chance and the baseline."""
        last = reach(len(training.epochs), training.planned)
        ticks = _ticks(last)
        for chart, names, lowest in (
            (self.loss, ("val_loss", "train_loss"), True),
            (self.score, ("val_balanced_accuracy", "train_balanced_accuracy"), False),
        ):
            chart.set_axes(x_range=(0.6, last + 0.4), x_ticks=ticks, shares=not lowest)
            series = []
            for name, tone, words_of in ((names[1], "text2", "training"), (names[0], "accent", "validation")):
                x, y = training.line(name)
                if x:
                    series.append(Series(words_of, x, y, tone=tone, width=2.0 if tone == "accent" else 1.3))
            references = self._references(training, lowest) if series else ()
            chart.set_series(series, references, training.text or "Waiting for the first epoch")

    def _references(self, training: Training, lowest: bool) -> list[Reference]:
        found = []
        kept = training.kept()
        if kept:
            found.append(Reference(kept.epoch, f"kept, epoch {kept.epoch}", upright=True))
        if not lowest:
            if training.chance is not None:
                found.append(Reference(training.chance, f"chance {numbers.share(training.chance, 2)}"))
            if training.baseline is not None:
                words = f"baseline {numbers.share(training.baseline, 2)}, held out"
                found.append(Reference(training.baseline, words, style="dot"))
        return found


def reach(done: int, planned: int) -> int:
    """Where the axis of epochs ends: at the last planned one, or before it while few of very many are done."""
    if planned > FEW:
        planned = min(planned, next((end for end in (50, 100, 200, 500, 1000) if end >= 1.25 * done), planned))
    return max(planned, done, 2)


def _ticks(last: int) -> list[tuple[float, str]]:
    """The first epoch, then round ones."""
    step = next((step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200) if step * 9 >= last), 250)
    marks = range(1, last + 1, step) if step < 5 else [1, *range(step, last + 1, step)]
    return [(float(epoch), str(epoch)) for epoch in marks]
