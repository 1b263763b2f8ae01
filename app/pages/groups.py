"""Groups whose samples are judged together, such as speakers: all of one side by side, labelled in one act.

Above them stand the trainings of the run by set and fold, beside them whether its score is real. Only domains that say
that the samples of a group share their class (`Domain.together`) have the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.commands import Command
from app.nouns import group_noun, group_word, groups_title, sample_noun
from app.pages.group_cards import CardsPane, told_of
from app.pages.group_data import Groups
from app.pages.group_figures import GroupFigures
from app.pages.group_folds import FoldPane
from app.pages.group_pane import GroupPane
from app.pages.group_side import SidePane
from app.pages.page import Page
from app.pages.staged import Staging
from app.pages.thumbs import Thumbs
from models.change import (
    Change,
    LabelsChanged,
    ListChanged,
    Rows,
    RunsChanged,
    RunShown,
    SamplesChanged,
    SelectionChanged,
)
from widgets.parts.notice import Note
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

#: Widths of the right side, and of the window from which on it is the wide one.
WIDE, SLIM, NARROW = 400, 320, 1400


class GroupsPage(Page):
    """The matrix of folds over list and cards; leak meter, late fusion and workers at the right."""

    name = "groups"
    title = "Groups"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.groups = Groups(self.session)
        self.place, self.whole = -1, True
        self.reader = Reader(parent=self)
        self.looks = Reader(parent=self)
        self.thumbs = Thumbs(self.session, self.looks)
        self.staging = Staging(self.session)
        self.thumbs.came.connect(self._pictures_came)
        empty = EmptyState("")
        empty.action_asked.connect(lambda _key: window.run_command("project.import"))
        column = self.build_body(empty)
        self.head = GroupFigures(self.session)
        column.addWidget(self.head)
        column.addWidget(Rule())
        row = QHBoxLayout()
        row.setSpacing(0)
        column.addLayout(row, 1)
        self._build_parts(row)
        self.session.takers.append(self._take)

    # Building

    def _build_parts(self, row: QHBoxLayout) -> None:
        self.folds = FoldPane(self.desk, self.reader)
        self.folds.changed.connect(self._show_work)
        self.cards = CardsPane(self.desk, self.groups, self.thumbs, self.reader)
        self.cards.picked.connect(self._cards_picked)
        self.cards.opened.connect(self.open_sample)
        self.below = Splitter()
        self.pane = self._build_pane()
        self.below.addWidget(self.pane)
        self.below.addWidget(self.cards)
        self.below.setSizes([620, 540])
        self.left: Splitter = Splitter(Qt.Orientation.Vertical)
        self.left.addWidget(self.folds)
        self.left.addWidget(self.below)
        self.left.setSizes([420, 460])
        self.side = SidePane(self.desk)
        self.side.cell_asked.connect(self.show_cell)
        row.addWidget(self.left, 1)
        row.addWidget(Rule(upright=True))
        row.addWidget(self.side)
        self.side.setFixedWidth(WIDE)

    def _build_pane(self) -> GroupPane:
        pane = GroupPane(self.groups, self.thumbs)
        pane.sifted.connect(self._show_list)
        pane.cleared.connect(self.show_all)
        self.list = pane.list
        self.list.current_asked.connect(self.show_group)
        self.list.selection_asked.connect(lambda _places: self._choose_whole())
        self.list.opened_asked.connect(lambda _place: self.cards.toggle_all())
        return pane

    def commands(self) -> list[Command]:
        def some() -> bool:
            return self.session.project is not None and self.place >= 0

        def heard() -> bool:
            return some() and self.cards.sounds

        def command(name: str, title: str, run: Callable[[], None], keys: tuple[str, ...], look: str) -> Command:
            able = heard if name.startswith("hear") else some
            return Command(
                f"groups.{name}", lambda: self._named(title), run, keys, self._title, able, (self.name,), look
            )

        return [
            command("hear", "Hear the chosen, or be silent", self.cards.toggle, ("Space",), "play"),
            command("hear_all", "Hear all of the {group} in turn", self.cards.toggle_all, ("Shift+Space",), "play"),
            command("accept", "Label the {group} as the model says", self.accept, ("A",), "accept"),
            command("whole", "Choose all of the {group}", self._choose_whole, (), "list"),
            command("next", "Next {group} that needs a look", self.next_open, (".",), "right"),
            command("filter", "Filter {group}s", self.pane.focus_filter, ("/",), "filter"),
            command("flag", "Flag for review", lambda: self.flag("flag"), ("F",), "flag"),
            command("exclude", "Exclude from training", lambda: self.flag("exclude"), ("X",), "exclude"),
            command("quality", "Bad quality", lambda: self.flag("bad quality"), ("Shift+X",), "warn"),
        ]

    def _named(self, title: str) -> str:
        """A title of a command with the word for a group of the open project: Filter patients."""
        return title.format(group=group_word(self.session))

    def _title(self) -> str:
        return groups_title(self.session)

    # What it stands on

    def opened(self) -> None:
        for reader in (self.reader, self.looks):
            reader.forget()
        self.cards.hearing.stop()
        self.groups.forget()
        self.thumbs.forget()
        self.folds.forget()
        self.side.forget()
        self.pane.forget()
        self.cards.wall.forget()
        self.place, self.whole = -1, True

    def outdated(self) -> None:
        self.groups.forget()
        self.thumbs.forget()

    def refresh(self) -> None:
        session = self.session
        if session.project is None:
            return
        there = bool(session.open_project.journal.fold.live.any())
        self.stack.setCurrentIndex(1 if there else 0)
        self.setAccessibleName(self._title())
        if not there:
            title, told = f"No {sample_noun(session)}s yet", "Import a folder; a dry run shows what would come in."
            self.empty.set_state(title, told, "import", [("import", "Import data")])
            return
        self.groups.refresh()
        self.place = self.groups.place_of(session.current)
        self._show_words()
        self._show_list()
        self._show_runs()
        self._show_group()
        self.staging.begin()

    def follow(self, change: Change) -> None:
        if isinstance(change, SamplesChanged):
            self.outdated()
            self.refresh()
        elif isinstance(change, RunsChanged | RunShown):
            self.folds.show_scores()
            self.refresh()
        elif isinstance(change, LabelsChanged):
            self._labels_changed()
        elif isinstance(change, SelectionChanged):
            self._follow_selection(change.row)
        elif isinstance(change, ListChanged):
            return

    def _labels_changed(self) -> None:
        """Figures change in their places: the list keeps its order, so that nothing jumps."""
        before = len(self.groups.found) if self.groups.found is not None else -1
        if len(self.groups.refresh()) != before:
            self.refresh()
            return
        self._show_words()
        self.list.refresh()
        self._show_group()

    def _follow_selection(self, row: int) -> None:
        place = self.groups.place_of(row)
        if place >= 0 and place != self.place:
            self.place, self.whole = place, True
            self.list.show_selection(place)
            self._show_group()

    # What it shows

    def _pictures_came(self, rows: Rows) -> None:
        self.list.refresh(rows)
        self.cards.wall.refresh(rows)

    def _show_words(self) -> None:
        found = self.groups.found
        if found is not None:
            self.head.show_groups(found)
            self.pane.show_words(found)
            self.side.show_judged(found, self.groups.positive)

    def _show_list(self) -> None:
        place = self.pane.show_groups(self.place)
        if place != self.place:
            self.show_group(place)
        else:
            self.list.show_selection(place)

    def show_cell(self, label: int, model: int) -> None:
        """List the groups of a cell of the confusion; asked again, all of them."""
        self.pane.cell = None if self.pane.cell == (label, model) else (label, model)
        if self.pane.cell is None:
            self.side.confusion.choose(-1, -1)
        self._show_list()

    def _show_runs(self) -> None:
        self.folds.refresh()
        told = self.folds.told()
        self.folds.matrix.setVisible(told)
        self._fit_folds(told)
        self.side.show_run(self.session.record())
        self.side.show_work(self.folds.fanned)

    def _fit_folds(self, told: bool) -> None:
        """The matrix takes no more height than its cells do; without one its head stands there."""
        self.folds.setMaximumHeight(self.folds.head.height() + (self.folds.matrix.most() if told else 0))

    def _show_work(self) -> None:
        """The training that runs told something."""
        told = self.folds.told()
        if told == self.folds.matrix.isHidden():
            self._show_runs()
        self._fit_folds(told)
        self.side.show_work(self.folds.fanned)

    def _show_group(self) -> None:
        self.cards.show_group(self.place, self.whole)
        self._show_hints()

    def _show_hints(self) -> None:
        rows = self.chosen_rows()
        told = told_of(self.groups, self.place, rows) if self.place >= 0 and len(rows) else "nothing"
        self.pane.show_hints(told, self.cards.sounds)

    # What a person does

    def show_group(self, place: int) -> None:
        """Another group: all of it is chosen."""
        found = self.groups.found
        if found is None or not 0 <= place < len(found):
            return
        self.place, self.whole = place, True
        self.list.show_selection(place)
        self.session.go_to(int(found.of_group(place)[0]))
        self._show_group()

    def chosen_rows(self) -> Rows:
        """What a class key labels: the whole group, or the cards that were chosen by hand."""
        found = self.groups.found
        if found is None or self.place < 0:
            return np.zeros(0, np.int64)
        return found.of_group(self.place) if self.whole else self.cards.wall.picks.selected()

    def _choose_whole(self) -> None:
        self.whole = True
        self._show_group()

    def _cards_picked(self) -> None:
        wall = self.cards.wall.picks
        self.whole = wall.count() == len(wall) and len(wall) > 1
        if wall.current >= 0:
            self.session.go_to(wall.current)
        self._show_hints()

    def _take(self, value: str) -> bool:
        """A class key on this page labels what is chosen here, in one act."""
        if self.desk.page_name() != self.name or self.place < 0:
            return False
        rows = self.chosen_rows()
        if len(rows):
            self.session.label(value, rows, told_of(self.groups, self.place, rows))
        return True

    def accept(self) -> None:
        """Give the whole group the class that the model gives all of it."""
        found = self.groups.found
        if found is None or found.model[self.place] < 0:
            text = f"The run says nothing of this {group_noun(self.session)} that it did not learn from."
            self.desk.notify(Note(text, "info"))
            return
        self._choose_whole()
        self._take(self.session.classes[int(found.model[self.place])])

    def flag(self, name: str) -> None:
        """Flag what is chosen, or take the flag off."""
        rows = self.chosen_rows()
        self.session.flag(name, rows, told_of(self.groups, self.place, rows))

    def next_open(self) -> None:
        """The next group of the list that has no label, several, or another one than the model says."""
        found, order = self.groups.found, self.list.picks.rows
        if found is None or not len(order):
            return
        open_ones = (found.label < 0) | found.mixed | found.differs
        here = max(self.list.picks.position, -1)
        ahead = [*range(here + 1, len(order)), *range(here + 1)]
        place = next((int(order[at]) for at in ahead if open_ones[order[at]] and order[at] != self.place), None)
        if place is None:
            self.desk.notify(Note(f"No other {group_noun(self.session)} of this list needs a look.", "info"))
        else:
            self.show_group(place)

    def open_sample(self, row: int) -> None:
        """A sample in its viewer on the curate page."""
        self.desk.show_page("curate")
        self.session.leave_queue()
        self.session.go_to(row)

    def show_all(self) -> None:
        """Take filter and cell away."""
        self.pane.cell = None
        self.side.confusion.choose(-1, -1)
        self.pane.clear_filter()
        self._show_list()

    def step_back(self) -> bool:
        """Be silent, then show all, then choose all of the group."""
        if self.cards.hearing.row >= 0:
            self.cards.hearing.stop()
            return True
        if self.pane.cell is not None:
            self.show_cell(*self.pane.cell)
            return True
        if self.pane.clear_filter():
            self._show_list()
            return True
        if not self.whole:
            self._choose_whole()
            return True
        return False

    # Frame

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.side.setFixedWidth(WIDE if self.width() >= NARROW else SLIM)

    def busy(self) -> bool:
        return self.cards.hearing.busy()

    def keep(self) -> None:
        self.cards.close_down()
        for reader in (self.reader, self.looks):
            reader.close()

    def panes(self) -> list[QWidget]:
        return [self.folds.matrix, self.list, self.cards.wall]

    def first_focus(self) -> QWidget:
        return self.list
