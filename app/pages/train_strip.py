"""The strip below the curves: classes and their balance, the machine, the log."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.pages.train_run import Training
from app.pages.train_split import Preview
from widgets import numbers, tokens
from widgets.charts.class_counts import ClassCounts
from widgets.charts.log_view import LogView
from widgets.charts.meter import Meter
from widgets.parts.buttons import ToolButton
from widgets.parts.chip import Legend
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.notice import IssuePanel
from widgets.parts.segments import SegmentedButtons
from widgets.parts.text import Rule
from workers.meters import Load, Meters

if TYPE_CHECKING:
    from app.window import Window

#: Below this width log and machine share one place.
NARROW = 980
BEAT_MS = 100


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
        body = QWidget()
        body.setProperty("ground", "well")
        inner = QVBoxLayout(body)
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
        area = QScrollArea()
        area.setObjectName("train.classes_area")
        area.setAccessibleName("Classes")
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        column.addWidget(area, 1)

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
        found = preview.advices()
        self.advice.setVisible(bool(found))
        if len(found) == 1:
            self.advice.set_words(*found[0], "warn", "warn")
        elif found:
            titles = [title.removesuffix(".") for title, _words in found]
            told = [f"{title}: {words}" for title, (_title, words) in zip(titles, found, strict=True)]
            self.advice.set_words(f"{len(found)} things to know before training", "\n".join(told), "warn", "warn")


def ratio(counts: tuple[int, ...]) -> str:
    """``1 : 6 : 12 : 6``."""
    least = min((count for count in counts if count), default=0)
    if not least:
        return numbers.plural(sum(counts), "sample")
    return " : ".join(numbers.minus(f"{count / least:.3g}") for count in counts)


class MachinePane(QWidget):
    """Load of the machine, a value a second, and how late the window answers. page: whose controls they are."""

    def __init__(self, window: Window, page: str = "train") -> None:
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
            meter.setObjectName(f"{page}.meter.{name}")
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
        self.shared_head = PaneHeader("")
        self.shared_head.add_lead(self.tabs)
        self.stack = QStackedWidget()
        self.shared = make_pane(self.shared_head, self.stack)
        self.line = Rule(upright=True)
        row.addWidget(self.machine_pane, 11)
        row.addWidget(self.line)
        row.addWidget(self.log_pane, 9)
        row.addWidget(self.shared, 11)
        self.shared.hide()
        self._narrow = False

    def _build_machine(self) -> QWidget:
        self.machine_head = PaneHeader("Machine", "")
        self.span = LabelledCombo("", [("2 min", 120), ("10 min", 600)], "How much of the past")
        self.span.setObjectName("train.span")
        self.span.chosen.connect(self.machine.set_span)
        self.machine_head.add_tool(self.span)
        return make_pane(self.machine_head, self.machine)

    def _build_log(self) -> QWidget:
        self.log_head = PaneHeader("Log", "")
        copy = ToolButton("copy", "Copy the log")
        copy.setObjectName("train.log_copy")
        copy.clicked.connect(self.log.copy_all)
        self.log_head.add_tool(copy, keep=True)
        return make_pane(self.log_head, self.log)

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
