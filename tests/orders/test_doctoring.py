"""Model folders of other programs in a project: looked at, taken in as runs, built again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from models.errors import UserError
from models.job import Job
from models.store.project import Project
from models.store.view import View
from tests.app.unit_tables import make_units
from tests.units.folders import make_folder
from workers.inline import run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("doctor"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_units(tmp_path, each=30)


def order(act: str, project: Path, folder: Path, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(Job(act, {"project": str(project), "folder": str(folder), **more}, ""))
    return found


def test_looking_tells_which_metrics_the_project_lacks_and_what_lies_outside(whole: Path, project: Path) -> None:
    found = order("examine_model", project, whole)
    states = {one["name"]: one["state"] for one in found["inputs"]}
    assert states["snr"] == "same"
    assert states["num_spikes"] == "missing"
    snr = next(one for one in found["inputs"] if one["name"] == "snr")
    assert snr["units"] == 120
    assert 0 <= snr["outside"] <= 120
    assert {one["name"] for one in found["files"]} >= {"best_model.skops", "training_data.csv"}
    assert found["leak"] is None
    with Project.open(project) as opened:
        assert opened.runs.list() == []


def test_doubled_rows_are_seen_as_a_leak(whole: Path, project: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "doubled"))
    for name in ("training_data.csv", "labels.csv"):
        table = pd.read_csv(folder / name)
        pd.concat([table, table]).to_csv(folder / name, index=False)
    found = order("examine_model", project, folder)
    assert found["leak"]["shared"] > 0.5 * found["leak"]["test"]
    told = order("adopt_model", project, folder, rebuild=True)
    assert "240 distinct units" in told["words"]


def test_a_folder_becomes_a_run_that_predicts_all_under_the_names_of_here(whole: Path, project: Path) -> None:
    told = order("adopt_model", project, whole, classes={"good": "mua", "mua": "good"}, name="theirs")
    assert told["classes"] == ["mua", "good", "noise"]
    with Project.open(project) as opened:
        record = opened.runs.get("theirs")
        view = View(opened, record.id)
        assert set(view.column("prediction")) <= {"good", "mua", "noise"}
        assert (view.column("part") == "rest").all()
    assert any("differ from the training units" in note for note in told["notes"])


def test_what_cannot_be_opened_leaves_no_run(whole: Path, project: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "broken"))
    (folder / "best_model.skops").write_bytes(b"PK no more")
    with pytest.raises(UserError, match="not a readable skops file"):
        order("adopt_model", project, folder)
    with pytest.raises(UserError, match="one name"):
        order("adopt_model", project, whole, classes={"good": "mua"})
    with Project.open(project) as opened:
        assert opened.runs.list() == []
        assert opened.runs.unfinished() == []


def test_a_domain_without_such_models_says_so(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "traces"
    Project.create(path, "traces").close()
    with pytest.raises(UserError, match="no model folders"):
        order("examine_model", path, whole)
