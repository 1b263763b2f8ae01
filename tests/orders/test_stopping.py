"""Whether more labels still change a model is told by its last runs, whatever was trained between them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from models.learn.stop import RUNS
from models.orders.run_record import _stopping

IDS = np.arange(6)


def earlier(recipe: str, ill: list[int], classes: tuple[str, ...] = ("well", "ill"), known: int = 6) -> Any:
    """A run that called these samples ill; known: of how many samples it said anything."""
    p = np.array([[0.2, 0.8] if row in ill else [0.8, 0.2] for row in range(known)])
    # Its own order is another one than the project's.
    told = SimpleNamespace(rows=lambda samples: (IDS[:known], IDS[:known][::-1]), probabilities=p[::-1])
    return SimpleNamespace(recipe=recipe, record={"classes": list(classes)}, predictions=lambda: told)


def steps(runs: list[Any], ill: list[int]) -> list[tuple[int, int]]:
    """How many samples each two runs both tell of, and on how many they differ, oldest first. runs: newest first."""
    project: Any = SimpleNamespace(runs=SimpleNamespace(list=lambda: runs))
    plan: Any = SimpleNamespace(samples=None, classes=("well", "ill"))
    now = np.array([[0.2, 0.8] if row in ill else [0.8, 0.2] for row in range(6)], np.float32)
    return [(one["n"], one["changed"]) for one in _stopping(project, "mine", plan, now)["steps"]]


def test_runs_of_other_recipes_and_classes_stand_in_nobodys_way() -> None:
    others = [earlier("other", [0]) for _ in range(RUNS)]
    newest, oldest = earlier("mine", [0, 1]), earlier("mine", [0, 1, 2, 3], known=4)
    runs = [*others, newest, earlier("mine", [5], ("well", "sick")), *others, oldest]
    assert steps(runs, [0]) == [(4, 2), (6, 1)]


def test_the_last_runs_alone_count() -> None:
    runs = [earlier("mine", list(range(at))) for at in range(1, 6)]
    assert steps(runs, [0]) == [(6, 1)] * (RUNS - 1) + [(6, 0)]
    assert steps([], [0]) == []
