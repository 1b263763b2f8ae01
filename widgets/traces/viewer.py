"""The trace viewer: one sample's traces, large, with cursors, overlays, marks and relevance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from models.payload import TraceReader, Traces
from widgets import theme
from widgets.numbers import count, minus
from widgets.traces.caption import PlotCaption
from widgets.traces.cursors import Cursors
from widgets.traces.growth import Growth
from widgets.traces.lanes import Lanes, layers_of, time_bounds, time_step, value_range
from widgets.traces.marks import MarkItem, MarkTable, SpanItem
from widgets.traces.plot import Plot, nice_step, tick_text
from widgets.traces.raster import TraceRaster
from widgets.traces.scale_bar import ScaleBar
from widgets.traces.strip import RelevanceStrip
from widgets.viewer import ALT, CTRL, PLAIN, SHIFT, Stroke, Viewer

Floats = npt.NDArray[np.floating[Any]]
_LONG = 60_000
_PAGE_SECONDS, _PAGE_SAMPLES = 10.0, 5_000
NO_RATE = "Time, samples (this file gives no sampling rate)"


class TraceViewer(Viewer):
    """Shows `Traces`; draws and asks, changes nothing.

    ← → pan (page in long recordings), + − zoom, Ctrl+↑ ↓ gain, Shift+↑ ↓ move up and down, Home fit;
    with cursors Alt+← → move the active one by a sample (Alt+Shift: ten), Alt+↑ ↓ choose it.

    Signals: ``cursor_moved(a, b)`` times; ``range_changed((left, right))``; ``overlays_asked(on)``.
    """

    cursor_moved = Signal(float, float)
    range_changed = Signal(object)
    overlays_asked = Signal(bool)

    def __init__(self, cache: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__("trace", "Trace", "trace", parent)
        self.traces: Traces | None = None
        self.previous: Traces | None = None
        self._previous_name = ""
        self._fitted: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._lanes: Lanes | None = None
        self._reader: TraceReader | None = None
        self._table = MarkTable(())
        self._stacked = True
        self._channel = 0
        self._growth = Growth(cache, self)
        self._growth.grown.connect(self._take_overview)
        self._build_plot()
        self._lay_out()
        self._build_header()
        self.set_payload(None)

    # -- building

    def _build_plot(self) -> None:
        self.plot = Plot(self)
        self.plot.setObjectName("trace_plot")
        self.plot.setAccessibleName("Traces over time")
        self.raster = TraceRaster()
        self.plot.box.addItem(self.raster, ignoreBounds=True)
        self.spans = SpanItem(self.plot, lambda: self._table)
        self.marks = MarkItem(self.plot, lambda: self._table, self._height_at)
        self.strip = RelevanceStrip(self.plot)
        self.scale_bar = ScaleBar(self.plot)
        self.cursors = Cursors(self.plot, self._settle, self._tell_cursors)
        self.plot.grab_at = self.cursors.grab
        self.plot.moved.connect(self._point)
        self.plot.clicked.connect(self._choose_channel)
        self.plot.range_changed.connect(self._tell_range)

    def _build_header(self) -> None:
        self.overlay_button = self.add_button("layers", "Show the traces beside it", "overlay", self.set_overlays, True)
        self.overlay_button.setChecked(True)
        self.add_button("fit_x", "Fit the whole time", "fit_x", self.fit_x, key="Home")
        self.add_button("fit_y", "Fit the visible values", "fit_y", self.fit_y)
        self.cursor_button = self.add_button("cursors", "Cursors A and B", "cursors", self.set_cursors, True)
        self.stack_action = self.header.add_entry("Stack channels", self._toggle_stack, checkable=True)
        self.offer_picture()

    def _lay_out(self) -> None:
        self.caption = PlotCaption()
        self.body = self.stack_body(self.plot, above=self.caption)

    # -- what is shown

    def set_payload(
        self, traces: Traces | None, colour_index: int = -1, letter: str = "", keep_range: bool = False
    ) -> None:
        """Show traces (None: nothing). colour_index, letter: the chip of its label, −1 for none.

        keep_range: when the new traces have the same axis, leave time and values as a person has moved or
        zoomed them; values that nobody touched are fitted.
        """
        before, self.traces = self.traces, traces
        self._growth.stop()
        self.strip.set_values(None, 0, 1)
        self.show_label(colour_index, letter)
        if traces is None or traces.reader.length < 1 or traces.reader.channels < 1:
            self._show_nothing(traces)
            return
        self._table = MarkTable(traces.marks)
        self._channel = 0
        self._reader = traces.reader
        self._lanes = Lanes(traces, self._stacked)
        self.show_body(self.body)
        self.header.set_title(traces.title or "Trace", " · ".join(traces.facts))
        self._set_axis(traces)
        if not (keep_range and before is not None and _same_axis(before, traces)):
            self._first_range()
        elif self._ranges() == self._fitted:
            # Nobody moved or zoomed: what was fitted to the last sample is fitted to this one.
            self.fit_y()
        self._growth.start(traces.reader)
        self.redraw()

    def forget(self) -> None:
        self.set_payload(None)

    def set_previous(self, traces: Traces | None, name: str = "") -> None:
        """Draw the previous sample behind this one, named so; None takes it away."""
        self.previous, self._previous_name = traces, name
        self.redraw()

    def set_relevance(self, values: Floats | None, note: str = "") -> None:
        """Heat under the trace: a relevance for each sample, (length,); None hides it. note: a word on it."""
        if self.traces is not None:
            step = self.traces.reader.length / max(len(values), 1) if values is not None else 1.0
            self.strip.set_values(values, self.traces.start, time_step(self.traces) * step, note)

    def set_overlays(self, on: bool) -> None:
        """Show or hide the grey traces."""
        self.overlay_button.setChecked(on)
        self.overlays_asked.emit(on)
        self.redraw()

    def set_stacked(self, on: bool) -> None:
        """Several channels one above the other, or on one axis."""
        self._stacked = on
        if self.traces is not None and self._lanes is not None:
            self._lanes = Lanes(self.traces, on)
            self._set_axis(self.traces)
            self.fit_y()
            self.redraw()

    def set_cursors(self, on: bool) -> None:
        """Show or hide cursors A and B; they stand at thirds of the view when they are outside it."""
        self.cursor_button.setChecked(on)
        left, right = self.plot.x_range()
        if on and not all(left <= at <= right for at in self.cursors.at):
            self.cursors.place(left, right)
        self.cursors.setVisible(on)
        self._tell_cursors()

    def place_cursors(self, a: float, b: float) -> None:
        """Show the cursors at two times."""
        self.cursors.at = [self._settle(a), self._settle(b)]
        self.set_cursors(True)

    def redraw(self) -> None:
        """Build the layers anew and say what each line is."""
        if self._lanes is None or self._reader is None or self.traces is None:
            self.raster.set_layers(())
            return
        overlays = self.overlay_button.isChecked()
        self.raster.set_layers(layers_of(self._lanes, overlays, self.previous, self._reader))
        self.overlay_button.setEnabled(bool(self.traces.overlays))
        for item in (self.spans, self.marks, self.cursors):
            item.update()
        self._say()

    # -- ranges

    def fit_x(self) -> None:
        """The whole time."""
        self.plot.set_x(*self.plot.bounds)

    def fit_y(self) -> None:
        """All visible values, overlays included; all lanes where channels are stacked."""
        if self.traces is None or self._lanes is None:
            return
        if self._lanes.stacked:
            self._lanes.gain = 1.0
            self.plot.set_y(*self._lanes.y_range())
            self._fitted = self._ranges()
            self.redraw()
            return
        step, (left, right) = time_step(self.traces), self.plot.x_range()
        first, last = (int((at - self.traces.start) / step) for at in (left, right))
        readers = [self.traces.reader]
        if self.overlay_button.isChecked():
            readers += [other for _name, other in self.traces.overlays]
        self.plot.set_y(*value_range((reader, first, last + 2) for reader in readers))
        self._fitted = self._ranges()

    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return self.plot.x_range(), self.plot.y_range()

    def set_gain(self, factor: float) -> None:
        """Draw values `factor` times larger."""
        if self._lanes is not None and self._lanes.stacked:
            self._lanes.gain = min(max(self._lanes.gain * factor, 1e-4), 1e4)
            self.redraw()
        else:
            self.plot.zoom_y(1 / factor)

    def _first_range(self) -> None:
        assert self.traces is not None
        left, right = self.plot.bounds
        if self.traces.reader.length > _LONG:
            page = _PAGE_SECONDS if self.traces.rate else float(_PAGE_SAMPLES)
            right = min(left + page, right)
        self.plot.set_x(left, right)
        self.fit_y()

    def _set_axis(self, traces: Traces) -> None:
        assert self._lanes is not None
        step, rim = time_step(traces), self.plot.rim
        self.plot.bounds = time_bounds(traces)
        self.plot.shortest = min(8 * step, self.plot.bounds[1] - self.plot.bounds[0])
        rim.clock = bool(traces.rate) and self.plot.bounds[1] - self.plot.bounds[0] > 600
        rim.caption = ("Time, h:min:s" if rim.clock else "Time, s") if traces.rate else traces.across or NO_RATE
        self.plot.side.show_names(self._lanes.names())
        self.plot.vertical = not self._lanes.stacked
        self.stack_action.setEnabled(traces.reader.channels > 1)
        self.stack_action.setChecked(self._stacked)
        self.plot.set_margins(68 if self._lanes.stacked else 46, 4, 10, 42)
        self.scale_bar.show_scale(self._lanes, traces.unit)

    def _take_overview(self, reader: TraceReader) -> None:
        self._reader = reader
        self.redraw()

    # -- cursors and readout

    def _settle(self, time: float) -> float:
        if self.traces is None:
            return time
        step = time_step(self.traces)
        place = min(max(round((time - self.traces.start) / step), 0), self.traces.reader.length - 1)
        return self.traces.start + place * step

    def value_at(self, time: float, channel: int = 0) -> float:
        """The value of a channel at the sample nearest to a time; NaN where there is none."""
        if self.traces is None or self.traces.reader.length < 1:
            return float("nan")
        place = round((self._settle(time) - self.traces.start) / time_step(self.traces))
        return float(self.traces.reader.read(place, place + 1, 1)[0][channel, 0])

    def _height_at(self, time: float) -> float:
        value = self.value_at(time)
        return self._lanes.height(0, value) if self._lanes is not None and np.isfinite(value) else 0.0

    def readout(self) -> tuple[str, ...]:
        """What the cursors say: ``A 262``, ``B 438``, ``Δ 176 samples``, ``Δy +0.16``."""
        if self.traces is None or not self.cursor_button.isChecked():
            return ()
        (a, b), unit = self.cursors.at, "s" if self.traces.rate else "" if self.traces.across else "samples"
        step = nice_step(self.plot.x_range()[1] - self.plot.x_range()[0], 1000) if self.traces.rate else 1.0
        rise = self.value_at(b, self._channel) - self.value_at(a, self._channel)
        tail = f" {self.traces.unit}" if self.traces.unit and "/" not in self.traces.unit else ""
        name = f"{self.traces.names[self._channel]} " if len(self.traces.names) > 1 else ""
        shown = minus(f"{rise:+.2f}" if 0.01 <= abs(rise) < 1000 else f"{rise:+.3g}")
        seconds = " s" if self.traces.rate else ""
        return (
            f"A {tick_text(a, step)}{seconds}",
            f"B {tick_text(b, step)}{seconds}",
            f"Δ {tick_text(b - a, step)} {unit}".rstrip(),
            f"{name}Δy {shown}{tail}",
        )

    def _tell_cursors(self) -> None:
        self._say()
        if self.cursor_button.isChecked():
            self.cursor_moved.emit(*self.cursors.at)

    def _tell_range(self, span: tuple[float, float]) -> None:
        for item in (self.spans, self.marks, self.strip, self.cursors):
            item.update()
        self.range_changed.emit(span)

    def _say(self) -> None:
        if self.traces is None:
            return
        legend = []
        context = listed([name for name, _reader in self.traces.overlays])
        if context and self.overlay_button.isChecked():
            legend.append((theme.mix(theme.token("pen"), theme.token("well"), 0.45), context))
        if self.previous is not None:
            legend.append((theme.token("accent"), self._previous_name))
        if legend and len(self.traces.names) == 1:
            # Alone it needs no name beside the title.
            legend.insert(0, (theme.token("pen"), self.traces.names[0]))
        note = [self.traces.note] if self.traces.note else []
        if self._growth.share < 1:
            note.append(f"overview {round(self._growth.share * 100)} %")
        unit = " · ".join([self.traces.unit, *note] if self.traces.unit else note)
        self.caption.show_words(unit, legend, self.readout(), self._mark_words())

    def _mark_words(self) -> str:
        """How many marks there are and what they are, where they do not say it themselves."""
        assert self.traces is not None
        plain = self._table.texts.count("")
        return f"{count(plain)} {self.traces.mark_words or 'marks'}" if plain else ""

    def _point(self, position: QPointF) -> None:
        near = self.cursors.near(position) is not None
        self.plot.viewport().setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def _choose_channel(self, position: QPointF) -> None:
        if self._lanes is not None:
            self._channel = self._lanes.lane_at(self.plot.to_data(position).y())
            self._say()

    # -- hands

    def acts(self) -> Mapping[Stroke, Callable[[], object]]:
        """Moves and zooms over time, gain and place of the values."""
        share = self._page_share()
        return {
            (Qt.Key.Key_Left, PLAIN): partial(self.plot.pan, -share),
            (Qt.Key.Key_Right, PLAIN): partial(self.plot.pan, share),
            (Qt.Key.Key_PageUp, PLAIN): partial(self.plot.pan, -1),
            (Qt.Key.Key_PageDown, PLAIN): partial(self.plot.pan, 1),
            (Qt.Key.Key_Minus, PLAIN): partial(self.plot.zoom, 1.5),
            (Qt.Key.Key_Plus, PLAIN): partial(self.plot.zoom, 1 / 1.5),
            (Qt.Key.Key_Home, PLAIN): self.fit,
            (Qt.Key.Key_Up, CTRL): partial(self.set_gain, 1.25),
            (Qt.Key.Key_Down, CTRL): partial(self.set_gain, 0.8),
            (Qt.Key.Key_Up, SHIFT): partial(self._offset, 0.1),
            (Qt.Key.Key_Down, SHIFT): partial(self._offset, -0.1),
        }

    def take_key(self, event: QKeyEvent) -> bool:
        """With Alt a cursor moves."""
        held = event.modifiers()
        if held & ALT:
            return self._step_cursor(event.key(), bool(held & SHIFT))
        return super().take_key(event)

    def _page_share(self) -> float:
        left, right = self.plot.x_range()
        low, high = self.plot.bounds
        return 1.0 if (high - low) > 20 * (right - left) else 0.1

    def fit(self) -> None:
        """The whole time and all values."""
        self.fit_x()
        self.fit_y()

    def _offset(self, share: float) -> None:
        low, high = self.plot.y_range()
        by = (high - low) * share
        self.plot.set_y(low - by, high - by)

    def _step_cursor(self, key: int, far: bool) -> bool:
        if not self.cursor_button.isChecked() or self.traces is None:
            return False
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.cursors.active = 1 - self.cursors.active
            return True
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key), 0) * (10 if far else 1)
        if by:
            which = self.cursors.active
            self.cursors.move(which, self.cursors.at[which] + by * time_step(self.traces))
        return bool(by)

    # -- states

    def _toggle_stack(self) -> None:
        self.set_stacked(not self._stacked)

    def _show_nothing(self, traces: Traces | None) -> None:
        self.traces = self._lanes = self._reader = None
        self._table = MarkTable(())
        self.raster.set_layers(())
        if traces is None:
            self.say_empty()
        else:
            self.say_bare(traces.title, traces.note or "Its file holds no values for it.")

    def dress(self) -> None:
        super().dress()
        self.plot.dress()
        self.redraw()

    def close_down(self) -> None:
        """Stop the background work; nothing of it outlives the viewer."""
        self._growth.stop()


def listed(names: Sequence[str]) -> str:
    """Names in a row; a first word that all share is said once: ``noise 0.010, 0.050``."""
    front, _, _ = names[0].partition(" ") if names else ("", "", "")
    if front and all(name.startswith(f"{front} ") for name in names):
        return f"{front} {', '.join(name[len(front) + 1 :] for name in names)}"
    return ", ".join(names)


def _same_axis(one: Traces, other: Traces) -> bool:
    same_time = one.rate == other.rate and one.start == other.start
    return same_time and one.reader.length == other.reader.length and one.reader.channels == other.reader.channels
