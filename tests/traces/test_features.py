"""Features of traces: known answers, ragged rows, speed, context that never tells a cell's place."""

from __future__ import annotations

import time

import numpy as np
import pytest

from models.domains.traces.context import beside, timing
from models.domains.traces.features import box_mean, describe_traces, feature_names, peak_and_variance
from models.domains.traces.staging import Staged, fit_traces
from models.job import finish


def table(x: np.ndarray, lengths: list[int] | None = None) -> dict[str, np.ndarray]:
    sizes = np.full(len(x), x.shape[1]) if lengths is None else np.array(lengths)
    values, names = finish(describe_traces(Staged(x.astype(np.float32), sizes, np.zeros(len(x), np.int64))))
    return dict(zip(names, values.T, strict=True))


def test_known_answers() -> None:
    time_axis = np.arange(400)
    wave = np.sin(2 * np.pi * time_axis / 20)
    bump = np.exp(-(((time_axis - 100) / 10) ** 2))
    found = table(np.stack([wave, bump, np.full(400, 3.0)]))
    assert found["c_max"] == pytest.approx([1, 1, 3], abs=1e-6)
    assert found["c_variance"][0] == pytest.approx(wave.var(ddof=1), rel=1e-5)
    assert found["c_variance"][2] == pytest.approx(0, abs=1e-6)
    assert found["time_max"][1] == pytest.approx(0.25)
    assert found["centre"][1] == pytest.approx(0.25, abs=0.01)
    assert found["correlation_1"][0] == pytest.approx(np.cos(2 * np.pi / 20), abs=0.01)
    assert found["spectrum_peak"][0] == pytest.approx(19 / 200, abs=0.005)
    assert found["half_events"][0] == pytest.approx(20, abs=1)
    assert found["half_events"][1] == 1
    assert found["max_3"][1] == pytest.approx(1, abs=0.01)


def test_all_are_finite_and_named_even_for_odd_traces() -> None:
    odd = np.zeros((6, 60), np.float32)
    odd[1] = 1e8
    odd[2, 5] = 1
    odd[3] = np.arange(60)
    sizes = [60, 60, 60, 60, 1, 3]
    found = table(odd, sizes)
    assert tuple(found) == feature_names()
    assert len(found) > 100
    assert all(np.isfinite(column).all() for column in found.values())


def test_a_padded_row_is_described_over_its_valid_part() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (3, 200))
    alone = table(x[:, :150])
    x[:, 150:] = 77
    padded = table(x, [150, 150, 150])
    for name, column in alone.items():
        assert padded[name] == pytest.approx(column, rel=1e-4, abs=1e-5), name


def test_peak_and_variance_as_the_files_store_them() -> None:
    staged = fit_traces([np.array([1.0, 5, 3]), np.array([-2.0, -4.0])], length=3)
    assert peak_and_variance(staged).tolist() == [[5, 4], [-2, 2]]


def test_a_running_mean_keeps_the_edges() -> None:
    x = np.arange(6.0)[None]
    assert box_mean(x, 3)[0].tolist() == [0.5, 1, 2, 3, 4, 4.5]


def test_a_thousand_traces_take_seconds() -> None:
    x = np.random.default_rng(0).normal(0, 1, (825, 1001))
    start = time.process_time()
    table(x)
    assert time.process_time() - start < 8


def test_context_is_relative_to_the_group() -> None:
    values = np.array([[1.0], [2.0], [3.0], [10.0], [30.0], [7.0]], np.float32)
    groups = np.array([0, 0, 0, 1, 1, 2])
    found = beside(values, values, groups, np.arange(6))
    assert found[:3, 1].tolist() == [0, 0.5, 1]
    assert found[3:5, 1].tolist() == [0, 1]
    assert found[5].tolist() == [0, 0.5]
    assert found[0, 0] == pytest.approx(-3, rel=1e-3)  # 1 beside 2 and 3
    moved = values * 5 + 3
    assert np.allclose(beside(moved, moved, groups, np.arange(6)), found, rtol=1e-3, atol=1e-3)
    asked = beside(values[[4, 1]], values, groups, np.array([4, 1]))
    assert np.array_equal(asked, found[[4, 1]])


def test_context_does_not_depend_on_the_order_of_cells() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (24, 100)).astype(np.float32)
    x[5] = x[6]  # a tie must not tell which came first
    groups = np.repeat([0, 1], 12)
    mixed = rng.permutation(24)
    features = rng.integers(0, 3, (24, 4)).astype(np.float32)
    rows = np.arange(24)
    assert np.allclose(
        beside(features, features, groups, rows)[mixed],
        beside(features[mixed], features[mixed], groups[mixed], rows),
        atol=1e-5,
    )
    staged = Staged(x, np.full(24, 100), groups)
    other = staged.take(mixed)
    assert np.allclose(timing(staged, staged, rows)[mixed], timing(other, other, rows), atol=1e-4)


def test_lag_is_found() -> None:
    base = np.exp(-(((np.arange(300) - 120) / 12) ** 2))
    x = np.stack([np.roll(base, shift) for shift in (0, 0, 0, 20)]).astype(np.float32)
    staged = Staged(x, np.full(4, 300), np.zeros(4, np.int64))
    found = timing(staged, staged, np.arange(4))
    assert found[3, 0] * 300 == pytest.approx(20, abs=1)
    assert found[0, 2] > found[3, 2]
