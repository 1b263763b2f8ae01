"""A run carried over to samples that came after it, and its confidence fitted to labels of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Found
from models.errors import UserError
from models.job import Job
from models.store.project import Project
from models.store.view import View
from tests.app.unit_tables import make_units
from tests.cli.conftest import Winnow
from workers.inline import run

NEW = 60


@pytest.fixture(scope="module")
def carried_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained project, with units of a new animal that the run has not predicted."""
    folder = tmp_path_factory.mktemp("carried")
    path = make_units(folder)
    run(Job("train", {"project": str(path), "recipe": "logistic_regression"}, ""))
    rng = np.random.default_rng(4)
    file = folder / "new.csv"
    file.write_text("new", "utf-8")
    columns = {
        "snr": (rng.normal(size=NEW) * 3 + 6).tolist(),
        "isi_violations_ratio": rng.lognormal(-1, 1, NEW).tolist(),
        "firing_rate": rng.lognormal(1, 0.5, NEW).tolist(),
        "trough_half_width": rng.random(NEW).tolist(),
        "animal": ["mouse9"] * NEW,
    }
    with Project.open(path) as project:
        project.add(Found(file, file.name, [str(n) for n in range(NEW)], ["new"] * NEW, columns=columns))
    return path


def order(name: str, path: Path, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = run(Job(name, {"project": str(path), **more}, ""))
    return found


def test_new_units_are_predicted_queued_labelled_and_calibrated_on(carried_made: Path) -> None:
    path = carried_made
    with Project.open(path) as project:
        assert int(np.isfinite(View(project).column("confidence")).sum()) == 240
    told = order("carry_run", path)
    assert told["predicted"] == NEW
    with Project.open(path) as project:
        view = View(project, told["run"])
        before = view.probabilities()[0].copy()
        assert np.isfinite(before).all()
        assert project.runs.get(told["run"]).record["parent"] == "run-1"
    with pytest.raises(UserError, match="predicted all samples"):
        order("carry_run", path, run=told["run"])
    queue = order("queue", path, run=told["run"], strategy="spread", n=30)["queue"]
    assert len({item["sample"] for item in queue}) == 30
    assert all("new.csv" in item["sample"] for item in queue)
    assert "Stands for samples near" in queue[0]["reason"]
    with pytest.raises(UserError, match="too few"):
        order("calibrate", path, run=told["run"])
    with Project.open(path) as project:
        rows = project.rows_of([item["sample"] for item in queue])
        project.journal.label_each(rows, np.random.default_rng(0).choice(["good", "mua", "noise"], 30).tolist(), "ann")
    found = order("calibrate", path, run=told["run"])
    assert found["rows"] == 30
    # The labels are drawn by chance: the model is far too sure of them, and says so afterwards.
    assert found["after"] < found["before"]
    with Project.open(path) as project:
        after = View(project, found["run"]).probabilities()[0]
        assert project.runs.get(found["run"]).record["calibration"]["words"] == found["words"]
    assert np.allclose(after[:240], before[:240])
    assert (after[240:].argmax(1) == before[240:].argmax(1)).all()
    assert after[240:].max(1).mean() < before[240:].max(1).mean()


def test_the_verb_does_both(carried_made: Path, tmp_path: Path) -> None:
    winnow = Winnow()
    assert winnow.ok("calibrate", carried_made, "--run", "run-1", "--carry")["predicted"] == NEW
    ended = winnow("calibrate", carried_made, "--run", "last", "--where", 'label == "good"')
    assert ended.status in (0, 1)
    assert "Traceback" not in ended.err


def test_a_domain_without_calibration_says_so(labelled_traces: Path) -> None:
    with pytest.raises(UserError, match="there is no calibration on labels of new samples for"):
        order("calibrate", labelled_traces)


@pytest.fixture
def labelled_traces(tmp_path: Path) -> Path:
    from tests.app.desk import make_traces

    path = make_traces(tmp_path, unlabelled=0)
    run(Job("train", {"project": str(path), "recipe": "forest", "values": {"trees": 5}, "device": "cpu"}, ""))
    return path
