"""Windows as pictures: regions from top to bottom, each by frequency, over three spans of time as three colours."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from models.domains.eeg import spectrogram
from models.domains.eeg.choices import Steps
from models.domains.eeg.constants import COLUMNS, REGIONS
from models.domains.eeg.repair import mend_channels
from models.domains.eeg.signals import Signals
from models.domains.eeg.staging import Form, Staged, stage, told
from models.domains.eeg.steps import apply
from models.job import Progress
from models.sample import Samples

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Index = npt.NDArray[np.int64]
#: dB that the darkest and the brightest byte stand for.
FLOOR, TOP = -20.0, 45.0

#: Spans of the EEG that are drawn: seconds of it, of a transform, and between two.
_SPANS = ((50.0, 2.0, 0.25), (20.0, 0.5, 0.1))
_LOW, _HIGH = 0.5, 20.0
_PADDED = 2.56
_TINY = 1e-6


def stage_pictures(
    samples: Samples, rows: Index, steps: Steps, size: int, source: str, cache: Path
) -> Generator[Progress, None, Staged]:
    """The pictures of the windows at these rows, (n, 3, size, size)."""
    from models.domains.eeg.recipes.model import marks
    from models.domains.eeg.signals import EEG, SPECTROGRAM, read_signals

    form = Form("pictures", f"{told(steps)} {source}", (3, size, size), np.uint8)
    takes = {"both": (EEG, SPECTROGRAM), "regions": (SPECTROGRAM,), "eeg": (EEG,)}[source]

    def make(places: Index) -> Bytes:
        return draw(read_signals(samples, rows[places], takes), steps, size, source)

    asked = marks(samples, rows, "pictures", spectrograms=SPECTROGRAM in takes)
    return (yield from stage(form, asked, cache, make, "Drawing spectrograms"))


def draw(signals: Signals, steps: Steps, size: int, source: str = "both") -> Bytes:
    """Signals as pictures (n, 3, size, size) of dB; what is not there is 0."""
    out = np.zeros((len(signals), 3, size, size), np.uint8)
    if source != "eeg":
        out[:, 0] = _fitted(_decibels(_complete(signals)), size)
    if source != "regions" and len(signals):
        windows = apply(signals.eeg, steps, told=signals.bad)
        there = np.isfinite(signals.eeg).any(axis=(1, 2))
        first, second = _places()
        pairs = windows[:, first] - windows[:, second]
        for place, (seconds, length, step) in enumerate(_SPANS, 1):
            power = _power(pairs, steps.rate, seconds, length, step)
            out[there, place] = _fitted(_decibels(power), size)[there]
    return out


def _complete(signals: Signals) -> Floats:
    """The regions, those that are missing computed of the EEG as far as it goes."""
    regions = signals.regions
    for row in np.flatnonzero(np.isnan(regions).all(axis=(1, 2, 3))).tolist():
        if not np.isfinite(signals.eeg[row]).any():
            continue
        power = spectrogram.regional_power(mend_channels(signals.eeg[row], signals.bad[row]))
        regions = regions.copy() if regions is signals.regions else regions
        start = (COLUMNS - power.shape[2]) // 2
        regions[row, :, :, start : start + power.shape[2]] = power
    return regions


def _places() -> tuple[list[int], list[int]]:
    """The electrodes of the four pairs of each region, region after region."""
    found = spectrogram.pairs().reshape(-1, 2)
    return found[:, 0].tolist(), found[:, 1].tolist()


def _power(pairs: Floats, rate: int, seconds: float, length: float, step: float) -> Floats:
    """Power in µV²/Hz of the middle of windows, the mean of each region, (n, 4, bins, frames)."""
    count = min(round(seconds * rate), pairs.shape[2])
    start = (pairs.shape[2] - count) // 2
    size = min(max(round(length * rate), 4), count)
    taper = signal.windows.hann(size, sym=False)
    taper = np.asarray(taper / np.sqrt((taper**2).sum() * rate / 2), np.float32)
    padded = max(round(_PADDED * rate), size)
    hz = fft.rfftfreq(padded, 1 / rate)
    low, high = np.searchsorted(hz, (_LOW, _HIGH))
    part = pairs[:, :, start : start + count]
    frames = np.lib.stride_tricks.sliding_window_view(part, size, axis=2)[:, :, :: max(round(step * rate), 1)]
    out = []
    for row in frames:
        bins = fft.rfft(row * taper, padded, axis=2)[..., low:high]
        power = bins.real**2 + bins.imag**2
        out.append(power.reshape(len(REGIONS), -1, *power.shape[1:]).mean(axis=1).transpose(0, 2, 1))
    return np.asarray(np.stack(out), np.float32)


def _decibels(power: Floats) -> Floats:
    """Power as shares of the range of a byte, 0 where there is none."""
    level = (10 * np.log10(np.maximum(np.nan_to_num(power), _TINY)) - FLOOR) / (TOP - FLOOR)
    return np.asarray(np.clip(level, 0, 1), np.float32)


def _fitted(levels: Floats, size: int) -> Bytes:
    """Levels (n, 4, bins, frames) as pictures (n, size, size), low frequencies first in each quarter of the rows."""
    import torch

    shape = (size // len(REGIONS), size)
    wide: Any = torch.nn.functional.interpolate(
        torch.from_numpy(np.ascontiguousarray(levels)), shape, mode="bilinear", antialias=True
    )
    return np.asarray((wide * 255).round().to(torch.uint8).reshape(len(levels), size, size).numpy())
