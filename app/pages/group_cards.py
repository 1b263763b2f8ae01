"""The samples of one group side by side: a card each, heard by a click or by key, all in turn where that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.nouns import group_noun, sample_noun
from app.pages.group_data import Groups
from app.pages.thumbs import Thumbs
from models.change import Rows
from models.learn.words import plural
from models.payload import Sound
from widgets import numbers, tokens
from widgets.card_wall import Card, CardWall
from widgets.parts.buttons import ToolButton
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.notice import Note
from widgets.sound.player import Clip, Player
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window


class Hearing(QObject):
    """Plays samples, one or several in turn: each is read beside the window first. ``changed``: another is heard."""

    changed = Signal()

    def __init__(self, window: Window, reader: Reader) -> None:
        super().__init__(window)
        self.desk, self.session, self.reader = window, window.session, reader
        self.player = Player(parent=self)
        self.row = -1
        self._turn: list[int] = []
        self._ahead = False
        self._connect(self.player)
        reader.arrived.connect(self._came)
        reader.failed.connect(self._failed)

    def _connect(self, player: Player) -> None:
        player.ended.connect(lambda _place: self._next())
        player.troubled.connect(self._say)

    def use_player(self, player: Player) -> None:
        """Play through another one."""
        self.player = player
        self._connect(player)

    def toggle(self, rows: Sequence[int]) -> None:
        """Hear these in turn; what is heard already falls silent."""
        if self.row >= 0 and self.row in rows:
            self.stop()
        else:
            self.hear(rows)

    def hear(self, rows: Sequence[int]) -> None:
        """Hear these in turn from the first on."""
        self.player.stop()
        self._turn, self.row, self._ahead = list(rows), -1, False
        self._next()

    def stop(self) -> None:
        """Be silent."""
        self.player.stop()
        self._turn, self.row = [], -1
        self.changed.emit()

    def busy(self) -> bool:
        """Whether a sound is still to be read."""
        return self._ahead

    def _next(self) -> None:
        self.row = self._turn.pop(0) if self._turn else -1
        self._ahead = self.row >= 0
        if self.row >= 0:
            domain, samples, row = self.session.open_domain, self.session.open_project.samples, self.row
            self.reader.ask(("hear", row), lambda: domain.load(samples, row), "hear")
        self.changed.emit()

    def _came(self, key: Any, payloads: Any) -> None:
        if key != ("hear", self.row):
            return
        self._ahead = False
        sound = next((one for one in payloads if isinstance(one, Sound)), None)
        if sound is None:
            self._say(f"{self.session.short(self.row)} has no sound: it is a picture or a row of a table")
            return
        self.player.play(Clip(sound.reader.read, sound.rate, 0, sound.reader.length))
        self.changed.emit()

    def _failed(self, key: Any, error: Exception) -> None:
        """One that cannot be read is told and passed over."""
        if key == ("hear", self.row):
            self.desk.notify(Note(str(error), "warn", "Not heard"))
            self._next()

    def _say(self, why: str) -> None:
        self.stop()
        self.desk.notify(Note(why, "info", "Nothing to hear"))


class GroupCards:
    """What a wall reads of the session, for the visible cards at once."""

    def __init__(self, groups: Groups, thumbs: Thumbs, hearing: Hearing) -> None:
        self.groups, self.session, self.thumbs, self.hearing = groups, groups.session, thumbs, hearing

    def pixels(self, rows: Rows, size: int) -> Sequence[Any]:
        """A picture each, None for those to come."""
        return self.thumbs.pixels(rows, size)

    def cards(self, rows: Rows) -> Sequence[Card]:
        """Label, the model's word and what is wrong, of each."""
        session, p = self.session, self.groups.p
        labels, human = session.places()[rows], session.fold.human()[rows]
        place = self.groups.place_of(int(rows[0])) if len(rows) else -1
        of = int(self.groups.found.of[place]) if place >= 0 and self.groups.found is not None else -1
        warns = self._warnings(rows)
        cards = []
        for at, row in enumerate(rows.tolist()):
            said = bool(p.shape[1]) and bool(np.isfinite(p[row]).all())
            value = float(p[row, of]) if said and of >= 0 else float("nan")
            model = int(p[row].argmax()) if said else -1
            heard = row == self.hearing.row
            cards.append(
                Card(
                    session.short(row),
                    int(labels[at]),
                    model,
                    value,
                    self._words(row, said),
                    warns[at],
                    heard,
                    bool(human[at]),
                )
            )
        return cards

    def _words(self, row: int, said: bool) -> str:
        """What the prediction is of, or why there is none."""
        part = self.session.view.column("part")[row]
        known = {"test": "test", "out_of_fold": "out of fold", "rest": "new to the run"}
        if said:
            return known.get(str(part), str(part))
        return {"train": "the run learnt from it", "val": "the run was chosen by it"}.get(str(part), "")

    def _warnings(self, rows: Rows) -> list[str]:
        """Flags of people and those that were measured."""
        fold, view = self.session.fold, self.session.view
        told: list[list[str]] = [[] for _ in range(len(rows))]
        for name in ("flag", "exclude", "bad quality"):
            for at in np.flatnonzero(fold.flagged(name)[rows]).tolist():
                told[at].append({"flag": "flagged", "exclude": "excluded"}.get(name, name))
        if "quality" in view.names():
            for at, value in enumerate(view.column("quality")[rows].tolist()):
                told[at] += [str(value)] if value else []
        return [", ".join(one) for one in told]


