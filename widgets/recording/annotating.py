"""Annotations on the page: shown, chosen, and changed by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtWidgets import QApplication

from models.region import Region
from widgets.recording.hand import BOTH, FIRST, LAST, Hand, snapper
from widgets.recording.regions import RegionFront, RegionItem, RegionTable
from widgets.recording.rows import Lanes
from widgets.traces.plot import Plot, Span

#: Pixels around an edge that take it, around which another edge draws it to itself, and of the least annotation.
_NEAR, _SNAP, _LEAST = 6.0, 6.0, 4.0


class Annotating(QObject):
    """``drawn(Region)``, without a name; ``moved(Region)``, ``chosen_changed(name)``, ``editing_changed(on)``."""

    drawn = Signal(object)
    moved = Signal(object)
    chosen_changed = Signal(str)
    editing_changed = Signal(bool)

    def __init__(self, plot: Plot, lanes: Callable[[], Lanes | None]) -> None:
        super().__init__(plot)
        self._plot, self._lanes = plot, lanes
        self.table = RegionTable((), {})
        self.ground = self.make_ground(plot)
        self.front = self.make_front(plot)
        self.editing = False
        self._hand: Hand | None = None
        self._pressed, self._narrow = QPointF(), False
        self._bounds, self._step = (0.0, 1.0), 1.0
        self._edges: list[float] = []
        plot.released.connect(self._release)

    def make_ground(self, plot: Plot) -> RegionItem:
        """What knows where annotations are, and draws what stands behind the data."""
        return RegionItem(plot, lambda: self.table, self._lanes)

    def make_front(self, plot: Plot) -> RegionFront:
        """What is drawn over the data."""
        return RegionFront(plot, lambda: self.table, self.ground)

    @property
    def chosen(self) -> str:
        """Name of the chosen annotation, "" for none."""
        return self.front.chosen

    def take_recording(self, bounds: Span, step: float, spans: Iterable[Span | None]) -> None:
        """Another recording: its bounds, the time between samples, stretches whose edges draw others to them."""
        self._bounds, self._step = bounds, step
        self._edges = [edge for span in (bounds, *spans) if span is not None for edge in span]

    def set_regions(
        self, regions: Sequence[Region], colours: Mapping[str, int], titles: Mapping[str, str] | None = None
    ) -> None:
        """Show these; the chosen one stays so while it is among them."""
        self.table = RegionTable(regions, colours, titles)
        if self.chosen and self.table.named(self.chosen) is None:
            self.front.chosen = ""
            self.chosen_changed.emit("")
        self.update()

    def update(self) -> None:
        """Drawn anew."""
        self.ground.update()
        self.front.update()

    def choose(self, name: str) -> None:
        """Choose one by its name, "" for none."""
        if name != self.chosen:
            self.front.chosen = name
            self.front.update()
            self.chosen_changed.emit(name)

    def set_editing(self, on: bool) -> None:
        """Draw new ones by dragging, or leave off."""
        if on != self.editing:
            self.editing = on
            self._plot.viewport().setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
            self.editing_changed.emit(on)

    def step_back(self) -> bool:
        """Leave off what is done, else let go of the chosen one, else leave drawing; False with nothing to leave."""
        if self._hand is not None:
            self._hand = self.front.held = None
            self.front.update()
        elif self.chosen:
            self.choose("")
        elif self.editing:
            self.set_editing(False)
        else:
            return False
        return True

    def at(self, position: QPointF) -> str:
        """The shortest annotation at a place, "" for none."""
        left, right = self._plot.x_range()
        found = [self.table.regions[number] for number in self.table.visible(left, right).tolist()]
        here = [one for one in found if self.ground.place(one).adjusted(-2, 0, 2, 0).contains(position)]
        return min(here, key=lambda one: one.seconds).name if here else ""

    def click(self, position: QPointF) -> None:
        """Choose what is at a place."""
        self.choose(self.at(position))

    # -- drags

    def grab(self, position: QPointF) -> Callable[[QPointF], None] | None:
        """What follows a drag that begins here, None where it is none of ours."""
        if not self._plot.area().contains(position):
            return None
        self._pressed = position
        self._narrow = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        chosen = self.table.named(self.chosen)
        ends = self._ends(chosen, position) if chosen is not None else None
        if chosen is not None and ends is not None and (ends != BOTH or self.editing):
            self._take(chosen, chosen, ends)
        elif self.editing:
            self._take(None, Region("", self._time(position), self._time(position), ""), BOTH)
        else:
            return None
        return self._follow

    def _ends(self, region: Region, position: QPointF) -> tuple[bool, bool] | None:
        place = self.ground.place(region)
        if not place.adjusted(-_NEAR, 0, _NEAR, 0).contains(position):
            return None
        first, last = self.ground.edges(region)
        away = abs(position.x() - first), abs(position.x() - last)
        if min(away) > _NEAR:
            return BOTH
        return FIRST if away[0] < away[1] else LAST

    def _take(self, held: Region | None, now: Region, ends: tuple[bool, bool]) -> None:
        left, right = self._plot.x_range()
        second = (right - left) / max(self._plot.area().width(), 1.0)
        found = [self.table.regions[number] for number in self.table.visible(left, right)[:200].tolist()]
        edges = [edge for one in found if one is not held for edge in (one.start, one.stop)]
        snap = snapper([*self._edges, *edges], _SNAP * second, self._step, self._bounds[0])
        self._hand = Hand(held, now, ends, self._time(self._pressed), _LEAST * second, self._bounds, snap)

    def _time(self, position: QPointF) -> float:
        return self._plot.to_data(position).x()

    def _follow(self, position: QPointF) -> None:
        if self._hand is None:
            return
        self._hand.move(self._time(position))
        self._narrow_down(self._hand, position)
        self.front.held = self._hand.now
        self.update()

    def _narrow_down(self, hand: Hand, position: QPointF) -> None:
        """What of the recording a new one concerns."""
        if hand.held is None:
            hand.now = replace(hand.now, channels=self._channels(position))

    def _channels(self, position: QPointF) -> tuple[str, ...]:
        """With Shift the channels of the rows that were drawn over; else () for all."""
        lanes = self._lanes()
        if lanes is None or not self._narrow:
            return ()
        top = self._plot.area().top()
        rows = lanes.rows_between(top - self._pressed.y(), top - position.y())
        return tuple(dict.fromkeys(name for row in rows for name in lanes.shown.made_of[row]))

    def _release(self) -> None:
        hand, self._hand, self.front.held = self._hand, None, None
        done = hand.release() if hand is not None else None
        self.front.update()
        if hand is None or done is None:
            return
        if hand.held is None:
            self.drawn.emit(done)
        else:
            self.moved.emit(done)
