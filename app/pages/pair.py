"""A recording and its spectrogram beside each other on the curate page, with one time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.recording_desk import RecordingDesk
from app.pages.region_pane import RegionPane
from models.payload import Recording, Spectrogram
from models.region import Region
from widgets.parts import SegmentedButtons, Splitter
from widgets.spectrogram.relevance import Lit
from widgets.spectrogram.viewer import SpectrogramViewer
from widgets.viewer import Viewer
from widgets.why.adds import Adds
from widgets.why.pane import Said, WhyPane

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session

#: The settings that keep the colours of spectrograms, and what share of the room the recording has.
CHOICES, SHARE = "spectrogram_view", "recording_share"
#: The share at first, and the least width that both can stand in.
FIRST, LEAST = 0.6, 560
#: Height of the list of annotations at first.
LISTED = 200
SIGNED = "Vermillion speaks for the class, blue against it."
SHADED = "What lies in the shade counts little; at the right each frequency over all times."
_NAMES = (("recording", "Recording", ""), ("spectrogram", "Spectrogram", ""))


class Pair(QWidget):
    """The two viewers of a sample, or the one that it has; where both are too narrow, one at a time.

    brief: to be looked at beside other things: without tools, annotations cannot be changed.
    why_asked(layer): the model is to explain its class, by this layer of it, "" for its own.
    """

    why_asked = Signal(str)

    def __init__(self, session: Session, cache: Path | None = None, brief: bool = False) -> None:
        super().__init__()
        self.session = session
        self.desk = RecordingDesk(session, cache)
        self.brief = brief
        self.recording, self.spectrogram = self.desk.viewer, SpectrogramViewer(cache)
        self.spectrogram.set_choices(session.settings.get(CHOICES, {}))
        self.spectrogram.choices_changed.connect(lambda: session.settings.set(CHOICES, self.spectrogram.choices()))
        self._there: tuple[bool, bool] = (True, False)
        self.regions = RegionPane(self.desk)
        self._build()
        self._join()

    def _build(self) -> None:
        self.split = Splitter(Qt.Orientation.Horizontal)
        self.split.setObjectName("recording_split")
        for viewer in self.viewers():
            self.split.addWidget(viewer)
        if self.brief:
            self.recording.be_brief()
            self.spectrogram.header.hide()
        else:
            self.split.splitterMoved.connect(self._keep_share)
        self.tabs = SegmentedButtons(_NAMES, "Shown")
        self.tabs.setObjectName("recording_tabs")
        self.tabs.chosen.connect(lambda _name: self._arrange())
        self.tabs.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.levels = Splitter(Qt.Orientation.Vertical)
        self.levels.setObjectName("recording_levels")
        self.levels.addWidget(self.split)
        self.levels.addWidget(self.regions.list)
        self.levels.setStretchFactor(0, 1)
        self.levels.setSizes([700, LISTED])
        column.addWidget(self.tabs)
        column.addWidget(self.levels, 1)
        self.why = WhyPane()
        self.why.layer_asked.connect(self.why_asked)
        self.why.closed.connect(self.explain_nothing)
        if not self.brief:
            self.recording.add_button("bulb", "Explain the model’s class", "why", lambda: self.why_asked.emit(""))
        column.addWidget(self.why)
        self._arrange()

    def be_brief(self, on: bool) -> None:
        """Of one that is made brief: without tools, or with those that it is looked at by."""
        self.recording.be_brief(on)
        self.spectrogram.header.setVisible(not on)

    def _join(self) -> None:
        """One cursor; a click on the spectrogram brings the recording there."""
        self.recording.cursor_moved.connect(self.spectrogram.show_cursor)
        self.recording.range_changed.connect(self.spectrogram.set_page)
        self.spectrogram.cursor_moved.connect(self.recording.show_cursor)
        self.spectrogram.time_asked.connect(self._go_to)
        self.desk.regions_shown.connect(self._mark)

    def _go_to(self, seconds: float) -> None:
        if self._there[0]:
            self.recording.show_cursor(seconds)

    def _mark(self, regions: Sequence[Region], colours: dict[str, int]) -> None:
        self.spectrogram.set_regions(regions, colours)

    # -- what is shown

    def viewers(self) -> tuple[Viewer, Viewer]:
        """Both, whether they are seen or not."""
        return self.recording, self.spectrogram

    def seen(self) -> list[Viewer]:
        """Those that the sample has, the one that its name stands in first."""
        return [viewer for viewer, there in zip(self.viewers(), self._there, strict=True) if there]

    def hand(self) -> Viewer:
        """The one that keys are for."""
        focus = self.focusWidget()
        alone = self.tabs.isVisible() and self.tabs.value() == "spectrogram"
        inside = focus is not None and (focus is self.spectrogram or self.spectrogram.isAncestorOf(focus))
        return self.spectrogram if self._there[1] and (alone or inside) else self.seen()[0]

    def show_payloads(
        self,
        recording: Recording | None,
        spectrogram: Spectrogram | None,
        place: int = -1,
        letter: str = "",
        by: str = "",
        row: int = -1,
    ) -> None:
        """Show what a sample has of the two. place, letter, by: of its label, which stands beside its name once.

        row: of the sample, where it is not the one that the session shows.
        """
        self._there = (recording is not None, spectrogram is not None)
        self._arrange()
        self.explain_nothing()
        if not self.brief:
            self.regions.restore(recording is not None)
        self.spectrogram.set_cache(self.session.open_project.cache)
        label: tuple[int, str, str] = (-1, "", "") if recording is not None else (place, letter, by)
        self.spectrogram.set_payload(spectrogram, *label)
        if recording is not None:
            self.desk.show(recording, place, letter, by, row)
            self.recording.offer_editing(not self.brief and self.recording.edit.isEnabled())
        else:
            self.desk.forget()
            self.spectrogram.set_page(None)

    def say_loading(self, title: str) -> None:
        """A sample is being read."""
        for viewer in self.seen():
            viewer.say_loading(title)

    def set_words(self, title: str, text: str, icon: str) -> None:
        """Say why there is nothing to see, once."""
        self._there = (True, False)
        self._arrange()
        self.explain_nothing()
        self.spectrogram.forget()
        self.regions.list.hide()
        self.recording.set_words(title, text, icon)

    # -- why

    def explain(self, sample: str, result: Mapping[str, Any]) -> None:
        """Tell below why the model gave its class to the shown sample; its relevance lies on what it is of."""
        lies: dict[str, Any] = result.get("overlays", {}).get(sample, {})
        reasons: dict[str, Any] = result.get("reasons", {}).get(sample, {})
        values = np.asarray(result.get("values", {}).get(sample, ()), np.float64)
        self._wipe()
        drawn = self._lay(values, lies) if lies and sample not in result.get("empty", ()) else ""
        adds = _adds(reasons)
        signed = SIGNED if adds is not None and not drawn.startswith(SIGNED) else ""
        limit = _limit(adds) if adds is not None else ""
        words = [str(result.get("words", "")), _sentence(str(lies.get("note", ""))), drawn, signed, limit]
        name = str(lies.get("class") or reasons.get("class", ""))
        self.why.show_said(
            Said(
                self.session.class_title(name),
                " ".join(word for word in words if word),
                result.get("layers", ()),
                str(result.get("layer", "")),
                lies.get("shares", {}),
                adds,
            )
        )

    def _lay(self, values: npt.NDArray[np.float64], lies: Mapping[str, Any]) -> str:
        """Draw a relevance where it belongs; what keeps it from being seen."""
        span, names = self._around(lies["span"]), tuple(lies["rows"])
        page, strips = self.recording.page, self.spectrogram.relevance
        if lies["hertz"]:
            parts = values.reshape(len(names), -1, values.shape[1])
            strips.set_lit(Lit(parts, names, span, (lies["hertz"][0], lies["hertz"][1])))
            return SHADED if self._there[1] else "There is no spectrogram to draw it on."
        if not self._there[0]:
            return "There is no recording to draw it on."
        page.set_relevance(values, span, names)
        if not names:
            return ""
        drawn = len(page.spoken.rows())
        if not drawn:
            return "These rows are made otherwise: choose the double banana to see it."
        return SIGNED if drawn == len(names) else f"{SIGNED} {drawn} of {len(names)} rows; the double banana has all."

    def _around(self, span: Sequence[float]) -> tuple[float, float]:
        """Seconds around the middle of the sample as those of the recording."""
        shown = self.recording.recording if self._there[0] else self.spectrogram.spectrogram
        window = shown.window if shown is not None else None
        middle = sum(window) / 2 if window is not None else 0.0
        return middle + span[0], middle + span[1]

    def explain_nothing(self) -> None:
        """Put an explanation away."""
        self.why.show_said(None)
        self._wipe()

    def _wipe(self) -> None:
        """Take what the last explanation drew off the traces and the strips: another may draw nothing there."""
        self.recording.page.set_relevance(None)
        self.spectrogram.relevance.set_lit(None)

    def recolour(self) -> None:
        """Labels or annotations changed."""
        self.desk.recolour()

    def forget(self) -> None:
        """Another project: its rows mean other samples."""
        self.desk.forget()
        self.spectrogram.forget()

    def close_down(self) -> None:
        """End the background work."""
        self.desk.close_down()
        self.spectrogram.close_down()

    # -- room

    def _arrange(self) -> None:
        """Beside each other where there is room for both, else the chosen one."""
        both = all(self._there)
        narrow = both and self.width() < LEAST
        self.tabs.setVisible(narrow)
        for name, viewer, there in zip(("recording", "spectrogram"), self.viewers(), self._there, strict=True):
            viewer.setVisible(there and (not narrow or self.tabs.value() == name))
        if both and not narrow:
            first = round(self.width() * self.share())
            self.split.setSizes([first, self.width() - first])

    def share(self) -> float:
        """Of the room, what the recording has."""
        kept: Any = self.session.settings.get(SHARE, FIRST)
        return float(kept) if isinstance(kept, int | float) and 0.1 < kept < 0.9 else FIRST

    def _keep_share(self) -> None:
        sizes = self.split.sizes()
        if all(sizes):
            self.session.settings.set(SHARE, round(sizes[0] / sum(sizes), 3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _limit(adds: Adds) -> str:
    """What the strongest colour of the table stands for."""
    most = float(np.abs(adds.values).max(initial=0))
    return (
        f"The strongest colour is {most:.2f} of the score, in logits."
        if most > 0
        else "Nothing of the table adds anything."
    )


def _adds(reasons: Mapping[str, Any]) -> Adds | None:
    """What features add by channel and band, None where that is not told."""
    table = reasons.get("table")
    if not table:
        return None
    others = tuple((str(name), float(value)) for name, value in table["others"])
    return Adds(tuple(table["rows"]), tuple(table["columns"]), np.asarray(table["values"], np.float64), others)
