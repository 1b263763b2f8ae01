"""The left of the page of groups: those that a filter and a cell of the confusion leave, in an order, keys below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.nouns import group_noun, sample_noun
from app.pages.group_data import Groups
from app.pages.thumbs import Thumbs
from models.change import Rows
from models.errors import UserError
from models.learn.gathered import SORTS, Gathered
from models.store.where import WhereError, suggest
from widgets import numbers, tokens
from widgets.filter_bar import FilterBar
from widgets.group_list import GroupHead, GroupLine, GroupList
from widgets.mosaic.tiles import Picture
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.keys import KeyHints


class GroupPane(QWidget):
    """The groups as lines. ``sifted``: another filter, or another order; ``cleared``: all are to be shown again.

    cell: label and model of the cell of the confusion that is listed, None for all.
    """

    sifted = Signal()
    cleared = Signal()

    def __init__(self, groups: Groups, thumbs: Thumbs) -> None:
        super().__init__()
        self.session, self.groups, self.thumbs = groups.session, groups, thumbs
        self.cell: tuple[int, int] | None = None
        self._where = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(make_pane(self._build_head(), self._build_body(), self._build_hints()))

    # Building

    def _build_head(self) -> PaneHeader:
        self.head = PaneHeader("", "")
        self.sort = LabelledCombo("Sort", [(words, name) for name, words in SORTS.items()], "In which order")
        self.sort.setObjectName("groups.sort")
        self.sort.chosen.connect(lambda _by: self.sifted.emit())
        self.head.add_tool(self.sort, keep=True)
        return self.head

    def _build_body(self) -> QWidget:
        self._build_list()
        self._build_filter()
        holder, body = QWidget(), QWidget()
        line = QVBoxLayout(holder)
        line.setContentsMargins(8, 4, 8, 6)
        line.addWidget(self.filter)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (holder, self.captions, self.list):
            column.addWidget(part)
        column.setStretchFactor(self.list, 1)
        return body

    def _build_filter(self) -> None:
        self.filter = FilterBar()
        self.filter.setObjectName("groups.filter")
        self.filter.filter_asked.connect(self._filter)
        self.filter.left.connect(self.list.setFocus)
        self.filter.set_completer(self._complete)

    def _build_list(self) -> None:
        self.captions = GroupHead()
        self.list = GroupList()
        self.list.setObjectName("groups.list")
        self.list.setAccessibleName("Groups")
        self.list.set_lines(self)
        self.list.empty_asked.connect(lambda _key: self.cleared.emit())

    def _build_hints(self) -> KeyHints:
        self.hints = KeyHints()
        self.hints.setObjectName("groups.hints")
        return self.hints

    # What the list reads

    def line(self, place: int) -> GroupLine:
        """A group as a line of the list."""
        return self.groups.line(place)

    def pixels(self, rows: Rows, size: int) -> Sequence[Picture]:
        """Small pictures for the list."""
        return self.thumbs.pixels(rows, size)

    # What it shows

    def show_words(self, found: Gathered) -> None:
        """The words over the list: what groups, samples and the plot are called, how many groups differ."""
        session = self.session
        group, sample = group_noun(session), sample_noun(session)
        differ, judged = int(found.differs.sum()), int(found.judged.sum())
        told = f"{numbers.count(differ)} of {numbers.count(judged)} differ from their label"
        self.head.set_title(f"{group.capitalize()}s", told if judged else "none is judged by a run yet")
        self.sort.set_choices([(f"{sample}s" if name == "count" else words, name) for name, words in SORTS.items()])
        positive = self.groups.positive
        name = session.class_title(session.classes[positive]) if positive is not None else "the model's class"
        pictured = session.open_domain.pictures(session.open_project.samples)
        most = int(found.counts.max(initial=0)) if pictured else 0
        self.captions.set_captions(group.capitalize(), f"{sample.capitalize()}s", f"p of {name}", most)
        self.list.set_look(tokens.propose_letters(session.classes), most, 0.5 if positive is not None else np.nan)

    def show_hints(self, what: str, heard: bool) -> None:
        """The keys. what: a class key labels. heard: there is anything to hear."""
        keys = tokens.keys_of(self.session.classes)
        hints = [("A", "accept"), (".", "next to look at"), ("Ctrl+Z", "undo")]
        hints = [("Space", "hear"), *hints] if heard else hints
        self.hints.set_hints([(keys, f"label {what}"), *hints] if keys else hints)

    def show_groups(self, place: int) -> int:
        """List the groups that are to be seen. place: the shown one; that which is shown from now on comes back: the
        first where the list is without it. A filter that cannot be read tells so, and the list stays."""
        try:
            places = self._of_cell(self.groups.places(self._where, str(self.sort.value() or "doubt")))
        except WhereError as error:
            self.filter.set_error(error.short, error.at, error.at + error.length)
            return place
        except UserError as error:
            self.filter.set_error(str(error))
            return place
        self._show_count(len(places))
        self.list.set_places(places)
        return place if place in places or not len(places) else int(places[0])

    def _show_count(self, count: int) -> None:
        total = len(self.groups.found) if self.groups.found is not None else 0
        self.filter.set_count(count, total)
        words = (
            f"Remove `{self._where}` to see {total}." if self._where else f"Choose another cell to see some of {total}."
        )
        self.list.set_empty(f"No {group_noun(self.session)} matches", words, "filter", [("clear", "Show all")])

    def _of_cell(self, places: Rows) -> Rows:
        """Those of the chosen cell of the confusion, all where none is chosen."""
        found = self.groups.found
        if self.cell is None or found is None:
            return places
        label, model = self.cell
        kept: Rows = places[(found.label[places] == label) & (found.model[places] == model)]
        return kept

    # What a person does

    def _filter(self, text: str) -> None:
        self._where = text
        self.sifted.emit()

    def clear_filter(self) -> bool:
        """Take the filter away; False when there was none."""
        had, self._where = bool(self._where), ""
        self.filter.set_text("")
        return had

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.filter.field.setFocus()
        self.filter.field.selectAll()

    def _complete(self, before: str) -> list[tuple[str, str]]:
        return [(words, "") for words in suggest(before, len(before), self.session.view, lambda _name: [])[:12]]

    def forget(self) -> None:
        """Another project: all groups, and nothing of the pictures."""
        self.list.forget()
        self.cell = None
        self.clear_filter()
