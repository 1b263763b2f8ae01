"""How high a voice is: the autocorrelation method of Boersma (1993), with our own search for the glottal cycles.

Boersma, P. (1993), "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", IFA Proceedings 17: each frame's autocorrelation is divided by that of its window, its peaks are
candidates, and the cheapest path through the candidates of all frames is the pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from models.errors import UserError
from models.params import Note

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
#: Periods of the lowest pitch in a window for the pitch, and for the harmonics-to-noise ratio.
_PERIODS, _PERIODS_HNR = 3.0, 4.5
#: Samples on both sides of a peak that its true place is told from.
_DEPTH = 30
#: Frames that are looked at together.
_BLOCK = 512
#: As good as no difference.
_TINY = 1e-20
_SECTION = "Pitch"


@dataclass(frozen=True)
class PitchSettings:
    """How pitch is looked for; the costs are those that Boersma gives. UserError where the limits are the wrong way."""

    floor: Annotated[float, Note("Lowest pitch that is looked for", 20, 1000, "Hz", section=_SECTION)] = 75.0
    ceiling: Annotated[float, Note("Highest pitch that is looked for", 30, 4000, "Hz", section=_SECTION)] = 600.0
    step: Annotated[float, Note("From one frame to the next", 1e-3, 1.0, "s", section=_SECTION)] = 0.01
    candidates: Annotated[int, Note("Peaks of a frame that are followed", 1, 50, section=_SECTION)] = 14
    voicing: Annotated[
        float, Note("Frames with less periodicity than this are rather voiceless", 0, 1, section=_SECTION)
    ] = 0.45
    silence: Annotated[
        float, Note("Frames under this share of the loudest are rather voiceless", 0, 1, section=_SECTION)
    ] = 0.03
    octave_cost: Annotated[float, Note("What a high candidate is favoured by, an octave", 0, 1, section=_SECTION)] = (
        0.01
    )
    jump_cost: Annotated[float, Note("What a jump costs, an octave", 0, 10, section=_SECTION)] = 0.35
    change_cost: Annotated[float, Note("What a change of voicing costs", 0, 10, section=_SECTION)] = 0.14

    def __post_init__(self) -> None:
        if self.floor >= self.ceiling:
            raise UserError(f"floor = {self.floor:g} Hz is not under ceiling = {self.ceiling:g} Hz. Give a lower one.")


@dataclass(frozen=True)
class Pitch:
    """The pitch of a recording by frames.

    times: middle of each frame in s. hertz: NaN where there is no voice. strength: height of the peak of the
    normalised autocorrelation, NaN where there is no voice. All (n,).
    """

    times: Numbers
    hertz: Numbers
    strength: Numbers

    @property
    def voiced(self) -> npt.NDArray[np.bool_]:
        """Which frames have a voice."""
        return np.isfinite(self.hertz)


def track(samples: Floats, rate: float, settings: PitchSettings | None = None) -> Pitch:
    """The pitch of samples (n,); no frame where they are shorter than a window of three periods of the lowest."""
    chosen = settings or PitchSettings()
    values = _centred(samples)
    frames = Frames(len(values), rate, chosen, _PERIODS)
    top = float(np.abs(values).max(initial=0))
    if not frames.count or top < _TINY:
        none = np.full(frames.count, np.nan)
        return Pitch(frames.times, none, none.copy())
    parts = [
        _candidates(values, frames, np.arange(first, min(first + _BLOCK, frames.count)), top)
        for first in range(0, frames.count, _BLOCK)
    ]
    hertz, strength, voiceless = (np.concatenate([part[place] for part in parts]) for place in range(3))
    chosen_ones = _path(hertz, strength, voiceless, chosen)
    rows = np.arange(frames.count)
    there = chosen_ones >= 0
    places = np.maximum(chosen_ones, 0)
    return Pitch(
        frames.times,
        np.where(there, hertz[rows, places], np.nan),
        np.where(there, strength[rows, places], np.nan),
    )


def harmonicity(samples: Floats, rate: float, pitch: Pitch, settings: PitchSettings | None = None) -> Numbers:
    """The harmonics-to-noise ratio of each frame of a pitch in dB, NaN without a voice, (n,).

    r / (1 − r) of the normalised autocorrelation at the period, over 4.5 periods of the lowest pitch.
    """
    chosen = settings or PitchSettings()
    out = np.full(len(pitch.times), np.nan)
    values = _centred(samples)
    frames = Frames(len(values), rate, chosen, _PERIODS_HNR)
    rows = np.flatnonzero(pitch.voiced)
    for first in range(0, len(rows), _BLOCK):
        part = rows[first : first + _BLOCK]
        starts = np.rint(pitch.times[part] * rate).astype(np.int64) - frames.size // 2
        inside = (starts >= 0) & (starts + frames.size <= len(values))
        part, starts = part[inside], starts[inside]
        if not len(part):
            continue
        shares = _autocorrelation(_framed(values, starts, frames)[0], frames)
        places = rate / pitch.hertz[part]
        _, height = _refined(shares, np.arange(len(part)), np.rint(places).astype(np.int64))
        height = np.clip(height, 1e-6, 1 - 1e-6)
        out[part] = 10 * np.log10(height / (1 - height))
    return out


class Frames:
    """Where the frames of a recording lie, symmetric about its middle."""

    def __init__(self, length: int, rate: float, settings: PitchSettings, periods: float) -> None:
        self.rate, self.settings = rate, settings
        self.period = max(int(rate / settings.floor), 2)
        self.size = max(int(periods * rate / settings.floor) // 2 * 2, 4)
        seconds = length / rate
        room = seconds - self.size / rate
        self.count = int(room / settings.step + 1e-9) + 1 if room >= 0 else 0
        begin = (seconds - (self.count - 1) * settings.step) / 2
        self.times = np.asarray(begin + np.arange(self.count) * settings.step, np.float64)
        #: Lags that are candidates, and the longest that is computed so that their peaks can be told.
        self.least = max(int(np.ceil(rate / settings.ceiling)), 2)
        self.most = int(rate / settings.floor)
        self.reach = min(self.most + _DEPTH + 2, self.size - 1)
        self.padded = fft.next_fast_len(self.size + self.reach + 1, real=True)

    def starts(self, rows: Index) -> Index:
        """The first sample of these frames."""
        return np.asarray(np.floor(self.times[rows] * self.rate + 1e-6), np.int64) - self.size // 2


@lru_cache(16)
def _window(size: int, padded: int, reach: int) -> tuple[Floats, Floats]:
    """A Hann window, and its normalised autocorrelation up to a lag."""
    shape = signal.windows.hann(size + 2)[1:-1]
    again = fft.irfft(np.abs(fft.rfft(shape, padded)) ** 2, padded)[: reach + 1]
    return shape.astype(np.float32), (again / again[0]).astype(np.float32)


def _centred(samples: Floats) -> Floats:
    values = np.asarray(samples, np.float32)
    return values - values.mean(dtype=np.float64).astype(np.float32) if len(values) else values


def _framed(values: Floats, starts: Index, frames: Frames) -> tuple[Floats, Floats]:
    """Windowed frames without their mean (frames, size), and the highest value near the middle of each."""
    part = values[np.minimum(starts[:, None] + np.arange(frames.size), len(values) - 1)]
    middle, period = frames.size // 2, frames.period
    part = part - part[:, max(middle - period, 0) : middle + period].mean(axis=1, keepdims=True)
    part *= _window(frames.size, frames.padded, frames.reach)[0]
    half = period // 2
    return part, np.abs(part[:, middle - half : middle + half]).max(axis=1)


def _autocorrelation(framed: Floats, frames: Frames) -> Floats:
    """The autocorrelation of frames over that of the window, lags 0 to `reach`, 1 at lag 0, (frames, reach + 1)."""
    power = fft.rfft(framed, frames.padded, axis=1)
    again = fft.irfft(power.real**2 + power.imag**2, frames.padded, axis=1)[:, : frames.reach + 1]
    window = _window(frames.size, frames.padded, frames.reach)[1]
    return np.asarray(again / np.maximum(again[:, :1], np.float32(_TINY)) / window, np.float32)


def _candidates(values: Floats, frames: Frames, rows: Index, top: float) -> tuple[Numbers, Numbers, Numbers]:
    """Hz and height of the candidates of frames, (frames, candidates), NaN for none; worth of no voice, (frames,)."""
    settings, count = frames.settings, frames.settings.candidates
    framed, peaks = _framed(values, frames.starts(rows), frames)
    shares = _autocorrelation(framed, frames)
    least, most = frames.least, min(frames.most, frames.reach - 1)
    seen = shares[:, least : most + 1]
    higher = (seen > shares[:, least - 1 : most]) & (seen >= shares[:, least + 1 : most + 2])
    height = np.where(higher & (seen > settings.voicing / 2), seen, -np.inf)
    best = np.argsort(-height, axis=1, kind="stable")[:, :count]
    found = np.take_along_axis(height, best, axis=1)
    frame, place = np.nonzero(np.isfinite(found))
    lag, strong = _refined(shares, frame, best[frame, place] + least)
    hertz = np.full((len(rows), count), np.nan)
    strength = np.full((len(rows), count), np.nan)
    told = frames.rate / lag
    inside = (told >= settings.floor) & (told <= settings.ceiling)
    hertz[frame[inside], place[inside]] = told[inside]
    # Beyond 1 only noise in a short window lies: it is no better than its mirror.
    strength[frame[inside], place[inside]] = np.where(strong > 1, 1 / strong, strong)[inside]
    quiet = np.minimum(peaks / top, 1) / (settings.silence / (1 + settings.voicing) + _TINY)
    return hertz, strength, settings.voicing + np.maximum(0, 2 - quiet)


def _refined(shares: Floats, frame: Index, lag: Index) -> tuple[Numbers, Numbers]:
    """The true place and height of peaks of an autocorrelation, by a sinc under a Hann window around each.

    shares: (frames, lags from 0 on); frame, lag: row and nearest lag of each peak, (n,).
    """
    reach = shares.shape[1] - 1
    places = np.abs(lag[:, None] + np.arange(-_DEPTH, _DEPTH + 1))
    around = shares[frame[:, None], np.minimum(places, reach)].astype(np.float64)
    shift, step = np.zeros(len(lag)), 0.5
    height = around[:, _DEPTH]
    for _ in range(4):
        left, mid, right = (_interpolated(around, shift + by) for by in (-step, 0.0, step))
        bend = left - 2 * mid + right
        move = np.where(bend < -_TINY, (left - right) / np.where(bend < -_TINY, 2 * bend, 1.0), 0.0)
        shift = np.clip(shift + step * np.clip(move, -1, 1), -1, 1)
        step /= 3
    height = _interpolated(around, shift)
    return lag + shift, height


def _interpolated(around: Numbers, shift: Numbers) -> Numbers:
    """Values between samples: around (n, 2 · depth + 1) at `shift` samples from the middle, (n,)."""
    away = np.arange(-_DEPTH, _DEPTH + 1) - shift[:, None]
    # sin(π(k − s)) is ±sin(πs): one sine for a whole row.
    sign = np.where(np.arange(-_DEPTH, _DEPTH + 1) % 2 == 0, 1.0, -1.0)
    near = np.abs(away) < 1e-9
    weights = np.where(near, 1.0, -sign * np.sin(np.pi * shift)[:, None] / (np.pi * np.where(near, 1.0, away)))
    weights *= 0.5 + 0.5 * np.cos(np.pi * np.clip(away / (_DEPTH + 1), -1, 1))
    return np.asarray((around * weights).sum(axis=1))


def _path(hertz: Numbers, strength: Numbers, voiceless: Numbers, settings: PitchSettings) -> Index:
    """Which candidate of each frame the cheapest path goes through, −1 for none, (frames,)."""
    there = np.isfinite(hertz)
    octaves = np.log2(np.where(there, hertz, settings.floor))
    worth = strength + settings.octave_cost * (octaves - np.log2(settings.floor))
    local = np.concatenate([voiceless[:, None], np.where(there, worth, -np.inf)], axis=1)
    scale = 0.01 / settings.step
    jump, change = settings.jump_cost * scale, settings.change_cost * scale
    states = local.shape[1]
    total, back = local[0].copy(), np.zeros((len(local), states), np.int64)
    costs = np.full((states, states), change)
    costs[0, 0] = 0
    columns = np.arange(states)
    for frame in range(1, len(local)):
        costs[1:, 1:] = jump * np.abs(octaves[frame - 1][:, None] - octaves[frame])
        gone = total[:, None] - costs
        back[frame] = gone.argmax(axis=0)
        total = gone[back[frame], columns] + local[frame]
        # Only differences count; without this an hour would lose digits.
        total -= total.max()
    out = np.empty(len(local), np.int64)
    out[-1] = int(total.argmax())
    for frame in range(len(local) - 1, 0, -1):
        out[frame - 1] = back[frame, out[frame]]
    return out - 1
