"""The configurations that a training tries: a sortable table that grows while it runs and stays with its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets import numbers
from widgets.charts.figure_table import FigureColumn, FigureTable
from widgets.parts.buttons import ToolButton
from widgets.parts.header import PaneHeader

COLUMNS = (
    FigureColumn("classifier", "Classifier", "text", 0),
    FigureColumn("imputation", "Imputation", "text", 100),
    FigureColumn("scaling", "Scaling", "text", 76),
    FigureColumn("rung", "Round", "count", 64),
    FigureColumn("balanced_accuracy", "Balanced accuracy", "bar", 148),
    FigureColumn("precision", "Precision", "share", 78),
    FigureColumn("recall", "Recall", "share", 70),
    FigureColumn("seconds", "Time", "seconds", 74),
    FigureColumn("note", "Left out because", "text", 0),
)
#: What only a table of so many pixels has room for.
ROOMY = {"rung": 960, "precision": 960, "recall": 640, "seconds": 560}


class TriedTable(FigureTable):
    """A row a configuration, best first; what only a wide table has room for hides below."""

    def __init__(self, name: str) -> None:
        super().__init__(COLUMNS, "Configurations tried")
        self.setObjectName(name)
        self._shared: dict[str, str] = {}
        self.sort_by("balanced_accuracy")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        left_out = any(row.get("note") for row in self.rows())
        for place, column in enumerate(COLUMNS):
            narrow = self.width() < ROOMY.get(column.name, 0)
            hidden = narrow or column.name in self._shared or (column.name == "note" and not left_out)
            self.setColumnHidden(place, hidden)

    def show_tried(self, rows: Sequence[Mapping[str, Any]], running: bool = False) -> str:
        """Show these, in order of their trial; gives how many there are, in words."""
        best = _best(rows)
        shown = [
            {
                **row,
                "id": str(place),
                "scaling": str(row.get("scaling") or "").removesuffix("_scaler"),
                "rung": int(row.get("rung") or 0) + 1,
                "best": place == best,
                "tip": _tip(row),
            }
            for place, row in enumerate(rows)
        ]
        self._shared = shared(shown)
        self.set_rows(shown, "The first is being fitted" if running else "Nothing was tried")
        self._fit()
        out = sum(1 for row in rows if row.get("note"))
        words = f"{numbers.count(len(rows))}{' so far' if running else ''}, scored on inner folds"
        words = f"{words}; {out} left out" if out else words
        return f"all {', '.join(self._shared.values())}; {words}" if self._shared else words


class TriedPane(QWidget):
    """The table under a head of its own."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("ground", "well")
        self.head = PaneHeader("Configurations tried", "")
        self.table = TriedTable(name)
        copy = ToolButton("copy", "Copy the table")
        copy.setObjectName(f"{name}_copy")
        copy.clicked.connect(self.table.copy_all)
        self.head.add_tool(copy, keep=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.table, 1)

    def show_rows(self, rows: Sequence[Mapping[str, Any]], running: bool = False) -> None:
        """Show these, in order of their trial."""
        self.head.set_subtitle(self.table.show_tried(rows, running))


def shared(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What all of several configurations have in common, by column: said once, not in each row."""
    parts = {name: {str(row.get(name) or "") for row in rows} for name in ("classifier", "imputation", "scaling")}
    if len(rows) < 2 or all(len(values) == 1 for values in parts.values()):
        return {}  # a row must still be called something
    return {name: next(iter(values)) for name, values in parts.items() if len(values) == 1 and values != {""}}


def _best(rows: Sequence[Mapping[str, Any]]) -> int:
    """The best of the furthest round: earlier ones saw fewer samples. −1 for none."""
    scored = [place for place, row in enumerate(rows) if row.get("balanced_accuracy") is not None]
    return max(scored, key=lambda at: (rows[at].get("rung") or 0, rows[at]["balanced_accuracy"]), default=-1)


def _tip(row: Mapping[str, Any]) -> str:
    values = ", ".join(f"{name} {value}" for name, value in dict(row.get("values") or {}).items())
    parts = [str(row.get(name) or "") for name in ("classifier", "imputation", "scaling")]
    return "\n".join(part for part in (", ".join(filter(None, parts)), values, str(row.get("note") or "")) if part)
