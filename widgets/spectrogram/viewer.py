"""The viewer of spectrograms: strips over time around the shown window, out to the whole recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from models.payload import Spectrogram
from models.region import Region
from widgets.numbers import minus
from widgets.recording.scale import page_words
from widgets.spectrogram.colours import CLOSEST, MAPS, USUAL, decibels, level_colours
from widgets.spectrogram.controls import ColourBar, LimitsCard
from widgets.spectrogram.growth import Growth
from widgets.spectrogram.marks import Hint, Moment, Readout, Scales, SpanRow, WindowMark, Words
from widgets.spectrogram.place import Span, StripPlot, time_bounds, window_middle
from widgets.spectrogram.raster import StripRaster
from widgets.spectrogram.relevance import StripRelevance
from widgets.traces.plot import clock_text
from widgets.viewer import PLAIN, Stroke, Viewer, acts_over_time

#: Seconds on each side of the window that are seen at first.
AROUND = 300.0
#: Narrower than this the head says what kind of picture it is and no more.
_BROAD = 400
#: And than this the colours in it are shorter, so that they stay there.
_SLIM = 300


class SpectrogramViewer(Viewer):
    """Shows a `Spectrogram`; draws and asks, changes nothing.

    ← → a quarter of what is seen, Page keys all of it, + − and Ctrl+wheel zoom, drag and wheel pan, Home around the
    window.

    Signals: ``time_asked(seconds)``: a moment was clicked, go there. ``cursor_moved(seconds)``: the shared cursor was
    dragged. ``range_changed((left, right))``. ``choices_changed``: other limits or colours were chosen.
    """

    time_asked = Signal(float)
    cursor_moved = Signal(float)
    range_changed = Signal(object)
    choices_changed = Signal()

    def __init__(self, cache: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__("spectrogram", "Spectrogram", "rows", parent, mono=False)
        self.spectrogram: Spectrogram | None = None
        self.map = USUAL
        self._limits: Span | None = None
        self._home: Span | None = None
        self.growth = Growth(cache, self)
        self.growth.grown.connect(self._take_growth)
        self._build_plot()
        self._build_header()
        self.body = self.stack_body(self.plot)
        self.set_payload(None)

    # -- building

    def _build_plot(self) -> None:
        self.plot = StripPlot(self)
        self.plot.setObjectName("spectrogram_plot")
        self.plot.setAccessibleName("Strips over time")
        self.scales = Scales(self.plot)
        self.raster = StripRaster(self.plot, self.scales.places)
        self.relevance = StripRelevance(self.plot, self.scales, self.scales.places)
        self.window_mark = WindowMark(self.plot, self.scales.places)
        self.span_row = SpanRow(self.plot)
        self.moment = Moment(self.plot)
        self.names, self.readout = Words(self.plot, self.scales), Readout(self.plot)
        self.hint = Hint(self.plot, self.scales.places, self._why_nothing)
        self._moving = (
            *(self.raster, self.relevance, self.window_mark, self.span_row),
            *(self.names, self.moment, self.hint),
        )
        self.plot.grab_at = self._grab
        self.plot.clicked.connect(self._click)
        self.plot.moved.connect(self._point)
        self.plot.left_plot.connect(lambda: self._point(QPointF(-1, -1)))
        self.plot.range_changed.connect(self._tell_range)
        self.plot.box.sigResized.connect(lambda _box: self._settle_size())

    def _build_header(self) -> None:
        self.add_button("fit_x", "The whole recording; again: around the window", "whole", self.toggle_whole)
        self.bar = ColourBar()
        self.header.add_tool(self.bar)
        self.bar.toggled.connect(self.set_card)
        self.bar.moved.connect(self.set_limits)
        self.card = LimitsCard(self)
        self.card.moved.connect(self.set_limits)
        self.card.map_chosen.connect(self.set_map)
        self.card.reset_asked.connect(self.reset_colours)
        self.offer_picture()

    # -- what is shown

    def set_payload(
        self, spectrogram: Spectrogram | None, colour_index: int = -1, letter: str = "", by: str = ""
    ) -> None:
        """Show a spectrogram (None: nothing) around its window. colour_index, letter: the chip of its label; by: whose.

        One with the `key` of the one before is the same for another window: what was computed stays, and so does
        what a person zoomed to.
        """
        before, self.spectrogram = self.spectrogram, spectrogram
        self.show_label(colour_index, letter, by)
        if spectrogram is None or not any(strip.reader.length for strip in spectrogram.strips):
            self._show_nothing(spectrogram)
            return
        same = before is not None and bool(spectrogram.key) and before.key == spectrogram.key
        if same and before is not None:
            self.spectrogram = replace(spectrogram, strips=before.strips)
        else:
            self.growth.stop()
            self._put_cursor(float("nan"))
            self.span_row.page = None
        self._show_strips(self.spectrogram or spectrogram)
        self._first_range(same)
        if not same and spectrogram.grow is not None:
            self.growth.start(spectrogram.grow)
        self._say()

    def _show_strips(self, spectrogram: Spectrogram) -> None:
        self.show_body(self.body)
        self.plot.bounds = time_bounds(spectrogram)
        self.plot.shortest = 8 * spectrogram.step
        self.scales.show_spectrogram(spectrogram)
        self.raster.show_spectrogram(spectrogram)
        self.window_mark.window, self.window_mark.labelled = spectrogram.window, spectrogram.labelled
        self.window_mark.update()
        self._point(QPointF(-1, -1))
        self._colour()

    def _show_nothing(self, spectrogram: Spectrogram | None) -> None:
        self.growth.stop()
        self.spectrogram = self._home = None
        self.scales.show_spectrogram(None)
        self.raster.show_spectrogram(None)
        self.set_card(False)
        if spectrogram is None:
            self.say_empty()
        else:
            self.say_bare(spectrogram.title, spectrogram.note or "It has no columns.")

    def forget(self) -> None:
        self.set_payload(None)

    def set_cache(self, folder: Path | None) -> None:
        """Where what is computed is kept from now on."""
        self.growth.folder = folder

    def set_regions(self, regions: Sequence[Region], colours: Mapping[str, int]) -> None:
        """Mark these annotations below the strips; colours: class index of each text that is a class."""
        self.span_row.set_marks([(one.start, one.stop, colours.get(one.text, -1)) for one in regions])

    def set_page(self, page: Span | None) -> None:
        """Where the page of the recording is, None for nowhere; what is seen follows a page that is outside of it."""
        self.growth.pace.keep_off()
        self.span_row.page = page
        self.span_row.update()
        left, right = self.plot.x_range()
        if page is not None and (page[1] < left or page[0] > right):
            self._bring((page[0] + page[1]) / 2)

    def show_cursor(self, seconds: float) -> None:
        """Put the shared cursor at a moment; what is seen moves there where it is not seen."""
        self._put_cursor(seconds)
        left, right = self.plot.x_range()
        if not left <= seconds <= right:
            self._bring(seconds)

    def _bring(self, seconds: float) -> None:
        """A moment into the middle of what is seen, as wide as it is."""
        left, right = self.plot.x_range()
        if self.spectrogram is not None:
            half = (right - left) / 2
            self.plot.set_x(seconds - half, seconds + half)

    def _put_cursor(self, seconds: float) -> None:
        self.moment.at = seconds
        self.moment.update()

    # -- ranges

    def home(self) -> Span:
        """The time around the window; all of it where there is no window."""
        assert self.spectrogram is not None
        low, high = self.plot.bounds
        middle = window_middle(self.spectrogram)
        if middle is None or high - low <= 2 * AROUND:
            return low, high
        left = min(max(middle - AROUND, low), high - 2 * AROUND)
        return left, left + 2 * AROUND

    def fit(self) -> None:
        """Five minutes on each side of the window."""
        if self.spectrogram is not None:
            self.plot.set_x(*self.home())

    def toggle_whole(self) -> None:
        """The whole recording, or around the window where that is seen already."""
        whole = _alike(self.plot.x_range(), self.plot.bounds)
        self.plot.set_x(*(self.home() if whole and self.spectrogram is not None else self.plot.bounds))

    def _first_range(self, same: bool) -> None:
        """Around the window, unless a person looks at more of the same recording."""
        before, self._home = self._home, self.home()
        if not same or before is None or _alike(self.plot.x_range(), before):
            self.plot.set_x(*self._home)
            return
        (left, right), middle = self.plot.x_range(), sum(self._home) / 2
        if not left <= middle <= right:
            self.plot.set_x(middle - (right - left) / 2, middle + (right - left) / 2)

    def _zoom(self, factor: float) -> None:
        """Around the cursor or the window where one of them is seen, else around the middle."""
        left, right = self.plot.x_range()
        middle = window_middle(self.spectrogram) if self.spectrogram is not None else None
        known = [at for at in (self.moment.at, middle) if at is not None and left <= at <= right]
        self.plot.zoom(factor, known[0] if known else None)

    def _tell_range(self, span: Span) -> None:
        self.growth.pace.keep_off()
        for item in self._moving:
            item.update()
        self._say()
        self.range_changed.emit(span)

    def _settle_size(self) -> None:
        for item in (*self._moving, self.scales, self.readout):
            item.prepareGeometryChange()

    def _take_growth(self) -> None:
        self.raster.redraw()
        self._say()

    # -- colours

    def limits(self) -> Span:
        """dB between which colours change."""
        if self._limits is not None:
            return self._limits
        return self.spectrogram.shown if self.spectrogram is not None else (-10.0, 25.0)

    def set_limits(self, limits: Span) -> None:
        """Let colours change between these dB, of this and the next spectrograms."""
        self._limits = limits
        self._colour()
        self.choices_changed.emit()

    def set_map(self, name: str) -> None:
        """Draw in the colours of this map."""
        self.map = name
        self._colour()
        self.choices_changed.emit()

    def reset_colours(self) -> None:
        """Limits as each spectrogram has them, and the usual map."""
        self._limits, self.map = None, USUAL
        self._colour()
        self.choices_changed.emit()

    def choices(self) -> dict[str, Any]:
        """What the person chose, to be kept."""
        return {"map": self.map, "limits": list(self._limits) if self._limits is not None else None}

    def set_choices(self, choices: Mapping[str, Any]) -> None:
        """Choose what was kept; what is not known stays as it is."""
        name, limits = choices.get("map"), choices.get("limits")
        self.map = name if isinstance(name, str) and name in MAPS else self.map
        if isinstance(limits, list | tuple) and len(limits) == 2 and all(isinstance(at, int | float) for at in limits):
            low, high = (float(at) for at in limits)
            self._limits = (low, high) if low + CLOSEST <= high else self._limits
        self._colour()

    def set_card(self, on: bool) -> None:
        """Show the card of limits and colours, or put it away."""
        self.bar.setChecked(on)
        if on:
            self.card.open_below(self.header)
        else:
            self.card.hide()

    def _colour(self) -> None:
        self.bar.show_limits(self.limits(), self.map)
        self.card.show_limits(self.limits(), self.map)
        if self.spectrogram is not None:
            self.raster.set_colours(level_colours(self.map, self.spectrogram, self.limits()))

    # -- what is told

    def _say(self) -> None:
        shown = self.spectrogram
        if shown is None:
            return
        words = [self._range_words(shown), *shown.facts]
        if self.growth.trouble:
            words.append(self.growth.trouble)
        elif self.growth.share < 1:
            words.append(f"{round(self.growth.share * 100)} % computed")
        self.header.set_title((shown.title if self.width() >= _BROAD else "") or self.noun, " · ".join(words))
        self.header.title.set_full(shown.note)

    def _why_nothing(self) -> str:
        """Why nothing is seen at these times, "" where anything is."""
        shown, (lowest, highest), (low, high) = self.spectrogram, self.raster.extremes(), self.limits()
        if shown is None:
            return ""
        if highest and low < decibels(highest, shown) and decibels(lowest, shown) < high:
            return ""
        if highest:
            beyond = (
                f"below {minus(f'{low:.0f}')}" if decibels(highest, shown) <= low else f"above {minus(f'{high:.0f}')}"
            )
            return f"All of this lies {beyond} dB. Drag the colours in the head to see it."
        if self.growth.trouble:
            return f"No spectrogram: {self.growth.trouble.rstrip('.')}."
        if self.growth.share < 1:
            return f"Computing the spectrogram: {round(self.growth.share * 100)} %"
        return "Nothing was recorded at these times."

    def _range_words(self, shown: Spectrogram) -> str:
        """``±5 min`` around the window, ``24 h`` elsewhere."""
        left, right = self.plot.x_range()
        middle = window_middle(shown)
        if middle is not None and abs((left + right) / 2 - middle) < 0.02 * (right - left):
            return f"±{page_words((right - left) / 2)}"
        return page_words(right - left)

    def told_at(self, position: QPointF) -> str:
        """``Left lateral · 00:04:39 · 5.3 Hz · 12 dB`` at a point of the plot, "" beside the strips."""
        shown, axis = self.spectrogram, self.scales.axis
        number = next((at for at, one in enumerate(self.scales.places()) if one.contains(position)), -1)
        if shown is None or axis is None or number < 0:
            return ""
        strip, place = shown.strips[number], self.scales.places()[number]
        share = (place.bottom() - position.y()) / place.height()
        left, right = self.plot.x_range()
        time = left + (position.x() - place.left()) / place.width() * (right - left)
        column = int((time - shown.start) / shown.step + 0.5)
        levels = strip.reader.read(column, column + 1, 1) if column >= 0 else None
        level = int(levels[axis.bin_at(share), 0]) if levels is not None and levels.size else 0
        power = minus(f"{decibels(level, shown):.0f} dB") if level else "nothing there"
        return f"{strip.name} · {clock_text(time, 1)} · {axis.hertz(share):.1f} Hz · {power}"

    def _point(self, position: QPointF) -> None:
        words = self.told_at(position)
        place = next((one for one in self.scales.places() if one.contains(position)), None)
        if place is not None:
            self.readout.show_words(words, place, position)
        elif self.readout.words:
            self.readout.show_words("", self.plot.area(), position)
        shape = Qt.CursorShape.SplitHCursor if self.moment.near(position) else Qt.CursorShape.CrossCursor
        self.plot.viewport().setCursor(shape if place is not None else Qt.CursorShape.ArrowCursor)

    # -- hands

    def _time_at(self, position: QPointF) -> float:
        low, high = self.plot.bounds
        return min(max(self.plot.to_data(position).x(), low), high)

    def _click(self, position: QPointF) -> None:
        if self.spectrogram is not None and self.plot.area().contains(position):
            time = self._time_at(position)
            self._put_cursor(time)
            self.time_asked.emit(time)

    def _grab(self, position: QPointF) -> Callable[[QPointF], None] | None:
        return self._drag_cursor if self.moment.near(position) else None

    def _drag_cursor(self, position: QPointF) -> None:
        self._put_cursor(self._time_at(position))
        self.cursor_moved.emit(self.moment.at)

    def acts(self) -> Mapping[Stroke, Callable[[], object]]:
        """Moves and zooms over time."""
        return {**acts_over_time(self.plot, self._zoom), (Qt.Key.Key_Home, PLAIN): self.fit}

    def take_key(self, event: QKeyEvent) -> bool:
        """Escape puts the card away."""
        if event.key() == Qt.Key.Key_Escape and self.card.isVisible():
            self.set_card(False)
            return True
        return super().take_key(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.bar.set_short(self.width() < _SLIM)
        self._say()
        if self.card.isVisible():
            self.card.open_below(self.header)

    def dress(self) -> None:
        super().dress()
        self.plot.dress()
        self.scales.update()
        self._colour()

    def close_down(self) -> None:
        """Stop the background work; nothing of it outlives the viewer."""
        self.growth.close_down()


def _alike(one: Span, other: Span) -> bool:
    """Whether two ranges are the same to a hair."""
    room = 1e-3 * (other[1] - other[0])
    return abs(one[0] - other[0]) < room and abs(one[1] - other[1]) < room
