"""The hand on regions of a sound: intervals on the waveform, boxes of time and frequency on the spectrogram."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF

from models.region import Region
from models.sonogram import Scale
from widgets.recording.annotating import Annotating
from widgets.recording.hand import BOTH, Hand
from widgets.recording.regions import RegionFront, RegionItem
from widgets.sound.regions import BoxFront, BoxItem, IntervalFront, IntervalItem
from widgets.traces.plot import Plot

_NEAR = 6.0
#: Which ends of a region's frequencies an act takes along.
_NEITHER, _LOW, _HIGH = (False, False), (True, False), (False, True)
#: A box that is less high is of all frequencies, in px.
_LEAST = 6.0


class IntervalHand(Annotating):
    """Intervals on the waveform."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot, lambda: None)

    def make_ground(self, plot: Plot) -> RegionItem:
        """Tints behind the waveform."""
        return IntervalItem(plot, lambda: self.table, lambda: None)

    def make_front(self, plot: Plot) -> RegionFront:
        """Heads over it."""
        return IntervalFront(plot, lambda: self.table, self.ground)


@dataclass(frozen=True)
class _Grip:
    """What of the frequencies follows the hand. share: how high it took hold, of the picture."""

    ends: tuple[bool, bool]
    share: float


class BoxHand(Annotating):
    """Boxes on the spectrogram. scale: which frequency stands where. highest: half the rate, in Hz."""

    def __init__(self, plot: Plot, scale: Callable[[], Scale]) -> None:
        self.scale = scale
        self.highest = 0.0
        self._grip = _Grip(_NEITHER, 0.0)
        super().__init__(plot, lambda: None)

    def make_ground(self, plot: Plot) -> RegionItem:
        """Where boxes stand."""
        return BoxItem(plot, lambda: self.table, self.scale)

    def make_front(self, plot: Plot) -> RegionFront:
        """Their outlines."""
        return BoxFront(plot, lambda: self.table, self.ground)

    def grab(self, position: QPointF) -> Callable[[QPointF], None] | None:
        """As on the waveform; what is taken by an edge of its frequencies changes these."""
        self._grip = _Grip(_NEITHER, self._share(position))
        found = super().grab(position)
        if self._hand is not None and (self._hand.held is None or self._hand.ends == BOTH):
            self._grip = replace(self._grip, ends=BOTH)
        return found

    def _ends(self, region: Region, position: QPointF) -> tuple[bool, bool] | None:
        place = self.ground.place(region)
        if not place.adjusted(-_NEAR, -_NEAR, _NEAR, _NEAR).contains(position):
            return None
        found = super()._ends(
            region, QPointF(position.x(), min(max(position.y(), place.top() + 1), place.bottom() - 1))
        )
        if found != BOTH or not region.banded:
            return found
        away = abs(position.y() - place.bottom()), abs(position.y() - place.top())
        if min(away) > _NEAR:
            return found
        self._grip = replace(self._grip, ends=_LOW if away[0] < away[1] else _HIGH)
        return _NEITHER

    def _share(self, position: QPointF) -> float:
        """How high a point stands, 0 to 1."""
        area = self._plot.area()
        return min(max((area.bottom() - position.y()) / max(area.height(), 1.0), 0.0), 1.0)

    def _narrow_down(self, hand: Hand, position: QPointF) -> None:
        now = self._share(position)
        if hand.held is None:
            low, high = sorted((self._grip.share, now))
            tall = (high - low) * self._plot.area().height()
            band = (self._end(low), self._end(high)) if tall >= _LEAST else (None, None)
        elif self._grip.ends == _NEITHER or not hand.held.banded:
            band = (hand.held.low, hand.held.high)
        else:
            band = self._moved(hand.held, now)
        hand.now = replace(hand.now, low=band[0], high=band[1])

    def _end(self, share: float) -> float | None:
        """The frequency at a height; None at the rim, where there is no end."""
        pixel = 1 / max(self._plot.area().height(), 1.0)
        return round(self.scale().hertz(share), 1) if pixel < share < 1 - pixel else None

    def _moved(self, held: Region, now: float) -> tuple[float | None, float | None]:
        """Its band as the hand would have it: an end alone, or both kept apart."""
        scale = self.scale()
        low = scale.share(held.low) if held.low is not None else 0.0
        high = scale.share(held.high) if held.high is not None else 1.0
        by = now - self._grip.share
        if self._grip.ends == BOTH:
            by = min(max(by, -low), 1 - high) if low >= 0 and high <= 1 else 0.0
        low, high = low + by * self._grip.ends[0], high + by * self._grip.ends[1]
        low, high = sorted((low, high))
        ends = (
            self._end(low) if self._grip.ends[0] else held.low,
            self._end(high) if self._grip.ends[1] else held.high,
        )
        return ends if ends[0] is None or ends[1] is None or ends[0] < ends[1] else (held.low, held.high)
