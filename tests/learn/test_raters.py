"""Many raters at once against the pairs by themselves, and how raters err against what was simulated."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from models.learn.agreement import agree, fleiss, paired
from models.learn.raters import against_others, between, collect, compare_all, fleiss_interval
from models.learn.truth import estimate

K = 3


def simulate(
    people: int = 6, count: int = 3000, seed: int = 0
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray, np.ndarray]:
    """Classes, what raters said of half of the samples each, the counts, and how each rater errs."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(K, count, p=[0.5, 0.3, 0.2])
    errors = np.stack([rng.dirichlet(np.full(K, 0.6), K) * 0.4 + 0.6 * np.eye(K) for _ in range(people)])
    votes = []
    for rater in range(people):
        said = (rng.random(count)[:, None] > errors[rater][truth].cumsum(axis=1)).sum(axis=1)
        votes.append(np.where(rng.random(count) < 0.5, said, -1))
    counts = sum(np.eye(K)[codes] * (codes >= 0)[:, None] for codes in votes)
    return truth, votes, np.asarray(counts), errors


def test_all_pairs_at_once_are_the_pairs_one_by_one() -> None:
    _truth, votes, counts, _errors = simulate(4, 300)
    votes[3][:] = -1
    votes[3][:5] = votes[2][:5]
    found = compare_all(collect(votes, counts))
    for one, other in combinations(range(4), 2):
        pair = agree(votes[one], votes[other], np.zeros(300, np.int64), K, draws=0)
        assert found.n[one, other] == found.n[other, one] == pair.n
        assert found.share[one, other] == pytest.approx(pair.share, nan_ok=True)
        if pair.kappa is not None:
            assert found.kappa[one, other] == pytest.approx(pair.kappa)
    assert np.isnan(found.kappa.diagonal()).all()
    assert len(found.listed(40)[0]) == 3
    common = found.n[np.triu_indices(4, 1)]
    assert len(found.listed(common.max())[0]) == (common == common.max()).sum(), "as many as are asked for do"


def test_a_rater_stands_against_the_majority_of_the_others() -> None:
    votes = [np.array([0, 1, 2, 0, 1]), np.array([0, 1, 0, 1, -1]), np.array([0, 2, 0, 2, -1])]
    counts = np.array([[3, 0, 0], [0, 2, 1], [2, 0, 1], [1, 1, 1], [0, 1, 0]])
    first, *_rest = against_others(collect(votes, counts), np.arange(5), draws=0)
    assert first.n == 2, "the others tie on the second and the fourth, and nobody else said anything of the last"
    assert first.confusion.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert first.share == 0.5
    tallied = np.array([[3, 0, 0], [0, 4, 1], [2, 0, 1], [1, 1, 1], [0, 3, 0]])
    assert against_others(collect(votes, tallied), np.arange(5), draws=0)[0].n == 4, "votes of no name are others' too"


