"""Mean waveforms on a probe, and what their shape tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units.trains import guard

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

#: A channel belongs to a waveform that has this share of its largest size there, as spikeinterface takes it.
SHARE = 0.2
#: How many channels are told as the best.
BEST = 12
#: Templates that are measured at once.
_AT_ONCE = 256


@dataclass(frozen=True)
class Templates:
    """Waveforms as files hold them: (templates, samples, channels), a memory map.

    index: the channels of each template's columns, (templates, columns), a number outside the
    probe for padding; None where each has all. unmix: matrix (channels, channels) that takes
    whitened waveforms back, or None.
    """

    values: Array
    channels: int
    index: Array | None = None
    unmix: Array | None = None

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def whole(self, number: int) -> Floats:
        """One waveform on all channels, (channels, samples)."""
        guard(self.values, self.index)
        part = np.asarray(self.values[number], np.float32)
        if self.index is None:
            wide = np.zeros((part.shape[0], self.channels), np.float32)
            wide[:, : min(part.shape[1], self.channels)] = part[:, : self.channels]
        else:
            columns = np.asarray(self.index[number]).astype(np.int64)
            there = (columns >= 0) & (columns < self.channels)
            wide = np.zeros((part.shape[0], self.channels), np.float32)
            wide[:, columns[there]] = part[:, : len(columns)][:, there]
        if self.unmix is not None:
            # A damaged file holds anything: what is no number is flat.
            with np.errstate(over="ignore", invalid="ignore"):
                wide = wide @ np.asarray(self.unmix, np.float32)
        return np.ascontiguousarray(np.where(np.isfinite(wide), wide, 0).T)

    def sizes(self) -> Iterator[tuple[int, Floats, Index]]:
        """Peak to peak by template and column, some templates at once: the first of them, sizes, and channels.

        The channel of a padded column is the number of channels. As saved: whitening is not taken back.
        """
        guard(self.values, self.index)
        for start in range(0, len(self), _AT_ONCE):
            part = np.asarray(self.values[start : start + _AT_ONCE], np.float32)
            size = np.nan_to_num(part.max(axis=1) - part.min(axis=1), posinf=0.0)
            if self.index is None:
                columns = np.broadcast_to(np.arange(size.shape[1]), size.shape)
            else:
                columns = np.asarray(self.index[start : start + _AT_ONCE]).astype(np.int64)
            known = (columns >= 0) & (columns < self.channels)
            yield start, np.where(known, size, 0), np.where(known, columns, self.channels)

    def mean(self, numbers: Index, weights: Numbers) -> Floats:
        """The weighted mean of some waveforms, (channels, samples); a number that is no template is left out."""
        known = (numbers >= 0) & (numbers < len(self)) & (weights > 0)
        total: Array = np.zeros((self.channels, self.values.shape[1]), np.float32)
        if known.any():
            shares = weights[known] / weights[known].sum()
            for number, share in zip(numbers[known].tolist(), shares.tolist(), strict=True):
                total = total + np.float32(share) * self.whole(number)
        return total


def sizes(template: Array) -> Floats:
    """Peak to peak on each channel, (channels,)."""
    if not template.size:
        return np.zeros(len(template), np.float32)
    return np.asarray(template.max(axis=1) - template.min(axis=1), np.float32)


def best_channels(template: Array, most: int = BEST) -> tuple[int, ...]:
    """Channels by size, the largest first; none that is flat."""
    size = sizes(template)
    order = np.argsort(-size, kind="stable")[:most]
    return tuple(int(channel) for channel in order if size[channel] > 0)


def best_wave(template: Array) -> Floats:
    """The waveform on its largest channel, (samples,); zeros for a flat one."""
    size = sizes(template)
    return np.asarray(template[int(size.argmax())] if len(size) else np.zeros(0), np.float32)


def shape(template: Array, positions: Array, rate: float) -> dict[str, float]:
    """Figures of one waveform (channels, samples) on channel positions (channels, 2) in µm.

    Times in s at `rate` samples/s, taken at the samples (spikeinterface upsamples first, so that its
    values differ by less than one sample). NaN where the waveform has no trough, or no peak after it.
    """
    size = sizes(template)
    if not len(size) or size.max() <= 0:
        return {}
    best = int(size.argmax())
    wave = np.asarray(template[best], np.float64)
    found = {"template_amplitude": float(size[best])}
    found.update(_wave(wave, rate))
    if len(positions) == len(size):
        found.update(place(size, np.asarray(positions, np.float64), best))
    return found


def _wave(wave: Numbers, rate: float) -> dict[str, float]:
    trough = int(wave.argmin())
    depth = -wave[trough]
    if depth <= 0 or trough == len(wave) - 1:
        return {}
    peak = trough + 1 + int(wave[trough + 1 :].argmax())
    found = {"peak_to_trough_duration": (peak - trough) / rate, "trough_half_width": _half_width(wave, trough) / rate}
    found["peak_after_to_trough_ratio"] = max(float(wave[peak]), 0.0) / depth
    if trough > 0:
        found["peak_before_to_trough_ratio"] = max(float(wave[:trough].max()), 0.0) / depth
    return found


def _half_width(wave: Numbers, trough: int) -> float:
    """Samples between the crossings of half the trough, interpolated; NaN where one is outside."""
    half = wave[trough] / 2
    before = np.flatnonzero(wave[:trough] > half)
    after = np.flatnonzero(wave[trough:] > half)
    if not len(before) or not len(after):
        return float("nan")
    left, right = int(before[-1]), trough + int(after[0])
    start = left + (wave[left] - half) / (wave[left] - wave[left + 1])
    end = right - (wave[right] - half) / (wave[right] - wave[right - 1])
    return float(end - start)


def place(size: Floats, positions: Numbers, best: int) -> dict[str, float]:
    """Centre of mass, and extent along the probe, of the channels that carry the waveform."""
    carried = size >= SHARE * size[best]
    weights = np.where(carried, size.astype(np.float64) ** 2, 0)
    x, depth = (weights[:, None] * positions).sum(axis=0)[:2] / weights.sum()
    extent = positions[carried, 1].max() - positions[carried, 1].min()
    return {"x": float(x), "depth": float(depth), "spread": float(extent)}
