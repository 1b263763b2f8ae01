"""What is learnt of votes: their shares or their majority, how much a window counts, and which are too few."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.domain import Setting, Task
from models.domains.eeg import finding
from models.domains.eeg.recipes.features import FeaturesParams
from models.domains.eeg.recipes.model import voted, weighted
from models.errors import UserError
from models.orders.fitting import make_task
from models.sample import empty_samples

#: Shares of four windows, and the votes behind them.
SHARES = np.array([[0.75, 0.25], [0.2, 0.8], [0.5, 0.5], [0, 0]], np.float32)
COUNTS = np.array([4.0, 10.0, 2.0, 0.0])


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """A training on all four windows."""
    return Task(
        samples=empty_samples(),
        classes=("a", "b"),
        targets=SHARES,
        train=np.arange(4),
        val=np.zeros(0, np.int64),
        weights=np.ones(4, np.float32),
        draw=None,
        params=FeaturesParams(vote_weight="none"),
        seed=0,
        device="cpu",
        cache=tmp_path,
        work=tmp_path,
        votes=COUNTS,
    )


@pytest.mark.parametrize(("least", "rows"), [(0, [0, 1, 2, 3]), (2, [0, 1, 2]), (4, [0, 1]), (10, [1])])
def test_windows_with_that_many_votes_and_more_are_learnt_from(task: Task, least: int, rows: list[int]) -> None:
    found = voted(replace(task, params=FeaturesParams(min_votes=least)))
    assert found.train.tolist() == rows


def test_more_votes_than_any_window_has_are_told_with_the_most(task: Task) -> None:
    with pytest.raises(UserError, match="has 11 votes, the most is 10"):
        voted(replace(task, params=FeaturesParams(min_votes=11)))


def test_of_a_majority_one_class_is_learnt_and_none_where_nothing_stands(task: Task) -> None:
    """The order of classes decides nothing."""
    assert np.array_equal(voted(task).targets, SHARES)
    found = voted(replace(task, params=FeaturesParams(target="majority")))
    assert found.targets.tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]


def test_of_a_majority_what_was_settled_is_learnt(task: Task) -> None:
    """Split votes, and votes against which a person decided."""
    codes = np.array([1, 1, 1, -1])
    found = voted(replace(task, params=FeaturesParams(target="majority"), codes=codes))
    assert found.targets.tolist() == [[0, 1], [0, 1], [0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("rule", "worth"), [("none", [1, 1, 1, 1]), ("count", [4, 10, 2, 1]), ("log", [2.32, 3.46, 1.58, 1])]
)
def test_a_window_without_a_count_weighs_as_one_vote(rule: str, worth: list[float]) -> None:
    found = weighted(np.full(4, 2, np.float32), COUNTS, rule)
    assert found.tolist() == pytest.approx([2 * one for one in worth], abs=0.01)


def test_a_training_gets_the_classes_that_stand(tmp_path: Path) -> None:
    codes = np.array([1, 1, -1, -1])
    plan: Any = SimpleNamespace(samples=empty_samples(), classes=("a", "b"), codes=codes, targets=SHARES, votes=None)
    made, _ = make_task(
        plan, FeaturesParams(), np.array([0, 1]), np.zeros(0, np.int64), 0, Setting("cpu", tmp_path), tmp_path
    )
    assert made.codes is codes


def test_a_table_names_no_class_where_votes_are_split() -> None:
    votes = np.array([[2, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 0, 0, 3, 0, 0]], float)
    assert finding.majority(votes) == [None, None, "lrda"]
