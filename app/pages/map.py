"""The map page: all samples as points; lasso, look at what is inside, label it in one act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.commands import Command
from app.nouns import group_noun, sample_noun
from app.pages.map_desk import MapDesk
from app.pages.page import Page, set_tab_order
from app.pages.thumbs import Thumbs
from models.change import Change, LabelsChanged, ProjectChanged, RunsChanged, RunShown, SamplesChanged, SelectionChanged
from widgets import numbers, theme, tokens
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from widgets.parts.splitter import Splitter
from widgets.parts.states import EmptyState
from widgets.parts.text import Text
from widgets.thumbnail_grid import ThumbnailGrid
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

#: The selection's share of the width, and its bounds in px.
SHARE, LEAST, MOST = 0.31, 340, 500


class MixBar(QWidget):
    """The classes of a selection as one stacked bar."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: list[tuple[int, int]] = []
        self.setFixedHeight(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Classes in the selection")

    def show_counts(self, counts: list[tuple[int, int]]) -> None:
        """(class place, count) in order; place −1 is unlabelled."""
        self._counts = counts
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        total = sum(count for _place, count in self._counts) or 1
        x = 0.0
        for place, count in self._counts:
            wide = count / total * self.width()
            colour = theme.class_colour(place).fill if place >= 0 else theme.token("track")
            painter.fillRect(QRectF(x, 0, max(wide - 1.5, 1), self.height()), colour)
            x += wide


class MapPage(Page):
    """Map at the left, the selection's mix, thumbnails and keys at the right."""

    name = "map"
    title = "Map"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(parent=self)
        self.thumbs = Thumbs(self.session, self.reader)
        self.sheet = MapDesk(self.session, self.thumbs, "map")
        self.sheet.made.connect(self._made)
        self.map = self.sheet.map
        self.map.selection_asked.connect(self._select)
        self.map.colour_asked.connect(self._colour)
        self.grid = ThumbnailGrid(self.thumbs)
        self.grid.setObjectName("map.grid")
        self.thumbs.came.connect(self.grid.refresh)
        self._chosen_colour = "label"
        self._build()

    def _build(self) -> None:
        self.split = Splitter()
        self.split.addWidget(self.map)
        self.split.addWidget(self._build_side())
        self.split.setStretchFactor(0, 1)
        self.split.splitterMoved.connect(self._note_moved)
        self._moved = False
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.split)

    def _build_side(self) -> QWidget:
        self.side = QWidget()
        self.side.setProperty("ground", "panel")
        self.head = PaneHeader("Selection", "nothing yet")
        self.hints = KeyHints([("L", "lasso"), ("A", "accept model"), ("Enter", "open in Curate"), ("Ctrl+Z", "undo")])
        self.empty = EmptyState("Nothing is selected", "Draw a lasso around points (L), or click one.", "lasso")
        self.grid.current_asked.connect(lambda row: self.session.choose(row, self.session.selected))
        self.grid.opened_asked.connect(self._open)
        self.grid.class_asked.connect(lambda name: self.desk.run_command(f"label.class.{name}"))
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(self._build_mix())
        column.addWidget(self.grid, 1)
        column.addWidget(self.empty, 1)
        column.addWidget(self.hints)
        return self.side

    def _build_mix(self) -> QVBoxLayout:
        self.mix = MixBar()
        self.mix.setObjectName("map.mix")
        self.mix_words = Text("", "strong")
        self.mix_words.setObjectName("map.mix_words")
        self.groups = Text("", "body", "text2")
        top = QHBoxLayout()
        top.addWidget(Text("In the selection", "body", "text2"))
        top.addStretch(1)
        top.addWidget(self.groups)
        mix = QVBoxLayout()
        mix.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 10)
        mix.setSpacing(6)
        mix.addLayout(top)
        mix.addWidget(self.mix)
        mix.addWidget(self.mix_words)
        return mix

    def _note_moved(self) -> None:
        """A person has chosen the width: it stays."""
        self._moved = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._moved:
            side = min(max(round(self.width() * SHARE), LEAST), MOST)
            self.split.setSizes([self.width() - side, side])

    def commands(self) -> list[Command]:
        on = ("map",)
        return [
            Command(
                "map.lasso", "Lasso", lambda: self.map.field.set_tool("lasso"), ("L",), "View", pages=on, look="lasso"
            ),
            Command("map.open", "Open the selection in Curate", self._open_selection, ("Return",), "List", pages=on),
            Command("map.make", "Make the map anew", self.sheet.make, (), "View", pages=on, look="refresh"),
        ]

    # Making

    def opened(self) -> None:
        self.sheet.forget()
        self.reader.forget()
        self.thumbs.forget()
        session = self.session
        names = session.classes
        letters = tokens.propose_letters(names)
        keys = [tokens.key_of(place, names) for place in range(len(names))]
        self.grid.set_classes(names, letters, keys, {name: session.class_title(name) for name in names})

    def outdated(self) -> None:
        self.opened()

    def refresh(self) -> None:
        set_tab_order([self.map, self.side])
        self.sheet.ensure()
        self._show_points()
        self._show_selection()

    def _made(self) -> None:
        self._show_points()
        self._show_selection()

    # What it shows

    def _show_points(self) -> None:
        if self.sheet.places is None:
            return
        session = self.session
        colours = [("label", "Label"), ("prediction", "Prediction"), ("issue", "Issue score"), ("part", "Part")]
        colours += self.sheet.colours()
        self.map.set_colours(colours, self._chosen_colour)
        self._colour(self._chosen_colour)
        self.map.set_disagreement(session.view.column("conflict"))
        self.map.set_hover(self.sheet.picture, self._describe)
        self.map.set_chosen(session.current)

    def _colour(self, name: str) -> None:
        self._chosen_colour = name
        if self.sheet.places is not None:
            self.sheet.colour(name)

    def _describe(self, row: int) -> str:
        session = self.session
        label = session.view.column("label")[row]
        model = session.view.column("prediction")[row]
        told = session.class_title(label) if label else "unlabelled"
        return f"{told} ≠ {session.class_title(model)}" if session.view.column("conflict")[row] else told

    def _show_selection(self) -> None:
        session = self.session
        rows = session.selected
        some = session.project is not None and len(rows) > 0
        self.grid.setVisible(bool(some))
        self.empty.setVisible(not some)
        if self.sheet.places is not None:
            self.map.set_selection(rows if len(rows) > 1 else np.zeros(0, np.int64))
            self.map.set_chosen(session.current)
        if not some:
            self.head.set_subtitle("nothing yet")
            self.mix.show_counts([])
            self.mix_words.setText("")
            self.groups.setText("")
            return
        noun = sample_noun(session)
        self.head.set_subtitle(numbers.plural(len(rows), noun))
        places = session.places()[rows]
        counts = [(place, int((places == place).sum())) for place in range(len(session.classes))]
        counts = [(place, count) for place, count in counts if count]
        unlabelled = int((places < 0).sum())
        told = [f"{session.class_title(session.classes[place])} {numbers.count(count)}" for place, count in counts]
        if unlabelled:
            counts.append((-1, unlabelled))
            told.append(f"unlabelled {numbers.count(unlabelled)}")
        self.mix.show_counts(counts)
        self.mix_words.setText("   ".join(told))
        groups = np.unique(session.open_project.samples.group_codes()[0])
        mine = np.unique(session.open_project.samples.group_codes()[0][rows])
        self.groups.setText(f"{len(mine)} of {numbers.plural(len(groups), group_noun(session))}")
        issue = np.nan_to_num(session.view.column("issue")[rows], nan=-1)
        self.grid.set_rows(rows[np.argsort(-issue, kind="stable")])
        self.grid.show_selection(session.current, rows)

    def _select(self, rows: Any) -> None:
        self.session.choose(int(rows[0]) if len(rows) else self.session.current, np.asarray(rows, np.int64))

    def _open(self, row: int) -> None:
        self.desk.show_page("curate")
        self.session.go_to(row)

    def _open_selection(self) -> None:
        rows = self.session.selected
        if len(rows) > 1:
            self.desk.show_page("curate")
            self.session.show_rows(rows, "Selection on the map", "Inside the lasso.")
        elif len(rows):
            self._open(int(rows[0]))

    def follow(self, change: Change) -> None:
        if isinstance(change, SelectionChanged):
            self._show_selection()
        elif isinstance(change, LabelsChanged):
            self._colour(self._chosen_colour)
            if self.sheet.places is not None:
                self.map.set_disagreement(self.session.view.column("conflict"))
            self.grid.refresh()
            self._show_selection()
        elif isinstance(change, RunShown | RunsChanged):
            if self.sheet.stale():
                self.sheet.make()
            self._show_points()
        elif isinstance(change, SamplesChanged | ProjectChanged):
            self.opened()
            self.refresh()

    def busy(self) -> bool:
        return self.sheet.waiting

    def step_back(self) -> bool:
        if len(self.session.selected) > 1:
            self.map.clear()
            return True
        return False

    def keep(self) -> None:
        self.reader.close()

    def first_focus(self) -> QWidget:
        return self.map.field
