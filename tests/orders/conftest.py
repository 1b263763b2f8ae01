"""A small project of generated simulations that a module's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.job import Job
from models.orders import ORDERS
from models.store.project import Project
from workers.inline import run


def do(name: str, **arguments: object) -> object:
    """Run an order to its end."""
    return run(Job(name, arguments, name))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data`` (three noise levels, 450 cells) and a ``project`` of it."""
    assert "train" in ORDERS
    folder = tmp_path_factory.mktemp("home")
    values = {"length": 120, "noise": "0.01,0.03,0.05", "ceiling": 2}
    do("fake", domain_name="traces", out=str(folder / "data"), samples=6, values=values)
    Project.create(folder / "project", "traces").close()
    do("import_samples", project=str(folder / "project"), sources=[str(folder / "data")], settings={"per_file": "all"})
    return folder
