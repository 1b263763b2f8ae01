"""Channels that look exchanged: each of two fits the other's place on the head better than its own.

What nearby electrodes record is alike, what distant ones record is not. Of pieces of 2 s the correlations of all
electrodes with each other are taken, 1 to 20 Hz, against their common average; their median over the pieces is held
against what the distance of the places lets one expect. Two electrodes are told where the correlations of both with
all the others fit clearly better once the two change places, and where all then fit well. An electrode is told to be
exchanged with the EKG where it beats, is like no other channel, and what is called EKG is like its neighbours.

It is a suspicion, and not all can be seen. Neighbours record much the same: of exchanges between them more than half
stay unseen in 50 s, of distant ones one in seven, and more in EEG whose patterns drown what is near and far. Both
sides of the head exchanged as a whole fit as well as they did, and are never seen. An EKG without beats is no EKG here.
Of several exchanges at once one is told at most. EEG of less than 16 s, of fewer than 12 of the 19 electrodes, and
pairs that were recorded as such are not looked at.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from models import electrodes
from models.domains.eeg.broken import DAMAGE
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.recording import BadRecording, Recording

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Pair = tuple[str, str]

#: The column of samples that tells it, and what to do.
COLUMN = "exchanged"
ADVICE = "check how they were plugged in before sides and places are judged; if so, name them right in the file"

_HEADS, _EKG = len(CHANNELS) - 1, len(CHANNELS) - 1
#: Seconds of a piece, and the rates in Hz at which channels are compared.
_PIECE, _LOW, _HIGH = 2.0, 1.0, 20.0
#: With fewer pieces, or fewer electrodes, nothing is told.
_LEAST_PIECES, _LEAST_HEADS = 8, 12
#: A channel of less than this part of the middle amplitude is flat.
_FLAT = 0.01
#: How fast the expected correlation falls: radians on a head that is a ball.
_REACH = 1.2
#: By how much (of Fisher's z) both have to fit better, how well both then fit, and how well the middle of all does.
_MARGIN, _FIT, _WHOLE = 0.5, 0.5, 0.5
#: How like three others at least a channel is that is no noise, against the common average.
_NEAR = 0.2
#: An EEG channel is like at least three others by so much, an EKG by no more than that.
_ALIKE, _ALONE = 0.4, 0.35
#: How regular the beats of an EKG are (1 for those of a clock), and by how much more than those of what is called so.
_BEATS, _MORE = 0.3, 0.2
#: Stretches of a recording that are looked at, and seconds of each.
_STRETCHES, _SECONDS = 12, 10.0
#: Angles in degrees of the places on a ball: from the crown down, and around from the right ear to the front.
_ANGLES = {
    "Fp1": (90, 108), "F3": (60, 129), "C3": (45, 180), "P3": (60, -129), "F7": (90, 144), "T3": (90, 180),
    "T5": (90, -144), "O1": (90, -108), "Fz": (45, 90), "Cz": (0, 0), "Pz": (45, -90), "Fp2": (90, 72),
    "F4": (60, 51), "C4": (45, 0), "P4": (60, -51), "F8": (90, 36), "T4": (90, 0), "T6": (90, -36), "O2": (90, -72),
}  # fmt: skip


def short(pair: Pair) -> str:
    """Two channels, as the column of samples names them."""
    return f"{pair[0]} and {pair[1]}"


def words(pair: Pair) -> str:
    """What is told of two channels."""
    return f"{short(pair)} look exchanged"


def of_recording(recording: Recording) -> Pair | None:
    """The two channels of a recording that look exchanged, by some stretches all over it; None without such."""
    if len(electrodes.lacking(recording.names)) > len(CHANNELS) - _LEAST_HEADS:
        return None
    try:
        return exchanged(_stretches(recording), recording.rate)
    except (BadRecording, *DAMAGE):
        return None  # told where it is looked at


def of_eeg(values: Floats, rate: float) -> Pair | None:
    """The same of an EEG on our channels, (20, n) µV at a rate in Hz, however long."""
    length = min(round(_SECONDS * rate), values.shape[1])
    return exchanged(np.stack([values[:, first : first + length] for first in _firsts(values.shape[1], length)]), rate)


def _firsts(whole: int, length: int) -> list[int]:
    """Where stretches of a length begin that lie evenly over so many samples; one at least."""
    count = max(min(_STRETCHES, whole // max(length, 1)), 1)
    return [int(first) for first in np.linspace(0, whole - length, count)]


def _stretches(recording: Recording) -> Floats:
    """Stretches of a recording on our channels, (k, 20, n), NaN for those that it lacks or that are marked bad."""
    length = min(round(_SECONDS * recording.rate), recording.length)
    firsts = _firsts(recording.length, length)
    places = np.array(electrodes.places(recording.names))
    bad = [place >= 0 and recording.names[place] in recording.bad for place in places]
    out = np.full((len(firsts), len(CHANNELS), length), np.nan, np.float32)
    for row, first in enumerate(firsts):
        out[row] = recording.read(first, first + length)[places]
    out[:, (places < 0) | bad] = np.nan
    return out


def exchanged(stretches: Floats, rate: float) -> Pair | None:
    """The two channels that look exchanged, None without such.

    stretches: µV of one recording, (k, 20, n), in the order of CHANNELS, NaN where there is none. rate: in Hz.
    """
    power = _cross_power(stretches, rate)
    if len(power) < _LEAST_PIECES:
        return None
    sizes = np.sqrt(np.median(_own(power), axis=0))
    there = sizes > _FLAT * np.median(sizes[:_HEADS])
    heads = np.flatnonzero(there[:_HEADS])
    if len(heads) < _LEAST_HEADS:
        return None
    found = _with_heart(stretches, rate, power, heads) if there[_EKG] else None
    return found or _of_heads(power, heads)


# What channels have in common


def _cross_power(stretches: Floats, rate: float) -> Numbers:
    """How much channels have in common in each piece, (pieces, 20, 20); 0 for a channel that is missing in most."""
    size = round(_PIECE * rate)
    count = stretches.shape[2] // max(size, 1)
    pieces = stretches[:, :, : count * size].reshape(len(stretches), len(CHANNELS), count, size)
    values = np.asarray(pieces.swapaxes(1, 2).reshape(-1, len(CHANNELS), size), np.float64)
    known = np.asarray(np.isfinite(values).all(axis=2))
    there = known.mean(axis=0) > 0.5 if len(known) else np.zeros(len(CHANNELS), bool)
    values = np.where(there[:, None], values, 0)[known[:, there].all(axis=1)]
    waves = fft.rfft((values - values.mean(axis=2, keepdims=True)) * np.hanning(size), axis=2)
    hz = np.arange(waves.shape[2]) * rate / max(size, 1)
    waves = waves[:, :, (hz >= _LOW) & (hz <= _HIGH)]
    return np.asarray((waves @ waves.conj().swapaxes(1, 2)).real)


def _own(power: Numbers) -> Numbers:
    """The power of each channel in each piece."""
    return np.asarray(np.einsum("pcc->pc", power))


def _likeness(power: Numbers) -> Numbers:
    """The correlation of channels with each other, (c, c), in the middle of the pieces."""
    sizes = np.sqrt(np.maximum(_own(power), 1e-30))
    return np.asarray(np.median(power / sizes[:, :, None] / sizes[:, None, :], axis=0))


def _against_average(power: Numbers) -> Numbers:
    """The same against the mean of the channels, to which one that is too large adds no more than the middle one."""
    own = _own(power)
    weights = 1 / np.sqrt(np.maximum(own / np.maximum(np.median(own, axis=1, keepdims=True), 1e-30), 1))
    weights /= weights.sum(axis=1, keepdims=True)
    less = np.eye(own.shape[1]) - weights[:, None, :]
    return np.asarray(less @ power @ less.swapaxes(1, 2))


# What the places let one expect


@cache
def _expected() -> Numbers:
    """How alike two electrodes are by their distance, (19, 19): 1 at none; its level and scale do not matter."""
    down, around = np.radians(np.array([_ANGLES[name] for name in CHANNELS[:_HEADS]], np.float64)).T
    places = np.stack([np.sin(down) * np.cos(around), np.sin(down) * np.sin(around), np.cos(down)], axis=1)
    angles = np.arccos(np.clip(places @ places.T, -1, 1))
    return np.asarray(np.exp(-((angles / _REACH) ** 2)))


@lru_cache(32)
def _pairs(count: int) -> tuple[Index, Index]:
    """All pairs of so many channels, (pairs, 2), and the other channels of each, (pairs, count − 2)."""
    pairs = np.array(list(combinations(range(count), 2)), np.int64)
    others = np.array([np.setdiff1d(np.arange(count), pair) for pair in pairs], np.int64)
    return pairs, others


def _agreement(one: Numbers, other: Numbers) -> Numbers:
    """Fisher's z of the correlation of rows."""
    one, other = one - one.mean(axis=-1, keepdims=True), other - other.mean(axis=-1, keepdims=True)
    size = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    return np.asarray(np.arctanh(np.clip((one * other).sum(axis=-1) / np.maximum(size, 1e-30), -0.97, 0.97)))


