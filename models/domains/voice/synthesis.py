"""Held vowels by a source and a filter: glottal pulses that are never quite alike, formants, breath, and a room.

The pulses are Rosenberg's (1971, J. Acoust. Soc. Am. 49:583-590), differentiated; the formants resonators of second
order in cascade (Klatt 1980, J. Acoust. Soc. Am. 67:971-995). Illness is one number of a speaker, and all that it
changes are the irregularities of the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
#: Formants of a vocal tract of usual length, in Hz, with their widths.
VOWELS = {"a": (730.0, 1090.0, 2440.0, 3400.0), "i": (270.0, 2290.0, 3010.0, 3600.0)}
_WIDTHS = (90.0, 110.0, 170.0, 250.0)
#: Shares of a period in which the glottis opens, and closes.
_OPENS, _CLOSES = 0.4, 0.16


@dataclass(frozen=True)
class Speaker:
    """One voice. severity: how ill it sounds, 0 in the mean of the healthy, in their standard deviations.

    pitch: Hz. tract: length beside the usual. tilt: how dull the source is, 0 to 1. room: noise beside the voice.
    gain: peak of a recording.
    """

    severity: float
    pitch: float
    tract: float
    tilt: float
    room: float
    gain: float
    age: int
    sex: str
    microphone: str


def draw_speaker(severity: float, rng: np.random.Generator) -> Speaker:
    """A speaker of this severity; all else is drawn whatever it is."""
    sex = "f" if rng.random() < 0.5 else "m"
    pitch = (205.0 if sex == "f" else 120.0) * float(np.exp(rng.normal(0, 0.13)))
    tract = (0.9 if sex == "f" else 1.05) * float(np.exp(rng.normal(0, 0.05)))
    return Speaker(
        severity,
        pitch,
        tract,
        float(rng.uniform(0.2, 0.8)),
        float(10 ** rng.uniform(-3.2, -2.2)),
        float(rng.uniform(0.25, 0.8)),
        int(np.clip(rng.normal(62, 9), 30, 90)),
        sex,
        str(rng.choice(["headset", "phone"])),
    )


def draw_vowel(speaker: Speaker, vowel: str, seconds: float, rate: int, rng: np.random.Generator) -> Floats:
    """One recording of a held vowel, (n,)."""
    count = int(seconds * rate)
    severity = speaker.severity + rng.normal(0, 0.25)
    source = _source(speaker, severity, count, rate, rng)
    tract = 1 / (speaker.tract * float(np.exp(rng.normal(0, 0.01))))
    for hertz, width in zip(VOWELS[vowel], _WIDTHS, strict=True):
        if hertz * tract < 0.45 * rate:
            source = _resonate(source, hertz * tract, width, rate)
    source *= speaker.gain / max(float(np.abs(source).max()), 1e-9)
    fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * rate))
    return np.asarray(source * fade + speaker.room * speaker.gain * rng.normal(size=count), np.float32)


def _source(speaker: Speaker, severity: float, count: int, rate: int, rng: np.random.Generator) -> Numbers:
    """Pulses whose periods and heights are irregular, that tremble, with breath while the glottis is open."""
    jitter, shimmer = 0.004 * np.exp(0.5 * severity), 0.03 * np.exp(0.4 * severity)
    tremor, breath = 0.006 * np.exp(0.5 * severity), 0.03 * np.exp(0.6 * severity)
    pitch = speaker.pitch * float(np.exp(rng.normal(0, 0.03)))
    periods = int(1.5 * count / rate * pitch) + 4
    beat = np.sin(2 * np.pi * (rng.uniform(4, 7) * np.arange(periods) / pitch + rng.random()))
    lengths = rate / pitch * np.maximum(1 + tremor * beat + jitter * rng.normal(size=periods), 0.3)
    heights = np.maximum(1 + 3 * tremor * beat + shimmer * rng.normal(size=periods), 0.05)
    begins = np.concatenate([[0.0], np.cumsum(lengths)])
    place = np.arange(count)
    number = np.searchsorted(begins, place, side="right") - 1
    share = (place - begins[number]) / lengths[number]
    pulses = heights[number] * _pulse(share)
    breathed = breath * rng.normal(size=count) * np.where(share < _OPENS + _CLOSES, 1.0, 0.3)
    return np.asarray(lfilter([1.0], [1.0, -0.9 * speaker.tilt], pulses) + breathed, np.float64)


def _pulse(share: Numbers) -> Numbers:
    """The slope of the glottal flow at a share of its period."""
    opening = np.sin(np.pi * share / _OPENS)
    closing = -_OPENS / _CLOSES * np.sin(np.pi / 2 * (share - _OPENS) / _CLOSES)
    return np.where(share < _OPENS, opening, np.where(share < _OPENS + _CLOSES, closing, 0.0))


def _resonate(values: Numbers, hertz: float, width: float, rate: int) -> Numbers:
    radius = np.exp(-np.pi * width / rate)
    first, second = 2 * radius * np.cos(2 * np.pi * hertz / rate), -(radius**2)
    return np.asarray(lfilter([1 - first - second], [1.0, -first, -second], values))
