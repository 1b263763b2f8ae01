"""A small trained project that the tests of the service share, and a client of its service."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from app.service.options import Options
from app.service.routes import make_app
from app.service.tokens import Tokens, make_token, tokens_of
from models.job import Job
from models.orders.serving import Served
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


@pytest.fixture
def own(study: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(study, tmp_path / "study")
    return tmp_path / "study"


@dataclass
class Asking:
    """A client with what it asks."""

    client: TestClient
    served: Served
    curator: str = ""
    reader: str = ""

    def predict(self, **body: Any) -> Any:
        return self.client.post("/predict", json=body)

    def place(self, **body: Any) -> list[str | int]:
        """Where a body is wrong."""
        answer = self.predict(**body)
        assert answer.status_code == 422, answer.text[:300]
        found: list[str | int] = answer.json()["detail"][0]["loc"]
        return found


@contextmanager
def serving(project: Path, tokens: bool = False, **options: Any) -> Iterator[Asking]:
    """A client of a project's service, with tokens or open."""
    told = ("", "")
    if tokens:
        with Project.open(project) as opened:
            told = make_token(opened, "ada", curator=True), make_token(opened, "ward", curator=False)
    with Served(str(project), "last", "cpu") as served:
        known = tokens_of(served.project, None) if tokens else Tokens({})
        app = make_app(served, Options(**{"rate": 0, **options}), known)
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            yield Asking(client, served, *told)


@pytest.fixture(scope="module")
def asking(study: Path) -> Iterator[Asking]:
    with serving(study) as found:
        yield found


def noise(channels: int = 19, length: int = 10_000, size: float = 20.0, seed: int = 0) -> list[list[float]]:
    """Channels of noise in µV."""
    values = np.random.default_rng(seed).normal(0, size, (channels, length)).cumsum(axis=1)
    values -= np.linspace(values[:, 0], values[:, -1], length).T
    rows: list[list[float]] = (values / values.std() * size).round(2).tolist()
    return rows
