"""Voices that are known: pulses through resonances, with a pitch, a jitter and a shimmer that are given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import signal

VOICE = Path(__file__).parents[2].parent / "shared" / "data" / "voice"
MINSK = VOICE / "minsk_als"


def pulse_train(times: np.ndarray, loud: np.ndarray, seconds: float, rate: int, width: float = 3e-4) -> np.ndarray:
    """Smooth pulses at these times, placed between samples; width: standard deviation of one in s."""
    grid = np.arange(int(seconds * rate)) / rate
    out = np.zeros(len(grid))
    for at, height in zip(times.tolist(), loud.tolist(), strict=True):
        low, high = np.searchsorted(grid, [at - 0.002, at + 0.002])
        out[low:high] += height * np.exp(-0.5 * ((grid[low:high] - at) / width) ** 2)
    return out


def voice(
    hertz: float = 120, seconds: float = 1.0, rate: int = 16_000, jitter: float = 0, shimmer: float = 0,
    noise: float = 0, formants: tuple[float, ...] = (700, 1200, 2600), seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """A vowel: samples, the times of its cycles, and how loud each is."""
    rng = np.random.default_rng(seed)
    count = int(seconds * hertz * 0.97)
    periods = (1 + jitter * rng.standard_normal(count)) / hertz
    times = 0.01 + np.cumsum(periods)
    loud = 1 + shimmer * rng.standard_normal(count)
    kept = times < seconds - 0.01
    times, loud = times[kept], loud[kept]
    values = pulse_train(times, loud, seconds, rate, 6e-5)
    for centre in formants:
        radius = np.exp(-np.pi * 80 / rate)
        values = signal.lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * centre / rate), radius**2], values)
    values = values / np.abs(values).max() * 0.5
    values += noise * rng.standard_normal(len(values))
    return values.astype(np.float32), times, loud
