"""The unit viewer: one unit of a sorting in panes that are read together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from models.payload import Unit
from widgets import numbers, theme, tokens
from widgets.charts.picture import picture
from widgets.parts import Chip, EmptyState, LabelledCombo, PaneHeader, ToolButton
from widgets.parts.ring import ring_by_keys
from widgets.unit.activity import AmplitudeField, RateField
from widgets.unit.digest import Digest, Lags, digest
from widgets.unit.heat import HeatField
from widgets.unit.lags import AutoField, GapField, stretch_words
from widgets.unit.measures import GAP, TALL, MeasureView, Population
from widgets.unit.pane import ClassKeys, Pair, Pane, Shares
from widgets.unit.probe import COUNTS, ProbeField, has_places

#: What may be chosen, in ms, and what is chosen first.
WINDOWS, BINS, LIMITS = (10, 25, 50, 100, 200, 500), (0.25, 0.5, 1, 2, 5, 10), (0.5, 1, 1.5, 2, 3, 5)
#: Below this height the measures are folded at first; from this width on waveforms and heat map stand side by side.
LOW, SIDE_BY_SIDE = 700, 560
#: Share of the width that the waveforms have, and of the height right of them that the intervals have.
LEFT_SHARE, LAGS_SHARE = 0.5, 0.38
#: Waveforms need less of a wide window than intervals and activity.
WIDE, WIDE_SHARE = 1400, 0.46
#: From this height on the strip of measures has two rows.
HIGH = 1000


class UnitViewer(QWidget):
    """Shows a `Unit`; draws and asks, changes nothing.

    + − fewer or more channels, Ctrl+↑ ↓ height of the waveforms, Home all as at first.
    choices_changed: the person chose another window, bin or refractory time.
    """

    choices_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unit_viewer")
        self.setAccessibleName("Unit viewer")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.shown: Digest | None = None
        self.ask_path: Callable[[QWidget, str], str] = _ask_path
        self._folded: bool | None = None
        self._build_fields()
        self._build_header()
        self._build_panes()
        self._lay_out()
        theme.changed.connect(self._dress)
        self.set_payload(None)

    # -- building

    def _build_fields(self) -> None:
        self.probe, self.heat = ProbeField(), HeatField()
        self.auto, self.gaps = AutoField(), GapField()
        self.amplitude, self.rate = AmplitudeField(), RateField()
        self.measures = MeasureView()

    def _build_header(self) -> None:
        self.header = PaneHeader(tall=True, mono=True)
        self.header.more.setObjectName("unit_more")
        self.header.more.setAccessibleName("More on this unit")
        self.chip, self.person = Chip(), QLabel()
        self.header.add_lead(self.chip)
        self.header.add_lead(self.person)
        self.header.add_entry("Save picture as PNG…", lambda: self._save(".png")).setObjectName("unit_save_png")
        self.header.add_entry("Save picture as SVG…", lambda: self._save(".svg")).setObjectName("unit_save_svg")

    def _build_panes(self) -> None:
        faces = Pair(
            (self.probe, self.heat), (("probe", "Probe"), ("heat", "Heat map")), "unit_face", SIDE_BY_SIDE, 0.58
        )
        self.template_pane = Pane("Waveforms", "unit_template", faces)
        self.channels = self._combo("Channels", "unit_channels", [(str(count), count) for count in COUNTS])
        self.channels.set_value(self.probe.count)
        self.template_pane.header.add_tool(self.channels)
        self.template_pane.header.add_tool(faces.buttons, keep=True)
        lags = Pair((self.auto, self.gaps), (("auto", "Auto"), ("gaps", "Intervals")), "unit_lags", 300, 0.6)
        self.lags_pane = Pane("Autocorrelogram", "unit_lags", lags)
        self.limit = self._combo("Refractory", "unit_refractory", [(f"{ms:g} ms", ms / 1000) for ms in LIMITS])
        self.bin = self._combo("Bin", "unit_bin", [(f"{ms:g} ms", ms / 1000) for ms in BINS])
        self.window_box = self._combo("Window", "unit_window", [(f"± {ms:g} ms", ms / 1000) for ms in WINDOWS])
        for combo, value in ((self.limit, 0.0015), (self.bin, 0.001), (self.window_box, 0.05)):
            combo.set_value(value)
            self.lags_pane.header.add_tool(combo)
        self.lags_pane.header.add_tool(lags.buttons, keep=True)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.amplitude, 5)
        column.addWidget(self.rate, 3)
        self.activity_pane = Pane("Activity", "unit_activity", body)
        self.measures_pane = Pane("Measures", "unit_measures", self.measures)
        self.keys = ClassKeys()
        self.measures_pane.header.add_tool(self.keys)
        self.fold = ToolButton("caret_down", "Fold the measures", True)
        self.fold.setObjectName("unit_fold")
        self.fold.clicked.connect(self._choose_fold)
        self.measures_pane.header.add_tool(self.fold, keep=True)

    def _combo(self, label: str, name: str, choices: list[tuple[str, Any]]) -> LabelledCombo:
        combo = LabelledCombo(label, choices)
        combo.setObjectName(name)
        combo.chosen.connect(lambda _value: self._choose())
        return combo

    def _lay_out(self) -> None:
        level, upright = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.right = Shares(upright, self.lags_pane, self.activity_pane, LAGS_SHARE, "unit_split_right")
        self.upper = Shares(level, self.template_pane, self.right, LEFT_SHARE, "unit_split_upper")
        self.whole = Shares(upright, self.upper, self.measures_pane, 0.84, "unit_split")
        self.words = EmptyState("No sample is shown", "Choose one in the list.", "chart")
        holder = QWidget(self)
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.whole)
        self._stack.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(holder, 1)

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    # -- what is shown

    def set_payload(self, unit: Unit | Digest | None, colour_index: int = -1, letter: str = "", by: str = "") -> None:
        """Show a unit (None: nothing). colour_index, letter: the chip of its label, −1 for none; by: a person."""
        if isinstance(unit, Unit):
            unit = digest(unit, self.lags())
        self.shown = unit
        self.show_label(colour_index, letter, by)
        if unit is None:
            self._stack.setCurrentIndex(1)
            self.header.set_title("Unit", "")
            self.words.set_state("No sample is shown", "Choose one in the list.", "chart")
            return
        self._stack.setCurrentIndex(0)
        self.header.set_title(unit.unit.title, " · ".join(unit.unit.facts))
        self.upper.setVisible(has_more(unit.unit))
        self._refold()
        self._show_template(unit.unit)
        self._show_spikes()
        self.measures.show_measures(unit.unit.measures)
        self._say_measures()

    def show_label(self, colour_index: int, letter: str = "", by: str = "") -> None:
        """The chip of the unit's label, −1 for none, and a sign when a person gave it."""
        self.chip.setVisible(colour_index >= 0)
        self.chip.show_class(letter, max(colour_index, 0))
        told = f"Labelled by {by}" if by and colour_index >= 0 else ""
        self.person.setVisible(bool(told))
        self.person.setToolTip(told)
        self.person.setAccessibleName(told)
        self.person.setPixmap(theme.pixmap("person", 12, "text2", self.devicePixelRatioF()))

    def set_words(self, title: str, text: str = "", icon: str = "chart") -> None:
        """Say why there is nothing to see: an empty list, a missing or broken file."""
        self.set_payload(None)
        self.words.set_state(title, text, icon)

    def set_previous(self, unit: Unit | Digest | None) -> None:
        """Draw the waveforms of the unit before behind this one's; None takes them away."""
        self.probe.set_previous(unit.unit if isinstance(unit, Digest) else unit)

    def set_population(self, population: Population | None) -> None:
        """The labelled units that measures are seen among."""
        self.measures.set_population(population)
        titles = population.titles if population is not None and population.labelled else ()
        self.keys.set_classes(list(enumerate(titles)))
        self._say_measures()

    def _show_template(self, unit: Unit) -> None:
        self.probe.show_unit(unit)
        self.heat.show_unit(unit)
        words = []
        if unit.best:
            best = unit.best[0]
            words.append(f"largest on channel {unit.channels[best] if best < len(unit.channels) else best}")
            if has_places(unit):
                words.append(numbers.minus(f"depth {float(unit.positions[best][1]):g} µm"))
            words.append("band: standard deviation" if unit.spread is not None else "")
        told = ", ".join(word for word in words if word)
        self.template_pane.header.set_subtitle(told)
        if told:
            self.probe.setAccessibleDescription(told)

    def _show_spikes(self) -> None:
        for field in (self.auto, self.gaps):
            field.show_digest(self.shown, self.lags(), self.limit.value())
        for over_time in (self.amplitude, self.rate):
            over_time.show_digest(self.shown)
        self.lags_pane.header.set_subtitle(stretch_words(self.shown))
        many = len(self.shown.times) if self.shown is not None else 0
        self.activity_pane.header.set_subtitle(f"{numbers.count(many)} spikes" if many else "")

    def _say_measures(self) -> None:
        if self.shown is None:
            return
        population = self.measures.population
        told = "" if has_more(self.shown.unit) else self.shown.unit.note
        if not told and population is not None:
            told = "this unit among labelled ones, by class" if population.labelled else "this unit among all"
        self.measures_pane.header.set_subtitle(told)

    # -- choices

    def lags(self) -> Lags:
        """How intervals are counted now; a bin is never wider than the window."""
        window = float(self.window_box.value())
        return Lags(window, min(float(self.bin.value()), window))

    def choices(self) -> dict[str, float]:
        """What the person chose, to be kept."""
        return {
            "window": self.window_box.value(),
            "bin": self.bin.value(),
            "refractory": self.limit.value(),
            "channels": self.channels.value(),
        }

    def set_choices(self, choices: Mapping[str, Any]) -> None:
        """Choose what was kept."""
        boxes = {"window": self.window_box, "bin": self.bin, "refractory": self.limit, "channels": self.channels}
        for name, combo in boxes.items():
            before = combo.value()
            if not combo.set_value(choices.get(name, before)):
                combo.set_value(before)
        self.probe.count = int(self.channels.value())
        self._show_spikes()
        self.probe.update()

    def _choose(self) -> None:
        self.set_choices({})
        self.choices_changed.emit()

    def fit(self) -> None:
        """Channels and height of the waveforms as at first."""
        self.probe.gain = 1.0
        self.channels.set_value(20)
        self._choose()

    def zoom(self, step: int) -> None:
        """Fewer channels, larger (1), or more of them (−1)."""
        place = COUNTS.index(int(self.channels.value())) - step
        self.channels.set_value(COUNTS[min(max(place, 0), len(COUNTS) - 1)])
        self._choose()

    def set_gain(self, factor: float) -> None:
        """Draw the waveforms `factor` times higher."""
        self.probe.gain = min(max(self.probe.gain * factor, 0.05), 50.0)
        self.probe.update()

    # -- folding

    def _choose_fold(self) -> None:
        self._folded = self.fold.isChecked()
        self._refold()

    def _refold(self) -> None:
        """Measures stand alone, as a strip, or folded to their head where room is short."""
        alone = self.shown is not None and not has_more(self.shown.unit)
        folded = not alone and (self._folded if self._folded is not None else self.height() < LOW)
        self.fold.setVisible(not alone)
        self.fold.setChecked(folded)
        self.fold.set_icon("caret_up" if folded else "caret_down")
        self.fold.set_tip("Unfold the measures" if folded else "Fold the measures")
        self.measures.setVisible(not folded)
        self.measures_pane.setMaximumHeight(tokens.HEADER if folded else 16777215)
        if not self.whole.moved:
            strip = tokens.HEADER + (2 if self.height() >= HIGH else 1) * TALL + GAP // 2
            self.whole.share = 1 - strip / max(self.whole.height(), 2 * strip)
        self.whole.spread()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refold()
        if (event.oldSize().width() < WIDE) != (self.width() < WIDE):
            self.upper.set_share(LEFT_SHARE if self.width() < WIDE else WIDE_SHARE)

    # -- hands

    def focusInEvent(self, event: QFocusEvent) -> None:
        ring_by_keys(self, event)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.shown is None or not self._take_key(event):
            event.ignore()

    def _take_key(self, event: QKeyEvent) -> bool:
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        control = bool(held & Qt.KeyboardModifier.ControlModifier)
        acts: dict[tuple[int, bool], Callable[[], None]] = {
            (Qt.Key.Key_Plus, False): lambda: self.zoom(1),
            (Qt.Key.Key_Equal, False): lambda: self.zoom(1),
            (Qt.Key.Key_Minus, False): lambda: self.zoom(-1),
            (Qt.Key.Key_Home, False): self.fit,
            (Qt.Key.Key_Up, True): lambda: self.set_gain(1.25),
            (Qt.Key.Key_Down, True): lambda: self.set_gain(0.8),
        }
        act = acts.get((key, control))
        if act is not None:
            act()
        return act is not None

    # -- pictures

    def _save(self, suffix: str) -> None:
        name = self.ask_path(self, suffix)
        if name:
            Path(name).write_bytes(picture(self.whole, suffix))

    def _dress(self) -> None:
        self.person.setPixmap(theme.pixmap("person", 12, "text2", self.devicePixelRatioF()))
        self.update()


def has_more(unit: Unit) -> bool:
    """Whether there is something beside measures: a template or spikes."""
    return bool(unit.template.size) or unit.spikes is not None


def _ask_path(parent: QWidget, suffix: str) -> str:
    kinds = {".png": "PNG picture (*.png)", ".svg": "SVG drawing (*.svg)"}
    name, _kind = QFileDialog.getSaveFileName(parent, "Save picture", f"unit{suffix}", kinds[suffix])
    return str(name)
