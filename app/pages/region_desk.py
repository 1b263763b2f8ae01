"""The annotations of a recording on the curate page: in step with the journal, changed by hand, named by class keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from models.errors import UserError
from models.event import CANNOT_SAY, CLEARED, REGION
from models.region import Region, read_regions, region_name, split_region
from widgets import tokens
from widgets.parts.notice import Note
from widgets.recording.region_model import Names
from widgets.recording.scale import page_words

if TYPE_CHECKING:
    from app.session import Session
    from widgets.recording.viewer import RecordingViewer
    from widgets.sound.viewer import SoundViewer


#: Why a list is empty for who votes blind.
HIDDEN = "None of yours: what others annotated is hidden until you vote"


class RegionDesk(QObject):
    """Keeps the regions of a viewer in step with the session, and does what a hand on them asks for.

    `regions_shown(regions, colours)`: other annotations are seen, with the class index of each text that is a class.
    """

    regions_shown = Signal(object, object)
    #: What one is called here, with and without its article.
    one, called = "an annotation", "annotation"

    def __init__(self, session: Session, viewer: RecordingViewer | SoundViewer) -> None:
        super().__init__()
        self.session, self.viewer = session, viewer
        self._row, self._shown = -1, -1
        self._values: dict[str, str] = {}
        self._regions: tuple[Region, ...] = ()
        #: Names of the annotations that are selected in a list beside the traces.
        self.picked: Callable[[], Sequence[str]] = tuple
        viewer.region_drawn.connect(self._draw)
        viewer.region_moved.connect(self._move)
        viewer.region_removed.connect(self.remove)
        session.takers.append(self._take)

    # What is shown

    def stand_on(self, whole: str, row: int = -1) -> None:
        """Of another sample from now on. whole: the one that its regions are kept on; row: its own, where that is not
        the session's."""
        self._shown = row if row >= 0 else self.session.current
        rows = self.session.rows_of([whole]) if whole else []
        self._row = int(rows[0]) if len(rows) else -1

    def show_anew(self) -> None:
        """The regions of the sample that it stands on, once its viewer shows it."""
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
        titles = self._titles(colours)
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

    def names(self) -> Names:
        """What regions can be called: the classes of the project."""
        classes = list(self.session.classes)
        titles = [self.session.class_title(name) for name in classes]
        return Names({name: place for place, name in enumerate(classes)}, titles, tokens.propose_letters(classes))

    def authors(self) -> dict[str, str]:
        """Who had the last word on each, by its name."""
        project = self.session.project
        return project.journal.fold.authors(self._row, REGION) if project is not None and self._row >= 0 else {}

    def _titles(self, colours: dict[str, int]) -> dict[str, str]:
        """What is written for each text that names a class."""
        return {text: self.session.class_title(self.session.classes[place]) for text, place in colours.items()}

    def is_seen(self) -> bool:
        """Whether a recording is seen."""
        return self.viewer.isVisible() and not self.viewer.speaks()

    def has_chosen(self) -> bool:
        """Whether an annotation is chosen."""
        return self.is_seen() and bool(self._chosen())

    # What a hand asks for

    def _draw(self, drawn: Region) -> None:
        region = replace(drawn, name=region_name())
        if self._write([region], f"Annotate {page_words(region.seconds)}"):
            self.viewer.choose_region(region.name)

    def _move(self, region: Region) -> None:
        self._write([region], f"Move {region.text or self.one}")

    def change(self, region: Region, title: str) -> None:
        """Another start, length or text of an annotation."""
        self._write([region], title)

    def remove(self, *names: str) -> None:
        """Take annotations out as one act, the chosen ones where none is named."""
        wanted = set(names or (one.name for one in self._chosen()))
        found = [one for one in self._regions if one.name in wanted]
        if found and self._row >= 0:
            told = found[0].text or self.one if len(found) == 1 else f"{len(found)} {self.called}s"
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
        region, at = self.viewer.chosen_region(), self.viewer.cursor_time()
        if region is None:
            return
        if not region.start < at < region.stop:
            raise UserError(f"Click where the {self.called} is to be split, then split it.")
        self._write(split_region(region, at), f"Split {region.text or self.one}")

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

    def _no_more(self, by: int, seen: int) -> str:
        """Why there is no annotation to go to."""
        lost = len(self._regions) - seen
        if seen:
            words = f"No {self.called} {'after' if by > 0 else 'before'} this place."
        elif self.hides():
            return f"{HIDDEN}."
        else:
            words = f"No {self.called} here. Press R and drag to draw one."
        return f"{words} {lost} outside the recording cannot be shown." if lost else words

    def _take(self, value: str) -> bool:
        """A class key over a chosen annotation names it, and not the sample."""
        found = self._chosen() if self.is_seen() else []
        if not found or value == CANNOT_SAY:
            return False
        text = "" if value == CLEARED else value
        words = self.session.class_title(value) if text else "No class"
        told = self.one if len(found) == 1 else f"{len(found)} {self.called}s"
        return self._write([replace(one, text=text) for one in found], f"{words} on {told}")

    def _write(self, regions: Sequence[Region], title: str) -> bool:
        if self._row < 0:
            return False
        return self.session.annotate(self._row, {one.name: one for one in regions}, title)

    def let_go(self) -> None:
        """Another project: its rows mean other samples."""
        self._row, self._shown, self._values, self._regions = -1, -1, {}, ()
        self.viewer.forget()

    def close_down(self) -> None:
        """End the background work of the viewer."""
        if self._take in self.session.takers:
            self.session.takers.remove(self._take)
        self.viewer.close_down()
