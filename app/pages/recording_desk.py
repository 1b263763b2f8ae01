"""The viewer of recordings on the curate page: its annotations in step with the journal, named by class keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QWidget

from app.pages.recording_kept import RecordingKept
from app.pages.region_desk import RegionDesk
from models.electrodes import recorded_pairs
from models.errors import UserError
from models.montage import BUILT_IN, Montage, read_montage
from models.natural import natural
from models.payload import Recording
from widgets.parts.notice import Note
from widgets.recording.montage_editor import MontageEditor
from widgets.recording.viewer import RecordingViewer

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session


class RecordingDesk(RegionDesk):
    """Keeps the viewer in step with the session: its recording, how that is looked at, its annotations."""

    viewer: RecordingViewer

    def __init__(self, session: Session, cache: Path | None = None) -> None:
        super().__init__(session, RecordingViewer(cache))
        self.kept = RecordingKept(session)
        self.follow_project()
        self.viewer.choices_changed.connect(lambda: self.kept.keep_choices(self.viewer.choices()))
        self.viewer.bad_changed.connect(self._keep_bad)
        self.viewer.rows.picked_first.connect(self._tell_picked)
        self.viewer.montages_asked.connect(lambda: self.edit_montages(self.viewer.window()))
        self._recording = ""

    def show(self, recording: Recording, place: int, letter: str, by: str, row: int = -1) -> None:
        """Show a recording with the annotations of its whole. row: of the sample, the session's own where none is."""
        self.stand_on(recording.whole, row)
        self._recording = recording.whole or self.session.sample_id(self._shown)
        if (bad := self.kept.bad(self._recording)) is not None:
            recording = replace(recording, bad=bad)
        self.viewer.page.growth.cache = self.session.open_project.cache
        self.viewer.set_payload(recording, place, letter, by)
        self.show_anew()

    def take_here(self) -> None:
        """Go to the sample of this recording that speaks for the middle of the page.

        Raises UserError where none does, or where the list leaves it out.
        """
        session, watch = self.session, self.session.open_domain.watch
        courses = watch.courses(session.open_project.samples) if watch is not None else ()
        course = next((one for one in courses if self._shown in one.rows or self._shown == one.whole), None)
        if course is None or not len(course.rows):
            raise UserError("This recording has no other windows.")
        left, right = self.viewer.page.plot.x_range()
        row = int(course.rows[np.abs((course.starts + course.stops) / 2 - (left + right) / 2).argmin()])
        if row not in session.order:
            raise UserError(f"{session.short(row)} is not in the list: clear its filter, or choose another queue.")
        session.go_to(row)
        self.viewer.fit()

    # What is kept

    def follow_project(self) -> None:
        """Look as this project was looked at, at first as its import said."""
        self.kept.adopt()
        with QSignalBlocker(self.viewer):
            self.viewer.set_montages(self.kept.montages())
            self.viewer.set_choices(self.kept.choices())

    def _tell_picked(self, label: str, channels: int) -> None:
        then = "calls its channel bad" if channels == 1 else "asks which of its channels is bad"
        words = f"The first row, {label}, is picked: Alt+↑ and Alt+↓ pick another one, Shift+C once more {then}."
        self.session.noticed.emit(Note(words, "info"))

    def _keep_bad(self, names: Collection[str]) -> None:
        if not self._recording:
            return
        recording, known, page = self._recording, self.kept.bad(self._recording), self.viewer.page
        before = known if known is not None else page.recording.bad if page.recording is not None else ()
        try:
            self.kept.keep_bad(recording, names)
        except UserError as error:
            self._show_kept_bad()
            self.session.noticed.emit(Note(str(error), "error", "Not saved"))
            return
        turn = partial(self._turn_bad, recording, self.session.sample_id(self._shown))
        back = partial(turn, said=[*names], other=[*before], silent=known is None)
        self.session.keep_reversal(_turned(before, names), back, partial(turn, said=[*before], other=[*names]))
        told = (
            f"Bad from now on: {', '.join(sorted(names, key=natural))}"
            if names
            else "All channels are good from now on"
        )
        pairs = recorded_pairs(sorted(frozenset(names) - frozenset(before)))
        made = " Models take the other pairs instead, where these connect its electrodes." if pairs else ""
        stays = " What runs of before said stays as it is." if self.session.run else ""
        words = f"{told}, for trainings and predictions too.{made}{stays} Ctrl+Z takes it back."
        self.session.noticed.emit(Note(words, "info"))

    def _turn_bad(
        self, recording: str, sample: str, *, said: Collection[str], other: Collection[str], silent: bool = False
    ) -> None:
        """Say the other of a recording where one was said, and go where that is seen.

        What was said since of other channels, here or in another window, stays. silent: nobody had said anything.
        """
        known = self.kept.bad(recording)
        now = frozenset(said if known is None else known)
        names = (now - ({*said} - {*other})) | ({*other} - {*said})
        self.kept.keep_bad(recording, None if silent and names == {*other} else names)
        if recording == self._recording:
            self._show_kept_bad()
        elif (row := self.session.rows_of([sample])[0]) >= 0:
            self.session.go_to(row)

    def _show_kept_bad(self) -> None:
        """The bad channels as they are kept: what could not be is not shown as if it were."""
        page, known = self.viewer.page, self.kept.bad(self._recording)
        if page.recording is not None:
            page.set_bad(page.recording.bad if known is None else known)

    def add_montage(self, path: Path) -> None:
        """Offer a montage that a person wrote as JSON, and look by it. Raises UserError."""
        montage = read_montage(path)
        if montage.name in BUILT_IN:
            raise UserError(f"{path.name} is named {montage.name}, as one that is built in. Give it another name.")
        others = [one for one in self.kept.montages() if one.name != montage.name]
        self.kept.keep_montages((*others, montage))
        self.viewer.set_montages((*others, montage))
        self.viewer.choose_montage(montage.name)

    def montage(self) -> Montage:
        """The montage that is looked by."""
        return self.viewer.page.look.montage

    def own_montages(self) -> list[Montage]:
        """The project's own montages, in the order of their keys."""
        return self.kept.montages()

    def edit_montages(self, parent: QWidget) -> None:
        """Let a person write montages; the recording is seen by the one that is written."""
        before, recording = self.viewer.page.look, self.viewer.recording
        names = recording.names if recording is not None else ()
        editor = MontageEditor(self.kept.montages(), before.montage.name, names, parent)
        editor.previewed.connect(lambda one: self.viewer.page.set_look(replace(self.viewer.page.look, montage=one)))
        editor.rejected.connect(lambda: self.viewer.page.set_look(before))
        editor.saved.connect(self._save_montages)
        editor.open()

    def _save_montages(self, own: Sequence[Montage], name: str) -> None:
        self.kept.keep_montages(own)
        self.viewer.set_montages(own)
        self.viewer.choose_montage(name)

    def forget(self) -> None:
        """Another project: its rows mean other samples."""
        self._recording = ""
        self.let_go()
        self.follow_project()


def _turned(before: Collection[str], names: Collection[str]) -> str:
    """What a person said who changed which channels are bad."""
    other = sorted({*before} ^ {*names}, key=natural)
    return f"Call {', '.join(other)} {'bad' if {*other} <= {*names} else 'good'}"
