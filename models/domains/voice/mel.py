"""Mel spectrograms: power in bands as the ear hears them, by `torch.stft` and a filter bank of our own.

The scales are those of Slaney's Auditory Toolbox (linear below 1 kHz, logarithmic above) and of HTK (O'Shaughnessy:
2595 log10(1 + f / 700)); triangles and norms are as librosa and torchaudio document theirs. The default is how the
pictures of the seed were made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from models import sonogram
from models.errors import UserError
from models.params import Note, to_plain
from models.resampling import resample

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
#: Of what is computed: goes up when the same settings give other numbers.
VERSION = 1
#: Bytes of complex numbers that are held at once, so that they stay in a processor's cache; samples resampled at once.
_HELD, _PIECE = 1 << 21, 1 << 20
#: Slaney's scale: Hz of one mel below the corner, the corner in Hz, and mels in a factor of 6.4 above it.
_LINEAR, _CORNER, _STEPS = 200 / 3, 1000.0, 27.0
_SECTION = "Spectrogram"


@dataclass(frozen=True)
class MelSettings:
    """What a mel spectrogram is computed with. Raises UserError for values that do not fit together."""

    rate: Annotated[
        int,
        Note("Samples a second that recordings are brought to; 0 leaves them", 0, 384_000, "Hz", section=_SECTION),
    ] = 8820
    fft: Annotated[int, Note("Length of the Fourier transform", 16, 65_536, "samples", section=_SECTION)] = 1024
    window: Annotated[int, Note("Length of the Hann window inside it", 4, 65_536, "samples", section=_SECTION)] = 512
    hop: Annotated[int, Note("From one column to the next", 1, 65_536, "samples", section=_SECTION)] = 51
    bands: Annotated[int, Note("Mel bands", 1, 4096, section=_SECTION)] = 256
    low: Annotated[float, Note("Where the lowest band begins", 0, 192_000, "Hz", section=_SECTION)] = 0.0
    high: Annotated[
        float, Note("Where the highest band ends, at most half the rate", 1, 192_000, "Hz", section=_SECTION)
    ] = 4000.0
    mel_scale: Annotated[str, Note("Formula of the mel scale", choices=("htk", "slaney"), section=_SECTION)] = "htk"
    mel_norm: Annotated[
        str,
        Note("Height of a band: 1, or such that its area is 1", choices=("none", "slaney"), section=_SECTION),
    ] = "none"
    padding: Annotated[
        str,
        Note("What stands before the first and behind the last sample", choices=("reflect", "zeros"), section=_SECTION),
    ] = "reflect"
    power: Annotated[float, Note("2 for power, 1 for magnitude", 0.1, 4, section=_SECTION)] = 2.0

    def __post_init__(self) -> None:
        if self.window > self.fft:
            raise UserError(f"window = {self.window} is longer than fft = {self.fft}. Give a shorter window.")
        if self.low >= self.high:
            raise UserError(f"low = {self.low:g} Hz is not under high = {self.high:g} Hz. Give a lower one.")
        if self.rate and self.high > self.rate / 2:
            raise UserError(
                f"high = {self.high:g} Hz is above half of rate = {self.rate} Hz, where nothing is. Give a lower one."
            )

    @property
    def version(self) -> int:
        """Of what is computed."""
        return VERSION

    @property
    def key(self) -> str:
        """What tells all that is computed so from anything else, for a cache."""
        told = json.dumps([VERSION, settings_of(self)], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def rate_of(self, rate: float) -> float:
        """The rate that a recording of this one is looked at with."""
        return float(self.rate or rate)

    def columns(self, count: int) -> int:
        """Columns of so many samples at `rate_of`, the first in the middle of the first sample; 0 of none."""
        return 1 + count // self.hop if count else 0


def settings_of(params: MelSettings) -> dict[str, Any]:
    """The settings alone of a record that has others too."""
    told = to_plain(params)
    return {name: told[name] for name in MelSettings.__dataclass_fields__}


def to_mel(hertz: npt.ArrayLike, scale: str = "slaney") -> Numbers:
    """Hz on the mel scale ``htk`` or ``slaney``."""
    f = np.asarray(hertz, np.float64)
    if scale == "htk":
        return sonogram.to_mel(f)
    above = _CORNER / _LINEAR + np.log(np.maximum(f, _CORNER) / _CORNER) * _STEPS / np.log(6.4)
    return np.where(f < _CORNER, f / _LINEAR, above)


def from_mel(mel: npt.ArrayLike, scale: str = "slaney") -> Numbers:
    """The other way."""
    m = np.asarray(mel, np.float64)
    if scale == "htk":
        return sonogram.from_mel(m)
    corner = _CORNER / _LINEAR
    return np.where(m < corner, m * _LINEAR, _CORNER * np.exp(np.log(6.4) / _STEPS * (np.maximum(m, corner) - corner)))


def mel_edges(settings: MelSettings) -> Numbers:
    """Hz at which bands begin, peak and end: band b from b over b + 1 to b + 2, (bands + 2,)."""
    low, high = to_mel([settings.low, settings.high], settings.mel_scale)
    return from_mel(np.linspace(low, high, settings.bands + 2), settings.mel_scale)


def filter_bank(settings: MelSettings, rate: float) -> Floats:
    """The weight of each bin of the transform in each band, (bands, fft // 2 + 1). UserError above half the rate."""
    if settings.high > rate / 2 + 1e-6:
        raise UserError(
            f"high = {settings.high:g} Hz is above half of the rate of {rate:g} Hz, where nothing is. Give a lower one."
        )
    edges = mel_edges(settings)
    hertz = np.arange(settings.fft // 2 + 1) * rate / settings.fft
    widths = np.diff(edges)
    rising = (hertz - edges[:-2, None]) / widths[:-1, None]
    falling = (edges[2:, None] - hertz) / widths[1:, None]
    weights = np.maximum(np.minimum(rising, falling), 0)
    if settings.mel_norm == "slaney":
        weights *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return weights.astype(np.float32)


def brought(samples: Floats, rate: float, to: float) -> Floats:
    """Samples (n,) at another rate, piece by piece: ⌈n · to / rate⌉ of them."""
    ratio = Fraction(to).limit_denominator(1000) / Fraction(rate).limit_denominator(1000)
    if ratio == 1 or not len(samples):
        return np.asarray(samples, np.float32)
    wanted = -(-len(samples) * ratio.numerator // ratio.denominator)
    out = np.empty(wanted, np.float32)

    def read(first: int, last: int) -> Floats:
        return np.asarray(samples[first:last], np.float32)

    for first in range(0, wanted, _PIECE):
        last = min(first + _PIECE, wanted)
        out[first:last] = resample(read, len(samples), first, last, ratio)
    return out


def mel_spectrogram(samples: Floats, rate: float, settings: MelSettings) -> Floats:
    """The mel spectrogram of samples (n,), (bands, columns) float32; no column where there is no sample.

    Beside samples, those at another rate and the result a few MB are held, however long the recording is.
    """
    values = brought(samples, rate, settings.rate_of(rate))
    out = np.empty((settings.bands, settings.columns(len(values))), np.float32)
    for first, part in mel_blocks(values, settings.rate_of(rate), settings):
        out[:, first : first + part.shape[1]] = part
    return out


def mel_blocks(values: Floats, rate: float, settings: MelSettings) -> Iterator[tuple[int, Floats]]:
    """The first column and the mel spectrogram of one stretch after the other, of values that are at their rate."""
    import torch

    bank, window = _tensors(settings, rate)
    columns = settings.columns(len(values))
    step = max(_HELD // (8 * (settings.fft // 2 + 1)), 1)
    for first in range(0, columns, step):
        last = min(first + step, columns)
        begin = first * settings.hop - settings.fft // 2
        end = (last - 1) * settings.hop - settings.fft // 2 + settings.fft
        part = torch.from_numpy(stretch(values, begin, end, settings.padding))
        bins = torch.stft(part, settings.fft, settings.hop, settings.window, window, center=False, return_complex=True)
        power = bins.real.square().addcmul_(bins.imag, bins.imag)
        if settings.power != 2:
            power.pow_(settings.power / 2)
        yield first, (bank @ power).numpy()


def stretch(values: Floats, first: int, last: int, padding: str) -> Floats:
    """Values first to before last; those that are not there are 0, or mirrored at the outermost one."""
    count = len(values)
    if first >= 0 and last <= count:
        return np.array(values[first:last], np.float32)
    places = np.arange(first, last)
    inside = (places >= 0) & (places < count)
    if padding == "reflect":
        period = max(2 * (count - 1), 1)
        places = np.abs((places + count - 1) % period - (count - 1)) if count > 1 else np.zeros_like(places)
        return np.asarray(values[places], np.float32)
    return np.asarray(np.where(inside, values[np.where(inside, places, 0)], 0), np.float32)


@lru_cache(8)
def _tensors(settings: MelSettings, rate: float) -> tuple[Any, Any]:
    """The filter bank and the window, as tensors."""
    import torch

    return torch.from_numpy(filter_bank(settings, rate)), torch.hann_window(settings.window)