def _fits(alike: Numbers, expected: Numbers) -> Numbers:
    """How well each channel fits its place: the agreement of a row of correlations with the expected ones."""
    rest = ~np.eye(len(alike), dtype=bool)
    shape = len(alike), len(alike) - 1
    return _agreement(alike[rest].reshape(shape), expected[rest].reshape(shape))


# Two electrodes


def _of_heads(power: Numbers, heads: Index) -> Pair | None:
    alike = _likeness(_against_average(power[:, heads][:, :, heads]))
    expected = _expected()[np.ix_(heads, heads)]
    pairs, others = _pairs(len(heads))
    seen, meant = alike[pairs[:, :, None], others[:, None]], expected[pairs[:, :, None], others[:, None]]
    now, then = _agreement(seen, meant), _agreement(seen, meant[:, ::-1])
    near = np.sort(alike, axis=1)[:, -4] >= _NEAR
    sound = near[pairs].all(axis=1) & (then.min(axis=1) >= np.arctanh(_FIT))
    gains = np.where(sound, (then - now).min(axis=1), -np.inf)
    best = int(gains.argmax())
    if gains[best] < _MARGIN:
        return None
    changed = np.arange(len(heads))
    changed[pairs[best]] = pairs[best, ::-1]
    if np.median(_fits(alike, expected[np.ix_(changed, changed)])) < np.arctanh(_WHOLE):
        return None
    first, second = heads[pairs[best]].tolist()
    return CHANNELS[first], CHANNELS[second]


