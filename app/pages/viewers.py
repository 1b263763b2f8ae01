"""The viewers of the curate page: one for each kind of payload, chosen by what the domain loads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from models.payload import Payload, Tissue, Traces, Unit
from widgets import tokens
from widgets.parts.dock import Dock
from widgets.parts.header import PaneHeader
from widgets.tissue import TissueMap
from widgets.traces.by_ring import ByDistance
from widgets.traces.viewer import TraceViewer
from widgets.unit.digest import Digest, digest

if TYPE_CHECKING:
    from app.session import Session
    from widgets.unit.viewer import UnitViewer

#: Labels come by keystroke: measures are seen among them as they are after so many ms without one.
CALM_MS = 400


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
    """The viewer of what was loaded in the middle, tissue and by-distance below it when there is a tissue.

    sample_asked(id): a cell of the tissue was chosen. front_changed: another viewer stands in the middle.
    """

    sample_asked = Signal(str)
    front_changed = Signal()

    def __init__(self, session: Session, cache: Path | None = None) -> None:
        super().__init__()
        self.session = session
        self.trace = TraceViewer(cache)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.trace)
        self._unit: UnitViewer | None = None
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self._show_population)
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
        self._before: Traces | Digest | None = None
        self._shown: Traces | Digest | None = None
        self._compare = False

    @property
    def front(self) -> TraceViewer | UnitViewer:
        """The viewer that is seen in the middle."""
        return self._unit if self._unit is not None and self.centre.currentWidget() is self._unit else self.trace

    @property
    def unit(self) -> UnitViewer:
        """The viewer of units; made when the first is shown, so that others need not wait for it."""
        if self._unit is None:
            from widgets.unit.viewer import UnitViewer

            self._unit = UnitViewer()
            self._unit.set_choices(self.session.settings.get("unit_view", {}))
            self._unit.choices_changed.connect(self._keep_choices)
            self.centre.addWidget(self._unit)
            self._show_population()
        return self._unit

    def _keep_choices(self) -> None:
        self.session.settings.set("unit_view", self.unit.choices())

    def preparer(self) -> Callable[[Sequence[Payload]], Sequence[Payload | Digest]]:
        """What makes payloads ready to be drawn, off the window's thread."""
        lags = self._unit.lags() if self._unit is not None else None
        return lambda payloads: tuple(digest(one, lags) if isinstance(one, Unit) else one for one in payloads)

    def _bring(self, viewer: TraceViewer | UnitViewer) -> None:
        if self.front is not viewer:
            self.centre.setCurrentWidget(viewer)
            self.front_changed.emit()

    def show_payloads(self, payloads: Sequence[Payload | Digest], place: int, letter: str, by: str = "") -> None:
        """Show what a domain loaded for one sample. place, letter: of its label, −1 and "" for none; by: a person."""
        shown = next((item for item in payloads if isinstance(item, Traces | Unit | Digest)), None)
        if isinstance(shown, Unit):
            shown = digest(shown)
        if self._shown is not None and self._shown is not shown:
            self._before = self._shown
        self._shown = shown
        if isinstance(shown, Digest):
            self._bring(self.unit)
            self.unit.set_payload(shown, place, letter, by)
        else:
            self._bring(self.trace)
            self.trace.set_payload(shown, place, letter, keep_range=True)
            self.trace.show_label(place, letter, by)
        self._show_before()
        tissue = next((item for item in payloads if isinstance(item, Tissue)), None)
        for dock in self.docks:
            dock.setVisible(tissue is not None)
        self.show_tissue(tissue)

    def _show_before(self) -> None:
        """The sample that was shown before behind this one, when they are compared."""
        before = self._before if self._compare else None
        if self.front is self._unit:
            self._unit.set_previous(before if isinstance(before, Digest) else None)
        else:
            self.trace.set_previous(before if isinstance(before, Traces) else None)

    def show_tissue(self, tissue: Tissue | None) -> None:
        """Show a tissue with the labels and predictions of now."""
        self._rows = self.session.rows_of(tissue.cells) if tissue else []
        self.tissue.set_payload(tissue)
        self.ring.set_payload(tissue)
        if tissue is not None:
            self.recolour()

    def show_label(self, place: int, letter: str, by: str = "") -> None:
        """The chip beside the shown sample's name, and the sign of the person who gave it."""
        self.front.show_label(place, letter, by)

    def recolour(self) -> None:
        """Colour the tissue anew, and count the measures by class: labels or predictions changed."""
        self._recolour(self.tissue.mode)
        if self.front is self._unit:
            self._calm.start()

    def _show_population(self) -> None:
        """The units of the project as what the shown one's measures are seen among."""
        if self._unit is None:
            return
        from widgets.unit.measures import Population

        session, project = self.session, self.session.project
        if project is None:
            self._unit.set_population(None)
            return
        titles = [session.class_title(name) for name in session.classes]
        self._unit.set_population(Population(self._column, session.places(), titles))

    def _column(self, name: str) -> npt.NDArray[np.float64] | None:
        project = self.session.project
        if project is None or name not in project.samples.names:
            return None
        values = self.session.view.column(name)
        return np.asarray(values, np.float64) if values.dtype.kind in "fiu" else None

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
        """Offer the domain's numeric columns as colours of the tissue, and as what measures are seen among."""
        self._show_population()
        project = self.session.project
        if project is None:
            return
        names = [column.name for column in self.session.open_domain.columns if column.name in project.samples.names]
        self.tissue.set_features([name for name in names if project.samples.column(name).dtype.kind == "f"])

    def toggle_compare(self) -> bool:
        """Draw the sample that was shown before behind this one, or stop it."""
        self._compare = not self._compare
        self._show_before()
        return self._compare

    def show_words(self, title: str, text: str, icon: str = "trace") -> None:
        """Say why there is nothing to see."""
        self.front.set_words(title, text, icon)
        self.show_tissue(None)
        for dock in self.docks:
            dock.hide()

    def close_down(self) -> None:
        """End the background reading."""
        self._calm.stop()
        self.trace.close_down()
