"""What is left of many trainings that follow each other."""

from __future__ import annotations

from models.job import Progress
from models.orders.pace import Pace


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
