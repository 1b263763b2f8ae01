"""What happened to one sample: chips and flags on a thread, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme

ROW = 42


@dataclass(frozen=True)
class Moment:
    """One line of the history. kind: filled, hollow, dashed chip, or an icon's name with `letter` empty."""

    title: str
    text: str
    at: str
    kind: str = "filled"
    letter: str = ""
    index: int = 0


class History(QWidget):
    """Moments below each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._moments: list[Moment] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("History")

    def show_moments(self, moments: Sequence[Moment]) -> None:
        """Tell other moments, newest first."""
        self._moments = list(moments)
        self.setFixedHeight(max(ROW * len(self._moments), 24))
        self.setAccessibleDescription("; ".join(f"{item.title}, {item.text}, {item.at}" for item in self._moments))
        self.update()

    def moments(self) -> list[Moment]:
        """What is shown."""
        return list(self._moments)

    def sizeHint(self) -> QSize:
        return QSize(280, max(ROW * len(self._moments), 24))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._moments:
            paint.text(painter, QRectF(12, 0, self.width() - 24, 24), "Nothing yet", "body", "text3")
        for place, moment in enumerate(self._moments):
            top = place * ROW
            self._draw_thread(painter, place, top)
            self._draw_sign(painter, moment, QRectF(12, top + 1, paint.CHIP, paint.CHIP))
            wide = paint.width(moment.at, "body")
            paint.text(painter, QRectF(40, top, self.width() - 64 - wide, 18), moment.title, "strong", "text")
            paint.text(painter, QRectF(self.width() - 12 - wide, top, wide + 1, 18), moment.at, "body", "text2")
            paint.text(painter, QRectF(40, top + 17, self.width() - 52, 18), moment.text, "body", "text2")

    def _draw_thread(self, painter: QPainter, place: int, top: int) -> None:
        if place + 1 < len(self._moments):
            painter.setPen(QPen(theme.token("line2"), 1))
            painter.drawLine(QPointF(20.5, top + 22), QPointF(20.5, top + ROW - 2))

    def _draw_sign(self, painter: QPainter, moment: Moment, area: QRectF) -> None:
        if moment.kind in ("filled", "hollow", "dashed"):
            paint.chip(painter, area, moment.kind, moment.letter, moment.index)
        else:
            theme.draw_sign(painter, area.adjusted(1, 1, -1, -1), moment.kind, theme.token("text2"))
