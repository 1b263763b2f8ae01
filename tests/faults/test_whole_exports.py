"""Outputs of many files: interrupted at any moment, what stands there is the old folder or the new one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.errors import Cancelled, UserError
from models.job import Job
from models.store.project import Project
from workers.inline import run

ROOT = Path(__file__).resolve().parents[2]


def do(name: str, cancelled: Any = lambda: False, **arguments: Any) -> Any:
    return run(Job(name, arguments, name), None, cancelled)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two source files with one run."""
    home = tmp_path_factory.mktemp("whole")
    values = {"length": 60, "noise": "0.01,0.05", "ceiling": 2}
    do("fake", domain_name="traces", out=str(home / "data"), samples=5, values=values)
    Project.create(home / "p", "traces").close()
    do("import_samples", project=str(home / "p"), sources=[str(home / "data")], settings={"per_file": "all"})
    do("train", project=str(home / "p"), recipe="forest", values={"trees": 3}, baseline=False)
    return home / "p"


ORDERS: dict[str, dict[str, Any]] = {
    "export": {"format": "hdf5"},
    "figures": {},
    "explain": {"where": "row < 2"},
}


@pytest.fixture
def explainable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forest of the tests explains itself, so that no network has to be trained."""
    from dataclasses import replace

    import numpy as np

    from models.orders import predicting

    found = predicting.loaded

    def loaded(*given: Any) -> Any:
        record, fitted = found(*given)
        shown = replace(fitted.recipe, explain=lambda model, samples, setting: np.ones((len(samples), 60), np.float32))
        return record, replace(fitted, recipe=shown)

    monkeypatch.setattr("models.orders.explaining.loaded", loaded)


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.usefixtures("explainable")
@pytest.mark.parametrize("name", list(ORDERS))
@pytest.mark.parametrize("end", ["error", "cancel"])
def test_an_interrupted_folder_is_not_there_or_is_the_old_one(
    project: Path, tmp_path: Path, name: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    given = {"project": str(project), "out": str(out), **ORDERS[name]}
    breaks(monkeypatch, end)
    with pytest.raises(UserError if end == "error" else Cancelled):
        do(name, cancels(end), **given)
    assert os.listdir(tmp_path) == []
    monkeypatch.undo()
    if name == "explain":
        return
    told = do(name, **given)
    assert {Path(file) for file in told["files"]} == {out / file for file in files(out)}
    before = files(out)
    breaks(monkeypatch, end)
    with pytest.raises(UserError if end == "error" else Cancelled):
        do(name, cancels(end), overwrite=True, **given)
    assert files(out) == before
    assert os.listdir(tmp_path) == ["out"]


def breaks(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """The disk is full at the third file, or the second source can't be written."""
    if end == "cancel":
        return
    import h5py

    from models.store import atomic

    count: list[int] = []

    def full(path: Path) -> None:
        count.append(1)
        if len(count) == 3:
            raise OSError(28, "No space left on device")
        flushed(path)

    flushed = atomic._flush_all
    monkeypatch.setattr(atomic, "_flush_all", full)
    opened: list[int] = []

    class Full(h5py.File):  # type: ignore[misc]
        def __init__(self, path: Any, mode: str = "r", **given: Any) -> None:
            opened.append(1) if mode == "w" else None
            if mode == "w" and len(opened) == 2:
                raise OSError(28, "No space left on device")
            super().__init__(path, mode, **given)

    monkeypatch.setattr("h5py.File", Full)


def cancels(end: str) -> Any:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return end == "cancel" and len(asked) == 3

    return cancelled


KILLED = """
import os, signal, sys
from models.job import Job
from workers.inline import run
steps = []
def step(progress):
    steps.append(progress)
    if len(steps) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
given = {"project": sys.argv[1], "format": "hdf5", "out": sys.argv[2], "overwrite": True}
run(Job("export", given, "export"), step)
"""


def test_a_killed_export_leaves_the_old_folder_and_the_next_one_clears_up(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    given = {"project": str(project), "format": "hdf5", "out": str(out)}
    do("export", **given)
    before = files(out)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(project), str(out)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert files(out) == before
    assert len(os.listdir(tmp_path)) == 2, "the kill came while it wrote"
    told = do("export", **given, overwrite=True)
    assert os.listdir(tmp_path) == ["out"]
    assert sorted(told["files"]) == sorted(str(out / name) for name in files(out))
    with Project.create(tmp_path / "again", "traces") as made:
        path = str(made.path)
    found = do("import_samples", project=path, sources=[str(out)], settings={"per_file": "all"})
    assert found["samples"] == told["written"]
    assert found["notes"] == [] or all("unrelated" not in str(note) for note in found["notes"])
