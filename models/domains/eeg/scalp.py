"""Generated EEG: a background with its alpha rhythm and heart beat, patterns on it, and artifacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from models.domains.eeg.ballots import Pattern
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.repair import POSITIONS

Floats = npt.NDArray[np.float32]
Generator = np.random.Generator

HEADS = CHANNELS[:-1]
PLACES = np.array([POSITIONS[name] for name in HEADS])
_EKG = len(HEADS)
#: Common sources of the background.
_SOURCES = 8
#: The peak of a pattern of full strength beside the deviation of the background.
_GAIN = 7.0
#: Seconds over which a pattern comes and goes, and over which a seizure evolves.
_RAMP, _EVOLUTION = 2.0, 60.0


@dataclass(frozen=True)
class Style:
    """What is a patient's own. size: deviation of the background in µV; slope: of its spectrum; alpha: rate in Hz,
    part of the size; heart: beats a second; mains: µV; artifacts: a minute."""

    size: float
    slope: float
    alpha: float
    share: float
    tilt: float
    heart: float
    mains: float
    artifacts: float


@dataclass(frozen=True)
class Episode:
    """A pattern from one time to another, in seconds of the recording."""

    start: float
    stop: float
    pattern: Pattern


def draw_style(artifacts: float, rng: Generator) -> Style:
    """A patient. artifacts: how many a minute on the mean of patients."""
    return Style(
        float(rng.uniform(10, 28)),
        float(rng.uniform(0.45, 0.9)),
        float(rng.uniform(7.5, 11)),
        float(rng.uniform(0.0, 0.7)),
        float(rng.normal(0, 0.15)),
        float(rng.uniform(0.9, 1.7)),
        float(rng.exponential(1.5)),
        float(artifacts * rng.gamma(2, 0.5)),
    )


def record(style: Style, episodes: Sequence[Episode], seconds: float, rate: int, rng: Generator) -> Floats:
    """A recording in CHANNELS order, (20, n) in µV, without missing values."""
    count = round(seconds * rate)
    out = np.zeros((len(CHANNELS), count), np.float32)
    out[:_EKG] = _background(style, count, rate, rng)
    for episode in episodes:
        _add_pattern(out, episode, style.size, rate, rng)
    _add_heart(out, style, rate, rng)
    out[:_EKG] += _mains(style, count, rate, rng)
    for _number in range(int(rng.poisson(style.artifacts * seconds / 60))):
        add = _ARTIFACTS[int(rng.integers(len(_ARTIFACTS)))]
        add(out, float(rng.uniform(0, seconds)), rate, rng)
    return out


def _background(style: Style, count: int, rate: int, rng: Generator) -> Floats:
    """Sources shared by neighbours, each electrode's own noise, and the alpha rhythm at the back."""
    centres = rng.uniform(-0.8, 0.8, (_SOURCES, 2))
    common = _coloured(_SOURCES, count, rate, _falling(style.slope), rng)
    out = _coloured(_EKG, count, rate, _falling(style.slope * 0.8), rng)
    alpha = _coloured(2, count, rate, _peaked(style.alpha), rng)
    seen = _bumps(centres, 0.55)
    seen /= np.sqrt((seen**2).sum(axis=1).mean())
    backs = _bumps(np.array([(-0.35, -0.95), (0.35, -0.95)]), 0.5) * style.share
    sides = np.asarray(style.size * (1 + style.tilt * PLACES[:, :1]), np.float32)
    out *= np.float32(0.5) * sides
    out += np.hstack([0.75 * seen * sides, backs * sides]).astype(np.float32) @ np.concatenate([common, alpha])
    return out


def _bumps(centres: npt.NDArray[Any], width: float) -> Floats:
    """How strongly each electrode sees sources, (19, sources)."""
    square = ((PLACES[:, None] - centres[None]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-square / (2 * width**2)), np.float32)


def _falling(slope: float) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    """The amplitudes of a 1/f spectrum, level under 1.2 Hz, without a mean, over the noise of an amplifier."""
    return lambda hz: np.where(hz > 0.1, np.maximum(hz, 1.2) ** -slope + 0.02, 0)


def _peaked(centre: float) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    return lambda hz: np.exp(-((hz - centre) ** 2) / 0.7)


