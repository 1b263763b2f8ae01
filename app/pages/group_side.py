"""The right of the page of groups: the leak meter, late fusion beside the best set, who trains what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.nouns import group_noun, sample_noun
from app.pages.fold_data import Fanned, fusion_of, given_of
from app.pages.leak_pane import CAPTION, UNMEASURED, LeakPane
from models.job import Progress
from models.learn.bootstrap import wilson
from models.learn.gathered import Gathered
from models.store.runs import RunRecord
from widgets import numbers, tokens
from widgets.charts.confusion import ConfusionMatrix
from widgets.charts.fold_matrix import FoldCell
from widgets.charts.interval_rows import IntervalRow, IntervalRows
from widgets.parts.bars import Bar
from widgets.parts.buttons import Button
from widgets.parts.header import PaneHeader
from widgets.parts.text import Rule, Text

if TYPE_CHECKING:
    from app.window import Window
    from workers.ticket import Ticket

#: Rows of workers at most: of more the rest is counted.
WORKERS = 8


class SidePane(QWidget):
    """Whether the score is real, what joining the sets adds, how groups are judged, and what is at work.

    ``cell_asked(label, model)``: the groups of a cell of the confusion are wanted.
    """

    cell_asked = Signal(int, int)

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk, self.session = window, window.session
        self._ticket: Ticket | None = None
        self._step = ""
        self.setProperty("ground", "panel")
        body = QWidget()
        body.setProperty("ground", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        parts = (*self._build_leak(), Rule(), *self._build_fusion(), Rule(), *self._build_judged(), *self._build_work())
        for part in parts:
            column.addWidget(part)
        column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.session.jobs.ended.connect(self._over)

    def _build_leak(self) -> tuple[QWidget, ...]:
        self.leak_head = PaneHeader("Leak meter", "")
        self.make = Button("Measure", "", "Train the recipe anew by either split, and on permuted labels")
        self.make.setObjectName("groups.leak_make")
        self.make.clicked.connect(self.measure)
        self.leak_head.add_tool(self.make, keep=True)
        self.leak = LeakPane("groups.leak")
        return self.leak_head, self.leak

    def _build_fusion(self) -> tuple[QWidget, ...]:
        self.fusion_head = PaneHeader("Late fusion against the best set", "AUC, 95 %")
        self.fusion = IntervalRows()
        self.fusion.setObjectName("groups.fusion")
        self.fusion_words = Text("", "body", "text", wrap=True)
        self.fusion_words.setObjectName("groups.fusion_words")
        self.fusion_part = QWidget()
        column = QVBoxLayout(self.fusion_part)
        column.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 10)
        column.setSpacing(8)
        column.addWidget(self.fusion)
        column.addWidget(self.fusion_words)
        return self.fusion_head, self.fusion_part

    def _build_judged(self) -> tuple[QWidget, ...]:
        self.judged_head = PaneHeader("", "")
        self.confusion = ConfusionMatrix()
        self.confusion.setObjectName("groups.confusion")
        self.confusion.cell_asked.connect(self.cell_asked)
        self.judged_words = Text("", "body", "text2", wrap=True)
        self.judged_words.setObjectName("groups.judged")
        self.judged_words.setContentsMargins(tokens.GUTTER, 4, tokens.GUTTER, 10)
        return self.judged_head, self.confusion, self.judged_words

    def _build_work(self) -> tuple[QWidget, ...]:
        self.work_rule, self.work_head = Rule(), PaneHeader("At work", "")
        self.work = QWidget()
        self.work.setObjectName("groups.work")
        column = QVBoxLayout(self.work)
        column.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 8)
        column.setSpacing(4)
        self._lines: list[tuple[Text, Bar]] = []
        for _ in range(WORKERS):
            words, bar = Text("", "body", "text"), Bar(tone="accent")
            self._lines.append((words, bar))
            column.addWidget(words)
            column.addWidget(bar)
        return self.work_rule, self.work_head, self.work

    # What it shows

    def show_run(self, record: RunRecord | None) -> None:
        """The figures of the shown run, None before there is one."""
        group, sample = group_noun(self.session), sample_noun(self.session)
        told = record.added("leak") if record is not None else None
        waiting = self._ticket is not None
        words, position = self._leak_words(record, group, sample, waiting), self.session.open_project.journal.position
        self.leak.show_leak(told, group, sample, words, position)
        self.leak_head.set_title("Leak meter", CAPTION if told else UNMEASURED)
        self.make.setText("Measuring" if waiting else "Measure again" if told else "Measure")
        self.make.setEnabled(record is not None and not waiting)
        self._show_fusion(record, group)

    def _leak_words(self, record: RunRecord | None, group: str, sample: str, waiting: bool) -> str:
        """What stands in an empty meter."""
        if waiting:
            return self._step or "Begins"
        if record is None:
            return f"No run yet: train one, then what a split by {sample} would flatter by is measured here."
        return f"Press Measure: the recipe is trained anew by folds, split by {group}, then by {sample}."

    def _show_fusion(self, record: RunRecord | None, group: str) -> None:
        given = given_of(record)
        found = fusion_of(given, group, numbers.difference) if given is not None else None
        rows = found.rows if found is not None else ()
        self.fusion.set_rows(
            [IntervalRow(name, value, low, high, "accent" if on else "text2") for name, value, low, high, on in rows]
        )
        self.fusion.setVisible(bool(rows))
        words = "This run has one set alone: late fusion joins several." if given is not None else ""
        none = "this run has none" if record is not None else "there is no run yet"
        empty = words or f"Late fusion joins the models of several sets of given splits; {none}."
        self.fusion_words.setText(found.words if found is not None else empty)
        self.fusion_words.set_tone("text" if found is not None else "text2")

    def show_judged(self, found: Gathered, positive: int | None) -> None:
        """The class of each group beside the one that the model gives all of it."""
        session = self.session
        group, known = group_noun(session), session.classes
        both = found.judged
        counts = np.zeros((len(known), len(known)), np.int64)
        np.add.at(counts, (found.label[both], found.model[both]), 1)
        titles = [session.class_title(name) for name in known]
        self.judged_head.set_title(f"{group.capitalize()}s", "label against the model")
        there = bool(both.any())
        self.confusion.setVisible(there)
        self.confusion.setFixedHeight(min(84 + 44 * len(known), 380))
        self.confusion.set_matrix(counts, titles, tokens.propose_letters(known))
        self.judged_words.setText(
            _rates(counts, titles, positive) if there else f"No {group} has a label and a held-out prediction."
        )

    def show_work(self, fanned: Fanned | None) -> None:
        """Which worker is at which training, and how far."""
        lines = _working(fanned) if fanned is not None and not fanned.ended else []
        for part in (self.work_rule, self.work_head, self.work):
            part.setVisible(bool(lines))
        self.work_head.set_title("At work", fanned.words() if fanned is not None else "")
        for (words, bar), line in zip(self._lines, [*lines, *[None] * WORKERS], strict=False):
            for widget in (words, bar):
                widget.setVisible(line is not None)
            if line is not None:
                words.setText(line[0])
                bar.set_part(line[1].part)

    # The leak meter

    def measure(self) -> None:
        """Measure what a split by sample would flatter the shown run by."""
        record = self.session.record()
        if record is None or self._ticket is not None:
            return
        arguments = {"run": record.id}
        ticket = self.session.start_here("leak", arguments, f"Leak meter of {record.title}", None, self._progressed)
        if ticket.ending is None:
            self._ticket = ticket
        self.show_run(record)

    def _progressed(self, step: Progress) -> None:
        self._step = step.text
        record = self.session.record()
        if record is not None and record.added("leak") is None:
            group, sample = group_noun(self.session), sample_noun(self.session)
            self.leak.show_leak(None, group, sample, self._step)

    def _over(self, ticket: Ticket, _ending: Any) -> None:
        if ticket is self._ticket:
            self._ticket, self._step = None, ""
            if self.session.project is not None:
                self.show_run(self.session.record())

    def forget(self) -> None:
        """Another project."""
        self._ticket, self._step = None, ""


def _rates(counts: npt.NDArray[np.int64], titles: Sequence[str], positive: int | None) -> str:
    """Sensitivity and specificity with their intervals; of more than two classes how many are right."""
    if positive is None:
        right, total = int(np.trace(counts)), int(counts.sum())
        return f"Right {_rate(right, total)}"
    rates = [_rate(int(counts[code, code]), int(counts[code].sum())) for code in (positive, 1 - positive)]
    return f"Sensitivity {rates[0]}, specificity {rates[1]}; {titles[positive]} where p is at least .50"


def _rate(right: int, total: int) -> str:
    """A share with its interval."""
    reach = wilson(right, total)
    return numbers.interval(right / total, reach[0], reach[1], 2) if total and reach else numbers.NONE


def _working(fanned: Fanned) -> list[tuple[str, FoldCell]]:
    """A line for each worker, or for each training that is at work where no worker is known."""
    if fanned.at:
        at = sorted(fanned.at.items())[:WORKERS]
        return [(f"{who}  {name}, fold {fold}", fanned.states[name, fold]) for who, (name, fold) in at]
    states = [(cell, state) for cell, state in fanned.states.items() if state.state == "running"]
    return [(f"this machine  {name}, fold {fold}", state) for (name, fold), state in states][:WORKERS]
