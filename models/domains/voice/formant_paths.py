"""Formants as curves: which resonance of each frame is F1, F2, F3, so that a frame that lacks one moves no other.

The cheapest path through the resonances of all frames, as Praat's "Formant: Track..." finds it (Xia and Espy-Wilson
2000, ICSLP 3:682-685): a resonance costs by its distance from where a formant usually is and by its bandwidth, a step
by how far the curve moves. Other than there, a formant may be missing in a frame, for a price.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
#: Where formants usually are, in Hz, and how many resonances of a frame are looked at.
USUAL, CANDIDATES = (550.0, 1650.0, 2750.0), 5
#: What a kHz from there costs, a bandwidth as wide as the formant is high, and an octave between two frames.
_FAR, _WIDE, _OCTAVE = 1.0, 1.0, 1.0
#: What a formant costs that is missing, more than one that is far from its place; and one that comes or goes.
_MISSING, _CHANGE = 1.5, 0.3
#: Octaves between two frames that nothing moves by: the curve ends there and begins anew.
_JUMP = 0.25


def paths(hertz: Numbers, widths: Numbers) -> Numbers:
    """The curves (n, 3) through the resonances of frames, (n, CANDIDATES) rising with NaN for none; NaN where a formant
    is missing."""
    if not len(hertz):
        return np.zeros((0, len(USUAL)))
    choices = _choices()
    padded = np.concatenate([hertz, np.full((len(hertz), 1), np.nan)], axis=1)
    local = _local(hertz, widths, choices)
    came = np.zeros(local.shape, np.int64)
    total = local[0]
    for frame, steps in enumerate(_steps(padded), 1):
        sums = steps[_pairs()].sum(axis=0) + total[:, None]
        came[frame] = sums.argmin(axis=0)
        total = sums[came[frame], np.arange(len(total))] + local[frame]
    best = np.zeros(len(hertz), np.int64)
    best[-1] = int(total.argmin())
    for frame in range(len(hertz) - 1, 0, -1):
        best[frame - 1] = came[frame, best[frame]]
    return _parted(np.take_along_axis(padded, choices[best], axis=1))


@cache
def _choices() -> Index:
    """All ways to take formants out of resonances without crossing, (m, 3); CANDIDATES stands for a missing one."""
    places = range(len(USUAL))
    found = [
        [dict(zip(told, taken, strict=True)).get(place, CANDIDATES) for place in places]
        for count in range(len(USUAL) + 1)
        for told in combinations(places, count)
        for taken in combinations(range(CANDIDATES), count)
    ]
    return np.array(found, np.int64)


def _local(hertz: Numbers, widths: Numbers, choices: Index) -> Numbers:
    """What each way costs in each frame, (n, m); a resonance that is not there cannot be taken."""
    far = _FAR * np.abs(hertz[:, :, None] - np.array(USUAL)) / 1000 + (_WIDE * widths / hertz)[:, :, None]
    none = np.full((len(hertz), 1, len(USUAL)), _MISSING)
    costs = np.concatenate([np.where(np.isnan(far), np.inf, far), none], axis=1)
    return np.asarray(sum(costs[:, choices[:, place], place] for place in range(len(USUAL))))


def _steps(hertz: Numbers) -> Numbers:
    """What it costs to go from each resonance of a frame, the missing one too, to each of the next: (n − 1, 36)."""
    logs = np.log2(hertz)
    before, after = logs[:-1, :, None], logs[1:, None]
    changed = np.isnan(before) != np.isnan(after)
    costs = np.where(changed, _CHANGE, np.nan_to_num(_OCTAVE * np.abs(before - after)))
    return np.asarray(costs.reshape(len(costs), -1))


@cache
def _pairs() -> Index:
    """Where the step of each formant from each way to each other stands in `_steps`, (3, m, m)."""
    taken = _choices().T
    return np.asarray(taken[:, :, None] * (CANDIDATES + 1) + taken[:, None])


def _parted(curves: Numbers) -> Numbers:
    """Curves (n, 3) without the lines that would join what lies too far apart."""
    jumps = np.abs(np.diff(np.log2(curves), axis=0)) > _JUMP
    parted = curves.copy()
    parted[1:][jumps] = np.nan
    return parted
