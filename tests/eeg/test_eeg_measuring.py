"""What is measured of windows is told as it goes and can be stopped, wherever it is needed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from models.errors import Cancelled
from models.job import Job, Progress, finish
from models.store.project import Project
from workers.inline import run

COUNT = 40


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of generated windows with a run of features, whose measures are gone again."""
    from models.domains.eeg.fake import fake

    home = tmp_path_factory.mktemp("measuring")
    finish(fake(home / "data", samples=COUNT, seed=2, patients=10))
    Project.create(home / "project", "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(home / "project"), "sources": [str(home / "data")]}, "import"))
    values = {"rounds": 3, "leaf": 2}
    told = {"project": str(home / "project"), "recipe": "features", "values": values, "baseline": False}
    run(Job("train", told, ""))
    shutil.rmtree(home / "project" / "cache")
    return home / "project"


@pytest.mark.parametrize(
    ("order", "arguments"),
    [
        ("cluster", {"n": 4}),
        ("cluster", {"n": 4, "run": "last"}),
        ("queue", {"strategy": "medoids", "n": 4}),
        ("project_map", {}),
        ("similar", {"sample": ""}),
        ("predict", {"model": "run-1"}),
        ("explain", {"run": "last", "where": "votes_total >= 0", "out": ""}),
    ],
    ids=lambda value: value if isinstance(value, str) else "".join(value),
)
def test_measuring_is_told_and_can_be_stopped(
    order: str, arguments: dict[str, Any], project: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(project, tmp_path / "project"))
    told: dict[str, Any] = {"project": str(place), **arguments}
    with Project.open(place) as opened:
        others = {"sample": opened.samples.ids()[0], "out": str(tmp_path / "out")}
    others["model"] = str(place / "runs" / "run-1")
    told |= {name: value for name, value in others.items() if name in told}
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        run(Job(order, told, ""), seen.append, lambda: _measuring(seen) > 1)
    assert _measuring(seen) == 2, "it stops in the midst of it"
    seen.clear()
    run(Job(order, told, ""), seen.append)
    assert 0 < _measuring(seen) < COUNT / 16, "what was measured before is not measured again"


def _measuring(seen: list[Progress]) -> int:
    return sum(step.text == "Measuring windows" for step in seen)
