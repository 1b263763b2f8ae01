"""The two plots of a sound: a drag chooses a stretch, the wheel turns pages, times stand below the lower one."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from widgets.traces.plot import Plot

#: Room for the labels at the left of both, at the right, and of times below.
LEFT, RIGHT, FOOT = 58, 14, 26
#: A stretch that is less wide was a click, in px.
_LEAST = 4.0


class SoundPlot(Plot):
    """``stretched(start, stop)``: a stretch of time was chosen by a drag, in s of the axis.

    A drag chooses; with Shift it zooms to a box, the middle button or Alt moves along.
    """

    stretched = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._origin = math.nan

    def _choose_drag(self, keys: Qt.KeyboardModifier) -> Callable[[QPointF], None]:
        if keys & Qt.KeyboardModifier.AltModifier:
            return self._move_along
        if keys & Qt.KeyboardModifier.ShiftModifier:
            return super()._choose_drag(keys)
        self._origin = self.to_data(self._last).x()
        return self._stretch

    def _stretch(self, position: QPointF) -> None:
        time, (low, high) = self.to_data(position).x(), self.bounds
        start, stop = sorted(min(max(at, low), high) for at in (self._origin, time))
        left, right = self.x_range()
        if (stop - start) * self.area().width() / (right - left) >= _LEAST:
            self.stretched.emit(start, stop)


class WavePlot(SoundPlot):
    """The waveform: Shift and the wheel make it higher."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.set_margins(LEFT, 2, RIGHT, 2)
        self.setMinimumHeight(60)


class SonogramPlot(SoundPlot):
    """The spectrogram: heights are frequencies of a scale, which stay."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.vertical = False
        self.side.hide()
        self.rim.upright = False
        self.set_margins(LEFT, 2, RIGHT, FOOT)

    def set_y(self, low: float, high: float) -> None:
        """Frequencies stay."""
