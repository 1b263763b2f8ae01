"""The table of configurations that a search tried, kept with its run."""

from __future__ import annotations

from pathlib import Path

from models.job import Job, Progress
from models.orders.fitting import Seen
from models.orders.tried import TRIED, read_tried, tried_text
from models.store.project import Project
from tests.app.unit_tables import make_units
from workers.inline import run


def test_figures_words_and_values_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [
        {"classifier": "MLP", "values": {"alpha": 1.0}, "precision": 0.5, "note": ""},
        {"classifier": "SVC", "values": {}, "precision": None, "note": "=took 80 s, more than the limit"},
    ]
    (tmp_path / TRIED).write_text(tried_text(rows), "utf-8")
    first, second = read_tried(tmp_path)
    assert first == {**rows[0], "note": None}
    assert second == rows[1]
    assert read_tried(tmp_path / "elsewhere") == []


def test_a_search_keeps_its_table_with_the_run(tmp_path: Path) -> None:
    path = make_units(tmp_path)
    values = {"classifiers": ["LogisticRegression"], "imputation_strategies": ["median"], "configurations": 3}
    told = run(Job("train", {"project": str(path), "recipe": "search", "values": values, "folds": 2}, ""))
    assert TRIED in told["files"]
    with Project.open(path) as project:
        rows = read_tried(project.runs.get("last").path)
    # Those of the folds are not the run's.
    assert len(rows) == 3
    assert all(row["classifier"] and 0 < row["balanced_accuracy"] <= 1 for row in rows)


def test_a_row_is_noted_when_its_step_passes() -> None:
    seen = Seen()
    seen.take(Progress(1, 2, "one", row={"classifier": "SVC"}))
    seen.take(Progress(2, 2, "two"))
    assert seen.rows == [{"classifier": "SVC"}]
