"""Tables of units: any separator, ids under several names, measures, labels and opinions of others."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Finding, Noted, Skipped
from models.domains.units.metrics import BY_NAME, renames
from models.domains.units.names import is_opinion, label_of, unit_key

Numbers = npt.NDArray[np.float64]

#: Columns that hold a unit's id, the surest first.
IDS = ("cluster_id", "unit_id", "unit", "cluster", "id")
#: Columns that hold the label that people gave, the surest first.
LABELS = ("majority_vote", "group", "manual_label", "human_label", "quality", "label", "curated_label", "unit_label")
#: Columns that tell which recording a unit is of, in a table of several.
SESSIONS = ("session", "recording", "session_id", "recording_id", "session_name")
#: What stands for a number that is missing.
MISSING = frozenset(("", "nan", "na", "n/a", "none", "null", "-", "#n/a"))
#: A column with more words than numbers is one of words; a finding is told of at most so many rows.
_MOST, _TOLD = 0.5, 5
#: How a note on older names begins.
OLDER = "names of older versions or other tools, here and in tables alike:"
_SEPARATORS = "\t,;|"
#: A class column of a table of units has few different values.
_CLASSES = 20


class BrokenTable(Exception):
    """Why a file cannot be read as a table. ours: although it holds measures of units."""

    def __init__(self, text: str, ours: bool = False) -> None:
        super().__init__(text)
        self.ours = ours


@dataclass(frozen=True)
class Table:
    """A table as its file has it: texts by column, unit keys, and the line that each row stands on.

    sessions: the recording of each row, () where the table is of one; a key is then recording/id.
    """

    path: Path
    name: str
    ids: tuple[str, ...]
    lines: tuple[int, ...]
    texts: Mapping[str, Sequence[str]]
    decimal: str = "."
    sessions: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether a column is a measure of units."""
        old = renames(list(self.texts))
        return any(old.get(name, (name,))[0] in BY_NAME for name in self.texts)

    @property
    def judged(self) -> bool:
        """Whether a column holds labels or opinions."""
        return bool(label_column(self.texts) or opinion_columns(self.texts, ""))


@dataclass
class Sheet:
    """What the units of one source have: labels, further opinions, columns; all in the order of `keys`."""

    keys: list[str]
    labels: list[str | None]
    votes: list[dict[str, str]]
    columns: dict[str, list[Any]] = field(default_factory=dict)


# Reading


def read_table(path: Path, name: str, settings: Mapping[str, str]) -> tuple[Table, list[Finding]]:
    """A table and what to tell of it.

    settings: ``id``, the column of the unit ids; ``group``, that of the recording. A row whose id is
    empty, or was there before, or which has another number of cells, is skipped and told with its
    line. Raises BrokenTable for a file that is no table of units.
    """
    rows, separator = _rows(path)
    if not rows:
        raise BrokenTable("the file is empty")
    head = [cell.strip() for cell in rows[0][1]]
    if all(_is_number(cell) for cell in head):
        raise BrokenTable("line 1 holds numbers: the first line must name the columns")
    place = _id_column(head, settings.get("id", ""))
    told: list[Finding] = []
    if settings.get("id", head[place]) != head[place]:
        told.append(Noted(name, "line 1", f"no column {settings['id']!r}: {head[place] or 'the first one'} is taken"))
    session = _session_column(head, rows[1:], settings.get("group", ""))
    kept = list(_whole_rows(rows[1:], len(head), (place, session), name, told))
    if not kept:
        raise BrokenTable("no row holds a unit" if len(rows) > 1 else "there is no row below the names of the columns")
    texts = _columns(head, [cells for _, cells, _ in kept], place, name, told)
    lines, keys = tuple(line for line, _, _ in kept), tuple(key for _, _, key in kept)
    sessions = tuple(cells[session].strip() for _, cells, _ in kept) if session >= 0 else ()
    return Table(path, name, keys, lines, texts, "," if separator in ";\t" else ".", sessions), told


def _session_column(head: Sequence[str], rows: Sequence[tuple[int, list[str]]], asked: str) -> int:
    """The column that tells recordings apart, −1 for none: the asked one, or one that holds several."""
    if asked in head and asked:
        return head.index(asked)
    low = [name.lower() for name in head]
    for name in SESSIONS:
        if name in low:
            place = low.index(name)
            found = {cells[place].strip() for _, cells in rows if len(cells) > place}
            if len(found) > 1:
                return place
    return -1


