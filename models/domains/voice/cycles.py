"""Glottal cycles of a voice, and how unlike neighbouring ones are: jitter and shimmer.

Cycles are found by waveform matching: from the strongest peak in the middle of a voiced stretch on, the next cycle is
where the sound around it is most alike, within 0.8 to 1.25 of the period that the pitch tells. The measures are the
usual ones (local, RAP, PPQ5; local, APQ3, APQ5) with the usual limits on neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.domains.voice.pitch import Pitch

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
#: A cycle is this much like the one before, and at the ends of a stretch this much, and as loud as this share.
_ALIKE, _ALIKE_AT_END, _LOUD = 0.3, 0.7, 0.01
#: From the shortest to the longest search, in periods.
_NEAREST, _FARTHEST = 0.8, 1.25
#: Limits of periods in s, and how much neighbouring periods and amplitudes may differ, as a factor.
_SHORTEST, _LONGEST, _PERIODS, _AMPLITUDES = 1e-4, 0.02, 1.3, 1.6
#: The amplitude of a cycle is looked at so far around its peak, in periods.
_AROUND = 0.2
#: Fewest periods or amplitudes that a measure is told of.
_FEWEST = 3


@dataclass(frozen=True)
class Wave:
    """A sound and what is asked of it again and again."""

    values: Numbers
    rate: float

    @property
    def length(self) -> int:
        """Samples."""
        return len(self.values)


def pulses(samples: Floats, rate: float, pitch: Pitch) -> Numbers:
    """When each glottal cycle of samples (n,) has its peak, in s, rising."""
    values = np.asarray(samples, np.float64)
    wave = Wave(values - values.mean() if len(values) else values, rate)
    found: list[float] = []
    for first, last in _voiced(pitch):
        found += _stretch(wave, pitch, first, last)
    return np.array(found)


def _voiced(pitch: Pitch) -> Iterator[tuple[int, int]]:
    """The first and the last frame of each voiced stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], pitch.voiced, [False]]).astype(np.int8)))
    for first, behind in edges.reshape(-1, 2).tolist():
        yield first, behind - 1


def _stretch(wave: Wave, pitch: Pitch, first: int, last: int) -> list[float]:
    times, hertz = pitch.times[first : last + 1], pitch.hertz[first : last + 1]
    half = (pitch.times[1] - pitch.times[0]) / 2 if len(pitch.times) > 1 else 0.5 / hertz[0]
    begin, end = times[0] - half, times[-1] + half
    middle = (begin + end) / 2
    start = _peak(wave, middle, 1 / float(np.interp(middle, times, hertz)))
    if start is None:
        return []
    loud = float(np.abs(wave.values[max(int(begin * wave.rate), 0) : int(end * wave.rate) + 1]).max())
    before = _walk(wave, start, -1, (begin, end), (times, hertz), loud)
    after = _walk(wave, start, 1, (begin, end), (times, hertz), loud)
    return [*before[::-1], start, *after]


def _peak(wave: Wave, at: float, period: float) -> float | None:
    """The strongest peak within half a period, in s."""
    low = max(round((at - period / 2) * wave.rate), 1)
    high = min(round((at + period / 2) * wave.rate), wave.length - 2)
    if high <= low:
        return None
    part = wave.values[low : high + 1]
    place = low + int(np.abs(part).argmax())
    left, mid, right = wave.values[place - 1 : place + 2].tolist()
    return (place + _vertex(left, mid, right)) / wave.rate


def _vertex(left: float, mid: float, right: float) -> float:
    """Where the parabola through three neighbouring values has its top, from the middle one."""
    bend = left - 2 * mid + right
    return min(max((left - right) / (2 * bend), -0.5), 0.5) if bend else 0.0


def _walk(
    wave: Wave, start: float, way: int, bounds: tuple[float, float], told: tuple[Numbers, Numbers], loud: float
) -> list[float]:
    """The cycles on one side of the first."""
    found: list[float] = []
    at = start
    grid = (told[0].tolist(), told[1].tolist())
    while True:
        period = 1 / _interpolated(at, *grid)
        match = _match(wave, at, period, way)
        if match is None:
            return found
        at, alike, peak = match
        if not bounds[0] <= at <= bounds[1]:
            if alike > _ALIKE_AT_END and peak > 2 * _LOUD * loud:
                found.append(at)
            return found
        if alike > _ALIKE and peak > _LOUD * loud:
            found.append(at)


def _interpolated(at: float, times: list[float], values: list[float]) -> float:
    """The value at a time on an even grid of times."""
    if len(times) == 1 or at <= times[0]:
        return values[0]
    place = (at - times[0]) / (times[1] - times[0])
    low = int(place)
    if low >= len(times) - 1:
        return values[-1]
    return values[low] + (place - low) * (values[low + 1] - values[low])


