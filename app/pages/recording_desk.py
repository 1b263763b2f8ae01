"""The viewer of recordings on the curate page: its annotations in step with the journal, named by class keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from app.pages.recording_kept import RecordingKept
from models.errors import UserError
from models.event import CANNOT_SAY, CLEARED, REGION
from models.montage import BUILT_IN, Montage, read_montage
from models.payload import Recording
from models.region import Region, read_regions, region_name, split_region
from widgets.parts.notice import Note
from widgets.recording.montage_editor import MontageEditor
from widgets.recording.scale import page_words
from widgets.recording.viewer import RecordingViewer

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session


#: Why a list is empty for who votes blind.
HIDDEN = "None of yours: what others annotated is hidden until you vote"


class RecordingDesk(QObject):
    """Keeps the viewer in step with the session, and does what a hand on its annotations asks for.

    `regions_shown(regions, colours)`: other annotations are seen, with the class index of each text that is a class.
    """

    regions_shown = Signal(object, object)

    def __init__(self, session: Session, cache: Path | None = None) -> None:
        super().__init__()
        self.session = session
        self.kept = RecordingKept(session)
        self.viewer = RecordingViewer(cache)
        self.follow_project()
        self.viewer.choices_changed.connect(lambda: self.kept.keep_choices(self.viewer.choices()))
        self.viewer.bad_changed.connect(self._keep_bad)
        self.viewer.montages_asked.connect(lambda: self.edit_montages(self.viewer.window()))
        self.viewer.region_drawn.connect(self._draw)
        self.viewer.region_moved.connect(self._move)
        self.viewer.region_removed.connect(self.remove)
        self._row = -1
        self._shown, self._recording = -1, ""
        self._values: dict[str, str] = {}
        self._regions: tuple[Region, ...] = ()
        #: Names of the annotations that are selected in a list beside the traces.
        self.picked: Callable[[], Sequence[str]] = tuple
        session.takers.append(self._take)

    # What is shown

    def show(self, recording: Recording, place: int, letter: str, by: str, row: int = -1) -> None:
        """Show a recording with the annotations of its whole. row: of the sample, the session's own where none is."""
        self._shown = row if row >= 0 else self.session.current
        rows = self.session.rows_of([recording.whole]) if recording.whole else []
        self._row = int(rows[0]) if len(rows) else -1
        self._recording = recording.whole or self.session.sample_id(self._shown)
        if (bad := self.kept.bad(self._recording)) is not None:
            recording = replace(recording, bad=bad)
        self.viewer.page.growth.cache = self.session.open_project.cache
        self.viewer.set_payload(recording, place, letter, by)
        self.viewer.offer_editing(self._row >= 0)
        self._values = {}
        self._regions = ()
        self.viewer.set_regions((), {})
        self.regions_shown.emit((), {})
        self.recolour()

    def recolour(self) -> None:
        """Labels or annotations changed; those that are as they were are left."""
        project = self.session.project
        values = project.journal.fold.values(self._row, REGION) if project is not None and self._row >= 0 else {}
        if self.hides():
            values = self._own_of(values)
        if project is None or values == self._values:
            return
        self._values = values
        self._regions = tuple(read_regions(values))
        colours = self._colours()
        titles = {text: self.session.class_title(self.session.classes[place]) for text, place in colours.items()}
        self.viewer.set_regions(self._regions, colours, titles)
        self.regions_shown.emit(self._regions, colours)

    def hides(self) -> bool:
        """Whether others' annotations are hidden until this person has voted on the shown sample."""
        known = self.session.project is not None and self._row >= 0 and self._shown >= 0
        return known and not bool(self.session.revealed()[self._shown])

    def _own_of(self, values: dict[str, str]) -> dict[str, str]:
        """Of annotations those that this person made: who votes blind is told nothing by the others'."""
        authors = self.session.open_project.journal.fold.authors(self._row, REGION)
        return {name: text for name, text in values.items() if authors.get(name) == self.session.curator}

    def regions(self) -> tuple[Region, ...]:
        """The annotations that are seen, in order of time."""
        return self._regions

    def _colours(self) -> dict[str, int]:
        """Class index of each text that names a class, in any case, by its name or its title."""
        session = self.session
        places = {name.casefold(): place for place, name in enumerate(session.classes)}
        places |= {session.class_title(name).casefold(): place for place, name in enumerate(session.classes)}
        texts = {region.text for region in self._regions}
        return {text: places[text.casefold()] for text in texts if text.casefold() in places}

    def is_seen(self) -> bool:
        """Whether a recording is seen."""
        return self.viewer.isVisible() and not self.viewer.speaks()

    def has_chosen(self) -> bool:
        """Whether an annotation is chosen."""
        return self.is_seen() and bool(self._chosen())

    # What a hand asks for

    def _draw(self, start: float, stop: float, channels: Sequence[str]) -> None:
        region = Region(region_name(), start, stop, "", tuple(channels))
        if self._write([region], f"Annotate {page_words(region.seconds)}"):
            self.viewer.choose_region(region.name)

    def _move(self, region: Region) -> None:
        self._write([region], f"Move {region.text or 'an annotation'}")

    def change(self, region: Region, title: str) -> None:
        """Another start, length or text of an annotation."""
        self._write([region], title)

    def remove(self, *names: str) -> None:
        """Take annotations out as one act, the chosen ones where none is named."""
        wanted = set(names or (one.name for one in self._chosen()))
        found = [one for one in self._regions if one.name in wanted]
        if found and self._row >= 0:
            told = found[0].text or "an annotation" if len(found) == 1 else f"{len(found)} annotations"
            self.session.annotate(self._row, dict.fromkeys((one.name for one in found), None), f"Delete {told}")

    def _chosen(self) -> list[Region]:
        """The annotations that are chosen: several in their list, else the one in the traces."""
        names = set(self.picked())
        if len(names) > 1:
            return [one for one in self._regions if one.name in names]
        region = self.viewer.chosen_region()
        return [region] if region is not None else []

    def split(self) -> None:
        """Part the chosen annotation at the time cursor. Raises UserError where that is not inside it."""
        region, at = self.viewer.chosen_region(), self.viewer.page.moment.at
        if region is None:
            return
        if not region.start < at < region.stop:
            raise UserError("Click where the annotation is to be split, then split it.")
        self._write(split_region(region, at), f"Split {region.text or 'an annotation'}")

    def step(self, by: int) -> None:
        """Choose the next annotation (by 1) or the one before (−1), from the chosen one or the page on.

        Those outside the recording are on no page: they are told and passed over.
        """
        seen = [one for one in self._regions if self.viewer.page.holds(one)]
        chosen = self.viewer.chosen_region()
        places = {one.name: place for place, one in enumerate(seen)}
        if chosen is not None and chosen.name in places:
            place = places[chosen.name] + by
        else:
            left, right = self.viewer.page.plot.x_range()
            middle = chosen.start if chosen is not None else (left + right) / 2
            later = sum(one.start <= middle for one in seen)
            place = later if by > 0 else later - 1
        if 0 <= place < len(seen):
            self.viewer.choose_region(seen[place].name)
        else:
            self.session.noticed.emit(Note(self._no_more(by, len(seen)), "info"))

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

    def _no_more(self, by: int, seen: int) -> str:
        """Why there is no annotation to go to."""
        lost = len(self._regions) - seen
        if seen:
            words = f"No annotation {'after' if by > 0 else 'before'} this place."
        elif self.hides():
            return f"{HIDDEN}."
        else:
            words = "No annotation here. Press R and drag to draw one."
        return f"{words} {lost} outside the recording cannot be shown." if lost else words

    def _take(self, value: str) -> bool:
        """A class key over a chosen annotation names it, and not the sample."""
        found = self._chosen() if self.is_seen() else []
        if not found or value == CANNOT_SAY:
            return False
        text = "" if value == CLEARED else value
        words = self.session.class_title(value) if text else "No class"
        told = "an annotation" if len(found) == 1 else f"{len(found)} annotations"
        return self._write([replace(one, text=text) for one in found], f"{words} on {told}")

    def _write(self, regions: Sequence[Region], title: str) -> bool:
        if self._row < 0:
            return False
        return self.session.annotate(self._row, {one.name: one for one in regions}, title)

    # What is kept

    def follow_project(self) -> None:
        """Look as this project was looked at, at first as its import said."""
        self.kept.adopt()
        with QSignalBlocker(self.viewer):
            self.viewer.set_montages(self.kept.montages())
            self.viewer.set_choices(self.kept.choices())

    def _keep_bad(self, names: Collection[str]) -> None:
        if self._recording:
            self.kept.keep_bad(self._recording, names)

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
        self._row, self._recording, self._values, self._regions = -1, "", {}, ()
        self.viewer.forget()
        self.follow_project()

    def close_down(self) -> None:
        """End the background reading."""
        if self._take in self.session.takers:
            self.session.takers.remove(self._take)
        self.viewer.close_down()
