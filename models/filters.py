"""Filters of what is looked at: without phase, and the same wherever a page is cut.

A page is filtered with so much of the recording around it that what lies further has no say in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from models.errors import UserError

Floats = npt.NDArray[np.float32]
#: Reads samples first to before last, (channels, n); fewer at the ends of the recording.
Read = Callable[[int, int], Floats]
#: What is left of a sample in what lies a margin away.
_LEFT = 1e-5
#: No more than so many seconds are read on each side.
_LONGEST = 120.0
#: Seconds without a value that are bridged; longer ones part the recording.
BRIDGED = 1.0
#: Half the width of a notch, in Hz.
_NOTCH = 1.0


@dataclass(frozen=True)
class Filters:
    """Cut-offs in Hz, None for none. high: lower frequencies are taken away; low: higher ones; notch: this one.

    order: of each pass; each runs forth and back, so that at a cut-off half of the amplitude is left.
    """

    high: float | None = None
    low: float | None = None
    notch: float | None = None
    order: int = 2

    @property
    def idle(self) -> bool:
        """Whether nothing is filtered."""
        return self.high is None and self.low is None and self.notch is None


def check(filters: Filters, rate: float) -> None:
    """Raise UserError for cut-offs that make no filter at this rate."""
    half = rate / 2
    for name, value in (("high-pass", filters.high), ("low-pass", filters.low), ("notch", filters.notch)):
        if value is not None and not (math.isfinite(value) and value >= 0.01):
            raise UserError(f"the {name} is {value:g} Hz: give at least 0.01 Hz")
    if filters.high is not None and filters.high >= half:
        raise UserError(f"the high-pass is {filters.high:g} Hz: at {rate:g} Hz give less than {half:g}")
    if filters.high is not None and filters.low is not None and filters.high >= filters.low:
        raise UserError(f"the high-pass ({filters.high:g} Hz) is to be below the low-pass ({filters.low:g} Hz)")
    if not 1 <= filters.order <= 8:
        raise UserError(f"the order is {filters.order}: give 1 to 8")


@lru_cache(64)
def _sections(filters: Filters, rate: float) -> npt.NDArray[np.float64]:
    """All filters as second-order sections. What lies at or beyond half the rate has nothing to take away."""
    from scipy.signal import butter

    half = rate / 2
    parts = []
    if filters.high is not None:
        parts.append(butter(filters.order, filters.high, "highpass", fs=rate, output="sos"))
    if filters.low is not None and filters.low < half:
        parts.append(butter(filters.order, filters.low, "lowpass", fs=rate, output="sos"))
    if filters.notch is not None and filters.notch + _NOTCH < half:
        edges = (max(filters.notch - _NOTCH, 0.005), filters.notch + _NOTCH)
        parts.append(butter(filters.order, edges, "bandstop", fs=rate, output="sos"))
    return np.concatenate(parts) if parts else np.zeros((0, 6))


@lru_cache(64)
def margin(filters: Filters, rate: float) -> int:
    """Samples that are read beyond each end of a page."""
    sections = _sections(filters, rate)
    if not len(sections):
        return 0
    poles = max(float(np.abs(np.roots(one[3:])).max()) for one in sections)
    decay = math.log(_LEFT) / math.log(poles) if 0 < poles < 1 else 1.0
    return math.ceil(min(max(decay, 2 * BRIDGED * rate), _LONGEST * rate))


def page(read: Read, first: int, last: int, rate: float, filters: Filters) -> Floats:
    """Samples first to before last, filtered. NaN stays where a recording has nothing."""
    check(filters, rate)
    edge = margin(filters, rate)
    begin = max(0, first - edge)
    values = read(begin, last + edge)
    inside = first >= edge and values.shape[1] == last + edge - begin
    # Where all that has a say was read, both passes of the filters are one product of spectra: six times as fast.
    if edge and inside and np.isfinite(values.sum(dtype=np.float64)):
        values = _multiplied(values, rate, filters)
    else:
        values = apply(values, rate, filters)
    return values[:, max(0, first) - begin : max(0, last) - begin]


def _multiplied(values: Floats, rate: float, filters: Filters) -> Floats:
    """Both passes at once over (channels, n) without gaps; what lies within a margin of the ends is not right."""
    from scipy import fft

    count = values.shape[1]
    size = fft.next_fast_len(count, True)
    gains = _gains(filters, rate, size)
    # The ends meet where the spectrum wraps round: a line between them leaves no step there.
    share = np.linspace(0, 1, count, dtype=np.float32)
    line = values[:, :1] + (values[:, -1:] - values[:, :1]) * share
    spectrum = fft.rfft(values - line, size, axis=1)
    spectrum *= gains
    out = fft.irfft(spectrum, size, axis=1)[:, :count]
    if gains[0] > 0.5:
        # No high-pass: what is even stays.
        out += line
    return np.asarray(out, np.float32)


@lru_cache(32)
def _gains(filters: Filters, rate: float, size: int) -> Floats:
    """What two passes leave of each frequency of so many samples."""
    from scipy.signal import sosfreqz

    at = np.fft.rfftfreq(size, 1 / rate)
    found = np.abs(sosfreqz(_sections(filters, rate), worN=at, fs=rate)[1]) ** 2
    return np.asarray(found, np.float32)


def apply(values: Floats, rate: float, filters: Filters) -> Floats:
    """Filter (channels, n) as it stands; the outermost parts lack what lies beyond."""
    sections = _sections(filters, rate)
    if not len(sections) or not values.size:
        return values
    lost = np.isnan(values)
    if not lost.any():
        return _filtered(values, sections)
    out = np.full_like(values, np.nan)
    whole = ~lost.any(1)
    if whole.any():
        out[whole] = _filtered(values[whole], sections)
    for row in np.flatnonzero(~whole):
        for low, high in _stretches(lost[row], int(BRIDGED * rate)):
            out[row, low:high] = _filtered(_bridged(values[row, low:high], lost[row, low:high])[None], sections)[0]
    out[lost] = np.nan
    return out


def _filtered(values: Floats, sections: npt.NDArray[np.float64]) -> Floats:
    from scipy.signal import sosfiltfilt

    room = min(3 * (2 * len(sections) + 1), values.shape[1] - 1)
    return np.asarray(sosfiltfilt(sections, values.astype(np.float64), axis=1, padlen=room), np.float32)


def _stretches(lost: npt.NDArray[np.bool_], longest: int) -> list[tuple[int, int]]:
    """Parts that begin and end with a value and have no longer gap inside."""
    there = np.flatnonzero(~lost)
    if not len(there):
        return []
    breaks = np.flatnonzero(np.diff(there) > longest + 1)
    begins, ends = there[np.concatenate(([0], breaks + 1))], there[np.concatenate((breaks, [len(there) - 1]))] + 1
    return [(int(low), int(high)) for low, high in zip(begins, ends, strict=True)]


def _bridged(values: Floats, lost: npt.NDArray[np.bool_]) -> Floats:
    """Straight lines over what is missing."""
    if not lost.any():
        return values
    at = np.arange(len(values))
    return np.interp(at, at[~lost], values[~lost]).astype(np.float32)
