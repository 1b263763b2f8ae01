"""The right side of the train page: head, curves, class counts, machine, log."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.pages import figure_file
from app.pages.train_run import Kept, Training
from app.pages.train_split import Preview
from widgets import numbers, tokens
from widgets.charts.chart import Chart, Reference, Series
from widgets.charts.class_counts import ClassCounts
from widgets.charts.log_view import LogView
from widgets.charts.meter import Meter
from widgets.parts.bars import Bar
from widgets.parts.buttons import ToolButton
from widgets.parts.chip import Legend
from widgets.parts.combo import LabelledCombo
from widgets.parts.figure import FigureBlock
from widgets.parts.header import PaneHeader
from widgets.parts.notice import IssuePanel
from widgets.parts.segments import SegmentedButtons
from widgets.parts.splitter import Splitter
from widgets.parts.text import ElidedText, Rule
from workers.meters import Load, Meters

if TYPE_CHECKING:
    from app.window import Window

HEAD = 70
#: More planned epochs than this would squeeze the first ones into a corner.
FEW = 60
KEPT = "Kept weights"
#: Caption and width of each key figure.
BLOCKS = {
    "epoch": ("Epoch", 104),
    "validation": ("Validation", 116),
    "kept": (KEPT, 122),
    "rate": ("Throughput", 138),
    "left": ("Left", 104),
}
#: Below this width log and machine share one place.
NARROW = 980
BEAT_MS = 100


class TrainHead(QWidget):
    """Which training, how far, its key figures, and the line of its progress."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEAD + 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(16, 10, 12, 4)
        row.setSpacing(14)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = ElidedText("No training yet", "figure")
        self.title.setObjectName("train.title")
        self.source = ElidedText("Choose values at the left, then train.", "body", "text2")
        self.source.setObjectName("train.source")
        words.addWidget(self.title)
        words.addWidget(self.source)
        words.addStretch(1)
        row.addLayout(words, 1)
        self.figures: dict[str, FigureBlock] = {}
        for name, (caption, wide) in BLOCKS.items():
            block = FigureBlock(caption)
            block.setObjectName(f"train.figure.{name}")
            block.setMinimumWidth(wide)  # so that nothing moves when the digits change
            self.figures[name] = block
            row.addWidget(block)
        column.addLayout(row, 1)
        self.bar = Bar(0.0, "accent", 3)
        self.bar.setObjectName("train.progress")
        column.addWidget(self.bar)

    def show_training(self, training: Training | None) -> None:
        """Show its state."""
        if training is None:
            self.title.setText("No training yet")
            self.source.setText("Choose values at the left, then train.")
            for block in self.figures.values():
                block.set_figure(numbers.NONE, "")
            self.bar.set_part(0.0)
            return
        self.title.setText(training.title)
        words = f", {training.text.lower()}" if training.running and training.text and not training.epochs else ""
        self.source.setText(training.source(self.width() < NARROW) + words)
        self.bar.set_part(training.part())
        self._figures(training)

    def _figures(self, training: Training) -> None:
        total = training.total or training.planned
        if training.epochs:
            reached = int(training.epochs[-1]["epoch"])
            self.figures["epoch"].set_figure(numbers.count(reached), f"of {numbers.count(total)}" if total else "")
        elif training.running and training.total:
            self.figures["epoch"].set_figure(numbers.count(training.done), f"of {numbers.count(training.total)} steps")
        else:
            self.figures["epoch"].set_figure(numbers.NONE, "" if training.running else "one step")
        score = training.last("val_balanced_accuracy")
        self.figures["validation"].set_figure(numbers.share(score), "balanced" if math.isfinite(score) else "")
        self._show_kept(training.kept())
        rate = training.rate if training.running else training.last("rate")
        known = math.isfinite(rate)
        shown = numbers.count(round(rate)) if known else numbers.NONE
        self.figures["rate"].set_figure(shown, "samples/s" if known else "")
        self._show_time(training)

    def _show_time(self, training: Training) -> None:
        """What is left of the running training, or what it took."""
        self.figures["left"].set_caption("Left" if training.running else "Time")
        spent = time.time() - training.started
        if training.running and math.isfinite(training.left):
            self.figures["left"].set_figure(
                numbers.duration(training.left), f"of {numbers.duration(spent + training.left)}"
            )
        else:
            told = "stopping" if training.stopping else "so far" if training.running else "taken"
            seconds = spent if training.running else training.seconds
            self.figures["left"].set_figure(
                numbers.duration(seconds) if seconds else numbers.NONE, told if seconds else ""
            )

    def _show_kept(self, kept: Kept | None) -> None:
        """The epoch that makes the model, its score, and what chose it."""
        block = self.figures["kept"]
        block.set_caption(f"Kept, {kept.by}" if kept else KEPT)
        block.set_figure(numbers.share(kept.score if kept else None), f"epoch {kept.epoch}" if kept else "")
        block.setToolTip(kept_words(kept) if kept else "")


