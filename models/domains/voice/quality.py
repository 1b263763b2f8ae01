"""What is wrong with recordings: clipping, silence, noise, length, copies; measured once, told as columns and flags.

The noise is told by two measures, whichever says the better of a recording. Where there are pauses: the level of the
loudest frames above that of the softest, as NIST's quick signal-to-noise ratio takes it of a histogram of their
energies. Behind a held vowel, which has none: the harmonic part against the rest, by the normalised autocorrelation at
the best period (Boersma 1993, IFA Proceedings 17:97-110). A very hoarse voice is as aperiodic as noise is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.voice.audio import Floats, Header, NoAudio, Sound, fingerprint, mono, open_sound
from models.resampling import resample_whole

#: Flags, in the order in which they are told.
CLIPPING, SILENCE, SHORT, NOISE, LONG, COPY = (
    "clipping", "silence", "too short", "noise", "several voices", "duplicate",
)  # fmt: skip
#: The print of a recording in which every sample is 0.
EMPTY = "silent"
FLAGS = (CLIPPING, SILENCE, SHORT, NOISE, LONG, COPY)
#: Of a longer recording this many stretches of this length are measured, in s.
STRETCHES, LENGTH = 6, 10.0
#: Seconds up to which all of a recording tells whether it is a copy; of a longer one the stretches do.
_WHOLE = 600.0
#: Values alike at the top that are flat, and the seconds that they last: the top of a voice of 60 Hz is shorter. How
#: alike they are (a step of 16 bits), and how loud the top must be.
_FLAT, _FLAT_SECONDS, _ALIKE, _TOP = 3, 9e-5, 1.1 / 32768, 0.25
#: A frame in s; dB below full scale, and below the loud frames, at which it is silent.
_FRAME, _SOFT, _BELOW = 0.025, -60.0, -40.0
#: Rate and Hz of the search for a period; seconds of a frame for it, and frames at most.
_RATE, _PITCHES, _PERIODS, _MOST = 8000, (60.0, 600.0), 0.06, 120
#: Frames from which noise is told, and the dB beyond which nobody asks.
_FEWEST, _BEST = 10, 60.0
#: Limits: share of clipped values, of silence; dB of the signal above the noise; seconds, shares of the usual length.
CLIPPED, SILENT, NOISY, SHORTEST, SHORTER, LONGER, ENOUGH = 2e-4, 0.6, 5.0, 0.15, 0.25, 4.0, 5
#: Sounds that were measured in this process; a dry run comes before its import.
_KEPT: dict[str, Measured] = {}
_MOST_KEPT = 200_000


@dataclass(frozen=True)
class Measured:
    """What is known of a recording. clipped, silent: shares; level, noise: dB of full scale, of signal above noise.

    print: the same for the same sound, `EMPTY` where there is none. rate, channels, seconds, coding as its header
    tells them.
    """

    rate: int
    channels: int
    seconds: float
    coding: str
    clipped: float
    silent: float
    level: float
    noise: float
    print: str


def measure(path: Path) -> Measured:
    """Everything that one recording tells by itself, in a time that does not grow with its length. Raises NoAudio."""
    sound = open_sound(path)
    if sound.key not in _KEPT:
        if len(_KEPT) >= _MOST_KEPT:
            _KEPT.clear()
        _KEPT[sound.key] = _measure(sound)
    return _KEPT[sound.key]


def _measure(sound: Sound) -> Measured:
    header = sound.header
    parts = list(_stretches(sound))
    values = [mono(part) for part in parts]
    whole = np.concatenate(values)
    if len(whole) < 2:
        raise NoAudio("it holds no sound (1 sample)")
    frames = _levels(values, header.rate)
    active = float(np.percentile(frames, 95))
    exact = np.concatenate(parts, axis=1) if header.seconds > _WHOLE else sound.read()
    length = exact.shape[1] / header.rate if header.seconds <= _WHOLE else header.seconds
    return Measured(
        header.rate,
        header.channels,
        length,
        header.coding,
        max(clipped(row, header.rate) for row in np.concatenate(parts, axis=1)),
        float((frames < max(_SOFT, active + _BELOW)).mean()),
        active,
        noise_of(values, header.rate, frames),
        _print(exact, header),
    )


def _print(exact: Floats, header: Header) -> str:
    if not exact.any():
        return EMPTY
    return fingerprint(exact, header.rate) + (f" {header.length}" if header.seconds > _WHOLE else "")


def _stretches(sound: Sound) -> Iterator[Floats]:
    """All of a recording, or stretches evenly over it."""
    rate, length = sound.header.rate, sound.header.length
    size = int(LENGTH * rate)
    if length <= STRETCHES * size:
        yield sound.read()
        return
    for start in np.linspace(0, length - size, STRETCHES).astype(np.int64).tolist():
        part = sound.read(start, start + size)
        if part.shape[1]:
            yield part


def clipped(values: Floats, rate: int) -> float:
    """The share of values (n,) that lie in flat tops, or beyond full scale, where a lossy coder bends what was flat."""
    top = float(np.abs(values).max(initial=0.0))
    if top < _TOP:
        return 0.0
    flat = np.abs(values) >= top - _ALIKE
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    least = max(_FLAT, int(np.ceil(_FLAT_SECONDS * rate)))
    return float((runs[runs >= least].sum() + (np.abs(values) > 1.0).sum()) / len(values))


def _levels(values: Sequence[Floats], rate: int) -> npt.NDArray[np.float64]:
    """The level of each frame in dB of full scale, −120 at least."""
    size = max(int(_FRAME * rate), 1)
    found = []
    for part in values:
        count = max(len(part) // size, 1)
        squares = np.square(part, dtype=np.float64)[: count * size]
        found.append(squares.reshape(count, -1).mean(axis=1) if len(squares) >= size else [squares.mean()])
    return np.asarray(10 * np.log10(np.maximum(np.concatenate(found), 1e-12)))


def noise_of(values: Sequence[Floats], rate: int, levels: npt.NDArray[np.float64]) -> float:
    """dB of the signal above the noise: between frames, or behind the voice, whichever tells more; NaN of few."""
    if len(levels) < _FEWEST:
        return float("nan")
    between = float(np.percentile(levels, 95) - np.percentile(levels, 5))
    behind = _harmonic(np.concatenate([resample_whole(part, rate, _RATE) for part in values]))
    return min(max(between, behind), _BEST)


def _harmonic(values: Floats) -> float:
    """dB of the periodic part above the rest in the median of the louder frames."""
    size = int(_PERIODS * _RATE)
    if len(values) < size:
        return 0.0
    starts = np.unique(np.linspace(0, len(values) - size, _MOST).astype(np.int64))
    frames = np.stack([values[start : start + size] for start in starts.tolist()]).astype(np.float64)
    frames -= frames.mean(axis=1, keepdims=True)
    energy = np.square(frames).sum(axis=1)
    frames = frames[energy >= 0.1 * energy.max()]
    if not len(frames) or energy.max() <= 0:
        return 0.0
    window = np.hanning(size)
    best = (_correlation(frames * window) / _correlation(window[None])).max(axis=1)
    share = np.clip(np.median(best), 1e-3, 1 - 1e-5)
    return float(10 * np.log10(share / (1 - share)))


def _correlation(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The autocorrelation of frames at the periods of voices, over that at none, (n, lags)."""
    power = np.abs(np.fft.rfft(frames, 1024, axis=1)) ** 2
    found = np.fft.irfft(power, axis=1)
    first, last = int(_RATE / _PITCHES[1]), int(_RATE / _PITCHES[0])
    return np.asarray(found[:, first : last + 1] / np.maximum(found[:, :1], 1e-12))


