"""The plot of a page: its heights are pixels and stay so; what would stretch them changes the sensitivity."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter

from widgets import theme
from widgets.traces.plot import Plot


class PagePlot(Plot):
    """``scaled(by)``: rows are wanted larger (−1: the next smaller number of µV/mm) or smaller (1)."""

    scaled = Signal(int)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Around the data: behind them is their own ground."""
        area, well = self.area(), theme.token("well")
        for edge in (
            QRectF(0, 0, self.width(), area.top()),
            QRectF(0, area.bottom(), self.width(), self.height() - area.bottom()),
            QRectF(0, area.top(), area.left(), area.height()),
            QRectF(area.right(), area.top(), self.width() - area.right(), area.height()),
        ):
            painter.fillRect(edge, well)

    def zoom_y(self, factor: float) -> None:
        """The next sensitivity instead of other heights."""
        self.scaled.emit(-1 if factor < 1 else 1)

    def _choose_drag(self, keys: Qt.KeyboardModifier) -> Callable[[QPointF], None]:
        """No drag moves rows up or down."""
        return super()._choose_drag(keys & ~Qt.KeyboardModifier.AltModifier)
