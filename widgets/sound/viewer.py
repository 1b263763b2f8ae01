"""The viewer of sounds: waveform over spectrogram, regions, playback."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from models.payload import Sound
from models.region import Region
from models.sonogram import SCALES, WINDOWS
from widgets import numbers
from widgets.recording.scale import page_words
from widgets.region_viewer import RegionViewer
from widgets.sound.page import Look, SoundPage
from widgets.sound.play_bar import SPEEDS, PlayBar
from widgets.sound.player import Clip, Player
from widgets.spectrogram.colours import MAPS
from widgets.traces.plot import Span
from widgets.viewer import PLAIN, Stroke, acts_over_time

#: Highest frequencies that can be chosen in Hz, 0 for all; and dB from the loudest down.
BANDS = (4000.0, 5000.0, 8000.0, 0.0)
RANGES = (36.0, 48.0, 60.0, 72.0, 84.0, 96.0)
_EDITING = (
    ("Drag", "draw, move or stretch"),
    ("1 2 …", "name the chosen one"),
    ("Delete", "delete"),
    ("Esc", "leave"),
)
#: The device is looked for so many ms after the first sound is seen: that takes a while, and nobody waits for it.
_DEVICE_MS = 600
#: Where the loudness of playback is kept with the choices, and its limits.
_NUMBERS = {"band": (0.0, 1e6), "range": (6.0, 120.0), "speed": (0.1, 2.0), "volume": (0.0, 1.0)}


class SoundViewer(RegionViewer):
    """Shows a `Sound`; draws and asks, changes nothing.

    ← → a quarter of what is seen, Page keys all of it, + − and Ctrl+wheel zoom, Home all, Z the selection; a drag
    chooses a stretch, R makes a region of it, or draws them by hand (Delete, Esc); Return plays.

    ``choices_changed``: it is looked at or heard in another way.
    """

    page: SoundPage

    def __init__(self, cache: Path | None = None, parent: QWidget | None = None, player: Player | None = None) -> None:
        super().__init__("sound", "Sound", _EDITING, parent)
        self.sound: Sound | None = None
        self._build_page(cache)
        self._build_player(player)
        self._build_tools()
        self.body = self.stack_body(self.page, below=self.bar)
        self.set_payload(None)

    # -- building

    def _build_page(self, cache: Path | None) -> None:
        self.page = SoundPage(cache)
        page = self.page
        page.cursor_moved.connect(self._cursor_moved)
        page.placed.connect(self._show_time)
        page.range_changed.connect(self.range_changed)
        page.annotating.drawn.connect(self.region_drawn)
        page.annotating.moved.connect(self.region_moved)
        page.annotating.chosen_changed.connect(self.region_chosen)
        page.annotating.editing_changed.connect(self.show_editing)
        page.selected.connect(self._show_selection)
        page.changed.connect(self._say)
        page.failed.connect(self._fail, Qt.ConnectionType.QueuedConnection)
        page.setFocusProxy(self)

    def _build_player(self, player: Player | None) -> None:
        self.player = player or Player()
        self.player.setParent(self)
        self.bar = PlayBar()
        self.bar.play_asked.connect(self.toggle_play)
        self.bar.rewind_asked.connect(self.rewind)
        self.bar.selection_asked.connect(self.play_selection)
        self.bar.loop_set.connect(self.player.set_loop)
        self.bar.speed_set.connect(self._set_speed)
        self.bar.volume_set.connect(self._set_volume)
        self.player.moved.connect(self._heard)
        self.player.changed.connect(lambda: self.bar.show_playing(self.player.playing))
        self.player.troubled.connect(self.bar.show_trouble)
        self._device = QTimer(self)
        self._device.setSingleShot(True)
        self._device.setInterval(_DEVICE_MS)
        self._device.timeout.connect(lambda: self.bar.show_trouble(self.player.look_for_device()))

    def _build_tools(self) -> None:
        run = self._choose
        maps = [(words, name) for name, words in MAPS.items()]
        self.map = self.add_choice("Map", maps, "Colours of the spectrogram", "map", run)
        scales = [(words, name) for name, words in SCALES.items()]
        self.scale = self.add_choice("Scale", scales, "Scale of frequencies", "scale", run, True)
        self.band = self.add_choice("", self._bands(None), "Which frequencies are seen", "band", run, True)
        windows = [(numbers.count(one), one) for one in WINDOWS]
        self.window_ = self.add_choice("Window", windows, "Samples of a transform", "window", run)
        ranges = [(f"{one:.0f} dB", one) for one in RANGES]
        self.range = self.add_choice("Range", ranges, "dB from the loudest down", "range", run)
        self.tracks = self.add_button("chart", "Curves: F0 and formants", "tracks", lambda _on: self._choose(), True)
        self.edit = self.add_button("boxes", "Regions by hand", "edit", self._edit, True, "R")
        self.zoomed = self.add_button(
            "zoom_selection", "Zoom to the selection", "zoom", self.zoom_to_selection, key="Z"
        )
        self.list_button = self.add_button("list", "List of regions", "list", lambda _on: None, True, "Shift+R")
        self.list_button.setChecked(True)
        self.offer_picture()
        self._take_look(self.page.look)

    def _bands(self, sound: Sound | None) -> list[tuple[str, float]]:
        """What can be chosen for this rate: a band beyond half of it is all of it."""
        half = sound.rate / 2 if sound is not None else math.inf
        told = [(f"0–{one / 1000:g} kHz", one) for one in BANDS if 0 < one < half]
        return [*told, (f"0–{half / 1000:g} kHz" if math.isfinite(half) else "all", 0.0)]

    # -- what is shown

    def set_payload(self, sound: Sound | None, colour_index: int = -1, letter: str = "", by: str = "") -> None:
        """Show a sound (None: nothing). colour_index, letter: the chip of its label; by: a person."""
        if self.sound is None or sound is None or self.sound.reader is not sound.reader:
            self.player.stop()
        self.sound = sound
        self.show_label(colour_index, letter, by)
        if sound is None or sound.reader.length < 1:
            self._show_nothing(sound)
            return
        self.header.set_title(sound.title or self.noun, "")
        self.show_body(self.body)
        self._offer_bands(sound)
        self.page.show_sound(sound)
        self.tracks.setEnabled(sound.tracks is not None)
        self._show_time()
        self._say()
        if not self.player.is_known() and not self._device.isActive():
            self._device.start()

    def _offer_bands(self, sound: Sound) -> None:
        """The wanted band stays wanted where this rate has less."""
        self.band.set_choices(self._bands(sound))
        if not self.band.set_value(self.page.look.band):
            self.band.set_value(0.0)

    def forget(self) -> None:
        self.set_payload(None)

    def _show_nothing(self, sound: Sound | None) -> None:
        self.page.clear()
        self.page.annotating.set_editing(False)
        if sound is None:
            self.say_empty()
        else:
            self.say_bare(sound.title, sound.note or "Its file holds no samples.")

    def _fail(self, why: str) -> None:
        if self.sound is not None:
            self.sound = None
            self.player.stop()
            self.page.clear()
            self.say_broken(why)

    def set_cache(self, folder: Path | None) -> None:
        """Where what is computed is kept from now on."""
        self.page.backing.set_cache(folder)

    def _say(self) -> None:
        sound = self.sound
        if sound is None or self.speaks():
            return
        left, right = self.page.plot.x_range()
        words = [*sound.facts]
        if right - left < 0.999 * sound.seconds:
            words.append(f"{page_words(right - left)} of {page_words(sound.seconds)}")
        if sound.note:
            words.append(sound.note)
        backing = self.page.backing
        if backing.share() < 1:
            words.append(f"overview {round(backing.share() * 100)} %")
        if backing.tracking.trouble:
            words.append(backing.tracking.trouble)
        self.header.set_title(sound.title or self.noun, " · ".join(words))

    # -- choices

    def choices(self) -> dict[str, Any]:
        """What the person chose, to be kept."""
        look = self.page.look
        return {
            "scale": look.scale,
            "band": look.band,
            "window": look.window,
            "range": look.range,
            "map": look.map,
            "tracks": look.tracks,
            "speed": self.player.speed,
            "volume": self.player.volume,
        }

    def set_choices(self, choices: Mapping[str, Any]) -> None:
        """Choose what was kept; what is not known stays as it is."""
        kept = {name: value for name, value in choices.items() if _is_known(name, value)}
        look = replace(self.page.look, **{name: kept[name] for name in kept if name not in ("speed", "volume")})
        self._take_look(look)
        self.page.set_look(look)
        self.player.set_speed(float(kept.get("speed", self.player.speed)))
        self.player.set_volume(float(kept.get("volume", self.player.volume)))
        self.bar.speed.set_value(f"{self.player.speed:g}")
        self.bar.volume.blockSignals(True)
        self.bar.volume.setValue(round(100 * self.player.volume))
        self.bar.volume.blockSignals(False)

    def _take_look(self, look: Look) -> None:
        for combo, value in (
            *((self.map, look.map), (self.scale, look.scale), (self.window_, look.window), (self.range, look.range)),
            (self.band, look.band),
        ):
            combo.set_value(value)
        self.tracks.blockSignals(True)
        self.tracks.setChecked(look.tracks)
        self.tracks.blockSignals(False)

    def _choose(self) -> None:
        look = Look(
            self.scale.value(),
            self.band.value(),
            self.window_.value(),
            self.range.value(),
            self.map.value(),
            self.tracks.isChecked(),
        )
        self.page.set_look(look)
        self._say()
        self.choices_changed.emit()

    # -- regions

    def be_brief(self) -> None:
        """Picture and playback alone: beside other things there is little room."""
        for part in (self.header, self.page.wave):
            part.hide()

    def _edit(self, on: bool) -> None:
        """Draw by hand; where a stretch is chosen already, that becomes a region."""
        span = self.page.selection
        if on and span is not None:
            self.page.set_selection(None)
            self.edit.setChecked(False)
            self.region_drawn.emit(Region("", *span, ""))
            return
        self.page.annotating.set_editing(on)

    # -- playback

    def _clip(self, span: Span | None = None) -> Clip | None:
        sound, blocks = self.sound, self.page.backing.blocks
        if sound is None or blocks is None:
            return None
        start, stop = span or (0.0, sound.seconds)
        first, last = (min(max(round(at * sound.rate), 0), blocks.length) for at in (start, stop))
        return Clip(blocks.read, sound.rate, first, last)

    def toggle_play(self) -> None:
        """Play from the cursor to the end, or of the chosen stretch to its end; or pause at the sample heard."""
        if self.player.playing:
            self.pause()
            return
        at, span = self.page.moment.at, self.page.selection
        inside = span is not None and math.isfinite(at) and span[0] <= at < span[1]
        clip = self._clip(span if inside else None)
        if clip is not None:
            place = round(at * clip.rate) if math.isfinite(at) else clip.start
            self.player.play(clip, place if place < clip.stop - 1 else clip.start)

    def pause(self) -> None:
        """Stop at the sample that is heard."""
        place = self.player.stop()
        if place is not None:
            self._heard(place)

    def play_selection(self) -> None:
        """Play the chosen stretch, or the chosen region."""
        span = self.page.stretch()
        clip = self._clip(span) if span is not None else None
        if clip is not None:
            self.player.play(clip)

    def rewind(self) -> None:
        """The cursor to the beginning; what plays begins again."""
        playing = self.player.playing
        self.player.stop()
        self.page.set_cursor(0.0, bring=True)
        if playing:
            self.toggle_play()

    def _heard(self, place: int) -> None:
        if self.sound is not None:
            self.page.set_cursor(place / self.sound.rate, bring=True)

    def _cursor_moved(self, seconds: float) -> None:
        if self.player.playing:
            self.player.stop()
        self.cursor_moved.emit(seconds)

    def _show_time(self) -> None:
        at = self.page.moment.at
        if self.sound is not None:
            self.bar.show_time(at if math.isfinite(at) else 0.0, self.sound.seconds)

    def _show_selection(self) -> None:
        span = self.page.stretch()
        self.bar.show_selection(span)
        self.zoomed.setEnabled(span is not None)

    def _set_speed(self, speed: float) -> None:
        self.player.set_speed(speed)
        self.choices_changed.emit()

    def step_speed(self, by: int) -> None:
        """The next faster (by 1) or slower (−1) of the speeds that are offered."""
        place = SPEEDS.index(self.player.speed) if self.player.speed in SPEEDS else SPEEDS.index(1.0)
        speed = SPEEDS[min(max(place + by, 0), len(SPEEDS) - 1)]
        self.bar.speed.set_value(f"{speed:g}")
        self._set_speed(speed)

    def _set_volume(self, share: float) -> None:
        self.player.set_volume(share)
        self.choices_changed.emit()

    # -- hands

    def fit(self) -> None:
        """The whole recording."""
        self.page.fit()

    def zoom_to_selection(self) -> None:
        """The chosen stretch as wide as the page."""
        self.page.zoom_to_selection()

    def can_step_back(self) -> bool:
        return super().can_step_back() or self.page.selection is not None

    def step_back(self) -> bool:
        return self.page.step_back()

    def acts(self) -> Mapping[Stroke, Callable[[], object]]:
        """Moves and zooms over time, regions by hand."""
        moves = acts_over_time(self.page.plot, self.page.zoom)
        # The button is off where regions cannot be kept.
        return {**moves, (Qt.Key.Key_Home, PLAIN): self.fit, (Qt.Key.Key_R, PLAIN): self.edit.click}

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_selection()

    def close_down(self) -> None:
        """Stop playing and the background work; nothing of it outlives the viewer."""
        self._device.stop()
        self.player.close_down()
        self.page.close_down()


def _is_known(name: str, value: Any) -> bool:
    """Whether a kept choice is one of these days."""
    if name in ("scale", "map"):
        return isinstance(value, str) and value in (SCALES if name == "scale" else MAPS)
    if name == "window":
        return value in WINDOWS
    if name == "tracks":
        return isinstance(value, bool)
    low, high = _NUMBERS.get(name, (1.0, 0.0))
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