def flags_of(
    found: Sequence[Measured], names: Sequence[str], speakers: Sequence[str], first: dict[str, tuple[str, str]]
) -> list[tuple[str, str]]:
    """The flags of recordings that came together, as text with commas, and the name of the one that each is a copy of.

    first: the name and speaker of each sound that came before, to which these are added.
    """
    usual = float(np.median([one.seconds for one in found])) if len(found) >= ENOUGH else 0.0
    told = []
    for one, name, speaker in zip(found, names, speakers, strict=True):
        # Silence is like all other silence of its length: that makes it no copy.
        same, owner = first.setdefault(one.print, (name, speaker)) if one.print != EMPTY else (name, speaker)
        flags = [*_own_flags(one, usual)]
        if same != name:
            flags.append(COPY if owner == speaker else f"{COPY} of another speaker")
        told.append((", ".join(flags), same if same != name else ""))
    return told


def _own_flags(one: Measured, usual: float) -> Iterator[str]:
    """What is wrong with one recording, by itself and beside the usual length, 0 where there are too few to tell."""
    quiet = one.level < _SOFT
    if one.clipped >= CLIPPED:
        yield CLIPPING
    if quiet or one.silent >= SILENT:
        yield SILENCE
    if one.seconds < max(SHORTEST, SHORTER * usual):
        yield SHORT
    if one.noise < NOISY and not quiet:
        yield NOISE
    if usual and one.seconds > LONGER * usual:
        yield LONG
