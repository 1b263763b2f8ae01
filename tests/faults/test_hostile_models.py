"""Model folders from elsewhere: never run as code, and told in words where they are not what they say."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.errors import UserError
from models.job import Job
from workers.inline import run

Break = Callable[[Path], None]


def do(order: str, **arguments: Any) -> Any:
    return run(Job(order, arguments, order), lambda step: None, lambda: False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a forest (skops) and a network (safetensors)."""
    from models.store.project import Project

    folder = tmp_path_factory.mktemp("hostile")
    project = str(folder / "p")
    do("fake", domain_name="traces", out=str(folder / "data"), samples=6)
    Project.create(folder / "p", "traces").close()
    do("import_samples", project=project, sources=[str(folder / "data")])
    given = {"project": project, "device": "cpu", "baseline": False}
    do("train", recipe="forest", values={"trees": 20}, **given)
    do("train", recipe="mlp", values={"epochs": 1}, **given)
    return folder / "p"


class _Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def weights(header: bytes) -> Break:
    return lambda folder: _replace(folder, ".safetensors", struct.pack("<Q", len(header)) + header)


def _replace(folder: Path, suffix: str, data: bytes) -> None:
    next(iter((folder / "model").glob(f"*{suffix}"))).write_bytes(data)


def _record(**changes: Any) -> Break:
    def change(folder: Path) -> None:
        told = json.loads((folder / "run.json").read_text("utf-8"))
        (folder / "run.json").write_text(json.dumps({**told, **changes}), "utf-8")

    return change


def _pickle(suffix: str) -> Break:
    return lambda folder: _replace(folder, suffix, pickle.dumps(_Bomb(folder / "ran")))


def _deep(folder: Path) -> None:
    with zipfile.ZipFile(next(iter((folder / "model").glob("*.skops"))), "w") as file:
        file.writestr("schema.json", "[" * 100_000)


def _foreign(folder: Path) -> None:
    """A type that is not trusted, put where the forest was."""
    path = next(iter((folder / "model").glob("*.skops")))
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["schema.json"] = parts["schema.json"].replace(b"ForestClassifier", b"Foreign")
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)


HOSTILE: list[tuple[str, Break]] = [
    ("run-1", _pickle(".skops")),
    ("run-1", _deep),
    ("run-1", _foreign),
    ("run-1", _record(classes=["0"])),
    ("run-1", _record(classes=None)),
    ("run-1", _record(classes="0123")),
    ("run-1", _record(temperature="warm")),
    ("run-1", _record(temperature=0)),
    ("run-1", _record(recipe="../../forest")),
    ("run-1", lambda folder: _replace(folder, "model.json", b"[" * 100_000)),
    ("run-1", lambda folder: _replace(folder, "model.json", b"{}")),
    ("run-2", _pickle(".safetensors")),
    ("run-2", lambda folder: _replace(folder, ".safetensors", struct.pack("<Q", 1 << 60) + b"{}")),
    ("run-2", weights(b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}')),
    ("run-2", weights(b'{"__metadata__":{"numbers":"nope"}}')),
    ("run-2", weights(b"{}")),
    ("run-2", lambda folder: _replace(folder, "model.json", b"{}")),
]


@pytest.mark.parametrize("place", range(len(HOSTILE)))
def test_a_hostile_folder_is_refused_in_words(trained: Path, tmp_path: Path, place: int) -> None:
    run_name, spoil = HOSTILE[place]
    folder = tmp_path / "model"
    shutil.copytree(trained / "runs" / run_name, folder)
    spoil(folder)
    with pytest.raises(UserError):
        do("predict", project=str(trained), model=str(folder), where="row < 30", device="cpu")
    assert not (folder / "ran").exists()


def test_files_beside_the_model_in_its_archive_go_nowhere(trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "model"
    shutil.copytree(trained / "runs" / "run-1", folder)
    with zipfile.ZipFile(next(iter((folder / "model").glob("*.skops"))), "a") as file:
        file.writestr("../../../slipped", "x")
        file.writestr(str(tmp_path / "slipped"), "x")
    do("predict", project=str(trained), model=str(folder), where="row < 30", device="cpu")
    assert not list(tmp_path.rglob("slipped"))
