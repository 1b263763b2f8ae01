"""The mel spectrogram of a long recording against librosa and torchaudio, where they are installed, in one run.

All make the same numbers of the same float32 samples: 16 kHz, transforms of 1024, hop 256, 128 bands of Slaney.
"""

from __future__ import annotations

import os
import resource
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
SETTINGS = MelSettings(
    rate=0, fft=1024, window=1024, hop=256, bands=128, low=0, high=8000, mel_scale="slaney", mel_norm="slaney",
    padding="zeros",
)  # fmt: skip


def sound(seconds: int) -> Floats:
    """Noise and a tone of this length."""
    values = np.random.default_rng(0).standard_normal(seconds * RATE, np.float32)
    values *= np.float32(0.1)
    values += np.sin(2 * np.pi * 440 / RATE * np.arange(len(values), dtype=np.float32) % (2 * np.pi))
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


def seconds_of(make: Callable[[Floats], Any], values: Floats) -> tuple[float, Any]:
    """Seconds that one call takes, and what it gives."""
    began = time.perf_counter()
    found = make(values)
    return time.perf_counter() - began, found


def peak() -> float:
    """The most memory that this process has held, in MB; NaN where the system does not tell."""
    if os.name != "posix":
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def ours(values: Floats) -> Floats:
    """What the domain computes."""
    return mel_spectrogram(values, RATE, SETTINGS)


def run(quick: bool) -> list[Row]:
    """1 h of audio; quick: 1 minute."""
    seconds = 60 if quick else 3600
    values = sound(seconds)
    ours(values[:RATE])
    before = peak()
    spent, found = seconds_of(ours, values)
    held = peak() - before - found.nbytes / 2**20
    name = f"mel spectrogram of {seconds / 60:g} min"
    note = f"{held:.0f} MB held beside samples and result"
    rows = []
    for peer, begin in PEERS.items():
        if find_spec(peer) is None:
            rows.append(row(f"{name}, {peer}", spent * 1000, None, None, f"{peer} is not installed; {note}"))
            continue
        theirs, wanted = seconds_of(begin(), values)
        apart = float(np.abs(found - wanted[:, : found.shape[1]]).max() / np.abs(wanted).max())
        told = f"peer: {peer}, its first call made before; {apart:.1e} apart; {note}"
        rows.append(row(f"{name}, {peer}", spent * 1000, theirs * 1000, 1.0, told, "ratio"))
    return rows
