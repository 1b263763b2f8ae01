"""The list of annotations below what they are of, in step with it and with the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.pages.region_desk import HIDDEN
from widgets.parts.notice import Note
from widgets.recording.region_list import NOTHING, RegionList

if TYPE_CHECKING:
    from app.pages.region_desk import RegionDesk

#: The setting that tells whether the list of recordings is open.
OPEN = "recording_list"


class RegionPane(QObject):
    """Shows the list while it is asked for; what is done in it is an act like one in the traces.

    listed: the list, of a recording's annotations where none is given. kept, first: the setting that tells whether it
    is open, and whether it is at first.
    """

    def __init__(
        self, desk: RegionDesk, listed: RegionList | None = None, kept: str = OPEN, first: bool = False
    ) -> None:
        super().__init__()
        self.desk, self.session = desk, desk.session
        self._kept, self._first = kept, first
        self.list = listed or RegionList()
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
        on = bool(self.session.settings.get(self._kept, self._first))
        if self.desk.viewer.list_button.isChecked() != on:
            self.desk.viewer.list_button.setChecked(on)
        self.list.setVisible(on and there)

    def picked(self) -> list[str]:
        """What is selected in it, nothing while it is closed."""
        return self.list.chosen() if self.list.isVisible() else []

    def _open(self, on: bool) -> None:
        self.session.settings.set(self._kept, on)
        self.list.setVisible(on and not self.desk.viewer.speaks())
        self._fill()
        if not on:
            self.desk.viewer.setFocus()

    def _fill(self) -> None:
        """Rows of a closed list are read when it opens."""
        if self.list.isHidden() and len(self.list.model.table) == 0:
            return
        viewer = self.desk.viewer
        self.list.view.empty = HIDDEN if self.desk.hides() else NOTHING.format(self.desk.called)
        self.list.model.authors = self.desk.authors()
        self.list.show_regions(viewer.region_table(), self.desk.names(), viewer.page.plot.bounds)
        chosen = viewer.chosen_region()
        self.list.show_chosen(chosen.name if chosen is not None else "")

    def _refuse(self, words: str) -> None:
        self.session.noticed.emit(Note(words, "warn", "Not changed"))
