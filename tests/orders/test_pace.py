"""What is left of many trainings that follow each other."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from models.job import Progress
from models.orders import folding, given
from models.orders.fitting import Fitted, Seen
from models.orders.pace import Pace
from models.recipe import Given


def test_what_is_left_is_of_all_trainings_and_not_of_the_one_at_work() -> None:
    now = [100.0]
    pace = Pace(after=2, clock=lambda: now[0])

    def at(moment: float, **values: float) -> float:
        now[0] = moment
        return round(dict(pace.take(Progress(values=values)).values).get("left", -1.0), 6)

    assert at(99, left=5) == 5, "no training has begun"
    assert at(100, fold=1, folds=4) == -1
    assert at(105, left=5) == 55, "half of one of six"
    assert at(110, fold=2, folds=4) == -1
    assert at(115, left=5) == 45
    at(130, fold=4, folds=4)
    assert at(139, left=1) == 21, "the two that follow are told too"
    at(150, fold=4, folds=4)
    assert at(150, left=30) >= 30


def test_who_goes_on_counts_what_is_missing_alone() -> None:
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    pace.take(Progress(values={"fold": 9, "folds": 10}))
    now[0] = 5.0
    assert dict(pace.take(Progress(values={"left": 5.0})).values)["left"] == 15


@pytest.mark.parametrize(("told", "trainings"), [(folding._Told(Seen()), 4), (given._Told(Seen(), 2), 6)])
def test_folds_tell_what_is_left_of_all_of_them(told: Seen, trainings: int) -> None:
    told.take(Progress(values={"fold": 1, "folds": 4}))
    assert dict(told.take(Progress(values={"left": 10.0})).values)["left"] >= 10 * trainings


def test_models_of_several_sets_tell_what_is_left_of_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*_given: object) -> Generator[Progress, None, Fitted]:
        yield Progress(values={"left": 10.0})
        return cast("Fitted", SimpleNamespace(model=object(), temperature=1.0, balanced=object()))

    monkeypatch.setattr(given, "fit_rows", fit)
    monkeypatch.setattr(given, "inner", lambda _plan, rows, *_more: (rows, rows))
    rows = np.arange(2)
    plan = SimpleNamespace(codes=rows, samples=None)
    kind = SimpleNamespace(there=lambda _samples: np.ones(2, bool))
    sets = tuple(Given(name, 0, rows, rows, rows) for name in "abc")
    whole: Any = SimpleNamespace(
        plan=plan, kind=kind, names=("a", "b", "c"), givens=sets, recipe=None, params=None, seed=0, setting=None,
        rule="mean", truth=SimpleNamespace(codes=rows, classes=2),
    )  # fmt: skip
    monkeypatch.setattr(given, "_fusion", lambda *_told: None)
    steps = [dict(step.values) for step in given.join_models(whole, {}, tmp_path, Seen())]
    left = [step["left"] for step in steps if "left" in step]
    assert len(left) == 3
    assert left[0] >= 30, "of three models, not of the first alone"
    assert left[-1] >= 10
