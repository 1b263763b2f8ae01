"""Small pictures of samples: the waveform over the spectrogram of a recording, a mel image made small.

Rows of tables have none: they stay as blank as a file that cannot be read.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.domains.voice import audio, images
from models.domains.voice.audio import NoAudio
from models.domains.voice.images import NoImage
from models.domains.voice.places import IMAGE, ROW, kinds, path_of
from models.job import Progress
from models.learn import kept
from models.learn.album import Album, Drawn
from models.sample import Samples

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
#: Raised when they are drawn otherwise than before. Pixels of a side that are kept; pictures between two signs of life,
#: and of a part of the pack.
VERSION, SIDE, STEP, PART = 1, 192, 16, 4096
#: What stands for a sample that cannot be seen.
GREY = 128
#: Seconds of the middle of a longer recording that are drawn: what is small shows no more.
MOST = 20.0
#: Hz up to which voices are drawn, the share of the height that the waveform takes, dB from the loudest down to black.
TOP, WAVE, RANGE = 5000.0, 0.3, 70.0
#: Colours of power from the least to the most, between which the others lie, and those of the waveform.
_STOPS = np.array(
    [[0, 0, 4], [31, 12, 72], [85, 15, 109], [136, 34, 106], [186, 54, 85], [227, 89, 51], [249, 140, 10],
     [249, 201, 50], [252, 255, 164]], np.float64,
)  # fmt: skip
_GROUND, _LINE = (24, 26, 31), (205, 210, 218)


def pictured(samples: Samples) -> bool:
    """Whether any of these samples has a picture."""
    return bool((kinds(samples) != ROW).any())


def album(cache: Path) -> Album:
    """The small pictures of a project."""
    folder = cache / "voice" / f"thumbs-{VERSION}"
    return Album(folder, "Small pictures of voices", _marks, _drawn, SIDE, GREY, STEP, PART)


def thumbs(samples: Samples, rows: Index, side: int, cache: Path) -> Bytes:
    """Pictures of samples, (n, side, side, 3), from the cache or their files; grey for what cannot be read."""
    return album(cache).pictures(samples, rows, side)


def stage(samples: Samples, cache: Path) -> Generator[Progress, None, int]:
    """Put the pictures into the cache that are not in it; how many were. What no sample has any more goes."""
    return album(cache).stage(samples)


def _marks(samples: Samples, rows: Index) -> kept.Marks:
    """What tells each sample from every other one: its file, and that file's size and time, (n,)."""
    paths = [path_of(samples, int(row)) for row in rows.tolist()]
    return kept.marks_of("" if path is None else kept.state_of(path) for path in paths)


def _drawn(samples: Samples, rows: Index, side: int) -> Drawn:
    """The pictures of those of these rows that can be read, one at a time."""
    told = kinds(samples.take(rows))
    for place, (row, kind) in enumerate(zip(rows.tolist(), told.tolist(), strict=True)):
        path = path_of(samples, row)
        if path is None:
            continue
        try:
            picture = images.small(path, side) if kind == IMAGE else sound_picture(*_middle(path), side)
        except (NoImage, NoAudio):
            continue
        yield np.array([place]), picture[None]


def _middle(path: Path) -> tuple[Floats, float]:
    """The middle of a recording (n,), and its rate. Raises NoAudio."""
    sound = audio.open_sound(path)
    rate, length = float(sound.header.rate), sound.header.length
    count = min(length, int(MOST * rate))
    first = (length - count) // 2
    return audio.mono(sound.read(first, first + count)), rate


def sound_picture(samples: Floats, rate: float, side: int) -> Bytes:
    """A sound (n,) as its waveform over its spectrogram, (side, side, 3), low frequencies at the foot."""
    if len(samples) < 2:
        return np.full((side, side, 3), GREY, np.uint8)
    tall = round(side * WAVE)
    return np.concatenate([_waveform(samples, side, tall), _spectrogram(samples, rate, side, side - tall)])


def _waveform(samples: Floats, side: int, tall: int) -> Bytes:
    """Highest and lowest value of each column as an upright line, against the loudest of all."""
    edges = (np.arange(side) * len(samples)) // side
    loudest = max(float(np.abs(samples).max()), 1e-6)
    high = np.maximum.reduceat(samples, edges) / loudest
    low = np.minimum.reduceat(samples, edges) / loudest
    middle = (tall - 1) / 2
    heights = np.arange(tall)[:, None]
    filled = (heights >= np.floor(middle - high * (middle - 1))) & (heights <= np.ceil(middle - low * (middle - 1)))
    return np.where(filled[..., None], np.array(_LINE, np.uint8), np.array(_GROUND, np.uint8))


def _spectrogram(samples: Floats, rate: float, side: int, tall: int) -> Bytes:
    """Power by time and frequency in colours, (tall, side, 3)."""
    window = 1 << int(np.clip(np.round(np.log2(rate * 0.032)), 5, 12))
    padded = np.pad(samples, (window // 2, window))
    starts = np.linspace(0, len(samples) - 1, 3 * side).astype(np.int64)
    frames = padded[starts[:, None] + np.arange(window)[None]] * np.hanning(window).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    power = power.reshape(side, 3, -1).max(axis=1)
    bins = max(int(min(TOP / (rate / 2), 1.0) * (power.shape[1] - 1)), 2)
    shown = 10 * np.log10(power[:, 1 : bins + 1] + 1e-12)
    at = (np.arange(tall) + 0.5) / tall * (shown.shape[1] - 1)
    lower = np.floor(at).astype(np.int64)
    part = (at - lower)[None]
    levels = shown[:, lower] * (1 - part) + shown[:, np.minimum(lower + 1, shown.shape[1] - 1)] * part
    shares = np.clip((levels - levels.max()) / RANGE + 1, 0, 1).T[::-1]
    return _coloured(shares)


def _coloured(shares: npt.NDArray[np.float64]) -> Bytes:
    stops = np.linspace(0, 1, len(_STOPS))
    return np.stack([np.interp(shares, stops, column) for column in _STOPS.T], axis=-1).astype(np.uint8)
