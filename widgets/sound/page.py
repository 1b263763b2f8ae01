"""The page of a sound: waveform over spectrogram on one time axis, with one cursor, one selection, and regions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from models.payload import Sound, same_reader
from models.region import Region
from models.sonogram import Scale
from widgets import theme
from widgets.parts import Splitter
from widgets.sound.backing import Backing
from widgets.sound.boxing import BoxHand, IntervalHand
from widgets.sound.hands import Hands
from widgets.sound.loudness import level_words
from widgets.sound.marks import Cursor, CursorWords, HertzSide, SelectionMark, TrackLines, value_at
from widgets.sound.plots import SonogramPlot, WavePlot
from widgets.sound.raster import SonogramRaster, colours_of
from widgets.sound.reader import Bands
from widgets.spectrogram.colours import USUAL
from widgets.spectrogram.marks import Readout
from widgets.traces.raster import Layer, TraceRaster

Span = tuple[float, float]
#: Height of the waveform at first, in px.
WAVE = 190
#: Of a low page it has no more than this share.
_SHARE = 0.28
#: Where a pixel stands for fewer samples than this the waveform is a line.
_LINE = 8.0


@dataclass(frozen=True)
class Look:
    """How a sound is looked at. scale: linear, mel or log. band: the highest frequency in Hz, 0 for half the rate.

    window: samples of a transform. range: dB from the loudest down. map: of colours. tracks: whether curves are seen.
    """

    scale: str = "linear"
    band: float = 5000.0
    window: int = 1024
    range: float = 72.0
    map: str = USUAL
    tracks: bool = True


class SoundPage(QWidget):
    """Draws; says what a hand did.

    ``cursor_moved(seconds)`` by a hand, ``placed``: by whomever; ``range_changed((left, right))``; ``selected``:
    another stretch is chosen, or none; ``changed``: what the words at the head tell. ``failed(why)``: the recording
    cannot be read any more. What is done to regions its `annotating` says.
    """

    cursor_moved = Signal(float)
    placed = Signal()
    range_changed = Signal(object)
    selected = Signal()
    changed = Signal()
    failed = Signal(str)

    def __init__(self, cache: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sound")
        self.sound: Sound | None = None
        self.look = Look()
        self.selection: Span | None = None
        self._loudest = 0.0
        self._joining = False
        self._divided = False
        self._lines = False
        self.backing = Backing(cache, self)
        self._build_wave()
        self._build_sonogram()
        self.annotating = Hands(self.intervals, self.boxes, self)
        self._join()
        self._lay_out()

    # -- building

    def _build_wave(self) -> None:
        self.wave = WavePlot(self)
        self.wave.setObjectName("sound_wave")
        self.wave.setAccessibleName("Waveform")
        self.raster = TraceRaster()
        self.wave.box.addItem(self.raster, ignoreBounds=True)
        self.intervals = IntervalHand(self.wave)
        self.wave_selection, self.wave_moment = SelectionMark(self.wave, False), Cursor(self.wave)

    def _build_sonogram(self) -> None:
        self.plot = SonogramPlot(self)
        self.plot.setObjectName("sound_spectrogram")
        self.plot.setAccessibleName("Spectrogram")
        self.picture = SonogramRaster(self.plot, self.backing.tiles, self.scale)
        self.side, self.lines = HertzSide(self.plot, self.scale), TrackLines(self.plot, self.scale)
        self.boxes = BoxHand(self.plot, self.scale)
        self.selection_mark, self.moment = SelectionMark(self.plot, True), Cursor(self.plot)
        self.words, self.readout = CursorWords(self.plot, self.moment, self.cursor_words), Readout(self.plot)

    def _join(self) -> None:
        for plot, hand in self._both():
            plot.grab_at = self._grabber(hand)
            plot.clicked.connect(lambda position, hand=hand: self._click(position, hand))
            plot.stretched.connect(self._stretch)
            plot.range_changed.connect(lambda span, plot=plot: self._follow(plot, span))
            plot.box.sigResized.connect(lambda _box: self._settle())
        self.annotating.chosen_changed.connect(lambda _name: self.selected.emit())
        self.plot.moved.connect(self._point)
        self.plot.left_plot.connect(lambda: self._point(QPointF(-1, -1)))
        self.backing.tiles.arrived.connect(self.picture.update)
        self.backing.grown.connect(self._take_waves)
        self.backing.filled.connect(self._take_columns)
        self.backing.tracked.connect(self._take_tracks)
        self.backing.failed.connect(self.failed)

    def _both(self) -> tuple[tuple[WavePlot, IntervalHand], tuple[SonogramPlot, BoxHand]]:
        return (self.wave, self.intervals), (self.plot, self.boxes)

    def _lay_out(self) -> None:
        self.split = Splitter(Qt.Orientation.Vertical)
        self.split.setObjectName("sound_split")
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.wave)
        self.split.addWidget(self.plot)
        self.split.setStretchFactor(1, 1)
        self.split.splitterMoved.connect(self._divide_so)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.split)

    def _divide_so(self) -> None:
        """A person drew the line between the two."""
        self._divided = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._divided:
            wave = min(WAVE, round(self.height() * _SHARE))
            self.split.setSizes([wave, self.height() - wave])

    # -- what is shown

    def show_sound(self, sound: Sound) -> None:
        """Show a sound; what was read of the same one before is kept."""
        same = self.sound is not None and _same(self.sound, sound)
        self.sound = sound
        if same:
            return
        self._forget()
        self.backing.take(sound, self.look.window)
        bounds = (0.0, sound.seconds)
        for plot, _hand in self._both():
            plot.bounds, plot.shortest = bounds, min(32 / sound.rate, bounds[1])
            plot.rim.clock = bounds[1] > 119
        self.annotating.take_recording(bounds, sound.rate)
        self.plot.rim.unit = "" if self.plot.rim.clock else "s"
        self.picture.rate = sound.rate
        self._measure()
        self.fit()
        self._draw_waves()

    def _measure(self) -> None:
        """How high the waveform is, and how loud the loudest is."""
        self._loudest = self.backing.loudest(self.look.window)
        tall = self.backing.tallest()
        self.wave.set_y(-tall, tall)
        self._colour()

    def _forget(self) -> None:
        """Let go of what belongs to the sound before."""
        self.backing.forget()
        self.picture.clear()
        self.lines.tracks = {}
        self.set_selection(None)
        self.set_cursor(math.nan)
        self.set_regions((), {})

    def _take_waves(self) -> None:
        if self.backing.is_grown():
            self._draw_waves()
        self.changed.emit()

    def _take_columns(self) -> None:
        self.picture.update()
        self.changed.emit()

    def _take_tracks(self) -> None:
        self.lines.tracks = self.backing.tracking.tracks if self.look.tracks else {}
        self.lines.update()
        self.words.update()
        self.changed.emit()

    def clear(self) -> None:
        """Let go of the sound."""
        self._forget()
        self.sound = None
        self.raster.set_layers(())

    # -- the waveform

    def _draw_waves(self) -> None:
        """A line where samples are told apart; else how far they go, and how loud they are inside that."""
        reader, sound = self.backing.waves, self.sound
        if reader is None or sound is None:
            return
        step = 1 / sound.rate
        bands = Bands(reader)
        if self._lines:
            layers = [Layer(bands, (0,), (1.0,), (0.0,), theme.token("pen"), 1.3, 0.0, step)]
        else:
            tones = (("bar", 1.0), ("pen", 0.0))
            layers = [
                Layer(bands, (channel,), (1.0,), (0.0,), theme.token(tone), wide, 0.0, step)
                for channel, (tone, wide) in enumerate(tones)
            ]
        self.raster.set_layers(layers)

    def _per(self) -> float:
        """Samples of a pixel."""
        left, right = self.plot.x_range()
        return (
            (right - left) * (self.sound.rate if self.sound is not None else 1.0) / max(self.wave.area().width(), 1.0)
        )

    # -- how it is looked at

    def scale(self) -> Scale:
        """Which frequencies are seen where."""
        half = self.sound.rate / 2 if self.sound is not None else 5000.0
        return Scale(self.look.scale, min(self.look.band or half, half))

    def limits(self) -> Span:
        """dB between which colours change."""
        return self._loudest - self.look.range, self._loudest

    def set_look(self, look: Look) -> None:
        """Look at it in another way."""
        before, self.look = self.look, look
        if before.window != look.window and self.sound is not None:
            self.backing.transform(look.window)
            self._measure()
        self._colour()
        self._take_tracks()
        self._settle()

    def _colour(self) -> None:
        self.picture.set_colours(colours_of(self.look.map, *self.limits()))

    def _settle(self) -> None:
        """Sizes or scales changed."""
        for item in (self.side, self.words, self.readout, self.lines, self.moment, self.wave_moment):
            item.prepareGeometryChange()
            item.update()
        self._draw_over()

    def _draw_over(self) -> None:
        seen = (self.picture, self.lines, self.words, self.selection_mark, self.wave_selection)
        for item in (*seen, self.moment, self.wave_moment):
            item.update()
        self.annotating.update()

    # -- ranges

    def fit(self) -> None:
        """The whole recording, or its first minute."""
        low, high = self.plot.bounds
        self.plot.set_x(low, min(high, low + 60.0) if self.plot.x_range() == (low, high) and high > 60 else high)

    def _follow(self, plot: QWidget, span: Span) -> None:
        """The other plot shows the same time."""
        if self._joining:
            return
        self._joining = True
        other = self.wave if plot is self.plot else self.plot
        other.box.setXRange(*span, padding=0)
        self._joining = False
        self.backing.keep_off()
        lines = self._per() < _LINE
        if lines != self._lines:
            self._lines = lines
            self._draw_waves()
        self._draw_over()
        self.range_changed.emit(span)
        self.changed.emit()

    def go_to(self, time: float) -> None:
        """Bring a moment into what is seen."""
        left, right = self.plot.x_range()
        if not left <= time <= right:
            self.plot.set_x(time - 0.1 * (right - left), time + 0.9 * (right - left))

    def go_to_span(self, start: float, stop: float) -> None:
        """Bring a stretch into what is seen."""
        left, right = self.plot.x_range()
        if stop < left or start > right or (start < left and stop > right):
            wide = max(right - left, 1.2 * (stop - start))
            self.plot.set_x((start + stop - wide) / 2, (start + stop + wide) / 2)

    def zoom(self, factor: float) -> None:
        """Around the cursor where it is seen, else around the middle."""
        left, right = self.plot.x_range()
        self.plot.zoom(factor, self.moment.at if left <= self.moment.at <= right else None)

    def zoom_to_selection(self) -> None:
        """The chosen stretch, or region, as wide as the page."""
        span = self.stretch()
        if span is not None:
            room = 0.02 * (span[1] - span[0])
            self.plot.set_x(span[0] - room, span[1] + room)

    # -- cursor, selection

    def settle(self, time: float) -> float:
        """The time of the nearest sample."""
        if self.sound is None or not math.isfinite(time):
            return math.nan
        last = max(self.sound.reader.length - 1, 0)
        return min(max(round(time * self.sound.rate), 0), last) / self.sound.rate

    def set_cursor(self, time: float, bring: bool = False) -> None:
        """Put the cursor at the sample nearest to a moment, NaN for nowhere; bring: and what is seen there."""
        self.moment.at = self.wave_moment.at = self.settle(time)
        if bring and math.isfinite(self.moment.at):
            self.go_to(self.moment.at)
        self.placed.emit()
        for item in (self.moment, self.wave_moment, self.words):
            item.update()

    def set_selection(self, span: Span | None) -> None:
        """Choose a stretch of time, None for none."""
        self.selection = (self.settle(span[0]), self.settle(span[1])) if span is not None else None
        self.selection_mark.span = self.wave_selection.span = self.selection
        self.selection_mark.update()
        self.wave_selection.update()
        self.selected.emit()

    def stretch(self) -> Span | None:
        """What is chosen: the selection, or the chosen region; None for neither."""
        region = self.annotating.table.named(self.annotating.chosen)
        return self.selection or ((region.start, region.stop) if region is not None and region.seconds > 0 else None)

    def cursor_words(self) -> str:
        """``2.418 s  F0 235 Hz  −21 dBFS``."""
        at, sound, blocks = self.moment.at, self.sound, self.backing.blocks
        if sound is None or blocks is None or not math.isfinite(at):
            return ""
        words = [f"{at:.3f} s"]
        for track in self.lines.tracks.values():
            value = value_at(track, at)
            if math.isfinite(value):
                words.append(f"{track.name} {value:.0f} {track.unit}")
        words.append(level_words(blocks, at, sound.rate))
        return "  ".join(words)

    def told_at(self, position: QPointF) -> str:
        """``2.418 s  1 204 Hz`` at a point of the spectrogram, "" beside it."""
        area = self.plot.area()
        if self.sound is None or not area.contains(position):
            return ""
        hertz = self.scale().hertz((area.bottom() - position.y()) / area.height())
        return f"{self.plot.to_data(position).x():.3f} s  {hertz:,.0f} Hz".replace(",", " ")

    def _point(self, position: QPointF) -> None:
        self.readout.show_words(self.told_at(position), self.plot.area(), position)

    # -- regions

    def set_regions(
        self, regions: Sequence[Region], colours: Mapping[str, int], titles: Mapping[str, str] | None = None
    ) -> None:
        """Show these; colours, titles: class index of each text, and what is written for it."""
        self.annotating.set_regions(regions, colours, titles)

    def holds(self, region: Region) -> bool:
        """Whether anything of a region can be seen: it may lie behind the recording's end."""
        low, high = self.plot.bounds
        return region.start <= high and region.stop >= low

    def step_back(self) -> bool:
        """Leave off what is done, the chosen region, drawing, the selection; False with nothing to leave."""
        if self.annotating.step_back():
            return True
        if self.selection is not None:
            self.set_selection(None)
            return True
        return False

    # -- hands

    def _grabber(self, hand: IntervalHand | BoxHand) -> Callable[[QPointF], Callable[[QPointF], None] | None]:
        def grab(position: QPointF) -> Callable[[QPointF], None] | None:
            cursor, plot = (self.moment, self.plot) if hand is self.boxes else (self.wave_moment, self.wave)
            if cursor.near(position) and not self.annotating.editing:
                return lambda point: self._drag_cursor(plot.to_data(point).x())
            return hand.grab(position)

        return grab

    def _drag_cursor(self, time: float) -> None:
        self.set_cursor(time)
        self.cursor_moved.emit(self.moment.at)

    def _click(self, position: QPointF, hand: IntervalHand | BoxHand) -> None:
        plot = self.plot if hand is self.boxes else self.wave
        if self.sound is None or not plot.area().contains(position):
            return
        hand.click(position)
        if self.selection is not None:
            self.set_selection(None)
        if not self.annotating.editing:
            self._drag_cursor(plot.to_data(position).x())

    def _stretch(self, start: float, stop: float) -> None:
        self.annotating.choose("")
        self.set_selection((start, stop))
        self._drag_cursor(start)

    def dress(self) -> None:
        """The theme changed."""
        self.wave.dress()
        self.plot.dress()
        self.wave.side.update()
        self._draw_waves()
        self._colour()
        self._settle()

    def close_down(self) -> None:
        """Stop the background work."""
        self.backing.close_down()


def _same(one: Sound, other: Sound) -> bool:
    """Whether two payloads are of one sound."""
    return same_reader(one.reader, other.reader) and one.rate == other.rate
