"""Tables of windows: the rows of a CSV as columns of text, a broken row told and the rest kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.eeg.broken import DAMAGE, Broken, short
from models.texttable import DECIMAL

#: No table is longer, in bytes.
LARGEST = 1 << 30
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """columns: text of each row by name. bad: number of a row that has not the fields of the header, and why."""

    columns: dict[str, list[str]]
    rows: npt.NDArray[np.int64]
    bad: Sequence[tuple[int, str]] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def numbers(self, name: str) -> Numbers:
        """A column as numbers, NaN where it is none or where there is no such column."""
        return as_numbers(self.columns[name]) if name in self.columns else np.full(len(self), np.nan)


def as_numbers(texts: Sequence[str]) -> Numbers:
    """The number of each text, NaN where it is none."""
    try:
        return np.array(texts, np.float64) if texts else np.zeros(0)
    except ValueError:
        return np.array([_number(text) for text in texts], np.float64)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def read_names(path: Path) -> tuple[str, ...]:
    """The first line of a table of text, its fields stripped. Raises Broken for what is empty or no text."""
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
    except OSError as error:
        raise Broken(f"it cannot be read ({error.strerror or short(error)})") from error
    if not start.strip():
        raise Broken("it is empty")
    if b"\0" in start:
        raise Broken("it is no text in UTF-8: a spreadsheet saves it so as CSV UTF-8")
    line = start.decode("utf-8-sig", "ignore").splitlines()[0]
    return tuple(part.strip().strip('"') for part in line.split(_sign(line)))


def _sign(line: str) -> str:
    return max((",", ";", "\t"), key=line.count)


def read_table(path: Path) -> Table:
    """All rows of a table; a number such as 0,5 between semicolons is 0.5. Raises Broken."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    names = read_names(path)
    if path.stat().st_size > LARGEST:
        raise Broken(f"it is larger than {LARGEST >> 30} GiB")
    if len(set(names)) < len(names):
        raise Broken("two of its columns have one name")
    with path.open("rb") as file:
        sign = _sign(file.readline(1 << 16).decode("utf-8-sig", "ignore"))
        if not file.read(1 << 16).strip():
            return Table({name: [] for name in names}, np.zeros(0, np.int64))
    bad: list[tuple[int, str]] = []

    def refuse(row: Any) -> str:
        bad.append((row.number - 1, f"it has {row.actual_columns} fields where the header has {row.expected_columns}"))
        return "skip"

    try:
        read = csv.read_csv(
            path,
            csv.ReadOptions(skip_rows=1, column_names=list(names), use_threads=False),
            csv.ParseOptions(delimiter=sign, invalid_row_handler=refuse, newlines_in_values=False),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except DAMAGE as error:
        raise Broken(f"it cannot be read as a table ({short(error)})") from error
    numbers = np.arange(1, read.num_rows + len(bad) + 1)
    rows = np.setdiff1d(numbers, [number for number, _ in bad])
    columns = {name: pc.utf8_trim_whitespace(read.column(name)) for name in names}
    if sign == ";":
        columns = {name: pc.replace_substring_regex(one, DECIMAL, r"\1.\2") for name, one in columns.items()}
    return Table({name: list(map(str, one.to_pylist())) for name, one in columns.items()}, rows, bad)
