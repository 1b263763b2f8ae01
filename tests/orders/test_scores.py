"""What a score rests on: which runs stand beside each other, and what scoring anew mends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import call
from models.errors import UserError
from models.job import Job
from models.orders.scores import SCORE, Score, mendable, score_of, unlike
from models.store.project import Project
from workers.inline import run


def do(name: str, **arguments: object) -> Any:
    return run(Job(name, arguments, name))


@pytest.fixture(scope="module")
def trained(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """run-1; then five cells of the test set are labelled otherwise; run-2; run-3 with a split of its own."""
    place = tmp_path_factory.mktemp("scores") / "project"
    shutil.copytree(home / "project", place)
    plain = {"project": str(place), "recipe": "forest", "values": {"trees": 5}, "baseline": False}
    do("train", **plain)
    with Project.open(place) as opened:
        rows = opened.test_rows()
        assert rows is not None
        opened.journal.label(rows[:5], "0", "ann", "Other labels")
    do("train", **plain)
    do("train", **plain, split_seed=4)
    return place


def scores(project: Path) -> dict[str, Score]:
    with Project.open(project) as opened:
        return {record.id: score_of(record, "", record.added(SCORE)) for record in opened.runs.list()}


def test_scores_on_other_labels_or_other_samples_are_not_alike(trained: Path) -> None:
    found = scores(trained)
    told = unlike(found["run-2"], found["run-1"])
    assert told == "Scored on version 2 of the test set, run-1 on version 1: its labels changed between."
    assert mendable(found["run-2"], found["run-1"])
    apart = unlike(found["run-3"], found["run-2"])
    assert apart == "Scored on other samples than run-2: a split by group, seed 4 against the locked test set."
    assert not mendable(found["run-3"], found["run-2"])
    assert unlike(found["run-1"], found["run-1"]) == ""


def test_scoring_anew_puts_runs_beside_each_other(trained: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(trained, tmp_path / "project"))
    before = scores(place)["run-1"]
    do("rescore", project=str(place), runs=["run-1", "run-2"])
    found = scores(place)
    assert unlike(found["run-2"], found["run-1"]) == ""
    assert found["run-1"].again
    assert found["run-1"].version == 2
    assert found["run-1"].metrics["confusion"] != before.metrics["confusion"]
    assert found["run-1"].metrics["n"] == before.metrics["n"]
    told = json.loads((place / "runs" / "run-1" / "run.json").read_text("utf-8"))
    assert told["metrics"]["test"]["confusion"] == before.metrics["confusion"], "what the training wrote stays"


def test_samples_of_the_test_set_labelled_since_are_scored_too(trained: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(trained, tmp_path / "project"))
    with Project.open(place) as opened:
        rows = opened.test_rows()
        assert rows is not None
        opened.journal.label(rows[:10], "", "ann", "Taken away")
    do("train", project=str(place), recipe="forest", values={"trees": 5}, baseline=False)
    with Project.open(place) as opened:
        opened.journal.label(rows[:10], "1", "ann", "Labelled later")
    few = scores(place)["run-4"].metrics["n"]
    assert few == len(rows) - 10
    do("rescore", project=str(place), runs=["run-4"])
    assert scores(place)["run-4"].metrics["n"] == len(rows)


def test_the_command_line_keeps_a_score_and_refuses_a_part_of_it(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Path(shutil.copytree(trained, tmp_path / "project"))
    assert call(["evaluate", str(place), "--run", "run-1", "--keep", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with Project.open(place) as opened:
        kept = opened.runs.get("run-1").added(SCORE)
    assert kept is not None
    assert kept["metrics"]["confusion"] == told["metrics"]["confusion"]
    with pytest.raises(UserError, match="is kept with it"):
        do("evaluate", project=str(place), run="run-1", where="noise > 0.02", keep=True)
    assert np.sum(kept["metrics"]["confusion"]) == kept["metrics"]["n"]


@pytest.mark.parametrize(("name", "more"), [("evaluate", {"keep": True}), ("rescore", {"runs": ["run-1"]})])
def test_a_score_is_not_kept_where_nothing_can_be_written(
    trained: Path, monkeypatch: pytest.MonkeyPatch, name: str, more: dict[str, Any]
) -> None:
    """Said before anything is scored, so that nobody takes an old score for a new one."""
    monkeypatch.setattr(Project, "read_only", True, raising=False)
    monkeypatch.setattr(Project, "__setattr__", _but_read_only)
    with pytest.raises(UserError, match="read-only"):
        do(name, project=str(trained), **more)


def _but_read_only(project: Project, name: str, value: object) -> None:
    if name != "read_only":
        object.__setattr__(project, name, value)
