"""Generated data: the real layout, the model behind it, and the honesty of its ceiling."""

from __future__ import annotations

import itertools
from dataclasses import replace

import h5py
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from models.domain import Fake
from models.domains.traces import physics
from models.domains.traces.fake import fake
from models.domains.traces.physics import Physics
from models.domains.traces.tissue import hops, simulated
from models.errors import UserError

RINGS = hops(*simulated(5, 5), 12)


def finish(steps) -> Fake:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def test_files_have_the_real_layout_and_import_cleanly(look, tmp_path):
    made = finish(fake(tmp_path / "out", samples=11, seed=3, noise="0.01,0.05", length="200", ceiling="2"))
    assert made.samples == 2 * 11 * 25
    assert len(made.files) == 2
    seen = look(tmp_path / "out", per_file="all")
    assert not seen.skipped
    assert not seen.noted, "stored features agree with the recomputed ones"
    assert len(seen.keys) == made.samples
    assert len(set(seen.groups)) == 22
    assert set(seen.column("noise")) == {0.01, 0.05}
    with h5py.File(made.files[0]) as h5:
        assert h5["timeTraces/1"].shape == (200, 25)
        assert h5["timeTraces/1"].dtype == np.float32
        assert h5["features/cPeaks/1"].shape[1] == 25
        assert h5["tissue/stimCell"][()] == 13
        assert set(h5["features"]) >= {"cMax", "tMax", "cVariance", "nPeaks", "tPeaks", "fwhmPeaks", "tInterval"}
        times, counts = h5["features/tPeaks/2"][()], h5["features/nPeaks/2"][()]
        assert np.array_equal(np.isfinite(times).sum(axis=0), counts[0])


def test_the_layout_of_the_stand_in_is_met(tmp_path, shared_traces):
    made = finish(fake(tmp_path, samples=2, noise="0.01", length=100, ceiling=1))
    real = next((shared_traces / "sim_5x5_standin").glob("*.h5"))
    names: list[set[str]] = []
    for path in (made.files[0], real):
        with h5py.File(path) as h5:
            found: set[str] = set()
            h5.visit(lambda name, found=found: found.add(name))
            names.append({name for name in found if not name.rpartition("/")[2].isdigit()})
            assert np.array_equal(h5["tissue/distanceToTarget"][()], RINGS)
    assert names[0] == names[1]


def test_seven_by_seven(look, tmp_path):
    finish(fake(tmp_path, samples=1, tissue="7x7", noise="0.02", length=60, ceiling=1))
    seen = look(tmp_path)
    assert [seen.labels.count(str(ring)) for ring in range(6)] == [1, 6, 12, 18, 10, 2]


def test_a_seed_makes_the_same_data_and_another_seed_other_data(tmp_path):
    def first(name, seed):
        made = finish(fake(tmp_path / name, samples=1, seed=seed, noise="0.01", length=80, ceiling=2))
        with h5py.File(made.files[0]) as h5:
            return h5["timeTraces/1"][()], made.ceiling

    one, again, other = first("a", 1), first("b", 1), first("c", 2)
    assert np.array_equal(one[0], again[0])
    assert one[1] == again[1]
    assert not np.array_equal(one[0], other[0])


@pytest.mark.parametrize(
    "wrong", [{"noise": "x"}, {"tissue": "3x3"}, {"length": 1}, {"colour": "red"}, {"noise": "0.1,0.1"}]
)
def test_wrong_settings_are_told(tmp_path, wrong):
    with pytest.raises(UserError):
        finish(fake(tmp_path, samples=1, **wrong))


def test_nothing_is_overwritten(tmp_path):
    finish(fake(tmp_path, samples=1, noise="0.01", length=40, ceiling=1))
    with pytest.raises(UserError, match="exists"):
        finish(fake(tmp_path, samples=1, noise="0.01", length=40, ceiling=1))


def covariance(model: Physics, noise: float, length: int) -> np.ndarray:
    """Covariance of both noises by the recursion of the autocorrelation, not by the filter under test."""
    p = 2 * model.memory * np.cos(2 * np.pi / model.cycle)
    q = -(model.memory**2)
    lags = [1.0, p / (1 - q)]
    while len(lags) < length:
        lags.append(p * lags[-1] + q * lags[-2])
    place = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    return model.process(noise) ** 2 * np.array(lags)[place] + model.measure(noise) ** 2 * np.eye(length)


