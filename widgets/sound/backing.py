"""What stands behind the page of a sound: its samples, and what is computed of them beside the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from models.payload import Sound, TraceReader
from models.pyramid import PyramidReader
from models.sonogram import LONG, Overview
from widgets.sound.loudness import loudest_in, tallest_in
from widgets.sound.reader import Blocks, Passing, Waves
from widgets.sound.tiles import Source, Tiles
from widgets.sound.tracking import Tracking
from widgets.spectrogram.growth import Growth as Filling
from widgets.traces.growth import Growth

#: Values beyond which the waveform gets a pyramid: a page of fewer is read in a millisecond.
_PYRAMID = 1 << 20
#: What is measured in the background is begun so many ms after the first page, which is not to wait for it.
_LATER_MS = 250


class Backing(QObject):
    """Samples, waveform, tiles of the spectrogram and curves of one sound.

    waves: the waveform as it can be drawn now, None without a sound. ``grown``: there is more of it, ``filled``: of
    the spectrogram, ``tracked``: of the curves. ``failed(why)``: the recording cannot be read any more.
    """

    grown = Signal()
    filled = Signal()
    tracked = Signal()
    failed = Signal(str)

    def __init__(self, cache: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sound: Sound | None = None
        self.blocks: Blocks | None = None
        self.waves: TraceReader | None = None
        self.tiles, self.tracking = Tiles(self), Tracking(self)
        self._growth, self._filling = Growth(cache, self, _PYRAMID), Filling(cache, self)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self._grow)
        self._growth.grown.connect(self._take_waves)
        self._filling.grown.connect(self._take_columns)
        self.tracking.came.connect(self.tracked)

    def set_cache(self, folder: Path | None) -> None:
        """Where what is computed is kept from now on."""
        self._growth.cache = self._filling.folder = folder

    def take(self, sound: Sound, window: int) -> None:
        """Read another sound. window: samples of a transform."""
        self.forget()
        self.sound = sound
        self.blocks = Blocks(sound.reader, self.failed.emit)
        self.waves = Waves(self.blocks)
        self.transform(window)
        self.tracking.start(sound.tracks)

    def transform(self, window: int) -> None:
        """Make the spectrogram of transforms of so many samples from now on."""
        sound, blocks = self.sound, self.blocks
        if sound is None or blocks is None:
            return
        self._filling.stop()
        overview = Overview(Passing(blocks), sound.rate, window) if blocks.length > LONG else None
        self.tiles.show_source(Source(blocks, sound.rate, window, overview))
        self._later.start()

    def forget(self) -> None:
        """Let go of the sound; nothing of it comes any more."""
        self._later.stop()
        self._growth.stop()
        self._filling.stop()
        self.tracking.start(None)
        self.tiles.show_source(None)
        self.sound = self.blocks = self.waves = None

    def _grow(self) -> None:
        """Begin what is computed of the whole recording."""
        source = self.tiles.source
        if self.blocks is not None and source is not None:
            self._growth.start(Waves(Passing(self.blocks)))
            if source.overview is not None:
                self._filling.start(source.overview.grow)

    def _take_waves(self, grown: PyramidReader) -> None:
        if self.blocks is not None:
            self.waves = PyramidReader(Waves(self.blocks), grown.pyramid)
            self.grown.emit()

    def _take_columns(self) -> None:
        if self._filling.trouble:
            self.failed.emit(self._filling.trouble)
        self.tiles.grown()
        self.filled.emit()

    def is_grown(self) -> bool:
        """Whether the waveform is there as a whole."""
        return self._growth.share >= 1

    def share(self) -> float:
        """How much of what is computed of the whole recording is there."""
        if self._later.isActive() and self.blocks is not None and self.blocks.length > LONG:
            return 0.0
        return min(self._growth.share, self._filling.share)

    def keep_off(self) -> None:
        """A person moves over the page, which has the core to itself for a moment."""
        for pace in (self._growth.pace, self._filling.pace):
            pace.keep_off()

    def loudest(self, window: int) -> float:
        """The loudest bin of transforms of so many samples, in dB; 0 without a sound."""
        return loudest_in(self.blocks, window) if self.blocks is not None else 0.0

    def tallest(self) -> float:
        """How high the waveform is to be drawn; 1 without a sound."""
        return tallest_in(self.blocks) if self.blocks is not None else 1.0

    def close_down(self) -> None:
        """Stop the background work and wait for its last step."""
        self._later.stop()
        self._growth.stop()
        self._filling.close_down()
        self.tracking.close_down()
        self.tiles.close_down()
