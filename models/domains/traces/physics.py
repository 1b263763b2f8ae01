"""A generative model of a stimulated tissue, and the best classifier that knows it.

A stimulus at the centre cell spreads from cell to cell. Cell c at h hops answers with a damped
oscillation r that starts at an onset u and has an amplitude a::

    y(t) = 1 + g · a · r(t − u) + q(t) + e(t)
    u = stimulus + s + D·h + jitter        a ~ Normal(A · f^h, (v · A · f^h)²)

g (gain) and s (latency) are drawn once a simulation, jitter and a once a cell; onsets fall on
whole samples. q is a noise-driven damped oscillator (the quasi-cycles of stochastic calcium
models), e is white. The standard deviations of both are √(floor² + (slope · noise)²).

The best classifier knows all parameters of the model, g and s of the simulation, and which
numbers of cells stand at 0, 1, 2 … hops, but not which cell is which. Given u and a, both noises
are Gaussian, so the likelihood of a trace for h hops is exact: the trace is whitened by the
Kalman filter of q + e, the amplitude is integrated in closed form, the onset is summed. The
cells are independent given g and s, so the posterior of one cell's hops with all traces of the
simulation at hand is the sum over all arrangements of the known counts, which a forward-backward
pass over counts gives exactly. The class of largest posterior / count maximises the expected
balanced accuracy. As it is told g and s, which no recipe is, its score is an upper bound for any
recipe that does not use a cell's number or place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Physics:
    """Parameters; times in samples, amplitudes in units of the resting fluorescence."""

    stimulus: float = 100.0
    amplitude: float = 0.5
    fall: float = 0.6
    variety: float = 0.25
    delay: float = 28.0
    jitter: float = 18.0
    gain: float = 0.3
    latency: float = 22.0
    rise: float = 8.0
    period: float = 170.0
    decay: float = 230.0
    process_floor: float = 0.012
    process_slope: float = 1.7
    measure_floor: float = 0.01
    measure_slope: float = 2.5
    cycle: float = 120.0
    memory: float = 0.965

    def process(self, noise: float) -> float:
        """Standard deviation of the quasi-cycles at a noise level."""
        return float(np.hypot(self.process_floor, self.process_slope * noise))

    def measure(self, noise: float) -> float:
        """Standard deviation of the white noise at a noise level."""
        return float(np.hypot(self.measure_floor, self.measure_slope * noise))


@dataclass(frozen=True)
class Drawn:
    """Simulations of one noise level: traces (n, cells, length), gain and latency of each, (n,)."""

    traces: Floats
    gain: Floats
    latency: Index


def response(physics: Physics, length: int, onset: Index) -> Floats:
    """The answer that starts at each onset (may be negative), (onsets, length); its peak is near 1."""
    after = np.arange(length)[None, :] - np.asarray(onset)[:, None]
    time = np.maximum(after, 0)
    swing = 0.55 + 0.45 * np.cos(2 * np.pi * time / physics.period)
    shape = -np.expm1(-time / physics.rise) * np.exp(-time / physics.decay) * swing
    return np.asarray(np.where(after > 0, shape, 0.0))


def draw(physics: Physics, hops: Index, noise: float, count: int, length: int, rng: np.random.Generator) -> Drawn:
    """`count` simulations of cells at these hops."""
    cells = len(hops)
    gain = np.exp(rng.normal(0, physics.gain, count) - physics.gain**2 / 2)
    latency = np.round(rng.normal(0, physics.latency, count)).astype(np.int64)
    mean = physics.amplitude * physics.fall**hops
    strength = gain[:, None] * rng.normal(mean, physics.variety * mean, (count, cells))
    delay = np.round(physics.stimulus + physics.delay * hops + rng.normal(0, physics.jitter, (count, cells)))
    onset = latency[:, None] + delay.astype(np.int64)
    traces = response(physics, length, onset.reshape(-1)).reshape(count, cells, length)
    traces *= strength[:, :, None]
    traces += 1.0
    traces += _cycles(physics, noise, (count, cells, length), rng)
    traces += rng.normal(0, physics.measure(noise), (count, cells, length))
    return Drawn(traces, gain, latency)


def _walk(physics: Physics) -> tuple[float, float, float, float]:
    """The damped oscillator as x(t) = p·x(t−1) + q·x(t−2) + η: p, q, sd of η and lag-1 correlation at sd 1."""
    first = 2 * physics.memory * np.cos(2 * np.pi / physics.cycle)
    second = -(physics.memory**2)
    lag = first / (1 - second)
    drive = 1 - first * lag - second * (first * lag + second)
    return float(first), float(second), float(np.sqrt(drive)), float(lag)


def _cycles(physics: Physics, noise: float, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    from scipy.signal import lfilter

    first, second, drive, lag = _walk(physics)
    before = rng.normal(size=shape[:-1])
    earlier = lag * before + np.sqrt(1 - lag**2) * rng.normal(size=shape[:-1])
    start = np.stack([first * before + second * earlier, second * before], axis=-1)
    kicks = rng.normal(0, drive, shape)
    values, _ = lfilter([1.0], [1.0, -first, -second], kicks, axis=-1, zi=start)
    return np.asarray(values) * physics.process(noise)


def whiten(physics: Physics, noise: float, lines: Floats) -> Floats:
    """Lines (n, length) through the Kalman filter of both noises: white with variance 1 if they were noise."""
    first, second, drive, lag = _walk(physics)
    scale, white = physics.process(noise) ** 2, physics.measure(noise) ** 2
    move = np.array([[first, second], [1.0, 0.0]])
    kick = np.array([[drive**2 * scale, 0.0], [0.0, 0.0]])
    spread = scale * np.array([[1.0, lag], [lag, 1.0]])
    state = np.zeros((2, len(lines)))
    columns = np.ascontiguousarray(lines.T)
    out = np.empty_like(columns)
    for at, seen in enumerate(columns):
        total = spread[0, 0] + white
        surprise = seen - state[0]
        out[at] = surprise / np.sqrt(total)
        pull = spread[:, 0] / total
        state = move @ (state + pull[:, None] * surprise)
        spread = move @ (spread - np.outer(pull, spread[0])) @ move.T + kick
    return out.T


def likelihoods(physics: Physics, noise: float, drawn: Drawn, rings: int) -> Floats:
    """Log-likelihood of 0 … rings − 1 hops for each trace, (n, cells, rings), up to a term of the trace alone."""
    count, cells, length = drawn.traces.shape
    reach = 5 * physics.jitter
    first = int(physics.stimulus + drawn.latency.min() - reach)
    last = int(physics.stimulus + drawn.latency.max() + physics.delay * (rings - 1) + reach)
    onsets = np.arange(first, last + 1)
    lines = whiten(physics, noise, (drawn.traces - 1.0).reshape(-1, length))
    bank = whiten(physics, noise, response(physics, length, onsets))
    power = (bank**2).sum(axis=1)
    match = (lines @ bank.T).reshape(count, cells, len(onsets))
    found = np.empty((count, cells, rings))
    for ring in range(rings):
        mean = physics.amplitude * physics.fall**ring
        spread = physics.variety * mean
        for place in range(count):
            gain = drawn.gain[place]
            centre = physics.stimulus + drawn.latency[place] + physics.delay * ring
            prior = _whole_normal(onsets - centre, physics.jitter)
            found[place, :, ring] = _sum(_amplitude(gain * match[place], gain**2 * power, mean, spread) + prior)
    return found


def _amplitude(match: Floats, power: Floats, mean: float, spread: float) -> Floats:
    """log ∫ exp(a·match − a²·power / 2) Normal(a; mean, spread²) da."""
    wide = 1 + spread**2 * power
    return np.asarray((match**2 * spread**2 + 2 * match * mean - mean**2 * power) / (2 * wide) - np.log(wide) / 2)


def _whole_normal(distance: Floats, spread: float) -> Floats:
    """Log-probability of whole numbers at these distances from the centre of a rounded Normal."""
    from scipy.special import log_ndtr, ndtr

    high, low = (distance + 0.5) / spread, (distance - 0.5) / spread
    share = ndtr(high) - ndtr(low)
    return np.asarray(np.where(share > 1e-300, np.log(np.maximum(share, 1e-300)), log_ndtr(-np.abs(distance) / spread)))


def _sum(values: Floats) -> Floats:
    most = values.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(values - most).sum(axis=-1)) + most[..., 0])


def arranged(logs: Floats, counts: Index) -> Floats:
    """Posterior of each cell's ring given all traces of its simulation and how many cells each ring has.

    logs: (n, cells, rings) log-likelihoods. All arrangements of the counts are alike beforehand.
    One pass forward and one back over the numbers of each ring that are placed so far; the ring
    of most cells is what is left, so it needs no axis of its own.
    """
    weights = np.exp(logs - logs.max(axis=2, keepdims=True))
    rest = int(np.argmax(counts))
    axes = [ring for ring in range(len(counts)) if ring != rest]
    shape = tuple(int(counts[ring]) + 1 for ring in axes)
    ahead = _passes(weights, rest, axes, shape)
    back = _passes(weights[:, ::-1], rest, axes, shape)
    count, cells, rings = weights.shape
    posterior = np.zeros((count, cells, rings))
    for cell in range(cells):
        behind = np.flip(back[cells - 1 - cell], tuple(range(1, len(axes) + 1)))
        before = ahead[cell]
        for ring in range(rings):
            if ring == rest:
                total = (before * behind).reshape(count, -1).sum(axis=1)
            else:
                axis = axes.index(ring) + 1
                total = (_part(before, axis, 0, -1) * _part(behind, axis, 1, None)).reshape(count, -1).sum(axis=1)
            posterior[:, cell, ring] = weights[:, cell, ring] * total
    return np.asarray(posterior / posterior.sum(axis=2, keepdims=True))


def _passes(weights: Floats, rest: int, axes: list[int], shape: tuple[int, ...]) -> list[Floats]:
    """Weight of all ways to have placed the first 0, 1 … cells, by how many stand in each ring."""
    count, cells, _ = weights.shape
    placed = np.zeros((count, *shape))
    placed.reshape(count, -1)[:, 0] = 1.0
    steps = [placed]
    used = np.indices(shape).sum(axis=0)
    total = int(cells - sum(side - 1 for side in shape))
    for cell in range(cells - 1):
        wide = (count, *(1 for _ in shape))
        following = placed * weights[:, cell, rest].reshape(wide)
        for axis, ring in enumerate(axes, start=1):
            target = _part(following, axis, 1, None)
            target += _part(placed, axis, 0, -1) * weights[:, cell, ring].reshape(wide)
        left = cell + 1 - used
        following = np.where((left >= 0) & (left <= total), following, 0.0)
        placed = following / following.reshape(count, -1).max(axis=1).reshape(wide)
        steps.append(placed)
    return steps


def _part(array: Floats, axis: int, start: int, stop: int | None) -> Floats:
    index: list[Any] = [slice(None)] * array.ndim
    index[axis] = slice(start, stop)
    part: Floats = array[tuple(index)]
    return part


def best_score(hits: npt.NDArray[np.bool_], hops: Index) -> float:
    """Balanced accuracy of decisions (n, cells)."""
    return float(np.mean([hits[:, hops == ring].mean() for ring in np.unique(hops)]))


@dataclass(frozen=True)
class Best:
    """Which cells the best classifier gets right, with all traces of the simulation and with one alone."""

    together: npt.NDArray[np.bool_]
    alone: npt.NDArray[np.bool_]


def decide(physics: Physics, noise: float, drawn: Drawn, hops: Index) -> Best:
    """The best decisions for these simulations."""
    counts = np.bincount(hops)
    logs = likelihoods(physics, noise, drawn, len(counts))
    posterior = arranged(logs, counts) / counts
    return Best(posterior.argmax(axis=2) == hops, logs.argmax(axis=2) == hops)
