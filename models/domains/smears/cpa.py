"""CellProfiler Analyst: a properties file, the tables of images and objects that it names, and training sets.

An object has its bounding box where the table has one, else a tile of the properties' size around its centre.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from models.domains.smears import boxes
from models.domains.smears.boxes import Box
from models.domains.smears.entries import Entry, Mark, mark
from models.domains.smears.layout import LeavesFolder, clean
from models.texttable import read_table

_LONGEST = 64 << 20
#: Begins a comment of a training set that tells the class, as JSON text, that one of its words stands for.
CLASS_NOTE = "# class "
#: The side of a tile around a cell, as the program has it when nothing is said.
_TILE = 50.0
_BOX = ("Minimum_X", "Minimum_Y", "Maximum_X", "Maximum_Y")
#: No table has more rows, and no reading of one takes more millions of steps.
_MOST_ROWS, _MOST_STEPS = 5_000_000, 4_000
#: A name of a table or column that may stand in a query.
_PLAIN_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")

Row = Mapping[str, Any]


class BadProperties(Exception):
    """Why a properties file cannot be followed, in words."""


@dataclass(frozen=True)
class TrainingSet:
    """Classes of objects by image and object number; wrong: lines that say nothing, with their numbers."""

    labels: Mapping[tuple[str, str], str] = field(default_factory=dict)
    centres: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    wrong: tuple[int, ...] = ()


def is_training_set(path: Path) -> bool:
    """Whether a text file is a training set: one of its first lines begins with "label"."""
    lines = [line for line in _lines(path)[:20] if line.strip() and not line.startswith("#")]
    return bool(lines) and lines[0].split()[0] == "label" and len(lines[0].split()) > 1


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").splitlines() if path.stat().st_size < _LONGEST else []
    except (OSError, UnicodeDecodeError):
        return []


def read_training_set(path: Path) -> TrainingSet:
    """The labels of a training set; the last one of an object holds."""
    labels: dict[tuple[str, str], str] = {}
    centres: dict[tuple[str, str], tuple[str, str]] = {}
    wrong: list[int] = []
    known: set[str] = set()
    meant: dict[str, str] = {}
    for number, line in enumerate(_lines(path), 1):
        parts = line.split()
        meant |= _note(line)
        if not parts or parts[0].startswith("#"):
            continue
        if parts[0] == "label" and not known:
            known = set(parts[1:])
        elif parts[0] in known and len(parts) in (3, 5) and all(part.isdigit() for part in parts[1:3]):
            labels[parts[1], parts[2]] = meant.get(parts[0], parts[0])
            if len(parts) == 5:
                centres[parts[1], parts[2]] = (parts[3], parts[4])
        else:
            wrong.append(number)
    return TrainingSet(labels, centres, tuple(wrong))


def _note(line: str) -> dict[str, str]:
    """The class that a word stands for, where a comment tells one."""
    word, sign, text = line.removeprefix(CLASS_NOTE).partition(" = ")
    if not line.startswith(CLASS_NOTE) or not sign:
        return {}
    try:
        name = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {word: name} if isinstance(name, str) and name else {}


def read_properties(path: Path) -> dict[str, str]:
    """The settings of a properties file: "name = value" a line."""
    pairs = (line.partition("=") for line in _lines(path) if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def read_cpa(path: Path, trained: TrainingSet) -> Iterator[Entry]:
    """The images of a properties file with their objects, and the class of those that were sorted.

    Raises BadProperties, and NoTable for a table that cannot be read.
    """
    told = read_properties(path)
    images = _rows(path.parent, told, "image")
    objects = _rows(path.parent, told, "object")
    image_id = told.get("image_id") or "ImageNumber"
    by_image: dict[str, list[Row]] = {}
    for row in objects:
        by_image.setdefault(_number(row.get(image_id)), []).append(row)
    for row in images:
        key = _number(row.get(image_id))
        name = _image_name(row, told)
        rows = by_image.pop(key, [])
        marks = [_mark(one, key, told, trained) for one in rows]
        if not name:
            yield Entry(f"image {key}", marks, wrong="the table of images tells no file for it")
        else:
            yield Entry(name, marks)
    for key, rows in by_image.items():
        marks = [_mark(one, key, told, trained) for one in rows]
        yield Entry(f"image {key}", marks, wrong="objects name this image, which is not in the table of images")


def _rows(folder: Path, told: Mapping[str, str], what: str) -> Sequence[Row]:
    """The rows of the table of images or objects."""
    if name := told.get(f"{what}_csv_file"):
        return read_table(_beside(folder, name)).rows
    if name := told.get("db_sqlite_file"):
        return _from_sqlite(_beside(folder, name), told.get(f"{what}_table", f"Per_{what.title()}"))
    raise BadProperties(f"it names neither {what}_csv_file nor db_sqlite_file: a database on a server is not read")


def _beside(folder: Path, name: str) -> Path:
    """A file that the properties name: beside them, whatever folder it had on another computer."""
    try:
        parts = clean(name).split("/")
    except LeavesFolder as reason:
        raise BadProperties(str(reason)) from reason
    for start in range(len(parts)):
        if (place := folder.joinpath(*parts[start:])).is_file():
            return place
    raise BadProperties(f"{parts[-1]}, which it names, is not beside it")


def _from_sqlite(path: Path, table: str) -> Sequence[Row]:
    import sqlite3

    if not _PLAIN_NAME.match(table):
        raise BadProperties(f"{table[:40]!r} is no name of a table")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            # A view is a query of whoever made the file, which may never end.
            steps = iter(range(_MOST_STEPS))
            database.set_progress_handler(lambda: next(steps, None) is None, 1_000_000)
            rows = [dict(row) for row in islice(database.execute(f'SELECT * FROM "{table}"'), _MOST_ROWS + 1)]
    except sqlite3.Error as error:
        raise BadProperties(f"{path.name} cannot be read: {error}") from error
    if len(rows) > _MOST_ROWS:
        raise BadProperties(f"{path.name} has more than {_MOST_ROWS:,} rows in {table}")
    return rows


def _image_name(row: Row, told: Mapping[str, str]) -> str:
    """The file of an image: of its first channel."""
    first = told.get("image_file_cols", "").split(",")[0].strip()
    names = [first] if first else [name for name in row if re.match(r"(Image_)?(FileName|URL)_", name)]
    name = next((str(row[one]) for one in names if row.get(one)), "")
    folder = told.get("image_path_cols", "").split(",")[0].strip()
    path = str(row.get(folder) or "") if folder else ""
    return f"{path}/{name}" if path and name else name


def _mark(row: Row, image: str, told: Mapping[str, str], trained: TrainingSet) -> Mark:
    number = _number(row.get(told.get("object_id") or "ObjectNumber"))

    def read() -> Box:
        prefix = next((name.removesuffix(_BOX[0]) for name in row if name.endswith(f"BoundingBox{_BOX[0]}")), None)
        if prefix is not None:
            return boxes.corners([row.get(f"{prefix}{end}") for end in _BOX])
        side = boxes.number(told.get("image_tile_size") or _TILE) / 2
        columns = told.get("cell_x_loc", ""), told.get("cell_y_loc", "")
        place = [row[name] for name in columns if name in row] or list(trained.centres.get((image, number), ("", "")))
        if len(place) != 2 or "" in place:
            raise boxes.BadBox("neither its box nor its centre is told")
        x, y = map(boxes.number, place)
        return x - side, y - side, x + side, y + side

    return mark(
        read, trained.labels.get((image, number)), {"object_number": int(number) if number.isdigit() else number}
    )


def _number(value: Any) -> str:
    """A number of an image or object as text: "3" for 3.0."""
    text = str(value).strip()
    return text[:-2] if text.endswith(".0") else text
