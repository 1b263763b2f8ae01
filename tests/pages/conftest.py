"""A project of generated traces with two runs, made once and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.job import Job
from tests.app.desk import copied, make_traces
from workers.inline import run


@pytest.fixture(scope="session")
def labelled_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traces(tmp_path_factory.mktemp("pages"), unlabelled=0)


@pytest.fixture(scope="session")
def trained_made(labelled_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """run-1: a forest, marked as best; run-2: a single tree."""
    path = copied(labelled_made, tmp_path_factory.mktemp("trained"))
    for trees, leaf in ((20, 2), (1, 1000)):
        values = {"trees": trees, "leaf": leaf}
        arguments = {"project": str(path), "recipe": "forest", "values": values, "device": "cpu"}
        run(Job("train", arguments, ""))
    return path


@pytest.fixture
def labelled(labelled_made: Path, tmp_path: Path) -> Path:
    """300 labelled cells in 12 simulations, no run."""
    return copied(labelled_made, tmp_path)


@pytest.fixture
def trained(trained_made: Path, tmp_path: Path) -> Path:
    """The same with two runs."""
    return copied(trained_made, tmp_path)
