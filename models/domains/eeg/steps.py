"""What is done to windows before anything learns of them: the same at training, at prediction and in the service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal

from models.domains.eeg import components
from models.domains.eeg.choices import Steps
from models.domains.eeg.constants import CHANNELS, RATE
from models.domains.eeg.repair import bridge_gaps, fill_channels, nearness
from models.resampling import resample_whole

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_HEADS = len(CHANNELS) - 1
#: A channel of which more than this share is missing, or beyond the limit, is bad.
_LOST, _BEYOND = 0.5, 0.1
#: Samples of a stretch whose mean is taken for drift.
_STRETCH = 400
#: No voltage is larger, in µV: such a value stands for one that is missing.
_NONE = 1e9
#: Half the band that a notch takes away, in Hz.
_NOTCH = 2.5


@dataclass(frozen=True)
class Stage:
    """Windows after a step, and what it changed of each, "" for nothing worth telling."""

    name: str
    windows: Floats
    words: tuple[str, ...]


def apply(windows: npt.NDArray[Any], steps: Steps, rate: int = RATE, told: Mask | None = None) -> Floats:
    """Windows (n, 20, t) in µV in CHANNELS order, NaN where missing, as a model takes them: (n, 20, t'), finite.

    told: which channels somebody called bad, (n, 20); None for none.
    """
    values = np.asarray(windows, np.float32)
    for stage in stages(values, steps, rate, told):
        values = stage.windows
    return values


def stages(windows: npt.NDArray[Any], steps: Steps, rate: int = RATE, told: Mask | None = None) -> Iterator[Stage]:
    """The same step by step, each that does something with what it changed: for a picture of before and after."""
    raw = np.asarray(windows, np.float32)
    raw = np.where(np.abs(raw) < _NONE, raw, np.float32(np.nan))
    found = find_bad(raw, steps, told)
    values = bridge_gaps(raw) if steps.gaps == "bridge" else np.nan_to_num(raw, nan=0, posinf=0, neginf=0)
    yield Stage("gaps", values, _missing_words(raw, rate))
    if steps.bad_channels != "keep":
        values = _without_bad(values, found.bad, steps.bad_channels)
        yield Stage("bad_channels", values, found.words(steps.bad_channels))
    if steps.notch != "none" and float(steps.notch) + _NOTCH < rate / 2:
        band = (float(steps.notch) - _NOTCH, float(steps.notch) + _NOTCH)
        values = _filter(values, band, "bandstop", rate)
        yield Stage("notch", values, _changed(values, f"{steps.notch} Hz filtered out"))
    if steps.ica:
        cleaned = [components.clean(one, steps.ica, rate) for one in values]
        values = np.stack([one.window for one in cleaned]) if cleaned else values
        yield Stage("ica", values, tuple(one.words for one in cleaned))
    yield from _later(values, steps, rate)


def _later(values: Floats, steps: Steps, rate: int) -> Iterator[Stage]:
    low, high = steps.high_pass, steps.low_pass
    if low or 0 < high < rate / 2:
        values = _band(values, low, high, rate)
        yield Stage("band", values, _changed(values, f"{low:g} to {high:g} Hz kept" if high else f"{low:g} Hz on kept"))
    if steps.reference != "none":
        values = _referenced(values, steps.reference)
        yield Stage("reference", values, _changed(values, f"measured against {steps.reference}"))
    if steps.rate != rate:
        values = resample_whole(values, rate, steps.rate)
        yield Stage("rate", values, _changed(values, f"{rate} to {steps.rate} samples a second"))
    if steps.clip:
        over = (np.abs(values) > steps.clip).mean(axis=(1, 2))
        values = np.clip(values, -steps.clip, steps.clip)
        words = tuple(f"{share:.2%} of values cut off at {steps.clip:g} µV" if share else "" for share in over.tolist())
        yield Stage("clip", values, words)
    if steps.scale != "none":
        values, words = _scaled(values, steps.scale)
        yield Stage("scale", values, words)


def _changed(values: Floats, words: str) -> tuple[str, ...]:
    return (words,) * len(values)


def _missing_words(raw: Floats, rate: int) -> tuple[str, ...]:
    lost = ~np.isfinite(raw)
    words = []
    for row in lost:
        channels = int(row.any(axis=1).sum())
        seconds = row.any(axis=0).sum() / rate
        words.append(f"{seconds:.1f} s missing in {channels} of {len(row)} channels" if channels else "")
    return tuple(words)


# Bad channels


@dataclass(frozen=True)
class Bad:
    """Which channels of windows are bad, (n, 20), and why: the first reason of each."""

    bad: Mask
    reasons: dict[str, Mask]

    def words(self, done: str) -> tuple[str, ...]:
        """What is bad in each window and what was done about it."""
        verb = {"interpolate": "made of neighbours", "zero": "set to 0"}[done]
        return tuple(self._words_of(row, verb) for row in range(len(self.bad)))

    def _words_of(self, row: int, verb: str) -> str:
        parts = []
        for reason, mask in self.reasons.items():
            names = [name for name, is_bad in zip(CHANNELS, mask[row].tolist(), strict=True) if is_bad]
            parts += [f"{', '.join(names)} {verb} ({reason})"] if names else []
        return "; ".join(parts)


def find_bad(windows: Floats, steps: Steps, told: Mask | None = None) -> Bad:
    """Channels that somebody called bad (n, 20), and those that are missing, flat, too large or that jump."""
    lost = ~np.isfinite(windows)
    held = np.where(lost, 0, windows)
    missing = lost.mean(axis=2) > _LOST
    called = np.zeros_like(missing) if told is None else told & ~missing
    reasons = {"missing": missing, "called bad": called}
    bad = missing | called
    seen = np.maximum((~lost).sum(axis=2), 1)
    away = np.where(lost, 0, np.abs(held - _drift(held, ~lost)))
    if steps.flat:
        reasons["flat"] = ~bad & (np.sqrt((away**2).sum(axis=2) / seen) < steps.flat)
        bad |= reasons["flat"]
    limits = np.full(len(CHANNELS), np.inf)
    # The heart is ten times as large as the brain, and nothing is made of it.
    limits[:_HEADS] = steps.amplitude or np.inf
    beyond = (away > limits[:, None]).sum(axis=2) / seen > _BEYOND
    reasons["too large"] = ~bad & beyond
    bad |= beyond
    if steps.jump:
        jumps = np.abs(np.diff(held[:, :_HEADS], axis=2))
        jumps[lost[:, :_HEADS, 1:] | lost[:, :_HEADS, :-1]] = 0
        jumping = np.zeros_like(bad)
        jumping[:, :_HEADS] = jumps.max(axis=2, initial=0) > steps.jump
        reasons["jumps"] = ~bad & jumping
        bad |= jumping
    return Bad(bad, reasons)


def _drift(held: Floats, seen: Mask) -> Floats:
    """The mean of each stretch, so that a voltage that only drifts is neither large nor alive."""
    length = held.shape[2]
    parts = np.minimum(np.arange(length) // _STRETCH, max(length // _STRETCH - 1, 0))
    starts = np.flatnonzero(np.diff(parts, prepend=-1))
    total = np.add.reduceat(held, starts, axis=2)
    mean = total / np.maximum(np.add.reduceat(seen.astype(np.float32), starts, axis=2), 1)
    return np.asarray(mean[..., parts], np.float32)


def _without_bad(values: Floats, bad: Mask, done: str) -> Floats:
    if done == "interpolate":
        return fill_channels(values, bad)
    return np.where(bad[..., None], np.float32(0), values)


# Filters, reference, rate, unit


def _band(values: Floats, low: float, high: float, rate: int) -> Floats:
    if low and 0 < high < rate / 2:
        return _filter(values, (low, high), "bandpass", rate)
    return _filter(values, low, "highpass", rate) if low else _filter(values, high, "lowpass", rate)


def _filter(values: Floats, edges: float | tuple[float, float], kind: Any, rate: int) -> Floats:
    """A Butterworth filter of order 3 in zero phase."""
    sos = signal.butter(3, edges, kind, fs=rate, output="sos")
    padded = min(3 * rate, values.shape[2] - 1)
    return np.asarray(signal.sosfiltfilt(sos, values, axis=2, padlen=padded), np.float32)


def _referenced(values: Floats, reference: str) -> Floats:
    """The electrodes against their mean, against Cz, or each against its neighbours; the EKG stays."""
    heads, out = values[:, :_HEADS], values.copy()
    if reference == "average":
        out[:, :_HEADS] = heads - heads.mean(axis=1, keepdims=True)
    elif reference == "cz":
        out[:, :_HEADS] = heads - heads[:, [CHANNELS.index("Cz")]]
    else:
        weights = nearness() / nearness().sum(axis=1, keepdims=True)
        out[:, :_HEADS] = heads - np.asarray(weights, np.float32) @ heads
    return out


def _scaled(values: Floats, scale: str) -> tuple[Floats, tuple[str, ...]]:
    if scale == "fixed":
        return values / np.float32(100), _changed(values, "in 100 µV")
    if scale == "standard":
        middle, size = values.mean(axis=2, keepdims=True), values.std(axis=2, keepdims=True)
        return (values - middle) / np.maximum(size, 1e-3), _changed(values, "each channel by its deviation")
    out = np.empty_like(values)
    words = []
    for row, window in enumerate(values):
        low, high = np.percentile(window[:_HEADS], (25, 75))
        size = max(float(high - low), 1e-3)
        out[row, :_HEADS] = (window[:_HEADS] - np.median(window[:_HEADS], axis=1, keepdims=True)) / size
        out[row, _HEADS:] = window[_HEADS:] / max(float(np.ptp(np.percentile(window[_HEADS:], (25, 75)))), 1e-3)
        words.append(f"by the spread of the window, {size:.3g} µV")
    return out, tuple(words)