def _rows(path: Path) -> tuple[list[tuple[int, list[str]]], str]:
    """Each row that is not blank with its line, and the separator."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path), ","
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BrokenTable(f"the file cannot be read: {error.strerror}") from error
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = raw.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if "\0" in text:
        raise BrokenTable("the file is no text")
    head = text.lstrip("\n").partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    if head.count(separator) == 0 and len(head.split()) > 1:
        return [(line, row.split()) for line, row in enumerate(text.splitlines(), 1) if row.strip()], " "
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)], separator
    except csv.Error as error:
        raise BrokenTable(f"line {reader.line_num}: {error}") from error


def _parquet(path: Path) -> list[tuple[int, list[str]]]:
    """The rows of a Parquet file as texts, its head as line 1; the index comes first where it holds the ids."""
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, TypeError, KeyError, NotImplementedError) as error:
        raise BrokenTable(f"the file is no whole Parquet file ({next(iter(str(error).splitlines()), '')})") from error
    named = {str(name).lower() for name in frame.columns} & set(IDS)
    if not named or frame.index.names != [None]:
        frame = frame.reset_index()
    columns = [[_text(value) for value in frame.iloc[:, place].tolist()] for place in range(frame.shape[1])]
    rows = zip(*columns, strict=True) if columns else ()
    return [(1, [str(name) for name in frame.columns]), *((line, list(row)) for line, row in enumerate(rows, 2))]


def _text(value: Any) -> str:
    """A cell as a table of text would hold it."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _id_column(head: Sequence[str], asked: str) -> int:
    if asked and asked in head:
        return head.index(asked)
    low = [name.lower() for name in head]
    for name in IDS:
        if name in low:
            return low.index(name)
    if head[0] in ("", "Unnamed: 0", "index"):
        return 0
    old = renames(head)
    ours = any(old.get(name, (name,))[0] in BY_NAME for name in head)
    raise BrokenTable(f"no column cluster_id or unit_id: {_few(head)}. Name the one of the ids with id=COLUMN", ours)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(name or "(unnamed)" for name in names[:8])
    return f"{shown}, …" if len(names) > 8 else shown


def _whole_rows(
    rows: Sequence[tuple[int, list[str]]], width: int, places: tuple[int, int], name: str, told: list[Finding]
) -> Iterator[tuple[int, list[str], str]]:
    """Line, cells and key of the rows that hold a unit; the others are told, the first few of them one by one."""
    place, session = places
    seen: dict[str, int] = {}
    wrong: list[tuple[int, str]] = []
    for line, cells in rows:
        key = unit_key(cells[place]) if len(cells) > place else ""
        whole = len(cells) == width or (len(cells) > width and not any(cell.strip() for cell in cells[width:]))
        if not whole:
            wrong.append((line, f"{len(cells)} cells where the first line names {width} columns"))
            continue
        if key.lower() in MISSING:
            wrong.append((line, "the row has no unit id"))
            continue
        key = f"{cells[session].strip()}/{key}" if session >= 0 else key
        if key in seen:
            wrong.append((line, f"unit {key} stands on line {seen[key]} already; the first counts"))
            continue
        seen[key] = line
        yield line, cells[:width], key
    told += [Skipped(name, f"line {line}", reason) for line, reason in wrong[:_TOLD]]
    if len(wrong) > _TOLD:
        line, reason = wrong[_TOLD]
        told.append(Skipped(name, f"line {line} and after", f"{len(wrong) - _TOLD} more such rows, first: {reason}"))


def _columns(
    head: Sequence[str], rows: Sequence[Sequence[str]], place: int, name: str, told: list[Finding]
) -> dict[str, list[str]]:
    """The texts by column; the ids, row numbers and copies of a column are left out."""
    texts: dict[str, list[str]] = {}
    for index, column in enumerate(head):
        values = [cells[index].strip() for cells in rows]
        if index == place or column.lower() in ("", "unnamed: 0"):
            continue
        if column == head[place] or column in texts:
            former = texts.get(column) or [cells[place].strip() for cells in rows]
            if former != values:
                told.append(Noted(name, column, "this column occurs twice with different values; the first counts"))
            continue
        texts[column] = values
    return texts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# Numbers and words


def numbers(texts: Sequence[str], decimal: str = ".") -> tuple[Numbers, list[int]]:
    """A column as numbers with NaN where none stands, and the places of cells that are not numbers."""
    values, wrong = np.full(len(texts), np.nan), []
    for place, text in enumerate(texts):
        if text.lower() in MISSING:
            continue
        try:
            values[place] = float(text.replace(",", ".") if decimal == "," else text)
        except ValueError:
            wrong.append(place)
    return values, wrong


def measures(table: Table, told: list[Finding], spared: Sequence[str] = ()) -> dict[str, list[Any]]:
    """The columns of a table under their present names: numbers (NaN where missing), or words (None)."""
    old = renames(list(table.texts))
    columns: dict[str, list[Any]] = {}
    for name, texts in table.texts.items():
        if name in spared:
            continue
        new, factor = old.get(name, (name, 1.0))
        values, wrong = numbers(texts, table.decimal)
        filled = sum(text.lower() not in MISSING for text in texts)
        if filled and len(wrong) > _MOST * filled and new not in BY_NAME:
            columns[new] = [text if text.lower() not in MISSING else None for text in texts]
            continue
        told += _told(table, name, texts, values, wrong)
        columns[new] = (values * factor).tolist()
    if old:
        words = sorted(f"{name} is {'−' if factor < 0 else ''}{new}" for name, (new, factor) in old.items())
        told.append(Noted(table.name, "", f"{OLDER} {', '.join(words)}"))
    return columns


