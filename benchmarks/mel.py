"""The mel spectrogram of a long recording against librosa and torchaudio, where they are installed, in one run.

All make the same numbers of the same float32 samples: 16 kHz, transforms of 1024, hop 256, 128 bands of Slaney.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import Row, row
from models.domains.voice.mel import MelSettings, mel_spectrogram

Floats = npt.NDArray[np.float32]
RATE = 16_000
#: Turns of ours and the peer, of which the middle counts.
TURNS = 3
SETTINGS = MelSettings(
    rate=0, fft=1024, window=1024, hop=256, bands=128, low=0, high=8000, mel_scale="slaney", mel_norm="slaney",
    padding="zeros",
)  # fmt: skip


def sound(seconds: int) -> Floats:
    """Noise and a tone of this length, made minute by minute so that little memory is held before."""
    rng = np.random.default_rng(0)
    values = np.empty(seconds * RATE, np.float32)
    for first in range(0, len(values), 60 * RATE):
        part = values[first : first + 60 * RATE]
        tone = np.sin(2 * np.pi * 440 / RATE * np.arange(first, first + len(part)))
        part[:] = 0.1 * rng.standard_normal(len(part), np.float32) + tone
    return values


def by_librosa() -> Callable[[Floats], Any]:
    """librosa's, its first call made."""
    import librosa

    def make(values: Floats) -> Any:
        return librosa.feature.melspectrogram(y=values, sr=RATE, n_fft=1024, hop_length=256, n_mels=128)

    make(np.zeros(RATE, np.float32))
    return make


def by_torchaudio() -> Callable[[Floats], Any]:
    """torchaudio's, its first call made."""
    import torch
    from torchaudio.transforms import MelSpectrogram

    peer = MelSpectrogram(
        RATE, 1024, hop_length=256, n_mels=128, f_max=8000, norm="slaney", mel_scale="slaney", pad_mode="constant"
    )

    def make(values: Floats) -> Any:
        return peer(torch.from_numpy(values)).numpy()

    make(np.zeros(RATE, np.float32))
    return make


PEERS: dict[str, Callable[[], Callable[[Floats], Any]]] = {"librosa": by_librosa, "torchaudio": by_torchaudio}


def seconds_of(make: Callable[[Floats], Any], values: Floats) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    make(values)
    return time.perf_counter() - began


def peak() -> float:
    """The most memory that this process has held, in MB; NaN where the system does not tell."""
    if os.name != "posix":
        return float("nan")
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def ours(values: Floats) -> Floats:
    """What the domain computes."""
    return mel_spectrogram(values, RATE, SETTINGS)


def begun(name: str) -> tuple[Callable[[Floats], Any] | None, str]:
    """A peer, or None and why there is none."""
    if find_spec(name) is None:
        return None, f"{name} is not installed"
    try:
        return PEERS[name](), ""
    except (ImportError, OSError, RuntimeError) as error:
        # Built for another torch, it is there and does not load.
        return None, f"{name} does not load here ({str(error).partition('.')[0]})"


def against(name: str, values: Floats, found: Floats, title: str, note: str) -> Row:
    """One peer on the same samples, turn by turn with ours."""
    peer, why = begun(name)
    turns = [(seconds_of(ours, values), 0.0 if peer is None else seconds_of(peer, values)) for _ in range(TURNS)]
    mine, theirs = (float(np.median(column)) * 1000 for column in zip(*turns, strict=True))
    if peer is None:
        return row(f"{title}, {name}", mine, None, None, f"{why}; {note}")
    wanted = peer(values)
    apart = float(np.abs(found - wanted[:, : found.shape[1]]).max() / np.abs(wanted).max())
    told = f"peer: {name}, its first call made before; {apart:.1e} apart; {note}"
    return row(f"{title}, {name}", mine, theirs, 1.0, told, "ratio")


def run(quick: bool) -> list[Row]:
    """1 h of audio; quick: 1 minute."""
    seconds = 60 if quick else 3600
    values = sound(seconds)
    ours(values[:RATE])
    before = peak()
    found = ours(values)
    note = f"{max(peak() - before - found.nbytes / 2**20, 0):.0f} MB held beside samples and result"
    return [against(name, values, found, f"mel spectrogram of {seconds / 60:g} min", note) for name in PEERS]
