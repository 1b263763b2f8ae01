"""Results made from a run later: kept beside it, shown again, gone with nothing of what the training wrote."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.cli import call
from models.errors import UserError
from models.job import Job
from models.store.project import Project
from workers.inline import run


@pytest.fixture(scope="module")
def trained(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one run of five trees on the cells of one noise level."""
    place = tmp_path_factory.mktemp("added") / "project"
    shutil.copytree(home / "project", place)
    do("train", project=str(place), recipe="forest", values={"trees": 5}, where="noise != 0.03", baseline=False)
    return place


def do(name: str, **arguments: object) -> dict[str, object]:
    told: dict[str, object] = run(Job(name, arguments, name))
    return told


def written(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file() and "added" not in file.parts}


def test_the_curve_and_the_matrix_of_a_run_come_back_when_the_project_is_opened_again(trained: Path) -> None:
    before = written(trained / "runs" / "run-1")
    curve = do("learning_curve", project=str(trained), run="run-1", repeats=1)
    matrix = do("matrix", project=str(trained), run="run-1")
    with Project.open(trained) as opened:
        record = opened.runs.get("run-1")
        assert record.added("curve") == curve
        assert record.added("matrix") == {name: value for name, value in matrix.items() if name != "files"}
        assert record.additions() == {"curve": record.added("curve"), "matrix": record.added("matrix")}
        assert curve["position"] == opened.journal.position
    assert written(trained / "runs" / "run-1") == before
    assert matrix["levels"] == [0.01, 0.03, 0.05]
    assert all(value is not None for value in matrix["balanced_accuracy"][1])  # type: ignore[index]


def test_a_later_result_takes_the_place_of_the_earlier_one(trained: Path) -> None:
    do("learning_curve", project=str(trained), run="run-1", repeats=1)
    do("learning_curve", project=str(trained), run="run-1", repeats=2, seed=3)
    with Project.open(trained) as opened:
        kept = opened.runs.get("run-1").added("curve")
    assert kept is not None
    assert (kept["repeats"], kept["seed"]) == (2, 3)


def test_a_damaged_or_missing_addition_is_none(trained: Path) -> None:
    with Project.open(trained) as opened:
        record = opened.runs.get("run-1")
        record.add("other", {"a": 1})
        (record.path / "added" / "other.json").write_text("{")
        assert record.added("other") is None
        assert record.added("nothing") is None
        assert "other" not in record.additions()
        (record.path / "added" / "other.json").unlink()


def test_a_matrix_of_a_recipe_alone_is_kept_with_no_run(trained: Path) -> None:
    with Project.open(trained) as opened:
        before = opened.runs.get("run-1").added("matrix")
    told = do("matrix", project=str(trained), recipe="forest", values={"trees": 3})
    assert "run" not in told
    with Project.open(trained) as opened:
        assert opened.runs.get("run-1").added("matrix") == before
    for wrong in ({"recipe": "forest", "run": "run-1"}, {}, {"run": "run-1", "values": {"trees": 3}}):
        with pytest.raises(UserError):
            do("matrix", project=str(trained), **wrong)


def test_the_command_line_takes_the_last_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["matrix", str(trained), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == "run-1"
    assert call(["runs", str(trained), "run-1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"]["matrix"]["column"] == "noise"
