"""One figure at a time about the shown run: by a column, reliability, ROC, precision-recall, learning curve, matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import QFileDialog, QStackedLayout, QVBoxLayout, QWidget

from app.pages.worse import shown
from models.errors import UserError
from models.store.runs import RunRecord
from widgets import numbers
from widgets.charts.chart import Chart, Reference, Series
from widgets.charts.heat_grid import HeatGrid
from widgets.parts.buttons import Button
from widgets.parts.combo import LabelledCombo
from widgets.parts.header import PaneHeader
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.window import Window

OTHERS = 3
MARKERS = ("■", "▼", "▲")


class FigurePane(QWidget):
    """A combo chooses the figure; the learning curve and the matrix are made by the worker when asked for."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.desk = window
        self.session = window.session
        self.waiting = False
        self._record: RunRecord | None = None
        self._part, self._metrics = "", dict[str, Any]()
        self._made: dict[tuple[str, str], dict[str, Any]] = {}
        self.setProperty("ground", "well")
        self.head = PaneHeader("Figure", "")
        self.choice = LabelledCombo("Figure", [], "What is drawn")
        self.choice.setObjectName("results.figure")
        self.choice.chosen.connect(lambda _value: self.redraw())
        self.make = Button("Make")
        self.make.setObjectName("results.make")
        self.make.clicked.connect(self._make)
        self.head.add_tool(self.make)
        self.head.add_tool(self.choice, keep=True)
        self.head.add_entry("Save picture…", self._save)
        self.head.more.setObjectName("results.more")
        self.chart = Chart()
        self.chart.setObjectName("results.chart")
        self.chart.setAccessibleName("Figure")
        self.grid = HeatGrid()
        self.grid.setObjectName("results.grid")
        holder = QWidget()
        self.stack = QStackedLayout(holder)
        self.stack.addWidget(self.chart)
        self.stack.addWidget(self.grid)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(holder, 1)

    def forget(self) -> None:
        """Another project."""
        self._made.clear()
        self._record = None

    def show_run(self, record: RunRecord, part: str, metrics: dict[str, Any]) -> None:
        """Another run is shown."""
        self._record, self._part, self._metrics = record, part, metrics
        project = self.session.open_project
        titles = {column.name: column.title for column in self.session.open_domain.columns}
        first = [name for name in self.session.open_domain.by_columns if name in project.samples.names]
        more = [name for name in project.samples.names if name in titles and name not in first]
        choices: list[str | tuple[str, Any]] = [
            (f"By {titles.get(name, name).lower()}", f"by:{name}") for name in [*first, *more]
        ]
        fixed = [
            ("Reliability", "reliability"),
            ("ROC", "roc"),
            ("Precision and recall", "pr"),
            ("Learning curve", "curve"),
        ]
        choices[len(first) : len(first)] = fixed
        if first:
            choices.insert(
                len(first) + len(fixed),
                (f"{titles.get(first[0], first[0])} × {titles.get(first[0], first[0]).lower()}", "matrix"),
            )
        self.choice.set_choices(choices)
        self.redraw()

    def redraw(self) -> None:
        """Draw the chosen figure."""
        kind = str(self.choice.value() or "reliability")
        self.make.setVisible(kind in ("curve", "matrix"))
        self.stack.setCurrentIndex(1 if kind == "matrix" else 0)
        draw: dict[str, Callable[[], None]] = {
            "reliability": self._draw_reliability,
            "roc": self._draw_roc,
            "pr": self._draw_recall,
            "curve": self._draw_curve,
            "matrix": self._draw_matrix,
        }
        if kind.startswith("by:"):
            self._draw_by(kind.removeprefix("by:"))
        else:
            draw[kind]()

    # Held-out rows of the shown run, labelled now

    def _scored(self) -> tuple[Any, Any, tuple[str, ...]]:
        """Codes (m,), probabilities (m, k) and classes of the held-out rows that are labelled now."""
        view = self.session.view
        table, classes = view.probabilities()
        place = {name: code for code, name in enumerate(classes)}
        labels = view.column("label")
        rows = np.flatnonzero((view.column("part") == self._part) & (labels != None))  # noqa: E711 - elementwise
        codes = np.array([place.get(str(labels[row]), -1) for row in rows], np.int64)
        return codes[codes >= 0], table[rows[codes >= 0]], classes

    def _say(self, title: str, subtitle: str) -> None:
        self.head.set_title(title, subtitle)
        self.chart.setAccessibleName(title)

    def _draw_by(self, column: str) -> None:
        title = next((item.title for item in self.session.open_domain.columns if item.name == column), column)
        self._say(f"By {title.lower()}", "balanced accuracy, 95 % interval")
        entries = self._metrics.get(f"by_{column}") or self._slices(column)
        words = [_level(entry["value"]) for entry in entries]
        series = []
        if self._record is not None:
            series.append(_levels_series(shown(self._record), entries, "accent", "●", 0.0))
        for place, other in enumerate(self._others(column)):
            series.append(_levels_series(other[0], other[1], "text2", MARKERS[place % 3], 0.05 * (place + 1), "dash"))
        chance = (self._metrics.get("chance") or {}).get("balanced_accuracy")
        references = [Reference(chance, f"chance {numbers.share(chance, 2)}")] if chance is not None else []
        self.chart.set_axes((-0.4, len(words) - 0.6 + 0.4), None, list(enumerate(words)), title.lower(), shares=True)
        self.chart.set_series(series, references, "Too few held-out samples for this column")

    def _others(self, column: str) -> list[tuple[str, list[dict[str, Any]]]]:
        """The baseline and other runs that were scored by the same column."""
        found = []
        record = self._record
        baseline = ((record.record.get("metrics") or {}).get("baseline") or {}) if record else {}
        if baseline.get(f"by_{column}"):
            found.append(("baseline", baseline[f"by_{column}"]))
        for run in self.session.open_project.runs.list():
            metrics = (run.record.get("metrics") or {}).get(self._part) or {}
            if record is not None and run.id != record.id and metrics.get(f"by_{column}"):
                found.append((shown(run), metrics[f"by_{column}"]))
        return found[:OTHERS]

    def _slices(self, column: str) -> list[dict[str, Any]]:
        """Balanced accuracy by a column that the run did not store, without intervals."""
        view = self.session.view
        labels, predicted = view.column("label"), view.column("prediction")
        held = (view.column("part") == self._part) & (labels != None)  # noqa: E711 - elementwise
        values = view.column(column)
        if values.dtype != object and len(np.unique(values[np.isfinite(values)])) > 10:
            edges = np.quantile(values[held & np.isfinite(values)], np.linspace(0, 1, 6)) if held.any() else np.zeros(0)
            keys = np.array([_bin(value, edges) for value in values], object)
        else:
            keys = np.array([None if value is None else str(value) for value in values.tolist()], object)
        entries = []
        for key in sorted({str(item) for item in keys[held] if item is not None}, key=_order)[:12]:
            rows = held & (keys == key)
            recalls = [
                float((predicted[rows & (labels == name)] == name).mean()) for name in set(labels[rows].tolist())
            ]
            entries.append({"value": key, "n": int(rows.sum()), "balanced_accuracy": float(np.mean(recalls))})
        return entries

    def _draw_reliability(self) -> None:
        from models.learn.metrics import reliability

        codes, table, _classes = self._scored()
        bins = reliability(codes, table) if len(codes) else []
        error = self._metrics.get("calibration_error")
        self._say("Reliability", f"calibration error {numbers.share(error)}" if error is not None else "")
        spread = [math.sqrt(max(item["accuracy"] * (1 - item["accuracy"]), 0.02) / max(item["n"], 1)) for item in bins]
        low = [max(item["accuracy"] - 1.96 * s, 0.0) for item, s in zip(bins, spread, strict=True)]
        high = [min(item["accuracy"] + 1.96 * s, 1.0) for item, s in zip(bins, spread, strict=True)]
        series = Series(
            "share right", [b["confidence"] for b in bins], [b["accuracy"] for b in bins], low, high, marker="●"
        )
        self.chart.set_axes((0, 1), (0, 1.03), None, "predicted probability, against share right", shares=True)
        self.chart.set_series([series], [Reference(0, "", diagonal=True)], "No held-out sample is labelled")

    def _draw_roc(self) -> None:
        from models.learn.metrics import roc

        auc = self._metrics.get("auc")
        self._say(
            "ROC",
            f"each class against the rest, mean AUC {numbers.share(auc)}"
            if auc is not None
            else "each class against the rest",
        )
        self._draw_each(roc, "false positive rate, against true positive rate", [Reference(0, "", diagonal=True)])

    def _draw_recall(self) -> None:
        from models.learn.metrics import precision_recall

        self._say("Precision and recall", "each class against the rest")
        self._draw_each(precision_recall, "recall, against precision", [])

    def _draw_each(self, curve: Callable[..., Any], words: str, references: list[Reference]) -> None:
        codes, table, classes = self._scored()
        series = []
        for place, name in enumerate(classes):
            x, y, _thresholds = curve(codes, table, place, 200) if len(codes) else ([], [], [])
            if len(x):
                title = self.session.class_title(name)
                colour = self.session.classes.index(name) if name in self.session.classes else place
                series.append(
                    Series(title, list(map(float, x)), list(map(float, y)), tone=f"class:{colour}", width=1.5)
                )
        self.chart.set_axes((0, 1), (0, 1.02), None, words, shares=True)
        self.chart.set_series(series, references, "No held-out sample is labelled")

    def _result(self, kind: str) -> dict[str, Any] | None:
        return self._made.get((kind, self._record.id)) if self._record else None

    def _draw_curve(self) -> None:
        result = self._result("curve")
        self._say("Learning curve", "balanced accuracy against labels, mean and range")
        points = [point for point in result["curve"] if point["mean"] is not None] if result else []
        x = [float(point["rows"]) for point in points]
        y = [float(point["mean"]) for point in points]
        low, high = [float(point["low"]) for point in points], [float(point["high"]) for point in points]
        chance = (self._metrics.get("chance") or {}).get("balanced_accuracy")
        references = [Reference(chance, f"chance {numbers.share(chance, 2)}")] if chance is not None and points else []
        self.chart.set_axes(None, None, None, "labelled samples in training", shares=True)
        words = (
            "It is being made" if self.waiting else "Press Make: the recipe is trained on growing shares of the labels"
        )
        self.chart.set_series([Series("mean", x, y, low, high, marker="●")] if points else [], references, words)

    def _draw_matrix(self) -> None:
        result = self._result("matrix")
        if result is None:
            self._say("Trained at one level, tested at each", "press Make: a model is trained for each level")
            self.grid.set_grid([], [], [], ("", ""))
            return
        self._say(
            "Trained at one level, tested at each", f"balanced accuracy, chance {numbers.share(result['chance'], 2)}"
        )
        levels = [_level(value) for value in result["levels"]]
        cells = [
            [(math.nan if v is None else float(v), math.nan, math.nan) for v in line]
            for line in result["balanced_accuracy"]
        ]
        column = str(result["column"])
        self.grid.set_grid(
            levels, levels, cells, (f"trained at {column}", f"tested at {column}"), float(result["chance"])
        )

    def _make(self) -> None:
        record = self._record
        kind = str(self.choice.value())
        if record is None or self.waiting:
            return
        self.waiting = True
        path = str(self.session.open_project.path)
        if kind == "curve":
            order, title = "learning_curve", f"Learning curve of {shown(record)}"
            arguments: dict[str, Any] = {"project": path, "run": record.id}
        else:
            order, title = "matrix", f"Levels of {shown(record)}"
            arguments = {"project": path, "recipe": record.recipe, "values": dict(record.record.get("params") or {})}
        key = (kind, record.id)
        self.session.jobs.start(order, arguments, title, lambda result: self._came(key, result), failed=self._failed)
        self.redraw()

    def _came(self, key: tuple[str, str], result: dict[str, Any]) -> None:
        self.waiting = False
        self._made[key] = result
        self.redraw()

    def _failed(self, _text: str) -> None:
        self.waiting = False
        self.redraw()

    def _save(self) -> None:
        dialog = QFileDialog(self, "Save picture", str(Path.home() / "figure.png"), "Pictures (*.png)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self._write)
        dialog.open()

    def _write(self, path: str) -> None:
        try:
            self.chart.save_picture(Path(path))
        except OSError as error:
            raise UserError(f"{path}: {error}. Choose another folder.") from None
        self.desk.notify(Note(f"Saved {Path(path).name}"))


def _levels_series(
    name: str, entries: list[dict[str, Any]], tone: str, marker: str, shift: float, style: str = "solid"
) -> Series:
    x = [place + shift for place in range(len(entries))]
    y = [_float(entry.get("balanced_accuracy")) for entry in entries]
    pairs = [entry.get("interval") or (None, None) for entry in entries]
    low, high = [_float(pair[0]) for pair in pairs], [_float(pair[1]) for pair in pairs]
    return Series(name, x, y, low, high, tone, style, marker, 1.6 if tone == "accent" else 1.2, named=True)


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


def _level(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def _bin(value: Any, edges: Any) -> str | None:
    if value is None or not np.isfinite(value) or len(edges) < 2:
        return None
    place = int(np.clip(np.searchsorted(edges, value, "right") - 1, 0, len(edges) - 2))
    return f"{edges[place]:.3g} – {edges[place + 1]:.3g}"


def _order(text: str) -> tuple[float, str]:
    head = text.split(" – ", maxsplit=1)[0]
    try:
        return float(head), text
    except ValueError:
        return math.inf, text
