"""The rapid page: one vote speaks for a stretch of a recording, or a cluster; what it spreads is accepted in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.commands import Command
from app.listing import Listing
from app.nouns import sample_noun
from app.pages.map_desk import MapDesk
from app.pages.page import Page, set_tab_order
from app.pages.rapid_case import RapidCase
from app.pages.rapid_commands import rapid_commands
from app.pages.thumbs import Thumbs
from models.change import Change, LabelsChanged, ListChanged, ProjectChanged, RunsChanged, RunShown, SamplesChanged
from models.change import SelectionChanged as Selected
from models.event import CANNOT_SAY, CLEARED
from models.learn.bundles import USUAL, Bundles, Line
from models.learn.review import Suggestion
from widgets import numbers
from widgets.parts.buttons import Button, PrimaryButton, ToolButton
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.notice import Note
from widgets.parts.splitter import Splitter
from widgets.stretch_strip import StretchStrip, strip_of
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

Rows = npt.NDArray[np.int64]
COUNTS = (25, USUAL, 100, 200)
MEDOIDS, BOUNDARY = "Medoids", "Between classes"
OPEN = ("open medoids", "open medoids")
#: Of the width, what the map has where there is enough; least widths of the map and of the case, and the width in
#: which the traces of a case have their spectrogram beside them.
SHARE, LEAST_MAP, LEAST_CASE, BOTH = 0.6, 280, 420, 640
#: In a page of less height the recording's head gives way to the traces.
LOW = 700


class RapidPage(Page):
    """Map at the left; the shown sample, classes and their bars at the right; its recording below both."""

    name = "rapid"
    title = "Rapid"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.reader = Reader(parent=self)
        self.sheet = MapDesk(self.session, Thumbs(self.session, self.reader), "rapid.map", own_first=True)
        self.sheet.made.connect(self._show_all)
        self.map = self.sheet.map
        self.map.selection_asked.connect(self._select)
        self.map.colour_asked.connect(self._colour)
        self.case = RapidCase(window, self.reader)
        self.case.queue.chosen.connect(lambda _value: self.open_queue())
        self.bundles: Bundles | None = None
        self._before: Listing | None = None
        self._line: Line | None = None
        self._cutting = self._moved = self._anew = False
        self._left = 0
        self._chosen_colour = "said"
        self._cut_of = ""
        self.session.takers.append(self._take)
        self._build()

    def _build(self) -> None:
        self._build_head()
        self.split = Splitter()
        self.split.addWidget(self.map)
        self.split.addWidget(self.case)
        self.split.splitterMoved.connect(lambda _at, _place: setattr(self, "_moved", True))
        self.map.setMinimumWidth(LEAST_MAP)
        self.case.setMinimumWidth(LEAST_CASE)
        self.strip_head = PaneHeader("Recording")
        self.strip = StretchStrip()
        self.strip.setObjectName("rapid.strip")
        self.strip.row_asked.connect(self.session.go_to)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addWidget(self.split, 1)
        whole.addWidget(self.strip_head)
        whole.addWidget(self.strip)

    def _build_head(self) -> None:
        self.head = PaneHeader("", "", tall=True)
        self.count = LabelledCombo("Medoids", [(str(one), one) for one in COUNTS], "One vote speaks for each")
        self.count.setObjectName("rapid.count")
        self.count.set_value(USUAL)
        self.count.chosen.connect(lambda _value: self._recut())
        self.spread = Button("Spread labels", tip="Propose your labels to the others of their stretches  S")
        self.spread.setObjectName("rapid.spread")
        self.spread.clicked.connect(lambda _on=False: self.desk.run_command("rapid.spread"))
        self.refuse = Button("Refuse", tip="Refuse what is proposed  Shift+R")
        self.refuse.setObjectName("rapid.refuse")
        self.refuse.clicked.connect(lambda _on=False: self.desk.run_command("rapid.refuse"))
        self.accept = PrimaryButton("Accept", tip="Make what is proposed your labels  Shift+A")
        self.accept.setObjectName("rapid.accept")
        self.accept.clicked.connect(lambda _on=False: self.desk.run_command("rapid.accept"))
        self.fold = ToolButton("map", "Show the map", checkable=True, key="M")
        self.fold.setObjectName("rapid.show_map")
        self.fold.setChecked(True)
        self.fold.clicked.connect(self.show_map)
        for tool in (self.count, self.fold, self.spread, self.refuse):
            self.head.add_tool(tool)
        self.head.add_tool(self.accept, keep=True)

    def commands(self) -> list[Command]:
        return rapid_commands(self)

    # Room

    def map_words(self) -> str:
        """What the command on the map does next."""
        return "Show the map" if self.map.isHidden() else "Hide the map"

    def show_map(self, on: bool) -> None:
        """The map beside the case, or the case alone in the whole width."""
        self.map.setVisible(on)
        self.fold.setChecked(on)
        if not on:
            self.first_focus().setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._moved:
            side = max(round(self.width() * (1 - SHARE)), min(BOTH, self.width() // 2))
            self.split.setSizes([self.width() - side, side])
        self._show_strip_head()

    def _show_strip_head(self) -> None:
        self.strip_head.setVisible(not self.strip.isHidden() and self.height() >= LOW)

    # What is spread

    def only_words(self) -> str:
        """What the command on single votes does next."""
        return "Vote for the whole stretch" if self.case.only.isChecked() else "Vote for the shown sample alone"

    def toggle_only(self) -> None:
        """Vote for the shown sample alone, or for its whole stretch."""
        self.case.only.setChecked(not self.case.only.isChecked())
        self._show_following()

    def bundle(self) -> Rows:
        """The rows of the shown sample's stretch."""
        row = self.session.current
        return self.bundles.of(row) if self.bundles is not None and row >= 0 else np.zeros(0, np.int64)

    def chosen(self) -> Rows:
        """Where something is proposed: in the selection of many, else everywhere."""
        session = self.session
        waits = np.flatnonzero(session.proposed_places() >= 0)
        return np.intersect1d(waits, session.selected) if len(session.selected) > 1 else waits

    def _followers(self) -> Rows:
        """To which samples a vote on the shown one would be proposed: those of its stretch that nothing is said of."""
        if self.case.only.isChecked() or len(self.session.selected) != 1:
            return np.zeros(0, np.int64)
        rows = self.bundle()
        open_ = (self.session.said_places()[rows] < 0) & (rows != self.session.current)
        return np.asarray(rows[open_], np.int64)

    def _take(self, value: str) -> bool:
        """A class key labels the shown sample and spreads to its stretch."""
        followers = self._followers() if self.isVisible() else np.zeros(0, np.int64)
        if value in (CLEARED, CANNOT_SAY) or not len(followers):
            return False
        self.session.label_and_spread(value, followers)
        return True

    def select_bundle(self) -> None:
        """Select the samples of the shown one's stretch."""
        self.session.choose(self.session.current, self.bundle())

    def spread_all(self) -> None:
        """Propose all own labels to the others of their stretches."""
        session = self.session
        arguments = {"by": session.curator, "run": session.run, "n": self.count.value()}
        session.start_here("spread_labels", arguments, "Spread labels", self._told, failed=self._not_told)

    def _told(self, result: dict[str, Any]) -> None:
        check = result["check"]
        words = f"{result['title']}. They wait for your word."
        if check["n"]:
            words += f" Of {numbers.plural(check['n'], 'label')} that stand together {check['agree']} agree."
        self.desk.notify(Note(words, actions=(("edit.undo", "Undo"),)))
        self.session.poll()

    def _not_told(self, text: str) -> None:
        self.desk.notify(Note(text, "error", "Nothing was spread"))

    # Making

    def hideEvent(self, event: QHideEvent) -> None:
        """Other pages show the list as it was before this one put its own queue there."""
        super().hideEvent(event)
        before, self._before = (None, self._before) if event.spontaneous() else (self._before, None)
        if (
            before is not None
            and self.session.project is not None
            and self.session.listing.queue in (MEDOIDS, BOUNDARY)
        ):
            self.session.show_list(before)

    def opened(self) -> None:
        self._before = None
        self.sheet.forget()
        self.reader.forget()
        self.bundles, self._line, self._cut_of, self._cutting = None, None, "", False
        self.case.show_project()

    def outdated(self) -> None:
        self.opened()

    def refresh(self) -> None:
        set_tab_order([self.head, self.map, self.case, self.strip])
        self.sheet.ensure()
        if self.bundles is None and not self._cutting:
            self.cut()
        elif self.bundles is not None and self.session.listing.queue not in (MEDOIDS, BOUNDARY):
            self.open_queue()
        self._show_all()
        self.case.show_sample()

    def _recut(self) -> None:
        """Another number of stretches: their medoids are the queue."""
        self._anew = True
        self.cut()

    def cut(self) -> None:
        """Have the samples cut into stretches, or clustered."""
        session = self.session
        if session.project is None or not len(session.project.samples):
            return
        self._cutting = True
        self._cut_of = session.run
        arguments = {"run": session.run, "n": self.count.value(), "by": session.curator}
        session.start_here("cluster", arguments, "Stretches", self._cut, failed=self._not_cut, cut=self._not_cut)

    def _not_cut(self, text: str = "Choose how many, and they are made again.") -> None:
        self._cutting = False
        self.head.set_title("No stretches", text)

    def _cut(self, result: dict[str, Any]) -> None:
        from models.orders.rapid import line_of

        self._cutting = False
        project, domain = self.session.project, self.session.domain
        if project is None or domain is None:
            return
        values, count = np.load(Path(result["file"]), allow_pickle=False), len(project.samples)
        if len(values) < count or result["samples"] != count:
            return
        self.bundles = Bundles(values[:count], values[count:], result["in_time"])
        self._line, self._left = line_of(project, domain), int(result["left_out"])
        self.case.noun = "stretch" if result["in_time"] else "cluster"
        if self._anew or self.session.listing.queue not in (MEDOIDS, BOUNDARY):
            self.open_queue()
        self._show_all()

    def open_queue(self) -> None:
        """Show the samples to vote on next, in order."""
        session = self.session
        if self.case.queue.value() == "boundary":
            arguments = {"run": session.run or "last", "n": self.count.value()}
            arguments |= {"strategy": "boundary", "by": session.curator}
            session.start_here("queue", arguments, "Queue: between classes", self._between)
        elif self.bundles is not None:
            found = self._medoids()
            # Recordings that were left out come once those before them hold labels; not twice without any.
            self._anew = bool(self._left and not found and not self._anew)
            if self._anew:
                self.cut()
            else:
                self._enter(MEDOIDS, found)

    def _between(self, result: dict[str, Any]) -> None:
        self._enter(BOUNDARY, self.session.ranked(result["queue"]))

    def _enter(self, words: str, found: Sequence[Suggestion]) -> None:
        if found:
            if self.session.listing.queue not in (MEDOIDS, BOUNDARY):
                self._before = self.session.listing
            self.session.show_queue(words, self.session.run, found)
        else:
            self.desk.notify(Note(f"Each {self.case.noun} holds a label.", "info"))

    def _medoids(self) -> list[Suggestion]:
        """The medoids of what nothing is said of yet, the one that stands for most first."""
        bundles = self.bundles
        if bundles is None:
            return []
        sizes, open_ = bundles.sizes, self._open_bundles()
        order = open_[np.argsort(-sizes[open_], kind="stable")]
        noun = sample_noun(self.session)
        return [
            Suggestion(
                int(bundles.medoids[code]),
                float(sizes[code]),
                "medoids",
                f"Stands for a {self.case.noun} of {numbers.plural(int(sizes[code]), noun)}.",
            )
            for code in order.tolist()
        ]

    def _open_bundles(self) -> Rows:
        """Bundles in which nothing is said."""
        if self.bundles is None:
            return np.zeros(0, np.int64)
        told = self.bundles.codes[(self.session.said_places() >= 0) & (self.bundles.codes >= 0)]
        return np.setdiff1d(np.arange(len(self.bundles)), told)

    # What it shows

    def _show_all(self) -> None:
        if self.session.project is None:
            return
        self._show_head()
        self._show_points()
        self._show_following()

    def _show_head(self) -> None:
        session, bundles = self.session, self.bundles
        waits = int((session.proposed_places() >= 0).sum())
        self.accept.setText(f"Accept {numbers.count(waits)} proposed" if waits else "Accept")
        for button in (self.accept, self.refuse):
            button.setEnabled(waits > 0)
        self.spread.setEnabled(bundles is not None)
        if bundles is None:
            self.head.set_title("Rapid labelling", "The stretches are being made" if self._cutting else "")
            return
        said = int((session.said_places() >= 0).sum())
        noun = "stretch" if bundles.in_time else "cluster"
        many = "stretches" if bundles.in_time else "clusters"
        told = len(bundles) - len(self._open_bundles())
        self.head.set_title(
            f"{numbers.count(told)} of {numbers.plural(len(bundles), noun, many)} hold a label",
            f"{numbers.plural(said, 'label')} of yours, {numbers.count(waits)} proposed, "
            f"{numbers.count(int(session.count) - said - waits)} {sample_noun(session)}s open{self._later()}",
        )

    def _later(self) -> str:
        """What of the recordings is left out for now."""
        return f", {numbers.plural(self._left, 'recording')} left for later" if self._left else ""

    def _show_points(self) -> None:
        if self.sheet.places is None:
            return
        colours = [("said", "Label, proposed"), ("label", "Label of all"), ("prediction", "Prediction")]
        colours += [("bundle", "Stretch" if self.bundles is None or self.bundles.in_time else "Cluster")]
        self.map.set_colours([*colours, *self.sheet.colours()], self._chosen_colour)
        self._colour(self._chosen_colour)
        self.map.set_hover(self.sheet.picture, self._describe)

    def _colour(self, name: str) -> None:
        self._chosen_colour = name
        session = self.session
        if self.sheet.places is None:
            return
        said, waits = session.said_places(), session.proposed_places()
        if name == "said":
            self._colour_said(said, waits)
        else:
            self.map.set_hollow(np.zeros(len(said), bool), 0)
            self._colour_other(name)
        marks = np.zeros(len(said), bool)
        if self.bundles is not None:
            marks[self.bundles.medoids[self._open_bundles()]] = True
        self.map.set_disagreement(marks, OPEN)

    def _colour_other(self, name: str) -> None:
        if name != "bundle":
            self.sheet.colour(name)
        elif self.bundles is not None:
            self.map.set_scores("number", np.where(self.bundles.codes < 0, np.nan, self.bundles.codes))

    def _colour_said(self, said: Rows, waits: Rows) -> None:
        """By what is said and proposed, and those that a vote on the shown sample would be proposed to."""
        session, followers = self.session, self._followers()
        titles = [session.class_title(item) for item in session.classes]
        codes = np.where(waits >= 0, waits, said)
        hollow = waits >= 0
        open_ = followers[waits[followers] < 0]
        codes[open_], hollow[open_] = len(titles), True
        self.map.set_classes(codes, titles, "would follow" if len(open_) else "")
        self.map.set_hollow(hollow, int((waits >= 0).sum()))

    def _describe(self, row: int) -> str:
        session = self.session
        said, waits = session.said_places()[row], session.proposed_places()[row]
        if waits >= 0:
            return f"{session.class_title(session.classes[waits])} proposed"
        return session.class_title(session.classes[said]) if said >= 0 else "open"

    def _show_following(self) -> None:
        """The shown sample, those that a vote on it would be proposed to, and its recording."""
        session = self.session
        followers = self._followers()
        if self.sheet.places is not None:
            self.map.set_selection(session.selected if len(session.selected) > 1 else np.zeros(0, np.int64))
            self.map.set_chosen(session.current)
            if self._chosen_colour == "said":
                self._colour_said(session.said_places(), session.proposed_places())
        self.case.show_followers(followers, self.bundle())
        self._show_strip(followers)

    def _show_strip(self, followers: Rows) -> None:
        line, bundles, row = self._line, self.bundles, self.session.current
        timed = line is not None and bundles is not None and bundles.in_time
        self.strip.setVisible(timed)
        self._show_strip_head()
        if line is None or bundles is None or not timed or row < 0 or line.recordings[row] < 0:
            return
        session = self.session
        rows = np.flatnonzero((line.recordings == line.recordings[row]) & (bundles.codes >= 0))
        if not len(rows):
            return
        said, waits = session.said_places(), session.proposed_places()
        following = np.zeros(len(said), bool)
        following[followers] = True
        parts = (np.where(waits >= 0, waits, said), waits >= 0, following, session.predicted_places())
        strip = strip_of(rows, line.times, bundles.codes, parts)
        self.strip.show_strip(strip, row)
        recordings = np.unique(line.recordings[line.recordings >= 0])
        place = int(np.searchsorted(recordings, line.recordings[row])) + 1
        cuts = len(np.unique(strip.stretches))
        self.strip_head.set_title(
            f"Recording {place} of {len(recordings)}",
            f"{numbers.plural(len(rows), sample_noun(session))}, {numbers.plural(cuts, 'stretch', 'stretches')}",
        )

    def _select(self, rows: Any) -> None:
        self.session.choose(int(rows[0]) if len(rows) else self.session.current, np.asarray(rows, np.int64))

    def follow(self, change: Change) -> None:
        if isinstance(change, Selected):
            self._show_following()
            self.case.show_sample()
        elif isinstance(change, LabelsChanged):
            self._show_all()
            self.case.labels_changed()
        elif isinstance(change, RunShown | RunsChanged):
            self._show_run()
        elif isinstance(change, ListChanged):
            self.case.show_place()
        elif isinstance(change, SamplesChanged | ProjectChanged):
            self.opened()
            self.refresh()

    def _show_run(self) -> None:
        """Another run is shown: it sees the samples otherwise."""
        if self._cut_of != self.session.run:
            self.cut()
        if self.sheet.stale():
            self.sheet.make()
        self._show_all()

    def busy(self) -> bool:
        return self.sheet.waiting or self._cutting or self.case.busy()

    def step_back(self) -> bool:
        if len(self.session.selected) > 1:
            self.session.go_to(self.session.current)
            self.map.clear()
            return True
        return False

    def panes(self) -> list[QWidget]:
        map_ = [] if self.map.isHidden() else [self.map.field]
        return [*map_, *self.case.panes(), self.strip]

    def keep(self) -> None:
        self.reader.close()
        self.case.close_down()

    def first_focus(self) -> QWidget:
        return self.panes()[0]
