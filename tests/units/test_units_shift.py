"""Advice with figures, shift of metrics, and calibration from some labelled units of a new animal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.domain import Setting
from models.domains.units import shift
from models.domains.units.calibration import _by_folds, calibrate_on, fit_calibration, fitted_to
from models.domains.units.recipes import RECIPES
from models.domains.units.recipes.model import Calibration
from models.domains.units.shift import advise, between, shift_of, shift_words
from models.errors import UserError
from models.learn.metrics import calibration_error
from models.learn.review.spread import choose
from tests.units.tables import CLASSES, NAMES, finish, metrics, samples, task


def kinds(codes: np.ndarray, x: np.ndarray, sessions: list[str], animals: list[str | None] | None = None) -> list[str]:
    found = advise(x, NAMES, codes, CLASSES, sessions, animals or [])
    json.dumps([one.plain() for one in found])
    return [one.kind for one in found]


def test_enough_even_labels_of_several_animals_need_no_advice() -> None:
    x = metrics(600)[0]
    codes = np.arange(600) % 3
    sessions = [f"s{row % 4}" for row in range(600)]
    assert kinds(codes, x, sessions, [f"a{row % 2}" for row in range(600)]) == []


def test_each_lack_is_told_with_its_figures() -> None:
    x = metrics(300)[0]
    codes = np.full(300, -1)
    codes[:30] = 0
    codes[30:31] = 1
    x[:, 0] = np.nan
    x[:200, 1] = np.nan
    sessions, animals = ["s1"] * 300, ["a1"] * 300
    assert kinds(codes, x, sessions, animals) == [
        "units", "class", "single", "imbalance", "session", "empty", "missing",
    ]  # fmt: skip
    found = {one.kind: one for one in advise(x, NAMES, codes, CLASSES, sessions, animals)}
    assert found["units"].values == {"labelled": 31}
    assert found["class"].values == {"good": 30, "mua": 1}
    assert found["imbalance"].values["ratio"] == 30
    assert found["empty"].values == {"metrics": ["num_spikes"]}
    assert found["missing"].values == {"snr": pytest.approx(0.67, abs=0.05)}
    assert "classes" in kinds(np.where(codes == 0, 0, -1), x, sessions)
    two = [f"s{row % 2}" for row in range(300)]
    assert "animal" in kinds(codes, x, two, animals)


def test_the_worst_moved_metric_is_named_first() -> None:
    old, new = metrics(400, 1)[0], metrics(300, 2)[0]
    assert shift_words(between(old, new, NAMES)) == ""
    new[:, 3] *= 3
    new[:200, 4] = np.nan
    found = between(old, new, NAMES)
    assert [one.name for one in found[:2]] == ["amplitude_median", "nn_hit_rate"]
    assert found[0].distance > 0.8
    assert found[1].missing[1] > 0.6
    assert shift_words(found).startswith(
        "2 of 6 metrics differ from the training units. Worst: amplitude_median: median"
    )
    assert "missing in" in found[1].words
    json.dumps([one.plain() for one in found])


def test_a_metric_of_few_values_has_not_moved() -> None:
    old = np.repeat([0.0, 1.0], [300, 100])[:, None].astype(np.float32)
    assert between(old, old[::2], ["a"])[0].distance < 0.06
    assert between(old, 1 - old, ["a"])[0].distance > 0.4


def test_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(0)
    old, new = rng.normal(size=2000).astype(np.float32), rng.normal(0.5, 1, 1500).astype(np.float32)
    quantiles = np.quantile(old, np.linspace(0, 1, 21)).astype(np.float32)
    assert shift._distance(new, quantiles) == pytest.approx(ks_2samp(old, new).statistic, abs=0.02)


def test_a_model_remembers_what_its_training_units_were_like(tmp_path: Path) -> None:
    recipe = next(one for one in RECIPES if one.name == "logistic_regression")
    given = task(recipe, tmp_path)
    _, model = finish(recipe.fit(given))
    recipe.save(model, tmp_path)
    again = recipe.load(tmp_path)
    assert shift_words(shift_of(again, given.samples)) == ""
    x, _, groups = metrics(200, 9)
    x[:, 1] += 20
    assert shift_of(again, samples(x, groups))[0].name == "snr"


def test_chosen_units_stand_for_all_in_any_first_part() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet((1, 2, 1), 500).astype(np.float32)
    rows = choose(p, 50)
    assert len(set(rows.tolist())) == 50
    shares = np.bincount(p.argmax(1), minlength=3) / 500
    for count in (25, 50):
        first = rows[:count]
        np.testing.assert_allclose(np.bincount(p[first].argmax(1), minlength=3) / count, shares, atol=0.1)
        assert abs(p[first].max(1).mean() - p.max(1).mean()) < 0.03
    assert sorted(choose(p[:7], 50).tolist()) == list(range(7))
    assert len(choose(p[:0], 50)) == 0


def test_overconfidence_is_taken_back_and_decisions_stay() -> None:
    before, after = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        p = rng.dirichlet((1, 1, 1), 2000).astype(np.float32)
        sure = p.max(1)
        right = rng.random(2000) < 1 / (1 + np.exp(1.2) * (1 - sure) / sure)
        truth = np.where(right, p.argmax(1), (p.argmax(1) + 1) % 3)
        rows = choose(p, 50)
        shown = fit_calibration(p[rows], truth[rows]).apply(p)
        before.append(calibration_error(truth, p))
        after.append(calibration_error(truth, shown))
        assert (shown.argmax(1) == p.argmax(1)).all()
        np.testing.assert_allclose(shown.sum(1), 1, atol=1e-5)
    assert np.mean(after) < 0.5 * np.mean(before)
    assert (Calibration(0.01, -3.0).apply(p).argmax(1) == p.argmax(1)).all()


def test_a_model_is_calibrated_on_a_new_animal_and_keeps_that(tmp_path: Path) -> None:
    recipe = next(one for one in RECIPES if one.name == "hist_gradient_boosting")
    given = task(recipe, tmp_path, 600, test=300, rounds=300, rate=0.3, calibrate=False)
    _, model = finish(recipe.fit(given))
    setting, fresh = Setting("cpu", tmp_path), given.samples.take(np.arange(300, 600))
    labels: list[str | None] = [CLASSES[code] for code in given.targets[300:].argmax(1)]
    p = recipe.predict(model, fresh, setting)
    rows = choose(p, 50)
    found = calibrate_on(model, fresh.take(rows), [labels[row] for row in rows], setting)
    assert found.rows == 50
    assert found.after < found.before
    assert "calibration error" in found.words
    recipe.save(found.model, tmp_path)
    shown = recipe.predict(recipe.load(tmp_path), fresh, setting)
    rest = np.setdiff1d(np.arange(300), rows)
    truth = given.targets[300:].argmax(1)
    assert calibration_error(truth[rest], shown[rest]) < calibration_error(truth[rest], p[rest])
    assert (shown.argmax(1) == p.argmax(1)).all()
    with pytest.raises(UserError, match="3 labelled units are too few"):
        calibrate_on(model, fresh.take(rows[:4]), [*CLASSES, None], setting)


def test_what_calibration_did_is_judged_on_units_that_it_was_not_fitted_on() -> None:
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.full(3, 0.2), 40).astype(np.float32)
    codes = rng.integers(0, 3, 40)
    shown, held_out = _by_folds(p, codes), np.arange(40) % 5 == 2
    np.testing.assert_array_equal(shown[held_out], fit_calibration(p[~held_out], codes[~held_out]).apply(p[held_out]))
    assert not np.allclose(shown, fit_calibration(p, codes).apply(p))


def test_the_temperature_of_the_run_goes_into_the_calibrated_model(tmp_path: Path) -> None:
    recipe = next(one for one in RECIPES if one.name == "logistic_regression")
    given = task(recipe, tmp_path, 120, calibrate=False)
    _, model = finish(recipe.fit(given))
    labels: list[str | None] = [CLASSES[code] for code in given.targets.argmax(1)]
    found, _ = fitted_to(model, 3.0, given.samples, labels, Setting("cpu", tmp_path))
    assert found.temperature == pytest.approx(3 * model.temperature)
