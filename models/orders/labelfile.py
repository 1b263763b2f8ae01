"""A table of labels, as a spreadsheet leaves it: BOM, ``;`` or tab, CRLF, ids as numbers; or a Parquet file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.domain import Domain, LabelFile, Noted, Skipped
from models.errors import UserError
from models.learn.words import plural
from models.params import unknown
from models.store.project import Project
from models.store.sheet import bare
from models.texttable import decode

#: Bytes that are read at most.
MOST = 1 << 29
SAMPLE = ("sample", "id", "sample_id", "key")
LABEL = ("label", "class", "value", "dis_to_target")


@dataclass(frozen=True)
class Table:
    """Rows of the project with the class each is given, the lines that say nothing usable, and what else to tell."""

    rows: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)


def read_any(path: Path, project: Project, kind: Domain, known: Sequence[str]) -> Table:
    """The labels of a file in a form of the domain's own, or else of a table (see `read_labels`)."""
    if kind.labels is not None and path.exists():
        found = kind.labels(path, project.samples)
        if found is not None:
            return _checked(found, path, known)
    return read_labels(path, project, known)


def _checked(found: LabelFile, path: Path, known: Sequence[str]) -> Table:
    table = Table(
        skipped=[item for item in found.findings if isinstance(item, Skipped)],
        notes=[item for item in found.findings if isinstance(item, Noted)],
    )
    wrong = dict[str, int]()
    for row, value in zip(found.rows, found.values, strict=True):
        if known and value not in ("", "?", *known):
            wrong[value] = wrong.get(value, 0) + 1
            continue
        table.rows.append(row)
        table.values.append(value)
    for value, count in wrong.items():
        table.skipped.append(Skipped(str(path), plural(count, "label"), unknown("class", value, known)))
    return table


def read_labels(path: Path, project: Project, known: Sequence[str]) -> Table:
    """The labels of a CSV or Parquet file with a column ``sample`` (or id, key) and one ``label`` (or class).

    known: classes that are accepted; empty accepts all. A class that a spreadsheet made a number
    (``1,0``) is read as the project's ``1``. A sample is named by its id, or by its key where that
    occurs once; the apostrophe by which an export guards a text is taken off. An empty label takes the
    label away. Raises UserError when the file can't be read or lacks a column.
    """
    lines = _lines(path)
    sample, label, first = _columns(path, lines[0] if lines else [])
    places = _places(project)
    numbers = known or project.classes
    table = Table()
    for number, line in enumerate(lines[first:], start=first + 1):
        if any(cell.strip() for cell in line):
            cells = line[sample : sample + 1], line[label : label + 1]
            _take(table, path, number, *cells, places, known, numbers)
    return table


def _lines(path: Path) -> list[list[str]]:
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    text = _text(path)
    if "\0" in text:
        raise UserError(f"{path} is not a text table. Save it as CSV.")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return list(reader)
    except csv.Error as error:
        raise UserError(f"{path}, row {reader.line_num}: {error}. Save it anew as CSV.") from None


def _parquet(path: Path) -> list[list[str]]:
    """The columns of samples and labels of a Parquet file as texts, their names first."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if name.lower() in (*SAMPLE, *LABEL)]
            columns = [column.to_pylist() for column in file.read(columns=names).columns]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist. Give a table of samples and labels.") from None
    except (OSError, pa.ArrowException) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserError(f"{path} is no whole Parquet file ({reason}). Write it anew.") from None
    rows = zip(*columns, strict=True)
    return [names, *(["" if cell is None else str(cell) for cell in row] for row in rows)]


def _text(path: Path) -> str:
    """The file as text: UTF-8, UTF-16 where its first bytes say so, or else Latin-1."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}. Give a CSV of samples and labels.") from None
    if len(data) > MOST:
        raise UserError(
            f"{path} is larger than {MOST >> 20} MiB: no table of labels is. Give a CSV of samples and labels."
        )
    return decode(data)


def _columns(path: Path, head: list[str]) -> tuple[int, int, int]:
    names = [cell.strip().lower() for cell in head]
    sample = next((names.index(name) for name in SAMPLE if name in names), -1)
    label = next((names.index(name) for name in LABEL if name in names), -1)
    if sample < 0 or label < 0:
        missing = "sample" if sample < 0 else "label"
        raise UserError(f"{path}, row 1: there is no column {missing!r}. Name the columns sample and label.")
    return sample, label, 1


def _places(project: Project) -> dict[str, int]:
    """Row by id, and by key where that is unique (−1 where it is not)."""
    places: dict[str, int] = {}
    for row, key in enumerate(project.samples.table.column("key").to_pylist()):
        places[key] = -1 if key in places else row
    places.update({name: row for row, name in enumerate(project.samples.ids())})
    return places


def _take(
    table: Table,
    path: Path,
    number: int,
    sample: list[str],
    label: list[str],
    places: dict[str, int],
    known: Sequence[str],
    numbers: Sequence[str],
) -> None:
    name, value = (bare(cell[0].strip()) if cell else "" for cell in (sample, label))
    row = places.get(name, places.get(_whole(name)))
    if value not in numbers and _whole(value) in numbers:
        value = _whole(value)
    reason = ""
    if not label:  # a line cut short is no wish to take the label away
        reason = "the line ends before its label"
    elif row is None:
        reason = f"no sample {name!r} in this project"
    elif row < 0:
        reason = f"several samples have the key {name!r}: give the whole id"
    elif known and value not in ("", "?", *known):
        reason = unknown("class", value, known)
    if reason:
        table.skipped.append(Skipped(str(path), f"row {number}", reason))
    elif row is not None:
        table.rows.append(row)
        table.values.append(value)


def _whole(text: str) -> str:
    """``3.0`` as a spreadsheet writes 3, or ``3,0``."""
    head, _, tail = text.replace(",", ".").partition(".")
    return head if head.lstrip("-").isdigit() and tail and not tail.strip("0") else text
