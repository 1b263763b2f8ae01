"""What stands around the shown unit: others beside it, and what is read of the sorting for panes that are seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from widgets import numbers
from widgets.unit.digest import Digest, Lags
from widgets.unit.docks import DockArea
from widgets.unit.nearby import (
    COMPONENTS,
    DRIFT,
    NEARBY,
    NEEDS,
    SIMILAR,
    SNIPPETS,
    STRETCH,
    Crosses,
    Nearby,
    View,
    count_crosses,
    look,
    name_unit,
)
from widgets.unit.panes import Panes
from widgets.unit.similar import Mark
from widgets.unit.tints import MOST
from widgets.viewer import Viewer

#: Runs a function beside the window and gives its result to another; a later call of a lane replaces an earlier one.
Run = Callable[[str, Callable[[], Any], Callable[[Any], None]], None]


def at_once(_lane: str, read: Callable[[], Any], done: Callable[[Any], None]) -> None:
    """Run it here and now."""
    done(read())


class Surround(Viewer):
    """Fills the panes around a unit; `shown`, `panes` and `area` are the viewer's."""

    choices_changed = Signal()
    panes: Panes
    area: DockArea

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit", "Unit", "chart", parent)
        self.shown: Digest | None = None
        self.others: tuple[Digest, ...] = ()
        self.marks: Mapping[str, Mark] = {}
        self.run: Run = at_once
        self._read: dict[str, Nearby] = {}
        self._asked: set[str] = set()

    def lags(self) -> Lags:
        """How intervals are counted now; a bin is never wider than the window."""
        window = float(self.panes.window_box.value())
        return Lags(window, min(float(self.panes.bin.value()), window))

    def forget_surround(self) -> None:
        """Another unit is shown."""
        self._read, self._asked, self.others = {}, set(), ()
        self.panes.piece.view = View(0, self.panes.span.value(), self.panes.way.value())

    def set_others(self, others: Sequence[Digest]) -> None:
        """Show up to three other units beside this one."""
        chosen = tuple(others)[: MOST - 1] if self.shown is not None else ()
        if [one.unit.key for one in chosen] == [one.unit.key for one in self.others] and not chosen:
            return
        self.others = chosen
        self.panes.probe.set_others([one.unit for one in chosen])
        self.panes.amplitude.set_others(chosen)
        self.show_crosses()
        self.panes.similar.choose([name_unit(one.unit) for one in chosen])

    def set_marks(self, marks: Mapping[str, Mark]) -> None:
        """The labels of the other units of the sorting, by their ids; one that is not there is not told."""
        self.marks = marks
        self._show_likes()

    def show_crosses(self) -> None:
        """The matrix of correlograms where several units are seen, counted beside the window."""
        units = (self.shown, *self.others) if self.shown is not None else ()
        several = len(units) > 1
        self.panes.lags.setCurrentIndex(1 if several else 0)
        self.panes.pair.buttons.setVisible(not several and not self.panes.pair.both)
        self.panes.lags_pane.set_title("Correlograms" if several else "Autocorrelogram")
        if not several:
            return
        self.panes.crosses.show_units(units, {}, self.panes.limit.value())
        self.panes.lags_pane.header.set_subtitle(f"{len(units)} units")
        lags = self.lags()
        self.run("crosses", partial(count_crosses, units, lags), lambda found: self._give_crosses(units, lags, found))

    def _give_crosses(self, units: tuple[Digest, ...], lags: Lags, found: Crosses) -> None:
        if units == (self.shown, *self.others) and lags == self.lags():
            self.panes.crosses.show_units(units, found, self.panes.limit.value())

    # -- what is dear to read

    def follow_panes(self) -> None:
        """Places or what is seen changed."""
        self.ask_nearby()
        if self.area.touched:
            self.choices_changed.emit()

    def ask_nearby(self) -> None:
        """Read what the panes that are seen need and was not read yet."""
        if self.shown is None or not self.area.isVisible():
            return
        seen = self.area.seen()
        # Similar units are stepped through by a key also where their table is not seen.
        wanted = {SIMILAR} | {need for pane, need in self.panes.needs.items() if pane.objectName() in seen}
        wanted -= self._asked
        if not wanted:
            return
        self._asked |= wanted
        for need in sorted(wanted):
            read = partial(look, self.shown, {need}, self.panes.piece.view)
            self.run(f"{NEARBY}{need}", read, self._give)

    def look_at(self, view: View) -> None:
        if self.shown is not None:
            self.run(f"{NEARBY}{STRETCH}", partial(look, self.shown, {STRETCH}, view), self._give)

    def _give(self, nearby: Nearby) -> None:
        if self.shown is not None and nearby.key == self.shown.unit.key:
            self._read.update(dict.fromkeys(nearby.read, nearby))
            self.show_nearby(nearby.read)

    def show_nearby(self, needs: AbstractSet[str] = frozenset(NEEDS)) -> None:
        panes, none = self.panes, Nearby()
        if SNIPPETS in needs:
            self.panes.probe.set_snippets(self._read.get(SNIPPETS, none).snippets)
            if SNIPPETS in self._read:
                panes.template_pane.header.offer(panes.singles, self._read[SNIPPETS].snippets is not None)
        if SIMILAR in needs:
            self._show_likes()
        shows = {
            DRIFT: panes.drift.show_nearby,
            COMPONENTS: panes.scatter.show_nearby,
            STRETCH: panes.piece.show_nearby,
        }
        fields = {DRIFT: panes.drift, COMPONENTS: panes.scatter, STRETCH: panes.piece}
        for need in needs & set(shows):
            if need in self._read:
                shows[need](self.shown, self._read[need])
            else:
                fields[need].say_empty("Reading…")
        if COMPONENTS in needs & set(self._read):
            self._offer_components()
        if STRETCH in needs:
            for tool in panes.piece_tools:
                panes.piece_pane.header.offer(tool, panes.piece.stretch is not None)
            panes.piece_pane.header.set_subtitle(panes.piece.words())

    def _offer_components(self) -> None:
        scatter, found = self.panes.scatter, self._read.get(COMPONENTS, Nearby()).components
        choices = [(name, place) for place, name in enumerate(found.names)] if found is not None else []
        for combo, value in ((self.panes.across, scatter.across), (self.panes.up, scatter.up)):
            self.panes.scatter_pane.header.offer(combo, bool(choices))
            if choices:
                combo.set_choices(choices)
                combo.set_value(min(value, len(choices) - 1))
        self.panes.pc_lasso.setEnabled(scatter.whole)
        many = len(found.spikes) if found is not None else 0
        words = numbers.plural(many, "spike") if scatter.whole else f"{numbers.count(many)} of the spikes"
        self.panes.scatter_pane.header.set_subtitle(words if many else "")

    def _show_likes(self) -> None:
        found = self._read.get(SIMILAR)
        if found is None:
            self.panes.similar.show_likes((), {}, ("Reading…", ""))
            return
        likes = [one for one in found.likes if not self.marks or one.key in self.marks]
        words = ("No similar unit", found.trouble or "No other unit of the sorting has a template near it.")
        self.panes.similar.show_likes(likes, self.marks, words)
        self.panes.similar.choose([name_unit(one.unit) for one in self.others])
        self.panes.similar_pane.header.set_subtitle(f"to {name_unit(self.shown.unit)}" if self.shown else "")
