"""Folds and predictions as pieces: the same on a cluster, and gone on with where they were interrupted."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import UserError
from models.job import Progress
from models.learn.cluster import ClusterLost, workplace
from models.learn.pieces import Batch, Here, Place
from models.orders import ORDERS, batches
from models.store.project import Project

FOLDS = {"values": {"epochs": 2, "patience": 0}, "folds": 3, "baseline": False}


@pytest.fixture(scope="module")
def two() -> Iterator[Place]:
    """Two processes of this machine, started once: what they load takes longer than the tests."""
    pytest.importorskip("distributed")
    with workplace("local:2") as there:
        yield there


@pytest.fixture
def at_two(two: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """``cluster="local:2"`` means these two."""

    @contextmanager
    def known(address: str) -> Iterator[Place]:
        yield two if address else Here()

    for name in ("training", "predicting", "mapping"):
        monkeypatch.setattr(f"models.orders.{name}.workplace", known)


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(home / "project", tmp_path / "p"))


def drain(steps: Any, seen_by: Callable[[Progress], object] = bool) -> tuple[list[Progress], Any]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
            seen_by(seen[-1])
        except StopIteration as end:
            return seen, end.value


def said(project: Path, run: str = "last") -> np.ndarray[Any, Any]:
    with Project.open(project) as opened:
        kept = opened.runs.get(run).predictions()
        return kept.probabilities[np.argsort(kept.ids)]


def begun(steps: list[Progress]) -> list[int]:
    """The folds that were begun."""
    return [int(step.values["fold"]) for step in steps if "fold" in step.values]


def test_predictions_and_embeddings_on_a_cluster_are_those_of_one_process(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_two: None
) -> None:
    monkeypatch.setattr(batches, "SIZE", 100)
    _, run = drain(ORDERS["train"](str(project), "forest", {"trees": 9}, baseline=False))
    folder = shutil.copytree(run["folder"], tmp_path / "model")
    _, here = drain(ORDERS["predict"](str(project), model=str(folder), out=str(tmp_path / "here.csv")))
    _, there = drain(
        ORDERS["predict"](str(project), model=str(folder), out=str(tmp_path / "there.csv"), cluster="local:2")
    )
    assert (tmp_path / "here.csv").read_text() == (tmp_path / "there.csv").read_text()
    assert there.pop("cluster")["pieces"][4]["piece"].startswith("Part ")
    assert {**there, "out": here["out"]} == here
    _, one = drain(ORDERS["project_map"](str(project), run["run"]))
    places = np.load(one["file"])
    for file in Path(one["file"]).parent.iterdir():
        file.unlink()
    _, two = drain(ORDERS["project_map"](str(project), run["run"], cluster="local:2"))
    np.testing.assert_allclose(np.load(two["file"]), places, rtol=1e-4, atol=1e-4)
    assert not list((project / "cache" / "pieces").iterdir()), "what was kept on the way is gone"


def test_folds_on_a_cluster_that_loses_a_worker_are_those_of_one_process(project: Path, at_two: None) -> None:
    _, here = drain(ORDERS["train"](str(project), "mlp", **FOLDS))
    assert "cluster" not in here
    killed: list[int] = []

    def kill(step: Progress) -> None:
        found = re.match(r"Fold \d of 3 begun on \S+, process (\d+)", step.log)
        if found and not killed:
            killed.append(int(found[1]))
            os.kill(killed[0], signal.SIGKILL)

    seen, there = drain(ORDERS["train"](str(project), "mlp", **FOLDS, cluster="local:2"), kill)
    assert killed
    assert sorted(set(begun(seen))) == [1, 2, 3]
    assert there["metrics"] == here["metrics"]
    assert there["split"] == here["split"]
    np.testing.assert_array_equal(said(project, there["run"]), said(project, here["run"]))
    ran = there["cluster"]
    assert (ran["address"], ran["workers"]) == ("local:2", 2)
    assert {"Fold 1 of 3", "Fold 2 of 3", "Fold 3 of 3"} <= {one["piece"] for one in ran["pieces"]}
    with Project.open(project) as opened:
        assert opened.runs.get("last").record["cluster"] == ran


def interrupted(project: Path, tmp_path: Path, stop: Callable[[Progress], bool], **given: Any) -> Path:
    """A training whose process was killed at a step: its folder, as the kill would have left it."""
    steps: Any = ORDERS["train"](str(project), "mlp", **{**FOLDS, **given})
    for step in steps:
        if stop(step):
            break
    (partial,) = (project / "runs").glob(".run-*")
    shutil.copytree(partial, tmp_path / "killed")
    steps.close()
    shutil.move(tmp_path / "killed", partial)
    (partial / ".owner").unlink()
    return partial


def test_an_interrupted_training_does_only_the_folds_that_are_missing(project: Path, tmp_path: Path) -> None:
    _, whole = drain(ORDERS["train"](str(project), "mlp", **FOLDS))
    interrupted(project, tmp_path, lambda step: step.values.get("fold") == 3)
    seen, told = drain(ORDERS["train"](str(project), "mlp", resume=True, baseline=False))
    assert begun(seen) == [3]
    assert [step.log for step in seen if "before" in step.log] == [
        "The model was kept before",
        "2 of 3 were finished before",
    ]
    assert told["metrics"] == whole["metrics"]
    np.testing.assert_array_equal(said(project, told["run"]), said(project, whole["run"]))
    with Project.open(project) as opened:
        one, two = (opened.runs.get(name).record for name in (whole["run"], told["run"]))
        assert opened.runs.left_over() == []
        drain(ORDERS["predict"](str(project), told["run"]))
    for name in ("temperature", "balance", "input", "split", "classes"):
        assert two[name] == one[name], name
    assert [line["epoch"] for line in two["curves"]] == [1, 2]


def test_labels_of_now_are_not_those_of_a_fold_that_was_finished(project: Path, tmp_path: Path) -> None:
    """The journal is rewritten behind the run's back, which its key notices."""
    partial = interrupted(project, tmp_path, lambda step: step.values.get("fold") == 3)
    plan = partial / "work" / "plan.json"
    with Project.open(project) as opened:
        opened.journal.label([0, 1, 2], "3", "ann")
        now = opened.journal.position
    plan.write_text(re.sub(r'"position": \d+', f'"position": {now}', plan.read_text()))
    seen, told = drain(ORDERS["train"](str(project), "mlp", resume=True, baseline=False))
    assert begun(seen) == [1, 2, 3]
    assert told["snapshot"]["position"] == now


def test_a_training_that_loses_its_cluster_can_be_gone_on_with(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Lost(Here):
        def steps(self, batch: Batch) -> Any:
            for step in super().steps(batch):
                yield step
                if len(batch.done) == 1:
                    raise ClusterLost("the scheduler is gone.")

    with monkeypatch.context() as patched:
        patched.setattr("models.orders.folding.Here", Lost)
        patched.setattr("models.learn.cluster.Here", Lost)
        with pytest.raises(UserError, match=r"is gone.*winnow train --resume goes on with it"):
            drain(ORDERS["train"](str(project), "mlp", **FOLDS))
    seen, _ = drain(ORDERS["train"](str(project), "mlp", resume=True, baseline=False))
    assert begun(seen) == [2, 3]


def test_a_bad_address_is_told_before_anything_begins(project: Path) -> None:
    for order, given in (("train", {"recipe": "forest"}), ("predict", {"run": "last"})):
        with pytest.raises(UserError, match="no address of a cluster"):
            drain(ORDERS[order](str(project), cluster="host:1", **given))
    assert not list((project / "runs").glob("*"))
