"""Traces before and after a step, one channel below the other: the old ones grey, the new ones over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import paint, theme, tokens

Floats = npt.NDArray[np.floating[Any]]
#: Where names stand; the middle seconds that are drawn; rows that have room for a name.
NAMES, SECONDS, NAMED = 44, 10.0, 11
#: Between these quantiles a channel fills its row before the step.
_USUAL = (0.01, 0.99)
#: What of its row the usual channel fills, and how many times as large others have a gain of their own.
_FILLED, _FAR = 0.8, 3.0


class BeforeAfter(QWidget):
    """A channel has one gain before and after, so that a smaller trace is a smaller voltage."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("before_after")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._names: tuple[str, ...] = ()
        self._traces: tuple[Floats, Floats] = (np.zeros((0, 0)), np.zeros((0, 0)))
        self._gains: tuple[Floats, Floats] = (np.zeros(0), np.zeros(0))

    def show_step(self, names: Sequence[str], before: Floats, after: Floats, seconds: float, own: bool) -> None:
        """Show values (channels, n), both of so many s. own: each has its own unit, and so its own gain."""
        self._names = tuple(names)
        self._traces = _middle(before, seconds), _middle(after, seconds)
        first, second = (_gains(part) for part in self._traces)
        self._gains = first, second if own else first
        self.setAccessibleName("Before and after")
        self.setAccessibleDescription(f"{len(self._names)} channels, the middle {min(seconds, SECONDS):g} s")
        self.update()

    def show_nothing(self) -> None:
        """Nothing is there to be compared."""
        self.show_step((), np.zeros((0, 0)), np.zeros((0, 0)), 1.0, False)

    def sizeHint(self) -> QSize:
        return QSize(640, 280)

    def lines(self) -> list[tuple[QPolygonF, QPolygonF]]:
        """The line of each channel before and after, as drawn."""
        wide, tall = self.width() - NAMES - tokens.GUTTER, self.height() / max(len(self._names), 1)
        found = []
        for row in range(len(self._names)):
            both = []
            for part, gain in zip(self._traces, self._gains, strict=True):
                values = part[row] - np.nanmedian(part[row]) if np.isfinite(part[row]).any() else part[row]
                across = NAMES + np.linspace(0, wide, part.shape[1])
                both.append(_polygon(across, (row + 0.5) * tall - values * gain[row] * tall))
            found.append((both[0], both[1]))
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.token("well"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tall = self.height() / max(len(self._names), 1)
        for row in range(0, len(self._names), 1 if tall >= NAMED else 2):
            place = QRectF(4, row * tall, NAMES - 8, tall)
            paint.text(painter, place, self._names[row], "caption", "text2", paint.RIGHT)
        for before, after in self.lines():
            painter.setPen(QPen(theme.token("bar"), 2.0))
            painter.drawPolyline(before)
            painter.setPen(QPen(theme.token("accent"), 1.0))
            painter.drawPolyline(after)


def _middle(values: Floats, seconds: float) -> Floats:
    """The middle of what is there, in s."""
    count = values.shape[1]
    kept = min(round(count * SECONDS / max(seconds, 1e-9)), count)
    start = (count - kept) // 2
    return values[:, start : start + kept]


def _gains(values: Floats) -> Floats:
    """Rows to a unit of each channel: all have that of the usual one, but those that would leave their row by far."""
    reach = np.zeros(len(values))
    known = np.isfinite(values).any(axis=1) if values.size else np.zeros(len(values), bool)
    if known.any():
        low, high = np.nanquantile(values[known], _USUAL, axis=1)
        reach[known] = high - low
    usual = max(float(np.median(reach[known])) if known.any() else 0.0, 1e-9)
    return np.asarray(_FILLED / np.where(reach > _FAR * usual, reach, usual))


def _polygon(x: npt.NDArray[np.float64], y: npt.NDArray[Any]) -> QPolygonF:
    """A line through the points that are there."""
    known = np.isfinite(y)
    return paint.polygon(x[known], np.asarray(y[known], np.float64))
