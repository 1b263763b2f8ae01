"""Whatever --overwrite says: no output replaces a project's own files or the data that it reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from models.domain import Found
from models.errors import UserError
from models.job import Job
from models.store.check import check
from models.store.project import Project
from models.store.view import View
from workers.inline import run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    source = tmp_path / "data" / "a.h5"
    source.parent.mkdir()
    source.write_text("precious", "utf-8")
    with Project.create(tmp_path / "p", "traces", ["0", "1"]) as made:
        made.add(Found(source, source.name, ["a", "b"], ["g", "g"], ["0", "1"], columns={"noise": [0.1, 0.2]}))
    os.symlink(tmp_path / "p" / "project.sqlite", tmp_path / "link.csv")
    return tmp_path / "p"


def export(project: Path, out: str) -> Any:
    given = {"project": str(project), "format": "csv", "out": str(project.parent / out), "overwrite": True}
    return run(Job("export", given, "export"), lambda step: None, lambda: False)


@pytest.mark.parametrize(
    "out", ["p/project.sqlite", "p/project.sqlite-wal", "p", "p/runs/x.csv", "p/cache/x.csv", "link.csv", "data/a.h5"]
)
def test_an_export_spares_the_project_and_its_data(project: Path, out: str) -> None:
    with pytest.raises(UserError, match="another place"):
        export(project, out)
    assert (project.parent / "data" / "a.h5").read_text("utf-8") == "precious"
    with Project.open(project) as opened:
        assert check(opened) == []


def test_a_device_or_pipe_is_not_replaced_by_a_file(project: Path) -> None:
    pipe = project.parent / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UserError, match="neither a file nor a folder"):
        export(project, "pipe")
    assert pipe.is_fifo()


def test_an_export_into_the_project_folder_is_fine(project: Path) -> None:
    assert export(project, "p/exports/x.csv")["written"] == 2
    assert export(project, "p/exports/x.csv")["written"] == 2


@pytest.mark.parametrize("where", ["(" * 5000, "not " * 5000 + "labelled", "noise > label", "label == row"])
def test_a_filter_without_sense_is_told(project: Path, where: str) -> None:
    with Project.open(project) as opened, pytest.raises(UserError, match="At character"):
        View(opened).mask(where)
