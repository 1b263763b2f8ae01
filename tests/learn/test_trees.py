"""Trees on tables whose features are brought to bins first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from models.learn.trees import binned, fit_trees


def drawn(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, classes (one in five) and weights by which both count alike."""
    rng = np.random.default_rng(seed)
    codes = (rng.random(count) < 0.2).astype(np.int64)
    x = rng.normal(size=(count, 6)).astype(np.float32)
    x[:, 0] += 1.5 * codes
    return x, codes, np.where(codes == 1, 2.5, 0.625)


@given(st.integers(0, 2**31), st.integers(3, 40), st.integers(1, 400))
def test_bins_keep_the_order_and_gaps_and_hold_alike_many(seed: int, bins: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 2)).round(int(rng.integers(0, 4))).astype(np.float32)
    x[rng.random((count, 2)) < 0.1] = np.nan
    found = binned(x, bins)
    assert (np.isnan(found) == np.isnan(x)).all()
    for before, after in zip(x.T, found.T, strict=True):
        seen = np.isfinite(before)
        order = np.argsort(before[seen], kind="stable")
        assert (np.diff(after[seen][order]) >= 0).all()
        assert len(np.unique(after[seen])) <= bins
        if len(np.unique(before[seen])) <= bins:
            assert (before[seen] == after[seen]).all()


def test_boosted_trees_on_bins_answer_as_on_values() -> None:
    x, codes, weights = drawn(2000, 1)
    new, truth, _ = drawn(2000, 2)
    make = lambda: HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=7, early_stopping=False, random_state=0)  # noqa: E731
    ours = fit_trees(make(), x, codes, weights).predict_proba(new)[:, 1]
    plain = make().fit(x, codes, sample_weight=weights).predict_proba(new)[:, 1]
    assert np.corrcoef(ours, plain)[0, 1] > 0.97
    recall = [np.mean((ours > 0.5)[truth == code] == code) for code in (0, 1)]
    assert min(recall) > 0.6, "both classes count alike, though one is rare"


@pytest.mark.parametrize("bins", [16, 63, 255])
@pytest.mark.parametrize("power", [1.0, 3.0])
def test_what_is_learnt_on_bins_holds_for_the_values_themselves(bins: int, power: float) -> None:
    x, codes, weights = drawn(1200, 4)
    x = np.asarray(np.sign(x) * np.exp(power * np.abs(x)), np.float32)  # wide bins beside narrow ones
    model = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=15, max_bins=bins, early_stopping=False, random_state=0
    )
    fit_trees(model, x, codes, weights)
    np.testing.assert_array_equal(model.predict_proba(x), model.predict_proba(binned(x, bins)))


def test_other_trees_see_the_values_as_they_are() -> None:
    x, codes, weights = drawn(600, 3)
    make = ExtraTreesClassifier(20, random_state=0)
    ours = fit_trees(make, x, codes, weights).predict_proba(x)
    plain = ExtraTreesClassifier(20, random_state=0).fit(x, codes, sample_weight=weights).predict_proba(x)
    assert ours == pytest.approx(plain)
