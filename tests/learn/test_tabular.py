"""Helpers for feature tables: the lesson of a task, the linear head, its objective."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Task
from models.errors import UserError
from models.learn.tabular import Linear, fit_linear, lesson, softmax, spread
from models.sample import empty_samples


def task(targets: np.ndarray, train: np.ndarray, **values: Any) -> Task:
    given: dict[str, Any] = {
        "samples": empty_samples(),
        "classes": tuple("abc"),
        "targets": targets.astype(np.float32),
        "train": train,
        "val": np.arange(0),
        "weights": np.ones(len(targets), np.float32),
        "draw": None,
        "params": None,
        "seed": 0,
        "device": "cpu",
        "cache": Path(),
        "work": Path(),
    }
    return Task(**{**given, **values})


def finish(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def test_split_votes_stand_once_for_each_class() -> None:
    targets = np.array([[1, 0, 0], [0.25, 0.75, 0], [0, 1, 0], [0, 0, 1]])
    taught = lesson(task(targets, np.array([0, 1, 2])))
    assert taught.rows.tolist() == [0, 1, 1, 2]
    assert taught.codes.tolist() == [0, 0, 1, 1]
    assert taught.present.tolist() == [0, 1]
    assert taught.weights / taught.weights[0] == pytest.approx([1, 0.25, 0.75, 1])


def test_draws_and_weights() -> None:
    targets = np.eye(3)[np.r_[np.zeros(90, int), np.ones(10, int)]]
    draw = np.r_[np.full(90, 1 / 180), np.full(10, 1 / 20)].astype(np.float32)
    drawn = lesson(task(targets, np.arange(100), draw=draw))
    assert len(drawn.rows) == 100
    assert 35 < (drawn.codes == 1).sum() < 65
    weighed = lesson(task(targets, np.arange(100), weights=np.r_[np.ones(90), np.full(10, 9)].astype(np.float32)))
    assert weighed.weights[-1] / weighed.weights[0] == pytest.approx(9)
    assert weighed.weights.mean() == pytest.approx(1)


def test_one_class_or_none_is_a_clear_mistake() -> None:
    with pytest.raises(UserError, match="two classes"):
        lesson(task(np.eye(3)[[1, 1, 1]], np.arange(3)))
    with pytest.raises(UserError, match="two classes"):
        lesson(task(np.eye(3)[[0, 1, 2]], np.arange(0)))


def test_absent_classes_get_nothing() -> None:
    assert spread([[0.4, 0.6]], [0, 2], 3).tolist() == [[np.float32(0.4), 0.0, np.float32(0.6)]]
    assert softmax([[1000.0, 1000.0, 0.0]]).tolist() == [[0.5, 0.5, 0.0]]


@pytest.mark.parametrize(("classes", "present"), [(2, (0, 1)), (3, (0, 1, 2)), (4, (1, 3)), (4, (0, 1, 3))])
def test_the_linear_head_agrees_with_scikit_learn(classes: int, present: tuple[int, ...]) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    codes = np.array(present)[np.arange(120) % len(present)]
    x = (rng.normal(0, 1, (120, 30)) * np.linspace(0.1, 50, 30) + codes[:, None]).astype(np.float32)
    x[:, 7] = 4.0
    weights = np.where(codes == 1, 3.0, 1.0)
    head = finish(fit_linear(x, np.eye(classes, dtype=np.float32)[codes], weights, 0.05))
    ours = softmax(head.scores(x)[:, present])
    z = StandardScaler().fit_transform(x)
    peer = LogisticRegression(C=0.05, max_iter=2000, tol=1e-8).fit(z, codes, sample_weight=weights)
    assert np.abs(ours - peer.predict_proba(z)).max() < 2e-3
    assert np.array_equal(Linear(head.arrays).scores(x), head.scores(x))


def test_the_linear_head_learns_vote_shares() -> None:
    x = np.ones((50, 2), np.float32)
    targets = np.tile(np.array([[0.2, 0.5, 0.3]], np.float32), (50, 1))
    head = finish(fit_linear(x, targets, np.ones(50), 1.0))
    assert softmax(head.scores(x))[0] == pytest.approx([0.2, 0.5, 0.3], abs=1e-3)
