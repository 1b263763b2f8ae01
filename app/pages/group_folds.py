"""The trainings of the shown run by set and fold, or of the one that runs; a cell opens what its fold misjudged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.nouns import group_noun, sample_noun
from app.pages import figure_file
from app.pages.fold_data import FUSION, SCORES, Fanned, folds_of, given_of, judged_words, score_rows
from models.job import Done, Failed, Progress
from models.orders.answers import misjudged
from models.orders.naming import find_recipe, make_params
from models.store.runs import RunRecord
from widgets.charts.fold_matrix import SCORED, UNDEFINED, FoldMatrix
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader, make_pane
from widgets.parts.notice import Note
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window
    from workers.ticket import Ticket

LEVELS = ("group", "sample")


class FoldPane(QWidget):
    """The matrix with its choices. ``changed``: the training that runs told something."""

    changed = Signal()

    def __init__(self, window: Window, reader: Reader) -> None:
        super().__init__()
        self.desk, self.session, self.reader = window, window.session, reader
        self.fanned: Fanned | None = None
        self._ticket: Ticket | None = None
        self._build()
        self.session.jobs.started.connect(self._begun)
        self.session.jobs.ended.connect(self._over)
        reader.arrived.connect(self._came)
        if self.session.jobs.running is not None:
            self._begun(self.session.jobs.running)

    def _build(self) -> None:
        self.head = PaneHeader("Sets and folds", "")
        self.score = LabelledCombo("Score", [(words, name) for name, words in SCORES.items()], "What each cell tells")
        self.score.setObjectName("groups.score")
        self.level = LabelledCombo("Level", [(name, name) for name in LEVELS], "What is judged")
        self.level.setObjectName("groups.level")
        self.run = LabelledCombo("Run", [], "Whose trainings are shown")
        self.run.setObjectName("groups.run")
        self.run.setMaximumWidth(200)
        for combo in (self.score, self.level):
            combo.chosen.connect(lambda _value: self.redraw())
        self.run.chosen.connect(self.session.show_run)
        for combo in (self.score, self.level, self.run):
            self.head.add_tool(combo)
        self.matrix = FoldMatrix()
        self.matrix.setObjectName("groups.matrix")
        self.matrix.cell_asked.connect(self.open_cell)
        self.head.add_entry(figure_file.SAVE, lambda: figure_file.ask(self.desk, self.matrix, "folds"))
        self.head.more.setObjectName("groups.matrix_more")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(make_pane(self.head, self.matrix))

    # What it shows

    def refresh(self) -> None:
        """Runs, or the shown one, changed."""
        session = self.session
        kept = [run for run in session.open_project.runs.list() if given_of(run) is not None]
        self.run.set_choices([(run.title, run.id) for run in kept])
        self.run.set_value(session.run)
        self.head.offer(self.run, len(kept) > 1)
        group, sample = group_noun(session), sample_noun(session)
        self.level.set_choices([(group, "group"), (sample, "sample")])
        self.redraw()

    def record(self) -> RunRecord | None:
        """The shown run, where it was trained over given splits."""
        record = self.session.record()
        return record if given_of(record) is not None else None

    def told(self) -> bool:
        """Whether there is a matrix at all."""
        return self.fanned is not None or self.record() is not None

    def redraw(self) -> None:
        """The matrix of what runs, else of the shown run."""
        record, fanned = self.record(), self.fanned
        choosing = fanned is None and record is not None
        for combo in (self.score, self.level):
            combo.setEnabled(choosing)
            self.head.offer(combo, self.told())
        if fanned is not None:
            self.matrix.set_matrix(fanned.rows(), [f"fold {one}" for one in fanned.folds], "", "The training begins")
            self.head.set_title("Sets and folds", f"failed: {fanned.ended}" if fanned.ended else fanned.words())
            return
        given = given_of(record)
        if record is None or given is None:
            self.matrix.set_matrix([], [], "", self._why_empty())
            self.head.set_title("Sets and folds", self._why_empty())
            return
        score, level = str(self.score.value()), str(self.level.value())
        rows = score_rows(given, score, level)
        folds = folds_of(given)
        noun = group_noun(self.session) if level == "group" else sample_noun(self.session)
        judged = judged_words(rows, noun, score, given.get("positive"))
        told = ", ".join(part for part in (f"{SCORES[score]} by {noun}", judged) if part)
        self.matrix.set_matrix(rows, [f"fold {one}" for one in folds], told)
        count = sum(cell.state in (SCORED, UNDEFINED) for row in rows for cell in row.cells if not row.apart)
        self.head.set_title("Sets and folds", f"{record.title}, {record.recipe}, {count} trainings")

    def _why_empty(self) -> str:
        """Why there is no matrix, and what makes one."""
        if not self.session.open_project.runs.list():
            return "No run yet. A training over the splits that came with the data stands here, fold by fold."
        return (
            "The shown run was split here, so it has no sets: train over splits that came with the data to see folds."
        )

    # While it runs

    def _begun(self, ticket: Ticket) -> None:
        """A training of the open project began: which trainings it is made of is read beside the window."""
        session, told = self.session, ticket.job.arguments
        if ticket.job.order != "train" or session.project is None or told.get("project") != str(session.project.path):
            return
        kind, samples = session.open_domain, session.project.samples
        recipe = find_recipe(kind, str(told["recipe"]))
        values, preset = dict(told.get("values") or {}), str(told.get("preset") or "")
        if recipe.given is None or told.get("where") or told.get("max_samples"):
            return
        self._ticket = ticket
        ticket.progressed.connect(self._progressed)

        def cells() -> list[tuple[str, int]]:
            assert recipe.given is not None
            return [(one.name, one.fold) for one in recipe.given(make_params(recipe, values, preset), samples)]

        self.reader.ask(("cells", id(ticket)), cells, "cells")

    def _came(self, key: Any, found: Any) -> None:
        if self._ticket is not None and key == ("cells", id(self._ticket)) and found:
            fanned = self.fanned or Fanned()
            fanned.know(found)
            self.fanned = fanned
            self._tell()

    def _progressed(self, step: Progress) -> None:
        if self.fanned is not None:
            self.fanned.take(step)
            self._tell()

    def _over(self, ticket: Ticket, ending: Any) -> None:
        if ticket is not self._ticket:
            return
        self._ticket = None
        if isinstance(ending, Failed) and self.fanned is not None:
            self.fanned.fail(ending.text)
        elif isinstance(ending, Done) or self.fanned is not None:
            self.fanned = None
        self._tell()

    def forget(self) -> None:
        """Another project."""
        self.fanned, self._ticket = None, None

    def show_scores(self) -> None:
        """A person asks for a run's scores: what failed is put away."""
        if self.fanned is not None and self.fanned.ended:
            self.fanned = None

    def _tell(self) -> None:
        if self.isVisible():
            self.redraw()
            self.changed.emit()

    # What a person does

    def open_cell(self, row: int, column: int) -> None:
        """What the fold of a cell misjudged, as a list on the curate page."""
        record, given = self.record(), given_of(self.record())
        if self.fanned is not None or record is None or given is None:
            return
        session, level = self.session, str(self.level.value())
        shown, fold = self.matrix.rows()[row], folds_of(given)[column]
        name = FUSION if shown.apart else shown.name
        noun = group_noun(session) if level == "group" else sample_noun(session)
        rows = misjudged(record, session.open_project.samples, session.view.stands(), name, fold, level)
        title = f"{shown.name}, fold {fold}"
        if not len(rows):
            self.desk.notify(Note(f"{title} misjudged no {noun} of its test by the labels of now.", "info"))
            return
        self.desk.show_page("curate")
        session.show_rows(rows, title, f"misjudged by {title}, {record.title}")
