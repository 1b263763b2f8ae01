"""Recordings as the pictures of the seed: the mel spectrogram of their middle, coloured, as a square JPEG."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt

from models.domains.voice.mel import MelSettings, brought, from_mel, mel_spectrogram, to_mel
from models.params import Note
from models.payload import Axis
from models.store.atomic import write_whole

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
#: Power under this is as good as none.
TINY = 1e-12
#: Places of the axis of frequencies that its values are told at.
_STOPS = 129
#: The quality of the JPEG files of the seed.
QUALITY = 90


@dataclass(frozen=True)
class RenderSettings(MelSettings):
    """How a recording becomes a picture."""

    seconds: Annotated[
        float, Note("How much of the middle is shown; 0 takes all", 0, 3600, "s", section="Spectrogram")
    ] = 1.5
    side: Annotated[int, Note("Width and height of the picture", 8, 4096, "pixels", section="Spectrogram")] = 600


def middle(samples: Floats, rate: float, seconds: float) -> Floats:
    """So many seconds out of the middle of samples (n,), all of them where there are no more."""
    count = int(seconds * rate)
    if not count or count >= len(samples):
        return samples
    first = (len(samples) - count) // 2
    return samples[first : first + count]


def shares(mel: Floats) -> Floats:
    """The base-2 logarithm of power (bands, columns), from 0 at its lowest to 1 at its highest; 0 where all is even."""
    logs = np.log2(mel.astype(np.float64) + TINY)
    low, high = logs.min(initial=np.inf), logs.max(initial=-np.inf)
    if not high > low:
        return np.zeros(mel.shape, np.float32)
    return np.asarray((logs - low) / (high - low), np.float32)


def coloured(values: Floats) -> Bytes:
    """Shares (h, w) from 0 to 1 in viridis, (h, w, 3)."""
    return np.asarray(_colours()[np.clip((values * 256).astype(np.int64), 0, 255)])


def picture(samples: Floats, rate: float, settings: RenderSettings | None = None) -> Bytes:
    """A recording (n,) as a picture (side, side, 3), low frequencies at its foot; black where it has no sample.

    As the files of the seed were made, but for what JPEG loses: brought to 8820 Hz, its middle 1.5 s, 256 bands, each
    picture from its own lowest to its own highest power.
    """
    from PIL import Image

    chosen = settings or RenderSettings()
    own = chosen.rate_of(rate)
    mel = mel_spectrogram(middle(brought(samples, rate, own), own, chosen.seconds), own, chosen)
    if not mel.shape[1]:
        return np.zeros((chosen.side, chosen.side, 3), np.uint8)
    drawn = Image.fromarray(coloured(shares(mel)[::-1]))
    return np.asarray(drawn.resize((chosen.side, chosen.side), Image.Resampling.BILINEAR))


def axes(settings: RenderSettings) -> tuple[Axis, Axis]:
    """What the width and the height of such a picture measure: s of the middle, kHz in steps of the mel scale."""
    low, high = to_mel([settings.low, settings.high], settings.mel_scale)
    band = (high - low) / (settings.bands + 1)
    places = np.linspace(0, 1, _STOPS)
    # The picture begins half a band below the peak of the lowest one and ends half a band above that of the highest.
    hertz = from_mel(low + band / 2 + places * settings.bands * band, settings.mel_scale)
    time = Axis("Time in the middle of the recording", "s", (0.0, 1.0), (0.0, settings.seconds))
    return time, Axis("Frequency, mel scale", "kHz", tuple(places.tolist()), tuple((hertz / 1000).tolist()))


def jpeg(pixels: Bytes) -> bytes:
    """A picture as a JPEG file."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def write_picture(samples: Floats, rate: float, path: Path, settings: RenderSettings | None = None) -> None:
    """Write a recording as a JPEG file of the seed's kind; whole or not at all."""
    data = jpeg(picture(samples, rate, settings))
    write_whole(path, lambda file: file.write(data))


@cache
def _colours() -> Bytes:
    """The 256 colours of viridis, rounded down as the seed's files have them."""
    from matplotlib import colormaps

    return np.asarray(colormaps["viridis"](np.arange(256))[:, :3] * 255, np.uint8)
