"""A small trained project that the tests of the service share."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.job import Job
from models.store.project import Project
from workers.inline import run


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of generated windows with a run; tests leave it as it is."""
    place = tmp_path_factory.mktemp("served")
    run(Job("fake", {"domain_name": "eeg", "out": str(place / "data"), "samples": 48, "seed": 3}, "fake"))
    project = str(place / "study")
    Project.create(Path(project), "eeg", votes=True).close()
    run(Job("import_samples", {"project": project, "sources": [str(place / "data")]}, "import"))
    values = {"rounds": 5, "ica": ()}
    run(Job("train", {"project": project, "recipe": "features", "values": values, "baseline": False}, "train"))
    return Path(project)
