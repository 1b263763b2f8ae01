"""The viewer of recordings: a page of montaged rows with its tools, in clinical units."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QInputDialog, QWidget

from models.electrodes import recorded_pairs
from models.filters import Filters
from models.montage import BUILT_IN, Montage
from models.payload import Recording
from widgets.numbers import plural
from widgets.parts import LabelledCombo, PaneHeader, ToolButton
from widgets.recording import scale
from widgets.recording.page import Look, PageView
from widgets.recording.row_menus import RowMenus
from widgets.recording.rows import REFERENTIAL, Shown
from widgets.region_viewer import RegionViewer
from widgets.traces.plot import clock_text
from widgets.viewer import ALT, CTRL, PLAIN, Stroke

_SHORT = {
    "longitudinal": "Double banana",
    "transverse": "Transverse",
    "average": "Average",
    "laplacian": "Laplacian",
    "referential": "As recorded",
    "neonatal": "Neonatal",
}
_EDITING = (
    ("Drag", "draw, move or stretch"),
    ("Shift+Drag", "these rows alone"),
    ("Delete", "delete"),
    ("Esc", "leave"),
)
#: While an annotation is chosen the keys of classes are its own.
_HELD = (
    ("Class key", "name it"),
    ("I", "split at the cursor"),
    ("Delete", "delete"),
    ("Esc", "let go"),
)


class RecordingViewer(RegionViewer):
    """Shows a `Recording`; draws and asks, changes nothing.

    ← → half a page, Page keys a page, Home the window, + − the width, Ctrl+↑ ↓ the sensitivity, Alt+↑ ↓ the picked
    row, R annotations by hand (Delete, Esc). A sample that would be one black ground is shown by a sensitivity that its
    rows fit, until the person chooses one.

    ``bad_changed(names)``: of the bad channels. ``montages_asked``: montages of one's own are to be written.
    """

    bad_changed = Signal(object)
    montages_asked = Signal()

    page: PageView

    def __init__(self, cache: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__("recording", "Recording", _EDITING, parent)
        self.recording: Recording | None = None
        self.montages: dict[str, Montage] = dict(BUILT_IN)
        self._pixels: float | None = None
        #: What the person chose, where this one sample is looked at by another that its rows fit.
        self._usual: float | None = None
        #: Whether the person chose one at this sample.
        self._by_hand = False
        self._build_page(cache)
        self._build_tools()
        self._build_menu()
        self.body = self.stack_body(self.page, above=self.tools)
        self.set_payload(None)

    # -- building

    def _build_page(self, cache: Path | None) -> None:
        self.page = PageView(cache)
        self.page.cursor_moved.connect(self.cursor_moved)
        self.page.range_changed.connect(self.range_changed)
        self.rows = RowMenus(self.page, self)
        self.rows.bad_asked.connect(self.toggle_bad)
        self.rows.hidden_asked.connect(self.set_hidden)
        self._making_room = False
        self.page.changed.connect(self._say_page)
        self.page.plot.scaled.connect(self._scale)
        self.page.plot.box.sigResized.connect(lambda _box: self._spare_black())
        self.page.failed.connect(self._fail, Qt.ConnectionType.QueuedConnection)
        self.page.setFocusProxy(self)
        hand = self.page.annotating
        hand.drawn.connect(self.region_drawn)
        hand.moved.connect(self.region_moved)
        hand.chosen_changed.connect(self.region_chosen)
        hand.editing_changed.connect(self.show_editing)
        hand.chosen_changed.connect(lambda _name: self._say_hand())

    def _build_tools(self) -> None:
        self.tools = PaneHeader(tall=True)
        self.tools.more.setObjectName("recording_tools_more")
        self.montage = self._combo("", (), "Montage", "montage", keep=True)
        self._offer_montages()
        values = [(f"{scale.figure(value)} µV/mm", value) for value in scale.SENSITIVITIES]
        self.sensitivity = self._combo("", values, "Sensitivity", "sensitivity", keep=True)
        self.sensitivity.chosen.disconnect()
        self.sensitivity.chosen.connect(self._choose_sensitivity)
        pages = [(scale.page_words(value), ("page", value)) for value in scale.PAGES]
        speeds = [(f"{scale.figure(value)} mm/s", ("speed", value)) for value in scale.SPEEDS]
        self.paper = self._combo("", [*pages, *speeds], "Width of a page, or paper speed", "paper", keep=True)
        bands = [(scale.band_words(band), band) for band in scale.BANDS]
        self.band = self._combo("Band", bands, "Which frequencies are kept", "band")
        notches = [("off" if value is None else f"{value:.0f} Hz", value) for value in scale.NOTCHES]
        self.notch = self._combo("Notch", notches, "Which hum is taken away", "notch")
        self.cursor_button = self._tool("cursors", "Cursors A and B: time and amplitude", "cursors", True)
        self.cursor_button.toggled.connect(self.page.set_cursors)
        self.edit = self._tool("boxes", "Annotations by hand", "edit", True, "R")
        self.edit.toggled.connect(self.page.annotating.set_editing)
        self.list_button = self._tool("list", "List of annotations", "list", True, "Shift+R")
        for icon, tip, name, share, key in (
            ("back", "Half a page back", "back", -0.5, "←"),
            ("forward", "Half a page on", "forward", 0.5, "→"),
        ):
            self._tool(icon, tip, name, key=key).clicked.connect(partial(self._turn, share))
        self._tool("target", "Go to the window", "home", key="Home").clicked.connect(lambda _on=False: self.fit())
        self._take_look(Look())

    def _combo(
        self, label: str, choices: Sequence[tuple[str, Any]], tip: str, name: str, keep: bool = False
    ) -> LabelledCombo:
        combo = LabelledCombo(label, choices, tip)
        combo.setObjectName(f"recording_{name}")
        combo.setAccessibleName(tip)
        combo.chosen.connect(lambda _value: self._choose())
        self.tools.add_tool(combo, keep)
        return combo

    def _tool(self, icon: str, tip: str, name: str, checkable: bool = False, key: str = "") -> ToolButton:
        button = ToolButton(icon, tip, checkable, key)
        button.setObjectName(f"recording_{name}")
        self.tools.add_tool(button)
        return button

    def _build_menu(self) -> None:
        """What is rarely chosen: rows, the heart's gain, polarity, the screen."""
        self.header.add_entry("Edit montages…", self.montages_asked.emit).setObjectName("recording_montages")
        self.header.add_action(self.rows.menu.menuAction())
        self.header.add_entry("Fit the sensitivity to the page", self.fit_sensitivity).setObjectName("recording_fit")
        for words, name, by in (("Heart larger", "heart_up", 1.5), ("Heart smaller", "heart_down", 1 / 1.5)):
            self.header.add_entry(words, partial(self._scale_heart, by)).setObjectName(f"recording_{name}")
        self.upright = self.header.add_entry("Positive up", self._choose, checkable=True)
        self.upright.setObjectName("recording_upright")
        self.header.add_entry("Size of this screen…", self._ask_screen).setObjectName("recording_screen")
        self.offer_picture()

    # -- what is shown

    def set_payload(self, recording: Recording | None, colour_index: int = -1, letter: str = "", by: str = "") -> None:
        """Show a recording (None: nothing) at its window. colour_index, letter: the chip of its label; by: a person."""
        before, self.recording = self.recording, recording
        self.show_label(colour_index, letter, by)
        if recording is None or recording.reader.length < 1 or recording.reader.channels < 1:
            self._show_nothing(recording)
            return
        known = before is not None and bool(recording.whole) and before.whole == recording.whole
        # What a person called bad stays, until its source tells otherwise than it did.
        bad = self.page.bad if known and before is not None and before.bad == recording.bad else recording.bad
        self.header.set_title(recording.title or "Recording", " · ".join(recording.facts))
        self.show_body(self.body)
        self._by_hand = False
        self._take_usual()
        self.page.show_recording(recording, bad)
        self._spare_black()
        self._say_page()

    def forget(self) -> None:
        self.set_payload(None)

    def _show_nothing(self, recording: Recording | None) -> None:
        self.page.clear()
        self.page.annotating.set_editing(False)
        if recording is None:
            self.say_empty()
        else:
            self.say_bare(recording.title, recording.note or "Its file holds no samples.")

    def _fail(self, why: str) -> None:
        """Told while a page is painted, once or more often."""
        if self.recording is not None:
            self.recording = None
            self.page.clear()
            self.say_broken(why)

    def be_brief(self, on: bool = True) -> None:
        """Rows that fit, without tools and the strip of the whole: beside other things there is little room.

        Off: in clinical units, with tools and strip; the head, which tells the name, stays away.
        """
        self.page.brief = on
        self.header.hide()
        for part in (self.tools, self.page.strip):
            part.setVisible(not on)
        self.page.arrange()

    def fit_rows(self, sensitivity: float) -> None:
        """On a brief page: rows that fit for 0, else so many µV a millimetre."""
        self.page.brief = not sensitivity
        if sensitivity:
            self._choose_sensitivity(sensitivity)
        else:
            self.page.arrange()

    def show_cursor(self, seconds: float) -> None:
        """Put the time cursor at a moment, and bring it onto the page."""
        if self.recording is not None:
            self.page.set_cursor(seconds)

    def set_bad(self, names: Collection[str]) -> None:
        """Channels that say nothing."""
        self.page.set_bad(names)
        self.bad_changed.emit(frozenset(names))

    def toggle_bad(self, name: str) -> None:
        """Call a channel bad, or good again."""
        self.set_bad(self.page.bad ^ {name})

    def ask_bad(self) -> None:
        """Whether the channels of the picked row are bad, without a mouse."""
        self.rows.ask_picked()

    # -- choices

    def choices(self) -> dict[str, Any]:
        """What the person chose, to be kept."""
        look = self.page.look
        return {
            "montage": look.montage.name,
            "sensitivity": look.sensitivity if self._usual is None else self._usual,
            "paper": list(self.paper.value()),
            "band": [look.filters.high, look.filters.low],
            "notch": look.filters.notch,
            "hidden": sorted(look.hidden),
            "heart": look.heart,
            "upright": look.upright,
            "pixels_a_mm": self._pixels,
        }

    def set_choices(self, choices: Mapping[str, Any]) -> None:
        """Choose what was kept; what is not known stays as it is."""
        kept = self.choices() | dict(choices)
        self._usual = None
        for combo, name in ((self.montage, "montage"), (self.sensitivity, "sensitivity"), (self.notch, "notch")):
            _put(combo, kept[name])
        for combo, name in ((self.paper, "paper"), (self.band, "band")):
            value = kept[name]
            _put(combo, tuple(value) if isinstance(value, list | tuple) else value)
        hidden = kept["hidden"] if isinstance(kept["hidden"], list) else []
        heart = kept["heart"] if isinstance(kept["heart"], int | float) and 0.01 < kept["heart"] < 100 else 1.0
        pixels = kept["pixels_a_mm"]
        self._pixels = float(pixels) if isinstance(pixels, int | float) and 1 <= pixels <= 20 else None
        self.upright.setChecked(kept["upright"] is True)
        self._measure_screen()
        self.page.set_look(replace(self._look(), hidden=frozenset(map(str, hidden)), heart=float(heart)))

    def _look(self) -> Look:
        """What the combos say."""
        kind, value = self.paper.value()
        high, low = self.band.value()
        return replace(
            self.page.look,
            montage=self.montages[self.montage.value()],
            filters=Filters(high, low, self.notch.value()),
            sensitivity=self.sensitivity.value(),
            seconds=value if kind == "page" else 0.0,
            speed=value if kind == "speed" else 0.0,
            upright=self.upright.isChecked(),
        )

    def _take_look(self, look: Look) -> None:
        self.montage.set_value(look.montage.name)
        self.sensitivity.set_value(look.sensitivity)
        self.paper.set_value(("page", look.seconds))
        self.band.set_value((look.filters.high, look.filters.low))
        self.notch.set_value(look.filters.notch)

    def _choose(self) -> None:
        self.page.set_look(self._look())
        self.choices_changed.emit()

    def _choose_sensitivity(self, value: float) -> None:
        """By a person: from now on, for all that is looked at."""
        self._usual, self._by_hand = None, True
        self.sensitivity.set_value(value)
        self._choose()

    def fit_sensitivity(self) -> None:
        """Choose that by which the rows of this page fit."""
        fitting = self.page.fitting()
        if fitting is not None:
            self._choose_sensitivity(fitting)

    def _spare_black(self) -> None:
        """Look at this sample alone by a sensitivity that its rows fit, where its page would be one black ground.

        Asked again for each height of the page, until the person chooses one.
        """
        if self._by_hand:
            return
        self._take_usual()
        fitting = self.page.fitting() if self.page.is_black() else None
        if fitting is not None and fitting > self.page.look.sensitivity:
            self._usual = self.page.look.sensitivity
            self.sensitivity.set_value(fitting)
            self.page.set_look(self._look())

    def _take_usual(self) -> None:
        """Again the sensitivity that the person chose."""
        if self._usual is not None:
            self.sensitivity.set_value(self._usual)
            self._usual = None
            self.page.set_look(self._look())

    def choose_montage(self, name: str) -> None:
        """Look at it by a montage of this name."""
        if self.montage.set_value(name):
            self._choose()

    def set_montages(self, own: Sequence[Montage]) -> None:
        """Offer montages of one's own beside those that need no file."""
        now = self.montage.value()
        self.montages = {**BUILT_IN, **{montage.name: montage for montage in own if montage.name not in BUILT_IN}}
        self._offer_montages()
        # Without the one that was shown the first one is.
        if not self.montage.set_value(now) or self.montages[now] != self.page.look.montage:
            self._choose()

    def _offer_montages(self) -> None:
        self.montage.set_choices([(_SHORT.get(name, one.title), name) for name, one in self.montages.items()])

    def set_hidden(self, labels: Collection[str]) -> None:
        """Put rows away."""
        self.page.set_look(replace(self.page.look, hidden=frozenset(labels)))
        self.choices_changed.emit()

    def _scale_heart(self, by: float) -> None:
        heart = min(max(self.page.look.heart * by, 0.02), 50.0)
        self.page.set_look(replace(self.page.look, heart=heart))
        self.choices_changed.emit()

    def set_pixels_a_mm(self, value: float | None) -> None:
        """How many pixels a millimetre of the screen has; None: as the screen tells."""
        self._pixels = value
        self._measure_screen()
        self.page.set_look(self.page.look)
        self.choices_changed.emit()

    def _ask_screen(self) -> None:
        told = scale.pixels_a_mm(self.screen())
        words = f"Width in mm of 500 pixels on this screen (it tells {500 / told:.0f} mm; 0 for that):"
        now = 500 / self._pixels if self._pixels else 0.0
        dialog = QInputDialog(self)
        dialog.setObjectName("recording_screen_size")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Size of this screen")
        dialog.setLabelText(words)
        dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
        dialog.setDoubleRange(0, 500)
        dialog.setDoubleDecimals(1)
        dialog.setDoubleValue(now)
        dialog.doubleValueSelected.connect(lambda wide: self.set_pixels_a_mm(500 / wide if wide >= 25 else None))
        dialog.open()

    def _measure_screen(self) -> None:
        self.page.pixels_a_mm = self._pixels or scale.pixels_a_mm(self.screen())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._measure_screen()
        self.page.set_look(self.page.look)

    # -- what is told

    def _say_page(self) -> None:
        recording, shown = self.recording, self.page.shown
        if recording is None or shown is None:
            return
        notes = [recording.note] if recording.note else []
        notes += self._rows_told(recording, shown)
        if not self.page.is_live() and not self.page.look.filters.idle:
            notes.append("unfiltered at this width")
        elif told := self._filters_told():
            notes.append(told)
        notes += self._sizes_told()
        if self.page.growth.share < 1:
            notes.append(f"overview {round(self.page.growth.share * 100)} %")
        if self.page.annotating.chosen and not self.page.annotating.editing:
            notes.append("class keys name the annotation, Esc lets go")
        elif (judged := self.page.off_page()) is not None:
            notes.append(f"the sample is at {clock_text(judged[0], 1)}, not here: Home, or W for the one here")
        self.page.words.tell(notes, self.page.readout())
        self.tools.set_title(*self.page.page_words())
        # Rows that make room may be told of otherwise, but once.
        if not self._making_room:
            self._making_room = True
            self.page.make_room(self.page.words.tall())
            self._making_room = False

    def _rows_told(self, recording: Recording, shown: Shown) -> list[str]:
        """Which rows of the montage cannot be drawn, and which follow from others."""
        if shown.fallen:
            paired = recorded_pairs(recording.names)
            why = "pairs that do not connect all electrodes give no" if paired else "too few electrodes for"
            return [f"{why} {self.montage.currentText()}: as recorded"]
        bare = shown.montage.name == REFERENTIAL and bool(recorded_pairs(recording.names))
        told = [f"not recorded: {_few(shown.missing)}"] if shown.missing and not bare else []
        rows = plural(len(shown.joined), "row")
        return [*told, f"{rows} added up from several pairs"] if shown.joined else told

    def _sizes_told(self) -> list[str]:
        """How large rows are, where that is not what the person chose."""
        told = ["rows fitted, peaks cut"] if self.page.is_fitted() else []
        if self._usual is None:
            return told
        usual, now = scale.figure(self._usual), scale.figure(self.page.look.sensitivity)
        return [f"{now} µV/mm for this sample: too dense at {usual}", *told]

    def _filters_told(self) -> str:
        """The filters in force, where what they are chosen by has no room and stands in ⋯."""
        hidden, filters = self.tools.overflowed(), self.page.look.filters
        kept = (filters.high, filters.low)
        band = scale.band_words(kept) if self.band in hidden and kept != (None, None) else ""
        notch = f"notch {filters.notch:.0f} Hz" if self.notch in hidden and filters.notch is not None else ""
        return ", ".join(part for part in (band, notch) if part)

    def show_editing(self, on: bool) -> None:
        super().show_editing(on)
        self._say_hand()

    def _say_hand(self) -> None:
        """What keys do to the chosen annotation; to let the foot come and go with it would move the rows."""
        self.hints.set_hints(_HELD if self.page.annotating.chosen else _EDITING)
        self._say_page()

    # -- hands

    def fit(self) -> None:
        """The page at the window."""
        self.page.go_home()

    def _turn(self, share: float) -> None:
        self.page.page(share)

    def _zoom(self, by: int) -> None:
        """The next wider or narrower page."""
        left, right = self.page.plot.x_range()
        value = scale.step(scale.PAGES, right - left, by)
        self.paper.set_value(("page", value))
        self._choose()

    def _scale(self, by: int) -> None:
        """The next larger or smaller sensitivity."""
        self._choose_sensitivity(scale.step(scale.SENSITIVITIES, self.page.look.sensitivity, by))

    def acts(self) -> Mapping[Stroke, Callable[[], object]]:
        """Pages, widths, sensitivities, rows, annotations by hand."""
        return {
            (Qt.Key.Key_Left, PLAIN): partial(self._turn, -0.5),
            (Qt.Key.Key_Right, PLAIN): partial(self._turn, 0.5),
            (Qt.Key.Key_PageUp, PLAIN): partial(self._turn, -1.0),
            (Qt.Key.Key_PageDown, PLAIN): partial(self._turn, 1.0),
            (Qt.Key.Key_Home, PLAIN): self.fit,
            (Qt.Key.Key_Minus, PLAIN): partial(self._zoom, 1),
            (Qt.Key.Key_Plus, PLAIN): partial(self._zoom, -1),
            (Qt.Key.Key_Up, CTRL): partial(self._scale, -1),
            (Qt.Key.Key_Down, CTRL): partial(self._scale, 1),
            (Qt.Key.Key_Up, ALT): partial(self.rows.step, -1),
            (Qt.Key.Key_Down, ALT): partial(self.rows.step, 1),
            (Qt.Key.Key_R, PLAIN): self.edit.click,  # off where annotations cannot be kept
        }

    def close_down(self) -> None:
        """Stop the background work; nothing of it outlives the viewer."""
        self.page.close_down()


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _put(combo: LabelledCombo, value: Any) -> None:
    """Show a value where it is a choice."""
    before = combo.value()
    if not combo.set_value(value):
        combo.set_value(before)
