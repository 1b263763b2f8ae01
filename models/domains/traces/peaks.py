"""What the simulation files store of each trace, computed from the traces themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
#: Length of the moving average before peaks are sought, and a peak's height above the mean in sd.
SMOOTH, HEIGHT = 9, 2.0
#: Absurd values (damage) overflow here and come out as not finite, without a warning each.
quiet = np.errstate(over="ignore", invalid="ignore")


@quiet
def largest(traces: Array) -> Floats:
    """cMax: the largest finite value of each trace, (cells, length) → (cells,)."""
    known = np.where(np.isfinite(traces), traces, -np.inf)
    return _finite(known.max(axis=1, initial=-np.inf).astype(np.float64))


@quiet
def largest_at(traces: Array) -> Floats:
    """tMax: the sample, counted from 0, of the largest finite value."""
    known = np.where(np.isfinite(traces), traces, -np.inf)
    if not traces.shape[1]:
        return np.full(len(traces), np.nan)
    return np.where(np.isfinite(known.max(axis=1)), known.argmax(axis=1), np.nan).astype(np.float64)


@quiet
def variance(traces: Array) -> Floats:
    """cVariance: the variance of the finite values, with n − 1 below the line."""
    finite = np.isfinite(traces)
    count = finite.sum(axis=1)
    values = np.where(finite, traces, 0).astype(np.float64)
    mean = values.sum(axis=1) / np.maximum(count, 1)
    square = (np.where(finite, values - mean[:, None], 0) ** 2).sum(axis=1)
    return np.where(count > 1, square / np.maximum(count - 1, 1), np.nan)


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


@quiet
def smoothed(traces: Array, width: int = SMOOTH) -> Floats:
    """Moving average of `width` samples, shorter at both ends; NaN counts as the trace's mean."""
    finite = np.isfinite(traces)
    mean = np.where(finite, traces, 0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
    values = np.where(finite, traces, mean[:, None]).astype(np.float64) - mean[:, None]
    length = traces.shape[1]
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    first = np.maximum(np.arange(length) - width // 2, 0)
    last = np.minimum(np.arange(length) + width - width // 2, length)
    return np.asarray((sums[:, last] - sums[:, first]) / (last - first))


@quiet
def peaks(traces: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Peaks of each trace: cell, sample of the peak, width at half its height.

    A peak is a stretch in which the smoothed trace is more than `HEIGHT` of its standard
    deviations above its mean; its place is the largest smoothed value of the stretch. The width
    is that of the stretch above half of the peak's height over the mean.
    """
    if not traces.size:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0)
    smooth = smoothed(traces)
    spread = smooth.std(axis=1, keepdims=True)
    above = smooth > np.maximum(HEIGHT * spread, 1e-12)
    cell, first, last = _stretches(above)
    if not len(cell):
        return cell, first, np.zeros(0)
    length = traces.shape[1]
    at = np.array([int(smooth[c, a:b].argmax()) + a for c, a, b in zip(cell, first, last, strict=True)], np.int64)
    half = smooth[cell, at] / 2
    width = np.array([_width(smooth[c], p, h, length) for c, p, h in zip(cell, at, half, strict=True)], np.float64)
    return cell, at, width


def _width(line: Floats, at: int, level: float, length: int) -> float:
    below = np.flatnonzero(line < level)
    place = int(np.searchsorted(below, at))
    left = below[place - 1] if place else -1
    right = below[place] if place < len(below) else length
    return float(right - left - 1)


def _stretches(mask: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], ...]:
    """Cell, first and end of each run of True, (cells, length)."""
    edge = np.zeros((len(mask), 1), np.int8)
    steps = np.diff(np.concatenate([edge, mask.astype(np.int8), edge], axis=1), axis=1)
    cell, first = np.nonzero(steps == 1)
    last = np.nonzero(steps == -1)[1]
    return cell.astype(np.int64), first.astype(np.int64), last.astype(np.int64)


@quiet
def count_peaks(traces: Array) -> Floats:
    """nPeaks: how many peaks each trace has, by the rule of `peaks`."""
    if not traces.size:
        return np.zeros(len(traces))
    smooth = smoothed(traces)
    above = smooth > np.maximum(HEIGHT * smooth.std(axis=1, keepdims=True), 1e-12)
    rises = np.diff(above.astype(np.int8), axis=1, prepend=0) == 1
    return np.asarray(rises.sum(axis=1), np.float64)


#: The features that are computed where a file stores none.
COMPUTED = {"cMax": largest, "tMax": largest_at, "cVariance": variance, "nPeaks": count_peaks}
