"""A pipe by the name of a file is never waited for: a project or a model from elsewhere may hold one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.orders.fitting import load_model
from models.store import checkpoint, predictions
from models.store.atomic import plain
from models.store.project import Project

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name here")


def put(path: Path) -> Path:
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def test_a_cache_is_made_anew_where_a_pipe_stands(tmp_path: Path) -> None:
    source = tmp_path / "a.h5"
    source.write_text("x", "utf-8")
    with Project.create(tmp_path / "p", "traces") as project:
        project.add(Found(source, "a.h5", ["1", "2"], ["g", "g"]))
        project.journal.label(np.array([0]), "x", "ada")
    cached = [path for path in (tmp_path / "p" / "cache").iterdir() if path.suffix == ".arrow"]
    assert len(cached) == 2
    for path in cached:
        shutil.copytree(tmp_path / "p", tmp_path / path.stem)
        put(tmp_path / path.stem / "cache" / path.name)
        with Project.open(tmp_path / path.stem) as project:
            assert len(project.samples) == 2
            assert project.journal.position == 1


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no file"):
        plain(put(tmp_path / "a"))
    assert plain(tmp_path / "none") == tmp_path / "none"
    assert checkpoint.load(tmp_path / "a") is None
    with pytest.raises(UserError, match="damaged"):
        predictions._read(tmp_path / "a")


def test_a_model_with_a_pipe_in_it_is_refused(tmp_path: Path) -> None:
    from models.domains import domain

    kind: Any = domain("eeg")
    (tmp_path / "model").mkdir()
    (tmp_path / "run.json").write_text('{"domain": "eeg", "recipe": "features"}', "utf-8")
    pipe = put(tmp_path / "model" / "arrays.safetensors")
    with pytest.raises(UserError, match=r"arrays\.safetensors is no file"):
        load_model(kind, tmp_path)
    pipe.unlink()
