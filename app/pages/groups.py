"""Groups whose samples are judged together, such as speakers: all of one side by side, labelled in one act.

Above them stand the trainings of the run by set and fold, beside them whether its score is real. Only domains that say
that the samples of a group share their class (`Domain.together`) have the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.chrome.statusline import USE
from app.commands import Command
from app.nouns import group_noun, sample_noun
from app.pages.fold_data import given_of
from app.pages.group_cards import CardsPane, told_of
from app.pages.group_data import Groups
from app.pages.group_folds import FoldPane
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
from models.errors import UserError
from models.learn.gathered import SORTS
from models.learn.words import plural
from models.store.where import WhereError, suggest
from widgets import numbers, tokens
from widgets.filter_bar import FilterBar
from widgets.group_list import GroupHead, GroupList
from widgets.parts.combo import LabelledCombo
from widgets.parts.head import PageHead
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.keys import KeyHints
from widgets.parts.notice import Note
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Rule
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

#: Widths of the right side, and of the window from which on it is the wide one.
WIDE, SLIM, NARROW = 400, 320, 1400
FIGURES = {
    "auc": ("AUC", 0),
    "fusion": ("Late fusion", 0),
    "leak": ("Leaking split", 0),
    "wrong": ("Wrong", 0),
}


class GroupsPage(Page):
    """The matrix of folds over list and cards; leak meter, late fusion and workers at the right."""

    name = "groups"
    title = "Speakers"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.groups = Groups(self.session)
        self.place, self.whole, self._where = -1, True, ""
        self._cell: tuple[int, int] | None = None
        self.reader = Reader(parent=self)
        self.looks = Reader(parent=self)
        self.thumbs = Thumbs(self.session, self.looks)
        self.staging = Staging(self.session)
        self.thumbs.came.connect(self._pictures_came)
        empty = EmptyState("No recordings yet", "Import a folder; a dry run shows what would come in.", "import",
                           [("import", "Import data")])  # fmt: skip
        empty.action_asked.connect(lambda _key: window.run_command("project.import"))
        column = self.build_body(empty)
        self.head = PageHead("groups", FIGURES)
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
        self.below.addWidget(self._build_list())
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

    def _build_list(self) -> QWidget:
        self.list_head = PaneHeader("", "")
        self.sort = LabelledCombo("Sort", [(words, name) for name, words in SORTS.items()], "In which order")
        self.sort.setObjectName("groups.sort")
        self.sort.chosen.connect(lambda _by: self._show_list())
        self.list_head.add_tool(self.sort, keep=True)
        self.filter = FilterBar()
        self.filter.setObjectName("groups.filter")
        self.filter.filter_asked.connect(self._filter)
        self.filter.left.connect(self._focus_list)
        self.filter.set_completer(self._complete)
        holder = QWidget()
        line = QVBoxLayout(holder)
        line.setContentsMargins(8, 4, 8, 6)
        line.addWidget(self.filter)
        self.captions = GroupHead()
        self.list = GroupList()
        self.list.setObjectName("groups.list")
        self.list.setAccessibleName("Groups")
        self.list.set_lines(self)
        self.list.current_asked.connect(self.show_group)
        self.list.selection_asked.connect(lambda _places: self._choose_whole())
        self.list.opened_asked.connect(lambda _place: self.cards.toggle_all())
        self.list.empty_asked.connect(lambda _key: self.show_all())
        self.hints = KeyHints()
        self.hints.setObjectName("groups.hints")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (holder, self.captions, self.list):
            column.addWidget(part)
        column.setStretchFactor(self.list, 1)
        return make_pane(self.list_head, body, self.hints)

    def commands(self) -> list[Command]:
        def some() -> bool:
            return self.session.project is not None and self.place >= 0

        def command(name: str, title: str, run: Callable[[], None], keys: tuple[str, ...], look: str) -> Command:
            return Command(f"groups.{name}", title, run, keys, "Speakers", some, (self.name,), look)

        return [
            command("hear", "Hear the chosen, or be silent", self.cards.toggle, ("Space",), "play"),
            command("hear_all", "Hear all of the speaker in turn", self.cards.toggle_all, ("Shift+Space",), "play"),
            command("accept", "Label the speaker as the model says", self.accept, ("A",), "accept"),
            command("whole", "Choose all of the speaker", self._choose_whole, (), "list"),
            command("next", "Next speaker that needs a look", self.next_open, (".",), "right"),
            command("filter", "Filter speakers", self._focus_filter, ("/",), "filter"),
            command("flag", "Flag for review", lambda: self.flag("flag"), ("F",), "flag"),
            command("exclude", "Exclude from training", lambda: self.flag("exclude"), ("X",), "exclude"),
            command("quality", "Bad quality", lambda: self.flag("bad quality"), ("Shift+X",), "warn"),
        ]

    # What it stands on

    def opened(self) -> None:
        for reader in (self.reader, self.looks):
            reader.forget()
        self.cards.hearing.stop()
        self.groups.forget()
        self.thumbs.forget()
        self.folds.forget()
        self.side.forget()
        self.list.forget()
        self.cards.wall.forget()
        self.place, self.whole, self._where, self._cell = -1, True, "", None
        self.filter.set_text("")

    def outdated(self) -> None:
        self.groups.forget()
        self.thumbs.forget()

    def refresh(self) -> None:
        session = self.session
        if session.project is None:
            return
        there = bool(session.open_project.journal.fold.live.any())
        self.stack.setCurrentIndex(1 if there else 0)
        if not there:
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

    def line(self, place: int) -> Any:
        """A group as a line of the list."""
        return self.groups.line(place)

    def pixels(self, rows: Rows, size: int) -> Any:
        """Small pictures for the list."""
        return self.thumbs.pixels(rows, size)

    def _pictures_came(self, rows: Rows) -> None:
        self.list.refresh(rows)
        self.cards.wall.refresh(rows)

    def _show_words(self) -> None:
        session, found = self.session, self.groups.found
        if found is None:
            return
        group, sample = group_noun(session), sample_noun(session)
        count = int(found.counts.sum())
        told = f"{plural(len(found), group)}, {plural(count, sample)}"
        if len(found) == count and count > 1:
            told += f"; each {sample} counts as a {group} of its own"
        self.head.show_words(f"{group.capitalize()}s", f"{told}. {USE}")
        differ, judged = int(found.differs.sum()), int(((found.label >= 0) & (found.model >= 0)).sum())
        told = f"{numbers.count(differ)} of {numbers.count(judged)} differ from their label"
        self.list_head.set_title(f"{group.capitalize()}s", told if judged else "none is judged by a run yet")
        self.sort.set_choices([(f"{sample}s" if name == "count" else words, name) for name, words in SORTS.items()])
        positive = self.groups.positive
        name = session.class_title(session.classes[positive]) if positive is not None else "the model's class"
        pictured = session.open_domain.pictures(session.open_project.samples)
        most = int(found.counts.max(initial=0)) if pictured else 0
        self.captions.set_captions(group.capitalize(), f"{sample.capitalize()}s", f"p of {name}", most)
        self.list.set_look(tokens.propose_letters(session.classes), most, 0.5 if positive is not None else np.nan)
        self._show_figures(differ, judged)
        self.side.show_judged(found, positive)

    def _show_figures(self, differ: int, judged: int) -> None:
        blocks, record = self.head.figures, self.session.record()
        group = group_noun(self.session)
        given = given_of(record)
        metrics = record.judged()[1] if record is not None else {}
        auc, reach = metrics.get("auc"), (metrics.get("intervals") or {}).get("auc")
        blocks["auc"].set_figure(numbers.share(auc), numbers.bounds(*reach) if reach else "")
        fused = (given or {}).get("beside") or {}
        rule = (given or {}).get("rule")
        best = (fused.get("rules") or {}).get(rule) or {}
        blocks["fusion"].setVisible(bool(best))
        if best:
            blocks["fusion"].set_figure(
                numbers.share(best.get("auc")), numbers.bounds(*best["interval"]) if best.get("interval") else ""
            )
        self._show_leak((record.added("leak") if record is not None else None) or {})
        words = f"of {plural(judged, group)}" if judged else "nothing judged yet"
        blocks["wrong"].set_figure(numbers.count(differ) if judged else numbers.NONE, words)

    def _show_leak(self, leak: Mapping[str, Any]) -> None:
        """What a leaking split gives, beside what the same trainings give without the leak: the score of the run
        itself is of another split."""
        rows = {row["name"]: row for row in leak.get("rows", ())}
        block, leaking, honest = self.head.figures["leak"], rows.get("sample"), rows.get("group")
        block.setVisible(leaking is not None)
        if leaking is None:
            return
        low = (leak.get("interval") or [None])[0]
        flatters = low is not None and low > 0
        against = f"{numbers.share(honest['auc'])} by {group_noun(self.session)}" if honest is not None else ""
        words = ", ".join(part for part in ("leaks" if flatters else "", against) if part)
        block.set_figure(numbers.share(leaking["auc"]), words, "error" if flatters else "")

    def _show_list(self) -> None:
        try:
            places = self._of_cell(self.groups.places(self._where, str(self.sort.value() or "doubt")))
        except WhereError as error:
            self.filter.set_error(error.short, error.at, error.at + error.length)
            return
        except UserError as error:
            self.filter.set_error(str(error))
            return
        total = len(self.groups.found) if self.groups.found is not None else 0
        self.filter.set_count(len(places), total)
        group = group_noun(self.session)
        words = (
            f"Remove `{self._where}` to see {total}." if self._where else f"Choose another cell to see some of {total}."
        )
        self.list.set_empty(f"No {group} matches", words, "filter", [("clear", "Show all")])
        self.list.set_places(places)
        if self.place not in places and len(places):
            self.show_group(int(places[0]))
        else:
            self.list.show_selection(self.place)

    def _of_cell(self, places: Rows) -> Rows:
        """Those of the chosen cell of the confusion, all where none is chosen."""
        found = self.groups.found
        if self._cell is None or found is None:
            return places
        label, model = self._cell
        kept: Rows = places[(found.label[places] == label) & (found.model[places] == model)]
        return kept

    def show_cell(self, label: int, model: int) -> None:
        """List the groups of a cell of the confusion; asked again, all of them."""
        self._cell = None if self._cell == (label, model) else (label, model)
        if self._cell is None:
            self.side.confusion.choose(-1, -1)
        self._show_list()

    def _show_runs(self) -> None:
        self.folds.refresh()
        told = self.folds.told()
        self.folds.matrix.setVisible(told)
        self.folds.setMaximumHeight(16_777_215 if told else self.folds.head.height())
        self.side.show_run(self.session.record())
        self.side.show_work(self.folds.fanned)

    def _show_work(self) -> None:
        """The training that runs told something."""
        told = self.folds.told()
        if told == self.folds.matrix.isHidden():
            self._show_runs()
        self.side.show_work(self.folds.fanned)

    def _show_group(self) -> None:
        self.cards.show_group(self.place, self.whole)
        self._show_hints()

    def _show_hints(self) -> None:
        keys = tokens.keys_of(self.session.classes)
        rows = self.chosen_rows()
        what = told_of(self.groups, self.place, rows) if self.place >= 0 and len(rows) else "nothing"
        hints = [("Space", "hear"), ("A", "accept"), (".", "next to look at"), ("Ctrl+Z", "undo")]
        self.hints.set_hints([(keys, f"label {what}"), *hints] if keys else hints)

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

    def _filter(self, text: str) -> None:
        self._where = text
        self._show_list()

    def show_all(self) -> None:
        """Take filter and cell away."""
        self._cell = None
        self.side.confusion.choose(-1, -1)
        self.filter.set_text("")
        self._filter("")

    def _focus_list(self) -> None:
        self.list.setFocus()

    def _focus_filter(self) -> None:
        self.filter.field.setFocus()
        self.filter.field.selectAll()

    def _complete(self, before: str) -> list[tuple[str, str]]:
        return [(words, "") for words in suggest(before, len(before), self.session.view, lambda _name: [])[:12]]

    def step_back(self) -> bool:
        """Be silent, then show all, then choose all of the speaker."""
        if self.cards.hearing.row >= 0:
            self.cards.hearing.stop()
            return True
        if self._cell is not None:
            self.show_cell(*self._cell)
            return True
        if self._where:
            self.filter.set_text("")
            self._filter("")
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
