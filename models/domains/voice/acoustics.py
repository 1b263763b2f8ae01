"""81 numbers of a voice: cepstra, formants, spectrum, perturbation, noise, pitch, modulation; NaN for what is not told.

Everything is measured at 16 kHz above 50 Hz, between the first and the last moment that is not silent. MFCC as Davis &
Mermelstein (1980) on Slaney's bands, cepstral peak prominence as Hillenbrand et al. (1994), the others as their modules
say.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from models.domains.voice import cycles
from models.domains.voice.formants import formants
from models.domains.voice.measures import CEPSTRA, FORMANTS, LOUDNESS_BANDS, NAMES, PITCH_BANDS
from models.domains.voice.mel import MelSettings, brought, mel_spectrogram
from models.domains.voice.pitch import Pitch, harmonicity, track
from models.domains.voice.rendering import middle

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Named = dict[str, float]
#: Of what is measured: goes up when a number changes its meaning.
VERSION = 1
RATE = 16_000
#: Of a longer recording the middle is measured, so many s; a shorter sound than this says nothing.
LONGEST, SHORTEST = 60.0, 0.1
#: Hz that the sound is filtered above; dB under the loudest moment that are silent.
_RUMBLE, _SILENT = 50.0, 40.0
#: Bands of the cepstra, and dB under the loudest band below which nothing is told apart.
_MEL = MelSettings(RATE, 512, 400, 160, 40, 50, 7000, "slaney", "slaney", "zeros")
_DEEP = 80.0
#: Hz that the spectrum is looked at between, and from where to where its tilt is told.
_SPECTRUM, _TILT = (50.0, 7000.0), (100.0, 5000.0)
#: Moments of a recording at which formants are told, at most.
_MOMENTS = 60
#: Prediction order of the formants at 16 kHz.
_ORDER = 18
#: Quefrencies in s between which the cepstral peak lies, and from which on the line under it is drawn.
_QUEFRENCIES, _LINE = (1 / 600, 1 / 75), 1e-3
#: Frames a second of the envelope and of pitch; how much voice wavering is told of, in s.
_FRAMES, _WAVERING = 100, 1.0


def measure(samples: Floats, rate: float) -> Named:
    """The measures of samples (n,) by their names, in their order; NaN for each that cannot be told."""
    found = dict.fromkeys(NAMES, math.nan)
    values = prepared(samples, rate)
    if len(values) < SHORTEST * RATE:
        return found
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # The mean of nothing is NaN here, and that is what is meant.
        warnings.simplefilter("ignore", RuntimeWarning)
        pitch = track(values, RATE)
        found |= cepstra(values)
        found |= resonances(values, pitch)
        found |= spectrum(values)
        found |= perturbation(values, pitch)
        found |= noise(values, pitch)
        found |= intonation(pitch)
        found |= wavering(values, pitch)
    return {name: value if math.isfinite(value) else math.nan for name, value in found.items()}


def prepared(samples: Floats, rate: float) -> Floats:
    """The part of a recording that is measured: its middle at 16 kHz, above 50 Hz, without silence at its ends."""
    values = brought(middle(np.asarray(samples, np.float32), rate, LONGEST), rate, RATE)
    if not len(values):
        return values
    # The filter swings in before the recording begins: its first value is held.
    sections = _high_pass()
    swung = signal.sosfilt_zi(sections) * float(values[0])
    values = np.asarray(signal.sosfilt(sections, values, zi=swung)[0], np.float32)
    loud = _envelope(values)
    heard = np.flatnonzero(loud > loud.max(initial=0) * 10 ** (-_SILENT / 20))
    if not len(heard) or loud.max() < 1e-6:
        return values[:0]
    size = RATE // _FRAMES
    return values[heard[0] * size : (heard[-1] + 1) * size]


@lru_cache(1)
def _high_pass() -> Numbers:
    return np.asarray(signal.butter(4, _RUMBLE, "highpass", fs=RATE, output="sos"))


def _envelope(values: Floats) -> Numbers:
    """The root mean square of each hundredth of a second."""
    size = RATE // _FRAMES
    whole = values[: len(values) // size * size].reshape(-1, size)
    return np.asarray(np.sqrt((whole.astype(np.float64) ** 2).mean(axis=1)))


def cepstra(values: Floats) -> Named:
    """Mean, spread and mean steepness of the cepstral coefficients 1 to 13."""
    mel = mel_spectrogram(values, RATE, _MEL).astype(np.float64)
    logs = 10 * np.log10(np.maximum(mel, mel.max() * 10 ** (-_DEEP / 10) + 1e-30))
    found = fft.dct(logs, axis=0, norm="ortho")[1 : CEPSTRA + 1]
    steep = np.abs(_slopes(found)).mean(axis=1)
    told = {"mean": found.mean(axis=1), "sd": found.std(axis=1), "delta": steep}
    return {f"mfcc{place + 1}_{name}": float(one[place]) for name, one in told.items() for place in range(CEPSTRA)}


def _slopes(rows: Numbers) -> Numbers:
    """The slope of the line through five values around each, a step of time, (rows, n − 4); NaN of fewer than five."""
    if rows.shape[1] < 5:
        return np.full((len(rows), 1), np.nan)
    return np.asarray((2 * rows[:, 4:] + rows[:, 3:-1] - rows[:, 1:-3] - 2 * rows[:, :-4]) / 10)


def resonances(values: Floats, pitch: Pitch) -> Named:
    """The median of each formant where there is voice, its spread (1.35 of it is the middle half) and its bandwidth."""
    times = pitch.times[pitch.voiced]
    if len(times) > _MOMENTS:
        times = times[np.linspace(0, len(times) - 1, _MOMENTS).round().astype(int)]
    found = formants(values, RATE, times, _ORDER, FORMANTS)
    named: Named = {}
    for place in range(FORMANTS):
        hertz, width = found.hertz[:, place], found.bandwidths[:, place]
        there = np.isfinite(hertz)
        low, mid, high = np.percentile(hertz[there], (25, 50, 75)) if there.sum() >= 3 else (math.nan,) * 3
        named[f"formant{place + 1}"] = float(mid)
        named[f"formant{place + 1}_sd"] = float(high - low) / 1.349
        named[f"formant{place + 1}_width"] = float(np.median(width[there])) if there.sum() >= 3 else math.nan
    return named


def spectrum(values: Floats) -> Named:
    """Tilt, flatness, flux and centroid over time with their spread, the 85 % edge, and zero crossings a second."""
    power, hertz = _power(values, 512, 160)
    band = (hertz >= _SPECTRUM[0]) & (hertz <= _SPECTRUM[1])
    power, hertz = power[:, band], hertz[band]
    logs = 10 * np.log10(power + 1e-14)
    total = power.sum(axis=1)
    middle_of = (power * hertz).sum(axis=1) / total
    level = np.sqrt(power) / np.sqrt(total)[:, None]
    named = {
        **_spread("tilt", _tilts(logs, hertz)),
        **_spread("flatness", logs.mean(axis=1) - 10 * np.log10(power.mean(axis=1))),
        **_spread("flux", np.sqrt((np.diff(level, axis=0) ** 2).sum(axis=1))),
        **_spread("centroid", middle_of),
    }
    share = np.cumsum(power.mean(axis=0))
    named["edge"] = float(hertz[np.searchsorted(share, 0.85 * share[-1])])
    named["crossings"] = float((np.diff(np.signbit(values)) != 0).mean() * RATE)
    return named


def _power(values: Floats, size: int, hop: int) -> tuple[Numbers, Numbers]:
    """Power of whole frames under a Hann window (frames, bins), and Hz of the bins; of no less than one frame."""
    frames = np.lib.stride_tricks.sliding_window_view(values, size)[::hop]
    bins = fft.rfft(frames * signal.windows.hann(size, sym=False).astype(np.float32), axis=1)
    return np.asarray(bins.real**2 + bins.imag**2, np.float64), fft.rfftfreq(size, 1 / RATE)


def _spread(name: str, told: Numbers) -> Named:
    return {name: float(told.mean()), f"{name}_sd": float(told.std())}


def _tilts(logs: Numbers, hertz: Numbers) -> Numbers:
    """dB an octave of each frame, by a line over the logarithm of frequency in which each octave counts alike."""
    band = (hertz >= _TILT[0]) & (hertz <= _TILT[1])
    octave, weight = np.log2(hertz[band]), 1 / hertz[band]
    away = octave - (octave * weight).sum() / weight.sum()
    return np.asarray((logs[:, band] * away * weight).sum(axis=1) / (away**2 * weight).sum())


def perturbation(values: Floats, pitch: Pitch) -> Named:
    """Jitter and shimmer of the glottal cycles."""
    times = cycles.pulses(values, RATE, pitch)
    named = {f"jitter_{name}": value for name, value in cycles.jitter(times).items()}
    named |= {f"shimmer_{name}": value for name, value in cycles.shimmer(values, RATE, times).items()}
    return {name.removesuffix("_local"): value for name, value in named.items()}


def noise(values: Floats, pitch: Pitch) -> Named:
    """Harmonics to noise where there is voice, and how far the cepstral peak stands out."""
    told = harmonicity(values, RATE, pitch)
    return {**_spread("hnr", told[np.isfinite(told)]), **_spread("cpp", prominence(values))}


def prominence(values: Floats) -> Numbers:
    """How far the highest peak of the cepstrum between 1/600 and 1/75 s stands above its line, in dB, by frame."""
    size, hop = 1024, 320
    power, _ = _power(values, size, hop)
    logs = 10 * np.log10(power + 1e-14)
    again = np.abs(fft.irfft(logs, axis=1)[:, : size // 2])
    told = 20 * np.log10(again + 1e-9)
    quefrency = np.arange(size // 2) / RATE
    line = (quefrency >= _LINE) & (quefrency <= _QUEFRENCIES[1] * 1.25)
    away = quefrency[line] - quefrency[line].mean()
    slope = (told[:, line] * away).sum(axis=1) / (away**2).sum()
    level = told[:, line].mean(axis=1)
    search = (quefrency >= _QUEFRENCIES[0]) & (quefrency <= _QUEFRENCIES[1])
    under = level[:, None] + slope[:, None] * (quefrency[search] - quefrency[line].mean())
    return np.asarray((told[:, search] - under).max(axis=1))


def intonation(pitch: Pitch) -> Named:
    """Median pitch, spread, range and drift in semitones, and the share of frames with a voice."""
    if not len(pitch.times):
        return {}
    voiced = pitch.voiced
    named = {"voiced": float(voiced.mean())}
    if voiced.sum() < 3:
        return named
    tones, times = _semitones(pitch.hertz[voiced]), pitch.times[voiced]
    low, high = np.percentile(tones, (5, 95))
    away = times - times.mean()
    return named | {
        "pitch": float(np.median(pitch.hertz[voiced])),
        "pitch_sd": float(tones.std()),
        "pitch_range": float(high - low),
        "pitch_drift": float((tones * away).sum() / (away**2).sum()),
    }


def _semitones(hertz: Numbers) -> Numbers:
    return np.asarray(12 * np.log2(hertz / 100))


def wavering(values: Floats, pitch: Pitch) -> Named:
    """How much loudness (dB) and pitch (semitones) waver in bands of frequency; NaN of less than a second."""
    loud = 20 * np.log10(_envelope(values) + 1e-9)
    named = _bands("loudness", np.maximum(loud, loud.max(initial=-np.inf) - _SILENT), LOUDNESS_BANDS)
    rows = np.flatnonzero(pitch.voiced)
    if len(rows) < _WAVERING * _FRAMES:
        return named
    # Between voiced stretches the pitch goes straight on.
    tones = np.interp(np.arange(rows[0], rows[-1] + 1), rows, _semitones(pitch.hertz[rows]))
    return named | _bands("pitch", tones, PITCH_BANDS)


def _bands(name: str, told: Numbers, bands: tuple[tuple[int, int], ...]) -> Named:
    """The root mean square of a course (frames a second: 100) in bands of Hz."""
    if len(told) < _WAVERING * _FRAMES:
        return {}
    taper = np.sin(np.pi * (np.arange(len(told)) + 0.5) / len(told))
    power = 2 * np.abs(fft.rfft(signal.detrend(told) * taper)) ** 2 / (len(told) * (taper**2).sum())
    hertz = fft.rfftfreq(len(told), 1 / _FRAMES)
    return {
        f"{name}_{low}_{high}": math.sqrt(float(power[(hertz >= low) & (hertz < high)].sum())) for low, high in bands
    }


def row_of(found: Mapping[str, float]) -> Floats:
    """Measures as a row of a table, (81,)."""
    return np.array([found[name] for name in NAMES], np.float32)
