"""Numbers that describe windows of EEG: power, asymmetry, periodicity, rhythm, evolution, quality."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from models.domains.eeg.constants import CHANNELS, LABELLED, RATE, REGIONS
from models.domains.eeg.repair import bridge_gaps
from models.domains.eeg.spectrogram import CHAINS

Floats = npt.NDArray[np.float32]
Values = npt.NDArray[Any]

BANDS: Mapping[str, tuple[float, float]] = {
    "delta": (0.5, 4), "theta": (4, 8), "alpha": (8, 13), "beta": (13, 30), "gamma": (30, 40),
}  # fmt: skip
#: Bipolar channels: those of the regions in their order, then the midline.
PAIRS = (*(pair for name in REGIONS for pair in pairwise(CHAINS[name])), ("Fz", "Cz"), ("Cz", "Pz"))
TITLES = tuple(f"{first}-{second}" for first, second in PAIRS)
#: The channels on the left in front of those on the right that mirror them.
_LEFT, _RIGHT = (*range(4), *range(8, 12)), (*range(4, 8), *range(12, 16))
#: Hz between which discharges repeat and waves are rhythmic, and the limit that the edge is sought under.
_SLOWEST, _FASTEST, _LIMIT = 0.3, 4.0, 40.0
#: Seconds of a transform and between two, and samples a second of an envelope.
_WINDOW, _STEP, _COARSE = 4.0, 2.0, 50
_PARTS = 5
_ROWS = 16
_TINY = 1e-6
_HEADS = len(CHANNELS) - 1


def names() -> tuple[str, ...]:
    """What each column tells, such as delta_Fp1-F7 or asymmetry_theta_F7-T3."""
    return tuple(_columns(np.zeros((1, len(CHANNELS), 10 * RATE), np.float32), RATE))


def describe(windows: Values, rate: int = RATE) -> Floats:
    """Features (n, d) of windows (n, 20, t) in µV in CHANNELS order, NaN where missing; all finite."""
    blocks = [
        np.stack([*_columns(np.asarray(windows[start : start + _ROWS], np.float32), rate).values()], axis=1)
        for start in range(0, len(windows), _ROWS)
    ]
    table = np.concatenate(blocks) if blocks else np.zeros((0, len(names())))
    return np.asarray(np.clip(np.nan_to_num(table, posinf=0, neginf=0), -1e9, 1e9), np.float32)


def _columns(raw: Floats, rate: int) -> dict[str, Values]:
    """All features of some windows by name, (n,) each."""
    filled = bridge_gaps(raw)
    filled -= filled.mean(axis=2, keepdims=True)
    first, second = _places()
    pairs = filled[:, first] - filled[:, second]
    power, hz = _spectra(pairs, rate)
    envelope = _envelope(pairs, rate)
    named = _powers(power, hz)
    named |= _asymmetry(power, hz)
    named |= _rhythm(power, hz)
    named |= _periodicity(envelope)
    named |= _lines(pairs, rate)
    named |= _evolution(power, hz)
    named |= _quality(raw, filled)
    return named


@cache
def _places() -> tuple[list[int], list[int]]:
    return [CHANNELS.index(one) for one, _ in PAIRS], [CHANNELS.index(other) for _, other in PAIRS]


def _spectra(pairs: Floats, rate: int) -> tuple[Floats, npt.NDArray[np.float64]]:
    """Power in µV²/Hz over time, (n, pairs, frames, bins), and the Hz of the bins up to 40."""
    length = min(round(_WINDOW * rate), pairs.shape[2])
    taper = signal.windows.hann(length, sym=False)
    taper = np.asarray(taper / np.sqrt((taper**2).sum() * rate / 2), np.float32)
    padded = fft.next_fast_len(length, real=True)
    hz = fft.rfftfreq(padded, 1 / rate)
    kept = int(np.searchsorted(hz, _LIMIT, side="right"))
    windows = np.lib.stride_tricks.sliding_window_view(pairs, length, axis=2)[:, :, :: round(_STEP * rate)]
    bins = fft.rfft(windows * taper, padded, axis=3)[..., :kept]
    return np.asarray(bins.real**2 + bins.imag**2, np.float32), hz[:kept]


def _band(hz: Values, band: tuple[float, float]) -> slice:
    low, high = np.searchsorted(hz, band)
    return slice(int(low), max(int(high), int(low) + 1))


def _regional(values: Values) -> Values:
    """The mean over the four channels of each region, (n, 4, …)."""
    return np.asarray(values[:, :16].reshape(len(values), 4, 4, *values.shape[2:]).mean(axis=2))


def _named(name: str, values: Values, of: tuple[str, ...]) -> dict[str, Values]:
    """A column for each of these, from (n, len(of))."""
    return {f"{name}_{one}": values[:, place] for place, one in enumerate(of)}


def _powers(power: Floats, hz: Values) -> dict[str, Values]:
    """The power of each band in dB, its share, and the frequency under which 95 % of it lies."""
    mean = power.mean(axis=2)
    shown = mean[..., _band(hz, (0.5, _LIMIT))]
    whole = shown.sum(axis=2) + _TINY
    named: dict[str, Values] = {}
    for band, limits in BANDS.items():
        part = mean[..., _band(hz, limits)]
        named |= _named(band, _decibels(part), TITLES)
        named |= _named(f"share_{band}", part.sum(axis=2) / whole, TITLES)
    under = np.cumsum(shown, axis=2) / whole[..., None]
    place = (under < 0.95).sum(axis=2)
    return named | _named("edge", hz[_band(hz, (0.5, _LIMIT))][np.minimum(place, shown.shape[2] - 1)], TITLES)


def _decibels(power: Values) -> Values:
    """The mean power of a band in dB; the least where the rate is too low for any of it."""
    return np.asarray(10 * np.log10(power.sum(axis=2) / max(power.shape[2], 1) + _TINY))


def _asymmetry(power: Floats, hz: Values) -> dict[str, Values]:
    """How many dB each channel on the left is above its mirror, and how far apart the sides are on the whole."""
    mean = power.mean(axis=2)
    titles = tuple(TITLES[place] for place in _LEFT)
    named: dict[str, Values] = {}
    for band, limits in BANDS.items():
        decibels = _decibels(mean[..., _band(hz, limits)])
        apart = decibels[:, _LEFT] - decibels[:, _RIGHT]
        named |= _named(f"asymmetry_{band}", apart, titles)
        named[f"lateral_{band}"] = np.abs(apart.mean(axis=1))
    return named


def _rhythm(power: Floats, hz: Values) -> dict[str, Values]:
    """In each region the highest peak between 0.5 and 4 Hz beside what lies around it, and its Hz."""
    band = _band(hz, (0.5, _FASTEST))
    slow = _regional(power.mean(axis=2))[..., band]
    top = slow.argmax(axis=2)
    height = 10 * np.log10((slow.max(axis=2) + _TINY) / (np.median(slow, axis=2) + _TINY))
    steady = power[:, :16, :, band].argmax(axis=3).std(axis=2)
    named = _named("rhythm", height, REGIONS) | _named("rhythm_hz", hz[band][top], REGIONS)
    return named | _named("rhythm_drift", _regional(steady[..., None])[..., 0], REGIONS)


def _envelope(pairs: Floats, rate: int) -> Floats:
    """How steep each region is over time at 50 samples a second, (n, regions, m), fast noise left aside."""
    size = max(round(rate / _COARSE), 1)
    count = pairs.shape[2] // size
    coarse = pairs[:, :16, : count * size].reshape(len(pairs), 16, count, size).mean(axis=3)
    steep = np.diff(coarse, axis=2) ** 2
    smooth = np.sqrt(_regional(steep[..., :-2] + steep[..., 1:-1] + steep[..., 2:]))
    return np.asarray(smooth, np.float32)


def _periodicity(envelope: Floats) -> dict[str, Values]:
    """How strongly what is steep comes again in each region after 0.25 to 3.3 s, and how often."""
    apart = envelope - envelope.mean(axis=2, keepdims=True)
    length = apart.shape[2]
    bins = fft.rfft(apart, fft.next_fast_len(2 * length, real=True), axis=2)
    again = fft.irfft(np.abs(bins) ** 2, axis=2)[..., :length]
    # Each lag is of fewer pairs than the one before.
    again = again / np.arange(length, 0, -1, dtype=np.float32) * length
    again = again / (again[..., :1] + _TINY)
    low, high = int(_COARSE / _FASTEST), min(int(_COARSE / _SLOWEST), length - 1)
    lags = again[..., low : high + 1]
    top = lags.argmax(axis=2)
    height = np.take_along_axis(lags, top[..., None], axis=2)[..., 0]
    sharp = (apart**4).mean(axis=2) / ((apart**2).mean(axis=2) ** 2 + _TINY)
    named = _named("periodicity", height - lags.min(axis=2), REGIONS)
    named |= _named("periodicity_hz", _COARSE / (top + low), REGIONS)
    # Discharges on both sides come together where they are of one generator.
    left, right = apart[:, 0] + apart[:, 2], apart[:, 1] + apart[:, 3]
    size = np.sqrt((left**2).sum(axis=1) * (right**2).sum(axis=1)) + _TINY
    named["together"] = (left * right).sum(axis=1) / size
    return named | _named("spikiness", np.log(sharp + 1), REGIONS)


def _lines(pairs: Floats, rate: int) -> dict[str, Values]:
    """The length of each line a second, in the logarithm."""
    return _named("line", np.log(np.abs(np.diff(pairs, axis=2)).mean(axis=2) * rate + 1), TITLES)


def _evolution(power: Floats, hz: Values) -> dict[str, Values]:
    """How power and its middle frequency change over the window, and how the judged centre differs from the rest."""
    band = _band(hz, (0.5, 20))
    regions = _regional(power[..., band])
    total = 10 * np.log10(regions.sum(axis=3) + _TINY)
    middle = (regions * hz[band]).sum(axis=3) / (regions.sum(axis=3) + _TINY)
    parts = min(_PARTS, total.shape[2])
    named: dict[str, Values] = {}
    for name, values in (("power", total), ("hz", middle)):
        means = np.stack([part.mean(axis=2) for part in np.array_split(values, parts, axis=2)], axis=2)
        steps = np.arange(parts) - (parts - 1) / 2
        named |= _named(f"trend_{name}", (means * steps).sum(axis=2) / max((steps**2).sum(), 1), REGIONS)
        named |= _named(f"change_{name}", means.max(axis=2) - means.min(axis=2), REGIONS)
    half, count = max(int(LABELLED / _STEP / 2), 1), total.shape[2]
    centre = total[..., max(count // 2 - half, 0) : count // 2 + half + 1].mean(axis=2)
    return named | _named("centre_power", centre - total.mean(axis=2), REGIONS)


def _quality(raw: Floats, filled: Floats) -> dict[str, Values]:
    """What of the electrodes is missing, flat, large or fast, on the mean and at the worst."""
    heads, values = raw[:, :_HEADS], filled[:, :_HEADS]
    missing = (~np.isfinite(heads)).mean(axis=2)
    spread = values.std(axis=2)
    fast = np.abs(np.diff(values, n=2, axis=2)).mean(axis=2) / (spread + _TINY)
    large = (np.abs(values) > 300).mean(axis=2)
    return {
        "missing": missing.mean(axis=1),
        "flat_channels": (spread < 0.5).sum(axis=1),
        "large": large.mean(axis=1),
        "large_worst": large.max(axis=1),
        "fast": fast.mean(axis=1),
        "fast_worst": fast.max(axis=1),
        "spread": np.log(np.median(spread, axis=1) + _TINY),
        "spread_ratio": np.log((spread.max(axis=1) + _TINY) / (np.median(spread, axis=1) + _TINY)),
    }
