"""The machine and the service at the right of the dashboard: what they do now, and their last minutes."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.train_strip import MachinePane
from app.service.figures import Figures, Running, ask, find, quantile, rate
from models.errors import UserError
from widgets import numbers, tokens
from widgets.charts.meter import Meter
from widgets.parts.header import PaneHeader
from widgets.parts.text import Text
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

#: How often the service is asked, and over how many looks its times are told.
EVERY_MS, LOOKS = 2000, 30
NONE = "No service runs for this project here: winnow serve starts one."


class ServicePart(QWidget):
    """Processor, memory, GPU where there is one; times and requests of the service where one runs."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.session = window.session
        self.setProperty("ground", "panel")
        self.reader = Reader(threads=1, count=4, parent=self)
        self.reader.arrived.connect(self._came)
        self._looks: deque[tuple[float, Figures]] = deque(maxlen=LOOKS)
        self._number, self._of = 0, ""
        self.head = PaneHeader("Service and machine", "")
        self.words = Text(NONE, "body", "text2", wrap=True)
        self.words.setObjectName("dashboard.service")
        self.words.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 2)
        self.meters = {"latency": Meter("Latency, p95"), "requests": Meter("Requests")}
        self.machine = MachinePane(window, "dashboard")
        for name in ("disk", "window"):
            self.machine.rows[name].hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.words)
        served = QWidget()
        inner = QVBoxLayout(served)
        inner.setContentsMargins(12, 4, 12, 0)
        inner.setSpacing(2)
        for name, meter in self.meters.items():
            meter.setObjectName(f"dashboard.meter.{name}")
            meter.hide()
            inner.addWidget(meter)
        column.addWidget(served)
        column.addWidget(self.machine)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begin to look; nothing is asked while the page is not shown."""
        self.machine.start()
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """End."""
        self.machine.stop()
        self._timer.stop()

    def forget(self) -> None:
        """Another project has another service."""
        self._looks.clear()
        self._of = ""

    def close_down(self) -> None:
        """End for good."""
        self.stop()
        self.reader.close()

    def look(self) -> None:
        """Ask once, beside the window."""
        if self.session.project is None:
            return
        cache, self._number = self.session.project.cache, self._number + 1

        def read() -> tuple[Running | None, Figures | None, str]:
            running = find(cache)
            if running is None:
                return None, None, NONE
            try:
                return running, ask(running), ""
            except UserError as error:
                return running, None, str(error)

        self.reader.ask((str(cache), self._number), read, "service")

    def _came(self, key: Any, told: tuple[Running | None, Figures | None, str]) -> None:
        project = self.session.project
        if project is None or key[0] != str(project.cache):
            return
        running, figures, words = told
        for meter in self.meters.values():
            meter.setVisible(figures is not None)
        self.words.setVisible(figures is None)
        self.words.setText(words)
        self.head.set_subtitle(f"port {running.port}, {running.run}" if running is not None else "")
        if running is None or figures is None:
            self.forget()
            return
        if self._of != f"{running.pid}":
            self._looks.clear()
            self._of = f"{running.pid}"
        self._looks.append((time.monotonic(), figures))
        self._show()

    def _show(self) -> None:
        (first, before), (last, now) = self._looks[0], self._looks[-1]
        high, middle = (quantile(before, now, share) for share in (0.95, 0.5))
        known = math.isfinite(high)
        shown = f"{high * 1000:.0f} ms" if known else numbers.NONE
        self.meters["latency"].add(high * 1000 if known else None, shown, _median(middle))
        pace = rate(before, now, last - first)
        words = f"{numbers.count(round(now.refused))} refused, {numbers.count(round(now.waiting))} wait"
        self.meters["requests"].add(pace, f"{pace:.1f}/s", words)


def _median(seconds: float) -> str:
    return f"p50 {seconds * 1000:.0f} ms" if math.isfinite(seconds) else "no request yet"
