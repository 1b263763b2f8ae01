"""The tissue of the shown cell below the viewers, in step with the session, and its traces by their distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from widgets import tokens
from widgets.parts.dock import Dock
from widgets.parts.header import PaneHeader

if TYPE_CHECKING:
    from app.session import Session
    from models.payload import Tissue
    from widgets.tissue import TissueMap
    from widgets.traces.by_ring import ByDistance


class PaneDock(Dock):
    """A dock whose title bar is the pane's own head, so that there is one head and it can be dragged."""

    def fill(self, pane: QWidget, head: PaneHeader) -> None:
        """Put the pane into it."""
        title, old = self.windowTitle(), self.head
        self.head = head
        head.add_entry("Float or dock", lambda: self.setFloating(not self.isFloating()))
        head.add_entry(f"Close {title.lower()}", self.close)
        self.setWidget(pane)
        self.setTitleBarWidget(head)
        old.deleteLater()


class TissueDesk(QObject):
    """Tissue map and traces by distance, a dock each, seen where the shown sample has a tissue.

    sample_asked(id): one of its cells was chosen.
    """

    sample_asked = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._map: TissueMap | None = None
        self._ring: ByDistance | None = None
        self._ring_dock = PaneDock("By distance", "dock.ring")
        self._tissue_dock = PaneDock("Tissue", "dock.tissue")
        self.docks = [self._tissue_dock, self._ring_dock]
        self._rows: list[int] = []

    def _tissue(self) -> TissueMap:
        """The map, made when the first tissue is shown."""
        if self._map is None:
            from widgets.tissue import TissueMap

            self._map = TissueMap()
            self._map.sample_asked.connect(self.sample_asked)
            self._map.mode_asked.connect(self._colour)
            self._tissue_dock.fill(self._map, self._map.header)
            self.show_features()
        return self._map

    def _distances(self) -> ByDistance:
        """The traces by distance, made when the first tissue is shown."""
        if self._ring is None:
            from widgets.traces.by_ring import ByDistance

            self._ring = ByDistance()
            self._ring.sample_asked.connect(self.sample_asked)
            self._ring_dock.fill(self._ring, self._ring.header)
        return self._ring

    def panes(self) -> list[QWidget | None]:
        """What takes the keyboard in turn, None for what was not seen yet."""
        return [self._map.field if self._map else None, self._ring]

    def show_docks(self, on: bool) -> None:
        """Show or hide both."""
        for dock in self.docks:
            dock.setVisible(on)

    def show(self, tissue: Tissue | None) -> None:
        """Show a tissue with the labels and predictions of now; None: none."""
        self._rows = self.session.rows_of(tissue.cells) if tissue else []
        if tissue is not None or self._map is not None:
            self._tissue().set_payload(tissue)
            self._distances().set_payload(tissue)

    def recolour(self) -> None:
        """Colour its cells anew: labels or predictions changed."""
        if self._map is not None:
            self._colour(self._map.mode)

    def _colour(self, mode: str) -> None:
        session, shown = self.session, self._tissue()
        rows = np.array(self._rows, np.int64)
        known = rows >= 0
        labels = np.where(known, session.places()[rows], -1)
        predicted = np.where(known, session.predicted_places()[rows], -1)
        numbers = np.full(len(rows), np.nan)
        if mode in session.open_project.samples.names:
            values = session.view.column(mode)
            numbers[known] = values[rows[known]]
        titles = [session.class_title(name) for name in session.classes]
        letters = tokens.propose_letters(session.classes)
        shown.set_values(mode, labels, predicted, numbers, titles, letters)

    def show_features(self) -> None:
        """Offer the domain's numeric columns as colours of the cells."""
        if self._map is None:
            return
        samples = self.session.open_project.samples
        names = [column.name for column in self.session.open_domain.columns if column.name in samples.names]
        self._map.set_features([name for name in names if samples.column(name).dtype.kind == "f"])
