"""The mel spectrogram of a long recording against librosa and torchaudio, where they are installed, in one run.

All make the same numbers of the same float32 samples: 16 kHz, transforms of 1024, hop 256, 128 bands of Slaney. Seconds
are of the processor. A peer that is not installed here is looked for in the Pythons that ``WINNOW_MEL_PEERS`` names.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.table import Row, row
from models.domains.voice.mel import MelSettings, mel_spectrogram

Floats = npt.NDArray[np.float32]
RATE = 16_000
#: Turns of ours and the peer, of which the middle counts.
TURNS = 3
PEERS = ("librosa", "torchaudio")
PEER = Path(__file__).with_name("mel_peer.py")
VARIABLE = "WINNOW_MEL_PEERS"
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


def pythons() -> list[str]:
    """The Pythons that peers are looked for in: this one, then those that a person names."""
    return [sys.executable, *filter(None, os.environ.get(VARIABLE, "").split(os.pathsep))]


def by_peer(name: str, source: Path, target: Path) -> tuple[dict[str, Any] | None, str]:
    """What a peer tells of the samples of a file, in the first Python that has it; None and why where none does."""
    why = f"{name} is not installed; {VARIABLE} names a Python that has it"
    for python in pythons():
        done = subprocess.run(
            [python, str(PEER), name, str(source), str(target), str(TURNS)], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            told: dict[str, Any] = json.loads(done.stdout)
            return told, ""
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        if f"No module named '{name}'" not in last:
            # Built for another torch, it is there and does not load.
            why = f"{name} does not work there ({last[:120]})"
    return None, why


def against(name: str, source: Path, mine: float, found: Floats, title: str, note: str) -> Row:
    """One peer on the same samples; mine: our seconds."""
    target = source.with_name(f"{name}.npy")
    told, why = by_peer(name, source, target)
    if told is None:
        return row(f"{title}, {name}", mine * 1000, None, None, f"{why}; {note}")
    wanted = np.load(target, mmap_mode="r")
    apart = float(np.abs(found - wanted[:, : found.shape[1]]).max() / np.abs(wanted).max())
    words = f"{name} {told['version']}, its first call made before; {apart:.1e} apart; {note}"
    return row(f"{title}, {name}", mine * 1000, float(np.median(told["seconds"])) * 1000, 1.0, words, "ratio")


def spent(values: Floats) -> float:
    """Seconds of the processor that ours takes, of all threads."""
    began = time.process_time()
    ours(values)
    return time.process_time() - began


def run(quick: bool) -> list[Row]:
    """1 h of audio; quick: 1 minute."""
    seconds = 60 if quick else 3600
    values = sound(seconds)
    ours(values[:RATE])
    before = peak()
    found = ours(values)
    held = max(peak() - before - found.nbytes / 2**20, 0)
    mine = float(np.median([spent(values) for _ in range(TURNS)]))
    note = f"processor time; {held:.0f} MB held beside samples and result"
    with tempfile.TemporaryDirectory(prefix="winnow-mel-") as folder:
        source = Path(folder) / "samples.npy"
        np.save(source, values)
        title = f"mel spectrogram of {seconds / 60:g} min"
        return [against(name, source, mine, found, title, note) for name in PEERS]