def _coloured(
    rows: int, count: int, rate: int, shape: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], rng: Generator
) -> Floats:
    """Noise of a spectrum, (rows, count), each row of deviation 1."""
    size = fft.next_fast_len(count, real=True)
    amplitudes = np.asarray(shape(fft.rfftfreq(size, 1 / rate)), np.float32)
    bins = rng.standard_normal((rows, len(amplitudes), 2), np.float32).view(np.complex64)[..., 0] * amplitudes
    values = fft.irfft(bins, size, axis=1)[:, :count]
    # The deviation as it is on the mean: what a row's own is costs more than the noise does.
    power = float((amplitudes**2).sum()) * 2 * 2 / size**2
    values *= np.float32(1 / max(np.sqrt(power), 1e-12))
    return np.asarray(values)


# Patterns


def _add_pattern(out: Floats, episode: Episode, size: float, rate: int, rng: Generator) -> None:
    """Lay a pattern over the electrodes that see it."""
    first, last = max(round(episode.start * rate), 0), min(round(episode.stop * rate), out.shape[1])
    if last <= first or episode.pattern.strength <= 0:
        return
    pattern = episode.pattern
    times = np.arange(last - first) / rate
    grown = np.clip(times / _EVOLUTION, 0, 1) * pattern.evolving
    hz = pattern.frequency + grown * (min(1.5, pattern.frequency) - pattern.frequency)
    phase = np.cumsum(hz * (1 + 0.12 * _wander(len(times), rate, rng))) / rate + rng.random()
    envelope = np.clip(np.minimum(times, times[-1] - times) / _RAMP, 0, 1) * (1 + 0.2 * _wander(len(times), rate, rng))
    swelling = 1 - 0.5 * pattern.evolving + grown
    wave = _wave(phase, hz, pattern.sharp) * envelope * swelling * (_GAIN * size * pattern.strength)
    narrow, wide = _maps(pattern)
    out[:_EKG, first:last] += np.outer(narrow, wave * (1 - grown)) + np.outer(wide, wave * grown)


