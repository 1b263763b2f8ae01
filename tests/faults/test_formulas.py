"""Names and labels that a spreadsheet would run as formulas: exported harmless, imported as they were."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from models.domain import Found
from models.job import Job
from models.orders.figures import csv_of
from models.store.project import Project
from workers.inline import run

KEYS = ["=HYPERLINK(1)", "+1+1", "-2+3", "@x", "\tt", "'=q", "plain"]
CLASSES = ["=1+1", "-1", "@b", "+c|d", "'@e", "-f", "g"]


def do(name: str, **arguments: Any) -> Any:
    return run(Job(name, arguments, name))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    source = tmp_path / "=data.h5"
    source.write_text("x", "utf-8")
    columns = {"=note": ["=A1", *["-x"] * 6], "noise": [-0.5] * 7}
    with Project.create(tmp_path / "p", "traces", CLASSES) as made:
        made.add(Found(source, source.name, KEYS, ["-g"] * 7, CLASSES, columns=columns))
        return made.path


def labels(project: Path) -> list[str | None]:
    with Project.open(project) as opened:
        return [str(label) if label is not None else None for label in opened.journal.fold.labels()]


def test_an_exported_table_runs_nothing_and_comes_back(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    do("export", project=str(project), format="csv", out=str(file))
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    running = [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell and not number(cell)]
    assert running == []
    assert [row[rows[0].index("noise")] for row in rows[1:]] == ["-0.5"] * 7, "a number stays one"
    with Project.open(project) as opened:
        opened.journal.label(list(range(7)), "g", "ann")
    told = do("label_file", project=str(project), path=str(file), by="bea")
    assert told["skipped"] == []
    assert labels(project) == CLASSES


def number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_a_table_that_a_person_guarded_or_did_not_guard_is_read(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("sample,label\n\"=HYPERLINK(1)\",@b\n'@x,'=1+1\n", "utf-8")
    told = do("label_file", project=str(project), path=str(file), by="bea")
    assert json.loads(json.dumps(told))["skipped"] == []
    assert labels(project)[0] == "@b"
    assert labels(project)[3] == "=1+1"


def test_tables_of_figures_are_guarded(tmp_path: Path) -> None:
    assert csv_of([{"class": "=1+1", "recall": -0.5}]) == "class,recall\n'=1+1,-0.5\n"
