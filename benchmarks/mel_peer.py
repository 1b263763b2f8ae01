"""The mel spectrogram of a file of samples by another library, in a Python of its own: needs numpy and that library.

``python mel_peer.py librosa samples.npy found.npy 3`` writes what it makes and prints JSON: {seconds: of the processor,
a call each, version}. The first call, which loads and compiles, is made before on a second of silence.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

RATE = 16_000


def by_librosa() -> tuple[Callable[[Any], Any], str]:
    """librosa's."""
    import librosa

    def make(values: Any) -> Any:
        return librosa.feature.melspectrogram(y=values, sr=RATE, n_fft=1024, hop_length=256, n_mels=128)

    return make, str(librosa.__version__)


def by_torchaudio() -> tuple[Callable[[Any], Any], str]:
    """torchaudio's."""
    import torch
    import torchaudio
    from torchaudio.transforms import MelSpectrogram

    peer = MelSpectrogram(
        RATE, 1024, hop_length=256, n_mels=128, f_max=8000, norm="slaney", mel_scale="slaney", pad_mode="constant"
    )

    def make(values: Any) -> Any:
        return peer(torch.from_numpy(values)).numpy()

    return make, str(torchaudio.__version__)


PEERS = {"librosa": by_librosa, "torchaudio": by_torchaudio}


def main(name: str, source: str, target: str, turns: str) -> None:
    """Measure one library."""
    make, version = PEERS[name]()
    found = make(np.zeros(RATE, np.float32))
    values = np.load(source)
    seconds: list[float] = []
    for _turn in range(int(turns)):
        began = time.process_time()
        found = make(values)
        seconds.append(time.process_time() - began)
    np.save(target, found)
    print(json.dumps({"seconds": seconds, "version": version}))


if __name__ == "__main__":
    main(*sys.argv[1:])
