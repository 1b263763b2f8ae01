"""The page of a recording: rows over time with all that stands behind and over them, and the strip below."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QTimer, Signal
from PySide6.QtWidgets import QGraphicsItem, QVBoxLayout, QWidget

from models.filters import Filters
from models.montage import BUILT_IN, Montage
from models.payload import Recording, TraceReader, same_reader
from models.region import Region
from widgets import theme
from widgets.numbers import minus
from widgets.recording.annotating import Annotating
from widgets.recording.gains import Gains, empty_channels
from widgets.recording.ground import Ground, Head, ScaleBars, TimeCursor, Words
from widgets.recording.overview import OverviewStrip
from widgets.recording.plot import PagePlot
from widgets.recording.reader import MontageReader, PagedReader, fitting
from widgets.recording.relevance import ChannelRelevance
from widgets.recording.rows import Lanes, Shown, lay_out, show_rows, spread_and_rise
from widgets.recording.scale import SENSITIVITIES, USUAL, figure, page_words, round_bar
from widgets.traces.cursors import Cursors
from widgets.traces.growth import Growth
from widgets.traces.raster import TraceRaster
from widgets.traces.strip import RelevanceStrip

Span = tuple[float, float]
Doubles = npt.NDArray[np.float64]
_NAMES, _FOOT = 64, 24
#: The overview is begun so many ms after the first page, which is not to wait for it.
_LATER_MS = 250
#: Rows that are made to fit may go so much beyond their lanes.
_OVER = 1.6
#: Of rows that would cover so much of a page nothing can be told apart.
_BLACK = 0.3


@dataclass(frozen=True)
class Look:
    """How a recording is looked at. sensitivity: µV/mm. seconds: of a page, or `speed`: mm/s, the other 0.

    hidden: labels of rows that are put away. heart: rows with a gain of their own are so much larger. upright: positive
    voltages are drawn upwards.
    """

    montage: Montage = BUILT_IN["longitudinal"]
    filters: Filters = Filters(0.5, 40.0, 60.0)  # noqa: RUF009  frozen
    sensitivity: float = 7.0
    seconds: float = 10.0
    speed: float = 0.0
    hidden: frozenset[str] = frozenset()
    heart: float = 1.0
    upright: bool = False


class PageView(QWidget):
    """Draws; says what a hand did.

    ``cursor_moved(seconds)``, ``range_changed((left, right))``; ``row_clicked(place)``: the name of a row;
    ``changed``: what the words at the head tell. ``failed(why)``: the recording cannot be read any more.
    """

    cursor_moved = Signal(float)
    range_changed = Signal(object)
    row_clicked = Signal(int)
    changed = Signal()
    failed = Signal(str)

    def __init__(self, cache: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recording")
        self.recording: Recording | None = None
        self.look, self.bad = Look(), frozenset[str]()
        self.pixels_a_mm = USUAL
        #: On a low page rows are made to fit into it, whatever the sensitivity.
        self.brief = False
        self.shown: Shown | None = None
        self.lanes: Lanes | None = None
        self.reader: PagedReader | None = None
        self.row = 0
        self._lock = threading.Lock()
        self._gains = Gains()
        self._live = True
        self._width = 0.0
        self.growth = Growth(cache, self)
        self.growth.grown.connect(self._take_overview)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self._grow)
        self._build()

    def _build(self) -> None:
        self.plot = PagePlot(self)
        self.plot.setObjectName("recording_plot")
        self.plot.setAccessibleName("Channels over time")
        self.plot.set_margins(_NAMES, 2, 8, _FOOT)
        self.plot.vertical = False
        self.plot.rim.clock, self.plot.rim.fine, self.plot.rim.upright = True, 1.0, False
        # The names stay while pages turn: writing them anew would cost a tenth of a page.
        self.plot.side.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.raster = TraceRaster()
        self.plot.box.addItem(self.raster, ignoreBounds=True)
        self.ground = Ground(self.plot)
        self.spoken, self.heat = ChannelRelevance(self.plot, lambda: self.lanes), RelevanceStrip(self.plot)
        self.annotating = Annotating(self.plot, lambda: self.lanes)
        self.ground.classes = self.annotating.ground.classes
        self.ground.covered = lambda: self.raster.is_dense() and self._is_clear()
        self.raster.backdrop = lambda count: self.ground.backdrop(count) if self._is_clear() else None
        self.head = Head(self.plot, self.ground)
        self._head = 0.0
        self.bars, self.moment, self.words = ScaleBars(self.plot), TimeCursor(self.plot), Words(self.plot)
        self.cursors = Cursors(self.plot, self.settle, self.changed.emit)
        self.strip = OverviewStrip(self)
        self.strip.went.connect(self.go_to)
        self.plot.grab_at = self._grab
        self.plot.clicked.connect(self._click)
        self.plot.range_changed.connect(self._tell_range)
        self.plot.box.sigResized.connect(lambda _box: self.arrange())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.strip)

    def _is_clear(self) -> bool:
        """Whether nothing stands between the ground and the rows."""
        return not self.spoken.isVisible() and not self.annotating.ground.singles()

    # -- what is shown

    def show_recording(self, recording: Recording, bad: Collection[str]) -> None:
        """Show a recording, at its window; what was read of the same one before is kept."""
        same = self.recording is not None and _same(self.recording, recording) and frozenset(bad) == self.bad
        self.recording, self.bad = recording, frozenset(bad)
        bounds = (recording.start, recording.start + recording.reader.length / recording.rate)
        self.plot.bounds = bounds
        self.plot.shortest = min(0.1, bounds[1] - bounds[0])
        self.ground.labelled, self.ground.window = recording.labelled, recording.window
        self.ground.gaps = recording.gaps
        spans = (recording.window, recording.labelled, *recording.gaps)
        self.annotating.take_recording(bounds, 1 / recording.rate, spans)
        self.strip.show_recording(bounds, [recording.window] if recording.window else [], recording.gaps)
        self.moment.at = math.nan
        if not same or self.shown is None:
            self._lock = threading.Lock()
            self.renew()
        self.go_home()

    def set_look(self, look: Look) -> None:
        """Look at it in another way."""
        before, self.look = self.look, look
        anew = (before.montage, before.filters, before.hidden) != (look.montage, look.filters, look.hidden)
        if anew and self.recording is not None:
            self.renew()
        else:
            self.arrange()
        if (before.seconds, before.speed) != (look.seconds, look.speed):
            self._set_width(*self._middle())

    def set_bad(self, bad: Collection[str]) -> None:
        """Channels that say nothing: dimmed, and no part of a mean."""
        self.bad = frozenset(bad)
        if self.recording is not None:
            self.renew()

    def renew(self) -> None:
        """Rows, readers and gains anew."""
        recording = self.recording
        if recording is None:
            return
        before = self.reader.rows if self.reader is not None else None
        empty = empty_channels(recording, self._lock)
        self.shown = show_rows(recording, self.look.montage, self.bad | empty).without(self.look.hidden)
        rows = MontageReader(
            recording.reader, self.shown.matrix, recording.rate, fitting(self.look.filters, recording.rate), self._lock
        )
        grown = before is not None and before.source is rows.source and np.array_equal(before.matrix, rows.matrix)
        if grown and self.reader is not None:
            self.reader = PagedReader(rows, self.reader.wide, self.failed.emit)
        else:
            self.growth.stop()
            self.reader = PagedReader(rows, rows.plain(), self.failed.emit)
            self._later.start()
        picked, labels = self.plot.side.picked, self.shown.labels
        self.row = labels.index(picked) if picked in labels else min(self.row, len(labels) - 1)
        self.plot.side.pick(picked if picked in labels else "")
        self._gains = Gains()
        self.arrange()

    def _grow(self) -> None:
        if self.reader is not None:
            self.growth.start(self.reader.rows.plain())

    def _take_overview(self, wide: TraceReader) -> None:
        if self.reader is not None:
            self.reader = self.reader.over(wide)
            self._gains.forget_extents()
            if not self.is_live():
                self.arrange()
            self.changed.emit()

    # -- places

    def is_live(self) -> bool:
        """Whether the page is so narrow that it is filtered."""
        left, right = self.plot.x_range()
        return self.reader is None or self.reader.is_live((right - left) * self.reader.rows.rate)

    def is_fitted(self) -> bool:
        """Whether rows are smaller than the sensitivity says, so that they stay apart on a wide page."""
        wanted = self.pixels_a_mm / self.look.sensitivity
        return not self._live and self.lanes is not None and self.lanes.per_value < 0.999 * wanted

    def fitting(self) -> float | None:
        """The sensitivity of the clinical scale by which the rows of this page fit; None where nothing is drawn."""
        if self.lanes is None:
            return None
        most = self.lanes.most(self._spreads_and_rises()[0] / _OVER)
        return round_bar(self.pixels_a_mm / most, SENSITIVITIES) if math.isfinite(most) else None

    def is_black(self) -> bool:
        """Whether rows of a narrow page cover it so far that nothing can be told apart."""
        if self.lanes is None or self.brief or not self.is_live():
            return False
        return self.lanes.ink(self._spreads_and_rises()[1], self.plot.area().height()) > _BLACK

    def _spreads_and_rises(self) -> tuple[Doubles, Doubles]:
        """How far each row goes up and down on this page, and in a column of it."""
        assert self.reader is not None
        assert self.recording is not None
        rate, start = self.recording.rate, self.recording.start
        first, last = (round((at - start) * rate) for at in self.plot.x_range())
        first, last = max(first, 0), min(last, self.reader.length)
        return spread_and_rise(self.reader, first, max(last, first), round(self.plot.area().width()))

    def arrange(self) -> None:
        """Rows at their places for the plot's height; layers anew."""
        area, recording, shown = self.plot.area(), self.recording, self.shown
        if recording is None or shown is None or self.reader is None or area.height() < 20:
            return
        self._live = self.is_live()
        spreads, rest = self._gains.of_page(self.reader, self._live, recording, self.failed.emit)
        per_value = self.pixels_a_mm / self.look.sensitivity
        look = self.look
        lanes = lay_out(shown, area.height(), per_value, spreads, rest, look.heart, look.upright, self._head)
        if not self._live:
            lanes = replace(lanes.fitted(self._extents(area.width())), cut=True)
        self.lanes = lanes.fitted(spreads / _OVER) if self.brief else lanes
        self.plot.set_y(-area.height(), 0.0)
        self.plot.side.show_names(self.lanes.names())
        self.bars.per_value, self.bars.unit = self.lanes.per_value, recording.unit
        self.bars.below = self.lanes.below(area.height())
        dim = shown.dimmed(self.bad)
        tones = ((dim, theme.faded("pen", 0.3)), (~dim, theme.token("pen")))
        layers = [
            self.lanes.layer(self.reader, np.flatnonzero(mask), colour, recording.start, 1 / recording.rate)
            for mask, colour in tones
            if mask.any()
        ]
        self.raster.set_layers(layers)
        self.refresh()
        self.changed.emit()

    def make_room(self, head: float) -> None:
        """Keep so many px at the head of the plot free of rows, as far as these leave no room there."""
        if head != self._head:
            self._head = head
            self.arrange()

    def _extents(self, columns: float) -> Doubles:
        """How far rows go up and down in a column of a wide page."""
        assert self.reader is not None
        left, right = self.plot.x_range()
        return self._gains.extents(self.reader, (right - left) * self.reader.rows.rate / max(columns, 1))

    def refresh(self) -> None:
        """All that stands on the page anew; rows are kept."""
        for item in (self.ground, self.head, self.spoken, self.heat, self.moment, self.cursors, self.words):
            item.update()
        self.bars.settle()
        self.annotating.update()

    def _tell_range(self, span: Span) -> None:
        wide = round(span[1] - span[0], 3)
        before, self._width = self._width, wide
        self.strip.set_page(span)
        if self.reader is not None and (self.is_live() != self._live or (not self._live and wide != before)):
            self.arrange()
        else:
            self.refresh()
            self.changed.emit()
        if self._live:
            self.growth.pace.keep_off()  # such a page is read anew; a wide one waits for the overview
        self.range_changed.emit(span)

    # -- pages

    def width_seconds(self) -> float:
        """Seconds that a page is wide by what was chosen."""
        if self.look.speed > 0:
            return max(self.plot.area().width(), 1.0) / self.pixels_a_mm / self.look.speed
        return self.look.seconds

    def _middle(self) -> tuple[float, float]:
        left, right = self.plot.x_range()
        return (left + right) / 2, self.width_seconds()

    def _set_width(self, middle: float, wide: float) -> None:
        self.plot.set_x(middle - wide / 2, middle + wide / 2)

    def page(self, share: float) -> None:
        """Turn by a share of the page."""
        self.plot.pan(share)

    def go_to(self, time: float) -> None:
        """Bring a time into the middle of the page, as wide as it is."""
        left, right = self.plot.x_range()
        self.plot.set_x(time - (right - left) / 2, time + (right - left) / 2)

    def holds(self, region: Region) -> bool:
        """Whether anything of an annotation can be seen: it may lie before the recording, or behind it."""
        low, high = self.plot.bounds
        return region.start <= high and region.stop >= low

    def go_to_span(self, start: float, stop: float) -> None:
        """Bring a stretch onto the page where nothing of it is: all of it where there is room, else its beginning."""
        left, right = self.plot.x_range()
        if start < right and stop > left:
            return
        wide = right - left
        self.go_to((start + stop) / 2 if stop - start < 0.8 * wide else start + 0.4 * wide)

    def go_home(self) -> None:
        """The judged part in the middle of a page; without one the beginning of the window."""
        recording = self.recording
        if recording is None:
            return
        wide, span = self.width_seconds(), recording.labelled or recording.window
        if span is None:
            self.plot.set_x(recording.start, recording.start + wide)
        elif recording.labelled or wide >= span[1] - span[0]:
            self._set_width((span[0] + span[1]) / 2, wide)
        else:
            self.plot.set_x(span[0], span[0] + wide)

    def off_page(self) -> Span | None:
        """The part that is judged, where nothing of it is on the page: a vote is for what is not seen. Else None."""
        recording = self.recording
        span = None if recording is None or self.brief else recording.labelled or recording.window
        left, right = self.plot.x_range()
        return span if span is not None and (span[1] <= left or span[0] >= right) else None

    def page_words(self) -> tuple[str, str]:
        """How wide the page is, and which speed that is on this screen."""
        left, right = self.plot.x_range()
        speed = self.plot.area().width() / self.pixels_a_mm / max(right - left, 1e-9)
        return page_words(right - left), f"{figure(speed)} mm/s" if speed >= 0.1 else ""

    # -- hands

    def settle(self, time: float) -> float:
        """The time of the nearest sample."""
        if self.recording is None:
            return time
        last = max(self.recording.reader.length - 1, 0)
        place = min(max(round((time - self.recording.start) * self.recording.rate), 0), last)
        return self.recording.start + place / self.recording.rate

    def _grab(self, position: QPointF) -> Callable[[QPointF], None] | None:
        return self.annotating.grab(position) or self.cursors.grab(position)

    def _click(self, position: QPointF) -> None:
        area = self.plot.area()
        if self.lanes is None or not area.top() <= position.y() <= area.bottom():
            return
        row = self.lanes.row_at(area.top() - position.y())
        if position.x() < area.left():
            self.row_clicked.emit(row)
            return
        self.pick(row)
        self.annotating.click(position)
        if not self.annotating.editing:
            self.set_cursor(self.settle(self.plot.to_data(position).x()))
            self.cursor_moved.emit(self.moment.at)

    def pick(self, row: int) -> None:
        """Mark a row: the cursors measure it, and keys are for its channels."""
        if self.shown is not None and 0 <= row < len(self.shown):
            self.row = row
            self.plot.side.pick(self.shown.labels[row])
            self.changed.emit()

    def set_cursor(self, time: float) -> None:
        """Put the time cursor somewhere, and bring it onto the page."""
        self.moment.at = time
        left, right = self.plot.x_range()
        if math.isfinite(time) and not left <= time <= right:
            self.go_to(time)
        self.moment.update()

    def readout(self) -> tuple[str, ...]:
        """What the cursors A and B say of the row that was clicked."""
        if not self.cursors.isVisible() or self.reader is None or self.recording is None or self.shown is None:
            return ()
        a, b = self.cursors.at
        gap = abs(b - a)
        said = [f"Δ {gap:.3f} s", f"{1 / gap:.2f} Hz" if gap > 0 else ""]
        if not len(self.shown) or not self.reader.is_live(gap * self.recording.rate):
            return tuple(words for words in said if words)
        first, last = (round((at - self.recording.start) * self.recording.rate) for at in sorted((a, b)))
        values = self.reader.read(first, last + 1, last - first + 1)[0][self.row]
        if values.size and np.isfinite(values).all():
            rise = float(values[-1] - values[0]) * (1 if a <= b else -1)
            unit = self.recording.unit
            said.append(f"{self.shown.labels[self.row]} Δ {minus(f'{rise:+.1f}')} {unit}")
            said.append(f"peak to peak {float(np.ptp(values)):.1f} {unit}")
        return tuple(words for words in said if words)

    def set_cursors(self, on: bool) -> None:
        """Show or hide the cursors A and B; outside the page they come to its thirds."""
        left, right = self.plot.x_range()
        if on and not all(left <= at <= right for at in self.cursors.at):
            self.cursors.place(left, right)
        self.cursors.setVisible(on)
        self.changed.emit()

    # -- why

    def set_relevance(self, values: Doubles | None, span: Span = (0.0, 1.0), names: Sequence[str] = ()) -> None:
        """How far moments (n,), or channels (names, n), speak for a class over a stretch of time; None hides it."""
        rows = values if values is not None and values.ndim == 2 else None
        line = values if values is not None and values.ndim == 1 else None
        step = (span[1] - span[0]) / max(values.shape[-1], 1) if values is not None else 1.0
        self.heat.set_values(line, span[0] + step / 2, step)
        self.spoken.set_values(rows, tuple(names), span)

    # -- annotations

    def set_regions(
        self, regions: Sequence[Region], colours: Mapping[str, int], titles: Mapping[str, str] | None = None
    ) -> None:
        """Show these annotations; colours, titles: class index of each text, and what is written for it."""
        self.annotating.set_regions(regions, colours, titles)
        self.ground.update()
        self.words.lowered = any(one.text for one in regions)
        self.words.update()
        self.strip.set_marks(self.annotating.table.marks())

    def clear(self) -> None:
        """Let go of the recording."""
        self._later.stop()
        self.growth.stop()
        self.recording = self.shown = self.lanes = self.reader = None
        self.raster.set_layers(())
        self.set_regions((), {})

    def dress(self) -> None:
        """The theme changed."""
        self.plot.dress()
        self.plot.side.update()
        self.strip.show_recording(self.strip.bounds, self.strip.windows, self.strip.gaps)
        self.arrange()

    def close_down(self) -> None:
        """Stop the background work."""
        self._later.stop()
        self.growth.stop()


def _same(one: Recording, other: Recording) -> bool:
    """Whether two payloads are of one recording."""
    alike = one.names == other.names and one.rate == other.rate and one.start == other.start
    return alike and same_reader(one.reader, other.reader)
