"""The tissue of the shown cell below the viewers, in step with the session, and its traces by their distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from models.payload import Tissue
from widgets import tokens
from widgets.parts.dock import Dock
from widgets.parts.header import PaneHeader
from widgets.tissue import TissueMap

if TYPE_CHECKING:
    from app.session import Session
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
        self.map = TissueMap()
        self.map.sample_asked.connect(self.sample_asked)
        self.map.mode_asked.connect(self._colour)
        self._ring: ByDistance | None = None
        self._ring_dock = PaneDock("By distance", "dock.ring")
        tissue_dock = PaneDock("Tissue", "dock.tissue")
        tissue_dock.fill(self.map, self.map.header)
        self.docks = [tissue_dock, self._ring_dock]
        self._rows: list[int] = []

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
        return [self.map.field, self._ring]

    def show_docks(self, on: bool) -> None:
        """Show or hide both."""
        for dock in self.docks:
            dock.setVisible(on)

    def show(self, tissue: Tissue | None) -> None:
        """Show a tissue with the labels and predictions of now; None: none."""
        self._rows = self.session.rows_of(tissue.cells) if tissue else []
        self.map.set_payload(tissue)
        if tissue is not None or self._ring is not None:
            self._distances().set_payload(tissue)

    def recolour(self) -> None:
        """Colour its cells anew: labels or predictions changed."""
        self._colour(self.map.mode)

    def _colour(self, mode: str) -> None:
        session = self.session
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
        self.map.set_values(mode, labels, predicted, numbers, titles, letters)

    def show_features(self) -> None:
        """Offer the domain's numeric columns as colours of the cells."""
        samples = self.session.open_project.samples
        names = [column.name for column in self.session.open_domain.columns if column.name in samples.names]
        self.map.set_features([name for name in names if samples.column(name).dtype.kind == "f"])