def test_each_rater_has_an_interval_that_holds_its_kappa() -> None:
    _truth, votes, counts, _errors = simulate()
    for one in against_others(collect(votes, counts), np.arange(3000) // 10, draws=200):
        assert one.kappa is not None
        assert one.interval is not None
        assert one.interval[0] < one.kappa < one.interval[1]


def test_votes_between_raters_count_ordered_pairs() -> None:
    assert between([[2, 1, 0], [0, 0, 1]]).tolist() == [[2, 2, 0], [2, 0, 0], [0, 0, 0]]


def test_intervals_do_not_depend_on_how_many_raters_are_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _truth, votes, counts, _errors = simulate(5, 200)
    ballots, groups = collect(votes, counts), np.arange(200) // 4
    whole = [one.interval for one in against_others(ballots, groups, draws=50)]
    monkeypatch.setattr("models.learn.raters.AT_ONCE", 2)
    assert [one.interval for one in against_others(ballots, groups, draws=50)] == whole


def test_the_interval_of_fleiss_holds_it_and_widens_with_groups() -> None:
    _truth, _votes, counts, _errors = simulate(count=60)
    alike = np.repeat(counts, 20, axis=0)
    value = fleiss(alike)
    narrow, wide = (fleiss_interval(alike, np.arange(len(alike)) // size, draws=300) for size in (1, 20))
    assert value is not None
    assert narrow is not None
    assert wide is not None
    assert narrow[0] < value < narrow[1]
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0]), "samples of a group say the same: fewer of them are known"
    assert fleiss_interval(np.eye(3), np.arange(3)) is None


def test_errors_of_raters_are_found_and_the_classes_better_than_by_majority() -> None:
    truth, votes, counts, errors = simulate(8, 6000, 3)
    found = estimate(collect(votes, counts))
    assert np.abs(found.errors - errors).max() < 0.08
    assert np.abs(found.shares - [0.5, 0.3, 0.2]).max() < 0.03
    voted = counts.sum(axis=1) > 0
    majority = counts.argmax(axis=1)
    assert np.isnan(found.posterior[~voted]).all()
    assert (found.likely()[~voted] == -1).all()
    likely = found.likely()[voted]
    assert (likely == truth[voted]).mean() > (majority == truth)[voted].mean()
    assert found.accuracies() == pytest.approx(np.einsum("rcc,c->r", found.errors, found.shares))


def test_the_likely_classes_are_those_that_shares_and_errors_tell() -> None:
    _truth, votes, counts, _errors = simulate(3, 400, 1)
    found = estimate(collect(votes, counts), most=2000, tolerance=1e-7)
    for row in np.flatnonzero(counts.sum(axis=1))[:40].tolist():
        told = found.shares.copy()
        for rater, codes in enumerate(votes):
            told *= found.errors[rater][:, codes[row]] if codes[row] >= 0 else 1
        assert found.posterior[row] == pytest.approx(told / told.sum(), abs=1e-4)


def test_one_who_never_erred_may_still_err() -> None:
    votes = [np.repeat(np.arange(2), 20)] * 4
    found = estimate(collect(votes, np.eye(2)[votes[0]] * 4))
    assert found.errors == pytest.approx(np.array([[[20.1, 0.1], [0.1, 20.1]]] * 4) / 20.2, abs=1e-6)


def test_one_who_names_a_class_too_often_leans_to_it() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, K, 3000)
    votes = [np.where(rng.random(3000) < 0.85, truth, rng.integers(0, K, 3000)) for _ in range(5)]
    votes[0] = np.where((truth == 1) & (rng.random(3000) < 0.6), 2, votes[0])
    counts = sum(np.eye(K)[codes] for codes in votes)
    bias = estimate(collect(votes, np.asarray(counts))).bias
    assert bias[0, 2] > 0.12
    assert bias[0, 1] < -0.12
    assert np.abs(bias[1:]).max() < 0.05
    assert bias.sum(axis=1) == pytest.approx(np.zeros(5), abs=1e-9)


def test_votes_of_no_name_take_part_and_are_told_of_nobody() -> None:
    truth, votes, counts, _errors = simulate(3, 2000, 7)
    tallies = np.eye(K)[truth] * 4
    found = estimate(collect(votes, counts + tallies))
    assert found.errors.shape == (3, K, K)
    assert (found.posterior.argmax(axis=1) == truth).mean() > 0.98


def test_votes_told_as_shares_make_no_pairs() -> None:
    counted = np.array([[3, 0, 1], [0, 2, 0], [1, 1, 4]], float)
    # Seven sevenths come to a little more than one vote, and a person's vote beside shares to no two counted ones.
    shares = np.array([[3 / 7, 3 / 7, 1 / 7 + 2e-16], [1 / 3, 2 / 3, 1.0], [0.1, 0.2, 0.7]])
    shares[0, 2] = np.nextafter(1.0, 2.0) - shares[0, :2].sum() + 2.3e-16
    assert shares[0].sum() > 1
    table, groups = np.vstack([counted, shares]), np.arange(6)
    assert paired(table).tolist() == [True] * 3 + [False] * 3
    assert fleiss(table) == fleiss(counted)
    found = fleiss_interval(table, groups)
    assert found is not None
    assert found == fleiss_interval(counted, groups[:3])
    assert between(table).tolist() == between(counted).tolist()
    assert fleiss(shares) is None
    assert not between(shares).any()


def test_who_never_differed_has_no_interval() -> None:
    """Two equal votes are no proof that all others would be equal."""
    first = np.array([0, 1, 0, 1, -1, -1])
    votes = {"a": first, "b": np.array([0, 1, 0, 1, 0, 1]), "c": np.array([0, 1, 1, 0, 0, 1])}
    counts = np.zeros((6, 2), np.int64)
    for codes in votes.values():
        counts[np.flatnonzero(codes >= 0), codes[codes >= 0]] += 1
    groups = np.arange(6)
    pair = agree(votes["a"], votes["b"], groups, 2)
    assert (pair.kappa, pair.interval) == (1.0, None)
    assert agree(votes["a"], votes["c"], groups, 2).interval is not None
    only = collect([first, votes["b"]], counts - np.eye(2, dtype=np.int64)[votes["c"]])
    standing = against_others(only, groups)[0]
    assert (standing.kappa, standing.interval) == (1.0, None)
    assert fleiss_interval(np.array([[2, 0], [0, 2], [2, 0], [0, 3]]), np.arange(4)) is None
