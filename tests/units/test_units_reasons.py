"""What metrics add: exact against all coalitions, sums that fit, importance, leaving out."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domains.units import pipelines
from models.domains.units.contributions import EXACT_LINEAR, EXACT_TREES, SAMPLED, explain
from models.domains.units.importance import importance
from models.domains.units.pipelines import Configuration
from models.domains.units.recipes import RECIPES
from models.domains.units.transfer import leave_out
from models.errors import UserError
from tests.units.tables import NAMES, finish, table, task


def pipeline(classifier: str, classes: int = 3, **values: Any) -> tuple[Any, Any]:
    whole = table(150)
    if classes == 2:
        whole = type(whole)(whole.x, (whole.codes == 2).astype(np.int64), whole.weights, whole.groups)
    one = Configuration(classifier, values=tuple(values.items()))
    return pipelines.fit_pipeline(one, whole.x, NAMES, whole.codes, whole.weights, 0), whole


def answers(fitted: Any, classifier: str, x: np.ndarray, place: int) -> np.ndarray:
    """What is explained: probability of a forest, score of the others."""
    import pandas as pd

    frame = pd.DataFrame(x, columns=list(NAMES))
    if classifier == "RandomForestClassifier":
        return np.asarray(fitted.predict_proba(frame)[:, place])
    scores = fitted.decision_function(frame)
    if scores.ndim == 1:
        return np.asarray(scores if place else -scores)
    return np.asarray(scores[:, place] - (scores.mean(1) if classifier == "LogisticRegression" else 0))


def by_all_coalitions(fitted: Any, classifier: str, one: np.ndarray, background: np.ndarray, place: int) -> np.ndarray:
    """Shapley values by their definition."""
    count, found = len(one), np.zeros(len(one))

    def worth(members: tuple[int, ...]) -> float:
        mixed = background.copy()
        mixed[:, list(members)] = one[list(members)]
        return float(answers(fitted, classifier, mixed, place).mean())

    for feature in range(count):
        others = [k for k in range(count) if k != feature]
        for size in range(count):
            share = factorial(size) * factorial(count - size - 1) / factorial(count)
            for members in combinations(others, size):
                found[feature] += share * (worth((*members, feature)) - worth(members))
    return found


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    ("classifier", "values", "method"),
    [
        ("RandomForestClassifier", {"n_estimators": 5, "min_samples_leaf": 3}, EXACT_TREES),
        ("GradientBoostingClassifier", {"n_estimators": 6}, EXACT_TREES),
        ("HistGradientBoostingClassifier", {"max_iter": 6, "min_samples_leaf": 5}, EXACT_TREES),
        ("LogisticRegression", {"C": 1.0}, EXACT_LINEAR),
    ],
)
def test_reasons_are_exact(classifier: str, values: dict[str, Any], method: str, classes: int) -> None:
    fitted, whole = pipeline(classifier, classes, **values)
    background, some = whole.x[:8], whole.x[100:102]
    place = classes - 1
    found = explain(fitted, lambda x: x, some, background, NAMES, place)
    assert found.method == method
    for row, one in enumerate(some):
        expected = by_all_coalitions(fitted, classifier, one, background, place)
        np.testing.assert_allclose(found.values[row], expected, atol=2e-6)
    total = answers(fitted, classifier, some, place)
    np.testing.assert_allclose(found.base + found.values.sum(1), total, atol=2e-6)


def test_other_models_are_sampled_and_sum_to_the_answer() -> None:
    fitted, whole = pipeline("MLPClassifier", max_iter=60)

    def judge(x: np.ndarray) -> np.ndarray:
        return pipelines.probabilities(fitted, x, NAMES)

    found = explain(fitted, judge, whole.x[100:103], whole.x[:30], NAMES, 2)
    assert (found.method, found.scale) == (SAMPLED, "probability")
    np.testing.assert_allclose(found.base + found.values.sum(1), judge(whole.x[100:103])[:, 2], atol=1e-5)
    again = explain(fitted, judge, whole.x[100:103], whole.x[:30], NAMES, 2)
    np.testing.assert_array_equal(again.values, found.values)
    assert found.told(0, 3)[0][1] == pytest.approx(max(found.values[0], key=abs))


def test_a_metric_that_tells_more_is_more_important() -> None:
    fitted, whole = pipeline("RandomForestClassifier", n_estimators=30)
    seen, found = finish(
        importance(lambda x: pipelines.probabilities(fitted, x, NAMES), whole.x, NAMES, whole.codes, whole.groups)
    )
    assert len(seen) == len(NAMES)
    by_name = {one.name: one for one in found}
    assert {found[0].name, found[1].name} == {"snr", "isi_violations_ratio"}
    assert by_name["snr"].drop > 3 * abs(by_name["nn_miss_rate"].drop)
    assert all(one.spread > 0 for one in found[:2])
    assert {one.groups for one in found} == {6}
    with pytest.raises(UserError, match="at least two classes"):
        next(importance(lambda x: x, whole.x, NAMES, np.zeros(150, np.int64), whole.groups))


def test_each_animal_is_left_out_in_turn(tmp_path: Path) -> None:
    recipe = next(one for one in RECIPES if one.name == "logistic_regression")
    given = task(recipe, tmp_path, calibrate=False)
    _, found = finish(leave_out(recipe, given))
    assert [row.name for row in found.rows] == ["a0", "a1", "a2"]
    assert sum(row.units for row in found.rows) == 240
    assert found.mean == pytest.approx(np.mean([row.balanced_accuracy for row in found.rows]))
    assert 0.6 < found.mean < 1
    assert sorted(found.places.tolist()) == list(range(240))
    assert len(finish(leave_out(recipe, given, "session"))[1].rows) == 6
    with pytest.raises(UserError, match="no column 'region'"):
        finish(leave_out(recipe, given, "region"))
    one = type(given)(**{**given.__dict__, "train": given.train[:40]})
    with pytest.raises(UserError, match="all labelled units are of one animal"):
        finish(leave_out(recipe, one))


def test_what_a_metric_tells_of_the_session_is_none_of_its_importance() -> None:
    groups, rng = np.repeat([0, 1], 60), np.random.default_rng(0)
    x = np.stack([groups.astype(np.float32), rng.normal(size=120).astype(np.float32)], axis=1)
    codes = np.where(rng.random(120) < 0.8, groups, 1 - groups)

    def by_session(mixed: np.ndarray) -> np.ndarray:
        return np.eye(2, dtype=np.float32)[(mixed[:, 0] > 0.5).astype(int)]

    _, found = finish(importance(by_session, x, ("session", "chance"), codes, groups))
    assert {one.name: one.drop for one in found} == {"session": 0, "chance": 0}


def test_the_classes_of_what_is_left_are_evened_anew(tmp_path: Path) -> None:
    recipe = next(one for one in RECIPES if one.name == "logistic_regression")
    given = task(recipe, tmp_path, calibrate=False, balance="weights")
    seen: list[Any] = []

    def fit(part: Any) -> Any:
        seen.append(part)
        return (yield from recipe.fit(part))

    finish(leave_out(replace(recipe, fit=fit), given))
    for part in seen:
        codes = part.targets[part.train].argmax(1)
        sums = np.bincount(codes, part.weights[part.train])
        assert sums == pytest.approx([sums.mean()] * 3, rel=1e-4)
