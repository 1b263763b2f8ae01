"""Ctrl+C before anything was done is an interruption, not a mistake of the person."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import Cancelled
from models.job import Job
from models.orders.faking import fake
from models.store.check import check
from models.store.project import Project
from workers.inline import run


def test_an_import_stopped_before_its_first_source_says_so(tmp_path: Path) -> None:
    steps = fake("traces", str(tmp_path / "data"), samples=2)
    for _ in steps:
        pass
    Project.create(tmp_path / "p", "traces").close()
    job = Job("import_samples", {"project": str(tmp_path / "p"), "sources": [str(tmp_path / "data")]}, "import")
    with pytest.raises(Cancelled):
        run(job, lambda step: None, lambda: True)
    with Project.open(tmp_path / "p") as project:
        assert check(project) == []
