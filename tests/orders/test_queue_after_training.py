"""A queue of a run: what it needs is read once, and found again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from models.job import Job
from models.orders import fitting
from workers.inline import run


def do(name: str, **arguments: object) -> Any:
    return run(Job(name, arguments, name))


def test_a_queue_reads_the_model_once_at_most(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = str(shutil.copytree(home / "project", tmp_path / "project"))
    do("train", project=project, recipe="forest", values={"trees": 4}, baseline=False)
    read, reader = [], fitting.read_json
    monkeypatch.setattr(fitting, "read_json", lambda file: read.append(file) or reader(file))
    first = do("queue", project=project, strategy="blend")["queue"]
    assert len(read) <= 1
    read.clear()
    assert do("queue", project=project, strategy="blend")["queue"] == first
    assert read == [], "what the models of the folds said is kept, and where each sample stands"