class CardsPane(QWidget):
    """The cards of the chosen group with their head. ``picked``: cards of it were chosen by hand."""

    picked = Signal()
    opened = Signal(int)

    def __init__(self, window: Window, groups: Groups, thumbs: Thumbs, reader: Reader) -> None:
        super().__init__()
        self.desk, self.session, self.groups = window, window.session, groups
        self.hearing = Hearing(window, reader)
        #: Whether any of the shown samples can be heard.
        self.sounds = False
        self.head = PaneHeader("", "")
        self.play = ToolButton("play", "Hear all in turn")
        self.play.setObjectName("groups.play")
        self.play.clicked.connect(self.toggle_all)
        self.head.add_tool(self.play, keep=True)
        self.wall = CardWall()
        self.wall.setObjectName("groups.cards")
        self.wall.set_cards(GroupCards(groups, thumbs, self.hearing))
        self.wall.set_empty("Nobody is chosen", "Choose a line of the list: all samples of it stand here.", "list")
        self.wall.selection_asked.connect(lambda _rows: self.picked.emit())
        self.wall.opened_asked.connect(self.opened)
        self.wall.played.connect(lambda row: self.hearing.toggle([row]))
        self.hearing.changed.connect(self._show_heard)
        make_pane_in(self, self.head, self.wall)

    def show_group(self, place: int, whole: bool) -> None:
        """The samples of a group, −1 for none; whole: all of them are chosen."""
        found = self.groups.found
        rows = found.of_group(place) if found is not None and place >= 0 else np.zeros(0, np.int64)
        if self.hearing.row >= 0 and self.hearing.row not in rows:
            self.hearing.stop()
        self.wall.set_letters(tokens.propose_letters(self.session.classes))
        self.wall.set_rows(rows)
        if whole and len(rows):
            here = self.wall.picks.current
            self.wall.show_selection(here if here in rows else int(rows[0]), rows)
        self._show_words(place)
        hear = self.session.open_domain.audible
        self.sounds = hear is not None and bool(hear(self.session.open_project.samples.take(rows)).any())
        self.play.setVisible(self.sounds)

    def _show_words(self, place: int) -> None:
        found = self.groups.found
        if found is None or place < 0:
            self.head.set_title("Side by side", "")
            return
        name, count = self.groups.short(place), int(found.counts[place])
        told = plural(count, sample_noun(self.session))
        alone = f", the only one of this {group_noun(self.session)}" if count == 1 else ""
        mixed = ", labelled differently" if found.mixed[place] else ""
        self.head.set_title(name, f"{told}{alone}{mixed}; {self.groups.words(place)}")
        self.head.setToolTip(str(found.names[place]))

    def _show_heard(self) -> None:
        heard = self.hearing.row >= 0
        self.play.set_icon("pause" if heard else "play")
        self.play.set_tip("Be silent" if heard else "Hear all in turn")
        self.wall.refresh()

    def toggle_all(self) -> None:
        """Hear all of the group in turn, or be silent."""
        self.hearing.toggle(self.wall.picks.rows.tolist())

    def toggle(self) -> None:
        """Hear the chosen card, all in turn where several are; or be silent."""
        if self.hearing.row >= 0:
            self.hearing.stop()
        else:
            self.hearing.hear(self.wall.picks.selected().tolist())

    def close_down(self) -> None:
        """Be silent for good."""
        self.hearing.player.close_down()


def told_of(groups: Groups, place: int, rows: Rows) -> str:
    """What some samples of a group are in a notice: ``2 of 5 recordings of ALS020``."""
    found, session = groups.found, groups.session
    assert found is not None
    whole, noun = int(found.counts[place]), sample_noun(session)
    name = groups.short(place)
    if len(rows) == whole:
        return f"{plural(whole, noun)} of {name}"
    return f"{numbers.count(len(rows))} of {plural(whole, noun)} of {name}"


def make_pane_in(holder: QWidget, head: PaneHeader, body: QWidget, *more: QWidget) -> None:
    """Fill a widget with a pane."""
    from PySide6.QtWidgets import QVBoxLayout

    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(make_pane(head, body, *more))
