"""The line below every page: progress, pace, job, saved, device, who."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.chrome.topbar import Grounded, Pressable
from widgets import numbers, paint, theme, tokens
from widgets.parts.bars import Bar
from widgets.parts.text import Rule, Text


class JobPiece(Pressable):
    """The running job: what, how far, time left, how many wait. Pressed it opens the tray."""

    def __init__(self) -> None:
        super().__init__("Jobs")
        self.setFixedHeight(tokens.STATUS)
        self._words, self._part, self._left, self._waiting = "", -1.0, "", 0
        self.hide()

    def show_job(self, words: str, part: float, left: str, waiting: int) -> None:
        """Tell another state; no words hides it. part: 0 to 1, −1 unknown."""
        self._words, self._part, self._left, self._waiting = words, part, left, waiting
        self.setVisible(bool(words))
        self.setAccessibleName(f"Jobs: {words} {left}".strip())
        self.setToolTip("Jobs: cancel, reorder")
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """What it says."""
        return f"{self._words} {self._tail()}".strip()

    def _tail(self) -> str:
        tail = f"{self._left} left" if self._left else ""
        if self._waiting:
            tail = f"{tail}, {self._waiting} waiting" if tail else f"{self._waiting} waiting"
        return tail

    def sizeHint(self) -> QSize:
        wide = 24 + paint.width(self._words, "strong") + (112 if self._part >= 0 else 8)
        return QSize(int(wide + paint.width(self._tail(), "body") + 16), tokens.STATUS)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), theme.token("track"))
        theme.draw_sign(painter, QRectF(4, 6, 13, 13), "spinner", theme.token("accent"))
        x = 22.0
        x += paint.text(painter, QRectF(x, 0, 340, self.height()), self._words, "strong", "text") + 10
        if self._part >= 0:
            area = QRectF(x, self.height() / 2 - 1.5, 90, 4)
            paint.bar(painter, area, self._part, theme.token("accent"))
            x += 100
        paint.text(painter, QRectF(x, 0, self.width() - x, self.height()), self._tail(), "body", "text2")


class StatusLine(Grounded):
    """Labelled of all with a bar, reviewed and pace; the job; saved, device, curator."""

    def __init__(self) -> None:
        super().__init__("chrome", "top")
        self.setObjectName("status")
        self.setFixedHeight(tokens.STATUS)
        self.labelled = Text("", "body", "text2")
        self.labelled.setObjectName("status.labelled")
        self.labelled.setTextFormat(Qt.TextFormat.RichText)
        self.bar = Bar(0, "label_bar", 3)
        self.bar.setFixedWidth(110)
        self.pace = Text("", "body", "text2")
        self.pace.setObjectName("status.pace")
        self.job = JobPiece()
        self.job.setObjectName("status.job")
        self.saved = Text("", "body", "text2")
        self.saved.setObjectName("status.saved")
        self.device = Text("", "body", "text2")
        self.device.setObjectName("status.device")
        self.who = Text("", "body", "text2")
        self.who.setObjectName("status.who")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(12)
        self._line = Rule(upright=True)
        self._line.setFixedHeight(13)
        for widget in (self.labelled, self.bar, self.pace, self._line, self.job):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self.saved, self.device, self.who):
            row.addWidget(widget)

    def show_counts(self, labelled: int, total: int, reviewed: int, pace: float) -> None:
        """Tell how far the labelling is."""
        words = f"Labelled <b>{numbers.count(labelled)}</b> of {numbers.count(total)}"
        self.labelled.setText(words if total else "No samples yet")
        self.bar.setVisible(total > 0)
        self.bar.set_part(labelled / total if total else 0.0)
        told = [f"{numbers.count(reviewed)} reviewed"] if reviewed else []
        if pace:
            told.append(f"{pace:.0f} a minute")
        self.pace.setText(", ".join(told))

    def show_saved(self, words: str, tone: str = "text2") -> None:
        """Tell whether all is written."""
        self.saved.setText(words)
        self.saved.set_tone(tone)

    def show_job(self, words: str, part: float = -1.0, left: str = "", waiting: int = 0) -> None:
        """Tell the running job."""
        self.job.show_job(words, part, left, waiting)
        self._line.setVisible(bool(words))

    def pieces(self) -> list[QWidget]:
        """The widgets of the line, for tests and documents."""
        return [self.labelled, self.pace, self.job, self.saved, self.device, self.who]