class Curves(Splitter):
    """Loss and balanced accuracy by epoch, validation over training."""

    def __init__(self, window: Window) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.desk = window
        self.setObjectName("train.curves")
        self.loss, self.loss_head = self._pane("Loss", "cross entropy, nats", "train.loss")
        self.score, self.score_head = self._pane("Balanced accuracy", "validation part", "train.score")
        self.setSizes([500, 500])

    def _pane(self, title: str, subtitle: str, name: str) -> tuple[Chart, PaneHeader]:
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = PaneHeader(title, subtitle)
        head.setObjectName(f"{name}_head")
        legend = Legend([("accent", "validation"), ("text2", "training")])
        legend.setFixedWidth(legend.sizeHint().width())
        head.add_tool(legend)
        chart = Chart("epoch")
        chart.setObjectName(name)
        chart.setAccessibleName(title)
        head.add_entry(figure_file.SAVE, lambda: figure_file.ask(self.desk, chart, title.lower()))
        column.addWidget(head)
        column.addWidget(chart, 1)
        self.addWidget(pane)
        return chart, head

    def show_training(self, training: Training | None) -> None:
        """Draw its curves, the epoch that is kept, chance and the baseline."""
        if training is None:
            for chart in (self.loss, self.score):
                chart.set_series([], words="Curves stand here while a network trains")
            return
        words = "Waiting for the first epoch" if training.running else "This recipe fits in one step: no curve"
        if training.running and not training.planned:
            words = f"{training.text or 'Fitting'}; its score comes at the end"
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
            chart.set_series(series, self._references(training, lowest) if series else (), words)

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


def kept_words(kept: Kept) -> str:
    """Which weights make the model and why, in a sentence."""
    if kept.by == "lowest loss":
        return f"The model has the weights of epoch {kept.epoch}: its loss on the validation part is the lowest."
    return f"The model has the weights of epoch {kept.epoch}, the last one: patience is 0 or nothing validates it."


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


class ClassPane(QWidget):
    """Classes before and after balancing, and what to know of it."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.session = window.session
        self.setProperty("ground", "well")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        self.head = PaneHeader("Classes", "")
        column.addWidget(self.head)
        inner = QVBoxLayout()
        inner.setContentsMargins(12, 6, 12, 0)
        inner.setSpacing(4)
        self.counts = ClassCounts()
        self.counts.setObjectName("train.classes")
        inner.addWidget(self.counts, 1)
        inner.addWidget(Legend([("bar", "training side"), ("label_bar", "used, after balancing")]))
        self.advice = IssuePanel("", "", "warn", "warn")
        self.advice.setObjectName("train.advice")
        self.advice.hide()
        inner.addWidget(self.advice)
        inner.addStretch(0)
        column.addLayout(inner, 1)

    def show_preview(self, preview: Preview | None) -> None:
        """Show what the training would see."""
        session = self.session
        if preview is None or session.project is None:
            self.counts.set_counts([], [], [], [])
            self.head.set_subtitle("")
            self.advice.hide()
            return
        titles = [session.class_title(name) for name in session.classes]
        letters = tokens.propose_letters(session.classes)
        self.counts.set_counts(titles, letters, preview.before, preview.after)
        self.head.set_subtitle(f"{len(titles)}, {ratio(preview.before)}")
        title, words = preview.advice()
        self.advice.setVisible(bool(title))
        if title:
            self.advice.set_words(title, words, "warn", "warn")


def ratio(counts: tuple[int, ...]) -> str:
    """``1 : 6 : 12 : 6``."""
    least = min((count for count in counts if count), default=0)
    if not least:
        return numbers.plural(sum(counts), "sample")
    return " : ".join(numbers.minus(f"{count / least:.3g}") for count in counts)


class MachinePane(QWidget):
    """Load of the machine, a value a second, and how late the window answers."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.meters = Meters(lambda: getattr(window.session.jobs.host, "pid", None), self)
        self.meters.sampled.connect(self._take)
        self.rows = {
            "cpu": Meter("CPU", top=1.0),
            "memory": Meter("Memory"),
            "gpu": Meter("GPU", top=1.0),
            "disk": Meter("Disk read"),
            "window": Meter("Window", "95th percentile of delay"),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 6)
        column.setSpacing(2)
        for name, meter in self.rows.items():
            meter.setObjectName(f"train.meter.{name}")
            column.addWidget(meter)
        column.addStretch(0)
        self.rows["gpu"].hide()
        self.has_gpu = False
        self._late: deque[float] = deque(maxlen=10)
        self._due = 0.0
        self._beat = QTimer(self)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._feel)

    def start(self) -> None:
        """Begin to look; nothing costs while the page is not shown."""
        self.meters.start()
        self._due = time.perf_counter() + BEAT_MS / 1000
        self._beat.start()

    def stop(self) -> None:
        """End."""
        self.meters.stop()
        self._beat.stop()

    def set_span(self, seconds: int) -> None:
        """How much of the past is shown."""
        for meter in self.rows.values():
            meter.set_span(seconds)

    def _feel(self) -> None:
        now = time.perf_counter()
        self._late.append(max(now - self._due, 0.0))
        self._due = now + BEAT_MS / 1000

    def _take(self, load: Load) -> None:
        cores = "" if load.worker_cpu is None else f"worker {load.worker_cpu:.1f} cores"
        self.rows["cpu"].add(load.cpu, f"{100 * load.cpu:.0f} %", cores)
        total = load.memory_total
        self.rows["memory"].add(load.memory, numbers.size(load.memory), f"of {numbers.size(total)}", float(total))
        read = load.disk_read
        shown = numbers.NONE if read is None else f"{numbers.size(read)}/s"
        self.rows["disk"].add(read, shown, "not told here" if read is None else "")
        if load.gpu is not None:
            self.has_gpu = True
            self.rows["gpu"].show()
            used = numbers.size(load.gpu_memory or 0)
            self.rows["gpu"].add(
                load.gpu, f"{100 * load.gpu:.0f} %", f"{used} of {numbers.size(load.gpu_memory_total or 0)}"
            )
        if self._late:
            late = float(np.quantile(self._late, 0.95)) * 1000
            self.rows["window"].add(late, f"{late:.0f} ms", top=max(50.0, late))


