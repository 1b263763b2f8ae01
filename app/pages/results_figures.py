"""One figure at a time about the shown run: by a column, reliability, ROC, precision-recall, learning curve, matrix."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from app.chrome.tray import progress_words
from app.nouns import group_noun, sample_noun
from app.pages import figure_file
from app.pages.figure_lines import (
    BALANCED_KEY,
    Lines,
    by_levels,
    by_votes,
    history,
    inside,
    learning_curve,
    level_words,
    reliability,
    score_of,
)
from app.pages.leak_pane import CAPTION, UNMEASURED, LeakPane
from app.pages.results_data import (
    Basis,
    Curve,
    by_column,
    history_of,
    recall_of,
    reliability_of,
    roc_of,
    varied,
)
from app.pages.study_pane import StudyTable
from app.pages.tried_pane import TriedTable
from models.domain import Study
from models.job import Progress
from models.orders.tried import TRIED, read_tried
from models.store.grouped import as_classes
from models.store.runs import RunRecord
from widgets import numbers
from widgets.charts.chart import Chart, Reference, Series
from widgets.charts.heat_grid import HeatGrid
from widgets.parts.buttons import Button
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from workers.host import Ticket
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

OTHERS = 2
#: What the choice of a study of the domain begins with.
STUDY = "study:"
MATRIX = "Trained at one level, tested at each"
READING, UNLABELLED = "Reading the predictions", "No held-out sample is labelled"
BALANCED = "balanced accuracy, 95 % interval"
FIXED = (
    ("Reliability", "reliability"),
    ("ROC", "roc"),
    ("Precision and recall", "pr"),
    ("Learning curve", "curve"),
    ("Score as labels came", "history"),
)
LEAK = ("Leak meter", "leak")
#: What the worker makes: the order, and what the job is called.
MADE = {
    "curve": ("learning_curve", "Learning curve of"),
    "matrix": ("matrix", "Levels of"),
    "leak": ("leak", "Leak meter of"),
}


class FigurePane(QWidget):
    """A combo chooses the figure; the learning curve and the matrix are made by the worker when asked for.

    suffix: what its controls' names end with. first: the figure that is shown at first, "" for the
    first of the list (another pane shows that). ``made``: something was made of the shown run.
    """

    made = Signal()

    def __init__(self, window: Window, reader: Reader, suffix: str = "", first: str = "") -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.reader = reader
        self.waiting = False
        self._lane = f"figure{suffix}"
        self._first = first
        self._key: tuple[Any, ...] = ()
        self._asked, self._step = ("", ""), ""
        self._record: RunRecord | None = None
        self._beside: list[RunRecord] = []
        self._part, self._metrics = "", dict[str, Any]()
        self._made: dict[tuple[str, str], dict[str, Any]] = {}
        self._columns: tuple[int, tuple[str, ...]] = (-1, ())
        self.setProperty("ground", "well")
        self._build(suffix)
        reader.arrived.connect(self._arrived)
        reader.failed.connect(self._unreadable)
        self.session.jobs.ended.connect(self._over)

    def _build(self, suffix: str) -> None:
        self.head = PaneHeader("", "")
        self.choice = LabelledCombo("Figure", [], "What is drawn")
        self.choice.setObjectName(f"results.figure{suffix}")
        self.choice.chosen.connect(lambda _value: self.redraw())
        self.make = Button("Make")
        self.make.setObjectName(f"results.make{suffix}")
        self.make.clicked.connect(self._make)
        self.head.add_lead(self.choice)  # it is the title too
        self.head.add_tool(self.make, keep=True)
        self.head.add_entry(figure_file.SAVE, self._save)
        self.head.more.setObjectName(f"results.more{suffix}")
        self.chart = Chart()
        self.chart.setObjectName(f"results.chart{suffix}")
        self.chart.setAccessibleName("Figure")
        self.grid = HeatGrid()
        self.grid.setObjectName(f"results.grid{suffix}")
        holder = QWidget()
        self.stack = QStackedLayout(holder)
        self.stack.addWidget(self.chart)
        self.stack.addWidget(self.grid)
        self.tried = TriedTable(f"results.tried{suffix}")
        self.stack.addWidget(self.tried)
        self.study = StudyTable(f"results.study{suffix}")
        self.stack.addWidget(self.study)
        self.leak = LeakPane(f"results.leak{suffix}")
        self.stack.addWidget(self.leak)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(holder, 1)

    def forget(self) -> None:
        """Another project."""
        self._made.clear()
        self._columns = (-1, ())
        self._record, self._key, self.waiting = None, (), False

    def show_run(self, record: RunRecord, part: str, metrics: dict[str, Any], beside: Sequence[RunRecord] = ()) -> None:
        """Another run is shown, scored on a part of it; others that stand beside it."""
        self._record, self._part, self._metrics, self._beside = record, part, metrics, list(beside)
        fresh, choices = not self.choice.count(), self._choices()
        self.choice.set_choices(choices)
        if fresh and self._first:
            # Where the pane beside it begins with the same figure, this one shows the next.
            self.choice.set_value(self._first if choices[0][1] != self._first else choices[1][1])
        self.redraw()

    def _choices(self) -> list[tuple[str, str]]:
        """The figures that there are: the design's columns, the fixed ones, then every other column that varies."""
        names, domain = self._varied(), self.session.open_domain
        titles = {column.name: column.title for column in domain.columns}
        design = [name for name in domain.by_columns if name in names]
        # Without a design those columns come first that describe the samples: a score may rest on them.
        first = design or [
            item.name for item in domain.columns if item.main and not item.feature and item.name in names
        ]
        more = [name for name in names if name in titles and name not in first]

        def by(chosen: list[str]) -> list[tuple[str, str]]:
            return [(f"By {inside(titles.get(name, name))}", f"by:{name}") for name in chosen]

        level = titles.get(design[0], design[0]) if design else ""
        matrix = [(f"{level} × {inside(level)}", "matrix")] if level else []
        tried = self._record is not None and (self._record.path / TRIED).is_file()
        studies = [(one.title, f"{STUDY}{one.name}") for one in domain.studies]
        fixed = [*FIXED, *([("Configurations tried", "tried")] if tried else []), *studies]
        votes = [("By number of votes", "votes")] if self._metrics.get("votes") else []
        # Where the domain knows what a score may rest on instead, that is looked at first; then the votes that count.
        leading, trailing = ([LEAK], []) if domain.confounders else ([], [LEAK])
        more_of = by(first if not design else [])
        return [*leading, *by(design), *votes, *more_of, *fixed, *trailing, *matrix, *by(more)]

    def _varied(self) -> tuple[str, ...]:
        """The columns with several values, looked through once."""
        samples = self.session.open_project.samples
        if self._columns[0] != len(samples):
            known = {column.name for column in self.session.open_domain.columns}
            self._columns = (len(samples), varied(samples, [name for name in samples.names if name in known]))
        return self._columns[1]

    def redraw(self) -> None:
        """Draw the chosen figure."""
        kind = str(self.choice.value() or "reliability")
        made = kind in MADE or kind.startswith(STUDY)
        self.make.setVisible(made)
        if self.waiting and self.make.hasFocus():
            self.choice.setFocus()  # a disabled button would hand the keyboard to any other control
        self.make.setEnabled(not self.waiting)
        self.make.setText("Make again" if made and self._result(kind) else "Make")
        self.stack.setCurrentIndex(3 if kind.startswith(STUDY) else {"matrix": 1, "tried": 2, "leak": 4}.get(kind, 0))
        draw: dict[str, Callable[[], None]] = {
            "reliability": self._draw_reliability,
            "roc": self._draw_roc,
            "pr": self._draw_recall,
            "curve": self._draw_curve,
            "history": self._draw_history,
            "matrix": self._draw_matrix,
            "tried": self._draw_tried,
            "leak": self._draw_leak,
            "votes": self._draw_votes,
        }
        self._key = ()
        if kind.startswith("by:"):
            self._draw_by(kind.removeprefix("by:"))
        elif kind.startswith(STUDY):
            self._draw_study(kind)
        else:
            draw[kind]()

    # Held-out rows of the shown run, labelled now

    def _read(self, kind: str, function: Callable[[Basis], Any]) -> Any:
        """What a figure is drawn from when it is there; None while it is read, then it is drawn again."""
        record = self._record
        if record is None:
            return None
        project = self.session.open_project
        fold = as_classes(project.journal.fold, record.grouping)
        self._key = (self._lane, kind, record.id, self._part, project.journal.position)
        found = self.reader.cached(self._key)
        if found is None:
            basis = Basis(record, self._part, project.samples, fold.live_codes.astype("int64"), tuple(fold.classes))
            self.reader.ask(self._key, lambda: (function(basis),), self._lane)
            return None
        self._key = ()
        return found[0]

    def _arrived(self, key: Any, _value: Any) -> None:
        if key == self._key:
            self.redraw()

    def _unreadable(self, key: Any, error: Exception) -> None:
        if key == self._key:
            self._key = ()
            self.chart.set_series([], words=str(error))

    def busy(self) -> bool:
        """Whether a figure is still read or made."""
        return self.waiting or bool(self._key)

    def _say(self, title: str, subtitle: str) -> None:
        self.head.set_subtitle(subtitle)
        self.chart.setAccessibleName(title)

    def _draw(self, lines: Lines) -> None:
        ticks = list(lines.ticks) if lines.ticks is not None else None
        self.chart.set_axes(
            lines.x_range, lines.y_range, ticks, lines.x_title, shares=lines.shares, x_shares=lines.x_shares
        )
        self.chart.set_series(lines.series, lines.references, lines.empty)

    def _draw_by(self, column: str) -> None:
        title = next((item.title for item in self.session.open_domain.columns if item.name == column), column)
        self._say(f"By {inside(title)}", BALANCED)
        entries = self._metrics.get(f"by_{column}") or self._read(
            f"by:{column}", lambda basis: by_column(basis, column)
        )
        if entries is None:
            self.chart.set_series([], words=READING)
            return
        entries = [entry for entry in entries if entry["value"] is not None]
        if score_of(entries) == "accuracy":
            self._say(f"By {inside(title)}", "accuracy: each holds one class alone")
        own = self._record.title if self._record is not None else ""
        chance = (self._metrics.get("chance") or {}).get(BALANCED_KEY)
        self._draw(by_levels(inside(title), own, entries, self._others(column), chance))

    def _others(self, column: str) -> list[tuple[str, list[dict[str, Any]]]]:
        """The other selected run and the baseline, where they were scored by the same column."""
        found = []
        record = self._record
        for run in self._beside:
            _part, metrics = run.judged(self._part)
            if record is not None and run.id != record.id and metrics.get(f"by_{column}"):
                found.append((f"{run.title} {run.recipe}", metrics[f"by_{column}"]))
        baseline = ((record.record.get("metrics") or {}).get("baseline") or {}) if record else {}
        if baseline.get(f"by_{column}"):
            found.append(("baseline", baseline[f"by_{column}"]))
        return found[:OTHERS]

    def _draw_votes(self) -> None:
        """The divergence from many votes and from few: few are noise that no model can foretell."""
        told = self._metrics.get("votes") or {}
        self._say("By number of votes", "divergence from the votes in nats")
        self._draw(by_votes(told, sample_noun(self.session)))

    def _draw_reliability(self) -> None:
        error = self._metrics.get("calibration_error")
        self._say("Reliability", f"calibration error {numbers.share(error)}" if error is not None else "")
        bins = self._read("reliability", reliability_of)
        self._draw(reliability(bins, READING if bins is None else UNLABELLED))

    def _draw_roc(self) -> None:
        auc = self._metrics.get("auc")
        words = "each class against the rest"
        self._say("ROC", f"mean AUC {numbers.share(auc)}, {words}" if auc is not None else words)
        curves = self._read("roc", roc_of)
        self._draw_each(curves, "false positive rate, against true positive rate", [Reference(0, "", diagonal=True)])

    def _draw_recall(self) -> None:
        self._say("Precision and recall", "each class against the rest")
        self._draw_each(self._read("pr", recall_of), "recall, against precision", [])

    def _draw_each(self, curves: list[Curve] | None, words: str, references: list[Reference]) -> None:
        classes = list(self._record.record.get("classes") or []) if self._record else []
        series = []
        for place, x, y in curves or []:
            name = classes[place]
            colour = self.session.classes.index(name) if name in self.session.classes else place
            series.append(Series(self.session.class_title(name), x, y, tone=f"class:{colour}", width=1.5, named=True))
        empty = READING if curves is None else UNLABELLED
        self._draw(Lines(tuple(series), tuple(references), empty, (0, 1), (0, 1.02), x_title=words, x_shares=True))

    def _result(self, kind: str) -> dict[str, Any] | None:
        """What was made of the shown run: just now, or kept with it."""
        if self._record is None:
            return None
        key = (kind, self._record.id)
        name = self._study(kind).kept if kind.startswith(STUDY) else kind
        if key not in self._made and (kept := self._record.added(name)) is not None:
            self._made[key] = kept
        return self._made.get(key)

    def _when(self, result: Mapping[str, Any]) -> str:
        """``, at event 12`` where labels came since a result was made, else ""."""
        position = int(result.get("position") or 0)
        now = self.session.open_project.journal.position
        return f", at event {numbers.count(position)}" if position and position != now else ""

    def _draw_curve(self) -> None:
        result = self._result("curve")
        when = self._when(result) if result else ""
        told = str(((result or {}).get("forecast") or {}).get("words", ""))
        self._say("Learning curve", told or f"balanced accuracy, mean and range{when}")
        press = "Press Make: the recipe is trained on growing shares of the labels"
        chance = (self._metrics.get("chance") or {}).get(BALANCED_KEY)
        words = (self._step or "Begins") if self.waiting else press
        self._draw(learning_curve(result["curve"] if result else [], chance, words))

    def _draw_history(self) -> None:
        """Each recipe's runs by the number of labels that they learnt from."""
        self._say("Score as labels came", "balanced accuracy of each recipe's runs, 95 % interval")
        points = history_of(self.session.open_project.runs.list())
        self._draw(history(points, self._record.recipe if self._record else ""))

    def _draw_matrix(self) -> None:
        result = self._result("matrix")
        if result is None:
            begun = self._step or "begins"
            self._say(MATRIX, begun if self.waiting else "press Make: a model is trained for each level")
            self.grid.set_grid([], [], [], ("", ""))
            return
        self._say(
            MATRIX,
            f"balanced accuracy, chance {numbers.share(result['chance'], 2)}{self._when(result)}",
        )
        levels = [level_words(value) for value in result["levels"]]
        cells = [
            [(math.nan if v is None else float(v), math.nan, math.nan) for v in line]
            for line in result["balanced_accuracy"]
        ]
        column = str(result["column"])
        self.grid.set_grid(
            levels, levels, cells, (f"trained at {column}", f"tested at {column}"), float(result["chance"])
        )

    def _draw_leak(self) -> None:
        result = self._result("leak")
        group, sample = group_noun(self.session), sample_noun(self.session)
        self._say("Leak meter", CAPTION if result else UNMEASURED)
        position = self.session.open_project.journal.position
        self.leak.show_leak(result, group, sample, (self._step or "Begins") if self.waiting else "", position)

    def _draw_tried(self) -> None:
        rows = read_tried(self._record.path) if self._record is not None else []
        self._say("Configurations tried", self.tried.show_tried(rows))

    def _study(self, kind: str) -> Study:
        return next(one for one in self.session.open_domain.studies if f"{STUDY}{one.name}" == kind)

    def _draw_study(self, kind: str) -> None:
        result = self._result(kind)
        titles = {column.name: column.title for column in self.session.open_domain.columns}
        self._say(self._study(kind).title, self._when(result).removeprefix(", ") if result else "")
        empty = "It is being made" if self.waiting else "Nothing was found" if result else "Press Make"
        self.study.show_study(result, titles, empty)

    def _make(self) -> None:
        record = self._record
        kind = str(self.choice.value())
        if record is None or self.waiting:
            return
        self.waiting = True
        arguments = {"run": record.id}
        if kind.startswith(STUDY):
            order, title = "study", f"{self._study(kind).title}: {record.title}"
            arguments["name"] = kind.removeprefix(STUDY)
        else:
            order, words = MADE[kind]
            title = f"{words} {record.title}"
        key = (kind, record.id)
        self._asked, self._step = (order, record.id), ""
        self.session.start_here(order, arguments, title, lambda result: self._came(key, result), progressed=self._steps)
        self.redraw()

    def _steps(self, progress: Progress) -> None:
        self._step = progress_words(progress)
        if self.waiting and self.choice.value() in MADE:
            self.redraw()

    def _came(self, key: tuple[str, str], result: dict[str, Any]) -> None:
        self.waiting = False
        self._made[key] = result
        self.redraw()
        self.made.emit()

    def _over(self, ticket: Ticket, _ending: Any) -> None:
        """What was asked for has ended, stopped or failed."""
        if self.waiting and (ticket.job.order, ticket.job.arguments.get("run")) == self._asked:
            self.waiting = False
            self.redraw()

    def _save(self) -> None:
        figure = self.stack.currentWidget()
        if figure is not None:
            figure_file.ask(self.desk, figure, self.chart.accessibleName().lower().replace(" ", "_"))
