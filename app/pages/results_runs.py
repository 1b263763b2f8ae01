"""The runs of the project: table, names, notes, marks; two of them compared."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from app.commands import Command
from app.nouns import group_noun
from app.pages import worse
from app.pages.run_scores import Scores, differences
from models.job import Stopped
from models.orders.scores import Score, mendable, unlike
from models.store.runs import RunRecord
from widgets import numbers, tokens
from widgets.charts.flip_bar import FlipBar
from widgets.charts.run_table import RunRow, RunTable
from widgets.parts.buttons import Button, LinkButton, ToolButton
from widgets.parts.header import PaneHeader
from widgets.parts.notice import Note
from widgets.parts.text import Rule, Text
from workers.host import Ticket

if TYPE_CHECKING:
    from app.window import Window

#: Ground of a link at the left of its words.
LINK = 4
PARTS = {"right": "now right", "wrong": "now wrong", "both": "wrong both times, another class"}


class RunsPane(QWidget):
    """Table of runs above, the comparison of two below."""

    def __init__(self, window: Window, scores: Scores) -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.scores = scores
        self.waiting = False
        self._mendable: list[str] = []
        self._asked: dict[str, str] = {}
        self.session.jobs.ended.connect(self._over)
        self._result: dict[str, Any] | None = None
        self.setProperty("ground", "well")
        self._build_head()
        self._build_comparison()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        noting = QVBoxLayout()
        noting.setContentsMargins(tokens.GUTTER, 4, tokens.GUTTER, 8)
        noting.addWidget(self.note)
        column.addWidget(self.head)
        column.addWidget(self.table)
        column.addLayout(noting)
        column.addWidget(Rule())
        column.addWidget(self.comparison)
        column.setStretchFactor(self.table, 1)

    def _build_head(self) -> None:
        self.head = PaneHeader("Runs", "")
        self.compare_button = Button("Compare", "compare")
        self.compare_button.setObjectName("results.compare")
        self.compare_button.clicked.connect(lambda: self.desk.run_command("results.compare"))
        self.best_button = ToolButton("best", "Mark as best")
        self.best_button.setObjectName("results.best")
        self.best_button.clicked.connect(lambda: self.desk.run_command("results.best"))
        self.again_button = Button("Score again", "reset", "Score the runs with ≠ and this one with the labels of now")
        self.again_button.setObjectName("results.rescore")
        self.again_button.clicked.connect(lambda: self.desk.run_command("results.rescore"))
        self.again_button.hide()
        self.head.add_tool(self.again_button, keep=True)
        self.head.add_tool(self.compare_button, keep=True)
        self.head.add_tool(self.best_button)
        self.table = RunTable()
        self.table.setObjectName("results.runs")
        self.table.picked.connect(self._picked)
        self.table.opened.connect(self.session.show_run)
        self.table.renamed.connect(self._rename)
        self.table.delete_asked.connect(self._delete)
        self.table.menu_asked.connect(self._menu)
        self.note = QLineEdit()
        self.note.setObjectName("results.note")
        self.note.setAccessibleName("Note on this run")
        self.note.setPlaceholderText("Note on this run")
        self.note.editingFinished.connect(self._write_note)

    def _build_comparison(self) -> None:
        self.comparison = QWidget()
        self.comparison.setProperty("ground", "panel")
        column = QVBoxLayout(self.comparison)
        column.setContentsMargins(tokens.GUTTER, 10, tokens.GUTTER, 10)
        column.setSpacing(5)
        self.verdict = Text("", "title", wrap=True)
        self.verdict.setObjectName("results.verdict")
        self.difference = Text(
            "A paired bootstrap over the same held-out groups tells which is better.", "body", "text2", wrap=True
        )
        self.difference.setObjectName("results.difference")
        self.flips = FlipBar()
        self.flips.setObjectName("results.flips")
        self.flips.part_asked.connect(self._open_part)
        self.open_flips = LinkButton("")
        self.open_flips.setObjectName("results.open_flips")
        self.open_flips.clicked.connect(lambda: self._open_part(""))
        for widget in (self.verdict, self.difference, self.flips):
            column.addWidget(widget)
        linked = QHBoxLayout()
        linked.setContentsMargins(-LINK, 0, 0, 0)  # its words, not its ground, begin where the others do
        linked.addWidget(self.open_flips, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(linked)
        self.flips.hide()
        self.open_flips.hide()

    def commands(self) -> list[Command]:
        """Acts on the selected runs."""
        on = ("results",)

        def two() -> bool:
            return len(self.table.selected()) == 2

        def one() -> bool:
            return self.session.record() is not None

        return [
            Command("results.compare", "Compare the two selected runs", self.compare, ("Ctrl+D",), "Train", two, on,
                    "compare"),
            Command("results.rescore", "Score runs again with the labels of now", self.rescore, (), "Train",
                    lambda: bool(self._mendable), on, "reset"),
            Command("results.best", "Mark the run as best", self.mark_best, ("Ctrl+M",), "Train", one, on, "best"),
            Command("results.delete", "Delete the run", lambda: self._delete(self.session.run), ("Ctrl+Delete",),
                    "Train", one, on, "trash"),
            Command("results.rename", "Rename the run", lambda: self.table.edit_name(self.session.run), ("F2",),
                    "Train", one, on, "edit"),
        ]  # fmt: skip

    # What it shows

    def forget(self) -> None:
        """Another project."""
        self.waiting = False
        self._show_comparison(None)

    def refresh(self, record: RunRecord | None, part: str = "") -> None:
        """Runs appeared, changed or another one is shown; they are scored on this part where they have it."""
        runs = self.session.open_project.runs.list()
        found = {run.id: self.scores.of(run, part) for run in runs}
        own = self.scores.of(record, part) if record is not None else None
        told = differences(runs, self.session.open_domain.recipes)
        rows = [_row(run, found[run.id], told[run.id], own, run.best and len(runs) > 1) for run in runs]
        chance = math.nan
        if own is not None:
            value = (own.metrics.get("chance") or {}).get("balanced_accuracy")
            chance = math.nan if value is None else float(value)
        self._mendable = [run for run, score in found.items() if own is not None and mendable(score, own)]
        self.again_button.setVisible(bool(self._mendable))
        selected = self.table.selected()
        voted = own is not None and own.metrics.get("kl") is not None
        self.table.set_runs(rows, record.id if record else "", chance, voted)
        known = {run.id for run in runs}
        kept = [run for run in selected if run in known]
        if record is not None and record.id not in kept:
            # Notes, marks and deleting concern the shown run: no other one may look chosen.
            kept = [record.id]
        self.table.select(kept)
        if self._result is None and not self.waiting:
            self.verdict.setText(self._empty_words())
        words = numbers.plural(len(runs), "run")
        self.head.set_subtitle(
            f"{words} on this data, chance {numbers.share(chance, 2)}" if math.isfinite(chance) else words
        )
        if record is not None and not self.note.hasFocus():
            self.note.setText(record.note)
        self.compare_button.setEnabled(len(self.table.selected()) == 2)

    def _picked(self, runs: list[str]) -> None:
        self.compare_button.setEnabled(len(runs) == 2)
        if len(runs) == 1 and runs[0] != self.session.run:
            self.session.show_run(runs[0])
        elif len(runs) == 2:
            self.desk.run_command("results.compare")

    # Acts

    def compare(self) -> None:
        """Ask the worker to compare the two selected runs, the older one first."""
        order = {run.id: place for place, run in enumerate(self.session.open_project.runs.list())}
        first, second = sorted(self.table.selected(), key=lambda run: -order.get(run, 0))
        self.waiting = True
        running = self.session.jobs.running
        later = f", after: {running.job.title}" if running is not None else ""
        self._show_comparison(None)
        self.verdict.setText(f"Comparing {self._name(second)} with {self._name(first)}{later}")
        self._asked = {"first": first, "second": second}
        worse.compare(self.desk, first, second, self._compared, self._failed)

    def rescore(self) -> None:
        """Let the worker score the shown run, and those that can't stand beside it, with the labels of now."""
        record = self.session.record()
        if record is None or not self._mendable:
            return
        arguments = {"runs": [record.id, *self._mendable]}
        self.session.start_here("rescore", arguments, "Score again", lambda _told: self.session.runs_changed())

    def _failed(self, text: str) -> None:
        self.waiting = False
        self._show_comparison(None)
        self.difference.setText(text)

    def _over(self, ticket: Ticket, ending: Any) -> None:
        """A comparison that was cancelled waits no more."""
        asked = {name: ticket.job.arguments.get(name) for name in ("first", "second")}
        if self.waiting and ticket.job.order == "compare" and asked == self._asked and isinstance(ending, Stopped):
            self.waiting = False
            self._show_comparison(None)

    def _compared(self, result: dict[str, Any]) -> None:
        self.waiting = False
        self._show_comparison(result)

    def _show_comparison(self, result: dict[str, Any] | None) -> None:
        self._result = result
        for widget in (self.flips, self.open_flips):
            widget.setVisible(result is not None)
        if result is None:
            self.verdict.setText(self._empty_words())
            self.difference.setText("A paired bootstrap over the same held-out groups tells which is better.")
            return
        low, high = result.get("interval") or (None, None)
        first, second = (self._name(str(result.get(name, ""))) for name in ("first_run", "second_run"))
        told = "better" if low is not None and low > 0 else "worse" if high is not None and high < 0 else ""
        words = f"{told} on the same samples" if told else "no difference shown"
        self.verdict.setText(f"{second} against {first}, {words}")
        noun = group_noun(self.session)
        value = numbers.difference(result.get("difference"), low, high)
        worse_on = worse.where_worse(self.desk, result)
        more = f" Worse on {worse_on}." if worse_on and told != "worse" else ""
        more += self._apart(str(result.get("first_run", "")), str(result.get("second_run", "")), result)
        more += "".join(f" {note}" for note in result.get("notes") or [])
        self.difference.setText(f"Balanced accuracy {value}{_nearer(result)}, paired bootstrap by {noun}.{more}")
        parts = self._parts(result)
        self.flips.set_counts(*(len(parts[key]) for key in ("right", "wrong", "both")))
        total = int(result.get("n") or 0)
        self.open_flips.setText(
            f"{result.get('n_flipped', 0)} of {numbers.count(total)} predictions changed. Open them as a list."
        )

    def _empty_words(self) -> str:
        one = len(self.table.rows()) < 2
        return "A second run could be compared with this one" if one else "Select two runs to compare them"

    def _apart(self, first: str, second: str, result: dict[str, Any]) -> str:
        """Why the two scores of the table don't stand beside each other, though the comparison does."""
        one, two = self.session.record(first), self.session.record(second)
        if one is None or two is None or not unlike(self.scores.of(two), self.scores.of(one)):
            return ""
        count = numbers.plural(int(result.get("n") or 0), "sample")
        return f" Their scores above are not alike; here both are scored on the same {count} with the labels of now."

    def _parts(self, result: dict[str, Any]) -> dict[str, list[str]]:
        parts: dict[str, list[str]] = {"right": [], "wrong": [], "both": []}
        for flip in result.get("flipped") or []:
            right = flip["second"] == flip["label"]
            key = "right" if right else "wrong" if flip["first"] == flip["label"] else "both"
            parts[key].append(flip["sample"])
        return parts

    def _open_part(self, part: str) -> None:
        if self._result is None:
            return
        parts = self._parts(self._result)
        samples = parts[part] if part else [sample for found in parts.values() for sample in found]
        rows = np.array([row for row in self.session.rows_of(samples) if row >= 0], np.int64)
        if len(rows):
            self.desk.show_page("curate")
            words = PARTS.get(part, "changed")
            first, second = (self._name(str(self._result[name])) for name in ("first_run", "second_run"))
            self.session.show_rows(rows, f"{second} against {first}", f"Prediction {words}.")

    def mark_best(self) -> None:
        """Mark the shown run as best; a worse one is told first."""
        record = self.session.record()
        if record is not None:
            worse.mark_best(self.desk, record)

    def _name(self, run: str) -> str:
        record = self.session.record(run)
        return record.title if record is not None else run

    def _rename(self, run: str, text: str) -> None:
        self.desk.guarded(lambda: self._renamed(run, text))

    def _renamed(self, run: str, text: str) -> bool:
        self.session.open_project.runs.rename(run, text, self.session.curator)
        self.session.runs_changed()
        return True

    def _write_note(self) -> None:
        record = self.session.record()
        text = self.note.text().strip()
        if record is not None and text != record.note:
            self.session.open_project.runs.note(record.id, text, self.session.curator)
            self.session.runs_changed()

    def _delete(self, run: str) -> None:
        if not run:
            return
        project = self.session.open_project
        name = project.runs.get(run).title
        project.runs.delete(run, self.session.curator)
        left = project.runs.list()
        if self.session.run == run:
            self.session.show_run(left[0].id if left else "")
        self.session.runs_changed()
        self.desk.notify(Note(f"Deleted {name}", actions=(("edit.undo", "Undo"),)))

    def _menu(self, run: str, point: QPoint) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Show", partial(self.session.show_run, run))
        menu.addAction("Rename", partial(self.table.edit_name, run))
        menu.addAction("Mark as best", partial(self._mark, run))
        menu.addAction("Delete", partial(self._delete, run))
        menu.popup(point)

    def _mark(self, run: str) -> None:
        worse.mark_best(self.desk, self.session.open_project.runs.get(run))


def _nearer(result: dict[str, Any]) -> str:
    """The difference in the divergence from the votes, where these are counted."""
    kl = result.get("kl")
    return (
        f", KL from the votes {numbers.difference(kl['difference'], *(kl['interval'] or (None, None)))}" if kl else ""
    )


def _row(run: RunRecord, score: Score, differs: str, beside: Score | None, best: bool) -> RunRow:
    """best: it is marked so, and there are others that it is better than."""
    metrics = score.metrics
    low, high = (metrics.get("intervals") or {}).get("balanced_accuracy") or (None, None)
    figures = [metrics.get("balanced_accuracy"), low, high, metrics.get("kl", metrics.get("log_loss"))]
    value, low, high, loss = (math.nan if figure is None else float(figure) for figure in figures)
    words = ", ".join(part for part in (run.recipe, str(run.record.get("preset") or "")) if part)
    apart = unlike(score, beside) if beside is not None else ""
    return RunRow(run.id, run.name, words, value, low, high, loss, run.at, best, run.note, score.part, differs, apart)
