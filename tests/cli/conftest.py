"""A command line called in this process, and one small project that a module's tests share."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import call


@dataclass(frozen=True)
class Ended:
    """How a call ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)


class Winnow:
    """Calls verbs as ``winnow(…)``; ``ok`` wants status 0 and gives the JSON."""

    def __call__(self, *arguments: object) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = call([str(part) for part in arguments])
        return Ended(status, out.getvalue(), err.getvalue())

    def ok(self, *arguments: object) -> Any:
        ended = self(*arguments, "--json")
        assert ended.status == 0, ended.err
        return ended.json


@pytest.fixture(scope="module")
def winnow() -> Winnow:
    return Winnow()


@pytest.fixture(scope="module", autouse=True)
def own_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The log of these tests."""
    file = tmp_path_factory.mktemp("log") / "winnow.log"
    before = os.environ.get("WINNOW_LOG")
    os.environ["WINNOW_LOG"] = str(file)
    yield file
    if before is None:
        del os.environ["WINNOW_LOG"]
    else:
        os.environ["WINNOW_LOG"] = before


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, winnow: Winnow) -> Path:
    """Eighteen short simulations of three noise levels."""
    out = tmp_path_factory.mktemp("data") / "fake"
    sets = ("--set", "length=120", "--set", "noise=0.01,0.03,0.05", "--set", "ceiling=2")
    winnow.ok("fake", "traces", out, "--samples", 6, *sets)
    return out


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, winnow: Winnow, data: Path) -> Path:
    """A project of these simulations with a run of ``forest``."""
    path = tmp_path_factory.mktemp("project") / "p"
    winnow.ok("new", path, "--domain", "traces")
    winnow.ok("import", path, data, "--set", "per_file=all")
    winnow.ok("train", path, "--recipe", "forest", "--trees", 20)
    return path