def _wander(count: int, rate: int, rng: Generator) -> npt.NDArray[Any]:
    """Slow noise of deviation about 1."""
    knots = rng.standard_normal(count // rate + 3)
    return np.interp(np.arange(count) / rate, np.arange(len(knots)), knots)


def _wave(phase: npt.NDArray[Any], hz: npt.NDArray[Any], sharp: float) -> npt.NDArray[Any]:
    """A wave of peak about 1: sharp discharges with a slow wave behind, or rounded delta."""
    turn = phase % 1
    since = (turn - 0.5) / hz
    pulse = -np.exp(-((since / 0.035) ** 2)) + 0.45 * np.exp(-(((since - 0.11) / 0.07) ** 2))
    rounded = 0.55 * np.cos(2 * np.pi * turn) + 0.1 * np.cos(4 * np.pi * turn)
    return np.asarray(sharp * pulse + (1 - sharp) * rounded)


def _maps(pattern: Pattern) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """How electrodes see a pattern where it begins and when it has spread, (19,) each."""
    focus = _bumps(np.array([(0.75 * pattern.side, 0.6 * pattern.place)]), 0.45)[:, 0]
    middle = _bumps(np.array([(-0.45, 0.2 + 0.5 * pattern.place), (0.45, 0.2 + 0.5 * pattern.place)]), 0.45).sum(axis=1)
    narrow = pattern.lateral * focus + (1 - pattern.lateral) * middle
    return narrow, 0.5 * narrow + 0.5 * middle


# What is not of the brain


def _add_heart(out: Floats, style: Style, rate: int, rng: Generator) -> None:
    """Beats on the EKG, which the electrodes see a little, those on the left more."""
    count = out.shape[1]
    gaps = 1 / (style.heart * (1 + 0.05 * rng.standard_normal(int(count / rate * style.heart * 1.3) + 4)))
    beats = np.cumsum(np.maximum(gaps, 0.3))
    places = (beats[beats < count / rate - 0.5] * rate).astype(np.int64)
    times = np.arange(-0.2, 0.45, 1 / rate)
    beat = sum(
        height * np.exp(-(((times - at) / width) ** 2))
        for height, at, width in (
            (0.12, -0.16, 0.03),
            (-0.1, -0.03, 0.01),
            (1, 0, 0.012),
            (-0.2, 0.03, 0.012),
            (0.25, 0.25, 0.05),
        )
    )
    trace = np.zeros(count + len(times), np.float32)
    for place in places.tolist():
        trace[place : place + len(times)] += beat
    trace = trace[:count]
    leak = np.float32(rng.uniform(0, 4)) * (0.6 - 0.4 * PLACES[:, 0])
    out[:_EKG] += np.outer(leak, trace).astype(np.float32)
    size = np.float32(rng.uniform(300, 1500))
    out[_EKG] = trace * size + _coloured(1, count, rate, _falling(1.2), rng)[0] * size * np.float32(0.08)


def _mains(style: Style, count: int, rate: int, rng: Generator) -> Floats:
    """60 Hz, at each electrode as well as it is fixed."""
    hum = np.sin(2 * np.pi * 60 / rate * np.arange(count)).astype(np.float32)
    sizes = (style.mains * rng.gamma(1.5, 0.7, (_EKG, 1))).astype(np.float32)
    return np.asarray(sizes * hum)


def _add_blink(out: Floats, at: float, rate: int, rng: Generator) -> None:
    """A bump over the eyes, which the front sees."""
    times = np.arange(0, 0.5, 1 / rate)
    bump = np.sin(np.pi * times / 0.5) ** 3 * rng.uniform(60, 200)
    seen = np.clip(PLACES[:, 1] - 0.2, 0, None) ** 2 / 0.56
    _add(out[:_EKG], round(at * rate), np.outer(seen, bump))


def _add_muscle(out: Floats, at: float, rate: int, rng: Generator) -> None:
    """A burst of fast noise of one temple, or both."""
    count = int(rng.uniform(1, 8) * rate)
    noise = _coloured(2, count, rate, lambda hz: ((hz > 18) & (hz < 90)).astype(np.float64), rng)
    sides = _bumps(np.array([(-0.95, 0.2), (0.95, 0.2)]), 0.35) * (rng.random(2) + 0.1)
    _add(out[:_EKG], round(at * rate), (sides @ noise) * np.hanning(count) * rng.uniform(15, 80))


def _add_pop(out: Floats, at: float, rate: int, rng: Generator) -> None:
    """A step of one electrode that wears off."""
    times = np.arange(0, 3, 1 / rate)
    step = np.exp(-times / rng.uniform(0.2, 0.8)) * rng.choice((-1, 1)) * rng.uniform(150, 900)
    row = int(rng.integers(_EKG))
    _add(out[row : row + 1], round(at * rate), step[None])


def _add_movement(out: Floats, at: float, rate: int, rng: Generator) -> None:
    """A slow swing of all electrodes that looks like delta."""
    count = int(rng.uniform(2, 6) * rate)
    swing = np.sin(np.cumsum(2 * np.pi / rate * rng.uniform(0.5, 2, count))) * np.hanning(count)
    _add(out[:_EKG], round(at * rate), np.outer(rng.normal(0, 60, _EKG), swing))


def _add(rows: Floats, first: int, values: npt.NDArray[Any]) -> None:
    """Add values from a place on, cut off at the end."""
    room = rows.shape[1] - first
    rows[:, first : first + values.shape[1]] += values[:, :room].astype(np.float32)


_ARTIFACTS = (_add_blink, _add_blink, _add_muscle, _add_muscle, _add_pop, _add_movement)


def spoil(eeg: Floats, rate: int, rng: Generator) -> None:
    """Take away what a recorder may lose: a stretch that is missing, an electrode that is flat."""
    kind = rng.random()
    if kind < 0.08:
        count = int(rng.uniform(0.3, 4) * rate)
        first = int(rng.integers(max(eeg.shape[1] - count, 1)))
        rows = slice(None) if rng.random() < 0.5 else slice(int(rng.integers(_EKG)), None, len(CHANNELS))
        eeg[rows, first : first + count] = np.nan
    elif kind < 0.16:
        eeg[int(rng.integers(_EKG))] = np.float32(rng.choice((0.0, 3.2)))