class BottomStrip(QWidget):
    """Classes, machine and log beside each other; where it is narrow, machine and log share a place."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.classes = ClassPane(window)
        self.machine = MachinePane(window)
        self.log = LogView()
        self.log.setObjectName("train.log")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.classes, 9)
        row.addWidget(Rule(upright=True))
        self.machine_pane = self._build_machine()
        self.log_pane = self._build_log()
        self.tabs = SegmentedButtons([("machine", "Machine", ""), ("log", "Log", "")], "Show")
        self.tabs.setObjectName("train.tabs")
        self.tabs.chosen.connect(lambda _value: self._fit())
        self.shared = QWidget()
        column = QVBoxLayout(self.shared)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.shared_head = PaneHeader("")
        self.shared_head.add_lead(self.tabs)
        column.addWidget(self.shared_head)
        self.stack = QStackedWidget()
        column.addWidget(self.stack, 1)
        self.line = Rule(upright=True)
        row.addWidget(self.machine_pane, 11)
        row.addWidget(self.line)
        row.addWidget(self.log_pane, 9)
        row.addWidget(self.shared, 11)
        self.shared.hide()
        self._narrow = False

    def _build_machine(self) -> QWidget:
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.machine_head = PaneHeader("Machine", "")
        self.span = LabelledCombo("", [("2 min", 120), ("10 min", 600)], "How much of the past")
        self.span.setObjectName("train.span")
        self.span.chosen.connect(self.machine.set_span)
        self.machine_head.add_tool(self.span)
        column.addWidget(self.machine_head)
        column.addWidget(self.machine, 1)
        return pane

    def _build_log(self) -> QWidget:
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.log_head = PaneHeader("Log", "")
        copy = ToolButton("copy", "Copy the log")
        copy.setObjectName("train.log_copy")
        copy.clicked.connect(self.log.copy_all)
        self.log_head.add_tool(copy, keep=True)
        column.addWidget(self.log_head)
        column.addWidget(self.log, 1)
        return pane

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (self.width() < NARROW) != self._narrow:
            self._narrow = self.width() < NARROW
            self._fit()

    def _fit(self) -> None:
        narrow = self._narrow
        for pane, body in ((self.machine_pane, self.machine), (self.log_pane, self.log)):
            pane.setVisible(not narrow)
            layout = pane.layout()
            if narrow:
                self.stack.addWidget(body)
            elif layout is not None and body.parentWidget() is not pane:
                layout.addWidget(body)
                body.show()
        self.line.setVisible(not narrow)
        self.shared.setVisible(narrow)
        if narrow:
            self.stack.setCurrentWidget(self.machine if self.tabs.value() == "machine" else self.log)

    def show_training(self, training: Training | None) -> None:
        """Show its log."""
        lines = training.log if training else []
        self.log.set_lines(lines)
        self.log_head.set_subtitle(numbers.plural(len(lines), "line") if lines else "nothing yet")
        self.machine_head.set_subtitle("" if self.machine.has_gpu else "no GPU found")


class TrainFigures(QWidget):
    """Head, curves and the strip below."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.setProperty("ground", "well")
        self.head = TrainHead()
        self.curves = Curves(window)
        self.bottom = BottomStrip(window)
        self.split = Splitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.curves)
        self.split.addWidget(self.bottom)
        self.split.setStretchFactor(0, 5)
        self.split.setStretchFactor(1, 3)
        self.split.setSizes([560, 330])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.split, 1)

    def show_training(self, training: Training | None) -> None:
        """Show a training, running or ended."""
        self.head.show_training(training)
        self.curves.show_training(training)
        self.bottom.show_training(training)
