"""Pitch and formants of a sound as curves over its time, stretch by stretch, so that an hour never stands in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.domains.voice import formants, pitch
from models.payload import SoundReader, Track
from models.resampling import resample_whole

Numbers = npt.NDArray[np.float64]
#: Seconds of a stretch, and of what comes along on each side of it; no more of a recording is followed, in s.
STRETCH, BESIDE, MOST = 20.0, 0.1, 3600.0
#: The rates at which pitch and formants are looked for, where the sound has as much.
_RATE = 16000
NAMES = ("pitch", "F1", "F2", "F3")


def follow(reader: SoundReader, rate: float) -> Iterator[Track]:
    """The curves of NAMES, each longer than the one before of its name; formants only where there is a voice."""
    own = round(rate)
    to = min(own, _RATE)
    times: list[Numbers] = []
    curves: dict[str, list[npt.NDArray[np.float32]]] = {name: [] for name in NAMES}
    length = min(reader.length / rate, MOST)
    for start in np.arange(0.0, length, STRETCH).tolist():
        before = max(start - BESIDE, 0.0)
        values = resample_whole(
            reader.read(int(before * own), int(min(start + STRETCH + BESIDE, length) * own)), own, to
        )
        found = pitch.track(values, to)
        resonances = formants.formants(values, to, found.times)
        at = found.times + before
        inside = (at >= start) & (at < start + STRETCH)
        times.append(at[inside])
        curves["pitch"].append(found.hertz[inside].astype(np.float32))
        for place, name in enumerate(NAMES[1:]):
            told = np.where(found.voiced, resonances.hertz[:, place], np.nan)
            curves[name].append(told[inside].astype(np.float32))
        joined = np.concatenate(times)
        yield from (Track(name, joined, np.concatenate(parts)) for name, parts in curves.items())