def _match(wave: Wave, at: float, period: float, way: int) -> tuple[float, float, float] | None:
    """Where the neighbouring cycle is, how alike it is, and how loud; None at the end of the sound."""
    half = max(round(period / 2 * wave.rate), 1)
    centre = round(at * wave.rate)
    near, far = math.floor(_NEAREST * period * wave.rate), math.ceil(_FARTHEST * period * wave.rate)
    low, high = (centre + near, centre + far) if way > 0 else (centre - far, centre - near)
    low, high = max(low, half), min(high, wave.length - half - 1)
    if high - low < 2 or centre < half or centre + half >= wave.length:
        return None
    own = wave.values[centre - half : centre + half + 1]
    other = wave.values[low - half : high + half + 1]
    product = np.correlate(other, own, "valid")
    square = np.concatenate([[0.0], np.cumsum(other * other)])
    energy = square[len(own) :] - square[: -len(own)]
    alike = product / np.sqrt(np.maximum(energy * float(own @ own), 1e-300))
    best = int(alike.argmax())
    shift = _vertex(*alike[best - 1 : best + 2].tolist()) if 0 < best < len(alike) - 1 else 0.0
    peak = float(np.abs(other[best : best + len(own)]).max())
    return at + (low + best + shift - centre) / wave.rate, float(alike[best]), peak


def jitter(times: Numbers) -> dict[str, float]:
    """How unlike neighbouring periods are, as a share of the mean period: local, rap (of three), ppq5 (of five).

    NaN where there are too few periods beside each other.
    """
    periods = np.diff(times)
    whole = (periods >= _SHORTEST) & (periods <= _LONGEST)
    alike = _factor(periods) <= _PERIODS
    if whole.sum() < _FEWEST:
        return dict.fromkeys(("local", "rap", "ppq5"), math.nan)
    mean = float(periods[whole].mean())
    return {
        "local": _local(periods, whole, alike) / mean,
        "rap": _smoothed(periods, whole, alike, 3) / mean,
        "ppq5": _smoothed(periods, whole, alike, 5) / mean,
    }


def shimmer(samples: Floats, rate: float, times: Numbers) -> dict[str, float]:
    """How unlike the amplitudes of neighbouring cycles are: local, apq3, apq5 as a share of the mean, db in dB.

    NaN where there are too few cycles beside each other.
    """
    found = amplitudes(samples, rate, times)
    whole = np.isfinite(found) & (found > 0)
    known = np.where(whole, found, 1.0)
    alike = (_factor(known) <= _AMPLITUDES) & whole[1:] & whole[:-1]
    if whole.sum() < _FEWEST or not alike.any():
        return dict.fromkeys(("local", "db", "apq3", "apq5"), math.nan)
    mean = float(known[whole].mean())
    steps = 20 * np.abs(np.diff(np.log10(known)))
    return {
        "local": _local(known, whole, alike) / mean,
        "db": float(steps[alike].mean()),
        "apq3": _smoothed(known, whole, alike, 3) / mean,
        "apq5": _smoothed(known, whole, alike, 5) / mean,
    }


def amplitudes(samples: Floats, rate: float, times: Numbers) -> Numbers:
    """How loud each cycle is around its peak, under a Hann window, (n,); NaN at the ends of stretches."""
    values = np.asarray(samples, np.float64)
    out = np.full(len(times), np.nan)
    periods = np.diff(times)
    for place in range(1, len(times) - 1):
        before, after = float(periods[place - 1]), float(periods[place])
        if not (_SHORTEST <= before <= _LONGEST and _SHORTEST <= after <= _LONGEST):
            continue
        if max(before, after) > _PERIODS * min(before, after):
            continue
        out[place] = _loudness(values, float(times[place]) * rate, _AROUND * before * rate, _AROUND * after * rate)
    return out


def _loudness(values: Numbers, at: float, before: float, after: float) -> float:
    """The root mean square around a place, weighed by a Hann window of two unlike halves; all in samples."""
    first, last = max(math.ceil(at - before), 0), min(math.floor(at + after), len(values) - 1)
    away = np.arange(first, last + 1) - at
    weight = 0.5 + 0.5 * np.cos(np.pi * away / np.where(away < 0, before, after))
    size = float((weight**2).sum())
    return math.sqrt(float(((values[first : last + 1] * weight) ** 2).sum()) / size) if size else math.nan


def _factor(values: Numbers) -> Numbers:
    """By what factor neighbours differ, (n − 1,)."""
    one, other = values[:-1], values[1:]
    return np.asarray(np.maximum(one, other) / np.maximum(np.minimum(one, other), 1e-300))


def _local(values: Numbers, whole: npt.NDArray[np.bool_], alike: npt.NDArray[np.bool_]) -> float:
    """The mean difference of neighbours that may be compared."""
    both = whole[:-1] & whole[1:] & alike
    return float(np.abs(np.diff(values))[both].mean()) if both.any() else math.nan


def _smoothed(values: Numbers, whole: npt.NDArray[np.bool_], alike: npt.NDArray[np.bool_], count: int) -> float:
    """The mean difference of each value from the mean of so many around it, all of which may be compared."""
    if len(values) < count:
        return math.nan
    around = np.lib.stride_tricks.sliding_window_view(values, count)
    good = np.lib.stride_tricks.sliding_window_view(whole, count).all(axis=1)
    good &= np.lib.stride_tricks.sliding_window_view(alike, count - 1).all(axis=1)
    apart = np.abs(around[:, count // 2] - around.mean(axis=1))
    return float(apart[good].mean()) if good.any() else math.nan
