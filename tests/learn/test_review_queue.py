"""The queue: nothing repeats, nothing labelled but with cause, every reason says the numbers."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import UserError
from models.learn.review import STRATEGIES, Pool, queue
from models.learn.review.diversity import points, traverse

CLASSES = ("0", "1", "2")
TITLES = ("target", "1 hop", "2 hops")


def make_pool(seed: int, n: int = 300, wrong: float = 0.1) -> Pool:
    """A pool half labelled, some labels wrong, with a fair model, an older run and an embedding."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    codes = np.where(rng.random(n) < wrong, (truth + 1) % 3, truth)
    codes[rng.random(n) < 0.5] = -1
    powers = np.exp(rng.normal(size=(n, 3)) + 2.5 * np.eye(3)[truth])
    p = powers / powers.sum(axis=1, keepdims=True)
    older = np.roll(p, 1, axis=0)
    embedding = np.eye(3)[truth] * 4 + rng.normal(size=(n, 3))
    test, skipped = rng.random(n) < 0.2, rng.random(n) < 0.05
    return Pool(codes, CLASSES, TITLES, "run-3", p, np.ones(n, bool), rng.integers(0, 20, n), embedding,
                {"run-2": older}, test, skipped)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 999), st.sampled_from(sorted(STRATEGIES)), st.integers(0, 80))
def test_a_queue_repeats_nothing_shows_nothing_skipped_and_explains_itself(seed: int, strategy: str, n: int) -> None:
    pool = make_pool(seed, 120)
    found = queue(pool, strategy, n, seed)
    rows = [one.row for one in found]
    assert len(rows) == len(set(rows)) <= n
    assert not pool.marked("skipped")[rows].any()
    assert all(one.reason.endswith(".") and np.isfinite(one.score) for one in found)
    assert found == queue(pool, strategy, n, seed)
    for one in found:
        labelled = pool.codes[one.row] >= 0
        assert not labelled or one.strategy in {"label-issue", "disagreement", "audit"}
        if labelled and one.strategy != "audit":
            assert f"abelled {TITLES[pool.codes[one.row]]}." in one.reason
            assert ("locked test set" in one.reason) == pool.marked("test")[one.row]


@pytest.mark.parametrize("strategy", ["blend", "uncertainty", "diversity"])
def test_labelling_the_whole_queue_never_brings_a_row_back(strategy: str) -> None:
    pool = replace(make_pool(1, 100, wrong=0), skipped=None, out_of_fold=np.zeros(100, bool))
    seen: set[int] = set()
    while found := queue(pool, strategy, 7):
        rows = {one.row for one in found}
        assert not rows & seen
        seen |= rows
        codes = pool.codes.copy()
        codes[list(rows)] = 0
        pool = replace(pool, codes=codes)
    assert seen == set(np.flatnonzero(make_pool(1, 100, wrong=0).codes < 0))


def test_uncertainty_shows_the_narrowest_margin_first() -> None:
    p = np.array([[0.9, 0.05, 0.05], [0.21, 0.41, 0.38], [0.6, 0.3, 0.1], [0.3, 0.35, 0.35]])
    pool = Pool(np.array([-1, -1, -1, 0]), CLASSES, TITLES, "run-3", p)
    found = queue(pool, "uncertainty", 5)
    assert [one.row for one in found] == [1, 2, 0]
    assert found[0].reason == "Model is torn: 1 hop .41, 2 hops .38."
    assert found[2].reason == "Model is less sure here than elsewhere: target .90, 1 hop .05."
    entropy = queue(replace(pool, measure="entropy"), "uncertainty", 1)[0]
    assert entropy.reason == "Model is torn: 1 hop .41, 2 hops .38, target .21."
    with pytest.raises(UserError, match="margin"):
        queue(replace(pool, measure="doubt"), "uncertainty")


def test_disagreement_shows_unlabelled_first_and_says_who_says_what() -> None:
    first = np.array([[0.1, 0.64, 0.26], [0.1, 0.64, 0.26], [0.9, 0.05, 0.05], [0.5, 0.3, 0.2]])
    second = np.array([[0.1, 0.32, 0.58], [0.1, 0.32, 0.58], [0.7, 0.2, 0.1], [np.nan] * 3])
    pool = Pool(np.array([2, -1, -1, -1]), CLASSES, TITLES, "run-2", first, np.ones(4, bool), others={"run-3": second})
    found = queue(pool, "disagreement", 5)
    assert [one.row for one in found] == [1, 2, 0]
    assert found[0].reason == "run-2 says 1 hop .64, run-3 says 2 hops .58."
    assert found[1].reason == "The runs say target, but unequally sure: .70 (run-3) and .90 (run-2)."
    assert found[2].reason == "run-2 says 1 hop .64, run-3 says 2 hops .58. Labelled 2 hops."
    with pytest.raises(UserError, match="two runs"):
        queue(replace(pool, others={}), "disagreement")


