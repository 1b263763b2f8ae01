"""Where the strips stand, and where a frequency or a time stands in them."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from models.payload import Spectrogram
from models.sonogram import from_mel, to_mel
from widgets.traces.plot import Plot, clock_step, clock_text, nice_step, ticks

Span = tuple[float, float]
GAP = 8.0
#: Up to so many s times are told from the window.
_NEAR = 1801.0
#: What the middle of the window is called among times.
WINDOW = "window"


class StripPlot(Plot):
    """The plot that strips stand in: time moves, heights never do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.vertical = False
        self.rim.hide()
        self.side.hide()
        self.set_margins(40, 6, 10, 34)

    def set_y(self, low: float, high: float) -> None:
        """Frequencies stay."""


def strip_places(area: QRectF, count: int) -> list[QRectF]:
    """Equal places below each other on whole pixels."""
    if count < 1 or area.height() < count:
        return []
    gap = min(GAP, area.height() / (6 * count))
    high = (area.height() - gap * (count - 1)) / count
    tops = [round(area.top() + number * (high + gap)) for number in range(count)]
    return [QRectF(area.left(), top, area.width(), max(math.floor(high), 1)) for top in tops]


class Axis:
    """Frequencies of a strip: shares of its height from the bottom, half a bin beyond the first and the last bin."""

    def __init__(self, spectrogram: Spectrogram) -> None:
        there: Callable[[float], float] = (lambda hertz: float(to_mel(hertz))) if spectrogram.mel else float
        bins = max(spectrogram.strips[0].reader.bins, 1)
        low, high = there(spectrogram.low), there(spectrogram.high)
        half = (high - low) / max(bins - 1, 1) / 2 or 0.5
        self.bins, self._there, self._mel = bins, there, spectrogram.mel
        self._low, self._high = low - half, high + half

    def share(self, hertz: float) -> float:
        """How far up a frequency stands."""
        return (self._there(hertz) - self._low) / (self._high - self._low)

    def hertz(self, share: float) -> float:
        """The frequency so far up."""
        at = self._low + share * (self._high - self._low)
        return max(float(from_mel(at)) if self._mel else at, 0.0)

    def bin_at(self, share: float) -> int:
        """The bin so far up."""
        return min(max(int(share * self.bins), 0), self.bins - 1)

    def labels(self, height: float) -> list[float]:
        """Frequencies that are named beside a strip of this height."""
        most = max(height / 34, 1)
        if not self._mel:
            step = nice_step(self.hertz(1.0), most)
            return [at for at in ticks(step, self.hertz(1.0), step) if 0 < self.share(at) < 1]
        even = [float(f"{self.hertz(number / most):.1g}") for number in range(1, math.ceil(most))]
        return [at for at in dict.fromkeys(even) if 0.04 < self.share(at) < 0.97]


def time_bounds(spectrogram: Spectrogram) -> Span:
    """From where the first column begins to where the last one ends."""
    length = max((strip.reader.length for strip in spectrogram.strips), default=0)
    begin = spectrogram.start - spectrogram.step / 2
    return begin, begin + max(length, 1) * spectrogram.step


def window_middle(spectrogram: Spectrogram) -> float | None:
    """The middle of what was judged, or of the window; None for a whole recording."""
    span = spectrogram.labelled or spectrogram.window
    return (span[0] + span[1]) / 2 if span is not None else None


def time_labels(view: Span, middle: float | None, width: float) -> list[tuple[float, str]]:
    """Times that are named below: from the window where it is near, else from the beginning of the recording."""
    left, right = view
    # Five where they just fit, fewer in less room.
    most = max(width / 76, min(width / 42, 5))
    if middle is not None and left <= middle <= right and right - left <= _NEAR:
        step = clock_step(right - left, most)
        found = ticks(left - middle, right - middle, step)
        return [(middle + at, _away(at, step)) for at in found]
    step = clock_step(right - left, max(width / 90, min(width / 50, 4)))
    return [(at, clock_text(at, step)) for at in ticks(left, right, step)]


def _away(seconds: float, step: float) -> str:
    """``−4 min``, ``+30 s``, ``window`` at 0."""
    if abs(seconds) < step / 2:
        return WINDOW
    sign, away = ("−" if seconds < 0 else "+"), abs(seconds)
    if step >= 60:
        return f"{sign}{away / 60:g} min"
    decimals = max(math.ceil(-math.log10(step) - 1e-9), 0)
    if away >= 60:
        return f"{sign}{int(away // 60)}:{away % 60:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{sign}{away:.{decimals}f} s"