def test_drawn_noise_has_the_stated_covariance():
    model = Physics(amplitude=0.0)
    drawn = physics.draw(model, RINGS, 0.03, 400, 30, np.random.default_rng(0))
    lines = drawn.traces.reshape(-1, 30) - 1
    expected = covariance(model, 0.03, 30)
    assert np.abs(np.cov(lines.T) - expected).max() < 0.06 * expected[0, 0]


def test_whitened_likelihood_is_the_gaussian_one():
    model = Physics()
    rng = np.random.default_rng(0)
    lines = rng.normal(size=(3, 25)) * 0.1
    exact = multivariate_normal(np.zeros(25), covariance(model, 0.02, 25))
    white = physics.whiten(model, 0.02, lines)
    steps = -(white**2).sum(axis=1) / 2
    assert np.allclose(np.diff(exact.logpdf(lines)), np.diff(steps))


def test_likelihood_agrees_with_a_sum_over_draws():
    model = replace(Physics(), stimulus=8.0, delay=4.0, jitter=1.5, amplitude=0.3, gain=0.1, latency=1.0)
    drawn = physics.draw(model, np.array([0, 1, 2]), 0.05, 2, 40, np.random.default_rng(4))
    found = physics.likelihoods(model, 0.05, drawn, 3)
    rng = np.random.default_rng(5)
    noise = multivariate_normal(np.zeros(40), covariance(model, 0.05, 40))
    for ring in range(3):
        mean = model.amplitude * model.fall**ring
        strength = drawn.gain[0] * rng.normal(mean, model.variety * mean, 40_000)
        onset = np.round(model.stimulus + model.delay * ring + rng.normal(0, model.jitter, 40_000)) + drawn.latency[0]
        shapes = strength[:, None] * physics.response(model, 40, onset.astype(np.int64))
        logs = noise.logpdf(drawn.traces[0, 1] - 1 - shapes)
        exact = np.log(np.exp(logs - logs.max()).mean()) + logs.max()
        base = noise.logpdf(drawn.traces[0, 1] - 1)
        assert found[0, 1, ring] == pytest.approx(exact - base, abs=0.12)


def test_posterior_over_arrangements_is_exact():
    counts = np.array([1, 2, 3])
    logs = np.random.default_rng(0).normal(size=(2, 6, 3)) * 2
    found = physics.arranged(logs, counts)
    for one, posterior in zip(logs, found, strict=True):
        exact = np.zeros((6, 3))
        for rings in set(itertools.permutations([0, 1, 1, 2, 2, 2])):
            exact[np.arange(6), rings] += np.exp(one[np.arange(6), rings].sum())
        assert np.allclose(posterior, exact / exact.sum(axis=1, keepdims=True))


def test_difficulty_rises_with_noise_and_the_ceiling_is_no_certainty():
    scores = []
    for noise in (0.01, 0.05, 0.2):
        drawn = physics.draw(Physics(), RINGS, noise, 60, 500, np.random.default_rng(1))
        best = physics.decide(Physics(), noise, drawn, RINGS)
        scores.append(physics.best_score(best.together, RINGS))
    assert scores[0] > scores[1] > scores[2] > 0.25
    assert scores[0] < 0.92


def test_a_simple_model_stays_below_the_ceiling_and_above_chance():
    from sklearn.ensemble import RandomForestClassifier

    from models.domains.traces.peaks import largest, variance

    drawn = physics.draw(Physics(), RINGS, 0.01, 60, 600, np.random.default_rng(2))
    best = physics.decide(Physics(), 0.01, drawn, RINGS)
    flat = drawn.traces.reshape(-1, 600)
    table = np.stack([largest(flat), variance(flat)], axis=1)
    truth = np.tile(RINGS, 60)
    train = np.arange(len(truth)) < 40 * 25
    model = RandomForestClassifier(60, min_samples_leaf=5, class_weight="balanced", random_state=0)
    guess = model.fit(table[train], truth[train]).predict(table[~train])
    score = np.mean([(guess[truth[~train] == ring] == ring).mean() for ring in range(4)])
    assert 0.3 < score < physics.best_score(best.together, RINGS)
    shuffled = np.random.default_rng(0).permutation(truth[train])
    guess = model.fit(table[train], shuffled).predict(table[~train])
    assert np.mean([(guess[truth[~train] == ring] == ring).mean() for ring in range(4)]) < 0.38
