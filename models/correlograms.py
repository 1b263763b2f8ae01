"""Correlograms and intervals of spike trains, by numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
#: Pairs of spikes that are held at once.
_PAIRS = 4_000_000


@dataclass(frozen=True)
class Histogram:
    """Counts (bins,) between edges (bins + 1,) in s."""

    edges: Numbers
    counts: Index


def _bins(rate: float, window: float, width: float) -> tuple[int, int]:
    """Samples of a bin, and bins on each side of zero; at least one of each."""
    samples = max(1, round(width * rate))
    return samples, max(1, round(window * rate) // samples)


def autocorrelogram(times: Index, rate: float, window: float = 0.05, width: float = 0.001) -> Histogram:
    """How often a spike follows another of its own unit, at lags of ± window s in bins of width s.

    times: samples, rising. A spike is not counted against itself. Bins ahead are [k, k + 1) × width
    as in spikeinterface; those behind are their mirror image.
    """
    size, half = _bins(rate, window, width)
    reach = size * half
    # One count a sample, binned at the end: counting whole lags is much faster than dividing each.
    lags = np.zeros(reach + 1, np.int64)
    for shift in range(1, len(times)):
        lag = times[shift:] - times[:-shift]
        if lag.min() >= reach:
            break
        lags += np.bincount(np.minimum(lag, reach), minlength=reach + 1)
    ahead = lags[:reach].reshape(half, size).sum(axis=1)
    return Histogram(_edges(size, half, rate), np.concatenate([ahead[::-1], ahead]))


def crosscorrelogram(times: Index, others: Index, rate: float, window: float = 0.05, width: float = 0.001) -> Histogram:
    """How often a spike of another unit comes at a lag after one of this unit, lags in [−window, window)."""
    size, half = _bins(rate, window, width)
    reach = size * half
    low = np.searchsorted(others, times - reach, side="left")
    counts = np.searchsorted(others, times + reach, side="left") - low
    total = np.zeros(2 * half, np.int64)
    ends = np.cumsum(counts)
    for start in range(0, int(ends[-1]) if len(ends) else 0, _PAIRS):
        pair = np.arange(start, min(start + _PAIRS, int(ends[-1])))
        first = np.searchsorted(ends, pair, side="right")
        second = low[first] + pair - (ends[first] - counts[first])
        total += np.bincount((others[second] - times[first]) // size + half, minlength=2 * half)[: 2 * half]
    return Histogram(_edges(size, half, rate), total)


def intervals(times: Index, rate: float, window: float = 0.1, width: float = 0.001) -> Histogram:
    """How often each interval between neighbouring spikes is, up to window s."""
    size, half = _bins(rate, window, width)
    gaps = np.diff(times)
    counts = np.bincount(gaps[gaps < size * half] // size, minlength=half)[:half]
    return Histogram(np.asarray(np.arange(half + 1) * (size / rate), np.float64), counts.astype(np.int64))


def _edges(size: int, half: int, rate: float) -> Numbers:
    return np.asarray(np.arange(-half, half + 1) * (size / rate), np.float64)
