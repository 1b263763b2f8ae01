"""How loud a sound is: the height of its waveform, its loudest, and the level at a moment in words."""

from __future__ import annotations

import math

import numpy as np

from models.sonogram import loudest
from widgets.numbers import minus
from widgets.sound.reader import Blocks, Glancing

#: Samples that the height of the waveform is taken from: the first, and those at places spread over the recording.
_FIRST, _SEEN = 1 << 18, 1 << 12
#: What the loudest is taken to be at least, in dB: of silence nothing is to be seen.
_QUIETEST = -50.0
#: The level at a moment is that of so many s around it.
_HEARD = 0.02


def tallest_in(blocks: Blocks) -> float:
    """How high the waveform is to be drawn: a little more than what it reaches at places spread over the recording."""
    places = np.linspace(0, max(blocks.length - _SEEN, 0), 12).astype(int).tolist()
    parts = [blocks.read(0, _FIRST), *(blocks.glance(at, at + _SEEN) for at in places)]
    tall = max(float(np.abs(part).max(initial=0)) for part in parts)
    return min(max(1.15 * tall, 0.02), 1.05)


def loudest_in(blocks: Blocks, window: int) -> float:
    """The loudest bin of transforms of so many samples, in dB, at places spread over the recording."""
    return min(max(loudest(Glancing(blocks), window), _QUIETEST), 0.0)


def level_words(blocks: Blocks, seconds: float, rate: float) -> str:
    """How loud it is at a moment, ``−21 dBFS``: 0 dBFS is a sine at full scale."""
    place, around = round(seconds * rate), round(_HEARD * rate / 2)
    values = blocks.read(place - around, place + around)
    power = 2 * float(np.square(values, dtype=np.float64).mean()) if len(values) else 0.0
    return minus(f"{10 * math.log10(power):.0f} dBFS") if power > 1e-12 else "silent"
