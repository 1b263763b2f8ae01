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
#: The rate at which pitch is looked for, and twice the highest formant that is, both where the sound has as much.
#: Without that end, as Praat has it, what lies over 5.5 kHz is taken for a lost F3.
_RATE, _FORMANT_RATE = 16000, 11000
NAMES = ("pitch", "F1", "F2", "F3")


def follow(reader: SoundReader, rate: float) -> Iterator[Track]:
    """The curves of NAMES, each longer than the one before of its name; formants only where there is a voice."""
    own = round(rate)
    to, low = min(own, _RATE), min(own, _FORMANT_RATE)
    times: list[Numbers] = []
    curves: dict[str, list[npt.NDArray[np.float32]]] = {name: [] for name in NAMES}
    length = min(reader.length / rate, MOST)
    for start in np.arange(0.0, length, STRETCH).tolist():
        before = max(start - BESIDE, 0.0)
        heard = reader.read(int(before * own), int(min(start + STRETCH + BESIDE, length) * own))
        found = pitch.track(resample_whole(heard, own, to), to)
        resonances = formants.formants(resample_whole(heard, own, low), low, found.times, _order(low))
        at = found.times + before
        inside = (at >= start) & (at < start + STRETCH)
        times.append(at[inside])
        curves["pitch"].append(found.hertz[inside].astype(np.float32))
        for place, name in enumerate(NAMES[1:]):
            told = np.where(found.voiced, resonances.hertz[:, place], np.nan)
            curves[name].append(told[inside].astype(np.float32))
        joined = np.concatenate(times)
        yield from (Track(name, joined, np.concatenate(parts)) for name, parts in curves.items())


def _order(rate: int) -> int:
    """Two poles for each kHz of half the rate, and two for the slope of the spectrum: 12 at 11 kHz, 10 at 8 kHz."""
    return 2 * (rate // 2000) + 2
