"""Formants: resonances of the vocal tract, as roots of the polynomial of linear prediction.

Autocorrelation method by Levinson's recursion on Hann windows, after pre-emphasis from 50 Hz on. A root is a formant
where it lies above 90 Hz and is no wider than 600 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
#: Seconds of a window, and Hz from which on the spectrum is raised by 6 dB an octave.
WINDOW, EMPHASIS = 0.03, 50.0
#: Hz of the lowest formant, least distance to half the rate, and widest one.
_LOWEST, _EDGE, WIDEST = 90.0, 50.0, 600.0
#: What is added to the power at lag 0, as a share, so that tones without noise do not break the recursion.
_NOISE = 1e-9


@dataclass(frozen=True)
class Formants:
    """Formants of frames: times (n,) in s, hertz and bandwidths (n, count), NaN where there is none."""

    times: Numbers
    hertz: Numbers
    bandwidths: Numbers


def predictors(frames: Numbers, order: int) -> tuple[Numbers, Numbers]:
    """Coefficients of linear prediction of frames (n, size): (n, order + 1), the first 1; power of the rest, (n,)."""
    size = frames.shape[1]
    power = np.abs(fft.rfft(frames, fft.next_fast_len(size + order + 1, real=True), axis=1)) ** 2
    again = fft.irfft(power, fft.next_fast_len(size + order + 1, real=True), axis=1)[:, : order + 1]
    again[:, 0] = again[:, 0] * (1 + _NOISE) + 1e-30
    out = np.zeros((len(frames), order + 1))
    out[:, 0] = 1
    error = again[:, 0].copy()
    for step in range(1, order + 1):
        reflection = -(again[:, step] + (out[:, 1:step] * again[:, step - 1 : 0 : -1]).sum(axis=1)) / error
        out[:, 1:step] = out[:, 1:step] + reflection[:, None] * out[:, step - 1 : 0 : -1]
        out[:, step] = reflection
        error *= np.maximum(1 - reflection**2, 1e-12)
    return out, error


def resonances(coefficients: Numbers, rate: float, count: int, widest: float = WIDEST) -> tuple[Numbers, Numbers]:
    """The lowest resonances of predictors (n, order + 1): Hz and bandwidths (n, count), NaN where there are fewer.

    widest: the greatest bandwidth, in Hz.
    """
    rows, order = coefficients.shape[0], coefficients.shape[1] - 1
    companion = np.zeros((rows, order, order))
    companion[:, 0] = -coefficients[:, 1:]
    companion[:, np.arange(1, order), np.arange(order - 1)] = 1
    roots = np.linalg.eigvals(companion) if rows else np.zeros((0, order), complex)
    hertz = np.angle(roots) * rate / (2 * np.pi)
    widths = -np.log(np.maximum(np.abs(roots), 1e-12)) * rate / np.pi
    kept = (hertz > _LOWEST) & (hertz < rate / 2 - _EDGE) & (widths < widest)
    order_of = np.argsort(np.where(kept, hertz, np.inf), axis=1)[:, :count]
    found = [np.take_along_axis(np.where(kept, values, np.nan), order_of, axis=1) for values in (hertz, widths)]
    return found[0], found[1]


def emphasised(samples: Floats, rate: float) -> Floats:
    """Samples whose spectrum rises by 6 dB an octave more."""
    factor = np.float32(np.exp(-2 * np.pi * EMPHASIS / rate))
    values = np.asarray(samples, np.float32)
    return np.concatenate([values[:1], values[1:] - factor * values[:-1]])


def formants(
    samples: Floats,
    rate: float,
    times: Numbers,
    order: int = 18,
    count: int = 3,
    window: float = WINDOW,
    widest: float = WIDEST,
) -> Formants:
    """The formants of samples (n,) around some times in s; NaN where a window does not fit in.

    order: of linear prediction, about two more than there are kHz in the rate. window: its length in s. widest: the
    greatest bandwidth of what is taken for a formant, in Hz.
    """
    size = round(window * rate)
    starts = np.rint(times * rate).astype(np.int64) - size // 2
    inside = (starts >= 0) & (starts + size <= len(samples))
    hertz, widths = (np.full((len(times), count), np.nan) for _ in range(2))
    if inside.any():
        values = emphasised(samples, rate)
        frames = values[starts[inside][:, None] + np.arange(size)].astype(np.float64) * _taper(size)
        loud = (frames**2).sum(axis=1) > 1e-12
        found = resonances(predictors(frames[loud], order)[0], rate, count, widest)
        rows = np.flatnonzero(inside)[loud]
        hertz[rows], widths[rows] = found
    return Formants(np.asarray(times, np.float64), hertz, widths)


@lru_cache(8)
def _taper(size: int) -> Numbers:
    return np.asarray(signal.windows.hann(size), np.float64)
