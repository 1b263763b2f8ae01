"""Clinical units: how many pixels a millimetre has, and which sensitivities, speeds and pages there are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QScreen

#: µV a millimetre, millimetres a second, and seconds of a page that can be chosen.
SENSITIVITIES = (
    *(1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0),
    *(100.0, 150.0, 200.0, 300.0, 500.0, 700.0, 1000.0),
)
SPEEDS = (7.5, 15.0, 20.0, 30.0, 60.0)
PAGES = (5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 600.0, 3600.0, 86_400.0)
#: High-pass and low-pass in Hz; None for none.
BANDS: tuple[tuple[float | None, float | None], ...] = (
    (None, None),
    (0.5, 40.0),
    (0.5, 70.0),
    (1.0, 40.0),
    (1.0, 70.0),
    (0.1, 70.0),
    (1.0, 30.0),
    (None, 40.0),
    (0.5, None),
)
NOTCHES: tuple[float | None, ...] = (None, 50.0, 60.0)
#: Pixels a millimetre of a screen that tells no size that could be true: 96 to the inch.
USUAL = 96 / 25.4
_LEAST, _MOST = 1.5, 16.0


def pixels_a_mm(screen: QScreen | None) -> float:
    """Logical pixels to a millimetre of this screen, as it tells its size."""
    told = screen.physicalDotsPerInch() / 25.4 if screen is not None else 0.0
    return told if _LEAST <= told <= _MOST else USUAL


def step(values: Sequence[float], now: float, by: int) -> float:
    """The next larger (by 1) or smaller (−1) one of some values."""
    if by > 0:
        return next((value for value in values if value > now * 1.0001), values[-1])
    return next((value for value in reversed(values) if value < now * 0.9999), values[0])


def figure(value: float) -> str:
    """At most three digits: ``7``, ``19.6``, ``0.5``."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def band_words(band: tuple[float | None, float | None]) -> str:
    """``0.5–40 Hz``, ``up to 40 Hz``, ``as recorded``."""
    high, low = band
    if high is None and low is None:
        return "as recorded"
    if high is None or low is None:
        return f"up to {figure(low)} Hz" if low is not None else f"from {figure(high or 0)} Hz"
    return f"{figure(high)}–{figure(low)} Hz"


def page_words(seconds: float) -> str:
    """``10 s``, ``6.5 s``, ``2 min``, ``24 h``."""
    if seconds < 119.5:
        return f"{figure(seconds)} s" if seconds >= 1 else f"{seconds:.2f} s"
    return f"{figure(seconds / 60)} min" if seconds < 3600 else f"{figure(seconds / 3600)} h"


def round_bar(least: float, values: Sequence[float]) -> float:
    """The first of some rising values that is at least so much; the last where none is."""
    return next((value for value in values if value >= least), values[-1])
