"""The viewers of the curate page: one for each kind of payload, chosen by what the domain loads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from models.payload import Payload, Tissue, Traces
from widgets import tokens
from widgets.parts.dock import Dock
from widgets.parts.header import PaneHeader
from widgets.tissue import TissueMap
from widgets.traces.by_ring import ByDistance
from widgets.traces.viewer import TraceViewer

if TYPE_CHECKING:
    from app.session import Session


class PaneDock(Dock):
    """A dock whose title bar is the pane's own head, so that there is one head and it can be dragged."""

    def __init__(self, title: str, name: str, pane: QWidget, head: PaneHeader) -> None:
        super().__init__(title, name, pane)
        old = self.head
        self.head = head
        head.add_entry("Float or dock", lambda: self.setFloating(not self.isFloating()))
        head.add_entry(f"Close {title.lower()}", self.close)
        self.setTitleBarWidget(head)
        old.deleteLater()


class Viewers(QObject):
    """The trace viewer in the middle, tissue and by-distance below it when there is a tissue.

    sample_asked(id): a cell of the tissue was chosen.
    """

    sample_asked = Signal(str)

    def __init__(self, session: Session, cache: Path | None = None) -> None:
        super().__init__()
        self.session = session
        self.trace = TraceViewer(cache)
        self.tissue = TissueMap()
        self.ring = ByDistance()
        self.tissue.sample_asked.connect(self.sample_asked)
        self.ring.sample_asked.connect(self.sample_asked)
        self.tissue.mode_asked.connect(self._recolour)
        self.docks = [
            PaneDock("Tissue", "dock.tissue", self.tissue, self.tissue.header),
            PaneDock("By distance", "dock.ring", self.ring, self.ring.header),
        ]
        self._rows: list[int] = []
        self._before: Traces | None = None
        self._shown: Traces | None = None
        self._compare = False

    def show_payloads(self, payloads: Sequence[Payload], place: int, letter: str, by: str = "") -> None:
        """Show what a domain loaded for one sample. place, letter: of its label, −1 and "" for none; by: a person."""
        traces = next((item for item in payloads if isinstance(item, Traces)), None)
        tissue = next((item for item in payloads if isinstance(item, Tissue)), None)
        if self._shown is not None and self._shown is not traces:
            self._before = self._shown
        self._shown = traces
        self.trace.set_payload(traces, place, letter, keep_range=True)
        self.trace.show_label(place, letter, by)
        self.trace.set_previous(self._before if self._compare else None)
        for dock in self.docks:
            dock.setVisible(tissue is not None)
        self.show_tissue(tissue)

    def show_tissue(self, tissue: Tissue | None) -> None:
        """Show a tissue with the labels and predictions of now."""
        self._rows = self.session.rows_of(tissue.cells) if tissue else []
        self.tissue.set_payload(tissue)
        self.ring.set_payload(tissue)
        if tissue is not None:
            self.recolour()

    def show_label(self, place: int, letter: str, by: str = "") -> None:
        """The chip beside the shown sample's name, and the sign of the person who gave it."""
        self.trace.show_label(place, letter, by)

    def recolour(self) -> None:
        """Colour the tissue anew: labels or predictions changed."""
        self._recolour(self.tissue.mode)

    def _recolour(self, mode: str) -> None:
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
        self.tissue.set_values(mode, labels, predicted, numbers, titles, letters)

    def show_features(self) -> None:
        """Offer the domain's numeric columns as colours of the tissue."""
        project = self.session.project
        if project is None:
            return
        names = [column.name for column in self.session.open_domain.columns if column.name in project.samples.names]
        self.tissue.set_features([name for name in names if project.samples.column(name).dtype.kind == "f"])

    def toggle_compare(self) -> bool:
        """Draw the sample that was shown before behind this one, or stop it."""
        self._compare = not self._compare
        self.trace.set_previous(self._before if self._compare else None)
        return self._compare

    def show_words(self, title: str, text: str, icon: str = "trace") -> None:
        """Say why there is nothing to see."""
        self.trace.set_words(title, text, icon)
        self.show_tissue(None)
        for dock in self.docks:
            dock.hide()

    def close_down(self) -> None:
        """End the background reading."""
        self.trace.close_down()
