"""A table of labels, as a spreadsheet leaves it: BOM, ``;`` or tab, CRLF, ids as numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.domain import Skipped
from models.errors import UserError
from models.params import unknown
from models.store.project import Project

SAMPLE = ("sample", "id", "sample_id", "key")
LABEL = ("label", "class", "value", "dis_to_target")


@dataclass(frozen=True)
class Table:
    """Rows of the project with the class each is given, and the lines that say nothing usable."""

    rows: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def read_labels(path: Path, project: Project, known: Sequence[str]) -> Table:
    """The labels of a CSV with a column ``sample`` (or id, key) and one ``label`` (or class).

    known: classes that are accepted; empty accepts all. A sample is named by its id, or by its key
    where that occurs once. An empty label takes the label away. Raises UserError when the file can't
    be read or lacks a column.
    """
    lines = _lines(path)
    sample, label, first = _columns(path, lines[0] if lines else [])
    places = _places(project)
    table = Table()
    for number, line in enumerate(lines[first:], start=first + 1):
        if any(cell.strip() for cell in line):
            _take(table, path, number, line[sample : sample + 1], line[label : label + 1], places, known)
    return table


def _lines(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}. Give a CSV of samples and labels.") from None
    if "\0" in text:
        raise UserError(f"{path} is not a text table. Save it as CSV.")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


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
) -> None:
    name, value = sample[0].strip() if sample else "", label[0].strip() if label else ""
    row = places.get(name, places.get(_whole(name)))
    if value not in known and _whole(value) in known:
        value = _whole(value)
    reason = ""
    if row is None:
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
