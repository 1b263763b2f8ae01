"""The unit viewer: one unit of a sorting in panes that are read together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from models.payload import Unit
from widgets import numbers, tokens
from widgets.parts import LabelledCombo
from widgets.unit.alone import MeasurePage
from widgets.unit.digest import Digest, digest
from widgets.unit.docks import DockArea, Pane
from widgets.unit.lags import stretch_words
from widgets.unit.measures import Population
from widgets.unit.nearby import View
from widgets.unit.panes import LOW, Panes
from widgets.unit.parting import Preview
from widgets.unit.preview import PreviewView
from widgets.unit.probe import COUNTS, has_places
from widgets.unit.surround import Surround
from widgets.unit.why import Why

#: Below this height the panes stand as in a low window: the area's, and the head over it.
LOW_ALL = LOW + 38
#: The least height of the measures.
LEAST = 40


class UnitViewer(Surround):
    """Shows a `Unit`, and others beside it; draws and asks, changes nothing.

    + − fewer or more channels, Ctrl+↑ ↓ height of the waveforms, Home all as at first.
    choices_changed: the person chose another window, bin or refractory time, or moved a pane.
    compare_asked(key, more): a unit of the same sorting is to be shown beside this one, or beside all that are.
    lassoed(mask): spikes of the shown unit that a line was drawn around, (spikes,).
    why_asked: the model is to tell why it gave its class.
    compute_asked: what the source lacks is to be computed.
    split_asked(mask), merge_asked(rows): a person saw the preview and said yes.
    """

    compare_asked = Signal(str, bool)
    lassoed = Signal(object)
    why_asked = Signal()
    compute_asked = Signal()
    split_asked = Signal(object)
    merge_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.population: Population | None = None
        self._folded: bool | None = None
        self._kept: Mapping[str, Any] = {}
        self.offer_picture()
        self._build_panes()
        self._add_bodies()
        self.set_payload(None)

    # -- building

    def _build_panes(self) -> None:
        self.panes = panes = Panes(self._choose)
        self.probe, self.heat, self.auto, self.gaps = panes.probe, panes.heat, panes.auto, panes.gaps
        self.amplitude, self.rate, self.measures, self.keys = panes.amplitude, panes.rate, panes.measures, panes.keys
        panes.fold.clicked.connect(self._choose_fold)
        panes.ask_why.clicked.connect(self.why_asked)
        short = panes.activity_pane.header.add_entry("Split off spikes within the refractory time", self.ask_short)
        short.setObjectName("unit_split_short")
        panes.similar.picked.connect(self.compare_asked)
        panes.piece.asked.connect(self.look_at)
        panes.amplitude.lasso.drawn.connect(self.lassoed)
        panes.scatter.lasso.drawn.connect(self.lassoed)
        for field in (panes.probe, panes.amplitude, panes.scatter):
            field.compute_asked.connect(self.compute_asked)
        self.area = DockArea(panes.all, panes.lay_out, panes.first_shares)
        self.area.moved.connect(self.follow_panes)
        for pane in panes.all:
            action = pane.toggleViewAction()
            action.setText(f"Show {pane.accessibleName().lower()}")
            self.header.add_action(action)

    def _add_bodies(self) -> None:
        self.alone = MeasurePage()
        self.alone.why_asked.connect(self.why_asked)
        self.preview = PreviewView()
        self.preview.decided.connect(self._decided)
        for one in (self.area, self.alone, self.preview):
            self.add_body(one)

    # -- what is shown

    def set_payload(self, unit: Unit | Digest | None, colour_index: int = -1, letter: str = "", by: str = "") -> None:
        """Show a unit (None: nothing). colour_index, letter: the chip of its label, −1 for none; by: a person."""
        if isinstance(unit, Unit):
            unit = digest(unit, self.lags())
        same = unit is not None and unit is self.shown
        self.shown = unit
        self.show_label(colour_index, letter, by)
        if unit is None:
            self.say_empty()
            return
        self.header.set_title(unit.unit.title, " · ".join(unit.unit.facts))
        if not same:
            self.show_why(None)
        if not has_more(unit.unit):
            self.show_body(self.alone)
            self.alone.measures.show_measures(unit.unit.measures)
            self._say_measures()
            return
        self.show_body(self.area)
        if not same:
            self.forget_surround()
        self._show_template(unit.unit)
        self._show_spikes()
        self.measures.show_measures(unit.unit.measures)
        self._say_measures()
        self.show_nearby()
        self.ask_nearby()

    def forget(self) -> None:
        self.set_payload(None)

    def set_previous(self, unit: Unit | Digest | None) -> None:
        """Draw the waveforms of the unit before behind this one's; None takes them away."""
        self.probe.set_previous(unit.unit if isinstance(unit, Digest) else unit)

    def set_population(self, population: Population | None) -> None:
        """The labelled units that measures are seen among."""
        self.population = population
        for view in (self.measures, self.alone.measures):
            view.set_population(population)
        titles = population.titles if population is not None and population.labelled else ()
        for keys in (self.keys, self.alone.keys):
            keys.set_classes(list(enumerate(titles)))
        self._say_measures()

    def toggle_lasso(self) -> None:
        """Draw around spikes in the pane that is seen, or stop it."""
        scatter = self.area.is_seen(self.panes.scatter_pane) and self.panes.pc_lasso.isEnabled()
        if not scatter:
            self.show_pane(self.panes.activity_pane)
        (self.panes.pc_lasso if scatter else self.panes.lasso).click()

    def ask_short(self) -> None:
        """Ask for a split of the spikes that follow another one within the refractory time."""
        if self.shown is not None and len(self.shown.times) > 1:
            gap = self.panes.limit.value() * self.shown.rate
            self.lassoed.emit(np.append(False, np.diff(self.shown.times) < gap))

    def show_why(self, why: Why | None) -> None:
        """Tell why the model gave its class, beside the measures."""
        for strip in (self.panes.why, self.alone.why):
            strip.show_why(why)

    def show_preview(self, preview: Preview) -> None:
        """Show what a split or merge would make, before it is done."""
        if self.shown is not None:
            self.preview.show_preview(preview, self.lags(), self.panes.limit.value())
            self.show_body(self.preview)
            self.preview.setFocus()

    def _decided(self, preview: Preview, yes: bool) -> None:
        self.show_body(self.area)
        for lasso in (self.amplitude.lasso, self.panes.scatter.lasso):
            lasso.clear()
        self.setFocus()
        if yes and preview.mask is not None:
            self.split_asked.emit(preview.mask)
        elif yes:
            self.merge_asked.emit(preview.rows)

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
        self.panes.template_pane.header.set_subtitle(told)
        if told:
            self.probe.setAccessibleDescription(told)

    def _show_spikes(self) -> None:
        for field in (self.auto, self.gaps):
            field.show_digest(self.shown, self.lags(), self.panes.limit.value())
        self.show_crosses()
        for over_time in (self.amplitude, self.rate):
            over_time.show_digest(self.shown)
        self.amplitude.set_others(self.others)
        self.probe.set_others([one.unit for one in self.others])
        if not self.others:
            self.panes.lags_pane.header.set_subtitle(stretch_words(self.shown))
        many = len(self.shown.times) if self.shown is not None else 0
        self.panes.activity_pane.header.set_subtitle(numbers.plural(many, "spike") if many else "")

    def _say_measures(self) -> None:
        if self.shown is None:
            return
        told = "" if has_more(self.shown.unit) else self.shown.unit.note
        if not told and self.population is not None:
            told = "this unit among labelled ones, by class" if self.population.labelled else "this unit among all"
        self.panes.measures_pane.header.set_subtitle(told)
        self.alone.head.set_subtitle(told)

    # -- choices

    def _boxes(self) -> dict[str, LabelledCombo]:
        panes = self.panes
        return {
            "window": panes.window_box,
            "bin": panes.bin,
            "refractory": panes.limit,
            "channels": panes.channels,
            "way": panes.way,
            "span": panes.span,
        }

    def choices(self) -> dict[str, Any]:
        """What the person chose, to be kept."""
        kept: dict[str, Any] = {name: combo.value() for name, combo in self._boxes().items()}
        return {**kept, "panes": self.area.state()} if self.area.touched else kept

    def set_choices(self, choices: Mapping[str, Any]) -> None:
        """Choose what was kept."""
        for name, combo in self._boxes().items():
            before = combo.value()
            if not combo.set_value(choices.get(name, before)):
                combo.set_value(before)
        if choices.get("panes"):
            self._kept = choices["panes"]
        self.probe.count = int(self.panes.channels.value())
        self._show_spikes()
        self.probe.update()

    def _choose(self) -> None:
        self.set_choices({})
        view = self.panes.piece.view
        if (view.seconds, view.way) != (self.panes.span.value(), self.panes.way.value()):
            self.panes.piece.look(View(view.spike, self.panes.span.value(), self.panes.way.value()))
        self.choices_changed.emit()

    def fit(self) -> None:
        """Channels and height of the waveforms as at first."""
        self.probe.gain = 1.0
        self.panes.channels.set_value(20)
        self._choose()

    def zoom(self, step: int) -> None:
        """Fewer channels, larger (1), or more of them (−1)."""
        place = COUNTS.index(int(self.panes.channels.value())) - step
        self.panes.channels.set_value(COUNTS[min(max(place, 0), len(COUNTS) - 1)])
        self._choose()

    def set_gain(self, factor: float) -> None:
        """Draw the waveforms `factor` times higher."""
        self.probe.gain = min(max(self.probe.gain * factor, 0.05), 50.0)
        self.probe.update()

    # -- panes

    def reset_panes(self) -> None:
        """All panes at their first places and sizes."""
        self._folded = None
        self.area.reset()
        self._refold()
        self.choices_changed.emit()

    def show_pane(self, pane: Pane) -> None:
        """Open a pane and bring it before those that share its place."""
        self.area.bring(pane.objectName())

    def _choose_fold(self) -> None:
        self._folded = self.panes.fold.isChecked()
        self._refold()

    def _refold(self) -> None:
        """Measures stand as a strip, or folded to their head where room is short; panes as at first until moved."""
        fold, low = self.panes.fold, self.panes.low
        folded = self._folded if self._folded is not None else low
        fold.setChecked(folded)
        fold.set_icon("caret_up" if folded else "caret_down")
        fold.set_tip("Unfold the measures" if folded else "Fold the measures")
        for part in (self.panes.measures_pane.body, self.measures, self.panes.why):
            part.setMinimumHeight(0 if folded else LEAST)
            part.setMaximumHeight(0 if folded else 16777215)
        self.panes.measures_pane.setMaximumHeight(tokens.HEADER if folded else 16777215)
        self.area.spread()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.width() < 200 or self.height() < 200:
            return
        crossed = self.panes.low != (self.height() < LOW_ALL)
        self.panes.low = self.height() < LOW_ALL
        if self._kept:
            kept, self._kept = self._kept, {}
            self.area.set_state(kept)
        elif not self.area.placed or (crossed and not self.area.touched):
            self.area.reset()
        self._refold()

    # -- hands

    def take_key(self, event: QKeyEvent) -> bool:
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


def has_more(unit: Unit) -> bool:
    """Whether there is something beside measures: a template or spikes."""
    return bool(unit.template.size) or unit.spikes is not None
