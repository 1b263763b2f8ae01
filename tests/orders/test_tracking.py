"""Runs told to MLflow: all of them where it is, a clear word where it is not, and never a training lost by it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from models.errors import UserError
from models.job import Job
from models.orders import tracking
from models.orders.tracking import address, check_tracking, curves, params, scores, shown
from models.store.project import Project
from workers.inline import run

RECORD: dict[str, Any] = {
    "recipe": "mlp", "seed": 3, "params": {"epochs": 2, "layers": [8, 4]}, "snapshot": {"labels": 9, "sha": "ab"},
    "split": {"by": "group"},
    "curves": [{"epoch": 1, "train_loss": 0.7, "left": None}, {"epoch": 2, "train_loss": float("nan"), "rate": 5}],
    "metrics": {"test": {"accuracy": 0.5, "auc": None, "confusion": [[1]], "per_class": {"a&b": {"recall": 1.0}}}},
}  # fmt: skip


@pytest.fixture
def study(home: Path) -> Path:
    """The shared project; these tests only add runs."""
    return home / "project"


def train(study: Path, track: str) -> Any:
    arguments = {"project": str(study), "recipe": "mlp", "values": {"epochs": 2}, "baseline": False, "track": track}
    return run(Job("train", {**arguments, "device": "cpu"}, "train"))


def test_what_is_told_of_a_run() -> None:
    assert dict(params(RECORD)) == {
        "recipe": "mlp", "seed": "3", "epochs": "2", "layers": "[8, 4]", "labels": "9", "labels_sha": "ab",
        "split_by": "group",
    }  # fmt: skip
    assert list(curves(RECORD)) == [("train_loss", 0.7, 1), ("rate", 5.0, 2)]
    assert list(scores(RECORD)) == [("test.accuracy", 0.5, 0), ("test.per_class.a_b.recall", 1.0, 0)]


def test_a_folder_is_the_default_and_a_password_is_never_shown(tmp_path: Path) -> None:
    assert address("local", tmp_path) == (
        f"sqlite:///{tmp_path}/mlflow/mlflow.db", (tmp_path / "mlflow" / "files").as_uri()
    )  # fmt: skip
    assert address(str(tmp_path / "all"), tmp_path)[0] == f"sqlite:///{tmp_path}/all/mlflow.db"
    assert address((tmp_path / "all").as_uri(), tmp_path)[0] == f"sqlite:///{tmp_path}/all/mlflow.db"
    assert address("http://ml:5000", tmp_path) == ("http://ml:5000", "")
    assert shown("https://ada:secret@ml:5000/x") == "https://ml:5000/x"
    assert shown("local") == "local"


def test_without_the_extra_it_is_told_before_anything_begins(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(tracking, "find_spec", lambda name: None if name == "mlflow" else found(name))
    check_tracking("")
    with Project.open(study) as project:
        before = len(project.runs.list())
        with pytest.raises(UserError, match=r"\.\[mlflow\]"):
            train(study, "local")
        assert len(project.runs.list()) == before


def test_a_server_that_fails_costs_no_training(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ModuleType("mlflow")
    monkeypatch.setitem(sys.modules, "mlflow", broken)
    monkeypatch.setattr(tracking, "find_spec", lambda name: name)
    told = train(study, "http://ada:secret@nowhere.invalid")
    assert told["metrics"]["test"]["n"] > 0
    assert told["tracked"]["uri"] == "http://nowhere.invalid"
    assert "MlflowClient" in told["tracked"]["why"]
    with Project.open(study) as project:
        assert project.runs.get("last").id == told["run"]
    with pytest.raises(UserError, match="could not be told"):
        run(Job("track", {"project": str(study), "run": "last", "to": "http://nowhere.invalid"}, "track"))


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="the extra mlflow is not here")
def test_mlflow_keeps_what_it_was_told(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = train(study, "local")
    with tracking._quiet():
        from mlflow import MlflowClient
        from mlflow.environment_variables import MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT as SILENT

        assert SILENT.get(), "standard output is for one JSON document"
        client = MlflowClient(tracking_uri=told["tracked"]["uri"])
        kept = client.get_run(told["tracked"]["id"])
        (experiment,) = [one for one in client.search_experiments() if one.name == "project"]
        history = client.get_metric_history(kept.info.run_id, "train_loss")
        files = {one.path for one in client.list_artifacts(kept.info.run_id)}
        again = run(Job("track", {"project": str(study), "run": told["run"], "to": "local"}, "track"))
        assert len(client.search_runs([experiment.experiment_id])) == 2
    record = json.loads((Path(told["folder"]) / "run.json").read_text("utf-8"))
    assert kept.info.experiment_id == experiment.experiment_id
    assert (kept.info.run_name, kept.info.status) == (told["run"], "FINISHED")
    assert kept.data.params == dict(params(record))
    assert kept.data.metrics["test.accuracy"] == pytest.approx(told["metrics"]["test"]["accuracy"])
    assert [(one.step, one.value) for one in history] == [
        (step, value) for name, value, step in curves(record) if name == "train_loss"
    ]
    assert files == {"card.md", "log.txt", "model", "run.json"}
    assert kept.info.end_time - kept.info.start_time == int(1000 * record["seconds"])
    assert again["tracked"]["id"] != told["tracked"]["id"]
    assert (study / "mlflow" / "files").is_dir()