def test_diversity_goes_to_the_corner_nobody_has_labelled() -> None:
    rng = np.random.default_rng(0)
    near, far = rng.normal(size=(200, 8)), rng.normal(size=(30, 8)) + 9
    codes = np.concatenate([np.zeros(100, int), np.full(130, -1)])
    found = queue(Pool(codes, CLASSES, embedding=np.vstack([near, far])), "diversity", 3)
    assert found[0].row >= 200
    assert found[1].row < 200 or found[1].score < found[0].score / 2
    assert [one.reason for one in found] == [f"Unlike anything labelled so far (distance rank {i})." for i in (1, 2, 3)]
    fresh = queue(Pool(np.full(230, -1), CLASSES, embedding=np.vstack([near, far])), "diversity", 2)
    assert {one.row >= 200 for one in fresh} == {True, False}
    assert fresh[0].reason == "Unlike the others (distance rank 1)."


def test_duplicates_come_last_in_a_farthest_first_order() -> None:
    where = np.array([[0, 0], [0, 0], [5, 0], [5, 0], [0, 3]], np.float32)
    order, distances = traverse(where, np.full(5, np.inf), 5, False)
    assert {tuple(where[one]) for one in order[:3]} == {(0, 0), (5, 0), (0, 3)}
    assert list(distances[3:]) == [0, 0]
    assert sorted(order) == list(range(5))


def test_wide_embeddings_with_gaps_keep_their_shape() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 300))
    table[7] = np.nan
    where, known = points(Pool(np.full(200, -1), CLASSES, embedding=table.astype(np.float32)))
    assert where.shape == (200, 16)
    assert list(np.flatnonzero(~known)) == [7]
    scaled = (table - np.nanmean(table, axis=0)) / np.nanstd(table, axis=0)
    assert np.linalg.norm(where[0] - where[1]) == pytest.approx(np.linalg.norm(scaled[0] - scaled[1]), rel=0.01)


def test_a_blend_mixes_reasons_and_halves_issues() -> None:
    found = queue(make_pool(3, 600), "blend", 40)
    kinds = [one.strategy for one in found]
    assert len(found) == 40
    assert set(kinds) >= {"label-issue", "uncertainty", "disagreement"}
    assert 5 <= kinds.count("label-issue") <= 20
    assert "label-issue" in kinds[:3]


def test_a_blend_does_not_fill_with_neighbours() -> None:
    rng = np.random.default_rng(0)
    twins, rest = np.zeros((80, 4)), rng.normal(size=(320, 4)) * 3
    p = np.vstack([np.tile([0.36, 0.34, 0.30], (80, 1)), np.tile([0.5, 0.3, 0.2], (320, 1))])
    pool = Pool(np.full(400, -1), CLASSES, TITLES, "run-1", p, embedding=np.vstack([twins, rest]))
    blended = [one.row for one in queue(pool, "blend", 20)]
    plain = [one.row for one in queue(pool, "uncertainty", 20)]
    assert all(row < 80 for row in plain)
    assert sum(row < 80 for row in blended) <= 2


def test_without_any_run_a_blend_draws_at_random_and_others_say_what_is_missing() -> None:
    pool = Pool(np.array([-1, 0, -1, -1]), CLASSES)
    found = queue(pool, "blend", 2, seed=1)
    assert {pool.codes[one.row] for one in found} == {-1}
    assert found[0].reason.startswith("Drawn at random")
    for strategy, words in [("uncertainty", "train a run"), ("label-issue", "train a run"), ("diversity", "embedding")]:
        with pytest.raises(UserError, match=words):
            queue(pool, strategy)


def test_wrong_strategies_and_tables_are_refused() -> None:
    pool = make_pool(0, 50)
    with pytest.raises(UserError, match="Did you mean label-issue"):
        queue(pool, "label_issue")
    with pytest.raises(UserError, match="run-2 do not fit 50 samples of 3 classes"):
        queue(replace(pool, others={"run-2": np.ones((50, 2))}), "blend")
    with pytest.raises(UserError, match="embedding has 4 rows"):
        queue(replace(pool, embedding=np.ones((4, 2))), "blend")


def test_entropy_labelling_finds_a_rare_class_sooner_than_chance() -> None:
    rng = np.random.default_rng(5)
    truth = (rng.random(4000) < 0.02).astype(int)
    positive = 1 / (1 + np.exp(-(rng.normal(size=4000) + 3.5 * truth - 3.5)))
    pool = Pool(np.full(4000, -1), ("no", "yes"), probabilities=np.stack([1 - positive, positive], axis=1))
    found = truth[[one.row for one in queue(pool, "uncertainty", 200)]].mean()
    assert found > 5 * truth.mean()


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_a_hundred_thousand_samples_take_no_second(strategy: str) -> None:
    pool = make_pool(0, 100_000)
    pool = replace(pool, embedding=np.tile(pool.embedding, 20).astype(np.float32))
    start = time.process_time()
    assert len(queue(pool, strategy, 50)) == 50
    assert time.process_time() - start < 2
