"""The right panel of the curate page: classes, what the model says, quality, group, features, history, note."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.pages.kin_part import KinPart
from app.pages.moments import moment_of
from app.pages.note_field import NoteField
from app.pages.quality_part import QualityPart
from app.pages.votes_part import HIDDEN, VotesPart, class_votes, counted_words, named_on
from models.event import LABEL, NOTE, REGION, Event
from widgets import numbers, tokens
from widgets.class_bar import ClassBar
from widgets.feature_strip import FeatureStrip, Words
from widgets.history import History, Moment
from widgets.near_strip import NearStrip
from widgets.parts.buttons import Button, PrimaryButton, ToolButton
from widgets.parts.chip import Legend
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.keys import KeyHints
from widgets.parts.notice import IssuePanel
from widgets.parts.text import ElidedText, Rule

if TYPE_CHECKING:
    from app.window import Window

FEATURES = 3
#: Width from which a wide panel has room for all of its words.
ROOMY = 600
#: What a prediction rests on, by the part that the sample had in the run.
_BASIS = {"train": "On a sample it trained on", "val": "In validation", "out_of_fold": "Out of fold"}
#: Classes that leave room for all measures and a group where the window is low.
ROWS = 3
#: Height of labelled neighbours, two lines of history and the note.
BESIDE = 226


class LabelPanel(QWidget):
    """One sample's classes, conflict, features, history and note. `list_asked`: the list is to go, or to come back."""

    list_asked = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.setObjectName("label")
        self.setProperty("ground", "panel")
        self._feature_values: list[npt.NDArray[Any]] = []
        self._low = False
        self.wide = False
        self.letters: list[str] = []
        self._build_head()
        self._build_conflict()
        self._build_rest()
        self._lay_out()

    def _build_head(self) -> None:
        self.head = PaneHeader("Label")
        self.mode = LabelledCombo("Mode", [("Revealed", False), ("Blind", True)], "What others and the model say  B")
        self.mode.setObjectName("label.mode")
        self.mode.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a choice by mouse leaves the keyboard with the list
        self.mode.chosen.connect(lambda on: self.session.vote_blind(bool(on)))
        self.head.add_tool(self.mode, keep=True)
        self.head.offer(self.mode, False)
        self.flag = ToolButton("flag", "Flag for review", True, "F")
        self.bookmark = ToolButton("bookmark", "Bookmark", True, "D")
        self.exclude = ToolButton("exclude", "Exclude from training", True, "X")
        for button, name in ((self.flag, "flag"), (self.bookmark, "bookmark"), (self.exclude, "exclude")):
            button.setObjectName(f"label.{name}")
            button.clicked.connect(lambda _on=False, name=name: self.desk.run_command(f"flag.{name}"))
            self.head.add_tool(button, keep=name == "flag")
        self.advance = self.head.add_entry("Go on after a label", self._toggle_advance, checkable=True)
        self.advance.setChecked(bool(self.session.settings.get("advance", True)))
        self.listed = self.head.add_entry("List of samples", self.list_asked.emit, checkable=True)
        self.classes = ClassBar()
        self.classes.setObjectName("label.classes")
        self.classes.class_asked.connect(lambda name: self.desk.run_command(f"label.class.{name}"))
        self.legend = Legend([("label_bar", "your label"), ("bar", "model")])

    def _toggle_advance(self) -> None:
        self.session.settings.set("advance", self.advance.isChecked())

    def _build_conflict(self) -> None:
        self.issue = IssuePanel()
        self.issue.setObjectName("label.issue")
        self.brief = ElidedText("", "label", "warn")
        self.brief.setObjectName("label.brief")
        self.accept = PrimaryButton("Accept")
        self.accept.setObjectName("label.accept")
        self.accept.clicked.connect(lambda: self.desk.run_command("label.accept"))
        self.unnamed = IssuePanel("No classes yet", "Each one that you add stands here with its key.", "info", "tag")
        self.unnamed.setObjectName("label.unnamed")
        self.add = PrimaryButton("Add class…")
        self.add.setObjectName("label.add_class")
        self.add.clicked.connect(lambda: self.desk.run_command("project.class"))
        self.keep = Button("Keep label")
        for button in (self.accept, self.keep):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard with the list
        self.keep.setObjectName("label.keep")
        self.keep.clicked.connect(lambda: self.desk.run_command("label.keep"))
        self.buttons = QWidget()
        row = QHBoxLayout(self.buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.accept, 1)
        row.addWidget(self.keep, 1)

    def _build_rest(self) -> None:
        self.votes = VotesPart(self.session)
        self.votes.hide()
        self.quality = QualityPart(self.session)
        self.kin = KinPart(self.desk)
        self.near_head = PaneHeader("Nearest labelled", "", rule=False)
        self.near = NearStrip()
        self.near.setObjectName("label.near")
        for widget in (self.near_head, self.near):
            widget.hide()
        self.features_head = PaneHeader("Features", "this sample in all, by class", rule=False)
        self.features = FeatureStrip()
        self.features.setObjectName("label.features")
        self.history_head = PaneHeader("History", "", rule=False)
        self.history = History()
        self.history.setObjectName("label.history")
        self.note = NoteField(self.desk)
        self.hints = KeyHints([])
        self.hints.setObjectName("label.hints")

    def _lay_out(self) -> None:
        self._parts = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(0)
        self._parts.addWidget(self._first_part())
        self._parts.addWidget(self._second_part(), 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._parts, 1)
        whole.addWidget(self.hints)

    def _first_part(self) -> QWidget:
        """Classes and what the model says."""
        self._first = QWidget()
        top = QVBoxLayout()
        top.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 10)
        top.setSpacing(8)
        for widget in (self.legend, self.brief, self.unnamed, self.add, self.issue, self.buttons):
            top.addWidget(widget)
        column = QVBoxLayout(self._first)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.classes)
        column.addLayout(top)
        column.addStretch(1)
        return self._first

    def _second_part(self) -> QWidget:
        """How well it was recorded, its group, what is near it, features, history and the note."""
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._rules = [Rule(), Rule()]
        for part in (
            self.votes,
            self.quality,
            self.kin,
            self.near_head,
            self.near,
            self._rules[0],
            self.features_head,
            self.features,
            self._rules[1],
            self.history_head,
            self.history,
        ):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(lower)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.viewport().setProperty("ground", "panel")
        lower.setProperty("ground", "panel")
        note = QVBoxLayout()
        note.setContentsMargins(tokens.GUTTER, 6, tokens.GUTTER, 8)
        note.addWidget(self.note)
        second = QWidget()
        whole = QVBoxLayout(second)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addLayout(note)
        return second

    def set_wide(self, wide: bool) -> None:
        """Below the viewer there is width and little height: two parts beside each other, and few words."""
        if wide == self.wide:
            return
        self.wide = wide
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._parts.setDirection(across if wide else down)
        self._share()
        self.compact(self._low)
        if self.letters:
            self.show_sample()

    def _share(self) -> None:
        """The two parts share the width evenly; where it is short, names of classes come first."""
        classes, others = (0, 1) if not self.wide else (1, 1) if self.width() >= ROOMY else (4, 3)
        self._parts.setStretch(0, classes)
        self._parts.setStretch(1, others)
        self.near.set_small(self.wide and self.width() < ROOMY)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._share()
        super().resizeEvent(event)

    def wanted_height(self) -> int:
        """What a wide panel needs for its classes, and for what stands beside them."""
        return max(self._first.sizeHint().height(), BESIDE) + self.hints.sizeHint().height()

    # What it shows

    def show_project(self) -> None:
        """Another project: its classes and features."""
        session = self.session
        self.note.forget()
        titles = {name: session.class_title(name) for name in session.classes}
        self.letters = tokens.propose_letters(session.classes)
        self.classes.set_classes(session.classes, self.letters, titles)
        for widget in (self.unnamed, self.add):
            widget.setVisible(not session.classes)
        self._show_way()
        self.show_features()
        self.compact(self._low)

    def _show_way(self) -> None:
        """Whether this is one label, or a vote among others'."""
        session, count = self.session, len(self.session.classes)
        self.head.offer(self.mode, session.votes_count)
        self.mode.set_value(session.blind)
        self.votes.setVisible(session.votes_count)
        self.head.set_title("Vote" if session.votes_count else "Label")
        keys = f"1–{min(count, 9)}" if count > 1 else "1"
        vote = [(keys, "vote"), ("Q", "cannot say"), ("B", "blind"), ("H", "list")]
        self.hints.set_hints(vote if session.votes_count else [("A", "accept"), ("F", "flag"), ("Ctrl+Z", "undo")])

    def show_listed(self, there: bool) -> None:
        """Whether the list stands beside the viewer."""
        self.listed.setChecked(there)

    def show_features(self) -> None:
        """Densities of the domain's main numeric columns by class."""
        session = self.session
        if session.project is None:
            return
        told: list[tuple[str, Words, Any]] = []
        for column in session.open_domain.columns:
            if column.feature and column.name in session.open_project.samples.names and len(told) < FEATURES:
                values = session.view.column(column.name)
                if values.dtype.kind == "f" and len(np.unique(values[np.isfinite(values)][:5000])) > 8:
                    reads = functools.partial(numbers.measured, decimals=column.decimals, unit=column.unit)
                    told.append((column.title, reads, values))
                    continue
        self._feature_values = [values for _title, _reads, values in told]
        self.features.set_features(told, session.places().astype(np.int32))
        self._show_features()

    def show_sample(self) -> None:
        """The shown sample: bars, conflict, features, history, note."""
        session = self.session
        row = session.current
        shown = session.project is not None and row >= 0
        self.setEnabled(shown)
        if not shown:
            for part in (self.issue, self.buttons, self.quality, self.kin):
                part.hide()
            self.history.show_rows([])
            return
        fold = session.fold
        label = session.view.column("label")[row]
        probabilities = self.session.shares(row)
        self._show_way()
        votes = fold.tallies(np.array([row]))[0] if session.votes_count else {}
        hidden = not session.revealed()[row]
        self.classes.show_sample(self._own_vote(row) or label, class_votes(votes), probabilities, hidden)
        if session.votes_count:
            self.votes.show_sample(row, votes, probabilities, self.letters)
        self.quality.show_sample(row)
        self.kin.show_sample()
        self._show_conflict(row, label, probabilities)
        self._show_legend(row, label, votes, hidden)
        self.features.set_sample([float(values[row]) for values in self._feature_values])
        for button, name in ((self.flag, "flag"), (self.bookmark, "bookmark"), (self.exclude, "exclude")):
            button.setChecked(bool(fold.flagged(name)[row]))
        self._show_history(row)
        self.note.show_note(row, fold.note(row))

    def _own_vote(self, row: int) -> str | None:
        """Where all votes count, the class that this person gave."""
        if not self.session.votes_count:
            return None
        code = int(self.session.fold.vote_codes(self.session.curator)[row])
        return self.session.fold.classes[code] if code >= 0 else None

    def _show_conflict(self, row: int, label: str | None, probabilities: dict[str, float]) -> None:
        session = self.session
        best = max(probabilities, key=lambda name: probabilities[name]) if probabilities else ""
        part = str(session.view.column("part")[row] or "")
        words = _BASIS.get(part, "Held out")
        # Why a queue has it may be what others or the model say.
        reason = session.listing.reason(row) if session.revealed()[row] else ""
        meant = session.view.meaning(label)
        meant = session.view.stand_ins().get(meant, meant) if meant else None
        conflict = bool(best and meant and best != meant)
        self.issue.setVisible(conflict or bool(reason))
        self.buttons.setVisible(bool(best) and (conflict or label is None))
        if conflict and label is not None:
            first, second = (
                f"{session.class_title(name)} {numbers.p(probabilities.get(name, 0.0))}".replace(" ", "\u00a0")
                for name in (best, str(meant))
            )
            record = session.record()
            run = record.title if record is not None else session.run
            text = f"{words}, {run} gives {first} and {second}."
            told = " ".join(part for part in (text, self._rank(), self._flaw(reason)) if part)
            self.issue.set_words("Label and model disagree", told, "warn", "conflict")
        elif reason:
            queue = session.listing.queue
            self.issue.set_words(f"In the queue {queue}".strip(), _without(reason, queue), "info", "queue")
        self._show_brief(row, conflict, reason)
        self.accept.setText(f"Accept {session.class_title(best)}" if best else "Accept")
        self.keep.setVisible(label is not None)

    def _show_legend(self, row: int, label: str | None, votes: Mapping[str, float], hidden: bool) -> None:
        session = self.session
        self.legend.setVisible(bool(session.classes))
        by = session.labelled_by(row)
        mine = "your label" if by == session.curator else f"label by {by}" if by else "imported label"
        if hidden:
            words = HIDDEN
        elif session.votes_count:
            words = counted_words(votes, bool(session.fold.shared()[row]), named_on(session.fold, row))
        else:
            words = mine if label else "label"
        self.legend.set_words(0, words)

    def _show_brief(self, row: int, conflict: bool, reason: str) -> None:
        """A wide panel is low: the same in one line, the keys of its foot in place of the buttons."""
        session = self.session
        self.brief.setVisible(self.wide and (conflict or bool(reason)))
        if not self.wide:
            return
        self.issue.hide()
        self.buttons.hide()
        words = reason
        if conflict:
            label, model = int(session.places()[row]), int(session.predicted_places()[row])
            sure = numbers.p(float(session.view.column("confidence")[row]))
            words = f"≠ label {self.letters[label]}, model {self.letters[model]} {sure}"
        self.brief.setText(words)

    def _flaw(self, reason: str) -> str:
        """Why a queue of a flaw has the sample; other queues have it for what stands there already."""
        flaws = {flaw.title for flaw in self.session.open_domain.flaws}
        return f"{reason}." if reason and self.session.listing.queue in flaws else ""

    def _rank(self) -> str:
        session = self.session
        if not session.listing.queue or session.place < 0:
            return ""
        return f"Rank {session.place + 1} of {numbers.count(len(session.order))}."

    def _show_history(self, row: int) -> None:
        events = self.session.open_project.journal.events(row, 30)
        if not self.session.revealed()[row]:
            events = [event for event in events if not self._tells(event)]
        moments = [moment for event in events if (moment := moment_of(self.session, event, row, self.letters))]
        proposed = self._proposed(row)
        moments = [*proposed, *moments]
        self.history.show_rows(moments)
        self.history_head.set_subtitle(numbers.plural(len(moments), "event"))

    def _tells(self, event: Event) -> bool:
        """Whether an act is another's word on the class, or may say it."""
        told = (LABEL, NOTE, REGION)
        return event.by != self.session.curator and any(change.kind in told for change in event.changes)

    def _proposed(self, row: int) -> list[Moment]:
        shares = self.session.shares(row)
        record = self.session.record()
        if not shares or record is None:
            return []
        best = max(shares, key=lambda name: shares[name])
        place = self.session.classes.index(best) if best in self.session.classes else 0
        part = str(self.session.view.column("part")[row] or "").replace("_", " ")
        title = f"{self.session.class_title(best)} proposed"
        text = f"p {numbers.p(shares[best])}, {record.title} {record.recipe}, {part}"
        return [Moment(title, text, numbers.day_and_clock(record.at), "hollow", self.letters[place], place)]

    def compact(self, low: bool) -> None:
        """Narrow and low windows: features go, class rows are lower."""
        self.classes.set_row_height(tokens.CLASS_ROW_LOW if low or self.wide else tokens.CLASS_ROW)
        self._low = low
        tight = self.wide or (low and len(self.letters) > ROWS)
        self.quality.fold(tight)
        self.kin.fold(tight)
        self._show_features()

    def _show_features(self) -> None:
        for widget in (self.features_head, self.features, self._rules[0]):
            widget.setVisible(bool(self._feature_values) and not self._low)


def _without(reason: str, queue: str) -> str:
    """A reason without the name of its queue, where that stands above it."""
    rest = reason.removeprefix(f"{queue}: ")
    return reason if rest == reason else rest[:1].upper() + rest[1:]
