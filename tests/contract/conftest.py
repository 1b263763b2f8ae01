"""A small project of generated data for each domain, made once for the tests here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from models.domain import Domain, Fake
from models.domains import NAMES, domain
from models.job import Job
from models.store.project import Project
from workers.inline import run

#: Sizes that keep generating quick.
SMALL: dict[str, dict[str, Any]] = {"traces": {"samples": 4, "noise": "0.01,0.03", "length": 120, "ceiling": 1}}


@dataclass(frozen=True)
class Made:
    """Generated data of one domain, and a project of it."""

    kind: Domain
    fake: Fake
    data: Path
    project: Path


def do(order: str, **arguments: Any) -> Any:
    """The result of an order."""
    return run(Job(order, arguments, order))


def make(name: str, home: Path) -> Made:
    kind = domain(name)
    home.joinpath("data").mkdir(parents=True)
    steps = kind.fake(home / "data", seed=3, **SMALL.get(name, {"samples": 40}))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            fake = end.value
            break
    Project.create(home / "project", name).close()
    do("import_samples", project=str(home / "project"), sources=[str(home / "data")])
    return Made(kind, fake, home / "data", home / "project")


@pytest.fixture(scope="session")
def all_made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """Every domain with its small project."""
    home = tmp_path_factory.mktemp("domains")
    return {name: make(name, home / name) for name in NAMES}


@pytest.fixture(params=NAMES)
def made(request: pytest.FixtureRequest, all_made: dict[str, Made]) -> Made:
    """One domain after the other."""
    return all_made[request.param]


@pytest.fixture
def traces_project(all_made: dict[str, Made]) -> Path:
    """The project of cell traces."""
    return all_made["traces"].project
