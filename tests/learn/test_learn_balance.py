"""Balance rules: what trains, how often, with which weight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UserError
from models.learn.balance import RULES, balance_rows

CODES = st.lists(st.integers(-1, 4), min_size=1, max_size=80).map(np.array)


@settings(max_examples=60, deadline=None)
@given(CODES, st.sampled_from(RULES), st.integers(0, 99))
def test_every_rule_evens_the_expected_classes(codes: np.ndarray, rule: str, seed: int) -> None:
    done = balance_rows(codes, rule, np.random.default_rng(seed))
    assert (codes[done.rows] >= 0).all()
    assert len(set(done.rows)) == len(done.rows)
    assert done.weights.shape == codes.shape
    present = np.unique(codes[codes >= 0])
    if rule == "none" or not len(present):
        return
    mass = done.weights[done.rows] * (1 if done.draw is None else done.draw)
    by_class = [mass[codes[done.rows] == code].sum() for code in present]
    assert np.allclose(by_class, by_class[0], rtol=1e-4)
    assert done.weights[done.rows].mean() == pytest.approx(1, rel=1e-4)


def test_downsampling_keeps_the_smallest_class_whole_and_repeats_by_seed() -> None:
    codes = np.repeat([0, 1, 2], [50, 20, 5])
    first, again, other = (balance_rows(codes, "downsample", np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert list(np.bincount(codes[first.rows])) == [5, 5, 5] == list(first.after)
    assert list(first.before) == [50, 20, 5]
    assert np.array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows, other.rows)


def test_only_the_given_rows_count() -> None:
    codes = np.repeat([0, 1], [10, 10])
    done = balance_rows(codes, "weights", np.random.default_rng(0), rows=np.arange(15))
    assert list(done.before) == [10, 5]
    assert done.weights[0] == pytest.approx(0.75)
    assert done.weights[12] == pytest.approx(1.5)


def test_a_sampler_draws_each_class_equally_often() -> None:
    codes = np.repeat([0, 1], [90, 10])
    draw = balance_rows(codes, "sampler", np.random.default_rng(0)).draw
    assert draw is not None
    assert draw.sum() == pytest.approx(1, rel=1e-5)
    assert draw[codes == 1].sum() == pytest.approx(0.5, rel=1e-5)


def test_an_unknown_rule_names_the_known_ones() -> None:
    with pytest.raises(UserError, match="downsample"):
        balance_rows([0, 1], "down-sample", np.random.default_rng(0))
