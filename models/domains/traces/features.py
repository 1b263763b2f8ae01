"""Numbers that describe a trace, computed for many rows at once.

Each row is described over its valid part only. All features are finite.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.domains.traces.staging import Staged
from models.job import Progress

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Named = dict[str, Values]
ROWS = 256
#: Shorter traces are described with their last value repeated.
SHORTEST = 16
SCALES = (2, 4, 8, 16, 32, 64, 128)
LAGS = (1, 2, 4, 8, 16, 32, 64, 128)
PARTS = 12
BANDS = 10
TINY = 1e-12


def describe_traces(staged: Staged) -> Generator[Progress, None, tuple[Floats, tuple[str, ...]]]:
    """Features (n, d) float32 and their names."""
    count = len(staged)
    blocks: list[Values] = []
    names: tuple[str, ...] = tuple(_rows(np.zeros((1, SHORTEST))))
    for start in range(0, count, ROWS):
        part = staged.take(slice(start, start + ROWS))
        block = np.zeros((len(part), len(names)))
        for valid in np.unique(part.lengths):
            rows = np.flatnonzero(part.lengths == valid)
            values = part.values[rows, : max(int(valid), 1)].astype(np.float64)
            values = np.pad(values, ((0, 0), (0, max(SHORTEST - values.shape[1], 0))), mode="edge")
            block[rows] = np.stack(list(_rows(values).values()), 1)
        blocks.append(block)
        yield Progress(min(start + ROWS, count), count, "Describing traces")
    table = np.concatenate(blocks) if blocks else np.zeros((0, len(names)))
    return np.asarray(np.clip(np.nan_to_num(table, posinf=0, neginf=0), -1e12, 1e12), np.float32), names


def peak_and_variance(staged: Staged) -> Floats:
    """cMax and cVariance of each trace, (n, 2): largest value and variance (n − 1), as the files store them."""
    mask = staged.mask()
    values = np.asarray(staged.values, np.float64)
    top = np.where(mask, values, -np.inf).max(1, initial=-np.inf)
    sizes = np.maximum(staged.lengths, 1)
    mean = np.where(mask, values, 0).sum(1) / sizes
    variance = np.where(mask, (values - mean[:, None]) ** 2, 0).sum(1) / np.maximum(sizes - 1, 1)
    return np.asarray(np.nan_to_num(np.stack([top, variance], 1), neginf=0), np.float32)


def _rows(x: Values) -> Named:
    """All features of rows of one length, (n, length)."""
    named: Named = {}
    for part in (_moments, _slopes, _times, _smooth, _scales, _correlation, _spectrum, _peaks, _parts):
        named |= part(x)
    return named


def _moments(x: Values) -> Named:
    mean, deviation = x.mean(1), x.std(1)
    z = (x - mean[:, None]) / (deviation[:, None] + TINY)
    shares = np.quantile(x, (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99), axis=1)
    named: Named = {"c_max": x.max(1), "c_variance": x.var(1, ddof=min(1, x.shape[1] - 1)), "c_min": x.min(1)}
    named |= {"mean": mean, "deviation": deviation, "log_deviation": np.log(deviation + TINY)}
    named |= {"skew": (z**3).mean(1), "kurtosis": (z**4).mean(1), "spread": shares[4] - shares[2]}
    named |= {f"quantile_{name}": row for name, row in zip((5, 10, 25, 50, 75, 90, 95, 99), shares, strict=True)}
    named["max_over_deviation"] = (x.max(1) - shares[3]) / (deviation + TINY)
    named["high_share"] = (z > 1).mean(1)
    named["very_high_share"] = (z > 2).mean(1)
    return named


def _slopes(x: Values) -> Named:
    first, second = _difference(x, 1), _difference(x, 2)
    spread, bend, deviation = first.std(1), second.std(1), x.std(1)
    noise = 1.4826 * np.median(np.abs(first - np.median(first, 1, keepdims=True)), 1) / np.sqrt(2)
    named: Named = {"slope_deviation": spread, "bend_deviation": bend, "slope_max": first.max(1)}
    named |= {"slope_min": first.min(1), "mobility": spread / (deviation + TINY), "noise": noise}
    named["complexity"] = bend / (spread + TINY) / (spread / (deviation + TINY) + TINY)
    named["signal_to_noise"] = np.log1p(x.max(1).clip(0) / (noise + TINY))
    named["slope_skew"] = (first**3).mean(1) / (spread**3 + TINY)
    return named


def _difference(x: Values, order: int) -> Values:
    return np.diff(x, order, axis=1) if x.shape[1] > order else np.zeros((len(x), 1))


def _times(x: Values) -> Named:
    length = x.shape[1]
    soft = box_mean(x, 15)
    low, high = np.quantile(soft, 0.1, axis=1), soft.max(1)
    rise = soft - low[:, None]
    named: Named = {"time_max": x.argmax(1) / length, "time_min": x.argmin(1) / length}
    named["time_soft_max"] = soft.argmax(1) / length
    for share in (0.25, 0.5, 0.75):
        above = rise >= share * (high - low)[:, None]
        named[f"first_above_{int(100 * share)}"] = above.argmax(1) / length
        named[f"time_above_{int(100 * share)}"] = above.mean(1)
    weight = rise.clip(0) + TINY
    total = weight.sum(1)
    place = np.arange(length) / length
    centre = (weight * place).sum(1) / total
    named["centre"] = centre
    named["width"] = np.sqrt((weight * (place - centre[:, None]) ** 2).sum(1) / total)
    return named


def box_mean(x: Values, width: int) -> Values:
    """Running mean over `width` samples, the edges with what is there; same shape."""
    length = x.shape[1]
    total = np.concatenate([np.zeros((len(x), 1)), np.cumsum(x, 1)], 1)
    middle = np.arange(length)
    start, stop = np.maximum(middle - width // 2, 0), np.minimum(middle + width // 2 + 1, length)
    return np.asarray((total[:, stop] - total[:, start]) / (stop - start), np.float64)


def _smooth(x: Values) -> Named:
    named: Named = {}
    for width in (5, 15, 45, 101):
        soft = box_mean(x, width)
        named[f"soft_max_{width}"] = soft.max(1)
        named[f"soft_range_{width}"] = soft.max(1) - np.quantile(soft, 0.1, axis=1)
        named[f"soft_deviation_{width}"] = soft.std(1)
        named[f"rest_deviation_{width}"] = (x - soft).std(1)
    return named


def _scales(x: Values) -> Named:
    """Standard deviation of the differences of neighbouring means (Haar), and the trend of its logarithm."""
    named: Named = {}
    count, length = x.shape
    logs = []
    for scale in SCALES:
        blocks = length // scale
        means = x[:, : blocks * scale].reshape(count, blocks, scale).mean(2) if blocks else np.zeros((count, 1))
        spread = _difference(means, 1).std(1)
        named[f"haar_{scale}"] = spread
        logs.append(np.log(spread + 1e-9))
    for scale, before, after in zip(SCALES[1:], logs, logs[1:], strict=False):
        named[f"haar_step_{scale}"] = after - before
    return named


def _correlation(x: Values) -> Named:
    centred = x - x.mean(1, keepdims=True)
    size = 2 ** int(np.ceil(np.log2(2 * x.shape[1])))
    power = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    whole = np.fft.irfft(power, size, axis=1)[:, : x.shape[1]]
    whole = whole / (whole[:, :1] + TINY)
    named: Named = {f"correlation_{lag}": whole[:, min(lag, x.shape[1] - 1)] for lag in LAGS}
    below = whole < 0
    first = np.where(below.any(1), below.argmax(1), x.shape[1])
    named["correlation_zero"] = first / x.shape[1]
    return named


def _spectrum(x: Values) -> Named:
    power = np.abs(np.fft.rfft(x - x.mean(1, keepdims=True), axis=1)[:, 1:]) ** 2
    count = power.shape[1]
    edges = np.unique(np.round(np.geomspace(1, count + 1, BANDS + 1)).astype(int)) - 1
    total = power.sum(1) + TINY
    shares = power / total[:, None]
    named: Named = {f"band_{band}": np.full(len(x), -9.0) for band in range(BANDS)}
    for band, (low, high) in enumerate(pairwise(edges)):
        named[f"band_{band}"] = np.log10(shares[:, low:high].sum(1) + 1e-9)
    place = np.arange(count) / count
    named["spectrum_centre"] = (shares * place).sum(1)
    named["spectrum_entropy"] = -(shares * np.log(shares + TINY)).sum(1) / np.log(count + 1)
    named["spectrum_peak"] = shares.argmax(1) / count
    named["log_power"] = np.log(total)
    return named


def _peaks(x: Values) -> Named:
    """Crossings of levels by the smoothed trace: how many events, how long, how far apart."""
    soft = box_mean(x, 9)
    base = np.median(soft, 1, keepdims=True)
    noise = 1.4826 * np.median(np.abs(soft - base), 1, keepdims=True) + TINY
    named: Named = {}
    for level in (2, 4, 8):
        above = soft > base + level * noise
        starts = (above[:, 1:] & ~above[:, :-1]).sum(1) + above[:, 0]
        named[f"events_{level}"] = starts.astype(np.float64)
        named[f"event_length_{level}"] = above.sum(1) / np.maximum(starts, 1) / x.shape[1]
    high = soft.max(1, keepdims=True)
    half = soft > base + 0.5 * (high - base)
    starts = (half[:, 1:] & ~half[:, :-1]).sum(1) + half[:, 0]
    named["half_events"] = starts.astype(np.float64)
    named["half_length"] = half.sum(1) / np.maximum(starts, 1) / x.shape[1]
    return named


def _parts(x: Values) -> Named:
    """Mean and maximum in each twelfth of the time, against the first."""
    edges = (np.arange(PARTS) * x.shape[1]) // PARTS
    width = np.maximum(np.diff(np.append(edges, x.shape[1])), 1)
    means = np.add.reduceat(x, edges, axis=1) / width
    tops = np.maximum.reduceat(x, edges, axis=1)
    named: Named = {f"mean_{part}": means[:, part] for part in range(PARTS)}
    named |= {f"max_{part}": tops[:, part] for part in range(PARTS)}
    return named


def feature_names() -> tuple[str, ...]:
    """Names of all features in order."""
    return tuple(_rows(np.zeros((1, SHORTEST))))