# An electrode and the EKG


def _with_heart(stretches: Floats, rate: float, power: Numbers, heads: Index) -> Pair | None:
    """The electrode that is the EKG, where what is called EKG is that electrode."""
    every = np.append(heads, _EKG)
    alike = np.abs(_likeness(power[:, every][:, :, every]))
    np.fill_diagonal(alike, 0)
    third = np.sort(alike, axis=1)[:, -3]
    lone = int(third.argmin())
    if lone == len(heads) or third[lone] > _ALONE or third[-1] < _ALIKE:
        return None
    rows = heads.copy()
    rows[lone] = _EKG
    fits = _fits(_likeness(_against_average(power[:, rows][:, :, rows])), _expected()[np.ix_(heads, heads)])
    if fits[lone] < np.arctanh(_FIT) or np.median(fits) < np.arctanh(_WHOLE):
        return None
    beats, called = _beats(stretches[:, [heads[lone], _EKG]], rate)
    return (CHANNELS[heads[lone]], CHANNELS[_EKG]) if beats >= max(_BEATS, called + _MORE) else None


def _beats(stretches: Floats, rate: float) -> tuple[float, float]:
    """How regularly two channels (k, 2, n) beat, 40 to 150 times a minute, 1 for a clock, by what is steep in them."""
    values = np.nan_to_num(np.asarray(stretches, np.float64), posinf=0, neginf=0)
    length = values.shape[2]
    waves, hz = fft.rfft(values, axis=2), fft.rfftfreq(length, 1 / rate)
    steep = np.abs(fft.irfft(np.where((hz >= 8) & (hz <= 30), waves, 0), length, axis=2))
    steep = ndimage.uniform_filter1d(steep, max(round(0.08 * rate), 1), axis=2)
    steep = np.minimum(steep, np.quantile(steep, 0.99, axis=2, keepdims=True))
    steep -= ndimage.uniform_filter1d(steep, round(2 * rate), axis=2)
    lags: Any = fft.irfft(np.abs(fft.rfft(steep, 2 * length, axis=2)) ** 2, axis=2).mean(axis=0)
    shares = lags[:, round(0.4 * rate) : round(1.5 * rate)].max(axis=1) / np.maximum(lags[:, 0], 1e-30)
    return float(shares[0]), float(shares[1])
