"""What the viewers of recordings and sounds share: regions that are made by hand on a page over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from models.region import Region
from widgets.parts import KeyHints, ToolButton
from widgets.recording.regions import RegionTable
from widgets.viewer import PLAIN, Viewer


class Moment(Protocol):
    """Where the cursor is, in s; NaN for nowhere."""

    at: float


class RegionHand(Protocol):
    """The hand on the regions of a page."""

    @property
    def table(self) -> RegionTable:
        """The regions that are shown."""

    @property
    def chosen(self) -> str:
        """Name of the chosen one, "" for none."""

    @property
    def editing(self) -> bool:
        """Whether a drag draws one."""

    def choose(self, name: str) -> None:
        """Choose one by its name, "" for none."""

    def set_editing(self, on: bool) -> None:
        """Draw new ones by dragging, or leave off."""

    def step_back(self) -> bool:
        """Leave off what is done, the chosen one, drawing; False with nothing to leave."""


class RegionPage(Protocol):
    """What regions stand on."""

    @property
    def annotating(self) -> RegionHand:
        """What makes, moves and chooses them."""

    @property
    def moment(self) -> Moment:
        """The cursor."""

    def set_regions(
        self, regions: Sequence[Region], colours: Mapping[str, int], titles: Mapping[str, str] | None = None
    ) -> None:
        """Show these."""

    def holds(self, region: Region) -> bool:
        """Whether anything of a region can be seen."""

    def go_to_span(self, start: float, stop: float) -> None:
        """Bring a stretch into what is seen."""

    def dress(self) -> None:
        """The theme changed."""


class RegionViewer(Viewer):
    """A viewer whose page has regions: shown, chosen, made and changed by hand (R, Delete, Esc).

    hints: keys that mean something while they are drawn. A viewer of a kind has its `page` before anything is shown,
    and the button `edit`.

    Signals: ``cursor_moved(seconds)``; ``range_changed((left, right))``; ``region_drawn(Region)``, without a name,
    ``region_moved(Region)``, ``region_chosen(name)``, "" for none, ``region_removed(name)``: what a hand asks for;
    regions change with the next `set_regions`. ``choices_changed``: it is looked at in another way.
    """

    cursor_moved = Signal(float)
    range_changed = Signal(object)
    region_drawn = Signal(object)
    region_moved = Signal(object)
    region_chosen = Signal(str)
    region_removed = Signal(str)
    choices_changed = Signal()

    page: RegionPage
    edit: ToolButton

    def __init__(self, kind: str, noun: str, hints: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(kind, noun, "trace", parent)
        self.hints = KeyHints(hints)
        self.hints.hide()
        self.add_foot(self.hints)

    # -- regions

    def set_regions(
        self, regions: Sequence[Region], colours: Mapping[str, int], titles: Mapping[str, str] | None = None
    ) -> None:
        """Show these. colours: class index of each text that is a class; titles: what is written for it."""
        self.page.set_regions(regions, colours, titles)

    def offer_editing(self, on: bool) -> None:
        """Whether any can be made: there is somewhere to keep them."""
        if not on:
            self.page.annotating.set_editing(False)
        self.edit.setEnabled(on)

    def show_editing(self, on: bool) -> None:
        """Whether a drag draws one: the button, and keys below the page."""
        self.edit.setChecked(on)
        self.hints.setVisible(on)

    def choose_region(self, name: str) -> None:
        """Choose one, "" for none, and bring it into what is seen where it can be."""
        self.page.annotating.choose(name)
        region = self.chosen_region()
        if region is not None and self.page.holds(region):
            self.page.go_to_span(region.start, region.stop)

    def chosen_region(self) -> Region | None:
        """The chosen one."""
        return self.region_table().named(self.page.annotating.chosen)

    def region_table(self) -> RegionTable:
        """Those that are shown."""
        return self.page.annotating.table

    def cursor_time(self) -> float:
        """Where the cursor is, NaN for nowhere."""
        return self.page.moment.at

    # -- hands

    def _means(self, event: QKeyEvent) -> bool:
        own = {Qt.Key.Key_R} if self.edit.isEnabled() else set()
        if self.page.annotating.chosen:
            own.add(Qt.Key.Key_Delete)
        if self.can_step_back():
            own.add(Qt.Key.Key_Escape)
        return event.modifiers() == PLAIN and Qt.Key(event.key()) in own and not self.speaks()

    def can_step_back(self) -> bool:
        """Whether Escape has anything to leave."""
        return bool(self.page.annotating.chosen) or self.page.annotating.editing

    def step_back(self) -> bool:
        """Leave off what is done; False with nothing to leave."""
        return self.page.annotating.step_back()

    def take_key(self, event: QKeyEvent) -> bool:
        """What the kind has, and what is done to regions."""
        if super().take_key(event):
            return True
        if event.key() == Qt.Key.Key_Escape:
            return self.step_back()
        if event.key() == Qt.Key.Key_Delete and self.page.annotating.chosen:
            self.region_removed.emit(self.page.annotating.chosen)
            return True
        return False

    def dress(self) -> None:
        super().dress()
        self.page.dress()
