"""Sound played slower or faster at equal pitch: waveform similarity overlap-add (WSOLA), block by block.

Verhelst and Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale
modification of speech", ICASSP 1993: frames are taken from where the source is, moved a little to where they go on
best from the frame before, and laid over each other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Read = Callable[[int, int], Floats]
#: Slowest and fastest.
SLOWEST, FASTEST = 0.1, 2.0
#: Seconds of a frame, and how far it may be moved either way: more than a period of the lowest voice.
_FRAME, _REACH = 0.04, 0.0125
#: As quiet as this nothing is alike or not.
_QUIET = 1e-9


class Stretch:
    """Samples [start, stop) of a source at a speed, taken piece by piece.

    read(start, stop): samples that are there. At speed 1 they are the source's own, sample for sample. ValueError for a
    speed that is not offered.
    """

    def __init__(self, read: Read, start: int, stop: int, speed: float, rate: float) -> None:
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"speed {speed:g} is not {SLOWEST:g} to {FASTEST:g}")
        self._read, self.start, self.stop, self.speed = read, start, max(stop, start), speed
        #: Samples that come of it in all, and those that were taken.
        self.length = round((self.stop - start) / speed)
        self.taken = 0
        self._half = max(round(_FRAME * rate / 2), 16)
        self._reach = max(round(_REACH * rate), 8)
        self._taper = np.asarray(np.hanning(2 * self._half + 1)[:-1], np.float32)
        self._frames = 0
        self._last = start
        self._tail = np.zeros(self._half, np.float32)
        self._ready = np.zeros(0, np.float32)

    def position(self, taken: int) -> int:
        """The sample of the source that stands at a sample of what comes of it."""
        return min(self.start + round(taken * self.speed), self.stop)

    def take(self, count: int) -> Floats:
        """The next samples, fewer at the end and none behind it."""
        count = min(count, self.length - self.taken)
        if self.speed == 1.0:
            found = self._piece(self.start + self.taken, count)
        else:
            while len(self._ready) < count:
                self._ready = np.concatenate([self._ready, self._next()])
            found, self._ready = self._ready[:count], self._ready[count:]
        self.taken += count
        return found

    def _piece(self, start: int, count: int) -> Floats:
        """So many samples from a place on; silence beyond the stretch."""
        out = np.zeros(max(count, 0), np.float32)
        low, high = max(start, self.start), min(start + count, self.stop)
        if high > low:
            found = self._read(low, high)
            out[low - start : low - start + len(found)] = found
        return out

    def _next(self) -> Floats:
        """Half a frame more."""
        half = self._half
        place = self.start + round(self._frames * half * self.speed)
        if self._frames:
            place = self._like(place)
        frame = self._piece(place, 2 * half)
        # The first frame begins at once: there is nothing that it could grow out of.
        rise = frame[:half] * self._taper[:half] if self._frames else frame[:half]
        out = self._tail + rise
        self._tail = frame[half:] * self._taper[half:]
        self._last, self._frames = place, self._frames + 1
        return np.asarray(out)

    def _like(self, place: int) -> int:
        """Where near a place the source goes on most alike to what follows the last frame's first half."""
        wanted = self._piece(self._last + self._half, self._half)
        around = self._piece(place - self._reach, self._half + 2 * self._reach)
        alike = np.correlate(around, wanted, "valid")
        energy = np.concatenate([[0.0], np.cumsum(np.square(around, dtype=np.float64))])
        loud = energy[self._half :] - energy[: -self._half]
        if float(loud.max()) <= _QUIET or not wanted.any():
            return place
        score = alike / np.sqrt(loud + _QUIET)
        return place - self._reach + int(score.argmax())


class Converter:
    """Samples of one rate as those of another, by straight lines between them; for a device that has its own."""

    def __init__(self, stretch: Stretch, rate: float, wanted: float) -> None:
        self.stretch, self._step = stretch, rate / wanted
        self.length = int(stretch.length / self._step)
        self.taken = 0
        self._held = np.zeros(0, np.float32)
        self._first = 0

    def position(self, taken: int) -> int:
        """The sample of the source that stands at a sample of what comes of it."""
        return self.stretch.position(round(taken * self._step))

    def take(self, count: int) -> Floats:
        """The next samples, fewer at the end."""
        count = min(count, self.length - self.taken)
        if self._step == 1.0:
            self.taken += count
            return self.stretch.take(count)
        places = (self.taken + np.arange(count)) * self._step
        last = int(np.ceil(places[-1])) + 1 if count else self._first
        more = last - self._first - len(self._held)
        if more > 0:
            self._held = np.concatenate([self._held, self.stretch.take(more)])
        known = np.arange(self._first, self._first + len(self._held))
        out = np.interp(places, known, self._held) if len(known) else np.zeros(count)
        self.taken += count
        gone = max(int(self.taken * self._step) - self._first, 0)
        self._held, self._first = self._held[gone:], self._first + gone
        return np.asarray(out, np.float32)