def _told(table: Table, name: str, texts: Sequence[str], values: Numbers, wrong: Sequence[int]) -> Iterator[Noted]:
    if wrong:
        first = wrong[0]
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        text = f"{name} is {texts[first]!r}, not a number: it counts as missing{more}"
        yield Noted(table.name, f"line {table.lines[first]}", text)
    infinite = int(np.isinf(values).sum())
    if infinite:
        first = int(np.flatnonzero(np.isinf(values))[0])
        yield Noted(
            table.name,
            f"line {table.lines[first]}",
            f"{name} is infinite for {infinite} units: it counts as missing when a model learns",
        )
    if len(values) and np.isnan(values).all():
        yield Noted(table.name, name, "this column holds no number at all")


# Labels


def label_column(texts: Mapping[str, Sequence[str]], asked: str = "") -> str:
    """The column of the label that people gave, "" for none. asked: the one that the person named."""
    if asked in texts:
        return asked
    low = {name.lower(): name for name in reversed(list(texts))}
    for name in LABELS:
        if name in low and _few_values(texts[low[name]]):
            return low[name]
    return low.get("is_noise", "")


def _few_values(texts: Sequence[str]) -> bool:
    """Whether a column may hold classes: few of them, and none a number with decimals."""
    found = {label_of(text) for text in texts}
    return len(found) <= _CLASSES and not any(text and "." in text and _is_number(text) for text in found)


def opinion_columns(texts: Mapping[str, Sequence[str]], label: str) -> list[str]:
    """Columns of further opinions: whatever holds nothing but names of classes."""
    return [name for name, values in texts.items() if name != label and is_opinion(values)]


def sheet(table: Table, settings: Mapping[str, str], told: list[Finding]) -> Sheet:
    """The units of a table with labels, opinions and columns. settings: ``label_column``, that of the labels."""
    label = label_column(table.texts, settings.get("label_column", ""))
    opinions = opinion_columns(table.texts, label)
    spared = [label, *opinions, *(name for name in table.texts if name.lower() == "is_noise")]
    labels: list[str | None] = labels_of(table, label) if label else [None] * len(table.ids)
    votes: list[dict[str, str]] = [{} for _ in table.ids]
    for name in opinions:
        give(votes, name, [label_of(text) for text in table.texts[name]])
    columns = measures(table, told, spared)
    for name in opinions:
        columns[column_name(name)] = [label_of(text) for text in table.texts[name]]
    return Sheet(list(table.ids), labels, votes, columns)


def column_name(opinion: str) -> str:
    """The column under which an opinion is kept beside its vote."""
    return "ks_label" if opinion.lower() == "kslabel" else opinion


def give(votes: Sequence[dict[str, str]], name: str, values: Sequence[str | None]) -> None:
    """An opinion as votes of ``file:<name>``."""
    for vote, value in zip(votes, values, strict=True):
        if value is not None:
            vote[f"file:{name}"] = value


def labels_of(table: Table, column: str) -> list[str | None]:
    """The class that a column gives to each unit."""
    found = [label_of(text) for text in table.texts[column]]
    if column.lower() != "is_noise":
        return found
    words = {"1": "noise", "true": "noise", "0": "neural", "false": "neural"}
    return [None if label is None else words.get(label.lower(), label) for label in found]


# Joining


def join(into: Sheet, table: Table, settings: Mapping[str, str], told: list[Finding]) -> None:
    """Labels, opinions and columns of a further table of the same units, told where the ids differ."""
    more = sheet(table, settings, told)
    where = {key: place for place, key in enumerate(more.keys)}
    places = [where.get(key) for key in into.keys]
    unknown = sorted(set(more.keys) - set(into.keys), key=where.__getitem__)
    if unknown:
        lines = [table.lines[where[key]] for key in unknown]
        text = f"unit {unknown[0]} is not among the {len(into.keys)} units"
        text += f", nor are {len(unknown) - 1} more of this table" if len(unknown) > 1 else ""
        told.append(Noted(table.name, f"line {lines[0]}", f"{text}; left out"))
    for place, other in enumerate(places):
        if other is not None:
            into.labels[place] = more.labels[other] if more.labels[other] is not None else into.labels[place]
            into.votes[place].update(more.votes[other])
    for name, values in more.columns.items():
        if name in into.columns:
            continue
        into.columns[name] = [None if other is None else values[other] for other in places]


def settle(one: Sheet) -> Sheet:
    """Labels as an import wants them: "" where others have an opinion and the label is missing."""
    one.labels = ["" if label is None and vote else label for label, vote in zip(one.labels, one.votes, strict=True)]
    return one
