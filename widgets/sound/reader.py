"""The samples of a sound as the viewer reads them: in blocks that are kept, from several threads, as envelopes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.payload import SoundReader, TraceReader
from models.pyramid import Floats, envelope

Samples = npt.NDArray[np.float32]
#: Samples of a block, and how many blocks are kept: 32 MB.
BLOCK, KEPT = 1 << 16, 128
#: Samples over which the loudness of the waveform's inner band is taken.
LOUD = 256


class Blocks:
    """A SoundReader that keeps what was read last; the one below is asked by one thread at a time.

    Where it cannot be read there is silence, and failed(why) is called, once, in whichever thread that was.
    """

    def __init__(self, source: SoundReader, failed: Callable[[str], None] = lambda _why: None) -> None:
        self.source, self.length, self._failed = source, source.length, failed
        self.trouble = ""
        self.key = str(getattr(source, "key", ""))
        self._kept: OrderedDict[int, Samples] = OrderedDict()
        self._reading, self._keeping = threading.Lock(), threading.Lock()

    def read(self, start: int, stop: int) -> Samples:
        """Samples [start, stop) that are there, (n,)."""
        return self._gather(start, stop, keep=True)

    def pass_over(self, start: int, stop: int) -> Samples:
        """The same, for who goes through the whole recording: it is not kept, so that what is seen stays."""
        return self._gather(start, stop, keep=False)

    def glance(self, start: int, stop: int) -> Samples:
        """The same for a short stretch alone, which is not kept."""
        return self._ask(max(start, 0), min(stop, self.length))

    def _gather(self, start: int, stop: int, keep: bool) -> Samples:
        start, stop = max(start, 0), min(stop, self.length)
        if stop <= start:
            return np.zeros(0, np.float32)
        first, last = start // BLOCK, (stop - 1) // BLOCK
        parts = [self._block(number, keep) for number in range(first, last + 1)]
        found = np.concatenate(parts) if len(parts) > 1 else parts[0]
        return found[start - first * BLOCK : stop - first * BLOCK]

    def _block(self, number: int, keep: bool) -> Samples:
        with self._keeping:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        begin, size = number * BLOCK, min(BLOCK, self.length - number * BLOCK)
        found = self._ask(begin, begin + size)
        if len(found) < size:
            # A file that became shorter than it was: what is gone is silent.
            found = np.concatenate([found, np.zeros(size - len(found), np.float32)])
        if keep:
            with self._keeping:
                self._kept[number] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return found

    def _ask(self, start: int, stop: int) -> Samples:
        try:
            with self._reading:
                return np.asarray(self.source.read(start, stop), np.float32)
        except (UserError, OSError) as error:
            if not self.trouble:
                self.trouble = str(error)
                self._failed(self.trouble)
            return np.zeros(0, np.float32)


@dataclass(frozen=True)
class Passing:
    """Blocks as one who goes through all of them reads."""

    blocks: Blocks

    @property
    def key(self) -> str:
        """What the recording is known by."""
        return self.blocks.key

    @property
    def length(self) -> int:
        """Samples."""
        return self.blocks.length

    def read(self, start: int, stop: int) -> Samples:
        """Samples [start, stop) that are there, (n,)."""
        return self.blocks.pass_over(start, stop)


@dataclass(frozen=True)
class Glancing:
    """Blocks as one who looks at a few places reads."""

    blocks: Blocks

    @property
    def length(self) -> int:
        """Samples."""
        return self.blocks.length

    def read(self, start: int, stop: int) -> Samples:
        """Samples [start, stop) that are there, (n,)."""
        return self.blocks.glance(start, stop)


@dataclass(frozen=True)
class Waves:
    """A TraceReader of two channels: the samples, and how loud they are, as the root of the mean square of 256."""

    samples: Blocks | Passing

    @property
    def key(self) -> str:
        """What its pyramid is known by."""
        return f"sound {LOUD} {self.samples.key}" if self.samples.key else ""

    @property
    def channels(self) -> int:
        return 2

    @property
    def length(self) -> int:
        return self.samples.length

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """Lower and upper envelope of [start, stop), or the values themselves where they are not more than columns."""
        start, stop = max(start, 0), min(stop, self.length)
        first = start // LOUD * LOUD
        found = self.samples.read(first, -(-stop // LOUD) * LOUD)
        blocks = -(-len(found) // LOUD)
        squares = np.square(found)
        loud = np.sqrt(np.add.reduceat(squares, np.arange(0, len(found), LOUD)) / LOUD) if blocks else squares
        both = np.stack([found, np.repeat(loud, LOUD)[: len(found)]])[:, start - first : stop - first]
        if both.shape[1] <= columns:
            return both, both
        edges = (np.arange(columns) * both.shape[1]) // columns
        return envelope(both, both, edges, both.shape[1])


@dataclass(frozen=True)
class Bands:
    """Waves as they are drawn, read once for both: how far they go, and how loud they are as a band around zero."""

    waves: TraceReader

    @property
    def channels(self) -> int:
        return 2

    @property
    def length(self) -> int:
        return self.waves.length

    def read(self, start: int, stop: int, columns: int) -> tuple[Floats, Floats]:
        """Lower and upper ends, each (2, …)."""
        low, high = self.waves.read(start, stop, columns)
        return np.stack([low[0], -high[1]]), high
