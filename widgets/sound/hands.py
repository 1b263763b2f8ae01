"""Regions of a sound, by hand on either plot: what one plot's hand does the other's shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from models.region import Region
from widgets.recording.regions import RegionTable
from widgets.sound.boxing import BoxHand, IntervalHand
from widgets.traces.plot import Span


class Hands(QObject):
    """Two hands as one. intervals: on the waveform. boxes: on the spectrogram.

    ``drawn(Region)``, without a name; ``moved(Region)``, ``chosen_changed(name)``, ``editing_changed(on)``.
    """

    drawn = Signal(object)
    moved = Signal(object)
    chosen_changed = Signal(str)
    editing_changed = Signal(bool)

    def __init__(self, intervals: IntervalHand, boxes: BoxHand, parent: QObject) -> None:
        super().__init__(parent)
        self.intervals, self.boxes = intervals, boxes
        for hand in self._both():
            hand.drawn.connect(self.drawn)
            hand.moved.connect(self.moved)
            hand.chosen_changed.connect(self.choose)
            hand.editing_changed.connect(self.set_editing)

    def _both(self) -> tuple[IntervalHand, BoxHand]:
        return self.intervals, self.boxes

    @property
    def table(self) -> RegionTable:
        """The regions that are shown."""
        return self.boxes.table

    @property
    def chosen(self) -> str:
        """Name of the chosen region, "" for none."""
        return self.boxes.chosen

    @property
    def editing(self) -> bool:
        """Whether a drag draws a region."""
        return self.boxes.editing

    def take_recording(self, bounds: Span, rate: float) -> None:
        """Another sound: its bounds in s, and its rate in Hz."""
        for hand in self._both():
            hand.take_recording(bounds, 1 / rate, ())
        self.boxes.highest = rate / 2

    def set_regions(
        self, regions: Sequence[Region], colours: Mapping[str, int], titles: Mapping[str, str] | None = None
    ) -> None:
        """Show these; colours, titles: class index of each text, and what is written for it."""
        for hand in self._both():
            hand.set_regions(regions, colours, titles)

    def choose(self, name: str) -> None:
        """Choose a region on both plots, "" for none."""
        told = any(hand.chosen != name for hand in self._both())
        for hand in self._both():
            hand.choose(name)
        if told:
            self.chosen_changed.emit(name)

    def set_editing(self, on: bool) -> None:
        """Draw regions by dragging, or leave off."""
        if on == self.boxes.editing == self.intervals.editing:
            return
        for hand in self._both():
            hand.set_editing(on)
        self.editing_changed.emit(on)

    def step_back(self) -> bool:
        """Leave off what is done, the chosen region, drawing; False with nothing to leave."""
        return self.intervals.step_back() or self.boxes.step_back()

    def update(self) -> None:
        """Drawn anew."""
        for hand in self._both():
            hand.update()
