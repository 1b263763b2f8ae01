"""The plot of a page: its heights are pixels and stay so; what would stretch them changes the sensitivity."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt, Signal

from widgets.traces.plot import Plot


class PagePlot(Plot):
    """``scaled(by)``: rows are wanted larger (−1: the next smaller number of µV/mm) or smaller (1)."""

    scaled = Signal(int)

    def zoom_y(self, factor: float) -> None:
        """The next sensitivity instead of other heights."""
        self.scaled.emit(-1 if factor < 1 else 1)

    def _choose_drag(self, keys: Qt.KeyboardModifier) -> Callable[[QPointF], None]:
        """No drag moves rows up or down."""
        return super()._choose_drag(keys & ~Qt.KeyboardModifier.AltModifier)
