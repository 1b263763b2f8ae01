"""Tables for spreadsheets: text that one would run as a formula is guarded, and read back as it was."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

#: What a spreadsheet takes for the begin of a formula, a tab or a line end before it too (OWASP, "CSV injection");
#: behind apostrophes as well, so that one more can always be taken off again.
_RUNS = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?")


def guarded(value: Any) -> Any:
    """The value as a cell: text that would run gets an apostrophe in front, None is empty, all else is as it is.

    A text that is a number, such as the class ``-1``, runs nothing.
    """
    if isinstance(value, str):
        return f"'{value}" if _RUNS.match(value) and not _NUMBER.fullmatch(value) else value
    return "" if value is None else value


def bare(text: str) -> str:
    """The text that `guarded` made a cell of."""
    return text[1:] if text.startswith("'") and _RUNS.match(text) else text


def write_sheet(stream: TextIO, rows: Iterable[Sequence[Any]]) -> None:
    """Rows as CSV, each text guarded."""
    csv.writer(_Lines(stream)).writerows([guarded(value) for value in row] for row in rows)


class _Lines:
    """Ends rows with a line feed alone; told so itself, the writer would leave a carriage return unquoted."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, row: str) -> None:
        self._stream.write(row.removesuffix("\r\n") + "\n")


def sheet_text(head: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    """A whole CSV as text."""
    stream = io.StringIO()
    write_sheet(stream, [list(head)])
    write_sheet(stream, rows)
    return stream.getvalue()
