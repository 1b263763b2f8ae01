"""The audit: a random draw whose interval holds what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.errors import UserError
from models.learn.review import Pool, queue
from models.learn.review.audit import REASON, audit, estimate_share


def test_the_draw_is_of_labelled_rows_and_goes_on_where_it_stopped() -> None:
    codes = np.where(np.arange(200) % 4 == 0, -1, np.arange(200) % 3)
    pool = Pool(codes, ("a", "b", "c"))
    whole = [one.row for one in queue(pool, "audit", 200, seed=3)]
    assert sorted(whole) == list(np.flatnonzero(codes >= 0))
    audited = np.isin(np.arange(200), whole[:40])
    assert [one.row for one in queue(replace(pool, audited=audited), "audit", 10, seed=3)] == whole[40:50]
    assert whole != [one.row for one in queue(pool, "audit", 200, seed=4)]
    assert queue(pool, "audit", 1)[0].reason == REASON
    assert queue(replace(pool, test=np.ones(200, bool)), "audit", 1)[0].reason == f"{REASON} In the locked test set."


def test_the_draw_does_not_care_for_probabilities() -> None:
    codes = np.zeros(5000, int)
    rows = [one.row for one in queue(Pool(codes, ("a", "b")), "audit", 1000)]
    assert abs(np.mean(rows) - 2500) < 150


@pytest.mark.parametrize(("rate", "population", "n"), [(0.04, 3000, 150), (0.1, 400, 200), (0.3, 1000, 60)])
def test_the_interval_covers_the_true_share(rate: float, population: int, n: int) -> None:
    rng, wrong = np.random.default_rng(0), np.arange(population) < round(rate * population)
    covered = 0
    for _ in range(400):
        found = estimate_share(int(rng.permutation(wrong)[:n].sum()), n, population)
        assert found.interval is not None
        covered += found.interval[0] <= wrong.mean() <= found.interval[1]
    assert covered / 400 >= 0.92


def test_a_larger_share_of_the_whole_gives_a_narrower_interval_and_all_of_it_a_point() -> None:
    widths = [np.subtract(*reversed(estimate_share(5, 50, size).interval or (0, 0))) for size in (51, 100, 100_000)]
    assert widths[0] < widths[1] < widths[2]
    assert estimate_share(5, 50, 50).interval == (0.1, 0.1)
    assert estimate_share(0, 0, 50).interval is None
    with pytest.raises(UserError, match="impossible"):
        estimate_share(6, 5, 50)


def test_wilson_by_hand_for_an_endless_population() -> None:
    low, high = estimate_share(8, 40, 10**9).interval or (0, 0)
    assert (low, high) == pytest.approx((0.1050, 0.3476), abs=5e-4)


def test_an_audit_estimates_labels_and_model_and_passes_over_cannot_say() -> None:
    before, answers = np.array([0, 1, 1, 2, 0]), np.array([0, 1, 2, -1, 0])
    found = audit(before, answers, 100, predicted=[0, 1, 2, 2, -1], predicted_population=80)
    assert (found.label_error.value, found.label_error.n) == (0.25, 4)
    assert found.model_accuracy is not None
    assert (found.model_accuracy.value, found.model_accuracy.n, found.model_accuracy.population) == (1.0, 3, 80)
    assert found.words().startswith("About .25 [.0")
    assert "4 of 100 audited" in found.plain()["text"]
    assert audit([], [], 10).words() == "Nothing audited yet."


def test_half_of_the_whole_audited_narrows_the_interval_by_the_root_of_a_half() -> None:
    widths = [np.subtract(*reversed(estimate_share(50, 200, size).interval or (0, 0))) for size in (400, 10**9)]
    assert widths[0] / widths[1] == pytest.approx((200 / 399) ** 0.5, rel=0.02)
