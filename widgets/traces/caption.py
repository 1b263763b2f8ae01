"""The line above a plot: unit, what each line is, the cursors' readout."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens


class PlotCaption(QWidget):
    """Unit and legend from the left, readout at the right; what of the legend has no room gives way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit = ""
        self.legend: Sequence[tuple[QColor, str]] = ()
        self.readout: Sequence[str] = ()
        self.marks = ""
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 28)

    def show_words(
        self, unit: str, legend: Sequence[tuple[QColor, str]], readout: Sequence[str], marks: str = ""
    ) -> None:
        """Say other words. marks: what the ticks at the foot of the plot are, "" for none."""
        self.unit, self.legend, self.readout, self.marks = unit, legend, readout, marks
        said = [unit, marks, *(words for _colour, words in legend), *readout]
        self.setAccessibleName(", ".join(words for words in said if words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        right = self._draw_readout(painter)
        x = float(tokens.GUTTER)
        if self.unit:
            x += paint.text(painter, QRectF(x, 0, right - x, 28), self.unit, "body", "text2") + 20
        x = self._draw_marks(painter, x, right)
        for colour, words in self.legend:
            wide = 22 + paint.width(words, "body")
            if x + wide > right:
                return
            painter.fillRect(QRectF(x, 13, 15, 2), colour)
            paint.text(painter, QRectF(x + 21, 0, wide, 28), words, "body", "text2")
            x += wide + 20

    def _draw_marks(self, painter: QPainter, x: float, right: float) -> float:
        wide = 16 + paint.width(self.marks, "body")
        if not self.marks or x + wide > right:
            return x
        for tick in (0, 4, 7):  # as they stand at the foot of the plot
            painter.fillRect(QRectF(x + tick, 10, 1, 8), theme.token("text2"))
        paint.text(painter, QRectF(x + 14, 0, wide, 28), self.marks, "body", "text2")
        return x + wide + 20

    def _draw_readout(self, painter: QPainter) -> float:
        x = float(self.width() - tokens.GUTTER)
        for words in reversed(self.readout):
            wide = paint.width(words, "body")
            paint.text(painter, QRectF(x - wide, 0, wide + 1, 28), words, "body", "text")
            x -= wide + 11
        return x
