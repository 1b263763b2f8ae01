"""Pieces of a spectrogram, computed beside the window: what is asked for last is made first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from models.levels import Bytes
from models.sonogram import Overview, Rows, Scale, centres, column_levels, hop_for
from widgets.sound.reader import Blocks

#: Columns of a tile, and how many tiles are kept, as levels and as rows.
TILE, KEPT = 128, 192


@dataclass(frozen=True)
class Key:
    """One tile. hop: samples of a column; number: of the tile; scale, rows: of the picture that it is part of."""

    window: int
    hop: int
    number: int
    scale: Scale
    rows: int

    @property
    def samples(self) -> tuple[int, int]:
        """From which sample to which it goes."""
        return self.number * TILE * self.hop, (self.number + 1) * TILE * self.hop


@dataclass(frozen=True)
class Source:
    """What tiles are made of. overview: columns of the whole recording, for wide pages; None for a short one."""

    blocks: Blocks
    rate: float
    window: int
    overview: Overview | None = None

    def hop(self, per: float) -> int:
        """Samples of a column where a pixel stands for so many."""
        hop = hop_for(per, self.window)
        if self.overview is not None and hop > self.overview.grid.hop and hop % self.overview.grid.hop:
            hop = hop // 3 * 4  # the next one that is a multiple
        return hop

    def is_wide(self, hop: int) -> bool:
        """Whether such columns are the overview's."""
        return self.overview is not None and hop >= self.overview.grid.hop

    def levels(self, hop: int, number: int) -> Bytes:
        """The columns of a tile, (columns, bins); fewer at the end of the recording."""
        first = number * TILE
        last = min(first + TILE, -(-self.blocks.length // hop))
        if self.overview is not None and self.is_wide(hop):
            return self.overview.read(hop, first, last)
        return column_levels(self.blocks, self.window, hop, first, last)

    def bins(self, hop: int) -> np.ndarray:
        """Hz of the bins of such columns."""
        if self.overview is not None and self.is_wide(hop):
            return self.overview.grid.centres
        return centres(self.rate, self.window)


class Tiles(QObject):
    """``arrived``: one more tile is there."""

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source: Source | None = None
        self._rows: OrderedDict[tuple[int, Key], Bytes] = OrderedDict()
        self._levels: OrderedDict[tuple[int, int, int], Bytes] = OrderedDict()
        self._makers: dict[tuple[int, Scale, int], Rows] = {}
        self._wanted: list[Key] = []
        self._turn, self._open = 0, True
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._made = _Made(self)
        self._made.one.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def show_source(self, source: Source | None) -> None:
        """Make tiles of this from now on; those of another one are forgotten."""
        with self._change:
            self.source = source
            self._turn += 1
            self._wanted = []
            self._rows.clear()
            self._levels.clear()
            self._makers.clear()

    def grown(self) -> None:
        """The overview holds more: what was made of it is made anew."""
        with self._change:
            source = self.source
            if source is None:
                return
            self._levels = OrderedDict((key, one) for key, one in self._levels.items() if not source.is_wide(key[1]))
            self._rows = OrderedDict((key, one) for key, one in self._rows.items() if not source.is_wide(key[1].hop))

    def ask(self, keys: Sequence[Key]) -> list[Bytes | None]:
        """The rows (rows, columns) of tiles as far as they are there; what is not is made, and nothing else."""
        with self._change:
            found = [self._rows.get((self._turn, key)) for key in keys]
            for key, one in zip(keys, found, strict=True):
                if one is not None:
                    self._rows.move_to_end((self._turn, key))
            self._wanted = [key for key, one in zip(keys, found, strict=True) if one is None]
            if self._wanted and self.source is not None:
                self._begin()
                self._change.notify()
        return found

    def is_busy(self) -> bool:
        """Whether tiles are being made."""
        with self._change:
            return bool(self._wanted)

    def _begin(self) -> None:
        if self._thread is None:
            self._open = True
            self._thread = threading.Thread(target=self._work, name="sonogram")
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._change:
                while self._open and not self._wanted:
                    self._change.wait()
                if not self._open or self.source is None:
                    return
                turn, key, source = self._turn, self._wanted[0], self.source
            self._keep(turn, key, self._make(source, key, turn))

    def _make(self, source: Source, key: Key, turn: int) -> Bytes:
        named = (turn, key.hop, key.number)
        levels = self._levels.get(named)
        if levels is None:
            levels = source.levels(key.hop, key.number)
        with self._change:
            if turn == self._turn:
                self._levels[named] = levels
                _trim(self._levels)
        bins = source.bins(key.hop)
        maker = self._makers.get((len(bins), key.scale, key.rows))
        if maker is None:
            maker = self._makers[len(bins), key.scale, key.rows] = Rows(bins, key.scale, key.rows)
        return maker.of(levels)

    def _keep(self, turn: int, key: Key, rows: Bytes) -> None:
        with self._change:
            if turn != self._turn:
                return
            self._rows[turn, key] = rows
            _trim(self._rows)
            self._wanted = [one for one in self._wanted if one != key]
        self._made.one.emit(turn)

    def _tell(self, turn: int) -> None:
        if turn == self._turn:
            self.arrived.emit()

    def close_down(self) -> None:
        """End the work and wait for its last tile."""
        with self._change:
            self._open, self._wanted = False, []
            self._change.notify()
        if self._thread is not None:
            self._thread.join()
        self._thread = None


class _Made(QObject):
    """Carries words from the thread to the window's."""

    one = Signal(int)


def _trim(kept: OrderedDict[Any, Bytes]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)
