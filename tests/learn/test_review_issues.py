"""Label issues: planted errors are found, from out-of-fold probabilities only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.learn.review import Pool, queue
from models.learn.review.issues import find_issues, judged_rows

CLASSES, TITLES = ("0", "1", "2"), ("target", "1 hop", "2 hops")


def planted(seed: int = 0, n: int = 3000, rate: float = 0.08) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels with planted errors, the errors, and fair probabilities of a model underconfident in class 2."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    wrong = rng.random(n) < rate
    codes = np.where(wrong, (truth + rng.integers(1, 3, n)) % 3, truth)
    logits = rng.normal(size=(n, 3)) + 3.5 * np.eye(3)[truth] - np.array([0, 0, 1.5])
    powers = np.exp(logits)
    return codes, wrong, powers / powers.sum(axis=1, keepdims=True)


def test_planted_errors_are_found_precisely() -> None:
    codes, wrong, p = planted()
    issues = find_issues(codes, p, np.ones(3000, bool))
    assert wrong[issues.suspects[:150]].mean() > 0.9
    assert wrong[issues.suspects].sum() / wrong.sum() > 0.8
    assert np.isfinite(issues.score).all()
    assert ((issues.score >= 0) & (issues.score <= 1)).all()


def test_thresholds_per_class_spare_the_class_the_model_is_shy_of() -> None:
    codes, wrong, p = planted()
    issues = find_issues(codes, p, np.ones(3000, bool))
    shy = (codes == 2) & ~wrong
    assert issues.thresholds[2] < issues.thresholds[0]
    blamed = np.isin(np.arange(3000), issues.suspects)
    assert blamed[shy].mean() < (p.argmax(axis=1) != codes)[shy].mean()


def test_the_joint_estimates_the_noise() -> None:
    codes, wrong, p = planted()
    joint = find_issues(codes, p, np.ones(3000, bool)).joint
    assert joint.sum(axis=1) == pytest.approx(np.bincount(codes))
    assert 1 - np.trace(joint) / joint.sum() == pytest.approx(wrong.mean(), abs=0.04)


def test_clean_and_certain_labels_raise_nothing() -> None:
    codes = np.arange(300) % 3
    p = np.where(np.arange(3) == codes[:, None], 0.9, 0.05)
    assert len(find_issues(codes, p, np.ones(300, bool)).suspects) == 0


def test_rows_the_model_has_seen_are_never_judged() -> None:
    codes, _, p = planted()
    unseen = np.arange(3000) % 2 == 0
    pool = Pool(codes, CLASSES, TITLES, "run-3", p, unseen)
    rows = [one.row for one in queue(pool, "label-issue", 500)]
    assert rows
    assert unseen[rows].all()
    assert queue(replace(pool, out_of_fold=None), "label-issue", 10) == []


def test_unlabelled_unpredicted_and_settled_rows_are_no_issues() -> None:
    codes, _, p = planted()
    pool = Pool(codes, CLASSES, TITLES, "run-3", p, np.ones(3000, bool))
    first = [one.row for one in queue(pool, "label-issue", 30)]
    holes, labels = p.copy(), codes.copy()
    holes[first[:10]], labels[first[10:20]] = np.nan, -1
    settled = np.isin(np.arange(3000), first[20:])
    again = [one.row for one in queue(replace(pool, probabilities=holes, codes=labels, settled=settled), "label-issue")]
    assert again
    assert not set(first) & set(again)


def test_a_class_of_one_group_is_not_judged_out_of_fold() -> None:
    codes, groups = np.repeat([0, 1, 2], 20), np.arange(60) % 4
    groups[codes == 2] = 3
    pool = Pool(codes, CLASSES, probabilities=np.full((60, 3), 1 / 3), out_of_fold=np.ones(60, bool), groups=groups)
    assert set(codes[judged_rows(pool)]) == {0, 1}
    assert judged_rows(replace(pool, groups=np.zeros(60, int))).all()
    assert judged_rows(replace(pool, test=np.ones(60, bool))).all()


def test_the_reason_gives_both_probabilities_and_marks_the_test_set() -> None:
    codes, p = np.tile([0, 1, 2], 20), np.tile(np.eye(3) * 0.85 + 0.05, (20, 1))
    p[5], p[8] = (0.15, 0.64, 0.21), (0.2, 0.7, 0.1)
    test = np.arange(60) == 8
    found = queue(Pool(codes, CLASSES, TITLES, "run-3", p, np.ones(60, bool), test=test), "label-issue")
    reasons = {one.row: one.reason for one in found}
    assert list(reasons) == [8, 5]
    assert reasons[5] == "Out of fold, run-3 gives 1 hop .64 and 2 hops .21; labelled 2 hops."
    assert reasons[8] == (
        "Without having seen it, run-3 gives 1 hop .70 and 2 hops .10; labelled 2 hops. "
        "In the locked test set: correct it only if the label is truly wrong."
    )


def test_a_row_is_a_suspect_by_the_thresholds_of_its_classes_not_by_one_half() -> None:
    codes = np.repeat([0, 1, 2], 20)
    p = np.repeat([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.3, 0.3, 0.4]], 20, axis=0)
    p[0] = (0.48, 0.07, 0.45)
    issues = find_issues(codes, p, np.ones(60, bool))
    assert list(issues.suspects) == [0]
    assert issues.guess[0] == 2
