"""What changed between two runs: now right, now wrong, wrong both times; each part can be opened."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import numbers, paint, theme

PARTS = (
    ("right", "now right", "ok"),
    ("wrong", "now wrong", "error"),
    ("both", "wrong both times, another class", "text3"),
)


class FlipBar(QWidget):
    """Three shares of the flipped samples with their counts; ``part_asked("right" | "wrong" | "both")``."""

    part_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = {"right": 0, "wrong": 0, "both": 0}
        self._hits: list[tuple[QRectF, str]] = []
        self.setFixedHeight(34)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("ring", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_counts(self, right: int, wrong: int, both: int) -> None:
        """Show these counts."""
        self._counts = {"right": right, "wrong": wrong, "both": both}
        self.setAccessibleName(", ".join(f"{self._counts[key]} {words}" for key, words, _tone in PARTS))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, 34)

    def part_rect(self, part: str) -> QRectF:
        """Where a part's words stand, for tests and tours."""
        return next((box for box, key in self._hits if key == part), QRectF())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        total = sum(self._counts.values())
        painter.fillRect(QRectF(0, 2, self.width(), 7), theme.token("track"))
        x = 0.0
        self._hits = []
        for key, _words, tone in PARTS:
            wide = self.width() * self._counts[key] / total if total else 0.0
            if wide > 0:
                painter.fillRect(QRectF(x, 2, max(wide - 3, 1.5), 7), theme.token(tone))
            x += wide
        x = 0.0
        for key, words, tone in PARTS:
            text = f"{numbers.count(self._counts[key])} {words}"
            if x + paint.width(text, "body") > self.width():
                text = text.partition(",")[0]
            painter.fillRect(QRectF(x, 19, 8, 8), theme.token(tone))
            wide = paint.text(painter, QRectF(x + 14, 14, max(self.width() - x - 14, 1), 18), text, "body", "text")
            self._hits.append((QRectF(x, 12, wide + 14, 22), key))
            x += wide + 34

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for box, key in self._hits:
            if box.contains(event.position()) and self._counts[key]:
                self.part_asked.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        place = {Qt.Key.Key_R: 0, Qt.Key.Key_W: 1, Qt.Key.Key_B: 2}.get(Qt.Key(event.key()), -1)
        if place >= 0 and self._counts[PARTS[place][0]]:
            self.part_asked.emit(PARTS[place][0])
        else:
            super().keyPressEvent(event)
