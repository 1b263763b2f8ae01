"""The simulated curator of the benchmarks: how rare the rare class is, and when an aim is reached."""

from __future__ import annotations

import numpy as np

from benchmarks.queueing import TURN, Cells, _first, _thinned, needed, simulate


def test_the_rare_class_has_its_share() -> None:
    truth = np.array([0] * 970 + [1] * 200)
    kept = _thinned(truth, 0.03, np.random.default_rng(0))
    assert np.bincount(truth[kept]).tolist() == [970, 30]
    assert _thinned(truth[:975], 0.03, np.random.default_rng(0)).tolist() == list(range(975)), "all where they are few"


def test_the_curator_begins_with_one_example() -> None:
    truth = np.array([0] * 500 + [1] * 3)
    first = _first(truth, np.random.default_rng(0))
    assert len(np.unique(first)) == TURN
    assert truth[first].any()


def test_an_aim_is_reached_where_the_curve_first_touches_it() -> None:
    curves = np.array([[0.1, 0.5, 0.4, 0.9], [0.1, 0.2, 0.3, 0.4]])
    assert needed(curves, np.array([0.5, 0.5])).tolist() == [2 * TURN, np.inf]


def test_every_strategy_begins_alike_and_is_judged_alike() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random(400) < 0.2).astype(np.int64)
    x = (rng.normal(size=(400, 6)) + 2 * truth[:, None]).astype(np.float32)
    curves, again = simulate(Cells(x, truth, np.arange(400) // 10), 0.1, 1, 2 * TURN)
    assert {name: found.shape for name, found in curves.items()} == dict.fromkeys(curves, (1, 2))
    assert len({found[0, 0] for found in curves.values()}) == 1
    assert again["random"] == again["uncertainty"] == 0
