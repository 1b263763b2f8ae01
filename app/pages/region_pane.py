"""The list of annotations below the traces, in step with them and with the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.pages.recording_desk import HIDDEN
from widgets import tokens
from widgets.parts.notice import Note
from widgets.recording.region_list import NOTHING, RegionList
from widgets.recording.region_model import Names

if TYPE_CHECKING:
    from app.pages.recording_desk import RecordingDesk

#: The setting that tells whether the list is open.
OPEN = "recording_list"


class RegionPane(QObject):
    """Shows the list while it is asked for; what is done in it is an act like one in the traces."""

    def __init__(self, desk: RecordingDesk) -> None:
        super().__init__()
        self.desk, self.session = desk, desk.session
        self.list = RegionList()
        self.list.hide()
        viewer = desk.viewer
        self.list.picked.connect(viewer.choose_region)
        self.list.edited.connect(desk.change)
        self.list.removed.connect(lambda names: desk.remove(*names))
        self.list.refused.connect(self._refuse)
        self.list.closed.connect(lambda: viewer.list_button.setChecked(False))
        self.list.left.connect(viewer.setFocus)
        viewer.list_button.toggled.connect(self._open)
        viewer.region_chosen.connect(self.list.show_chosen)
        desk.regions_shown.connect(lambda _regions, _colours: self._fill())
        desk.picked = self.picked

    def restore(self, there: bool) -> None:
        """Open it where it was open; there: a recording is shown."""
        on = bool(self.session.settings.get(OPEN, False))
        if self.desk.viewer.list_button.isChecked() != on:
            self.desk.viewer.list_button.setChecked(on)
        self.list.setVisible(on and there)

    def picked(self) -> list[str]:
        """What is selected in it, nothing while it is closed."""
        return self.list.chosen() if self.list.isVisible() else []

    def _open(self, on: bool) -> None:
        self.session.settings.set(OPEN, on)
        self.list.setVisible(on and self.desk.viewer.recording is not None)
        self._fill()
        if not on:
            self.desk.viewer.setFocus()

    def _fill(self) -> None:
        """Rows of a closed list are read when it opens."""
        if self.list.isHidden() and len(self.list.model.table) == 0:
            return
        session, viewer = self.session, self.desk.viewer
        classes = list(session.classes)
        titles = [session.class_title(name) for name in classes]
        places = {name: place for place, name in enumerate(classes)}
        names = Names(places, titles, tokens.propose_letters(classes))
        self.list.view.empty = HIDDEN if self.desk.hides() else NOTHING
        self.list.show_regions(viewer.page.annotating.table, names, viewer.page.plot.bounds)
        self.list.show_chosen(viewer.page.annotating.chosen)

    def _refuse(self, words: str) -> None:
        self.session.noticed.emit(Note(words, "warn", "Not changed"))
