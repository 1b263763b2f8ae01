"""Tables of text: a CSV or TSV with a header, gzipped or not, as its rows by column; a row of other length is told."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: No table is longer, in bytes of text, or has more lines or fields: each is seen before it takes up memory.
_LONGEST, _MOST_LINES, _MOST_FIELDS = 1 << 30, 10_000_000, 60_000_000


#: A number as spreadsheets of many countries write it, where fields are parted by semicolons.
DECIMAL = r"^([+-]?[0-9]+),([0-9]+(?:[eE][+-]?[0-9]+)?)$"
#: A row without a header is known by so many numbers at least, and by words that the next lines have again.
_ROW, _SEEN = 3, 1000


class NoTable(Exception):
    """Why a file is no table, in words."""


class Prose(NoTable):
    """Lines of one column: words, or a list."""


@dataclass(frozen=True)
class Table:
    """The columns of a table and its rows by column; lines: where each stands, counted from 1.

    short: lines that have fewer or more fields than columns, and how many. note: what is odd about its header, "" where
    that is line 1.
    """

    names: tuple[str, ...]
    rows: Sequence[dict[str, str]]
    short: tuple[tuple[int, int], ...] = ()
    lines: tuple[int, ...] = ()
    note: str = ""

    def called(self, told: str) -> str:
        """The column that a person means, "" for none: 3 is the third one, where none is called so."""
        if told in self.names or not told.isdecimal():
            return told if told in self.names else ""
        return self.names[int(told) - 1] if 0 < int(told) <= len(self.names) else ""

    def torn(self) -> Iterator[tuple[str, str]]:
        """Where each of these lines is, and what is wrong with it."""
        for line, fields in self.short:
            yield (
                f"line {line}",
                f"it has {fields} field{'s' if fields != 1 else ''} where the table has {len(self.names)} columns",
            )


def read_table(path: Path, headed: bool | None = None) -> Table:
    """A table of text; a number such as 0,5 between semicolons is read as 0.5. Raises NoTable.

    headed: whether its first line names the columns, None to guess.
    """
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        # A pipe would be waited for, for ever.
        if path.exists() and not path.is_file():
            raise NoTable("it is a folder, a pipe or a device, not a file")
        with opened(path, "rb") as file:
            data = file.read(_LONGEST + 1)
    except (OSError, EOFError) as error:
        raise NoTable(f"the file is damaged or cut off ({error})") from error
    if len(data) > _LONGEST or (b"\0" in data[:4096] and data[:2] not in (b"\xff\xfe", b"\xfe\xff")):
        raise NoTable("it is too long" if len(data) > _LONGEST else "it is no text")
    text = decode(data)
    first = text.partition("\n")[0]
    sign = max(("\t", ";", ","), key=first.count)
    if max(text.count("\n"), text.count("\r")) > _MOST_LINES or text.count(sign) > _MOST_FIELDS:
        raise NoTable(f"it has more than {_MOST_LINES:,} lines or {_MOST_FIELDS:,} fields. Split it")
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=sign))
    except csv.Error as error:
        raise NoTable(f"it is no table ({error})") from error
    if not text.strip():
        raise NoTable("it is empty")
    if len(lines[0]) < 2:
        raise Prose("it has fewer than two columns")
    if sign == ";":
        lines = [[re.sub(DECIMAL, r"\1.\2", part.strip()) for part in line] for line in lines]
    names, above, note = _header(lines, headed)
    filled = [
        (number, line) for number, line in enumerate(lines[above:], above + 1) if any(part.strip() for part in line)
    ]
    whole = [(number, line) for number, line in filled if len(line) == len(names)]
    rows = [dict(zip(names, line, strict=True)) for _, line in whole]
    short = tuple((number, len(line)) for number, line in filled if len(line) != len(names))
    return Table(names, rows, short, tuple(number for number, _ in whole), note)


def _header(lines: Sequence[Sequence[str]], headed: bool | None) -> tuple[tuple[str, ...], int, str]:
    """The names of the columns, how many lines stand above the first row, and what is odd about it.

    Columns of numbers alone are named by their places; a line that groups columns may stand above their names. Raises
    NoTable where names are not unique.
    """
    first, second = (tuple(part.strip() for part in line) for line in (*lines[:2], ())[:2])
    unique = len(set(first)) == len(first)
    if headed is False or (headed is None and _is_row(first, lines[1:])):
        names = tuple(f"column_{number}" for number in range(1, len(first) + 1))
        return names, 0, f"it has no header: its columns are called {names[0]} to {names[-1]}"
    if unique:
        return first, 1, ""
    if len(second) == len(first) == len(set(second)) and all(second) and not any(map(_is_number, second)):
        return second, 2, "line 1 groups the columns: they are called as line 2 says"
    raise NoTable("two of its columns have one name, or it has no header")


def _is_row(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether the first line is a row itself: numbers that number no columns, alone or beside words of the columns.

    Words are of a column where they stand in it again; numbers of a header, such as frequencies, rise.
    """
    numbers = [float(part) for part in first if _is_number(part)]
    if len(numbers) == len(first):
        return not (len(set(first)) == len(first) and all(part.isdigit() for part in first))
    if len(numbers) < _ROW or all(number.is_integer() for number in numbers) or sorted({*numbers}) == numbers:
        return False
    again = (line for line in others[:_SEEN] if len(line) == len(first))
    words = [place for place, part in enumerate(first) if part and not _is_number(part)]
    return any(line[place].strip() == first[place] for line in again for place in words)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def decode(data: bytes, cut: bool = False) -> str:
    """Text as programs save it: UTF-16 where its first bytes say so, UTF-8, else Latin-1. cut: it may end anywhere."""
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    if cut:
        for end in range(1, 4):
            with contextlib.suppress(UnicodeDecodeError):
                return data[:-end].decode("utf-8-sig")
    return data.decode("latin-1")
