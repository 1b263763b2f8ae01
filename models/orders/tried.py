"""The configurations that a training tried, as a table kept with its run."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.store.sheet import bare, sheet_text

#: The file in a run's folder; there for recipes that try several configurations.
TRIED = "tried.csv"
_SIMPLE = (str, int, float)


def tried_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV, their columns in order of appearance; what is no plain value as JSON."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return sheet_text(names, [[_cell(row.get(name)) for name in names] for row in rows])


def read_tried(folder: Path) -> list[dict[str, Any]]:
    """The table of a run's folder, figures as numbers and None where there is none; empty without one."""
    try:
        with (folder / TRIED).open(newline="", encoding="utf-8") as stream:
            return [{name: _value(text) for name, text in row.items() if name} for row in csv.DictReader(stream)]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, _SIMPLE) else json.dumps(value, ensure_ascii=False)


def _value(text: str | None) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return bare(text)
