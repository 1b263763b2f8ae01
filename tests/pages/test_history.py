"""The score of a project's runs as labels came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.pages.results_data import history_of
from models.store.runs import RunRecord


def record(number: int, recipe: str, labels: int, score: float | None, **more: Any) -> RunRecord:
    metrics = {} if score is None else {"test": {"balanced_accuracy": score, "intervals": {"balanced_accuracy": None}}}
    told = {"metrics": metrics, "snapshot": {"labels": labels}, **more}
    return RunRecord(f"run-{number}", "", "", False, Path(), recipe, told, "")


def test_runs_stand_by_recipe_in_order_of_their_labels() -> None:
    runs = [
        record(4, "forest", 300, 0.8),
        record(3, "forest", 300, 0.8, parent="run-2"),
        record(2, "cnn", 200, None),
        record(1, "forest", 100, 0.6),
    ]
    assert history_of(runs) == {"forest": ([100.0, 300.0], [0.6, 0.8], [0.6, 0.8], [0.6, 0.8])}
