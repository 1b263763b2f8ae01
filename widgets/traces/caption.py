"""The line above a plot: unit, what each line is, the cursors' readout."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens


class PlotCaption(QWidget):
    """Unit and legend from the left, readout at the right; the legend gives way first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit = ""
        self.legend: Sequence[tuple[QColor, str]] = ()
        self.readout: Sequence[str] = ()
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 28)

    def show_words(self, unit: str, legend: Sequence[tuple[QColor, str]], readout: Sequence[str]) -> None:
        """Say other words."""
        self.unit, self.legend, self.readout = unit, legend, readout
        said = [unit, *(words for _colour, words in legend), *readout]
        self.setAccessibleName(", ".join(words for words in said if words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        right = self._draw_readout(painter)
        x = float(tokens.GUTTER)
        if self.unit:
            x += paint.text(painter, QRectF(x, 0, right - x, 28), self.unit, "body", "text2") + 20
        widths = [22 + paint.width(words, "body") for _colour, words in self.legend]
        if x + sum(widths) + 20 * len(widths) > right:
            return
        for (colour, words), wide in zip(self.legend, widths, strict=True):
            painter.fillRect(QRectF(x, 13, 15, 2), colour)
            paint.text(painter, QRectF(x + 21, 0, wide, 28), words, "body", "text2")
            x += wide + 20

    def _draw_readout(self, painter: QPainter) -> float:
        x = float(self.width() - tokens.GUTTER)
        for words in reversed(self.readout):
            wide = paint.width(words, "body")
            paint.text(painter, QRectF(x - wide, 0, wide + 1, 28), words, "body", "text")
            x -= wide + 11
        return x
