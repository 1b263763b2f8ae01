"""The viewers of the curate page: one for each kind of payload, chosen by what the domain loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.commands import Command
from app.nouns import sample_noun
from app.pages.tissue_desk import TissueDesk
from widgets.parts.states import EmptyState
from widgets.viewer import Viewer

if TYPE_CHECKING:
    from app.pages.pair import Pair
    from app.pages.picture_desk import PictureDesk
    from app.pages.recording_desk import RecordingDesk
    from app.pages.region_desk import RegionDesk
    from app.pages.sound_desk import SoundDesk, SoundPane
    from app.pages.unit_desk import UnitDesk
    from app.session import Session
    from models.payload import Payload, Tissue, Traces
    from widgets.traces.viewer import TraceViewer
    from widgets.unit.digest import Digest
    from widgets.unit.viewer import UnitViewer


#: Of a page that has shown no sample yet.
SIGN = "trace"


class Viewers(QObject):
    """The viewer of what was loaded in the middle, tissue and by-distance below it when there is a tissue.

    A viewer is made when the first payload of its kind is shown: what draws it takes a fifth of the start.

    sample_asked(id): a cell of the tissue was chosen. front_changed: another viewer stands in the middle.
    picture_asked(figure): what a viewer draws shall become a file.
    similar_asked: samples like the shown one are wanted. compute_asked: what the sources lack is to be computed.
    why_asked(layer): the model is to explain its class, by this layer of it, "" for its own.
    brief: recordings are looked at beside other things, without tools.
    """

    similar_asked = Signal()
    sample_asked = Signal(str)
    front_changed = Signal()
    picture_asked = Signal(QWidget)
    why_asked = Signal(str)
    compute_asked = Signal()

    def __init__(self, session: Session, cache: Path | None = None, brief: bool = False) -> None:
        super().__init__()
        self.session, self._brief = session, brief
        self.centre = QStackedWidget()
        self.words = EmptyState("")
        self.centre.addWidget(self.words)
        self.tissue = TissueDesk(session)
        self.tissue.sample_asked.connect(self.sample_asked)
        self.docks = self.tissue.docks
        self._cache = cache
        self._trace: TraceViewer | None = None
        self._desk: UnitDesk | None = None
        self._pictures: PictureDesk | None = None
        self._pair: Pair | None = None
        self._sound: SoundPane | None = None
        self._before: Traces | Digest | None = None
        self._shown: Traces | Digest | None = None
        self._compare = False

    @property
    def trace(self) -> TraceViewer:
        """The viewer of traces."""
        if self._trace is None:
            from widgets.traces.viewer import TraceViewer

            self._trace = TraceViewer(self._cache)
            self._trace.picture_asked.connect(self.picture_asked)
            self.centre.addWidget(self._trace)
        return self._trace

    @property
    def desk(self) -> UnitDesk:
        """The viewer of units, in step with the session."""
        if self._desk is None:
            from app.pages.unit_desk import UnitDesk

            self._desk = UnitDesk(self.session)
            self._desk.viewer.why_asked.connect(lambda: self.why_asked.emit(""))
            self._desk.viewer.compute_asked.connect(self.compute_asked)
            self._desk.viewer.picture_asked.connect(self.picture_asked)
            self.centre.addWidget(self._desk.viewer)
        return self._desk

    @property
    def unit(self) -> UnitViewer:
        """The viewer of units."""
        return self.desk.viewer

    @property
    def pictures(self) -> PictureDesk:
        """The viewer of pictures, in step with the session."""
        if self._pictures is None:
            from app.pages.picture_desk import PictureDesk

            self._pictures = PictureDesk(self.session)
            self._pictures.sample_asked.connect(self.sample_asked)
            self._pictures.viewer.picture_asked.connect(self.picture_asked)
            self._pictures.viewer.layer_asked.connect(self.why_asked)
            self.centre.addWidget(self._pictures.viewer)
        return self._pictures

    @property
    def pair(self) -> Pair:
        """The viewers of recordings and spectrograms, in step with the session."""
        if self._pair is None:
            from app.pages.pair import Pair

            self._pair = Pair(self.session, self._cache, self._brief)
            for viewer in self._pair.viewers():
                viewer.picture_asked.connect(self.picture_asked)
            self._pair.why_asked.connect(self.why_asked)
            self.centre.addWidget(self._pair)
        return self._pair

    @property
    def sound(self) -> SoundPane:
        """The viewer of sounds, in step with the session."""
        if self._sound is None:
            from app.pages.sound_desk import SoundPane

            self._sound = SoundPane(self.session, self._cache, self._brief)
            self._sound.viewer.picture_asked.connect(self.picture_asked)
            self.centre.addWidget(self._sound)
        return self._sound

    def sound_desk(self) -> SoundDesk | None:
        """What keeps the viewer of sounds, None while no sound is seen."""
        return self._sound.desk if self._sound is not None and self.centre.currentWidget() is self._sound else None

    def region_desk(self) -> RegionDesk | None:
        """What keeps the regions of what is seen, None where that has none."""
        return self.sound_desk() or self.recording_desk()

    def recording_desk(self) -> RecordingDesk | None:
        """What keeps the viewer of recordings, None before the first one is shown."""
        return self._pair.desk if self._pair is not None else None

    def preparer(self) -> Callable[[Sequence[Payload]], Sequence[Payload | Digest]]:
        """What makes payloads ready to be drawn, off the window's thread."""
        lags = self._desk.viewer.lags() if self._desk is not None else None

        def prepared(payloads: Sequence[Payload]) -> Sequence[Payload | Digest]:
            from app.pages.loaded import prepare

            return prepare(payloads, lags)

        return prepared

    def busy(self) -> bool:
        """Whether more is read for what is shown."""
        return self._desk is not None and self._desk.busy()

    @property
    def front(self) -> Viewer | None:
        """The viewer that is seen in the middle, None before the first sample is."""
        shown, pair = self.centre.currentWidget(), self._paired()
        if pair is not None:
            return pair.seen()[0]
        if self._sound is not None and shown is self._sound:
            return self._sound.viewer
        return shown if isinstance(shown, Viewer) else None

    def is_traced(self) -> bool:
        """Whether traces stand in the middle."""
        return self._trace is not None and self.front is self._trace

    def commands(self, pages: tuple[str, ...]) -> list[Command]:
        """What a person can do with what is around the shown unit; nothing until the first one is shown."""

        def alike() -> bool:
            return self._desk is not None and self._desk.has_similar()

        def step(by: int) -> None:
            self.desk.step_similar(by)

        def similar() -> None:
            if alike():
                step(1)
            else:
                self.similar_asked.emit()

        def words() -> str:
            return "Compare with the next similar unit" if alike() else f"Similar {self._noun()}s"

        def shown() -> bool:
            return self.session.project is not None and self.session.current >= 0

        def spiking() -> bool:
            return self._desk is not None and self._desk.has_spikes()

        def lasso() -> None:
            self.unit.toggle_lasso()

        def short() -> None:
            self.unit.ask_short()

        back = partial(step, -1)
        return [
            Command("view.boxes", "Boxes by hand", self._draw, ("Shift+B",), "View", self._drawable, pages, "boxes"),
            Command("unit.lasso", "Lasso spikes to split them off", lasso, ("L",), "View", spiking, pages, "lasso"),
            Command("unit.short", "Split off spikes within the refractory time", short, (), "View", spiking, pages),
            Command("unit.similar", words, similar, ("S",), "View", shown, pages, "similar"),
            Command("unit.similar_back", "Compare with the one before", back, ("Shift+S",), "View", alike, pages),
        ]

    def _drawable(self) -> bool:
        return self._pictures is not None and self.front is self._pictures.viewer and self._pictures.viewer.can_edit()

    def _draw(self) -> None:
        """Draw boxes by hand, or leave off."""
        viewer = self.pictures.viewer
        viewer.edit.click()
        viewer.setFocus()  # Delete and Escape are its own from here on

    def _noun(self) -> str:
        return sample_noun(self.session) if self.session.project is not None else "sample"

    def explain_below(self, sample: str, result: Mapping[str, Any]) -> bool:
        """Tell an explanation in the pane below what it is of; False where the viewer in the middle has none."""
        pair = self._paired()
        if pair is not None:
            pair.explain(sample, result)
        return pair is not None

    def explain_nothing(self) -> None:
        """Put an explanation below away: another run is shown, of which it says nothing."""
        pair = self._paired()
        if pair is not None:
            pair.explain_nothing()

    def show_reasons(self, told: Mapping[str, Any] | None) -> None:
        """Tell why the model gave its class to the shown unit, by its measures."""
        if self._desk is not None and told is not None:
            self._desk.show_reasons(told)

    def show_relevance(
        self,
        values: npt.NDArray[np.float64],
        note: str,
        region: Sequence[float] | None = None,
        layers: Sequence[str] = (),
        layer: str = "",
    ) -> None:
        """Where the model looked: over time, (length,), or over a region of the shown picture, (h, w).

        note: a word on it. layers: of the network, among which this is one.
        """
        if values.ndim == 1:
            self.trace.set_relevance(values, note)
        elif self._pictures is not None:
            self._pictures.viewer.set_relevance(values, note, region, layers, layer)

    def preview_merge(self) -> bool:
        """Show what the selected samples would be together before they are merged; False where nothing can be seen."""
        return self._desk is not None and self._desk.preview_merge()

    def reset_panes(self) -> None:
        """The panes of the unit viewer at their first places."""
        if self._desk is not None:
            self._desk.viewer.reset_panes()

    def press(self, event: QKeyEvent) -> None:
        """Give a key to the viewer in the middle."""
        hand = self._hand()
        if hand is not None:
            hand.keyPressEvent(event)

    def fit(self) -> None:
        """What the viewer in the middle shows as at first."""
        hand = self._hand()
        if hand is not None:
            hand.fit()

    def _hand(self) -> Viewer | None:
        """The viewer in the middle that keys are for."""
        pair = self._paired()
        return pair.hand() if pair is not None else self.front

    def _paired(self) -> Pair | None:
        """The pair of a recording and its spectrogram where it is what is seen."""
        return self._pair if self._pair is not None and self.centre.currentWidget() is self._pair else None

    def panes(self) -> list[QWidget]:
        """What takes the keyboard in turn."""
        pair = self._paired()
        middle = [*pair.seen(), pair.regions.list.view] if pair is not None else [self.front]
        if (sound := self._sounding()) is not None:
            middle = [sound.viewer, sound.regions.list.view]
        panes: list[QWidget | None] = [*middle, *self.tissue.panes()]
        return [pane for pane in panes if pane is not None]

    def _sounding(self) -> SoundPane | None:
        """The viewer of sounds with its list where it is what is seen."""
        return self._sound if self.sound_desk() is not None else None

    def _bring(self, viewer: Viewer | Pair | SoundPane) -> None:
        if self.centre.currentWidget() is not viewer:
            self.centre.setCurrentWidget(viewer)
            self.front_changed.emit()

    def show_payloads(self, payloads: Sequence[Payload | Digest], place: int, letter: str, by: str = "") -> None:
        """Show what a domain loaded for one sample. place, letter: of its label, −1 and "" for none; by: a person."""
        from app.pages.loaded import part, unit_of

        parts = part(payloads)
        if parts.picture is not None:
            self._bring(self.pictures.viewer)
            self.pictures.show(parts.picture, place, letter, by)
            self._show_beside(None)
            return
        if parts.recording is not None or parts.spectrogram is not None:
            self._bring(self.pair)
            self.pair.show_payloads(parts.recording, parts.spectrogram, place, letter, by)
            self._show_beside(None)
            return
        if parts.sound is not None:
            self._bring(self.sound)
            self.sound.show_sound(parts.sound, place, letter, by)
            self._show_beside(None)
            return
        if self._sound is not None:
            self._sound.viewer.pause()
        unit = None if parts.traces is not None else unit_of(payloads)
        shown = parts.traces if unit is None else unit
        if self._shown is not None and self._shown is not shown:
            self._before = self._shown
        self._shown = shown
        if unit is not None:
            self._bring(self.unit)
            self.desk.show(unit, place, letter, by)
        else:
            self._bring(self.trace)
            self.trace.set_payload(parts.traces, place, letter, keep_range=True)
            self.trace.show_label(place, letter, by)
        self._draw_before()
        self._show_beside(parts.tissue)

    def _show_beside(self, tissue: Tissue | None) -> None:
        self.tissue.show_docks(tissue is not None)
        self.tissue.show(tissue)
        if tissue is not None:
            self.recolour()

    def show_label(self, place: int, letter: str, by: str = "") -> None:
        """The chip beside the shown sample's name, and the sign of the person who gave it."""
        if self.front is not None:
            self.front.show_label(place, letter, by)

    def recolour(self) -> None:
        """Colour the tissue anew, and count the measures by class: labels or predictions changed."""
        self.tissue.recolour()
        if self._desk is not None:
            self._desk.recolour()
        for desk in (self._pictures, self._pair, self._sound.desk if self._sound is not None else None):
            if desk is not None:
                desk.recolour()

    def show_features(self) -> None:
        """Offer the domain's numeric columns as colours of the tissue, and as what measures are seen among."""
        for desk in (self._pictures, self._pair, self._sound.desk if self._sound is not None else None):
            if desk is not None:
                desk.forget()
        if self._desk is not None:
            self._desk.forget()
            self._desk.show_population()
        if self.session.project is not None:
            self.tissue.show_features()

    def toggle_compare(self) -> bool:
        """Draw the sample that was shown before behind this one, or stop it."""
        self._compare = not self._compare
        self._draw_before()
        return self._compare

    def _draw_before(self) -> None:
        """The sample that was shown before behind this one, when they are compared."""
        from models.payload import Traces

        before = self._before if self._compare else None
        if self._trace is not None:
            traces = before if isinstance(before, Traces) else None
            self._trace.set_previous(traces, f"before: {traces.title or traces.names[0]}" if traces is not None else "")
        if self._desk is not None:
            self._desk.viewer.set_previous(None if isinstance(before, Traces) else before)

    def show_loading(self, title: str) -> None:
        """Say that a sample is being read: the one before would be taken for it."""
        shown = self._paired() or self._sounding() or self.front
        if shown is not None:
            shown.say_loading(title)

    def show_words(self, title: str, text: str, icon: str = "") -> None:
        """Say why there is nothing to see."""
        shown = self._paired() or self._sounding() or self.front
        if shown is None:
            self.words.set_state(title, text, icon or SIGN)
        else:
            shown.set_words(title, text, icon)
        self._show_beside(None)

    def close_down(self) -> None:
        """End the background reading."""
        if self._trace is not None:
            self._trace.close_down()
        if self._desk is not None:
            self._desk.close_down()
        if self._pictures is not None:
            self._pictures.viewer.close_down()
        if self._pair is not None:
            self._pair.close_down()
        if self._sound is not None:
            self._sound.close_down()
