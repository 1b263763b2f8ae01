"""Pitch and formants of a sound as curves over its time, stretch by stretch, so that an hour never stands in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.domains.voice import formants, pitch
from models.domains.voice.formant_paths import CANDIDATES, paths
from models.payload import SoundReader, Track
from models.resampling import resample_whole

Numbers = npt.NDArray[np.float64]
#: Seconds of a stretch, and of what comes along on each side of it; no more of a recording is followed, in s.
STRETCH, BESIDE, MOST = 20.0, 0.1, 3600.0
#: The rate at which pitch is looked for, and twice the highest formant that is, both where the sound has as much.
#: Without that end, as Praat has it, what lies over 5.5 kHz is taken for a lost F3.
_RATE, _FORMANT_RATE = 16000, 11000
#: Seconds of a window of formants, as long as Praat's of 0.025 s is in all, and Hz of a formant with two poles there.
#: However wide: which resonances are formants is told by the paths through them.
_WINDOW, _APART = 0.05, 1100
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
        formed = _formed(resample_whole(heard, own, low), low, found)
        at = found.times + before
        inside = (at >= start) & (at < start + STRETCH)
        times.append(at[inside])
        curves["pitch"].append(found.hertz[inside].astype(np.float32))
        for place, name in enumerate(NAMES[1:]):
            curves[name].append(formed[inside, place].astype(np.float32))
        joined = np.concatenate(times)
        yield from (Track(name, joined, np.concatenate(parts)) for name, parts in curves.items())


def _formed(samples: npt.NDArray[np.float32], rate: int, found: pitch.Pitch) -> Numbers:
    """The formants at the times of the pitch, (n, 3), NaN where there is no voice."""
    told = formants.formants(samples, rate, found.times, _order(rate), CANDIDATES, _WINDOW, np.inf)
    voiced = found.voiced[:, None]
    return paths(np.where(voiced, told.hertz, np.nan), np.where(voiced, told.bandwidths, np.nan))


def _order(rate: int) -> int:
    """Two poles for each formant that there is room for, as Praat has it: 10 at 11 kHz, 8 at 8 kHz."""
    return 2 * round(rate / 2 / _APART)
