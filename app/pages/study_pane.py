"""What a study of a run found, as a table: names, figures with their spread, words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from widgets import tokens
from widgets.charts.figure_table import INTERVAL, FigureColumn, FigureTable
from widgets.parts.text import Text

#: The least widths of columns of figures, that of the study's own, letters of a short word and of what takes lines.
_WIDTH = {"count": 60, "amount": 70}
WIDE, SHORT, LONG = 190, 10, 40
#: Width of a letter, about, and of names at most.
LETTER, NAMES = 7, 260
#: The columns of no study.
NONE = (FigureColumn("name", "Name", "text", 0),)


class StudyTable(QWidget):
    """A study in words and a table, whose columns are those of the shown study."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._known: list[FigureTable] = []
        self.words = Text("", "caption", "text2", wrap=True)
        self.words.setContentsMargins(tokens.GUTTER, 4, tokens.GUTTER, 4)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.words)
        column.addWidget(holder, 1)
        self.table = self._with(NONE)

    def _with(self, columns: Sequence[FigureColumn]) -> FigureTable:
        """The table of these columns: one is made for each study, for columns are for good."""
        table = next((one for one in self._known if one.columns() == list(columns)), None)
        if table is None:
            table = FigureTable(columns, "Study")
            table.setObjectName(self._name)
            # A study has the columns that it has: what finds no room is reached by scrolling.
            table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
            self._known.append(table)
            self._stack.addWidget(table)
        self._stack.setCurrentWidget(table)
        return table

    def show_study(self, found: Mapping[str, Any] | None, titles: Mapping[str, str], empty: str) -> None:
        """Show what was found, None for nothing yet. titles: of what the rows are of; empty: words for no row."""
        self.words.setText(str(found["text"]) if found else "")
        self.words.setVisible(bool(found))
        rows = list(found["rows"]) if found else []
        self.table = self._with(columns_of(found, titles) if found and rows else NONE)
        self.table.lines = (0.0,) if found and found.get("spread") else ()
        self.table.setAccessibleName(str(found["title"]) if found else "Study")
        self.table.set_rows([_shown(row, found, titles) for row in rows] if found else [], empty)


def columns_of(found: Mapping[str, Any], titles: Mapping[str, str]) -> list[FigureColumn]:
    """The columns of a study: its names, its figure as a bar or with its spread, then the rest."""
    label, value, spread = (str(found.get(part) or "") for part in ("label", "value", "spread"))
    rows: Sequence[Mapping[str, Any]] = found["rows"]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = []
    for name in [*filter(None, (label, value)), *(name for name in names if name not in (label, value, spread))]:
        values = [row.get(name) for row in rows if row.get(name) is not None]
        if name not in (label, value) and len(rows) > 1 and len({row.get(name) for row in rows}) == 1:
            continue  # what is the same in all rows tells nothing of any
        title = name.replace("_", " ").capitalize()
        if name == value:
            head = str(found["axis"]).partition(" (")[0]
            wide = max(WIDE, LETTER * len(head) + 16)
            columns.append(FigureColumn(name, head, INTERVAL if spread else "bar", wide))
        elif name == label:
            longest = max(len(titles.get(str(item), str(item))) for item in values)
            columns.append(FigureColumn(name, title, "text", min(LETTER * max(longest, len(title)) + 24, NAMES)))
        elif any(isinstance(item, str) for item in values):
            longest = max(len(str(item)) for item in values)
            wide = 8 * max(SHORT, len(title)) if longest <= SHORT else 0
            columns.append(FigureColumn(name, title, "prose" if longest > LONG else "text", wide))
        else:
            kind = "count" if all(isinstance(item, int) for item in values) else "amount"
            columns.append(FigureColumn(name, title, kind, max(_WIDTH[kind], 7 * len(title) + 16)))
    return columns


def _shown(row: Mapping[str, Any], found: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """A row as the table takes it."""
    told = {**row, "id": str(row.get(found.get("label") or "") or id(row))}
    label, value, spread = found.get("label"), found.get("value"), found.get("spread")
    if label:
        told[label] = titles.get(str(row[label]), str(row[label]))
    if spread and value and row.get(value) is not None:
        middle, around = float(row[value]), float(row.get(spread) or 0.0)
        told[value] = (middle, middle - around, middle + around)
    return told
