"""The leak meter of a run: either split, confounders alone, permuted labels, and what the difference means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets import numbers, tokens
from widgets.charts.interval_rows import IntervalRow, IntervalRows, Level
from widgets.parts.notice import IssuePanel
from widgets.parts.text import Text

#: What stands beside the title of the meter, and before it was measured.
CAPTION, UNMEASURED = "AUC, 95 %", "AUC by either split"
#: What is said before it was measured.
EMPTY = "Press Make: the recipe is trained anew by folds, split by {group}, then by {sample}, then on permuted labels"


class LeakPane(QWidget):
    """Rows of AUC with their intervals, and below them what they mean."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.rows = IntervalRows()
        self.panel = IssuePanel("", "")
        self.notes = Text("", "caption", "text2", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.GUTTER, 8, tokens.GUTTER, 8)
        column.setSpacing(8)
        for part in (self.rows, self.panel, self.notes):
            column.addWidget(part)
        column.addStretch(1)
        self.show_leak(None, "group", "sample")

    def show_leak(
        self, told: Mapping[str, Any] | None, group: str, sample: str, words: str = "", position: int = 0
    ) -> None:
        """Show a measurement, None before there is one. words: in place of an empty meter's own, while it is made.

        position: of the journal now, 0 where it does not matter.
        """
        rows: Sequence[Mapping[str, Any]] = told["rows"] if told else []
        gap, reach = (told or {}).get("difference"), (told or {}).get("interval")
        leaks = gap is not None and reach is not None and reach[0] > 0
        chance = next((row["chance"]["auc"] for row in rows if row["chance"].get("auc") is not None), None)
        known = {str(row["name"]): row["auc"] for row in rows}
        band = (known["group"], known["sample"]) if leaks else None
        level = Level(float(chance), "chance") if chance is not None else None
        self.rows.set_rows([_row(row, leaks) for row in rows], level, band)
        self.rows.setVisible(bool(rows))
        self.panel.setVisible(bool(told))
        if told:
            head, _, rest = str(told["words"]).partition(". ")
            self.panel.set_words(head.rstrip("."), rest, "warn" if leaks else "info", "warn" if leaks else "info")
        notes = [*_since(told or {}, position, group), *((told or {}).get("notes") or [])]
        self.notes.setText(" ".join(notes) if told else words or EMPTY.format(group=group, sample=sample))
        self.notes.setVisible(bool(self.notes.text()))


def _since(told: Mapping[str, Any], position: int, group: str) -> list[str]:
    """What the intervals of a measurement are over, and at which event it was made where more came since."""
    at = int(told.get("position") or 0)
    own = [f"95 % intervals are over whole {group}s."] if told else []
    return own + ([f"Measured at event {numbers.count(at)}; the journal went on since."] if 0 < at < position else [])


def _row(row: Mapping[str, Any], leaks: bool) -> IntervalRow:
    low, high = (row.get("intervals") or {}).get("auc") or (None, None)
    false = leaks and row["name"] == "sample"
    tone = "error" if false else "accent" if row["name"] == "group" else "text2"
    return IntervalRow(str(row["title"]), row["auc"], low, high, tone, false)
