"""Recipes of units: they learn, calibrate, come back from disk, and stop where they are told to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.domain import Recipe, Setting
from models.domains.units.recipes import RECIPES
from models.domains.units.recipes.model import group_codes
from models.errors import Cancelled, UserError
from models.learn.metrics import calibration_error
from tests.units.tables import CLASSES, finish, metrics, samples, task

BY_NAME = {recipe.name: recipe for recipe in RECIPES}
SMALL = {"configurations": 6, "trees": 20, "rounds": 15, "epochs": 100, "inner_folds": 2}


def small(recipe: Recipe) -> dict[str, int]:
    from models.params import describe

    return {param.name: SMALL[param.name] for param in describe(recipe.params) if param.name in SMALL}


def balanced(truth: np.ndarray, p: np.ndarray) -> float:
    return float(np.mean([(p[truth == code].argmax(1) == code).mean() for code in range(3)]))


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_recipe_learns_and_comes_back(name: str, tmp_path: Path) -> None:
    recipe = BY_NAME[name]
    given = task(recipe, tmp_path, 300, test=100, **small(recipe))
    _, model = finish(recipe.fit(given))
    setting = Setting("cpu", tmp_path)
    unseen = given.samples.take(np.arange(200, 300))
    p = recipe.predict(model, unseen, setting)
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)
    assert balanced(given.targets[200:].argmax(1), p) > 0.6
    recipe.save(model, tmp_path)
    again = recipe.load(tmp_path)
    np.testing.assert_allclose(recipe.predict(again, unseen, setting), p, atol=1e-6)
    assert again.facts == model.facts
    assert recipe.embed is not None
    assert np.isfinite(recipe.embed(again, unseen, setting)).all()


def test_the_search_keeps_its_table_and_names_its_winners(tmp_path: Path) -> None:
    recipe = BY_NAME["search"]
    given = task(recipe, tmp_path, classifiers=("LogisticRegression", "SVC"), configurations=6, inner_folds=2)
    _, model = finish(recipe.fit(given))
    assert {row["classifier"] for row in model.tried if row["classifier"] in {"LogisticRegression", "SVC"}}
    assert model.facts["tried"] == len(model.tried) >= 6
    assert all({"balanced_accuracy", "precision", "recall", "seconds", "rung"} <= row.keys() for row in model.tried)
    assert model.facts["winners"]


def test_a_library_that_is_absent_is_a_row_with_its_reason(tmp_path: Path) -> None:
    import importlib.util

    if importlib.util.find_spec("catboost"):
        pytest.skip("catboost is installed here")
    recipe = BY_NAME["search"]
    given = task(
        recipe, tmp_path, classifiers=("LogisticRegression", "CatBoostClassifier"), configurations=4, inner_folds=2
    )
    _, model = finish(recipe.fit(given))
    notes = [row["note"] for row in model.tried if row["classifier"] == "CatBoostClassifier"]
    assert notes
    assert all("catboost" in note for note in notes)


def test_a_stopped_search_gives_the_best_so_far(tmp_path: Path) -> None:
    recipe = BY_NAME["search"]
    steps = recipe.fit(task(recipe, tmp_path, configurations=10))
    next(steps)
    next(steps)
    assert steps.throw(Cancelled()).text.startswith("Fitting")
    assert len(finish(steps)[1].tried) == 2
    nothing = recipe.fit(task(recipe, tmp_path, classifiers=("CatBoostClassifier", "LGBMClassifier"), configurations=2))
    next(nothing)
    with pytest.raises(Cancelled):
        nothing.throw(Cancelled())


def test_probabilities_are_calibrated_on_inner_folds(tmp_path: Path) -> None:
    recipe = BY_NAME["hist_gradient_boosting"]
    errors = {}
    for calibrate in (False, True):
        given = task(recipe, tmp_path, 600, 5, test=300, calibrate=calibrate, balance="none", rounds=400, rate=0.3)
        _, model = finish(recipe.fit(given))
        p = recipe.predict(model, given.samples.take(np.arange(300, 600)), Setting("cpu", tmp_path))
        errors[calibrate] = calibration_error(given.targets[300:].argmax(1), p)
    assert model.temperature > 1.2
    assert errors[True] < 0.7 * errors[False]


def test_folds_can_keep_animals_together() -> None:
    x, _, groups = metrics(60)
    units = samples(x, groups)
    assert len(np.unique(group_codes(units, "session"))) == 6
    assert len(np.unique(group_codes(units, "animal"))) == 3


def test_two_steps_multiply(tmp_path: Path) -> None:
    recipe = BY_NAME["two_step"]
    given = task(recipe, tmp_path, calibrate=False, **small(recipe))
    _, model = finish(recipe.fit(given))
    from models.domains.units.pipelines import probabilities
    from models.domains.units.recipes.model import table_of

    x = table_of(model, given.samples)
    noise = probabilities(model.parts["noise_neural"], x, model.names)[:, 1]
    good = probabilities(model.parts["sua_mua"], x, model.names)[:, 0]
    p = recipe.predict(model, given.samples, Setting("cpu", tmp_path))
    np.testing.assert_allclose(p, np.stack([(1 - noise) * good, (1 - noise) * (1 - good), noise], 1), atol=1e-4)


@pytest.mark.parametrize("absent", CLASSES)
def test_two_steps_do_without_a_class(absent: str, tmp_path: Path) -> None:
    recipe = BY_NAME["two_step"]
    given = task(recipe, tmp_path, **small(recipe))
    code = CLASSES.index(absent)
    given = type(given)(**{**given.__dict__, "train": given.train[given.targets[given.train, code] == 0]})
    _, model = finish(recipe.fit(given))
    p = recipe.predict(model, given.samples, Setting("cpu", tmp_path))
    assert (p[:, code] == 0).all() or p[:, code].max() < 1e-4
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)


def test_metrics_can_be_chosen_and_a_missing_one_is_filled(tmp_path: Path) -> None:
    recipe = BY_NAME["logistic_regression"]
    given = task(recipe, tmp_path, metric_names=("snr", "isi_violations_ratio"))
    _, model = finish(recipe.fit(given))
    assert model.names == ("snr", "isi_violations_ratio")
    bare = type(given.samples)(given.samples.table.drop_columns(["snr"]), given.samples.sources)
    assert np.isfinite(recipe.predict(model, bare, Setting("cpu", tmp_path))).all()
    with pytest.raises(UserError, match="no metrics to learn from \\(nothing\\)"):
        finish(recipe.fit(task(recipe, tmp_path, metric_names=("nothing",))))


def test_relative_metrics_double_the_columns(tmp_path: Path) -> None:
    recipe = BY_NAME["logistic_regression"]
    given = task(recipe, tmp_path, relative=True)
    _, model = finish(recipe.fit(given))
    assert len(model.names) == 2 * len(model.asked)
    assert recipe.predict(model, given.samples, Setting("cpu", tmp_path)).shape == (240, 3)


def test_a_model_of_another_recipe_is_refused(tmp_path: Path) -> None:
    recipe = BY_NAME["logistic_regression"]
    _, model = finish(recipe.fit(task(recipe, tmp_path)))
    recipe.save(model, tmp_path)
    with pytest.raises(UserError, match="recipe 'logistic_regression', not 'random_forest'"):
        BY_NAME["random_forest"].load(tmp_path)


def test_a_pattern_names_all_metrics_that_fit_it(tmp_path: Path) -> None:
    from models.domains.units.recipes.model import spelled_out

    given = task(RECIPES[0], tmp_path).samples
    assert spelled_out(given, ["nn_*", "snr", "nn_hit_rate"]) == ["nn_hit_rate", "nn_miss_rate", "snr"]
    with pytest.raises(UserError, match=r"metric like 'drift_\*'"):
        spelled_out(given, ["drift_*"])
