"""The viewer of sounds on the curate page: its regions in step with the journal, its choices kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.region_desk import RegionDesk
from app.pages.region_pane import RegionPane
from models.payload import Sound
from widgets import tokens
from widgets.parts import Splitter
from widgets.recording.region_list import RegionList
from widgets.recording.region_model import SOUND, Names
from widgets.sound.player import Player
from widgets.sound.viewer import SoundViewer

if TYPE_CHECKING:
    from app.session import Session

#: The person's settings: how sounds are seen and heard, and whether the list of regions is open.
CHOICES, LISTED = "sound_view", "sound_list"
#: Height of the list of regions at first, in px; less in a low window.
TALL, SHORT, LOW = 170, 110, 720


class SoundDesk(RegionDesk):
    """Keeps the viewer in step with the session. Words that are no class have a colour as well: regions of a sound are
    often of other things than its classes."""

    viewer: SoundViewer
    one, called = "a region", "region"

    def __init__(self, session: Session, cache: Path | None = None, player: Player | None = None) -> None:
        super().__init__(session, SoundViewer(cache, player=player))
        self.viewer.set_choices(session.settings.get(CHOICES, {}))
        self.viewer.choices_changed.connect(lambda: session.settings.set(CHOICES, self.viewer.choices()))

    def show(self, sound: Sound, place: int, letter: str, by: str, row: int = -1) -> None:
        """Show a sound with the regions of its whole. row: of the sample, the session's own where none is."""
        self.stand_on(sound.whole, row)
        self.viewer.set_cache(self.session.open_project.cache)
        self.viewer.set_payload(sound, place, letter, by)
        self.show_anew()

    def forget(self) -> None:
        """Another project: its rows mean other samples."""
        self.let_go()

    # Words

    def words(self) -> list[str]:
        """What regions of this sound are called besides the classes."""
        known = super()._colours()
        return sorted({one.text for one in self._regions if one.text and one.text not in known})

    def _colours(self) -> dict[str, int]:
        first = len(self.session.classes)
        return super()._colours() | {text: first + place for place, text in enumerate(self.words())}

    def _titles(self, colours: dict[str, int]) -> dict[str, str]:
        classes = len(self.session.classes)
        return super()._titles({text: place for text, place in colours.items() if place < classes})

    def names(self) -> Names:
        """The classes of the project, and the words that are there already."""
        classes, words = list(self.session.classes), self.words()
        named = [*classes, *words]
        titles = [*(self.session.class_title(name) for name in classes), *words]
        return Names({name: place for place, name in enumerate(named)}, titles, tokens.propose_letters(named))


class SoundPane(QWidget):
    """The viewer with the list of its regions below it."""

    def __init__(
        self, session: Session, cache: Path | None = None, brief: bool = False, player: Player | None = None
    ) -> None:
        super().__init__()
        self.desk, self.brief = SoundDesk(session, cache, player), brief
        self.viewer = self.desk.viewer
        self.regions = RegionPane(self.desk, RegionList(kind="sound", columns=SOUND), LISTED, True)
        self.levels = Splitter(Qt.Orientation.Vertical)
        self.levels.setObjectName("sound_levels")
        self.levels.addWidget(self.viewer)
        self.levels.addWidget(self.regions.list)
        self.levels.setStretchFactor(0, 1)
        self.regions.list.setMinimumHeight(SHORT)
        self._sized = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.levels)
        if brief:
            self.viewer.be_brief()

    def show_sound(self, sound: Sound, place: int, letter: str, by: str = "", row: int = -1) -> None:
        """Show a sound. place, letter, by: of its label; row: of the sample, where it is not the session's."""
        self.regions.list.model.highest = sound.rate / 2
        self.desk.show(sound, place, letter, by, row)
        if self.brief:
            self.viewer.offer_editing(False)
            self.regions.list.hide()
        else:
            self.regions.restore(not self.viewer.speaks())
        self._size()

    def say_loading(self, title: str) -> None:
        """A sample is being read."""
        self.viewer.say_loading(title)

    def set_words(self, title: str, text: str, icon: str) -> None:
        """Say why there is nothing to see, once."""
        self.regions.list.hide()
        self.viewer.set_words(title, text, icon)

    def _size(self) -> None:
        """The list takes little of a low window; a person may change that."""
        if not self._sized and self.height() > 300:
            self._sized = True
            low = SHORT if self.height() < LOW else TALL
            self.levels.setSizes([self.height() - low, low])

    def close_down(self) -> None:
        """End the background work."""
        self.desk.close_down()
