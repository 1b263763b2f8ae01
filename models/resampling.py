"""Other rates: piece by piece, where a stretch comes out the same wherever it is cut, or all at once."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
#: Beyond it a filter would be longer than it is worth, and values are joined by straight lines.
_FINEST = 4096


def resample(
    read: Callable[[int, int], Floats], count: int, first: int, last: int, ratio: Fraction
) -> npt.NDArray[np.float32]:
    """Values first to before last at `ratio` times the rate of `count` stored ones, of which `read` gives some.

    Value k stands at the time of stored value k / ratio. Before the first and behind the last stored value stands
    that value.
    """
    if ratio == 1:
        return _held(read, count, first, last)
    up, down = ratio.numerator, ratio.denominator
    if max(up, down) > _FINEST:
        return _lines(read, count, first, last, ratio)
    from scipy.signal import resample_poly

    margin = -(-10 * max(up, down) // up) + 1
    # A block begins where a stored value and a wanted one stand at the same time.
    block = first // up - -(-margin // down)
    stored = _held(read, count, block * down, -(-last * down // up) + margin + 1)
    out = resample_poly(stored, up, down, window=_taps(up, down))
    return np.asarray(out[first - block * up : last - block * up], np.float32)


def resample_whole(values: npt.NDArray[Any], own: int, rate: int) -> Floats:
    """Values at rate `own` along their last axis at `rate`, all at once, by a polyphase filter; silence at the ends.

    Nothing above half of the lower rate passes.
    """
    if own == rate or not values.shape[-1]:
        return np.asarray(values, np.float32)
    from scipy.signal import resample_poly

    common = gcd(own, rate)
    return np.asarray(resample_poly(values, rate // common, own // common, axis=-1), np.float32)


@lru_cache(64)
def _taps(up: int, down: int) -> Any:
    """The low-pass of resampling. Each of its phases has the same gain, so that an offset makes no ripple."""
    from scipy.signal import firwin

    most = max(up, down)
    taps = firwin(2 * 10 * most + 1, 1 / most, window=("kaiser", 5.0))
    for phase in range(up):
        taps[phase::up] /= taps[phase::up].sum() * up
    return np.asarray(taps, np.float32)


def _held(read: Callable[[int, int], Floats], count: int, first: int, last: int) -> Floats:
    """Stored values, with the outermost ones held beyond the ends."""
    low, high = min(max(first, 0), count), min(max(last, 0), count)
    if low >= high:
        low = min(max(low, 0), count - 1) if first >= count else 0
        high = low + 1
    values = read(low, high)
    before, after = max(0, low - first), max(0, last - high)
    return np.pad(values, (before, after), mode="edge")[: last - first]


def _lines(read: Callable[[int, int], Floats], count: int, first: int, last: int, ratio: Fraction) -> Floats:
    at = np.arange(first, last) / float(ratio)
    begin, end = int(np.floor(at[0])), int(np.ceil(at[-1])) + 2
    stored = _held(read, count, begin, end)
    return np.interp(at, np.arange(begin, end), stored).astype(np.float32)
